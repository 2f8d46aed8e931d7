//! Broadcast and counter: what nodes show is a set of updates.

use machines::engine::Pace;
use machines::{Broadcast, Counter, Machine, Node};

use crate::durable::CanRemember;
use crate::subject::Subject;

/// Broadcast: an update is a value.
pub(crate) struct BroadcastSubject {
    pub(crate) fan_out: usize,
    pub(crate) script: &'static [&'static [&'static str]],
}

/// A counter: an update is a digit. The k-th adds 10ᵏ, so the digits of the sum tell which are in it, and how often.
pub(crate) struct CounterSubject {
    pub(crate) fan_out: usize,
    pub(crate) script: &'static [&'static [&'static str]],
}

/// Updates, each a bit.
type Updates = u16;

/// What an onlooker remembers.
#[derive(Clone, Default, Hash)]
pub(crate) struct Witness {
    /// What each node shows.
    shows: [Updates; 4],
    /// What was shown where an update was made, when it was made: its causes.
    causes: [Updates; 10],
}

impl Witness {
    fn make(&mut self, node: usize, update: u32) {
        self.causes[update as usize] = self.shows[node];
    }

    fn see(&mut self, node: usize, shown: Updates) -> Result<(), String> {
        if shown & self.shows[node] != self.shows[node] {
            return Err(format!("n{node} forgets updates"));
        }
        let has_all_causes = |update: usize| shown >> update & 1 == 0 || self.causes[update] & !shown == 0;
        if !(0..self.causes.len()).all(has_all_causes) {
            return Err(format!("n{node} shows an update without what its origin held when it made it"));
        }
        self.shows[node] = shown;
        Ok(())
    }
}

fn rested(shown: &[&str], updates: impl Fn(&str) -> Result<Updates, String>) -> Result<(), String> {
    let shown: Vec<Updates> = shown.iter().map(|shown| updates(shown)).collect::<Result<_, _>>()?;
    let all_agree = shown.iter().all(|it| *it == shown[0]);
    all_agree.then_some(()).ok_or_else(|| format!("nodes at rest show different updates: {shown:?}"))
}

impl Subject for BroadcastSubject {
    type Process = Node<Broadcast>;
    type Witness = Witness;

    fn nodes(&self) -> usize {
        self.script.len()
    }

    fn start(&self, seed: u64) -> Self::Process {
        Node::new(self.pace(), seed)
    }

    fn script(&self, node: usize) -> &[&'static str] {
        self.script[node]
    }

    fn look(&self) -> Option<&'static str> {
        Some(r#"{"type":"read"}"#)
    }

    fn asked(&self, witness: &mut Witness, node: usize, number: usize) {
        let value = self.script[node][number].trim_end_matches('}').rsplit(':').next();
        witness.make(node, value.and_then(|value| value.parse().ok()).expect("values are digits"));
    }

    fn answered(&self, _: &mut Witness, _: usize, body: &str) -> Result<(), String> {
        body.contains("broadcast_ok").then_some(()).ok_or_else(|| body.to_string())
    }

    fn saw(&self, witness: &mut Witness, node: usize, shown: &str) -> Result<(), String> {
        witness.see(node, values(shown)?)
    }

    fn restarted(&self, witness: &mut Witness, node: usize) {
        witness.shows[node] = 0;
    }

    fn rested(&self, _: &Witness, shown: &[&str]) -> Result<(), String> {
        rested(shown, values)
    }
}

impl CanRemember for BroadcastSubject {
    type Machine = Broadcast;

    fn pace(&self) -> Pace {
        Pace { fan_out: self.fan_out, ..Broadcast::default_config() }
    }
}

fn values(shown: &str) -> Result<Updates, String> {
    let values = shown.split_once('[').and_then(|(_, rest)| rest.split_once(']')).ok_or(shown)?.0;
    let values = values.split(',').filter_map(|value| value.parse::<u32>().ok());
    values.into_iter().try_fold(0, |set, value| match set >> value & 1 {
        0 => Ok(set | 1 << value),
        _ => Err(format!("{value} is shown twice")),
    })
}

impl Subject for CounterSubject {
    type Process = Node<Counter>;
    type Witness = Witness;

    fn nodes(&self) -> usize {
        self.script.len()
    }

    fn start(&self, seed: u64) -> Self::Process {
        Node::new(self.pace(), seed)
    }

    fn script(&self, node: usize) -> &[&'static str] {
        self.script[node]
    }

    fn look(&self) -> Option<&'static str> {
        Some(r#"{"type":"read"}"#)
    }

    fn asked(&self, witness: &mut Witness, node: usize, number: usize) {
        let delta = self.script[node][number].trim_end_matches('}').rsplit(':').next();
        witness.make(node, delta.map_or(0, |delta| delta.len() as u32 - 1));
    }

    fn answered(&self, _: &mut Witness, _: usize, body: &str) -> Result<(), String> {
        body.contains("add_ok").then_some(()).ok_or_else(|| body.to_string())
    }

    fn saw(&self, witness: &mut Witness, node: usize, shown: &str) -> Result<(), String> {
        witness.see(node, digits(shown)?)
    }

    fn restarted(&self, witness: &mut Witness, node: usize) {
        witness.shows[node] = 0;
    }

    fn rested(&self, _: &Witness, shown: &[&str]) -> Result<(), String> {
        rested(shown, digits)
    }
}

impl CanRemember for CounterSubject {
    type Machine = Counter;

    fn pace(&self) -> Pace {
        Pace { fan_out: self.fan_out, ..Counter::default_config() }
    }
}

/// The updates in a sum.
pub(crate) fn digits(shown: &str) -> Result<Updates, String> {
    let sum = shown.split_once("\"value\":").map(|(_, rest)| rest.trim_end_matches('}')).ok_or(shown)?;
    sum.bytes().rev().enumerate().try_fold(0, |set, (position, digit)| match digit {
        b'0' => Ok(set),
        b'1' => Ok(set | 1 << position),
        _ => Err(format!("{sum} counts something twice")),
    })
}
