//! What is left when a run is over, and what can be seen of it meanwhile.

use crate::network::{Count, Journal};
use crate::options::Options;
use judge::{History, MessageCounts, NetStats, Patience, Results};
use machines::Time;
use std::sync::Arc;
use std::time::Duration;

/// What a run leaves behind.
#[derive(Debug)]
pub struct Record {
    /// What was asked for.
    pub options: Options,
    /// What clients and the nemesis did.
    pub history: History,
    /// What happened on the network. Its times count from the beginning of the run, before `init`.
    pub journal: Journal,
    /// The moment, since the beginning of the run, from which the history's times count: all nodes have started. None
    /// if it never came.
    pub start: Option<Time>,
    /// How long the run took in all.
    pub duration: Duration,
    /// What became of each node.
    pub nodes: Vec<NodeRecord>,
    /// How often the nemesis had all of them dead at a time.
    pub extinctions: u64,
    /// Why the run broke off, if it did. There is no verdict then.
    pub crash: Option<Crash>,
    /// Whether somebody interrupted it.
    pub interrupted: bool,
}

/// Something that a node said on stderr, or that it would say of itself if it were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The node, by its position.
    pub node: usize,
    /// When, since the run began.
    pub time: Time,
    /// What.
    pub text: Arc<str>,
}

impl Record {
    /// Whether it came to its end, so that there is something to judge.
    pub fn came_to_an_end(&self) -> bool {
        self.crash.is_none() && !self.interrupted
    }

    /// How many messages were sent.
    pub fn messages(&self) -> usize {
        usize::try_from(self.journal.statistics.all().messages()).unwrap_or(usize::MAX)
    }

    /// The verdict on what happened, whatever the record says of how it ended.
    pub fn judge(&self) -> Results {
        self.judge_within(Patience::default())
    }

    /// The same, unless that takes longer than somebody is willing to wait.
    pub fn judge_within(&self, patience: Patience<'_>) -> Results {
        judge::analyze_within(patience, &self.options.demands(), &self.history, &self.net_stats())
    }

    /// The counts of messages, as checkers want them.
    pub fn net_stats(&self) -> NetStats {
        let counts = |count: Count| {
            let [send, recv, msg] =
                [count.sent, count.received, count.messages()].map(|count| count as usize);
            MessageCounts { send, recv, msg }
        };
        let statistics = self.journal.statistics;
        let (all, clients) = (counts(statistics.all()), counts(statistics.clients));
        NetStats { all, clients, servers: counts(statistics.servers) }
    }
}

/// What became of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeRecord {
    /// Its name.
    pub name: String,
    /// Lines that it wrote to its stdout, up to and including the bad one, if any.
    pub lines: u64,
    /// The line after which nothing that the node wrote was read.
    pub muted: Option<Muted>,
    /// What else it did that was passed over, a kind each, in the order of [`Slip::ALL`].
    pub oddities: Vec<Oddity>,
    /// Answers of `seq-kv` to it that came from an old state, where the newest would have given another.
    pub stale_answers: u64,
    /// Messages that were thrown away because it did not read.
    pub unread: u64,
    /// Messages that still waited for it to read at the end.
    pub backlog: u64,
    /// What it wrote last and never ended with a newline.
    pub unfinished: Option<String>,
    /// Its stdout was closed.
    pub stdout_closed: bool,
    /// How often the nemesis killed it.
    pub kills: u64,
    /// How often the nemesis paused it.
    pub pauses: u64,
    /// It ended by itself, with this status.
    pub exited: Option<String>,
    /// What befell its disk, in virtual time.
    pub disk: DiskRecord,
}

/// What befell the simulated disk of a node. The world that has the disk fills it in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskRecord {
    /// Crashes after which something that was not synced was gone.
    pub unsynced_lost: u64,
    /// Crashes after which it was there in part, or with holes.
    pub torn: u64,
    /// Checkpoints that took the journal's place.
    pub checkpoints: u64,
    /// Crashes in the middle of one.
    pub checkpoints_cut_short: u64,
    /// Writes that found the disk full.
    pub full: u64,
}

impl NodeRecord {
    /// A node that has done nothing yet.
    pub(super) fn new(name: &str) -> NodeRecord {
        NodeRecord { name: name.into(), ..NodeRecord::default() }
    }

    /// One more slip of this kind. Only the first is described.
    pub(super) fn note(&mut self, slip: Slip, time: Time, example: impl FnOnce() -> String) {
        match self.oddities.binary_search_by_key(&slip, |oddity| oddity.slip) {
            Ok(place) => self.oddities[place].count += 1,
            Err(place) => self.oddities.insert(place, Oddity { slip, count: 1, time, example: example() }),
        }
    }

    /// It slipped so often in this way.
    pub(super) fn note_many(&mut self, slip: Slip, count: u64, time: Time, example: &str) {
        if count > 0 {
            self.note(slip, time, || example.to_owned());
            self.oddities
                .iter_mut()
                .filter(|oddity| oddity.slip == slip)
                .for_each(|oddity| oddity.count = count);
        }
    }

