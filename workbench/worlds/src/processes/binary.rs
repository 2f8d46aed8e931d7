//! The program under test.

use std::path::PathBuf;

/// The program under test, for runs in wall time.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Path, as given.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}
