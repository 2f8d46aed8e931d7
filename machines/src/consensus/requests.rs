//! What a node's own clients want, from when they ask until they are answered.
//!
//! *Commands* change the state, so they go through the log, numbered in the node's session; *queries* only look, and need
//! a read index. A command without a number has been told to nobody: refusing it is definite. One with a number may be in some
//! log, so it is kept, and made again at each new leader, until it has been applied, whether or not its client still waits.

use alloc::collections::VecDeque;
use alloc::string::String;
use core::time::Duration;

use protocol::consensus::Request;
use protocol::{Json, List};

use crate::{Ticket, Time};

/// So many commands, and so many queries, may wait at a node.
pub(super) const MAX_WAITING: usize = 10_000;

/// So many bytes of them, too.
pub(super) const MAX_WAITING_BYTES: usize = 32 << 20;

/// Clients of `lin-kv` wait for a second. Who has nobody to ask says so a little before.
const PATIENCE: Duration = Duration::from_millis(900);

/// A message has room for requests of so many bytes, and for one of any length.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Clients' commands and queries.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    /// What opens a session for this life of this node: the number, and the command.
    opening: (u64, String),
    commands: VecDeque<Waiting>,
    /// The number in the session that the first of them has or will have.
    first: u64,
    /// How many of them have numbers.
    numbered: usize,
    /// How many of them the leader is known to have.
    taken: usize,
    /// Whether the leader is known to have been asked for a session.
    is_opening: bool,
    queries: VecDeque<(u64, Waiting)>,
    /// The number of the last read that a leader was asked for.
    read: u64,
    bytes: usize,
}

/// A client that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) ticket: Ticket,
    pub(super) text: String,
    since: Time,
}

/// What of a node's requests a message to the leader has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    commands: u64,
    opens: bool,
    pub(super) read: u64,
}

impl Requests {
    /// Nobody wants anything yet, in this life of the node at this position.
    pub(super) fn new(node: usize, life: u64) -> Requests {
        Requests {
            opening: (node as u64 + 1, alloc::format!("{life}")),
            commands: VecDeque::new(),
            first: 1,
            numbered: 0,
            taken: 0,
            is_opening: false,
            queries: VecDeque::new(),
            read: 0,
            bytes: 0,
        }
    }

