//! Runs `workbench` as a user would, in a directory of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a run printed, and what it left in its store.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    /// What is wrong with the command line, the disk and the like.
    pub(crate) stderr: String,
    directory: TempDir,
}

/// Runs `workbench` with these words, which are separated by blanks.
pub(crate) fn workbench(words: &str) -> Ran {
    let words: Vec<&str> = words.split_whitespace().collect();
    workbench_with(&words)
}

/// Runs `workbench` with these words. No process that it started may survive it, unless it is told to leave them running.
pub(crate) fn workbench_with(words: &[&str]) -> Ran {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let output = command(words, directory.path()).output().expect("the workbench starts");
    if !words.contains(&"--leave-db-running") {
        assert_eq!(survivors(directory.path()), Vec::<String>::new(), "processes live on");
    }
    finished(output, directory)
}

/// The processes at home in this directory, as those of a run that was started there are, when they have had the time to
/// die. Where there is no `/proc`, nobody can tell.
pub(crate) fn survivors(directory: &Path) -> Vec<String> {
    let home = directory.canonicalize().expect("the directory is there");
    let is_at_home = |process: &PathBuf| std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == home);
    let patience = Instant::now() + Duration::from_secs(2);
    loop {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        let left: Vec<String> = processes.filter(is_at_home).map(|path| path.display().to_string()).collect();
        if left.is_empty() || Instant::now() > patience {
            return left;
        }
        // Somebody who was killed is gone as soon as the kernel gets round to it.
        std::thread::yield_now();
    }
}

/// Runs a line of a shell that finds `workbench` by its name.
pub(crate) fn shell(line: &str) -> Ran {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let binaries = Path::new(env!("CARGO_BIN_EXE_workbench")).parent().expect("it lies in a directory");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(directory.path())
        .env("PATH", format!("{}:{path}", binaries.display()))
        .stdin(Stdio::null())
        .output()
        .expect("the shell starts");
    finished(output, directory)
}

/// A command that has yet to be started. Its nodes will be at home in this directory.
pub(crate) fn command(words: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    command
        .args(words)
        .current_dir(directory)
        .env("TMPDIR", directory)
        .env_remove("PYTHONUNBUFFERED")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn finished(output: Output, directory: TempDir) -> Ran {
    let stdout = String::from_utf8(output.stdout).expect("the workbench writes UTF-8");
    let stderr = String::from_utf8(output.stderr).expect("the workbench writes UTF-8");
    let status = output.status.code().unwrap_or(-1);
    // Refusals and lacks of our own; nothing of a run that came to a verdict.
    assert!(stderr.is_empty() || status >= 254, "on stderr: {stderr}");
    Ran { status, stdout, stderr, directory }
}

impl Ran {
    /// Checks the status and that these texts were printed.
    #[track_caller]
    pub(crate) fn expect(&self, status: i32, texts: &[&str]) -> &Ran {
        let said = self.stdout.clone() + &self.stderr;
        assert_eq!(self.status, status, "{said}");
        for text in texts {
            assert!(said.contains(text), "no \"{text}\" in:\n{said}");
        }
        self
    }

    /// The last line that was printed.
    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }

    /// A file of the latest run.
    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.directory.path().join("store/latest").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The name of the latest run's directory.
    pub(crate) fn store_name(&self) -> String {
        let target = std::fs::read_link(self.directory.path().join("store/latest")).expect("there was a run");
        target.file_name().expect("the link points to a directory").to_string_lossy().into_owned()
    }

    /// Runs `workbench` once more in the same directory.
    pub(crate) fn then(self, words: &str) -> Ran {
        let words: Vec<&str> = words.split_whitespace().collect();
        let output = command(&words, self.directory.path()).output().expect("the workbench starts");
        finished(output, self.directory)
    }

    /// The path of a file of the latest run.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("store/latest").join(name)
    }

    /// All files of the latest run, by their paths in its directory.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let run = self.path("");
        let (mut files, mut directories) = (BTreeMap::new(), vec![run.clone()]);
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).expect("the run has a directory") {
                let path = entry.expect("its entries can be read").path();
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                let name = path.strip_prefix(&run).expect("it lies in there").display().to_string();
                files.insert(name, std::fs::read(path).expect("it can be read"));
            }
        }
        files
    }

    /// What `test.edn` of the latest run says under this key.
    pub(crate) fn told(&self, key: &str) -> String {
        let test = edn::read(&self.file("test.edn")).expect("it is EDN");
        test.get(key).and_then(|value| value.as_text()).unwrap_or_default().to_owned()
    }

    /// Whether the latest run has such a file.
    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.directory.path().join("store/latest").join(name).exists()
    }
}

/// The node that misbehaves as its argument says.
pub(crate) fn misbehave() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| example("misbehave"))
}

/// The node that cheats as its arguments say.
pub(crate) fn zoo() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| example("zoo"))
}

/// Where an example is. `cargo test` builds them before the tests run; if only some tests were asked for, it is built here.
fn example(name: &str) -> String {
    let path = examples().join(name);
    if !path.exists() {
        // A profile's folder has its name, but for one.
        let directory = examples();
        let folder = directory.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let profile = folder.map_or("dev", |name| if name == "debug" { "dev" } else { name });
        let build = ["build", "--quiet", "--profile", profile, "--package", "workbench", "--example", name];
        let status = Command::new(env!("CARGO")).args(build).status().expect("cargo starts");
        assert!(status.success() && path.exists(), "the example {name} cannot be built");
    }
    path.display().to_string()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_workbench")).with_file_name("examples")
}
