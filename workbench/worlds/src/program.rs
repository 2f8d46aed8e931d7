//! What runs on a simulated node.

use machines::{Machine, Node, Outputs, Time};

/// A node's program, as the world around it sees it: lines in, lines out, and when it wants to be woken. The times are
/// those of the node's own clock.
pub trait Program {
    /// One line of stdin, without its newline. What the program says goes to the end of `stdout`, each line with its
    /// newline.
    fn on_line(&mut self, now: Time, line: &[u8], stdout: &mut Vec<u8>);

    /// The deadline is here.
    fn on_wake(&mut self, now: Time, stdout: &mut Vec<u8>);

    /// When the program wants to be woken next.
    fn deadline(&self) -> Option<Time>;
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
    Box::new(move |_, seed| {
        Box::new(InProcess { node: Node::<M>::new(config.clone(), seed), outputs: Outputs::default() })
    })
}

struct InProcess<M: Machine> {
    node: Node<M>,
    outputs: Outputs,
}

impl<M: Machine> InProcess<M> {
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
}
