//! The program under test.

use std::path::{Path, PathBuf};

/// The environment variable in which a node's process finds a directory of its own, fresh in each run and the same after
/// each restart in it.
pub const DATA_VARIABLE: &str = "NODE_DATA";

/// The word among a program's arguments that stands for that directory.
pub const DATA_WORD: &str = "{data}";

/// The program under test, for runs in wall time.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Path, as given.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// The program as one node runs it.
#[derive(Clone, Debug)]
pub(super) struct NodeBinary {
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<String>,
    /// The node's directory.
    pub(super) data: PathBuf,
}

impl Binary {
    /// The program as the node with this directory runs it.
    pub(super) fn with_data(&self, data: &Path) -> NodeBinary {
        let told = |word: &String| word.replace(DATA_WORD, &data.to_string_lossy());
        let arguments = self.arguments.iter().map(told).collect();
        NodeBinary { path: self.path.clone(), arguments, data: data.to_owned() }
    }
}
