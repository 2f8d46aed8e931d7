//! Where a run leaves its files (§14): `store/<workload>/<local time>/`, with links to the newest, laid out as Maelstrom
//! does, so that whatever reads its stores reads ours.
//!
//! It stands on [`bench`](mod@bench) (records) and [`worlds`] (scenarios). It must never know how runs are shown: what is drawn is
//! [`report`](../report/index.html)'s affair, which knows nothing of this crate either.
//!
//! ```
//! use store::{LocalTime, Store};
//!
//! let root = std::env::temp_dir().join(format!("store-of-{}", std::process::id()));
//! let started = LocalTime { unix_ms: 1_678_033_602_178, offset_minutes: -300 };
//! let store = Store::create(&root, "echo", started)?;
//! assert!(store.directory().ends_with("echo/20230305T112642.178-0500"));
//! std::fs::remove_dir_all(root)?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! | path | what it holds |
//! | --- | --- |
//! | `test.edn` | what was asked for, the command that asks for it again, and counts; Maelstrom's `test.jepsen` is binary |
//! | `history.edn`, `history.txt` | every operation's beginning and end, a line each |
//! | `net-journal/messages.jsonl` | every message and what became of it, a line each; Maelstrom's `net-journal/` is binary |
//! | `results.edn`, `results.json` | the verdict; the latter in words as well, also of a run that crashed |
//! | `jepsen.log` | everything that was said, operations included |
//! | `node-logs/<node>.log` | what a node wrote to stderr |
//! | `node-logs/<node>.times` | … and when: for each of its lines, nanoseconds since the run began |
//! | `independent/<key>/` | `lin-kv`: each key's part of history, timeline and verdict, and where an order ends if there is none |
//! | `elle/<anomaly>.txt` | `txn-*`, `kafka`: the anomalies, explained |
//! | `elle/<anomaly>/<number>.svg` | those that are circles of operations that wait for each other, drawn |
//! | `orders/<key>.svg` | `kafka`: each log in trouble, and who wrote and read what in it |
//! | `unseen.png`, `realtime-lag-{thread,key,thread-key}.png` | `kafka`: how far polls were behind sends |
//! | `consume-counts.edn` | `kafka`: two empty maps, as it is about consumers that subscribe and these are assigned their keys |
//! | `messages.svg`, `timeline.html` | messages and operations, one by one |
//! | `latency-raw.png`, `latency-quantiles.png`, `rate.png` | how long operations took, and how many there were |
//! | `report.html` | all of it to look at |
//! | `sweep.edn`, `sweep.json`, `sweep.html` | what a sweep over many seeds came to |
//! | `seeds/<seed>/`, `smallest/` | … and the runs that its page points at, each with all of the above |
//!
//! `test.edn`, `history.edn` and the journal are all that is known of a run: `analyze` makes everything else of them, but
//! for the logs, and byte for byte as it was if nobody has edited them.
//!
//! `store/current` is the run that began last, `store/latest` and `store/<workload>/latest` the one that ended last,
//! even if it crashed.

pub mod journal;
mod local_time;
pub mod test_file;

pub use local_time::LocalTime;
pub use test_file::{Origin, StoredRun};

use bench::run::{Record, Said};
use edn::Value;
use judge::{History, Validity, history};
use machines::Time;
use serde::Serialize;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use worlds::files::{self, file_name, naming, write};

/// Runs of a workload that may begin within the same millisecond and still get a directory each.
const MAX_RUNS_AT_ONCE: u64 = 1000;

/// Bytes of a node's log that are read for a report.
const MAX_LOG_BYTES: u64 = 32 << 20;

/// Where the journal of messages is, in a run's directory.
pub const JOURNAL: &str = "net-journal/messages.jsonl";

/// The directory of one run.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    workload: String,
    /// Name of the run's directory.
    name: String,
    /// Whether it belongs to a sweep, so that links point to that.
    is_part: bool,
}

