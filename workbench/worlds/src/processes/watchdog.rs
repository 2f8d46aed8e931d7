//! A process that outlives the workbench by a moment: should the workbench die without a chance to clean up, killed or out
//! of memory, its nodes die all the same.
//!
//! It waits for the end of a pipe that only the workbench holds. If that comes without a good-bye, it kills whoever carries
//! the run's mark, and the groups that it was told of.

use super::tree::kill_marked;
use rustix::process::Pid;
use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Rounds of killing: whoever starts others while it is killed may need more than one.
const ROUNDS: usize = 100;
/// Between two rounds.
const ROUND: Duration = Duration::from_millis(10);
const GOODBYE: &str = "goodbye";

/// How to start a watchdog: a program that calls [`watch`] with the last of its arguments.
#[derive(Clone, Debug)]
pub struct WatchdogCommand {
    /// The program, as a rule this one.
    pub program: PathBuf,
    /// Its argument before the run's name.
    pub argument: &'static str,
}

/// Somebody who waits for our death.
#[derive(Debug)]
pub(super) struct Watchdog {
    child: Child,
    pipe: ChildStdin,
}

impl Watchdog {
    pub(super) fn start(command: &WatchdogCommand, run: &str) -> io::Result<Watchdog> {
        let mut child = Command::new(&command.program)
            .args([command.argument, run])
            .current_dir(Path::new("/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let pipe = child.stdin.take().expect("it was piped");
        Ok(Watchdog { child, pipe })
    }

    /// A process leads a group, or its group is over: its number may soon be somebody else's.
    pub(super) fn tell(&mut self, leader: Pid, has_begun: bool) {
        let sign = if has_begun { '+' } else { '-' };
        // If it is gone, so be it: it is there for the worst case only.
        let _ = writeln!(self.pipe, "{sign}{}", leader.as_raw_nonzero());
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// It is needed no more.
    pub(super) fn dismiss(mut self) {
        let _ = writeln!(self.pipe, "{GOODBYE}");
        drop(self.pipe);
        let _ = self.child.wait();
    }
}

/// What the watchdog does: it returns when all is over.
pub fn watch(run: &str) {
    let mut groups = BTreeSet::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let number = |text: &str| text.parse::<i32>().ok();
        if line == GOODBYE {
            return;
        } else if let Some(group) = line.strip_prefix('+').and_then(number) {
            groups.insert(group);
        } else if let Some(group) = line.strip_prefix('-').and_then(number) {
            groups.remove(&group);
        }
    }
    for _ in 0..ROUNDS {
        if kill_marked(run, &groups) {
            return;
        }
        thread::sleep(ROUND);
    }
}