    /// The request that opens a session.
    pub(super) fn opening(&self) -> Request<'_> {
        (0, self.opening.0, Json::trusted(&self.opening.1))
    }

    /// Takes a command or a query; gives the ticket back if there are too many.
    pub(super) fn take(
        &mut self,
        is_query: bool,
        ticket: Ticket,
        text: &str,
        now: Time,
    ) -> Result<(), Ticket> {
        let count = if is_query { self.queries.len() } else { self.commands.len() };
        if count >= MAX_WAITING || self.bytes > MAX_WAITING_BYTES {
            return Err(ticket);
        }
        self.bytes += text.len();
        let waiting = Waiting { ticket, text: text.into(), since: now };
        match is_query {
            true => self.queries.push_back((self.read + 1, waiting)),
            false => self.commands.push_back(waiting),
        }
        Ok(())
    }

    /// There is a new session: commands are numbered anew, from one.
    pub(super) fn open(&mut self) {
        (self.first, self.numbered) = (1, 0);
        self.forget_leader();
    }

    /// Whoever was told of commands may not have them any more.
    pub(super) fn forget_leader(&mut self) {
        (self.taken, self.is_opening) = (0, false);
    }

    /// The command of this number has been carried out. Those before it have been too, where nobody saw it.
    pub(super) fn applied(&mut self, number: u64) -> Option<Waiting> {
        let done = (number + 1).saturating_sub(self.first).min(self.commands.len() as u64) as usize;
        self.first = self.first.max(number + 1);
        self.numbered = self.numbered.saturating_sub(done);
        self.taken = self.taken.saturating_sub(done);
        let bytes = &mut self.bytes;
        self.commands.drain(..done).inspect(|waiting| *bytes -= waiting.text.len()).last()
    }

    /// Numbers and returns commands from this number on.
    pub(super) fn commands_from(&mut self, number: u64) -> impl Iterator<Item = (u64, Json<'_>)> {
        self.numbered = self.commands.len();
        let skipped = (number - self.first) as usize;
        (number..).zip(self.commands.iter().skip(skipped).map(|waiting| Json::trusted(&waiting.text)))
    }

    /// Whether there is anything that the leader has not been told, or that it has not been told for certain.
    pub(super) fn is_untold(&self, has_session: bool) -> bool {
        let commands = if has_session { self.taken < self.commands.len() } else { !self.is_opening };
        commands || self.queries.iter().any(|(read, _)| *read > self.read)
    }

    /// How many clients want something that the leader has not been told.
    pub(super) fn untold(&self) -> usize {
        let queries = self.queries.iter().rev().take_while(|(read, _)| *read > self.read).count();
        self.commands.len() - self.taken + queries
    }

    /// What the leader should be told, and a note of what that is.
    pub(super) fn tell(&mut self, session: u64) -> (List<Request<'_>>, Told) {
        self.ask_read();
        let read = self.read;
        if session == 0 {
            let opens = !self.is_opening;
            let requests = opens.then(|| self.opening()).into_iter().collect();
            return (requests, Told { commands: 0, opens, read });
        }
        let mut room = MAX_MESSAGE_BYTES;
        let fits = |waiting: &&Waiting| {
            let fits = room > 0;
            room = room.saturating_sub(waiting.text.len());
            fits
        };
        let (taken, first) = (self.taken, self.first);
        let count = self.commands.iter().skip(taken).take_while(fits).count();
        self.numbered = self.numbered.max(taken + count);
        let told = self.commands.iter().skip(taken).take(count);
        let numbers = first + taken as u64..;
        let requests =
            numbers.zip(told).map(|(number, waiting)| (session, number, Json::trusted(&waiting.text)));
        (requests.collect(), Told { commands: first + (taken + count) as u64, opens: false, read })
    }

    /// The leader has got that.
    pub(super) fn told(&mut self, told: Told) {
        let commands = told.commands.saturating_sub(self.first) as usize;
        self.taken = self.taken.max(commands.min(self.numbered));
        self.is_opening |= told.opens;
    }

    /// Makes the queries that have come wait for one more read, which is then the last asked for; its number.
    pub(super) fn ask_read(&mut self) -> u64 {
        if self.queries.back().is_some_and(|(read, _)| *read > self.read) {
            self.read += 1;
        }
        self.read
    }

    /// The number of the last read that is still waited for.
    pub(super) fn read(&self) -> Option<u64> {
        self.queries.iter().map(|(read, _)| *read).rfind(|read| *read <= self.read)
    }

    /// A query that waited for this read or an earlier one.
    pub(super) fn answer(&mut self, read: u64) -> Option<Waiting> {
        let (_, waiting) = self.queries.pop_front_if(|(waits_for, _)| *waits_for <= read)?;
        self.bytes -= waiting.text.len();
        Some(waiting)
    }

    /// A request that has waited too long and surely does nothing.
    pub(super) fn expire(&mut self, now: Time) -> Option<Ticket> {
        let is_late = |waiting: &Waiting| waiting.since + PATIENCE <= now;
        let waiting = match self.queries.pop_front_if(|(_, waiting)| is_late(waiting)) {
            Some((_, waiting)) => waiting,
            None if self.commands.get(self.numbered).is_some_and(is_late) => {
                self.commands.remove(self.numbered).expect("it is there")
            }
            None => return None,
        };
        self.bytes -= waiting.text.len();
        Some(waiting.ticket)
    }

    /// When there is one.
    pub(super) fn deadline(&self) -> Option<Time> {
        let query = self.queries.front().map(|(_, waiting)| waiting);
        let command = self.commands.get(self.numbered);
        query.into_iter().chain(command).map(|waiting| waiting.since + PATIENCE).min()
    }
}
