//! All processes that a node has started, and those that they have started, as far as the system can tell.
//!
//! A node's process group is not enough: a wrapper may make a group of its own, a daemon a session. So who descends from
//! whom is read from `/proc`. A process whose parent has ended becomes a child of ours, since we ask for that (a *child
//! subreaper*); whose it was is known from an earlier look, or from a variable in its environment. Where there is no
//! `/proc`, the group has to do.

use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Names the run, and behind a colon the node, to whoever descends from a node's process.
pub(super) const MARK: &str = "WORKBENCH_NODE";
/// Looks until nobody new is found. A process that starts others faster than we look would be followed for ever.
const MAX_LOOKS: usize = 16;

/// A process, told apart from a later one of the same number by when it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    pid: i32,
    started: u64,
}

/// What `/proc` says of a process.
#[derive(Clone, Debug)]
struct Process {
    identity: Identity,
    parent: i32,
    group: i32,
    session: i32,
    is_dead: bool,
    name: String,
}

/// All processes of this moment, by number.
struct Table(BTreeMap<i32, Process>);

/// Who belongs to which node.
#[derive(Debug)]
pub(super) struct Families {
    run: String,
    us: i32,
    /// Whom an earlier look has found, and whose they are.
    known: BTreeMap<Identity, usize>,
}

impl Families {
    /// Those of a run of this name.
    pub(super) fn new(run: &str) -> Families {
        adopt_orphans();
        Families { run: run.to_owned(), us: raw(rustix::process::getpid()), known: BTreeMap::new() }
    }

    /// The mark of a node's processes.
    pub(super) fn mark(&self, node: usize) -> String {
        format!("{}:{node}", self.run)
    }

    /// Sends a signal to these nodes' processes, their groups, and all that descends from them, until nobody is found who has
    /// not got it. `roots` are the processes of all nodes.
    pub(super) fn signal(&mut self, roots: &[Pid], nodes: &[usize], signal: Signal) {
        let groups: Vec<i32> = nodes.iter().map(|node| raw(roots[*node])).collect();
        for node in nodes {
            // An error says that they are gone already, or have changed their identity: either way nothing can be done.
            let _ = kill_process_group(roots[*node], signal);
        }
        let mut told = BTreeSet::new();
        for _ in 0..MAX_LOOKS {
            let mut found = self.members(roots);
            found.retain(|(process, node)| nodes.contains(node) && told.insert(process.identity));
            if found.is_empty() {
                return;
            }
            for (process, _) in found.iter().filter(|(process, _)| !groups.contains(&process.group)) {
                let _ = Pid::from_raw(process.identity.pid).map(|pid| kill_process(pid, signal));
            }
        }
    }

    /// Those of a node who are alive, but for its own process, each with its name and number.
    pub(super) fn others(&mut self, roots: &[Pid], node: usize) -> Vec<String> {
        let members = self.members(roots).into_iter();
        let others = members.filter(|(process, of)| *of == node && process.identity.pid != raw(roots[node]));
        others.map(|(process, _)| format!("{} ({})", process.name, process.identity.pid)).collect()
    }

    /// Whether any process is alive that is not a node's own.
    pub(super) fn are_others_left(&mut self, roots: &[Pid]) -> bool {
        let is_root = |process: &Process| roots.iter().any(|root| raw(*root) == process.identity.pid);
        self.members(roots).iter().any(|(process, _)| !is_root(process))
    }

    /// Kills all orphans and their descendants, whosesoever they are: only nodes make any. These children are spared.
    pub(super) fn kill_orphans(&mut self, children: &[Pid]) {
        let table = Table::read();
        let is_spared = |pid: i32| children.iter().any(|child| raw(*child) == pid);
        let mut doomed: BTreeSet<i32> = BTreeSet::new();
        loop {
            let is_doomed = |process: &&Process| {
                let is_orphan = process.parent == self.us && !is_spared(process.identity.pid);
                !process.is_dead && (is_orphan || doomed.contains(&process.parent))
            };
            let found: BTreeSet<i32> =
                table.0.values().filter(is_doomed).map(|process| process.identity.pid).collect();
            if found == doomed {
                break;
            }
            doomed = found;
        }
        for pid in doomed {
            let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
        }
    }

    /// Takes leave of orphans that have ended, who are children of ours now: of all our children but these, for whom
    /// somebody waits.
    pub(super) fn bury(&mut self, children: &[Pid]) {
        let table = Table::read();
        let is_orphan = |process: &&Process| {
            process.parent == self.us && !children.iter().any(|child| raw(*child) == process.identity.pid)
        };
        for process in table.0.values().filter(|process| process.is_dead).filter(is_orphan) {
            let _ = waitpid(Pid::from_raw(process.identity.pid), WaitOptions::NOHANG);
        }
        self.known.retain(|identity, _| {
            table.0.get(&identity.pid).is_some_and(|process| process.identity == *identity)
        });
    }