impl Store {
    /// Makes the directory of a run that began at `started` (or a little later, if another run has that name already)
    /// under `root`, usually `store`, and links `current` to it.
    pub fn create(root: &Path, workload: &str, started: LocalTime) -> io::Result<Store> {
        let workload_directory = root.join(workload);
        fs::create_dir_all(&workload_directory).map_err(naming(&workload_directory))?;
        for later_ms in 0..MAX_RUNS_AT_ONCE {
            let name = started.plus_millis(later_ms).directory_name();
            match fs::create_dir(workload_directory.join(&name)) {
                Ok(()) => {
                    let (root_directory, workload) = (root.to_owned(), workload.to_owned());
                    let store = Store { root: root_directory, workload, name, is_part: false };
                    // A link is a convenience, and no reason not to run. (That of the end says what is wrong.)
                    let _ = link(&Path::new(&store.workload).join(&store.name), &root.join("current"));
                    return Ok(store);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(naming(&workload_directory)(error)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Makes the directory, within this one, of a run of a sweep: [`part`] of its seed, or [`SMALLEST`].
    pub fn create_part(&self, part: &str) -> io::Result<Store> {
        let name = format!("{}/{part}", self.name);
        let store = Store { name, is_part: true, ..self.clone() };
        fs::create_dir_all(store.directory()).map_err(naming(&store.directory()))?;
        Ok(store)
    }

    /// Directories of all runs under `root` that left a history, in the order in which they began.
    pub fn runs(root: &Path) -> io::Result<Vec<PathBuf>> {
        let mut runs = Vec::new();
        for workload in subdirectories(root)? {
            runs.extend(subdirectories(&workload)?);
        }
        runs.retain(|run| run.join("history.edn").exists());
        runs.sort_by(|one, other| (one.file_name(), one).cmp(&(other.file_name(), other)));
        Ok(runs)
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
        fs::create_dir_all(&directory).map_err(naming(&directory))?;
        Ok(log_path(&self.directory(), node))
    }

    /// A node's own directory, for what it must not forget. It is made if it is not there.
    pub fn node_data(&self, node: &str) -> io::Result<PathBuf> {
        let directory = self.path("node-data").join(file_name(node));
        fs::create_dir_all(&directory).map_err(naming(&directory))?;
        directory.canonicalize()
    }

    /// Links `latest`, here and in the workload's directory, to this run, unless it is a part of a sweep.
    pub fn link_latest(&self) -> io::Result<()> {
        if self.is_part {
            return Ok(());
        }
        link(&Path::new(&self.workload).join(&self.name), &self.root.join("latest"))?;
        link(Path::new(&self.name), &self.root.join(&self.workload).join("latest"))
    }

    /// Writes what [`Store::read`] reads, and makes this run the latest.
    pub fn write_record(&self, record: &Record, origin: &Origin) -> io::Result<()> {
        self.write_test(record, origin, None)?;
        self.write("history.edn", |out| history::write_edn(&record.history, out))?;
        let journal = self.path(JOURNAL);
        let directory = journal.parent().expect("it has a directory to itself");
        fs::create_dir_all(directory).map_err(naming(directory))?;
        let start = record.start.unwrap_or_default();
        write(&journal, |out| journal::write(&record.journal, start, out))?;
        self.link_latest()
    }

    /// Writes `test.edn`, perhaps once more when there is a verdict.
    pub fn write_test(&self, record: &Record, origin: &Origin, verdict: Option<Validity>) -> io::Result<()> {
        let value = test_file::value(record, origin, verdict);
        self.write("test.edn", |out| writeln!(out, "{}", edn::pretty(&value)))
    }

    /// Writes `sweep.edn` and `sweep.json`, what a sweep came to.
    pub fn write_sweep(&self, sweep: &Value) -> io::Result<()> {
        self.write("sweep.edn", |out| writeln!(out, "{}", edn::pretty(sweep)))?;
        self.write("sweep.json", |out| writeln!(out, "{}", edn::json::pretty(sweep)))
    }

    /// Reads a run back from its directory. Its journal has no entries if it left none.
    pub fn read(directory: &Path) -> io::Result<StoredRun> {
        let mut run = read_text(&directory.join("test.edn"), test_file::read)?;
        run.record.history = read_text(&directory.join("history.edn"), history::read)?;
        let path = directory.join(JOURNAL);
        let start = run.record.start.unwrap_or_default();
        match files::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => {
                let input = BufReader::new(file?);
                let statistics = run.record.journal.statistics;
                run.record.journal = journal::read(input, start, statistics).map_err(naming(&path))?;
            }
        }
        Ok(run)
    }

    fn write(
        &self,
        file: &str,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        write(&self.path(file), content)
    }
}

/// Where the smallest run that fails is, in the directory of its sweep.
pub const SMALLEST: &str = "smallest";

/// Where the run with a seed is, in the directory of its sweep.
pub fn part(seed: u64) -> String {
    format!("seeds/{seed}")
}

/// What nodes wrote to stderr and when, in that order, from a run's `node-logs/`. A log without times tells of no moments, and is
/// left out; of a long one the end is.
pub fn read_said(directory: &Path, nodes: &[String]) -> Vec<Said> {
    let mut said = Vec::new();
    for (node, name) in nodes.iter().enumerate() {
        let path = log_path(directory, name);
        let open = |path: PathBuf| files::open(&path).map(|file| BufReader::new(file.take(MAX_LOG_BYTES)));
        let (Ok(log), Ok(times)) = (open(path.clone()), open(path.with_extension("times"))) else { continue };
        let times = times.lines().map_while(|line| line.ok()?.parse().ok()).map(Time::from_nanos);
        let lines = log.split(b'\n').map_while(Result::ok);
        let text = |line: Vec<u8>| String::from_utf8_lossy(&line).into();
        said.extend(times.zip(lines).map(|(time, line)| Said { node, time, text: text(line) }));
    }
    said.sort_by_key(|said| said.time);
    said
}

fn log_path(directory: &Path, node: &str) -> PathBuf {
    // A node's name is whatever the command line says; the file must stay in its directory all the same.
    directory.join("node-logs").join(format!("{}.log", file_name(node)))
}

/// Writes `history.txt` into a run's directory.
pub fn write_history_text(directory: &Path, history: &History) -> io::Result<()> {
    write(&directory.join("history.txt"), |out| history::write_text(history, out))
}

/// Writes `results.edn`, if there are results, and `results.json` into a run's directory. The latter has what there is to say
/// in words first, then the results.
pub fn write_results(directory: &Path, results: Option<&Value>, words: &impl Serialize) -> io::Result<()> {
    if let Some(results) = results {
        write(&directory.join("results.edn"), |out| writeln!(out, "{}", edn::pretty(results)))?;
    }
    // One object with the entries of both: numbers of the results are longer than other JSON writers can take.
    let words = serde_json::to_string_pretty(words)?;
    let entries =
        |text: &str| text.strip_prefix('{')?.strip_suffix('}').map(|text| text.trim_end().to_owned());
    let both = [Some(words), results.map(edn::json::pretty)];
    let both: Vec<String> = both.into_iter().flatten().filter_map(|text| entries(&text)).collect();
    let both: Vec<&str> = both.iter().map(String::as_str).filter(|entries| !entries.is_empty()).collect();
    write(&directory.join("results.json"), |out| writeln!(out, "{{{}\n}}", both.join(",")))
}

/// The results of the run whose directory this is, ours or Maelstrom's.
pub fn read_results(directory: &Path) -> io::Result<Value> {
    read_text(&directory.join("results.edn"), edn::read)
}

/// Reads a file of text.
fn read_text<T, E: Into<Box<dyn Error + Send + Sync>>>(
    path: &Path,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> io::Result<T> {
    let text = io::read_to_string(files::open(path)?).map_err(naming(path))?;
    read(&text).map_err(|error| naming(path)(io::Error::new(io::ErrorKind::InvalidData, error)))
}

/// Directories in a directory, links left out.
fn subdirectories(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(naming(directory))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// A name beside `path` that nobody else uses at this moment, in this process or in another.
fn unused(path: &Path) -> PathBuf {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{number}.new", std::process::id()))
}

/// Points the link at `path` to `target`, in one step: whoever looks finds the old or the new. Others may do so at once.
fn link(target: &Path, path: &Path) -> io::Result<()> {
    let temporary = unused(path);
    let linked = symlink(target, &temporary).and_then(|()| fs::rename(&temporary, path));
    if linked.is_err() {
        // One of an earlier process of this number, that did not live to rename it.
        let _ = fs::remove_file(&temporary);
    }
    linked.map_err(naming(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::{Options, Workload};
    use std::collections::BTreeSet;
    use std::time::Duration;
    use worlds::scenario::Scenario;
    use worlds::simulated;

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

        first.link_latest().unwrap();
        let second = Store::create(&root, "echo", STARTED).unwrap();
        let results = Value::map([("valid?", true.into())]);
        write_results(&second.directory(), Some(&results), &serde_json::json!({"verdict": "valid"})).unwrap();
        second.link_latest().unwrap();
        for link in ["current", "latest"] {
            let target = fs::read_link(root.join(link)).unwrap();
            assert_eq!(target, Path::new("echo/20230305T112642.179-0500"));
        }
        let target = fs::read_link(root.join("echo/latest")).unwrap();
        assert_eq!(target, Path::new("20230305T112642.179-0500"));
        assert_eq!(fs::read_to_string(root.join("latest/results.edn")).unwrap(), "{:valid? true}\n");
        let json = fs::read_to_string(root.join("latest/results.json")).unwrap();
        assert_eq!(json, "{\n  \"verdict\": \"valid\",\n  \"valid?\": true\n}\n");
    }

    #[test]
    fn a_run_is_read_back_from_its_store_and_without_a_journal_only_its_messages_are_missing() {
        let mut options = Options { seed: 1, concurrency: 2, ..Options::new(Workload::LinKv, 1) };
        options.time_limit = Duration::from_secs(1);
        let scenario = Scenario::new(options.clone()).expect("a machine serves this workload");
        let record = simulated::run(options, scenario.programs());
        let temporary = tempfile::tempdir().unwrap();
        let store = Store::create(temporary.path(), "lin-kv", STARTED).unwrap();
        store.write_record(&record, &Origin::default()).unwrap();
        let values = |history: &History| history.ops.iter().map(|op| op.to_value()).collect::<Vec<_>>();
        let latest = temporary.path().join("latest");
        let again = Store::read(&latest).unwrap().record;
        assert_eq!(values(&again.history), values(&record.history));
        assert_eq!(again.journal.entries, record.journal.entries);
        fs::remove_file(latest.join(JOURNAL)).unwrap();
        let again = Store::read(&latest).unwrap().record;
        assert_eq!(
            (again.journal.entries, again.journal.statistics),
            (Vec::new(), record.journal.statistics)
        );
    }

    #[test]
    fn what_is_a_nodes_stays_in_its_directory() {
        let temporary = tempfile::tempdir().unwrap();
        let store = Store::create(temporary.path(), "echo", STARTED).unwrap();
        for (name, folder) in
            [("n1", "n1"), ("..", "%2E%2E"), ("../../n1", "%2E%2E%2F%2E%2E%2Fn1"), ("/", "%2F")]
        {
            let made = store.node_data(name).unwrap();
            assert_eq!(made, store.path("node-data").join(folder).canonicalize().unwrap());
        }
        let path = store.node_log("../../n1").unwrap();
        assert_eq!(path, store.path("node-logs/%2E%2E%2F%2E%2E%2Fn1.log"));
        let (one, other) = (store.node_log("a/b").unwrap(), store.node_log("a_b").unwrap());
        assert_ne!(one, other, "each node has a log of its own");
    }

    #[test]
    fn runs_in_one_store_at_once_do_not_trip_over_each_others_links() {
        let temporary = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..4 {
                let root = temporary.path();
                scope.spawn(move || {
                    for round in 0..100 {
                        let target = format!("{number}-{round}");
                        link(Path::new(&target), &root.join("latest")).unwrap();
                    }
                });
            }
        });
        let left: Vec<_> =
            fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["latest"], "nothing is left over");
        // Whether they meet is chance; that they would not trip is not.
        let names: BTreeSet<PathBuf> = (0..100).map(|_| unused(Path::new("latest"))).collect();
        let process = std::process::id().to_string();
        assert!(names.len() == 100 && names.iter().all(|name| name.display().to_string().contains(&process)));
    }

    #[test]
    fn a_pipe_in_place_of_a_file_is_refused_and_not_waited_for() {
        let temporary = tempfile::tempdir().unwrap();
        let status =
            std::process::Command::new("mkfifo").arg(temporary.path().join("test.edn")).status().unwrap();
        assert!(status.success());
        let error = Store::read(temporary.path()).unwrap_err();
        assert!(error.to_string().contains("test.edn: it is no file"), "{error}");
    }
}
