//! Challenge 6: transactions over registers, totally available (Maelstrom `doc/workloads.md`, "Workload:
//! Txn-rw-register").
//!
//! # The protocol
//!
//! A transaction runs at the node that is asked, here and now, against what this node holds: its operations see the
//! registers as they are and its own writes before them. What it wrote, the last value of each register, becomes one
//! update of the [`engine`](crate::engine) with a Lamport stamp: a counter larger than any this node has seen, and the node's origin
//! (Lamport, *Time, clocks, and the ordering of events in a distributed system*, 1978). Each register keeps the write
//! with the highest stamp.
//!
//! # What that yields
//!
//! * *No dirty or intermediate reads (G1a, G1b):* only whole transactions leave a node, with the last write of each
//!   register.
//! * *No write cycles (G0), no circular information flow (G1c):* a transaction's stamp is higher than that of every
//!   transaction it read from, since its node had seen those; and of two writes to a register the one with the higher stamp
//!   is the later. So every such dependency leads from a lower stamp to a higher one, and there is no circle.
//! * *Causal order:* the engine shows a transaction only together with all that its node held when it ran.
//! * *No fractured reads:* a node takes a delta, which holds transactions whole, in one step, and runs a transaction in
//!   one step. Whoever reads one of its writes holds all of it, so the other registers hold its writes, or others with
//!   higher stamps, wherever it is.
//! * *Internal consistency:* a transaction sees its own writes.
//! * *Convergence:* the highest stamp is the same everywhere, in whatever order writes come.
//! * *A lie about a stamp does not end all writing:* a peer's counters are believed up to the [`horizon`](crate::horizon), which leaves
//!   room for years.
//!
//! That is more than read atomic and causal (Cerone, Bernardi, Gotsman, *A framework for transactional consistency models
//! with atomic visibility*, 2015), and no node waits for another: totally available, under any partition (Bailis et al.,
//! *Highly available transactions*, 2013). It does not prevent lost updates, which no totally available system can: of two
//! transactions at two nodes that read the same value and then write, one is overwritten. And of transactions that everyone
//! has had only what registers still hold is kept, which makes sense only together: a node that comes back from nothing
//! gets it in one line, so only as long as it fits into one.

mod store;

use core::fmt::{self, Write};
use core::time::Duration;

use protocol::gossip::Gossip;
use protocol::txn::{Action, Operation, Reply, Request};
use protocol::{Code, Json, List, Nothing};

use crate::engine::{Engine, MAX_UPDATE_BYTES, Pace};
use crate::horizon::believed;
use crate::{BadRecord, Cluster, Context, Extent, Input, Machine, Records, Start, Ticket, Time};
use store::{Store, Writes};

/// Each operation looks through the transaction's own writes, so a transaction of a million would take minutes.
const MAX_OPERATIONS: usize = 4096;

/// The transaction machine.
#[derive(Clone, Debug)]
pub struct Txn {
    engine: Engine<Store>,
}

impl Machine for Txn {
    const JOURNAL: Option<&'static str> = Some("txn1");

    type Config = Pace;
    type Request<'a> = Request<'a>;
    type Peer<'a> = Gossip<'a>;
    type Call = Nothing;

    /// A round is shared by all transactions in it, so it may be shorter than broadcast's.
    fn default_config() -> Pace {
        Pace { round: Duration::from_millis(250), ..Pace::default() }
    }

    fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        let store = Store::new(Engine::<Store>::origin(start, cluster));
        Txn { engine: Engine::new(pace, cluster, start, now, store) }
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
            Input::Request(ticket, Request::Txn { txn }) => self.run(context, ticket, txn),
            Input::Peer(from, gossip) => {
                let gossip = believed(context.now, Store::COUNTER, gossip);
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

impl Txn {
    fn run(&mut self, context: &mut Context<'_, Nothing>, ticket: Ticket, txn: List<Operation<'_>>) {
        if txn.iter().any(|operation| operation.action == Action::Append) {
            return context.refuse(ticket, Code::NotSupported, "registers cannot be appended to");
        }
        if txn.iter().any(|operation| matches!(operation.key.as_str().as_bytes(), [b'[' | b'{', ..])) {
            return context.refuse(
                ticket,
                Code::MalformedRequest,
                "a key is a string, a number, a boolean or null",
            );
        }
        if txn.len() > MAX_OPERATIONS {
            return context.refuse(
                ticket,
                Code::NotSupported,
                "a transaction has 4096 operations at the most",
            );
        }
        let mut writes = Writes::new();
        let store = self.engine.data();
        let is_reader = txn.iter().all(|operation| operation.action == Action::Read);
        if !is_reader && !store.can_commit() {
            let text = "there is no stamp below 2^53 left: this node has seen too many transactions";
            return context.refuse(ticket, Code::Abort, text);
        }
        let done: List<Operation<'_>> =
            txn.iter().map(|operation| perform(store, &mut writes, operation)).collect();
        let entries = done.iter().map(|operation| (operation.key, operation.value));
        if bytes_of(entries) > MAX_ANSWER_BYTES {
            let text = "a transaction, with what it reads, has 16 MiB at the most";
            return context.refuse(ticket, Code::NotSupported, text);
        }
        context.reply(ticket, &Reply::TxnOk { txn: done });
        if !writes.is_empty() {
            self.engine.update(context.now, bytes_of(writes.iter().copied()), |store| store.commit(&writes));
        }
    }
}

/// A transaction may read one long value over and over, so that its answer is much longer than request and store. Nothing
/// of one that is refused for that has taken effect. Since an answer has all writes in it, they fit into an update.
const MAX_ANSWER_BYTES: usize = MAX_UPDATE_BYTES;

/// What operations take on their way, at the most.
fn bytes_of<'a>(entries: impl Iterator<Item = (Json<'a>, Json<'a>)>) -> usize {
    const ENTRY_BYTES: usize = 32;
    entries.map(|(key, value)| key.as_str().len() + value.as_str().len() + ENTRY_BYTES).sum()
}

/// Performs one operation: a read finds the transaction's own last write, or what the store holds.
fn perform<'s, 'r: 's>(
    store: &'s Store,
    writes: &mut Writes<'r>,
    operation: &Operation<'r>,
) -> Operation<'s> {
    let Operation { action, key, value } = *operation;
    let found = writes.iter_mut().find(|write| store::same_key(write.0, key));
    let value = match (action, found) {
        (Action::Read, Some(written)) => written.1,
        (Action::Read, None) => store.read(key),
        (_, Some(written)) => {
            written.1 = value;
            value
        }
        (_, None) => {
            writes.push((key, value));
            value
        }
    };
    Operation { action, key, value }
}
