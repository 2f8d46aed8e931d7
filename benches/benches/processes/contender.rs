//! A program on pipes, and what the kernel says that it took.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use memchr::memchr_iter;

/// What a pipe holds.
pub(crate) const PIPE: usize = 64 << 10;

/// A program to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Contender {
    path: PathBuf,
    /// Where it keeps its data, if it does.
    data: Option<PathBuf>,
}

/// A contender that runs.
pub(crate) struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A process that runs, by its number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

/// What a process has used since its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Time on a processor, in its own code and in the kernel's.
    pub(crate) cpu: Duration,
    /// System calls that write.
    pub(crate) writes: u64,
    /// The most memory that it ever held, in bytes.
    pub(crate) peak: u64,
}

impl Contender {
    /// A node of this project. Those are built beside this program, but not with it.
    pub(crate) fn node(name: &str) -> Contender {
        let here = env::current_exe().expect("a program knows its own path");
        let folder = here.ancestors().nth(2).expect("cargo puts benches into target/…/deps");
        let path = folder.join(name);
        let flag = if folder.ends_with("release") { " --release" } else { "" };
        assert!(
            path.exists(),
            "there is no {}: build it first, with cargo build{flag} --package driver",
            path.display()
        );
        Contender { path, data: None }
    }

    /// The plain loop around serde_json.
    pub(crate) fn plain() -> Contender {
        Contender { path: env!("CARGO_BIN_EXE_plain").into(), data: None }
    }

    /// `cat`: what the pipes alone cost.
    pub(crate) fn cat() -> Contender {
        Contender { path: "cat".into(), data: None }
    }

    /// The same node with a memory in this directory.
    pub(crate) fn with_data(&self, data: &Path) -> Contender {
        Contender { data: Some(data.to_owned()), ..self.clone() }
    }

    /// Starts it, and waits until it has answered `init`.
    pub(crate) fn start(&self, init: &str) -> Running {
        let data = self.data.iter().flat_map(|data| [OsStr::new("--data"), data.as_os_str()]);
        let mut child = Command::new(&self.path)
            .args(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.path.display()));
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::with_capacity(PIPE, child.stdout.take().expect("it is piped"));
        let mut running = Running { child, input, output };
        running.exchange(init.as_bytes(), &mut Vec::new());
        running
    }
}

impl Running {
    /// Says a line and takes one.
    pub(crate) fn exchange(&mut self, line: &[u8], answer: &mut Vec<u8>) {
        self.input.write_all(line).expect("it reads");
        answer.clear();
        let length = self.output.read_until(b'\n', answer).expect("it writes");
        assert!(length > 0, "it ended before it answered");
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> Usage {
        self.process().usage()
    }

    /// To ask what it has used while others have its pipes.
    pub(crate) fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// What it reads and what it says. Closing the first ends it.
    pub(crate) fn into_pipes(self) -> (ChildStdin, BufReader<ChildStdout>) {
        (self.input, self.output)
    }

    /// Sends all of the input while `count` answers are read, and hands on every piece of these. After each piece it reads
    /// nothing for as long as `pause`.
    pub(crate) fn flood(
        &mut self,
        input: &[u8],
        count: usize,
        pause: Duration,
        mut piece: impl FnMut(&[u8]),
    ) {
        let Running { input: to, output: from, .. } = self;
        thread::scope(|scope| {
            scope.spawn(|| to.write_all(input).expect("it reads"));
            let mut missing = count;
            while missing > 0 {
                let bytes = from.fill_buf().expect("it writes");
                assert!(!bytes.is_empty(), "it ended with {missing} of {count} answers missing");
                missing =
                    missing.checked_sub(memchr_iter(b'\n', bytes).count()).expect("an answer a request");
                piece(bytes);
                let length = bytes.len();
                from.consume(length);
                if !pause.is_zero() {
                    thread::sleep(pause);
                }
            }
        });
    }

    /// Ends its input. It must say nothing more, and end well.
    pub(crate) fn finish(self) {
        let Running { mut child, input, mut output } = self;
        drop(input);
        let rest = io::copy(&mut output.by_ref().take(1), &mut io::sink()).expect("it writes");
        assert_eq!(rest, 0, "it said more than it was asked");
        let status = child.wait().expect("it is a child of this process");
        assert!(status.success(), "{status}");
    }
}

impl Process {
    /// What it has used so far.
    pub(crate) fn usage(self) -> Usage {
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).expect("Linux says so");
        let (schedule, io, status) = (self.told("schedstat"), self.told("io"), self.told("status"));
        let field = |text: &str, key: &str| {
            number(text.split_once(key).and_then(|it| it.1.split_whitespace().next()))
        };
        Usage {
            cpu: Duration::from_nanos(number(schedule.split_whitespace().next())),
            writes: field(&io, "syscw:"),
            peak: field(&status, "VmHWM:") << 10,
        }
    }

    fn told(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.0);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Usage {
    /// What was used since `earlier`; the peak is that of all times.
    pub(crate) fn since(self, earlier: Usage) -> Usage {
        Usage { cpu: self.cpu - earlier.cpu, writes: self.writes - earlier.writes, peak: self.peak }
    }
}
