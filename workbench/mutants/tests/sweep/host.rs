//! Nodes of the copied machines, as the workbench runs nodes.

use machines::{Machine, Node, Outputs, Time};
use worlds::{Program, Spawn};

/// Runs the machine on every node, each with this configuration.
pub(crate) fn spawn<M: Machine + 'static>(config: M::Config) -> Spawn {
    Box::new(move |_, seed| Box::new(Hosted(Node::<M>::new(config.clone(), seed))))
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
