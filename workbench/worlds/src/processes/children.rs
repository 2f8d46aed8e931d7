//! All nodes of a run, in one poll.

use super::binary::NodeBinary;
use super::log::NodeLog;
use super::node::Node;
use super::pipes::ReadState;
use super::signals::Signals;
use super::timer::Timer;
use super::tree::Families;
use super::watchdog::{Watchdog, WatchdogCommand};
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, setrlimit};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Read buffer, shared by all pipes.
const SCRATCH: usize = 64 << 10;
/// News taken from the system at a time.
const EVENTS: usize = 256;

/// Nodes that may end by themselves when their stdin has ended have so long …
const GRACE_AT_END_OF_INPUT: Duration = Duration::from_millis(500);
/// … and so long after a SIGTERM, before they are killed.
const GRACE_AT_TERM: Duration = Duration::from_secs(1);
/// Between two looks whether they have.
const LOOK: Duration = Duration::from_millis(5);
/// Least time between two looks for orphans that have ended.
const BURIALS: Duration = Duration::from_secs(1);
/// Descriptors that a node takes, with one to spare for its log and one for its start.
const DESCRIPTORS_PER_NODE: u64 = 5;
/// Descriptors that the workbench takes besides.
const OWN_DESCRIPTORS: u64 = 64;

/// Something to attend to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// A node wrote to stdout, or closed it.
    Stdout(usize),
    /// A node wrote to stderr, or closed it.
    Stderr(usize),
    /// A node's stdin takes more, or nothing ever again.
    Stdin(usize),
    /// Some node has exited.
    Exit,
    /// Someone wants the run to stop.
    Stop,
}

/// The nodes' processes and the one poll over their pipes.
#[derive(Debug)]
pub(super) struct Children {
    pub(super) nodes: Vec<Node>,
    /// When the run began.
    start: Instant,
    poll: Poll,
    events: Events,
    timer: Timer,
    exits: Signals,
    stops: Signals,
    scratch: Vec<u8>,
    /// Pipes that had more than their budget. Each is in here at most once.
    unfinished: Vec<Ready>,
    families: Families,
    watchdog: Option<Watchdog>,
    next_burial: Instant,
    leave_running: bool,
    stopped: bool,
}

const TIMER: Token = Token(usize::MAX - 1);
const EXITS: Token = Token(usize::MAX - 2);
const STOPS: Token = Token(usize::MAX - 3);

