//! Challenge 4: a counter, without a word to any service. It serves `g-counter` and `pn-counter`, which are the same to a
//! node (Maelstrom `doc/workloads.md`, "Workload: G-counter", "Workload: Pn-counter").
//!
//! # The data type
//!
//! The PN-counter of Shapiro, Preguiça, Baquero, Zawirski (*A comprehensive study of convergent and commutative replicated
//! data types*, 2011, specification 7): for each origin two totals that only grow, all that was ever added there and all
//! that was subtracted. The value is the sum of the former less the sum of the latter. Nobody but the origin raises its
//! totals, so of two replicas' totals the larger one is the later one and includes the other: merging takes the larger,
//! which is idempotent, commutative and associative.
//!
//! The engine's numbers would tell as well which of two states is the later, so one signed sum would do. With two totals the
//! type is right by itself: whatever comes, in whatever order and however often, the larger one is the later.
//!
//! # The protocol
//!
//! A client is answered at once, from local state, whatever the network does; the [`engine`](crate::engine) brings every
//! update to every node. An `add` is one update, but a run of updates travels as the totals after its last one: they are
//! cumulative, so whoever takes them has all that is before them, and a message is as short after ten thousand adds as
//! after one. An `add` of 0 changes nothing and is no update.
//!
//! *Exact at the end.* Once every replica holds every update it holds the last totals of every origin, and these sum up
//! every `add` that was answered, each once: an update is counted at its origin alone, when it is made.
//!
//! What a node took and had not told anyone when it died is lost with it, unless it has a journal
//! ([`Records`]); [`CounterKv`](crate::CounterKv) does without one.
//!
//! # The pace
//!
//! A round of 1.5 s (`ROUND`). An `add` is answered before anyone else hears of it, so a longer round costs nothing but the
//! freshness of reads, which these workloads do not ask for before the very end. A round in which all three nodes of
//! challenge 4 have news takes four messages. On its flags (100 operations a second, a third of them adds) that comes to
//! 0.03 messages an operation, in virtual time, and with partitions to 0.08 on average and 0.15 in the worst of some
//! hundred runs (`workbench/worlds/tests/machines/challenges`): what partitions add is probes, of which there is one every half second and
//! link.
//!
//! # Bounds
//!
//! Two integers an origin. Totals end at 2¹⁰⁹ (`MAX_TOTAL`); an `add` that would lead beyond is refused, a peer's run that goes
//! beyond is not taken, and so no sum of totals overflows.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::time::Duration;

use protocol::counter::{Reply, Request};
use protocol::gossip::Gossip;
use protocol::{Code, Json, Nothing};

use crate::engine::{Cuts, Engine, Origin, Pace, Replicated};
use crate::{BadRecord, Cluster, Context, Extent, Input, Machine, Records, Start, Ticket, Time};

/// The counter's round, if nobody chooses another.
const ROUND: Duration = Duration::from_millis(1500);

/// An origin's total is not larger than this. 2⁶³ a time it takes 2⁴⁶ adds to get there, two years of a million a second; and
/// the totals of as many origins as the engine takes, which is less than 2¹⁷, have a sum below 2¹²⁷.
const MAX_TOTAL: u128 = 1 << 109;

/// The counter machine.
#[derive(Clone, Debug)]
pub struct Counter {
    engine: Engine<Totals>,
}

impl Machine for Counter {
    const JOURNAL: Option<&'static str> = Some("counter1");

    type Config = Pace;
    type Request<'a> = Request;
    type Peer<'a> = Gossip<'a>;
    type Call = Nothing;

    fn default_config() -> Pace {
        Pace { round: ROUND, ..Pace::default() }
    }

    fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        Counter { engine: Engine::new(pace, cluster, start, now, Totals::default()) }
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
            Input::Request(ticket, Request::Add { delta }) => self.add(context, ticket, delta),
            Input::Request(ticket, Request::Read {}) => {
                context.reply(ticket, &Reply::ReadOk { value: self.engine.data().sum() });
            }
            Input::Peer(from, gossip) => self.engine.on_gossip(context, from, gossip),
            Input::Answer(call, _) => match call {},
            Input::Tick => self.engine.on_tick(context),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.engine.deadline()
    }

    fn tell(&self, cluster: &Cluster, words: &mut dyn Write) -> fmt::Result {
        write!(words, "value {}, ", self.engine.data().sum())?;
        self.engine.tell(cluster, words)
    }
}

impl Counter {
    fn add(&mut self, context: &mut Context<'_, Nothing>, ticket: Ticket, delta: i64) {
        let raised = self.engine.data().get(OWN).plus(delta);
        if !raised.is_sound() {
            // Going on without the excess would be a wrong sum for good, and a wrong sum is worse than none.
            let text = "this node has counted as far as it can: the total would pass 2^109";
            return context.refuse(ticket, Code::Abort, text);
        }
        if delta != 0 {
            self.engine.update(context.now, 0, |totals| totals.raise(OWN, raised));
        }
        context.reply(ticket, &Reply::AddOk {});
    }
}

/// The replica itself, among the origins.
const OWN: usize = 0;

/// All that was ever added at an origin, and all that was subtracted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Total {
    added: u128,
    subtracted: u128,
}

impl Total {
    /// The total after one `add` more. Far from overflow if this one is sound.
    fn plus(self, delta: i64) -> Total {
        let amount = u128::from(delta.unsigned_abs());
        match delta {
            0.. => Total { added: self.added + amount, ..self },
            _ => Total { subtracted: self.subtracted + amount, ..self },
        }
    }

    /// The later of two states of an origin, or what includes both.
    fn join(self, other: Total) -> Total {
        Total { added: self.added.max(other.added), subtracted: self.subtracted.max(other.subtracted) }
    }

    fn is_sound(self) -> bool {
        self.added.max(self.subtracted) <= MAX_TOTAL
    }

    fn net(self) -> i128 {
        // Both are sound, and so far below the limit of the type.
        self.added as i128 - self.subtracted as i128
    }
}

/// The totals by origin.
#[derive(Clone, Debug, Default)]
struct Totals {
    by_origin: Vec<Total>,
    /// Kept along, so that a read costs the same however many origins there are.
    sum: i128,
}

impl Totals {
    fn sum(&self) -> i128 {
        self.sum
    }

    fn get(&self, origin: usize) -> Total {
        self.by_origin.get(origin).copied().unwrap_or_default()
    }

    /// Takes in a state of an origin.
    fn raise(&mut self, origin: usize, total: Total) {
        if self.by_origin.len() <= origin {
            self.by_origin.resize(origin + 1, Total::default());
        }
        let held = &mut self.by_origin[origin];
        let joined = held.join(total);
        self.sum += joined.net() - held.net();
        *held = joined;
    }
}

impl Replicated for Totals {
    const CUTS: Cuts = Cuts::Nowhere;

    /// The totals after the last update.
    type Run<'a> = Total;

    fn read_run(_: u64, payload: Json<'_>) -> Option<Total> {
        let (added, subtracted) = payload.parse()?;
        Some(Total { added, subtracted }).filter(|total| total.is_sound())
    }

    /// What is skipped is included, so there is nothing to skip.
    fn take_run(&mut self, origin: Origin, _: u64, run: Total) {
        self.raise(origin.position, run);
    }

    /// The engine asks for nothing but what ends with the last update held, and the totals are those after it.
    fn write_run(&self, origin: usize, _: u64, _: u64, out: &mut String) {
        let Total { added, subtracted } = self.get(origin);
        write!(out, "[{added},{subtracted}]").expect("a string takes any text");
    }
}

#[cfg(test)]
mod tests;