    /// How often it slipped in this way.
    pub fn count(&self, slip: Slip) -> u64 {
        self.oddities.iter().find(|oddity| oddity.slip == slip).map_or(0, |oddity| oddity.count)
    }
}

/// Something that a node did and the run passed over, as Maelstrom does without a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// What kind.
    pub slip: Slip,
    /// How often.
    pub count: u64,
    /// When first, since the beginning of the run.
    pub time: Time,
    /// The first, for people: what was written, and what was waited for.
    pub example: String,
}

/// What a node can do wrong without being silenced for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slip {
    /// An answer whose client had given up.
    Late,
    /// One more answer to a request that was answered.
    Repeated,
    /// A message to a client that answers nothing: it has no `in_reply_to`.
    NoReplyTo,
    /// `in_reply_to` is no integer.
    OddReplyTo,
    /// `in_reply_to` is the number of no request of that client's.
    UnknownReplyTo,
    /// An answer that is not what was asked for.
    Malformed,
    /// Something behind the message on its line.
    TextAfter,
    /// A request to a service that the service does not know, and so does not answer.
    Unserved,
    /// A message to a client that cannot be read: nested too deeply, mostly.
    Unreadable,
    /// A message to a client that had asked nothing. So many of these came that it was not kept.
    Unheard,
    /// So much of what it had sent was on its way that it had to wait.
    HadToWait,
    /// It spoke while it was paused, so that the pause does not count.
    SpokeInPause,
}

impl Slip {
    /// All kinds.
    pub const ALL: [Slip; 12] = [
        Slip::Late,
        Slip::Repeated,
        Slip::NoReplyTo,
        Slip::OddReplyTo,
        Slip::UnknownReplyTo,
        Slip::Malformed,
        Slip::TextAfter,
        Slip::Unserved,
        Slip::Unreadable,
        Slip::Unheard,
        Slip::HadToWait,
        Slip::SpokeInPause,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Slip::Late => "late-answer",
            Slip::Repeated => "repeated-answer",
            Slip::NoReplyTo => "no-in-reply-to",
            Slip::OddReplyTo => "odd-in-reply-to",
            Slip::UnknownReplyTo => "unknown-in-reply-to",
            Slip::Malformed => "malformed-answer",
            Slip::TextAfter => "text-after-message",
            Slip::Unserved => "unknown-request-to-service",
            Slip::Unreadable => "unreadable-message",
            Slip::Unheard => "unheard-message",
            Slip::HadToWait => "had-to-wait",
            Slip::SpokeInPause => "spoke-in-pause",
        }
    }
}

/// A line that is no message (§3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Muted {
    /// When, since the beginning of the run.
    pub time: Time,
    /// Its number among the node's lines, from 1.
    pub line_number: u64,
    /// The line, cut to a length that people read.
    pub line: String,
    /// What is wrong with it, in words.
    pub reason: String,
}

/// Why a run broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// The node to blame, if it is one.
    pub node: Option<usize>,
    /// What happened, for people.
    pub reason: String,
    /// What nodes that may be to blame said last, in lines for people, if they are processes.
    pub last_words: Option<String>,
}

impl Crash {
    /// A node, if it is one, and what happened.
    pub fn new(node: Option<usize>, reason: impl Into<String>) -> Crash {
        Crash { node, reason: reason.into(), last_words: None }
    }
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// How much of the main phase, or of the pause to recover, is left.
    pub remaining: Option<Duration>,
    /// How long the main phase or the pause takes in all.
    pub total: Option<Duration>,
    /// Operations that clients began.
    pub invoked: u64,
    /// Operations that happened.
    pub ok: u64,
    /// Operations that did not.
    pub failed: u64,
    /// Operations nobody knows about.
    pub unknown: u64,
    /// The partition in force.
    pub partition: Option<&'static str>,
    /// Nodes that are paused.
    pub paused: usize,
    /// Nodes that are down.
    pub down: usize,
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nodes are told their names.
    Starting,
    /// The workload prepares them.
    SettingUp,
    /// Clients work.
    Running,
    /// Nothing new begins; what has begun ends.
    Finishing,
    /// The network is healed, and nodes have time to recover.
    Recovering,
    /// Clients do their last operations.
    Concluding,
    /// Over.
    Done,
}

/// A line for the main log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How bad it is.
    pub level: Level,
    /// Who says it, as Maelstrom names its threads.
    pub thread: String,
    /// What.
    pub message: String,
}

/// How bad a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is wrong, perhaps.
    Warn,
    /// The run cannot go on.
    Fatal,
}

/// What a run asks of its world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this line, with its newline, to the node's stdin.
    Deliver {
        /// The node's position.
        node: usize,
        /// The line.
        line: Vec<u8>,
    },
    /// Kill the node's process (`SIGKILL`), and all that it started.
    Kill {
        /// The node's position.
        node: usize,
    },
    /// Start a new process in place of the one that was killed.
    Start {
        /// The node's position.
        node: usize,
    },
    /// Stop the node's process in its tracks (`SIGSTOP`).
    Pause {
        /// The node's position.
        node: usize,
    },
    /// Let the node's process go on (`SIGCONT`).
    Resume {
        /// The node's position.
        node: usize,
    },
    /// Write this to the main log.
    Log(LogLine),
}
