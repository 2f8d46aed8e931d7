//! Who there is: the nodes of the cluster, in the order that all of them were told.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;
use protocol::init;

/// The nodes, by position in the list that came with `init`. The list is the same everywhere, so positions are too:
/// they are what nodes call each other.
#[derive(Clone, Debug)]
pub struct Cluster {
    names: Vec<Box<str>>,
    positions: HashMap<Box<str>, usize>,
    me: usize,
}

impl Cluster {
    /// The cluster that `init` describes; the reason if it describes none.
    pub fn new(init: &init::Request<'_>) -> Result<Cluster, &'static str> {
        let init::Request::Init { node_id, node_ids } = init;
        let names: Vec<Box<str>> = node_ids.iter().map(|name| Box::from(&**name)).collect();
        let positions: HashMap<Box<str>, usize> = names.iter().cloned().zip(0..).collect();
        if positions.len() < names.len() {
            return Err("node_ids names a node twice");
        }
        let me = *positions.get(&**node_id).ok_or("node_id is not among node_ids")?;
        Ok(Cluster { names, positions, me })
    }

    /// This node's position.
    pub fn me(&self) -> usize {
        self.me
    }

    /// How many nodes there are, this one included.
    pub fn size(&self) -> usize {
        self.names.len()
    }

    /// The name of the node at `position`.
    pub fn name(&self, position: usize) -> &str {
        &self.names[position]
    }

    /// The position of the other node called `name`; none for strangers and for this node itself.
    pub fn peer(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied().filter(|&position| position != self.me)
    }
}

impl PartialEq for Cluster {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names && self.me == other.me
    }
}
