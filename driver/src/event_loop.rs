//! One `mio::Poll` over stdin, stdout and the node's next deadline.
//!
//! Each turn lets the node take the lines that are there and whatever is due, writes all that it said with one call,
//! and then reads more or, if there is nothing to read, waits. So under load there is one read and one write for as many
//! messages as a pipe holds, and a single message is answered before anything else is asked of the system.
//!
//! If the node has a memory, there is one write to its journal and one sync before that write. A sync costs as much as hundreds of
//! messages, so such a turn goes on for as long as there is more to read, within bounds.
//!
//! Time is nanoseconds since the start of the process. mio rounds timeouts up to whole milliseconds, so that it is never
//! woken just before a deadline only to wait again.

use std::fmt::{self, Display};
use std::io;
use std::time::Instant;

use machines::{Machine, Node, Time};
use mio::{Events, Interest, Poll, Token};

use crate::lines::{Line, Lines, MAX_LINE};
use crate::memory::{self, Memory};
use crate::outgoing::{MAX_UNSENT, MAX_UNSENT_SYNCED, Outgoing};
use crate::standard_streams::{Diagnostics, Stream};

/// Why a node ends before its input does.
#[derive(Debug)]
pub(crate) enum Failure {
    /// stdin or stdout fails.
    Stream(io::Error),
    /// What it must not forget cannot be read or kept.
    Memory(memory::Failure),
}

/// A node on stdin and stdout.
#[derive(Debug)]
pub(crate) struct EventLoop<M: Machine> {
    node: Node<M>,
    memory: Option<Memory>,
    diagnostics: Diagnostics,
    start: Instant,
    poll: Poll,
    events: Events,
    input: Stream,
    lines: Lines,
    /// How much has been read since what the node must not forget was last kept.
    batch_bytes: usize,
    /// Regular files are always ready; they are not registered.
    is_input_registered: bool,
    /// Whether a read may find something: since the last event none has failed.
    is_readable: bool,
    output: Stream,
    outgoing: Outgoing,
    /// From a short write on until everything is written.
    is_output_registered: bool,
    /// Whether a write may find room: since the last event none was short.
    is_writable: bool,
}

impl<M: Machine> EventLoop<M> {
    /// Gets hold of stdin and stdout.
    pub(crate) fn new(
        node: Node<M>,
        memory: Option<Memory>,
        diagnostics: Diagnostics,
        start: Instant,
    ) -> io::Result<Self> {
        let max_unsent = if memory.is_some() { MAX_UNSENT_SYNCED } else { MAX_UNSENT };
        let poll = Poll::new()?;
        let input = Stream::input()?;
        let is_input_registered = input.register(poll.registry(), INPUT, Interest::READABLE)?;
        Ok(EventLoop {
            node,
            memory,
            diagnostics,
            start,
            poll,
            events: Events::with_capacity(4),
            input,
            lines: Lines::new(MAX_LINE),
            batch_bytes: 0,
            is_input_registered,
            is_readable: true,
            output: Stream::output()?,
            outgoing: Outgoing::new(max_unsent),
            is_output_registered: false,
            is_writable: true,
        })
    }

