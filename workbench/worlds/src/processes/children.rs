//! All nodes of a run, in one poll.

use super::binary::NodeBinary;
use super::node::Node;
use super::pipes::ReadState;
use super::signals::Signals;
use super::timer::Timer;
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Read buffer, shared by all pipes.
const SCRATCH: usize = 64 << 10;
/// News taken from the system at a time.
const EVENTS: usize = 256;

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
    leave_running: bool,
    stopped: bool,
}

const TIMER: Token = Token(usize::MAX - 1);
const EXITS: Token = Token(usize::MAX - 2);
const STOPS: Token = Token(usize::MAX - 3);

impl Children {
    /// An empty house, with the signals' doors open: no child may die unheard.
    pub(super) fn new(leave_running: bool, start: Instant) -> io::Result<Children> {
        let poll = Poll::new()?;
        Ok(Children {
            nodes: Vec::new(),
            start,
            timer: Timer::new(poll.registry(), TIMER)?,
            exits: Signals::child_exits(poll.registry(), EXITS)?,
            stops: Signals::stop_requests(poll.registry(), STOPS)?,
            events: Events::with_capacity(EVENTS),
            scratch: vec![0; SCRATCH],
            unfinished: Vec::new(),
            poll,
            leave_running,
            stopped: false,
        })
    }

    /// Starts one more node.
    pub(super) fn start(&mut self, name: &str, binary: &NodeBinary, log_path: &Path) -> io::Result<()> {
        self.nodes.push(Node::start(name, binary, log_path, self.start)?);
        self.listen(self.nodes.len() - 1)
    }

    /// Starts a node that was killed again. False if the killed process is still not gone.
    pub(super) fn start_again(&mut self, index: usize, binary: &NodeBinary) -> io::Result<bool> {
        let is_gone = self.nodes[index].start_again(binary, &mut self.scratch)?;
        self.listen(index)?;
        Ok(is_gone)
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

    /// The first node that has exited and was not reported yet.
    pub(super) fn next_exit(&mut self) -> Option<usize> {
        self.nodes.iter_mut().position(Node::look_for_exit)
    }

    /// Ends every process, and everything that they started. Returns the nodes that would not go.
    pub(super) fn stop(&mut self) -> Vec<String> {
        // A second kill could hit strangers: once reaped, the numbers are free for others.
        if std::mem::replace(&mut self.stopped, true) || self.leave_running {
            return Vec::new();
        }
        for node in &mut self.nodes {
            node.look_for_exit();
        }
        for node in &mut self.nodes {
            node.kill();
        }
        let killed_at = Instant::now();
        let mut left = Vec::new();
        for node in &mut self.nodes {
            if !node.reap(&mut self.scratch, killed_at) {
                left.push(node.name.clone());
            }
        }
        left
    }
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
