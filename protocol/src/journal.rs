//! The first record of a node's journal: whose it is (`machines`, `Records`, has the rest).

use crate::shapes::{List, Text};
use crate::vocabulary::messages;

messages! {
    /// What a journal begins with. The number in the type is the version of the format of records.
    pub enum Header<'a> {
        /// Everything else in here has been recorded by this node, as a member of this cluster.
        "journal1" => Journal {
            /// The kind of machine whose words the records are.
            machine: Text<'a>,
            /// The node's name.
            node_id: Text<'a>,
            /// All nodes, in the order in which they were told: records may name a node by its position.
            node_ids: List<Text<'a>>,
            /// The seed of the start that began the journal.
            origin: u64,
        },
    }
}
