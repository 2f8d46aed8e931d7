//! One node: a child process on three pipes (§3.1, §3.7).
//!
//! Each child leads a process group of its own. A Ctrl-C on the terminal therefore reaches the workbench alone, which
//! stops the children itself. A child that exits is noticed without being reaped, so that its group's number stays taken
//! until all that it started is killed.

use super::binary::{DATA_VARIABLE, NodeBinary};
use super::log::NodeLog;
use super::pipes::{LineReader, Outbox, ReadState, STDERR_LINE_LIMIT, STDOUT_LINE_LIMIT, UNREAD_LIMIT};
use super::tail::Tail;
use super::tree::MARK;
use mio::unix::pipe::{Receiver, Sender};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a killed child may take to be gone (§3.7).
const KILL_WAIT: Duration = Duration::from_secs(5);
/// Most reads of what a dead child left in its pipes: more than any pipe holds.
pub(super) const LAST_READS: usize = 64;

/// A child process and what is known of it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    child: Child,
    /// None once the child has stopped reading.
    pub(super) stdin: Option<Outbox>,
    /// None once the child has closed it.
    pub(super) stdout: Option<LineReader>,
    /// None once the child has closed it.
    pub(super) stderr: Option<LineReader>,
    pub(super) log: NodeLog,
    pub(super) stdout_tail: Tail,
    pub(super) stderr_tail: Tail,
    /// Messages thrown away because the child did not read.
    pub(super) dropped: u64,
    /// The child was killed in the course of the test. It is reaped when it is replaced, or in the end.
    pub(super) was_killed: bool,
    /// Since when it is paused, if it is.
    pub(super) paused_since: Option<Instant>,
    /// It spoke in its present pause.
    pub(super) has_escaped: bool,
    /// How it ended, if it did so by itself.
    pub(super) exit: Option<ExitStatus>,
}

/// What was on its way between a child and the workbench when the run was over.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Lines that the child had not taken out of its stdin's queue.
    pub(super) backlog: u64,
    /// What the child wrote to stdout behind its last newline.
    pub(super) unfinished: Option<String>,
}

/// A child that has just started, and its pipes.
type Started = (Child, Outbox, LineReader, LineReader);

impl Node {
    /// Starts `binary`, in the system's temporary directory, with this mark in its environment.
    pub(super) fn start(name: &str, binary: &NodeBinary, mark: &str, log: NodeLog) -> io::Result<Node> {
        let (child, stdin, stdout, stderr) = spawn(binary, mark)?;
        Ok(Node {
            name: name.to_owned(),
            child,
            stdin: Some(stdin),
            stdout: Some(stdout),
            stderr: Some(stderr),
            log,
            stdout_tail: Tail::default(),
            stderr_tail: Tail::default(),
            dropped: 0,
            was_killed: false,
            paused_since: None,
            has_escaped: false,
            exit: None,
        })
    }

    /// Starts a new child in place of the one that was killed, whose log goes on. The killed one was dead long ago, as
    /// a rule; false if it still is not gone.
    pub(super) fn start_again(
        &mut self,
        binary: &NodeBinary,
        mark: &str,
        scratch: &mut [u8],
    ) -> io::Result<bool> {
        let is_gone = self.reap(scratch, Instant::now());
        let (child, stdin, stdout, stderr) = spawn(binary, mark)?;
        self.child = child;
        (self.stdin, self.stdout, self.stderr) = (Some(stdin), Some(stdout), Some(stderr));
        (self.was_killed, self.paused_since, self.has_escaped) = (false, None, false);
        Ok(is_gone)
    }

    /// What is on its way.
    pub(super) fn left(&self) -> Left {
        Left {
            backlog: self.stdin.as_ref().map_or(0, Outbox::lines),
            unfinished: self.stdout.as_ref().and_then(LineReader::unfinished),
        }
    }

    /// Queues a line for the child. False for the first line that finds no room; lines to a child that is gone vanish.
    pub(super) fn send(&mut self, line: &[u8]) -> bool {
        let Some(stdin) = &mut self.stdin else { return true };
        if stdin.push(line).is_ok() {
            return true;
        }
        self.dropped += 1;
        self.dropped > 1
    }

