//! A node with its disk and its clock, and what a step of it does.

use std::time::Duration;

use machines::{LinKv, Machine, Node, Outputs, Records, Time};

use super::NODES;
use crate::fingerprint::fingerprint;

/// A node, and what nobody else knows of: its clock, its disk, and how often it has died.
#[derive(Clone)]
pub(crate) struct Computer {
    pub(crate) number: usize,
    pub(crate) node: Node<LinKv>,
    clock: Time,
    disk: Vec<Vec<u8>>,
    deaths: u64,
}

/// Something that happens at one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input<'l> {
    Line(&'l [u8]),
    /// So much time passes there, and all deadlines in it at once.
    Pass(Duration),
    /// It starts again, with its disk.
    Die,
}

/// Longer than any draw for an election: whoever does not lead stands, and a leader that has heard of nobody meanwhile ceases
/// to lead.
pub(crate) const SECOND: Duration = Duration::from_millis(1000);

/// A leader misses all answers, and is one still. So long a draw for a candidate does not take.
pub(crate) const HALF: Duration = Duration::from_millis(500);

/// What decides nothing here (see the module's documentation), and the character that ends it.
const IGNORED: [(&str, char); 4] =
    [("random: ", ','), ("election_at: ", ','), ("started: ", ','), ("journal: Some(Journal {", '}')];

impl Computer {
    /// One that has just been started for the first time.
    pub(crate) fn new(number: usize) -> Computer {
        Computer::start(number, 0, Vec::new())
    }

    fn start(number: usize, deaths: u64, disk: Vec<Vec<u8>>) -> Computer {
        let life = deaths * NODES as u64 + number as u64 + 1;
        let mut node = Node::<LinKv>::with_journal(LinKv::default_config(), life << 11, 1_000_000);
        let mut outputs = Outputs::default();
        let init = format!(
            r#"{{"src":"c","dest":"n{number}","body":{{"type":"init","node_id":"n{number}","node_ids":["n0","n1","n2"]}}}}"#
        );
        node.on_line(Time::ZERO, init.as_bytes(), &mut outputs).expect("init is a message");
        disk.iter().for_each(|record| node.on_record(Time::ZERO, record).expect("it was written by a node"));
        node.on_recovered(Time::ZERO, &mut outputs);
        Computer { number, node, clock: Time::ZERO, disk, deaths }
    }

    /// What it is after something has happened, and the lines that it has said.
    pub(crate) fn after(&self, input: Input<'_>) -> (Computer, Outputs) {
        let mut outputs = Outputs::default();
        if input == Input::Die {
            return (Computer::start(self.number, self.deaths + 1, self.disk.clone()), outputs);
        }
        let (mut computer, mut records) = (self.clone(), Records::default());
        match input {
            Input::Line(line) => {
                computer.node.on_line(computer.clock, line, &mut outputs).expect("nodes write messages");
            }
            Input::Pass(time) => {
                computer.clock += time;
                computer.node.on_wake(computer.clock, &mut outputs);
            }
            Input::Die => {}
        }
        computer.node.record(&mut records);
        if records.replaces() {
            computer.disk.clear();
        }
        computer.disk.extend(records.iter().map(<[u8]>::to_vec));
        (computer, outputs)
    }

    /// A number for what it is and will be. Of the disk that is what a start with it makes.
    pub(crate) fn print(&self, may_die: bool) -> (u64, u64) {
        (
            self.print_without(&IGNORED),
            if may_die { self.after(Input::Die).0.print_without(&IGNORED) } else { 0 },
        )
    }

    /// Whether it is the same as another, but for the ways by which it reaches others.
    pub(crate) fn is_same_but_for_routes(&self, other: &Computer) -> bool {
        let [random, election, started, journal] = IGNORED;
        let ignored = [random, election, started, journal, ("routes: Routes([", ']')];
        self.print_without(&ignored) == other.print_without(&ignored)
    }

    fn print_without(&self, ignored: &[(&str, char)]) -> u64 {
        let text = without_refusals(format!("{:?}", self.node));
        fingerprint(&format_args!("{text}"), self.clock, ignored)
    }
}

/// Whoever only asks whether it would be elected takes a refusal like silence.
fn without_refusals(text: String) -> String {
    let Some((before, rest)) = text.split_once("Candidate { pre: true, votes: [") else { return text };
    let (votes, rest) = rest.split_once(']').expect("a list has an end");
    format!("{before}{}{rest}", votes.replace("Some(false)", "None"))
}
