//! What an ordinary request costs in steady state: the allocator is asked for nothing but the growth of what is kept, which
//! doubles each time. A binary of its own, as the counting allocator replaces the global one.

use allocation_counter::measure;
use machines::{Broadcast, Counter, Echo, Log, Machine, Node, Outputs, Time, Txn, UniqueIds};

/// Requests before anything is counted, and while it is.
const REQUESTS: u64 = 4096;

fn line(body: &str, msg_id: u64) -> String {
    format!(r#"{{"id":123456,"src":"c17","dest":"n1","body":{{{body},"msg_id":{msg_id}}}}}"#)
}

/// How often a node of three asks the allocator for memory in so many requests, `body(1)`, `body(2)`, …
fn allocations<M: Machine>(before: &[&str], body: impl Fn(u64) -> String) -> u64 {
    let mut node = Node::<M>::new(M::default_config(), 7);
    let mut outputs = Outputs::default();
    let mut hear = |line: &str| {
        outputs.clear();
        node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).expect("a message");
        assert!(!outputs.is_empty(), "an answer");
    };
    hear(&line(r#""type":"init","node_id":"n1","node_ids":["n1","n2","n3"]"#, 1));
    before.iter().for_each(|body| hear(&line(body, 1)));
    (0..REQUESTS).for_each(|number| hear(&line(&body(number), number)));
    let lines: Vec<String> = (REQUESTS..2 * REQUESTS).map(|number| line(&body(number), number)).collect();
    measure(|| lines.iter().for_each(|line| hear(line))).count_total
}

/// Vectors that have been filled once double a few times while they are filled again.
const GROWTH: u64 = 8;

#[test]
fn what_keeps_nothing_allocates_nothing() {
    assert_eq!(
        allocations::<Echo>(&[], |number| format!(r#""type":"echo","echo":"Please echo {number}""#)),
        0
    );
    assert_eq!(allocations::<UniqueIds>(&[], |_| r#""type":"generate""#.to_string()), 0);
    assert_eq!(allocations::<Counter>(&[], |number| format!(r#""type":"add","delta":{number}"#)), 0);
    assert_eq!(allocations::<Counter>(&[], |_| r#""type":"read""#.to_string()), 0);
    let broadcast = r#""type":"broadcast","message":7"#;
    assert_eq!(allocations::<Broadcast>(&[broadcast], |_| r#""type":"read""#.to_string()), 0);
    let send = r#""type":"send","key":"k","msg":7"#;
    let poll = |number| format!(r#""type":"poll","offsets":{{"k":{number},"other":0}}"#);
    assert_eq!(allocations::<Log>(&[send, send], poll), 0);
    let committed = r#""type":"list_committed_offsets","keys":["k","other"]"#;
    assert_eq!(allocations::<Log>(&[send, send], |_| committed.to_string()), 0);
}

/// A poll with something to show needs a cluster in which everything is stable: a node alone.
#[test]
fn a_poll_that_shows_messages_allocates_nothing() {
    let mut node = Node::<Log>::new(Log::default_config(), 7);
    let mut outputs = Outputs::default();
    let mut hear = |line: &str| {
        outputs.clear();
        node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).expect("a message");
        outputs.bytes().len()
    };
    hear(&line(r#""type":"init","node_id":"n1","node_ids":["n1"]"#, 1));
    (0..1000).for_each(|number| {
        hear(&line(r#""type":"send","key":"k","msg":7"#, number));
    });
    let poll = line(r#""type":"poll","offsets":{"k":300,"other":0}"#, 1);
    assert!(hear(&poll) > 1000, "there are messages to be shown");
    assert_eq!(measure(|| assert!(hear(&poll) > 1000)).count_total, 0);
}

#[test]
fn what_keeps_a_value_allocates_only_when_what_it_keeps_has_doubled() {
    let broadcast =
        allocations::<Broadcast>(&[], |number| format!(r#""type":"broadcast","message":{number}"#));
    assert!(broadcast <= GROWTH, "{broadcast}");
    let send = allocations::<Log>(&[], |number| format!(r#""type":"send","key":"k","msg":{number}"#));
    assert!(send <= GROWTH, "{send}");
}

/// serde_json asks for memory once when it steps over a list of lists, which a transaction is. A write keeps its value in
/// memory of its own, twice: in the register, and in the transaction, for nodes that do not have it yet.
#[test]
fn a_transaction_allocates_once_and_a_write_in_it_twice() {
    let read = allocations::<Txn>(&[], |_| r#""type":"txn","txn":[["r",1,null],["r",2,null]]"#.to_string());
    assert!(read <= REQUESTS, "{read}");
    let write =
        allocations::<Txn>(&[], |number| format!(r#""type":"txn","txn":[["w",{},{number}]]"#, number % 7));
    assert!(write <= 3 * REQUESTS + GROWTH, "{write}");
}