    /// Writes what the child takes.
    pub(super) fn flush(&mut self) {
        if let Some(stdin) = &mut self.stdin
            && stdin.flush().is_err()
        {
            self.stdin = None;
        }
    }

    /// Reads stdout, a budget at most.
    pub(super) fn read_stdout(&mut self, scratch: &mut [u8], on_line: &mut impl FnMut(&[u8])) -> ReadState {
        let Some(stdout) = &mut self.stdout else { return ReadState::Drained };
        let tail = &mut self.stdout_tail;
        let state = stdout.read(scratch, &mut |line| {
            tail.push(line);
            on_line(line);
        });
        if state == ReadState::Closed {
            self.stdout = None;
        }
        state
    }

    /// Reads stderr into the node's log, a budget at most.
    pub(super) fn read_stderr(&mut self, scratch: &mut [u8], on_line: &mut impl FnMut(&[u8])) -> ReadState {
        let Some(stderr) = &mut self.stderr else { return ReadState::Drained };
        let (tail, log) = (&mut self.stderr_tail, &mut self.log);
        let state = stderr.read(scratch, &mut |line| {
            tail.push(line);
            log.add(line);
            on_line(line);
        });
        log.flush();
        if state == ReadState::Closed {
            self.stderr = None;
        }
        state
    }

    /// Looks whether the child has exited since the last look, without reaping it.
    pub(super) fn look_for_exit(&mut self) -> bool {
        if self.exit.is_some() || self.was_killed {
            return false;
        }
        let Some(status) = self.status() else { return false };
        let raw = status.exit_status().map(|code| code << 8).or(status.terminating_signal()).unwrap_or(0);
        self.exit = Some(ExitStatus::from_raw(raw));
        true
    }

    /// The process's number, and its group's.
    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether the process is over.
    pub(super) fn is_over(&self) -> bool {
        self.status().is_some()
    }

    fn status(&self) -> Option<rustix::process::WaitIdStatus> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(self.pid()), options).ok().flatten()
    }

    /// Takes note of what there is in the pipes, so that nobody waits there for a reader.
    pub(super) fn drain(&mut self, scratch: &mut [u8]) {
        for _ in 0..LAST_READS {
            let out = self.read_stdout(scratch, &mut |_| {});
            let err = self.read_stderr(scratch, &mut |_| {});
            if out != ReadState::More && err != ReadState::More {
                break;
            }
        }
    }

    /// Takes note of what the child left in its pipes, and reaps it. Returns whether that worked in time.
    pub(super) fn reap(&mut self, scratch: &mut [u8], killed_at: Instant) -> bool {
        let gone = loop {
            match self.child.try_wait() {
                Ok(None) if killed_at.elapsed() < KILL_WAIT => std::thread::sleep(Duration::from_millis(1)),
                Ok(None) => break false,
                Ok(Some(_)) | Err(_) => break true,
            }
        };
        self.drain(scratch);
        gone
    }
}

fn spawn(binary: &NodeBinary, mark: &str) -> io::Result<Started> {
    let home = std::env::temp_dir();
    if !home.is_dir() {
        let why =
            format!("nodes run in {}, and there is no such directory: set TMPDIR to one", home.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, why));
    }
    let told = [(DATA_VARIABLE, binary.data.as_os_str()), (MARK, mark.as_ref())];
    let mut child = match start(Command::new(&binary.path).args(&binary.arguments).envs(told)) {
        // A script that does not say what reads it: as execvp(3) does, and so Maelstrom's Java.
        Err(error) if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
            start(Command::new("/bin/sh").arg(&binary.path).args(&binary.arguments).envs(told))?
        }
        started => started?,
    };
    let taken = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = taken else { unreachable!("all three were piped") };
    let stdin = Sender::from(stdin);
    stdin.set_nonblocking(true)?;
    let stdout = LineReader::new(Receiver::from(stdout), STDOUT_LINE_LIMIT)?;
    let stderr = LineReader::new(Receiver::from(stderr), STDERR_LINE_LIMIT)?;
    Ok((child, Outbox::new(stdin, UNREAD_LIMIT), stdout, stderr))
}

fn start(command: &mut Command) -> io::Result<Child> {
    command
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}
