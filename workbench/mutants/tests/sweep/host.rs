//! Nodes of the copied machines, as the workbench runs nodes.

use std::cell::RefCell;
use std::rc::Rc;

use machines::{Machine, Node, Outputs, Records, Time};
use worlds::{Program, Spawn};

/// Runs the machine on every node, each with this configuration.
pub(crate) fn spawn<M: Machine + 'static>(config: M::Config) -> Spawn {
    Box::new(move |_, seed| Box::new(Hosted(Node::<M>::new(config.clone(), seed))))
}

/// Runs the machine on every node, with a disk that outlives it: all that it recorded is there when it comes back.
pub(crate) fn spawn_with_disks<M: Machine + 'static>(config: M::Config) -> Spawn {
    let mut disks: Vec<Disk> = Vec::new();
    Box::new(move |position, seed| {
        disks.resize_with(disks.len().max(position + 1), Disk::default);
        let node = Node::<M>::with_journal(config.clone(), seed, SLACK);
        Box::new(Remembering { node, disk: disks[position].clone() })
    })
}

/// Journals are written anew when they have grown by so much.
const SLACK: usize = 4_000;

/// The records of a node.
type Disk = Rc<RefCell<Vec<Vec<u8>>>>;

struct Remembering<M: Machine> {
    node: Node<M>,
    disk: Disk,
}

impl<M: Machine> Remembering<M> {
    fn step(&mut self, stdout: &mut Vec<u8>, step: impl FnOnce(&mut Node<M>, &mut Outputs)) {
        let (mut outputs, mut records) = (Outputs::default(), Records::default());
        step(&mut self.node, &mut outputs);
        self.node.record(&mut records);
        let mut disk = self.disk.borrow_mut();
        if records.replaces() {
            disk.clear();
        }
        disk.extend(records.iter().map(<[u8]>::to_vec));
        stdout.extend_from_slice(outputs.bytes());
    }
}

impl<M: Machine> Program for Remembering<M> {
    fn on_line(&mut self, now: honest::Time, line: &[u8], stdout: &mut Vec<u8>) {
        let disk = self.disk.clone();
        self.step(stdout, |node, outputs| {
            let _ = node.on_line(time(now), line, outputs);
            if node.awaits_journal().is_some() {
                disk.borrow()
                    .iter()
                    .for_each(|it| node.on_record(time(now), it).expect("it was written by a node"));
                node.on_recovered(time(now), outputs);
            }
        });
    }

    fn on_wake(&mut self, now: honest::Time, stdout: &mut Vec<u8>) {
        self.step(stdout, |node, outputs| node.on_wake(time(now), outputs));
    }

    fn deadline(&self) -> Option<honest::Time> {
        let deadline = self.node.deadline()?;
        Some(honest::Time::from_nanos(deadline.as_nanos()))
    }
}

struct Hosted<M: Machine>(Node<M>);

impl<M: Machine> Program for Hosted<M> {
    fn on_line(&mut self, now: honest::Time, line: &[u8], stdout: &mut Vec<u8>) {
        let mut outputs = Outputs::default();
        let _ = self.0.on_line(time(now), line, &mut outputs);
        stdout.extend_from_slice(outputs.bytes());
    }

    fn on_wake(&mut self, now: honest::Time, stdout: &mut Vec<u8>) {
        let mut outputs = Outputs::default();
        self.0.on_wake(time(now), &mut outputs);
        stdout.extend_from_slice(outputs.bytes());
    }

    fn deadline(&self) -> Option<honest::Time> {
        let deadline = self.0.deadline()?;
        Some(honest::Time::from_nanos(deadline.as_nanos()))
    }
}

fn time(now: honest::Time) -> Time {
    Time::from_nanos(now.as_nanos())
}
