//! A liar, itself a leaf, hammers a hub that holds much: with 200 messages a second, for a minute, in every way that begins a
//! link anew. What the hub says to it is in proportion to what it says.
//!
//! The engine's docs ("Bounds") have the argument.

use machines::{Broadcast, Counter, GSet, Log, Machine, Txn};
use serde_json::{Value, json};

use crate::liar::{World, line};

/// So many messages, so far apart: a minute.
const MESSAGES: u64 = 12_000;
const GAP_MS: u64 = 5;

/// For each byte that it hears, a node says no more than this.
const MOST: usize = 100;

/// So many values does the hub hold, a kilobyte each.
const HELD: u64 = 4_000;

/// What the liar says in its message of this number, after it has been told the request and the delta of these numbers.
type Lie = fn(u64, Option<u64>, Option<u64>) -> Value;

/// In the hub's life, which is 1.
const LIES: [(&str, Lie); 8] = [
    ("a new life with a request", |number, _, _| json!({"me": 1000 + number, "ask": 1})),
    (
        "a new life with a guessed answer",
        |number, _, _| json!({"me": 1000 + number, "you": 1, "answer": number / 8, "ask": 1}),
    ),
    (
        "a new life that answers",
        |number, ask, _| json!({"me": 1000 + number, "you": 1, "answer": ask, "ask": 1}),
    ),
    (
        "a new life that acknowledges",
        |number, ask, n| json!({"me": 1000 + number / 9, "you": 1, "answer": ask, "ack": n, "ask": 1}),
    ),
    ("a complaint", |_, ask, _| json!({"me": 3, "you": 1, "answer": ask, "again": true})),
    (
        "a complaint that shows nothing",
        |_, ask, _| json!({"me": 3, "you": 1, "answer": ask, "again": true, "vector": []}),
    ),
    ("a request to another life", |_, ask, _| json!({"me": 3, "you": 2, "answer": ask, "ask": 1})),
    ("a request", |number, ask, _| json!({"me": 3, "you": 1, "answer": ask, "ask": number})),
];

/// The last of what the liar has been told, as a number of this name.
fn told(world: &World<impl Machine>, name: &str) -> Option<u64> {
    let line = serde_json::from_slice::<Value>(&world.last_told[0]).ok()?;
    line["body"][name].as_u64()
}

/// What the hub says for each byte that it hears.
fn amplification<M: Machine>(request: fn(u64, &str) -> Value, lie: Lie) -> usize {
    let mut world = World::<M>::new(2);
    let padding = "x".repeat(1_000);
    for number in 0..HELD {
        world.ask(0, &request(number, &padding).to_string());
    }
    world.pass(5_000);
    let (before, mut heard_bytes, mut ask, mut n) = (world.told_bytes, 0, None, None);
    for number in 0..MESSAGES {
        (ask, n) = (told(&world, "ask").or(ask), told(&world, "n").or(n));
        world.last_told[0].clear();
        let lie = lie(number, ask, n);
        heard_bytes += line(2, 0, &lie).len();
        world.lie(0, lie);
        world.pass(GAP_MS);
        // Enough has been said for the whole minute: the rest would only take long.
        if world.told_bytes - before > 2 * MOST * 100 * MESSAGES as usize {
            break;
        }
    }
    (world.told_bytes - before) / heard_bytes
}

fn assert_is_bounded<M: Machine>(machine: &str, request: fn(u64, &str) -> Value) {
    let amplifications: Vec<(&str, usize)> =
        LIES.iter().map(|&(name, lie)| (name, amplification::<M>(request, lie))).collect();
    println!("{machine}: {amplifications:?}");
    let most = amplifications.iter().map(|(_, amplification)| *amplification).max();
    assert!(most <= Some(MOST), "{machine}: {amplifications:?}");
}

#[test]
fn broadcast_says_no_more_than_a_hundred_bytes_for_one() {
    assert_is_bounded::<Broadcast>(
        "broadcast",
        |number, padding| json!({"type": "broadcast", "message": format!("{number}{padding}")}),
    );
}

#[test]
fn g_set_says_no_more_than_a_hundred_bytes_for_one() {
    assert_is_bounded::<GSet>(
        "g-set",
        |number, padding| json!({"type": "add", "element": format!("{number}{padding}")}),
    );
}

#[test]
fn counter_says_no_more_than_a_hundred_bytes_for_one() {
    assert_is_bounded::<Counter>("counter", |number, _| json!({"type": "add", "delta": number}));
}

#[test]
fn log_says_no_more_than_a_hundred_bytes_for_one() {
    assert_is_bounded::<Log>(
        "log",
        |number, padding| json!({"type": "send", "key": "k", "msg": format!("{number}{padding}")}),
    );
}

#[test]
fn txn_says_no_more_than_a_hundred_bytes_for_one() {
    assert_is_bounded::<Txn>(
        "txn",
        |number, padding| json!({"type": "txn", "txn": [["w", number, format!("{number}{padding}")]]}),
    );
}
