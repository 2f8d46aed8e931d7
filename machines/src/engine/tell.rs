//! What a replica says of itself, in a few words, for people who watch a run.

use core::fmt::{self, Write};

use super::vector::Vector;
use super::{Engine, Replicated};
use crate::Cluster;

impl<D: Replicated> Engine<D> {
    /// How many updates it holds and how many of them everyone does, whom it stands under, and which of its
    /// neighbours in the overlay it cannot reach: `holds 17, all hold 12; under n1; lost n0`.
    pub fn tell(&self, cluster: &Cluster, words: &mut dyn Write) -> fmt::Result {
        let updates = |vector: &Vector| vector.entries().map(|(_, count)| count).sum::<u64>();
        write!(words, "holds {}", updates(&self.held))?;
        match updates(&self.stable) {
            0 => {}
            stable => write!(words, ", all hold {stable}")?,
        }
        list(cluster, words, "; under", self.tree.parent.into_iter())?;
        let out_of_reach = |peer: &usize| self.links[peer].is_out_of_reach();
        list(cluster, words, "; lost", self.overlay.neighbours(self.me).filter(out_of_reach))
    }
}

fn list(
    cluster: &Cluster,
    words: &mut dyn Write,
    what: &str,
    nodes: impl Iterator<Item = usize>,
) -> fmt::Result {
    let mut nodes = nodes.peekable();
    if nodes.peek().is_none() {
        return Ok(());
    }
    words.write_str(what)?;
    nodes.try_for_each(|node| write!(words, " {}", cluster.name(node)))
}
