//! Challenge 5: append-only logs by key, without a leader and without coordination (Maelstrom `doc/workloads.md`,
//! "Workload: Kafka").
//!
//! # The protocol
//!
//! * **Offsets.** Node i of n gives a key's messages offsets that are congruent to i modulo n, each the smallest that is
//!   larger than every offset of that key the node has heard of. So a send is accepted here and now; no two nodes give
//!   the same offset; and offsets stay small: a send advances them by at most n.
//! * **Replication.** A send is an update of the [`engine`](crate::engine).
//! * **The stable prefix.** A poll shows a key's messages up to the highest offset whose update is *stable*: held by every
//!   node, as the engine reports it. Those below it need not be stable themselves: nothing can come between them any more.
//! * **Commits** are updates too; committed offsets merge by maximum. One that is lower than another, after a partition,
//!   only makes a consumer read again.
//!
//! # Why it is right
//!
//! *No hole is ever filled behind a reader.* Suppose a reader has been shown a key up to offset o, the offset of stable
//! update u, and that later a message with offset p < o came to it. Its sender gave it p either before or after it held
//! u. Not after: offsets given then are larger than o. If before: the engine reports u as stable to the reader only when
//! the reader holds everything that any node did before it held u, so the message would have been here already. The
//! same holds for any two readers, so what they see are prefixes of one sequence.
//!
//! *Offsets of one sender to one node never go back*, because a node only gives offsets larger than all that it knows of, its own
//! among them. A client talks to one node, so its sends to a key have increasing offsets.
//!
//! *Nothing acknowledged is lost.* The engine brings every update to every node; once all acknowledged it, it is stable
//! and every poll shows it.
//!
//! *A lie about an offset does not fill a log:* a peer's offsets are believed up to the [`horizon`](crate::horizon), which leaves room
//! for years. Committed offsets are believed whatever they are, as from clients: no later commit needs a higher one.
//!
//! # What it gives up
//!
//! While a node is cut off, sends, polls and commits all work everywhere, but new messages stay invisible until it is
//! back: a stale poll is legal, a hole is not. And a node must keep its memory, in a journal: one that restarts from nothing may give
//! offsets below those that others have been shown, until its neighbours have told it what there is.

mod store;

use alloc::string::String;
use core::fmt::{self, Write};
use core::time::Duration;

use protocol::gossip::Gossip;
use protocol::{Code, Entries, Json, Nothing, log, messages};

use crate::engine::{Engine, MAX_UPDATE_BYTES, Pace};
use crate::horizon::believed;
use crate::{BadRecord, Cluster, Context, Extent, Input, Machine, Records, Start, Ticket, Time};
use store::Store;

/// The log machine.
#[derive(Clone, Debug)]
pub struct Log {
    engine: Engine<Store>,
    page: String,
}

messages! {
    /// The answer to a poll, from text that is written once.
    enum Page<'a> {
        /// The messages.
        "poll_ok" => PollOk {
            /// An object: key → `[offset, message]` pairs.
            msgs: Json<'a>,
        },
    }
}

impl Machine for Log {
    const JOURNAL: Option<&'static str> = Some("log1");

    type Config = Pace;
    type Request<'a> = log::Request<'a>;
    type Peer<'a> = Gossip<'a>;
    type Call = Nothing;

    /// Messages become visible within three rounds; shorter ones than broadcast's pay here, since a round is shared by
    /// a thousand operations.
    fn default_config() -> Pace {
        Pace { round: Duration::from_millis(350), ..Pace::default() }
    }

    fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        let store = Store::new(cluster.me() as u64, cluster.size() as u64);
        Log { engine: Engine::new(pace, cluster, start, now, store), page: String::new() }
    }

    fn recover(&mut self, record: &[u8]) -> Result<(), BadRecord> {
        self.engine.recover(record)
    }

    fn record(&mut self, extent: Extent, records: &mut Records) {
        self.engine.record(extent, records);
    }

    fn stored_bytes(&self) -> usize {
        self.engine.stored_bytes()
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        match input {
            Input::Request(ticket, request) => self.answer(context, ticket, request),
            Input::Peer(from, gossip) => {
                let gossip = believed(context.now, Store::OFFSET, gossip);
                self.engine.on_gossip(context, from, gossip);
            }
            Input::Answer(call, _) => match call {},
            Input::Tick => self.engine.on_tick(context),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.engine.deadline()
    }

    fn tell(&self, cluster: &Cluster, words: &mut dyn Write) -> fmt::Result {
        self.engine.tell(cluster, words)
    }
}

impl Log {
    fn answer(&mut self, context: &mut Context<'_, Nothing>, ticket: Ticket, request: log::Request<'_>) {
        match request {
            log::Request::Send { key, msg } => {
                let bytes = entry_bytes(&key) + msg.as_str().len();
                if bytes > MAX_UPDATE_BYTES {
                    return context.refuse(
                        ticket,
                        Code::NotSupported,
                        "key and message have 16 MiB at the most",
                    );
                }
                let Some(offset) = self.engine.data().next_offset(&key) else {
                    return context.refuse(
                        ticket,
                        Code::Abort,
                        "the log is full: it has no offset below 2^53 left",
                    );
                };
                self.engine.update(context.now, bytes, |store| store.send(&key, offset, msg));
                context.reply(ticket, &log::Reply::SendOk { offset });
            }
            log::Request::Poll { offsets } => {
                write_pages(self.engine.data(), &offsets, &mut self.page);
                context.reply(ticket, &Page::PollOk { msgs: Json::trusted(&self.page) });
            }
            log::Request::CommitOffsets { offsets } => {
                let bytes = offsets.iter().map(|(key, _)| entry_bytes(key)).sum();
                if bytes > MAX_UPDATE_BYTES {
                    return context.refuse(ticket, Code::NotSupported, "offsets have 16 MiB at the most");
                }
                if self.engine.data().would_commit(&offsets) {
                    self.engine.update(context.now, bytes, |store| store.commit(&offsets));
                }
                context.reply(ticket, &log::Reply::CommitOffsetsOk {});
            }
            log::Request::ListCommittedOffsets { keys } => {
                let store = self.engine.data();
                let committed =
                    keys.into_iter().filter_map(|key| store.committed(&key).map(|offset| (key, offset)));
                let offsets: Entries<'_, u64> = committed.collect();
                context.reply(ticket, &log::Reply::ListCommittedOffsetsOk { offsets });
            }
        }
    }
}

/// What a key and an offset take on their way, at the most: any character may have to be escaped.
fn entry_bytes(key: &str) -> usize {
    6 * key.len() + 32
}

/// No page is added to an answer that has become this long, however many logs are asked for: a later poll shows them.
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Writes a page of each log asked for; logs with nothing to show are left out.
fn write_pages(store: &Store, offsets: &Entries<'_, u64>, page: &mut String) {
    page.clear();
    let mut separator = '{';
    for (key, from) in offsets.iter() {
        if page.len() >= MAX_ANSWER_BYTES {
            break;
        }
        let Some(page_of_key) = store.page(key, *from) else { continue };
        page.push(separator);
        separator = ',';
        page.push_str(page_of_key.key);
        let mut bracket = ":[[";
        for (offset, message) in page_of_key.messages {
            write!(page, "{bracket}{offset},{message}").expect("a string takes any text");
            bracket = "],[";
        }
        page.push_str("]]");
    }
    if separator == '{' {
        page.push('{');
    }
    page.push('}');
}
