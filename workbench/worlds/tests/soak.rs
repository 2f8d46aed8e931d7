//! What nodes remember after long runs: no more than users can still read. A binary of its own, as it counts what the
//! allocator gives.
//!
//! Three nodes take 1,000 operations a second, and each minute one of them is cut off for a while. Then there is a pause in
//! which everybody gets everything, and what the nodes' programs hold is weighed: what their calls asked of the allocator,
//! less what they gave back. `cargo test --test soak -- --ignored` lets an hour pass.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use allocation_counter::measure;
use fastrand::Rng;
use machines::{Counter, Log, Machine, Time, Txn};
use worlds::{Cluster, Program, Spawn, spawn};

const NODES: usize = 3;
const OPERATIONS_A_MINUTE: u64 = 60_000;

/// A program whose memory is counted.
struct Weighed {
    program: Box<dyn Program>,
    /// What all programs hold, in bytes.
    bytes: Rc<Cell<i64>>,
    stdout: Vec<u8>,
}

impl Weighed {
    /// Calls the program, on whose account everything goes but the room for what it says.
    fn call(&mut self, stdout: &mut Vec<u8>, call: impl FnOnce(&mut dyn Program, &mut Vec<u8>)) {
        let Weighed { program, bytes, stdout: said } = self;
        said.clear();
        let before = said.capacity() as i64;
        let weight = measure(|| call(program.as_mut(), said)).bytes_current;
        bytes.set(bytes.get() + weight - (said.capacity() as i64 - before));
        stdout.extend_from_slice(said);
    }
}

impl Program for Weighed {
    fn on_line(&mut self, now: Time, line: &[u8], stdout: &mut Vec<u8>) {
        self.call(stdout, |program, said| program.on_line(now, line, said));
    }

    fn on_wake(&mut self, now: Time, stdout: &mut Vec<u8>) {
        self.call(stdout, |program, said| program.on_wake(now, said));
    }

    fn deadline(&self) -> Option<Time> {
        self.program.deadline()
    }
}

fn weighed(mut spawn: Spawn, bytes: &Rc<Cell<i64>>) -> Spawn {
    let bytes = bytes.clone();
    Box::new(move |node, seed| {
        Box::new(Weighed { program: spawn(node, seed), bytes: bytes.clone(), stdout: Vec::new() })
    })
}

/// What the nodes held at the end of each minute. `request` makes the request with this number.
fn soak(spawn: Spawn, minutes: u64, request: impl Fn(&mut Rng, u64) -> String) -> Vec<i64> {
    let bytes = Rc::new(Cell::new(0));
    let mut cluster = Cluster::new(NODES, Duration::from_millis(10), 1, weighed(spawn, &bytes));
    let mut rng = Rng::with_seed(1);
    let mut weights = Vec::new();
    for minute in 0..minutes {
        let mut last = None;
        for operation in 0..OPERATIONS_A_MINUTE {
            match operation {
                20_000 => cluster.partition(&[&[0, 1], &[2]]),
                40_000 => cluster.heal(),
                _ => {}
            }
            cluster.run_for(Duration::from_millis(1));
            let text = request(&mut rng, minute * OPERATIONS_A_MINUTE + operation);
            last = Some(cluster.request(rng.usize(..NODES), &text));
        }
        assert!(cluster.run_until_quiet(Duration::from_secs(30)).is_some(), "minute {minute}: not quiet");
        let answer = &cluster.answer(last.unwrap()).unwrap().body;
        assert!(answer.contains("_ok"), "minute {minute}: {answer}");
        assert!(cluster.journal().statistics.cut > 0);
        cluster.forget();
        weights.push(bytes.get());
    }
    println!("bytes held by {NODES} nodes, by minute: {weights:?}");
    weights
}

/// Asserts that no later minute left more than the second one, which had seen every kind of moment.
#[track_caller]
fn assert_flat(weights: &[i64]) {
    let most = weights[1] + weights[1] / 10 + 4_096;
    assert!(weights[2..].iter().all(|weight| *weight <= most), "it grows: {weights:?}");
}

fn soak_counter(minutes: u64) {
    let weights = soak(spawn::<Counter>(Counter::default_config()), minutes, |rng, _| match rng.u8(..3) {
        0 => format!(r#"{{"type":"add","delta":{}}}"#, rng.i64(-5..5)),
        _ => r#"{"type":"read"}"#.to_owned(),
    });
    assert_flat(&weights);
    assert!(weights[0] < 100_000, "{weights:?}");
}

/// Reads one register and writes two of the `keys` up to this moment.
fn transaction(rng: &mut Rng, keys: u64) -> String {
    let [read, one, other, value] = std::array::from_fn(|_| rng.u64(..keys));
    format!(r#"{{"type":"txn","txn":[["r",{read},null],["w",{one},{value}],["w",{other},{value}]]}}"#)
}

fn soak_txn(minutes: u64) {
    let txn = || spawn::<Txn>(Txn::default_config());
    let same_keys = soak(txn(), minutes, |rng, _| transaction(rng, 1_000));
    assert_flat(&same_keys);
    // A fresh key every tenth operation.
    let fresh_keys = soak(txn(), minutes, |rng, operation| transaction(rng, 1_000 + operation / 10));
    let keys = (minutes - 2) * OPERATIONS_A_MINUTE / 10;
    let each = (fresh_keys[minutes as usize - 1] - fresh_keys[1]) / (keys as usize * NODES) as i64;
    println!("{each} bytes a key and node");
    assert!((30..300).contains(&each), "{each} bytes a key: {fresh_keys:?}");
}

fn soak_log(minutes: u64) {
    let log = || spawn::<Log>(Log::default_config());
    let commits = soak(log(), minutes, |rng, operation| {
        format!(r#"{{"type":"commit_offsets","offsets":{{"{}":{operation}}}}}"#, rng.u8(..100))
    });
    assert_flat(&commits);
    let messages = soak(log(), minutes, |rng, operation| match operation % 2 {
        0 => format!(r#"{{"type":"send","key":"{}","msg":{operation}}}"#, rng.u8(..100)),
        _ => format!(r#"{{"type":"poll","offsets":{{"{}":{operation}}}}}"#, rng.u8(..100)),
    });
    for (minute, weight) in messages.iter().enumerate().skip(1) {
        let sent = (minute as u64 + 1) * OPERATIONS_A_MINUTE / 2;
        let each = weight / (sent as usize * NODES) as i64;
        println!("{each} bytes a message and node");
        assert!((60..200).contains(&each), "{each} bytes a message: {messages:?}");
    }
}

#[test]
fn in_four_minutes_a_counter_does_not_grow() {
    soak_counter(4);
}

#[test]
fn in_four_minutes_registers_take_room_for_their_keys_and_not_for_what_was_written_to_them() {
    soak_txn(4);
}

#[test]
fn in_four_minutes_logs_take_room_for_their_messages_and_not_for_commits() {
    soak_log(4);
}

#[test]
#[ignore = "takes minutes"]
fn in_an_hour_a_counter_does_not_grow() {
    soak_counter(60);
}

#[test]
#[ignore = "takes minutes"]
fn in_an_hour_registers_take_room_for_their_keys_and_not_for_what_was_written_to_them() {
    soak_txn(60);
}

#[test]
#[ignore = "takes minutes"]
fn in_an_hour_logs_take_room_for_their_messages_and_not_for_commits() {
    soak_log(60);
}
