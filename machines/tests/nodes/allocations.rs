//! What an ordinary request costs in steady state: the allocator is asked for nothing but the growth of what is kept, which
//! doubles each time.

use allocation_counter::measure;
use machines::{
    Broadcast, Counter, CounterKv, Echo, GSet, LinKv, Log, Machine, Node, Outputs, Time, Txn, UniqueIds,
};

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
    let add = r#""type":"add","element":7"#;
    assert_eq!(allocations::<GSet>(&[add], |_| r#""type":"read""#.to_string()), 0);
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
    let add = allocations::<GSet>(&[], |number| format!(r#""type":"add","element":{number}"#));
    assert!(add <= GROWTH, "{add}");
    let send = allocations::<Log>(&[], |number| format!(r#""type":"send","key":"k","msg":{number}"#));
    assert!(send <= GROWTH, "{send}");
}

/// A node keeps a transaction for others that do not have it yet, all of them in one text; a register keeps its value where the
/// last one was.
#[test]
fn a_transaction_allocates_only_when_what_is_kept_has_doubled() {
    let read = allocations::<Txn>(&[], |_| r#""type":"txn","txn":[["r",1,null],["r",2,null]]"#.to_string());
    assert_eq!(read, 0);
    let write = allocations::<Txn>(&[], |number| {
        let (one, other) = (number % 7, number % 5);
        format!(
            r#""type":"txn","txn":[["r",{one},null],["w",{one},{number}],["w",{other},{number}],["r",{other},null]]"#
        )
    });
    assert!(write <= GROWTH, "{write}");
}

/// Asking the store is the one thing that is not free of allocations: texts of keys and values, and the table of calls. It
/// is the store that such a node waits for.
#[test]
fn a_counter_in_the_store_allocates_so_often_a_save_and_not_more_in_the_long_run() {
    let mut node = Node::<CounterKv>::new((), 7);
    let mut outputs = Outputs::default();
    let mut hear = |line: &str| {
        outputs.clear();
        node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).expect("a message");
        node.on_wake(Time::ZERO, &mut outputs);
        outputs.lines().last().map(|line| String::from_utf8(line.to_vec()).expect("JSON is UTF-8"))
    };
    let called = |said: Option<String>| {
        let said = said.expect("a call");
        let id = said.split("\"msg_id\":").nth(1).and_then(|rest| rest.split(',').next()).map(str::to_string);
        id.expect("a call has a number")
    };
    let answer = |body: &str, id: &str| {
        format!(r#"{{"id":7,"src":"seq-kv","dest":"n1","body":{{{body},"in_reply_to":{id}}}}}"#)
    };
    hear(&line(r#""type":"init","node_id":"n1","node_ids":["n1"]"#, 1));
    let look = called(hear(&line(r#""type":"add","delta":1"#, 2)));
    let mut save = called(hear(&answer(r#""type":"error","code":20"#, &look)));
    let mut counts = Vec::new();
    for number in 0..100 {
        let add = line(r#""type":"add","delta":1"#, number);
        let done = answer(r#""type":"cas_ok""#, &save);
        let mut said = None;
        counts.push(
            measure(|| {
                hear(&add);
                said = hear(&done);
            })
            .count_total,
        );
        save = called(said);
    }
    assert!(counts[50..].iter().all(|count| *count == counts[50] && *count <= 20), "{counts:?}");
}

/// A leader of one: what it logs is dropped as it goes, so memory is asked for where a request is kept until it is applied.
#[test]
fn a_register_costs_a_few_allocations_a_request() {
    let mut node = Node::<LinKv>::new(LinKv::default_config(), 7);
    let mut outputs = Outputs::default();
    node.on_line(
        Time::ZERO,
        line(r#""type":"init","node_id":"n1","node_ids":["n1"]"#, 1).as_bytes(),
        &mut outputs,
    )
    .expect("a message");
    node.on_wake(Time::from_millis(100), &mut outputs);
    let mut hear = |line: &str| {
        outputs.clear();
        node.on_line(Time::from_millis(100), line.as_bytes(), &mut outputs).expect("a message");
        let answer = outputs.lines().next().expect("an answer");
        assert!(!answer.windows(5).any(|window| window == b"error"), "{}", String::from_utf8_lossy(answer));
    };
    let write =
        |number: u64| line(&format!(r#""type":"write","key":{},"value":{number}"#, number % 10), number);
    (0..REQUESTS).for_each(|number| hear(&write(number)));
    let lines: Vec<String> = (REQUESTS..2 * REQUESTS).map(write).collect();
    let writes = measure(|| lines.iter().for_each(|line| hear(line))).count_total;
    assert!(writes <= 4 * REQUESTS, "{writes} allocations for {REQUESTS} writes");
    let read = line(r#""type":"read","key":7"#, 1);
    let reads = measure(|| (0..REQUESTS).for_each(|_| hear(&read))).count_total;
    assert!(reads <= 2 * REQUESTS, "{reads} allocations for {REQUESTS} reads");
}
