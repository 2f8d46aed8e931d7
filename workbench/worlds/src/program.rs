//! What runs on a simulated node.

use crate::disk::Step;
use machines::journal::{JournalFile, Records};
use machines::{Machine, Node, Outputs, Time};
use std::convert::Infallible;

/// A node's program, as the world around it sees it: lines in, lines out, what it does to its disk, and when it wants to be
/// woken. The times are those of the node's own clock.
pub trait Program {
    /// One line of stdin, without its newline. What the program says goes to the end of `stdout`, each line with its
    /// newline.
    fn on_line(&mut self, now: Time, line: &[u8], stdout: &mut Vec<u8>);

    /// The deadline is here.
    fn on_wake(&mut self, now: Time, stdout: &mut Vec<u8>);

    /// When the program wants to be woken next.
    fn deadline(&self) -> Option<Time>;

    /// Whether it has been told its name, and waits for what its disk holds.
    fn awaits_journal(&self) -> bool {
        false
    }

    /// Reads what its disk holds, if there is anything, and goes on. Returns what it does to the disk meanwhile; none if it cannot go
    /// on with what is there, and will never say anything.
    fn recover(&mut self, now: Time, journal: Option<&[u8]>, stdout: &mut Vec<u8>) -> Option<Vec<Step>> {
        let _ = (now, journal, stdout);
        None
    }

    /// What it does to its disk before anything of what it has said may leave. If it does something, it waits until
    /// that is done.
    fn keep(&mut self) -> Vec<Step> {
        Vec::new()
    }

    /// What the program says of itself, in a few words, for people who watch.
    fn tell(&self) -> String {
        String::new()
    }
}

/// Starts the program of a node: given the node's position and the seed of this start.
pub type Spawn = Box<dyn FnMut(usize, u64) -> Box<dyn Program>>;

/// Runs the machine `M` on every node, each with this configuration: the code that ships, wire format included.
pub fn spawn<M>(config: M::Config) -> Spawn
where
    M: Machine + 'static,
    M::Config: 'static,
    M::Call: 'static,
{
    Box::new(move |_, seed| Box::new(InProcess::new(Node::<M>::new(config.clone(), seed))))
}

/// The same with a disk on each node, for what must not be forgotten: the journal that ships, file format included. It may
/// always grow by `slack` bytes before it is written anew.
pub fn spawn_durable<M>(config: M::Config, slack: usize) -> Spawn
where
    M: Machine + 'static,
    M::Config: 'static,
    M::Call: 'static,
{
    Box::new(move |_, seed| Box::new(InProcess::new(Node::<M>::with_journal(config.clone(), seed, slack))))
}

struct InProcess<M: Machine> {
    node: Node<M>,
    outputs: Outputs,
    records: Records,
    journal: JournalFile,
}

impl<M: Machine> InProcess<M> {
    fn new(node: Node<M>) -> Self {
        let (outputs, records, journal) = Default::default();
        InProcess { node, outputs, records, journal }
    }

    fn flush(&mut self, stdout: &mut Vec<u8>) {
        stdout.extend_from_slice(self.outputs.bytes());
        self.outputs.clear();
    }
}

impl<M: Machine> Program for InProcess<M> {
    fn on_line(&mut self, now: Time, line: &[u8], stdout: &mut Vec<u8>) {
        // A node answers what it cannot read with an error where it can, and goes on; the driver does the same.
        let _ = self.node.on_line(now, line, &mut self.outputs);
        self.flush(stdout);
    }

    fn on_wake(&mut self, now: Time, stdout: &mut Vec<u8>) {
        self.node.on_wake(now, &mut self.outputs);
        self.flush(stdout);
    }

    fn deadline(&self) -> Option<Time> {
        self.node.deadline()
    }

    fn tell(&self) -> String {
        let mut words = String::new();
        self.node.tell(&mut words).expect("a string takes any text");
        words
    }

    fn awaits_journal(&self) -> bool {
        self.node.awaits_journal().is_some()
    }

    fn recover(&mut self, now: Time, journal: Option<&[u8]>, stdout: &mut Vec<u8>) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        if let Some(bytes) = journal {
            let read = |place: u64, space: &mut [u8]| {
                space.copy_from_slice(&bytes[place as usize..][..space.len()]);
                Ok::<(), Infallible>(())
            };
            let perform = |effect: machines::journal::Effect<'_>| {
                steps.push(effect.into());
                Ok(())
            };
            let length = bytes.len() as u64;
            let recovered =
                JournalFile::recover(length, read, |record| self.node.on_record(now, record), perform);
            self.journal = recovered.ok()?.0;
        }
        self.node.on_recovered(now, &mut self.outputs);
        self.flush(stdout);
        Some(steps)
    }

    fn keep(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        self.node.record(&mut self.records);
        let kept = self.journal.keep(&self.records, |effect| {
            steps.push(effect.into());
            Ok::<(), Infallible>(())
        });
        kept.expect("taking note cannot fail");
        self.records.clear();
        steps
    }
}
