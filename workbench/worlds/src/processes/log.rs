//! What a node says on stderr, in `node-logs/<node>.log` (§3.6).

use crate::files::naming;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Most bytes of one node's log; a node that floods stderr must not fill the disk.
const LOG_LIMIT: u64 = 256 << 20;

/// A node's log file.
#[derive(Debug)]
pub(super) struct NodeLog {
    pub(super) path: PathBuf,
    file: File,
    pending: Vec<u8>,
    room: u64,
}

impl NodeLog {
    pub(super) fn create(path: &Path) -> io::Result<NodeLog> {
        let file = File::create(path).map_err(naming(path))?;
        Ok(NodeLog { path: path.to_owned(), file, pending: Vec::new(), room: LOG_LIMIT })
    }

    /// Adds a line; past the limit it is dropped, and the file says so once.
    pub(super) fn add(&mut self, line: &[u8]) {
        let length = line.len() as u64 + 1;
        if self.room == 0 {
            return;
        }
        if length > self.room {
            self.room = 0;
            self.pending.extend_from_slice(b"(the workbench keeps no more of this node's stderr)\n");
            return;
        }
        self.room -= length;
        self.pending.extend_from_slice(line);
        self.pending.push(b'\n');
    }

    /// Writes the lines that were added. A full disk is no reason to end a test.
    pub(super) fn flush(&mut self) {
        if !self.pending.is_empty() {
            let _ = self.file.write_all(&self.pending);
            self.pending.clear();
        }
    }
}