    /// All processes of nodes that are alive, and whose they are.
    fn members(&mut self, roots: &[Pid]) -> Vec<(Process, usize)> {
        let table = Table::read();
        let mut members = Vec::new();
        for process in table.0.values().filter(|process| !process.is_dead) {
            if let Some(owner) = self.owner(&table, roots, process) {
                self.known.insert(process.identity, owner);
                members.push((process.clone(), owner));
            }
        }
        members
    }

    /// Whose a process is: that of the first ancestor of whom it is known.
    fn owner(&self, table: &Table, roots: &[Pid], process: &Process) -> Option<usize> {
        let mut ancestor = process;
        // Numbers change while they are read, so that they might even form a circle.
        for _ in 0..table.0.len() {
            let pid = ancestor.identity.pid;
            if let Some(node) = roots.iter().position(|root| raw(*root) == pid) {
                return Some(node);
            }
            if let Some(node) = self.known.get(&ancestor.identity) {
                return Some(*node);
            }
            if ancestor.parent == self.us {
                return self.owner_of_orphan(roots, ancestor);
            }
            ancestor = table.0.get(&ancestor.parent)?;
        }
        None
    }

    fn owner_of_orphan(&self, roots: &[Pid], orphan: &Process) -> Option<usize> {
        let marked = mark_of(orphan.identity.pid).and_then(|mark| {
            let (run, node) = mark.rsplit_once(':')?;
            (run == self.run).then(|| node.parse().ok()).flatten()
        });
        let is_of = |root: &Pid| [orphan.group, orphan.session].contains(&raw(*root));
        marked.filter(|node| *node < roots.len()).or_else(|| roots.iter().position(is_of))
    }
}

/// Kills all processes that carry a run's mark, and those groups; true if there was nobody left to kill.
pub(super) fn kill_marked(run: &str, groups: &BTreeSet<i32>) -> bool {
    let table = Table::read();
    let us = raw(rustix::process::getpid());
    let is_marked = |process: &Process| {
        let mark = mark_of(process.identity.pid);
        mark.is_some_and(|mark| mark.rsplit_once(':').is_some_and(|(marked, _)| marked == run))
    };
    let is_ours = |process: &Process| groups.contains(&process.group) || is_marked(process);
    let mut doomed: BTreeSet<i32> = BTreeSet::new();
    let alive = || table.0.values().filter(|process| !process.is_dead && process.identity.pid != us);
    doomed.extend(alive().filter(|process| is_ours(process)).map(|process| process.identity.pid));
    // Those who descend from them, whatever they have made of their environment.
    for _ in 0..MAX_LOOKS {
        let before = doomed.len();
        let children: Vec<i32> = alive()
            .filter(|process| doomed.contains(&process.parent))
            .map(|process| process.identity.pid)
            .collect();
        doomed.extend(children);
        if doomed.len() == before {
            break;
        }
    }
    for pid in &doomed {
        let _ = Pid::from_raw(*pid).map(|pid| kill_process(pid, Signal::KILL));
    }
    // Without `/proc` nobody can be seen.
    let unseen = table.0.is_empty();
    for group in groups.iter().filter(|_| unseen) {
        let _ = Pid::from_raw(*group).map(|group| kill_process_group(group, Signal::KILL));
    }
    doomed.is_empty()
}

fn raw(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}

/// Processes whose parents end become ours.
fn adopt_orphans() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // Systems that know no subreapers are older than anything else that we need.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// The mark in a process's environment, if it still has it.
fn mark_of(pid: i32) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    variables.find_map(|variable| {
        let value = variable.strip_prefix(MARK.as_bytes())?.strip_prefix(b"=")?;
        String::from_utf8(value.to_vec()).ok()
    })
}

impl Table {
    fn read() -> Table {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let processes = numbers.filter_map(|pid| {
            let line = fs::read(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, process(&String::from_utf8_lossy(&line))?))
        });
        Table(processes.collect())
    }
}

/// Reads a line of `/proc/…/stat` (proc(5)). A name may hold anything, blanks and parentheses included.
fn process(line: &str) -> Option<Process> {
    let (head, tail) = line.rsplit_once(')')?;
    let (pid, name) = head.split_once(" (")?;
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let number = |field: usize| fields.get(field)?.parse().ok();
    Some(Process {
        identity: Identity { pid: pid.parse().ok()?, started: fields.get(19)?.parse().ok()? },
        is_dead: matches!(*fields.first()?, "Z" | "X" | "x"),
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proc_is_read_whatever_the_name_holds() {
        let line = "17 (a) b (c) S 3 17 17 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987 1 2";
        let process = process(line).unwrap();
        assert_eq!((process.identity, process.parent), (Identity { pid: 17, started: 987 }, 3));
        assert_eq!((process.group, process.session, process.is_dead), (17, 17, false));
        assert_eq!(process.name, "a) b (c");
        assert!(super::process("17 (x").is_none() && super::process("17 (x) S 3").is_none());
    }
}
