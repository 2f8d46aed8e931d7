//! Nodes with a journal, killed at any point: what they said is there again.
//!
//! Each event is a batch: its records are durable when its lines leave. So a crash before the records is one in which the
//! message was lost, and a crash between records and lines one after which the lines are; both are within a budget that
//! has losses beside restarts.

use std::fmt::Debug;

use machines::engine::Pace;
use machines::{Machine, Node, Outputs, Records, Time};

use crate::subject::Subject;
use crate::world::Process;

/// A subject whose nodes remember.
pub(crate) struct Durable<S>(pub(crate) S);

/// What there must be to a subject for that.
pub(crate) trait CanRemember: Subject<Process = Node<Self::Machine>> {
    type Machine: Machine<Config = Pace>;
    /// Whether a node shows less for a while after a restart, until it has heard from the others.
    const SHOWS_LESS: bool = false;

    fn pace(&self) -> Pace;
}

/// A node and its journal.
#[derive(Clone, Debug)]
pub(crate) struct Keeper<M: Machine> {
    node: Node<M>,
    journal: Vec<Vec<u8>>,
}

impl<M: Machine> Keeper<M> {
    /// Records before lines.
    fn keep(&mut self) {
        let mut records = Records::default();
        self.node.record(&mut records);
        if records.replaces() {
            self.journal.clear();
        }
        self.journal.extend(records.iter().map(<[u8]>::to_vec));
    }
}

impl<M: Machine> Process for Keeper<M> {
    fn on_line(&mut self, now: Time, line: &[u8], outputs: &mut Outputs) {
        Process::on_line(&mut self.node, now, line, outputs);
        if self.node.awaits_journal().is_some() {
            for record in &self.journal {
                self.node.on_record(now, record).expect("the node wrote it itself");
            }
            self.node.on_recovered(now, outputs);
        }
        self.keep();
    }

    fn on_wake(&mut self, now: Time, outputs: &mut Outputs) {
        Process::on_wake(&mut self.node, now, outputs);
        self.keep();
    }

    fn deadline(&self) -> Option<Time> {
        Process::deadline(&self.node)
    }
}

impl<S: CanRemember> Subject for Durable<S> {
    type Process = Keeper<S::Machine>;
    type Witness = S::Witness;

    fn nodes(&self) -> usize {
        self.0.nodes()
    }

    fn start(&self, seed: u64) -> Self::Process {
        Keeper { node: Node::with_journal(self.0.pace(), seed, 0), journal: Vec::new() }
    }

    fn restart(&self, before: &Self::Process, seed: u64) -> Self::Process {
        Keeper { journal: before.journal.clone(), ..self.start(seed) }
    }

    fn script(&self, node: usize) -> &[&'static str] {
        self.0.script(node)
    }

    fn look(&self) -> Option<&'static str> {
        self.0.look()
    }

    fn last_request(&self) -> Option<&'static str> {
        self.0.last_request()
    }

    fn asked(&self, witness: &mut Self::Witness, node: usize, number: usize) {
        self.0.asked(witness, node, number);
    }

    fn answered(&self, witness: &mut Self::Witness, node: usize, body: &str) -> Result<(), String> {
        self.0.answered(witness, node, body)
    }

    fn saw(&self, witness: &mut Self::Witness, node: usize, shown: &str) -> Result<(), String> {
        self.0.saw(witness, node, shown)
    }

    /// It has forgotten nothing; what it shows less of it must show again.
    fn restarted(&self, witness: &mut Self::Witness, node: usize) {
        if S::SHOWS_LESS {
            self.0.restarted(witness, node);
        }
    }

    fn rested(&self, witness: &Self::Witness, shown: &[&str]) -> Result<(), String> {
        self.0.rested(witness, shown)
    }
}
