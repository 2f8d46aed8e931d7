//! Every order of every message, on small clusters: all states that a few requests, losses, repetitions, restarts and
//! deadlines can lead to, each once ([`search`]).
//!
//! **What may happen** ([`world`]) is more than any network does: messages arrive in any order, as late as can be; each
//! node has a clock of its own, which runs to its next deadline whenever that makes trouble. So a node may give up long
//! before an answer could have come, and all its timers are in a race with everything else.
//!
//! **What must hold**, after every event:
//!
//! * *broadcast, counter:* what a node shows grows, holds nothing twice, and holds with each update all that its origin
//!   held when it made it (invariants I1 and I2 of the engine);
//! * *log:* all that anyone ever shows are prefixes of one sequence, so no hole fills behind a reader; no offset is given
//!   twice, and those of one node never go back;
//! * *txn:* transactions show whole, and never again what one that shows has overwritten;
//! * *counter-kv:* a read has every `add` that was answered before it was asked, and none twice;
//!
//! and from every state: a network that has become fair leads to rest, with nothing on its way and no deadline left, and
//! then all nodes agree on all that was accepted.
//!
//! A model checker such as stateright explores models. Here the nodes are the code that ships, behind its codec, and
//! "leads to rest" is a property of every state; a search of our own is as short as fitting one to that.
//!
//! `just exhaust` goes deeper than the tests do, and prints how far.
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

mod bags;
mod counter_kv;
mod durable;
mod fingerprint;
mod log;
mod scopes;
mod search;
mod store;
mod subject;
mod txn;
mod world;

use scopes::{LARGE, SMALL, Scope};
use search::Outcome;

/// What is asserted, in short.
const PROMISES: &str = "\
after every event   broadcast, counter: shown updates grow, none is there twice, each comes with all its causes
                    log: what is shown is a prefix of one sequence; offsets are given once, by one node in order
                    txn: transactions show whole, and never again what one that shows has overwritten
                    counter-kv: a read has every add that was answered before it, and none twice
from every state    a fair network leads to rest: silence, agreement, nothing accepted is missing
";

/// A larger search covers its first states, which are those that the fewest events lead to.
const MOST_STATES: usize = 200_000;

fn assert_promises_are_kept(scopes: &[Scope]) {
    println!("{PROMISES}\n  states   events  longest  and to rest  of");
    for scope in scopes {
        let outcome = (scope.search)(MOST_STATES);
        let Outcome { states, events, depth, resting, broken } = outcome;
        println!("{states:>8} {events:>8} {depth:>8} {resting:>12}  {}", scope.name);
        assert!(broken.is_none(), "{}: {}", scope.name, broken.unwrap_or_default());
    }
}

#[test]
fn whatever_happens_to_a_small_cluster_it_keeps_its_promises() {
    assert_promises_are_kept(SMALL);
}

#[test]
#[ignore = "takes minutes: `just exhaust`"]
fn whatever_else_happens_to_a_small_cluster_it_keeps_its_promises() {
    assert_promises_are_kept(LARGE);
}
