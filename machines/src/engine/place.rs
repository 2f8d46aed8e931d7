//! Where a node stands in the tree that its component has: see [`tree`](super::tree).

use protocol::List;
use smallvec::SmallVec;

/// Where a node stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nobody knows, or what is said of it makes no sense.
    #[default]
    Unknown,
    /// Where the overlay has it.
    Home,
    /// Under these, from the root down.
    Under(SmallVec<[u32; 4]>),
}

impl Place {
    /// What a node says of its place, as far as it makes sense in a cluster of so many.
    pub(super) fn read(under: Option<List<u32>>, node: usize, size: usize) -> Place {
        let Some(above) = under else { return Place::Home };
        let makes_sense = above.len() < size
            && above.iter().all(|&other| (other as usize) < size && other as usize != node);
        if makes_sense { Place::Under(above.iter().copied().collect()) } else { Place::Unknown }
    }

    /// Whether it is right under this node, by the overlay under `home`.
    pub(super) fn is_under(&self, node: usize, home: Option<usize>) -> bool {
        match self {
            Place::Unknown => false,
            Place::Home => home == Some(node),
            Place::Under(above) => above.last() == Some(&(node as u32)),
        }
    }

    /// The root of the node that stands here.
    pub(super) fn root(&self, node: usize) -> Option<usize> {
        match self {
            Place::Unknown => None,
            Place::Home => Some(0),
            Place::Under(above) => Some(above.first().map_or(node, |&root| root as usize)),
        }
    }

    /// As it travels.
    pub(super) fn to_under(&self) -> Option<List<u32>> {
        match self {
            Place::Under(above) => Some(above.iter().copied().collect()),
            Place::Home | Place::Unknown => None,
        }
    }
}
