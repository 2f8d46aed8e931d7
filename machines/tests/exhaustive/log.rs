//! The log: what nodes show is a prefix of one sequence.

use machines::engine::Pace;
use machines::{Log, Machine, Node};
use serde_json::Value;

use crate::durable::CanRemember;
use crate::subject::Subject;

/// Sends to one key; messages are digits.
pub(crate) struct LogSubject {
    pub(crate) fan_out: usize,
    pub(crate) script: &'static [&'static [&'static str]],
}

/// What an onlooker remembers.
#[derive(Clone, Default, Hash)]
pub(crate) struct Witness {
    /// The longest prefix shown: offsets and messages.
    sequence: Vec<(u64, u64)>,
    /// How much of it each node shows.
    shows: [usize; 4],
    /// What senders were told.
    given: Vec<(u64, u64)>,
    /// The last that each node gave.
    last: [Option<u64>; 4],
    /// The message that each node was asked to take.
    sent: [u64; 4],
}

impl Subject for LogSubject {
    type Process = Node<Log>;
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
        Some(r#"{"type":"poll","offsets":{"k":0}}"#)
    }

    fn asked(&self, witness: &mut Witness, node: usize, number: usize) {
        let request: Value = serde_json::from_str(self.script[node][number]).expect("scripts are JSON");
        witness.sent[node] = request["msg"].as_u64().expect("messages are digits");
    }

    fn answered(&self, witness: &mut Witness, node: usize, body: &str) -> Result<(), String> {
        let answer: Value = serde_json::from_str(body).map_err(|wrong| wrong.to_string())?;
        let offset = answer["offset"].as_u64().ok_or_else(|| body.to_string())?;
        if witness.given.iter().any(|(given, _)| *given == offset) {
            return Err(format!("offset {offset} is given twice"));
        }
        if witness.last[node].replace(offset).is_some_and(|last| last > offset) {
            return Err(format!("the offsets that n{node} gives go back to {offset}"));
        }
        witness.given.push((offset, witness.sent[node]));
        witness.given.sort_unstable();
        Ok(())
    }

    fn saw(&self, witness: &mut Witness, node: usize, shown: &str) -> Result<(), String> {
        let shown = messages(shown)?;
        let length = shown.len().min(witness.sequence.len());
        if shown.len() < witness.shows[node] {
            return Err(format!("n{node} hides what it has shown"));
        }
        if shown[..length] != witness.sequence[..length] {
            return Err(format!("n{node} shows {shown:?}, where {:?} has been shown", witness.sequence));
        }
        if let Some(unknown) = shown.iter().find(|message| !witness.given.contains(message)) {
            return Err(format!("n{node} shows {unknown:?}, which nobody was told"));
        }
        witness.shows[node] = shown.len();
        witness.sequence.extend(&shown[length..]);
        Ok(())
    }

    fn restarted(&self, witness: &mut Witness, node: usize) {
        witness.shows[node] = 0;
    }

    fn rested(&self, witness: &Witness, shown: &[&str]) -> Result<(), String> {
        let all = shown.iter().all(|shown| messages(shown).as_ref() == Ok(&witness.given));
        all.then_some(()).ok_or_else(|| format!("nodes at rest show {shown:?}, not {:?}", witness.given))
    }
}

impl CanRemember for LogSubject {
    type Machine = Log;
    const SHOWS_LESS: bool = true;

    fn pace(&self) -> Pace {
        Pace { fan_out: self.fan_out, ..Log::default_config() }
    }
}

fn messages(shown: &str) -> Result<Vec<(u64, u64)>, String> {
    let shown: Value = serde_json::from_str(shown).map_err(|wrong| wrong.to_string())?;
    let messages = shown["msgs"]["k"].as_array().map_or(&[][..], Vec::as_slice);
    let numbers = messages.iter().map(|pair| Some((pair[0].as_u64()?, pair[1].as_u64()?)));
    numbers.collect::<Option<_>>().ok_or_else(|| format!("{shown} is no answer to a poll"))
}