impl Children {
    /// An empty house for so many nodes, with the signals' doors open: no child may die unheard. Whoever watches over us in
    /// case we die, if it could be started, does so unless the nodes are to be left alone.
    pub(super) fn new(
        nodes: usize,
        leave_running: bool,
        start: Instant,
        watchdog: Option<&WatchdogCommand>,
    ) -> io::Result<(Children, io::Result<()>)> {
        make_room_for(nodes as u64)?;
        let poll = Poll::new()?;
        let run = run_name();
        let watchdog = watchdog.filter(|_| !leave_running).map(|command| Watchdog::start(command, &run));
        let (watchdog, watched) = match watchdog.transpose() {
            Ok(watchdog) => (watchdog, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let children = Children {
            nodes: Vec::new(),
            start,
            timer: Timer::new(poll.registry(), TIMER)?,
            exits: Signals::child_exits(poll.registry(), EXITS)?,
            stops: Signals::stop_requests(poll.registry(), STOPS)?,
            events: Events::with_capacity(EVENTS),
            scratch: vec![0; SCRATCH],
            unfinished: Vec::new(),
            families: Families::new(&run),
            watchdog,
            next_burial: Instant::now(),
            poll,
            leave_running,
            stopped: false,
        };
        Ok((children, watched))
    }

    /// Starts one more node, of so many.
    pub(super) fn start(
        &mut self,
        name: &str,
        binary: &NodeBinary,
        log_path: &Path,
        of: usize,
    ) -> io::Result<()> {
        let (index, log) = (self.nodes.len(), NodeLog::create(log_path, self.start, of)?);
        self.nodes.push(Node::start(name, binary, &self.families.mark(index), log)?);
        self.tell_watchdog(index, true);
        self.listen(index)
    }

    /// Starts a node that was killed again. False if the killed process is still not gone.
    pub(super) fn start_again(&mut self, index: usize, binary: &NodeBinary) -> io::Result<bool> {
        let mark = self.families.mark(index);
        self.tell_watchdog(index, false);
        let is_gone = self.nodes[index].start_again(binary, &mark, &mut self.scratch)?;
        self.tell_watchdog(index, true);
        self.listen(index)?;
        Ok(is_gone)
    }

    /// Kills a node's process and all that descends from it. Whether it was still alive nobody shall ask any more.
    pub(super) fn kill(&mut self, index: usize) {
        self.nodes[index].was_killed = true;
        self.families.signal(&self.roots(), &[index], Signal::KILL);
    }

    /// Stops a node's process and all that descends from it in their tracks, or lets them go on.
    pub(super) fn set_paused(&mut self, index: usize, paused: bool) {
        let signal = if paused { Signal::STOP } else { Signal::CONT };
        self.families.signal(&self.roots(), &[index], signal);
        self.nodes[index].paused_since = paused.then(Instant::now);
        self.nodes[index].has_escaped = false;
    }

    fn roots(&self) -> Vec<Pid> {
        self.nodes.iter().map(Node::pid).collect()
    }

    fn tell_watchdog(&mut self, index: usize, has_begun: bool) {
        let pid = self.nodes[index].pid();
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.tell(pid, has_begun);
        }
    }

    /// Adds a node's pipes to the poll; those of a process that it replaces left it when they were closed.
    fn listen(&mut self, index: usize) -> io::Result<()> {
        let (node, registry) = (&mut self.nodes[index], self.poll.registry());
        if let Some(stdin) = &mut node.stdin {
            registry.register(&mut stdin.pipe, token(Ready::Stdin(index)), Interest::WRITABLE)?;
        }
        if let Some(stdout) = &mut node.stdout {
            registry.register(&mut stdout.pipe, token(Ready::Stdout(index)), Interest::READABLE)?;
        }
        if let Some(stderr) = &mut node.stderr {
            registry.register(&mut stderr.pipe, token(Ready::Stderr(index)), Interest::READABLE)?;
        }
        Ok(())
    }

    /// Waits until something happens or the time is over, and adds what happened to `ready`.
    pub(super) fn wait(&mut self, wait: Option<Duration>, ready: &mut Vec<Ready>) -> io::Result<()> {
        let wait = if self.unfinished.is_empty() { wait } else { Some(Duration::ZERO) };
        let timeout = self.timer.arm(wait)?;
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &self.events {
            match event.token() {
                TIMER => {}
                EXITS => ready.extend(self.exits.take().then_some(Ready::Exit)),
                STOPS => ready.extend(self.stops.take().then_some(Ready::Stop)),
                token => ready.push(source(token)),
            }
        }
        for left in self.unfinished.drain(..) {
            if !ready.contains(&left) {
                ready.push(left);
            }
        }
        Ok(())
    }

    /// Reads some of a node's stdout.
    pub(super) fn read_stdout(&mut self, index: usize, mut on_line: impl FnMut(&[u8])) -> ReadState {
        let state = self.nodes[index].read_stdout(&mut self.scratch, &mut on_line);
        self.note(Ready::Stdout(index), state)
    }

    /// Reads some of a node's stderr.
    pub(super) fn read_stderr(&mut self, index: usize, mut on_line: impl FnMut(&[u8])) -> ReadState {
        let state = self.nodes[index].read_stderr(&mut self.scratch, &mut on_line);
        self.note(Ready::Stderr(index), state)
    }

    fn note(&mut self, source: Ready, state: ReadState) -> ReadState {
        if state == ReadState::More && !self.unfinished.contains(&source) {
            self.unfinished.push(source);
        }
        state
    }

    /// Reads a node's stdout later, as what it says is not wanted now.
    pub(super) fn put_off(&mut self, index: usize) {
        self.note(Ready::Stdout(index), ReadState::More);
    }

    /// The first node that has exited and was not reported yet.
    pub(super) fn next_exit(&mut self) -> Option<usize> {
        let exited = self.nodes.iter_mut().position(Node::look_for_exit);
        if exited.is_none() && Instant::now() >= self.next_burial {
            self.next_burial = Instant::now() + BURIALS;
            self.bury();
        }
        exited
    }

    /// Those whom somebody here waits for.
    fn children(&self) -> Vec<Pid> {
        let mut children = self.roots();
        children.extend(self.watchdog.as_ref().map(Watchdog::pid));
        children
    }

    fn bury(&mut self) {
        self.families.bury(&self.children());
    }

    /// Ends every process, and everything that they started: politely at first, and at once if somebody asks for that again.
    /// Returns what there is to say about nodes that did not go by themselves.
    pub(super) fn stop(&mut self) -> Vec<String> {
        // A second kill could hit strangers: once reaped, the numbers are free for others.
        if std::mem::replace(&mut self.stopped, true) || self.leave_running {
            return Vec::new();
        }
        let all: Vec<usize> = (0..self.nodes.len()).collect();
        let roots = self.roots();
        for node in &mut self.nodes {
            node.look_for_exit();
            node.was_killed = true;
            node.stdin = None;
        }
        self.families.signal(&roots, &all, Signal::CONT);
        let mut left = self.await_ends(&roots, GRACE_AT_END_OF_INPUT);
        if left == Alive::Some {
            self.families.signal(&roots, &all, Signal::TERM);
            left = self.await_ends(&roots, GRACE_AT_TERM);
        }
        let mut remarks = Vec::new();
        if left != Alive::Nobody {
            for (index, node) in self.nodes.iter().enumerate() {
                let others = self.families.others(&roots, index);
                if !others.is_empty() {
                    remarks.push(format!(
                        "node {} left processes behind, now killed: {}",
                        node.name,
                        others.join(", ")
                    ));
                }
            }
        }
        self.families.signal(&roots, &all, Signal::KILL);
        let killed_at = Instant::now();
        for node in &mut self.nodes {
            if !node.reap(&mut self.scratch, killed_at) {
                remarks.push(format!("node {} is still there 5 s after it was killed", node.name));
            }
        }
        self.families.kill_orphans(&self.children());
        self.bury();
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        remarks
    }

    /// Waits until every process of every node is over, or the time is, or somebody has no patience.
    fn await_ends(&mut self, roots: &[Pid], grace: Duration) -> Alive {
        let end = Instant::now() + grace;
        loop {
            self.nodes.iter_mut().for_each(|node| node.drain(&mut self.scratch));
            // Those below them are looked for only when the nodes themselves are gone: that is more work.
            if self.nodes.iter().all(Node::is_over) && !self.families.are_others_left(roots) {
                return Alive::Nobody;
            }
            if self.stops.take() {
                return Alive::ToBeKilled;
            }
            if Instant::now() >= end {
                return Alive::Some;
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Who is left after some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alive {
    Nobody,
    Some,
    /// Nobody is to be waited for.
    ToBeKilled,
}

/// A name that no other run on this machine has.
fn run_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", std::process::id(), now.as_nanos())
}

/// Raises the limit of open files, if it is too low for so many nodes. (Nodes inherit what is raised, so no more than that.)
fn make_room_for(nodes: u64) -> io::Result<()> {
    let needed = nodes * DESCRIPTORS_PER_NODE + OWN_DESCRIPTORS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|limit| limit >= needed) {
        return Ok(());
    }
    if maximum.is_some_and(|limit| limit < needed) {
        let limit = maximum.unwrap_or_default();
        let why = format!(
            "{nodes} nodes need {needed} open files, and {limit} are allowed: raise that with ulimit -Hn"
        );
        return Err(io::Error::other(why));
    }
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })?)
}

impl Drop for Children {
    /// However a run ends, it leaves no processes behind.
    fn drop(&mut self) {
        self.stop();
    }
}

fn token(source: Ready) -> Token {
    match source {
        Ready::Stdin(node) => Token(node * 3),
        Ready::Stdout(node) => Token(node * 3 + 1),
        Ready::Stderr(node) => Token(node * 3 + 2),
        Ready::Exit => EXITS,
        Ready::Stop => STOPS,
    }
}

fn source(token: Token) -> Ready {
    let node = token.0 / 3;
    match token.0 % 3 {
        0 => Ready::Stdin(node),
        1 => Ready::Stdout(node),
        _ => Ready::Stderr(node),
    }
}
