//! The journal: every message that entered the network, was delivered, or was dropped, and the sums over them (Maelstrom
//! behaviour §10.5).

use super::body::{Bodies, Body};
use machines::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What entries and their bodies may take in memory, and about what they take on disk: nodes that flood the network must
/// fill neither. What comes later is counted and not kept.
pub const MAX_BYTES: usize = 1 << 30;

/// The events of a run's network, in the order in which they happened, and their statistics.
///
/// It keeps up to [`MAX_BYTES`] of entries; by default, and in a run that only needs the sums, none.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The events.
    pub entries: Vec<Entry>,
    /// The sums; kept whether or not entries are.
    pub statistics: Statistics,
    /// Bytes that entries may yet take.
    room: usize,
    bodies: Bodies,
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
    pub body: Body,
}

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    /// Events of all kinds: each was counted once.
    fn events(&self) -> u64 {
        let Count { sent, received } = self.all();
        [received, self.cut, self.lost].into_iter().fold(sent, u64::saturating_add)
    }
}

impl Journal {
    /// A body for an entry of a message that was sent, in little room.
    pub fn body(&mut self, id: u64, src: &Arc<str>, text: &Arc<str>) -> Body {
        let body = self.bodies.sent(id, src, text);
        self.bodies.ended(id, text);
        body
    }

    /// An empty journal that keeps its entries.
    pub fn new() -> Journal {
        Journal { room: MAX_BYTES, ..Journal::default() }
    }

    /// The sums over entries that are elsewhere.
    pub fn of_sums(statistics: Statistics) -> Journal {
        Journal { statistics, ..Journal::default() }
    }

    /// Keeps no entries from now on, only sums.
    pub fn keep_statistics_only(&mut self) {
        self.room = 0;
    }

    /// Events that were counted and not kept.
    pub fn left_out(&self) -> usize {
        let events = usize::try_from(self.statistics.events()).unwrap_or(usize::MAX);
        events.saturating_sub(self.entries.len())
    }

    pub(super) fn record(
        &mut self,
        event: Event,
        touches_client: bool,
        bytes: usize,
        entry: impl FnOnce(&mut Bodies) -> Entry,
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
        if self.room > 0 {
            let entry = entry(&mut self.bodies);
            self.keep(entry);
        }
    }

    /// Keeps an entry without counting it, and says whether there was room. After the first for which there is none, no
    /// other is kept: what is there is all that happened until then.
    pub fn keep(&mut self, entry: Entry) -> bool {
        // Only the first entry of a message has its body to itself.
        let body = if entry.event == Event::Send { entry.body.size() } else { 0 };
        let room = self.room.checked_sub(size_of::<Entry>() + body);
        self.room = room.unwrap_or(0);
        if room.is_some() {
            self.entries.push(entry);
        }
        room.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(journal: &mut Journal, body: &str) {
        let (name, body): (Arc<str>, Body) = ("n0".into(), body.into());
        let (src, dest) = (name.clone(), name);
        let entry = |_: &mut Bodies| Entry { time: Time::ZERO, event: Event::Send, id: 0, src, dest, body };
        journal.record(Event::Send, false, 0, entry);
    }

    #[test]
    fn a_journal_that_is_full_keeps_what_it_has_and_counts_on() {
        let mut journal = Journal { room: 2 * size_of::<Entry>() + 4, ..Journal::default() };
        record(&mut journal, "{  }");
        record(&mut journal, "{ }");
        record(&mut journal, "");
        assert_eq!((journal.entries.len(), journal.left_out()), (1, 2), "the last would have fitted");
    }

    #[test]
    fn a_journal_of_sums_has_left_out_everything() {
        let mut journal = Journal::new();
        journal.keep_statistics_only();
        record(&mut journal, "{}");
        assert_eq!((journal.entries.len(), journal.left_out()), (0, 1));
    }
}
