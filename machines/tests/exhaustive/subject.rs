//! What is searched: a machine, what its clients ask, and what must hold.

use std::hash::Hash;

use crate::world::Process;

/// A machine under examination.
pub(crate) trait Subject {
    /// A node of it.
    type Process: Process;
    /// What an onlooker who sees all requests and answers remembers of them.
    type Witness: Clone + Default + Hash;

    /// How many nodes there are.
    fn nodes(&self) -> usize;

    /// A node in the life that this seed stands for.
    fn start(&self, seed: u64) -> Self::Process;

    /// The node that takes the place of one that was killed: from nothing, unless it remembers.
    fn restart(&self, before: &Self::Process, seed: u64) -> Self::Process {
        let _ = before;
        self.start(seed)
    }

    /// What a node's clients ask, one after the other, without `msg_id`.
    fn script(&self, node: usize) -> &[&'static str];

    /// A request that is answered at once with all that a node shows, and changes nothing.
    fn look(&self) -> Option<&'static str> {
        None
    }

    /// If there is none: the request that shows it later.
    fn last_request(&self) -> Option<&'static str> {
        None
    }

    /// A node is asked its request of this number.
    fn asked(&self, witness: &mut Self::Witness, node: usize, number: usize);

    /// A node answers. Fails with the promise that this breaks.
    fn answered(&self, witness: &mut Self::Witness, node: usize, body: &str) -> Result<(), String>;

    /// A node shows something new to whoever looks. Fails with the promise that this breaks.
    fn saw(&self, witness: &mut Self::Witness, node: usize, shown: &str) -> Result<(), String> {
        let _ = (witness, node, shown);
        Ok(())
    }

    /// A node has forgotten everything.
    fn restarted(&self, witness: &mut Self::Witness, node: usize) {
        let _ = (witness, node);
    }

    /// The network has been fair, and nothing is left to happen: what each node shows.
    fn rested(&self, witness: &Self::Witness, shown: &[&str]) -> Result<(), String> {
        let _ = (witness, shown);
        Ok(())
    }
}
