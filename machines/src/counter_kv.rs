//! Challenge 4 as it is set: a counter kept in `seq-kv` (Maelstrom `doc/services.md`, "seq-kv"). It serves `g-counter` and
//! `pn-counter`, and what it has answered survives its nodes.
//!
//! # The protocol
//!
//! Each node has a key, which nobody else writes, with the sum of the deltas that it took. The value of the counter is the
//! sum over all keys.
//!
//! * **An `add`** goes into the node's sum, and the sum is saved: a compare-and-set from what the key holds to
//!   `[sum, life, save]`. One save is in flight at a time; what comes meanwhile goes into the next. An `add` is answered
//!   when a save that includes it is known to have happened (`own_key`).
//! * **A `read`** first writes something unique to another key of the node, its mark, and then reads every node's key and
//!   answers with their sum. One such count is under way at a time; reads that come meanwhile share the next (`count`).
//!
//! # Why it is exact
//!
//! *The store* is sequentially consistent and no more: it shows each client a state as old as it likes, but never one older
//! than the client saw last. A request that changes nothing in the old state is answered from there, so a write of what an
//! old state holds already may "succeed" without any effect. Whatever does change something is done to the newest state,
//! and that is then what the client saw last. (Maelstrom numbers the clients' views and keeps 32 states; to a client that
//! lags further it shows some state of those 32, which is a newer one than it is entitled to. Everything below holds of
//! that too.)
//!
//! *No value comes twice.* A `life` is a nonce of the node's start and a `save` the number of the attempt in it, so no two
//! attempts write the same value. Hence: a save changes every state in which it applies, so the store cannot swallow it.
//! And a key's values form a chain in which each was put in the place of the one that its writer knew; what is overwritten
//! never comes back, so a compare-and-set from it fails for ever, however late it arrives and however often. Duplicates of a
//! save that happened fail for the same reason.
//!
//! *Every `add` counts once.* A save's sum is that of all deltas taken so far in this life, on top of the sum that this life
//! found. So an attempt includes all that earlier ones include, and at most one attempt from the same value happens. An
//! attempt of unknown outcome (expired; or refused, as it may have been a duplicate that was) is therefore no danger: the
//! node looks at its key. If that holds an attempt of this life, that one happened and all in it is saved. If not, whatever
//! is not saved goes into the next attempt, from what was found; and if the old one happens after all, before it, then the
//! new one fails and the node looks again. A save of a *former* life that comes late is found in the same way, and this
//! life's deltas then go on top of it. A look need not be recent: what it shows has happened, and if more has happened, the
//! compare-and-set fails.
//!
//! *A read sees every `add` answered before it came.* Such an `add` was saved, in some state of the store, before the read's
//! mark was sent. The mark is unique, so it changes the store and becomes a newer state; all that is read after the answer
//! to it is read from that state or newer ones, and the keys' sums there include the `add`. Marks that are late or
//! duplicated change nothing about that: an answer to a mark proves that it was made once, after the read came. So at rest
//! every read is the exact sum.
//!
//! *It goes on* whenever the store answers within two seconds (`PATIENCE`): a look, and then a save from what it found, which
//! nobody but a late attempt of the node itself can cross, and there are finitely many of those.
//!
//! *A client hears in time or not at all.* It gives up after 5 s, and must assume then that its `add` may have happened. So
//! an `add` that could not be saved in less is saved all the same, but nobody is told ([`Context::reply`]).
//!
//! # Bounds
//!
//! Clients wait for at most 10,000 adds (`MAX_WAITING`) and as many reads; more are refused as `temporarily-unavailable`, which is
//! definite: they are not counted. A node makes one call about its key at a time, and one about each node's key for a count.

use core::fmt::{self, Write};
use core::time::Duration;

use protocol::Nothing;
use protocol::counter::{Reply, Request};

use crate::service::{KeyValue, compare_and_set_answer, read_answer, write_answer};
use crate::{Cluster, Context, Input, Machine, Start, Time};

mod count;
mod own_key;
mod value;

use count::Count;
use own_key::OwnKey;
use value::Value;

/// The store, and how long an answer of it is waited for.
const STORE: KeyValue = KeyValue::new("seq-kv", PATIENCE);

/// Many times what a store takes, and still short enough for another attempt while a client waits (5 s).
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a node leaves the store alone after a call that failed.
const REST: Duration = Duration::from_millis(50);

/// So many clients may wait for adds, and so many for reads.
const MAX_WAITING: usize = 10_000;

/// A counter kept in `seq-kv`.
#[derive(Clone, Debug)]
pub struct CounterKv {
    own_key: OwnKey,
    count: Count,
}

/// Why this machine asks the store.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// To know what its own key holds.
    Look,
    /// To save this.
    Save(Value),
    /// To see nothing older than now.
    Mark,
    /// To know what the node at this position has saved.
    Read(usize),
}

impl Machine for CounterKv {
    type Config = ();
    type Request<'a> = Request;
    type Peer<'a> = Nothing;
    type Call = Call;

    fn default_config() {}

    fn new(_: &(), cluster: &Cluster, start: Start, now: Time) -> Self {
        // 53 bits, so that the number survives every JSON implementation.
        let life = start.life >> 11;
        CounterKv { own_key: OwnKey::new(cluster, life, now), count: Count::new(cluster, life) }
    }

    fn step(&mut self, context: &mut Context<'_, Call>, input: Input<'_, Self>) {
        match input {
            // An `add` of 0 makes no difference to any sum.
            Input::Request(ticket, Request::Add { delta: 0 }) => context.reply(ticket, &Reply::AddOk {}),
            Input::Request(ticket, Request::Add { delta }) => self.own_key.add(context, ticket, delta),
            Input::Request(ticket, Request::Read {}) => self.count.read(context, ticket),
            Input::Peer(_, said) => match said {},
            Input::Answer(Call::Look, answer) => self.own_key.on_look(context, read_answer(answer)),
            Input::Answer(Call::Save(value), answer) => {
                self.own_key.on_save(context, value, compare_and_set_answer(answer));
            }
            Input::Answer(Call::Mark, answer) => self.count.on_mark(context, write_answer(answer)),
            Input::Answer(Call::Read(position), answer) => {
                self.count.on_total(context, position, read_answer(answer));
            }
            Input::Tick => {
                self.own_key.on_tick(context);
                self.count.on_tick(context);
            }
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.own_key.deadline().into_iter().chain(self.count.deadline()).min()
    }

    /// What it took and what of that is saved: `took 17, saved 12; 3 wait`.
    fn tell(&self, _: &Cluster, words: &mut dyn Write) -> fmt::Result {
        self.own_key.tell(words)?;
        match self.own_key.waiting() + self.count.waiting() {
            0 => Ok(()),
            waiting => write!(words, "; {waiting} wait"),
        }
    }
}
