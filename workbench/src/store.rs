//! Where a run leaves its files (§14): `store/<workload>/<local time>/`, with links to the newest, laid out as Maelstrom
//! does, so that whatever reads its stores reads ours.

pub mod history;
mod local_time;

pub use local_time::LocalTime;

use crate::edn::{self, Value};
use crate::history::History;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Runs of a workload that may begin within the same millisecond and still get a directory each.
const MAX_RUNS_AT_ONCE: u64 = 1000;

/// The directory of one run.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    workload: String,
    /// Name of the run's directory.
    name: String,
}

impl Store {
    /// Makes the directory of a run that began at `started` (or a little later, if another run has that name already)
    /// under `root`, usually `store`, and links `current` to it.
    pub fn create(root: &Path, workload: &str, started: LocalTime) -> io::Result<Store> {
        let workload_directory = root.join(workload);
        fs::create_dir_all(&workload_directory)?;
        for later_ms in 0..MAX_RUNS_AT_ONCE {
            let name = started.plus_millis(later_ms).directory_name();
            match fs::create_dir(workload_directory.join(&name)) {
                Ok(()) => {
                    let store = Store { root: root.to_owned(), workload: workload.to_owned(), name };
                    link(&Path::new(workload).join(&store.name), &root.join("current"))?;
                    return Ok(store);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// The run's directory.
    pub fn directory(&self) -> PathBuf {
        self.root.join(&self.workload).join(&self.name)
    }

    /// The path of a file in it.
    pub fn path(&self, file: &str) -> PathBuf {
        self.directory().join(file)
    }

    /// Where a node's stderr goes. The directory is made if it is not there.
    pub fn node_log(&self, node: &str) -> io::Result<PathBuf> {
        let directory = self.path("node-logs");
        fs::create_dir_all(&directory)?;
        // A node's name is whatever the command line says; the file must stay in its directory all the same.
        Ok(directory.join(format!("{}.log", node.replace('/', "_"))))
    }

    /// Links `latest`, here and in the workload's directory, to this run.
    pub fn link_latest(&self) -> io::Result<()> {
        link(&Path::new(&self.workload).join(&self.name), &self.root.join("latest"))?;
        link(Path::new(&self.name), &self.root.join(&self.workload).join("latest"))
    }

    /// Writes `history.edn` and `history.txt`, and makes this run the latest.
    pub fn write_history(&self, history: &History) -> io::Result<()> {
        self.write("history.edn", |out| history::write_edn(history, out))?;
        self.write("history.txt", |out| history::write_text(history, out))?;
        self.link_latest()
    }

    /// Writes `results.edn` and `results.json`, and makes this run the latest.
    pub fn write_results(&self, results: &Value) -> io::Result<()> {
        self.write("results.edn", |out| writeln!(out, "{}", edn::pretty(results)))?;
        self.write("results.json", |out| writeln!(out, "{}", edn::json::pretty(results)))?;
        self.link_latest()
    }

    /// Writes `sweep.edn` and `sweep.json`, what a sweep came to, and makes it the latest.
    pub fn write_sweep(&self, sweep: &Value) -> io::Result<()> {
        self.write("sweep.edn", |out| writeln!(out, "{}", edn::pretty(sweep)))?;
        self.write("sweep.json", |out| writeln!(out, "{}", edn::json::pretty(sweep)))?;
        self.link_latest()
    }

    /// Writes a file of text.
    pub fn write_text(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.path(file), text)
    }

    /// Reads a run's `history.edn` back.
    pub fn read_history(directory: &Path) -> io::Result<History> {
        let text = fs::read_to_string(directory.join("history.edn"))?;
        history::read(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn write(
        &self,
        file: &str,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = BufWriter::new(File::create(self.path(file))?);
        content(&mut out)?;
        out.flush()
    }
}

/// Points the link at `path` to `target`, in one step: whoever looks finds the old or the new.
fn link(target: &Path, path: &Path) -> io::Result<()> {
    let temporary = path.with_extension("new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(target, &temporary)?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Kind, Op, Process};
    use machines::Time;

    /// 2023-03-05, 11:26:42.178 in New York.
    const STARTED: LocalTime = LocalTime { unix_ms: 1_678_033_602_178, offset_minutes: -300 };

    #[test]
    fn links_are_relative_and_follow_the_newest_run() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("store");
        let first = Store::create(&root, "echo", STARTED).unwrap();
        assert_eq!(first.directory(), root.join("echo/20230305T112642.178-0500"));
        assert_eq!(fs::read_link(root.join("current")).unwrap(), Path::new("echo/20230305T112642.178-0500"));
        assert!(!root.join("latest").exists());

        first.write_history(&History::default()).unwrap();
        let second = Store::create(&root, "echo", STARTED).unwrap();
        second.write_results(&Value::map([("valid?", true.into())])).unwrap();
        for link in ["current", "latest"] {
            let target = fs::read_link(root.join(link)).unwrap();
            assert_eq!(target, Path::new("echo/20230305T112642.179-0500"));
        }
        let target = fs::read_link(root.join("echo/latest")).unwrap();
        assert_eq!(target, Path::new("20230305T112642.179-0500"));
        assert_eq!(fs::read_to_string(root.join("latest/results.edn")).unwrap(), "{:valid? true}\n");
        let json = fs::read_to_string(root.join("latest/results.json")).unwrap();
        assert_eq!(json, "{\n  \"valid?\": true\n}\n");
    }

    #[test]
    fn a_history_is_read_back_from_its_store() {
        let temporary = tempfile::tempdir().unwrap();
        let store = Store::create(temporary.path(), "broadcast", STARTED).unwrap();
        let mut history = History::default();
        history.push(Op {
            index: 0,
            time: Time::from_millis(3),
            kind: Kind::Ok,
            process: Process::Client(1),
            f: "read",
            value: Value::Vector(vec![1.into(), 2.into()]),
            is_final: true,
            error: None,
            exception: None,
            extra: Vec::new(),
        });
        store.write_history(&history).unwrap();
        let read = Store::read_history(&temporary.path().join("latest")).unwrap();
        assert_eq!(read.ops.len(), 1);
        assert_eq!(read.ops[0].to_value(), history.ops[0].to_value());
    }

    #[test]
    fn a_node_log_stays_in_its_directory() {
        let temporary = tempfile::tempdir().unwrap();
        let store = Store::create(temporary.path(), "echo", STARTED).unwrap();
        let path = store.node_log("../../n1").unwrap();
        assert_eq!(path, store.path("node-logs/.._.._n1.log"));
    }
}
