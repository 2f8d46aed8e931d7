//! The journal: every message that entered the network, was delivered, or was dropped, and the sums over them (Maelstrom
//! behaviour §10.5).

use machines::Time;
use std::sync::Arc;

/// The events of a run's network, in the order in which they happened, and their statistics.
///
/// It grows with the number of messages of the run, which the run's rate and time limit bound; a run that only needs the
/// sums keeps none of the entries.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The events.
    pub entries: Vec<Entry>,
    /// The sums; kept whether or not entries are.
    pub statistics: Statistics,
    keeps_entries: bool,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, since the run began.
    pub time: Time,
    /// What happened.
    pub event: Event,
    /// The message's network-wide number. Copies of a message share it.
    pub id: u64,
    /// Who sent it.
    pub src: Arc<str>,
    /// Who it is for.
    pub dest: Arc<str>,
    /// Its body, as JSON text.
    pub body: Arc<str>,
}

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// It entered the network.
    Send,
    /// It was delivered.
    Receive,
    /// It was dropped at its recipient's door, because the link was cut.
    Cut,
    /// It vanished, as [`Faults::loss`](super::Faults::loss) asks.
    Lost,
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Messages with a client at either end.
    pub clients: Count,
    /// All others: between nodes, to and from services, to oneself.
    pub servers: Count,
    /// Bytes of the bodies that those others were sent with.
    pub server_bytes: u64,
    /// Messages dropped by a cut link.
    pub cut: u64,
    /// Messages lost at random.
    pub lost: u64,
    /// Messages that were delivered, or at least sent on, twice.
    pub duplicated: u64,
    /// Messages that were held up, and may have been overtaken.
    pub delayed: u64,
}

/// Sends and receives of one class of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages that entered the network.
    pub sent: u64,
    /// Messages that were delivered.
    pub received: u64,
}

impl Count {
    /// Distinct messages among the events. Each has its own send, so this is the number of sends.
    pub fn messages(&self) -> u64 {
        self.sent
    }
}

impl Statistics {
    /// Messages of both classes.
    pub fn all(&self) -> Count {
        Count {
            sent: self.clients.sent + self.servers.sent,
            received: self.clients.received + self.servers.received,
        }
    }
}

impl Journal {
    /// An empty journal that keeps its entries.
    pub fn new() -> Journal {
        Journal { keeps_entries: true, ..Journal::default() }
    }

    /// Keeps no entries from now on, only sums.
    pub fn keep_statistics_only(&mut self) {
        self.keeps_entries = false;
    }

    pub(super) fn record(
        &mut self,
        event: Event,
        touches_client: bool,
        bytes: usize,
        entry: impl FnOnce() -> Entry,
    ) {
        if event == Event::Send && !touches_client {
            self.statistics.server_bytes += bytes as u64;
        }
        let class = if touches_client { &mut self.statistics.clients } else { &mut self.statistics.servers };
        match event {
            Event::Send => class.sent += 1,
            Event::Receive => class.received += 1,
            Event::Cut => self.statistics.cut += 1,
            Event::Lost => self.statistics.lost += 1,
        }
        if self.keeps_entries {
            self.entries.push(entry());
        }
    }
}
