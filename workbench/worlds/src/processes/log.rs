//! What a node says on stderr, in `node-logs/<node>.log` (§3.6), and when it came, a line for each of its lines: nanoseconds since
//! the run began, in `node-logs/<node>.times`. `paste node-logs/n0.times node-logs/n0.log` shows both.

use crate::files::naming;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Most bytes of one node's log; a node that floods stderr must not fill the disk.
const LOG_LIMIT: u64 = 256 << 20;
/// Most bytes of all nodes' logs together.
const ALL_LOGS_LIMIT: u64 = 1 << 30;

/// A node's log file.
#[derive(Debug)]
pub(super) struct NodeLog {
    pub(super) path: PathBuf,
    file: File,
    times: File,
    pending: Vec<u8>,
    pending_times: Vec<u8>,
    start: Instant,
    room: u64,
}

impl NodeLog {
    /// The log of one of so many nodes, in a run that began at `start`.
    pub(super) fn create(path: &Path, start: Instant, nodes: usize) -> io::Result<NodeLog> {
        let create = |path: &Path| File::create(path).map_err(naming(path));
        let (file, times) = (create(path)?, create(&path.with_extension("times"))?);
        let (pending, pending_times, room) = (Vec::new(), Vec::new(), room(nodes));
        Ok(NodeLog { path: path.to_owned(), file, times, pending, pending_times, start, room })
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
        self.pending_times.extend(format!("{}\n", self.start.elapsed().as_nanos()).bytes());
    }

    /// Writes the lines that were added. A full disk is no reason to end a test.
    pub(super) fn flush(&mut self) {
        if !self.pending.is_empty() {
            let _ = self.file.write_all(&self.pending).and(self.times.write_all(&self.pending_times));
            self.pending.clear();
            self.pending_times.clear();
        }
    }
}

fn room(nodes: usize) -> u64 {
    LOG_LIMIT.min(ALL_LOGS_LIMIT / nodes.max(1) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_limited_one_by_one_and_in_sum() {
        assert_eq!(room(1), LOG_LIMIT);
        assert!((1..2_000).all(|nodes| room(nodes) * nodes as u64 <= ALL_LOGS_LIMIT));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("n0.log");
        let mut log = NodeLog { room: 8, ..NodeLog::create(&path, Instant::now(), 1).unwrap() };
        ["short", "long line", "short"].iter().for_each(|line| log.add(line.as_bytes()));
        log.flush();
        let kept = std::fs::read_to_string(path).unwrap();
        assert_eq!(kept, "short\n(the workbench keeps no more of this node's stderr)\n");
    }
}