    /// Serves until the end of input. Everything that came before it is answered and written; calls in flight and
    /// deadlines are not waited for.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        loop {
            let is_drained = self.step()?;
            if self.memory.is_some() {
                if is_drained && self.reads_on()? {
                    continue;
                }
                self.keep()?;
            }
            self.write()?;
            if self.outgoing.is_full() {
                self.wait()?;
            } else if !is_drained {
                continue;
            } else if !self.lines.is_ended() && self.is_readable {
                self.read()?;
            } else if self.lines.is_ended() && self.outgoing.unsent() == 0 {
                return Ok(());
            } else {
                self.wait()?;
            }
        }
    }

    /// Gives the node the lines that are there and then, if it is time, its turn. False: there may be more of them, but
    /// there is too much to write already.
    fn step(&mut self) -> Result<bool, Failure> {
        let now = self.now();
        while !self.outgoing.is_full() {
            match self.lines.take() {
                Some(Line::Whole(line)) => {
                    if let Err(problem) = self.node.on_line(now, line, self.outgoing.outputs()) {
                        self.diagnostics.complain(problem, line);
                    }
                    if self.node.awaits_journal().is_some() {
                        self.open_memory(now)?;
                    }
                }
                Some(Line::TooLong) => {
                    self.diagnostics.say(format_args!("ignored a line of more than {MAX_LINE} bytes"));
                }
                None => {
                    if !self.lines.is_ended() && self.node.deadline().is_some_and(|deadline| deadline <= now)
                    {
                        self.node.on_wake(now, self.outgoing.outputs());
                    }
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Reads more for the batch, if it has something to keep and may grow, and there is more.
    fn reads_on(&mut self) -> Result<bool, Failure> {
        let may_grow = self.batch_bytes < MAX_BATCH && !self.outgoing.is_full() && !self.lines.is_ended();
        if may_grow && self.is_readable && self.outgoing.unsent() > 0 {
            let before = self.batch_bytes;
            self.read()?;
            return Ok(self.batch_bytes > before);
        }
        Ok(false)
    }

    /// Records before lines: makes durable what the node must not forget, and only then may it be heard.
    fn keep(&mut self) -> Result<(), Failure> {
        self.batch_bytes = 0;
        if let Some(memory) = &mut self.memory {
            memory.keep(&mut self.node)?;
        }
        Ok(())
    }

    fn open_memory(&mut self, now: Time) -> Result<(), Failure> {
        let memory = self.memory.as_mut().expect("a node waits for a journal only if it was given a memory");
        memory.open(&mut self.node, now, self.outgoing.outputs(), &mut self.diagnostics)?;
        self.input.widen();
        Ok(())
    }

    /// Writes what the node said. Afterwards there is nothing left, or stdout has been asked to tell when it is writable.
    fn write(&mut self) -> io::Result<()> {
        while self.is_writable && self.outgoing.unsent() > 0 {
            match self.output.write(&self.outgoing.slices()) {
                Ok(0) => return Err(named("stdout", io::ErrorKind::WriteZero.into())),
                Ok(length) => self.outgoing.written(length),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.outgoing.written(0),
                Err(error) => return Err(named("stdout", error)),
            }
            if self.outgoing.unsent() > 0 {
                self.await_writable()?;
            }
        }
        if self.is_output_registered && self.outgoing.unsent() == 0 {
            self.output.deregister(self.poll.registry())?;
            self.is_output_registered = false;
        }
        Ok(())
    }

    /// A stream that cannot be waited for, being a file, is writable still.
    fn await_writable(&mut self) -> io::Result<()> {
        self.output.widen();
        if !self.is_output_registered {
            self.is_output_registered =
                self.output.register(self.poll.registry(), OUTPUT, Interest::WRITABLE)?;
        }
        self.is_writable = !self.is_output_registered;
        Ok(())
    }

    fn read(&mut self) -> io::Result<()> {
        match self.input.read(self.lines.space()) {
            Ok(0) => self.lines.end(),
            Ok(length) => {
                self.lines.put(length);
                self.batch_bytes += length;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.is_readable = !self.is_input_registered
            }
            Err(error) => return Err(named("stdin", error)),
        }
        Ok(())
    }

    /// Sleeps until something happens that the node can make use of.
    fn wait(&mut self) -> io::Result<()> {
        let is_deaf = self.lines.is_ended() || self.outgoing.is_full();
        let deadline = if is_deaf { None } else { self.node.deadline() };
        let timeout = deadline.map(|deadline| deadline.since(self.now()));
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            outcome => outcome?,
        }
        for event in &self.events {
            match event.token() {
                INPUT => self.is_readable = true,
                _ => self.is_writable = true,
            }
        }
        // Before the node takes its turn: what it waits for may have come while the process stood still.
        if self.is_readable && !is_deaf {
            self.read()?;
        }
        Ok(())
    }

    /// Nanoseconds since the start; 584 years of them fit.
    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }
}

/// With so much read, what the node must not forget is kept, even if there is more.
const MAX_BATCH: usize = 4 << 20;

const INPUT: Token = Token(0);
const OUTPUT: Token = Token(1);

impl Failure {
    /// The exit status that tells of it.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Failure::Stream(_) => 1,
            Failure::Memory(failure) => failure.status(),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Stream(error) => error.fmt(f),
            Failure::Memory(failure) => failure.fmt(f),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Stream(error)
    }
}

impl From<memory::Failure> for Failure {
    fn from(failure: memory::Failure) -> Self {
        Failure::Memory(failure)
    }
}

/// Says of which stream an error speaks.
fn named(stream: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{stream}: {error}"))
}
