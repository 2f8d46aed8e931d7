//! Nodes of the copied machines, as the workbench runs nodes.

use std::convert::Infallible;

use machines::journal::{Effect, JournalFile, Records};
use machines::{Machine, Node, Outputs, Time};
use worlds::{Program, Spawn, Step};

/// Runs the machine on every node, each with this configuration.
pub(crate) fn spawn<M: Machine + 'static>(config: M::Config) -> Spawn {
    Box::new(move |_, seed| Box::new(Hosted::new(Node::<M>::new(config.clone(), seed))))
}

/// The same with a disk on each node.
pub(crate) fn spawn_durable<M: Machine + 'static>(config: M::Config) -> Spawn {
    Box::new(move |_, seed| Box::new(Hosted::new(Node::<M>::with_journal(config.clone(), seed, SLACK))))
}

/// So little that journals are often written anew.
const SLACK: usize = 1000;

struct Hosted<M: Machine> {
    node: Node<M>,
    journal: JournalFile,
}

impl<M: Machine> Hosted<M> {
    fn new(node: Node<M>) -> Self {
        Hosted { node, journal: JournalFile::default() }
    }
}

impl<M: Machine> Program for Hosted<M> {
    fn on_line(&mut self, now: honest::Time, line: &[u8], stdout: &mut Vec<u8>) {
        let mut outputs = Outputs::default();
        let _ = self.node.on_line(time(now), line, &mut outputs);
        stdout.extend_from_slice(outputs.bytes());
    }

    fn on_wake(&mut self, now: honest::Time, stdout: &mut Vec<u8>) {
        let mut outputs = Outputs::default();
        self.node.on_wake(time(now), &mut outputs);
        stdout.extend_from_slice(outputs.bytes());
    }

    fn deadline(&self) -> Option<honest::Time> {
        let deadline = self.node.deadline()?;
        Some(honest::Time::from_nanos(deadline.as_nanos()))
    }

    fn awaits_journal(&self) -> bool {
        self.node.awaits_journal().is_some()
    }

    fn recover(
        &mut self,
        now: honest::Time,
        journal: Option<&[u8]>,
        stdout: &mut Vec<u8>,
    ) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        if let Some(bytes) = journal {
            let read = |place: u64, space: &mut [u8]| {
                space.copy_from_slice(&bytes[place as usize..][..space.len()]);
                Ok::<(), Infallible>(())
            };
            let perform = |effect: Effect<'_>| {
                steps.push(step(effect));
                Ok(())
            };
            let length = bytes.len() as u64;
            let each = |record: &[u8]| self.node.on_record(time(now), record);
            self.journal = JournalFile::recover(length, read, each, perform).ok()?.0;
        }
        let mut outputs = Outputs::default();
        self.node.on_recovered(time(now), &mut outputs);
        stdout.extend_from_slice(outputs.bytes());
        Some(steps)
    }

    fn keep(&mut self) -> Vec<Step> {
        let (mut records, mut steps) = (Records::default(), Vec::new());
        self.node.record(&mut records);
        let kept = self.journal.keep(&records, |effect| {
            steps.push(step(effect));
            Ok::<(), Infallible>(())
        });
        kept.expect("taking note cannot fail");
        steps
    }
}

fn step(effect: Effect<'_>) -> Step {
    match effect {
        Effect::Append(place, bytes) => Step::Append(place, bytes.to_vec()),
        Effect::Sync => Step::Sync,
        Effect::Cut(length) => Step::Cut(length),
        Effect::WriteAside(bytes) => Step::WriteAside(bytes.to_vec()),
        Effect::SyncAside => Step::SyncAside,
        Effect::Rename => Step::Rename,
        Effect::SyncFolder => Step::SyncFolder,
    }
}

fn time(now: honest::Time) -> Time {
    Time::from_nanos(now.as_nanos())
}
