//! One of three nodes lies, in every way that the form of a message allows. The other two neither fail nor grow nor lose
//! their rest, and what their clients told them reaches both.

use std::time::Duration;

use allocation_counter::measure;
use machines::engine::Pace;
use machines::{Broadcast, Counter, Log, Machine, Node, Outputs, Time, Txn};
use serde_json::{Value, json};

use crate::liar::{World, line};

/// Asks a node as a client, and gives the body of the answer.
#[track_caller]
fn ask<M: Machine>(world: &mut World<M>, node: usize, body: Value) -> Value {
    let answer = world.ask(node, &body.to_string());
    serde_json::from_slice::<Value>(&answer).expect("JSON")["body"].take()
}

/// 2⁵³, the largest number that everyone's JSON can hold.
const MOST: u64 = 1 << 53;

/// Everything about a message that can be wrong but its claims about what honest nodes hold. `update` is an update of
/// the machine as it travels in a run; where several updates are something else than a list of them, `many` says how.
fn lies(update: &Value) -> Vec<Value> {
    let run = |node: u64, incarnation: u64, first: u64, last: u64, updates: Value| json!({"me": 3, "n": 1, "vector": [], "runs": [[node, incarnation, first, last, updates]]});
    let one = || json!([update]);
    let invented: Vec<Value> = (0..100_000).map(|number| json!([number % 3, 1000 + number, 1])).collect();
    let unknown: Vec<Value> = (0..100_000).map(|number| json!([3 + number, 1, 1])).collect();
    let many = |count: u64| Value::from(vec![update.clone(); count as usize]);
    let mut lies = vec![
        run(3, 1, 1, 1, one()),
        run(u64::from(u32::MAX), u64::MAX, 1, 1, one()),
        run(2, 77, 0, 0, json!([])),
        run(2, 77, 2, 1, one()),
        run(2, 77, 1, 2, one()),
        run(2, 77, 1, u64::MAX, one()),
        run(2, 77, 0, u64::MAX, one()),
        run(2, 77, u64::MAX, u64::MAX, one()),
        run(2, 77, MOST, MOST, one()),
        run(2, 77, 1, MOST, json!([MOST])),
        run(2, 78, 1, MOST + 1, json!([MOST + 1])),
        run(2, 79, 1, 3, json!([0, 0, 3])),
        run(2, 79, 1, 4, json!([MOST, MOST])),
        run(2, 79, 1, 2, json!([u64::MAX, 0, 3])),
        run(0, 1, 1, 60, many(60)),
        run(1, 2, 1, 60, many(60)),
        run(2, 3, 1, 1, json!({})),
        run(2, 3, 1, 1, json!([[], {}, "x", null, -1])),
        json!({"me": 3, "n": 1, "vector": [], "runs": [[2, 5, 1, 1, one()], [2, 5, 1, 2, many(2)]]}),
        json!({"me": 3, "n": 1, "vector": [], "lost": [0, 1, 2, 2, 2, 3, u32::MAX], "under": [0, 1]}),
        json!({"me": 3, "lost": vec![1; 100_000], "under": vec![1; 100_000], "ask": 1, "again": true}),
        json!({"me": 3, "under": [], "ask": 1}),
        json!({"me": 3, "under": [0], "ask": 1}),
        json!({"me": 3, "under": [2]}),
        json!({"me": 3, "under": [1, 1]}),
        json!({"me": 3, "under": [u32::MAX, 0]}),
        json!({"me": 3, "n": 2, "vector": [], "settled": [[3, 1, 5], [2, 900, u64::MAX], [9, 9, 9]]}),
        json!({"me": 3, "vector": invented, "ask": 1}),
        json!({"me": 3, "vector": unknown, "ask": 1}),
        json!({"me": 3, "n": 3, "vector": invented, "settled": invented}),
        json!({"me": 3, "you": 1, "held_ms": u64::MAX, "wait_ms": u64::MAX, "answer": 1}),
        json!({"me": 3, "n": u64::MAX - 1, "vector": []}),
        json!({"me": 3, "n": u64::MAX, "runs": []}),
        json!({"me": 3, "n": u64::MAX, "vector": []}),
        json!({"me": 3, "n": 4, "again": true, "ask": 1, "answer": 1}),
    ];
    let lives = (4..300).map(|me| json!({"me": me, "n": 1, "vector": [], "runs": [[2, me, 1, 1, one()]]}));
    lies.extend(lives);
    lies
}

/// Claims to hold and to have heard what honest nodes have said: from the hub that would be believed.
fn claims() -> Vec<Value> {
    let all = json!([[0, 1, MOST], [1, 2, u64::MAX]]);
    vec![
        json!({"me": 500, "you": 1, "ack": u64::MAX, "held_ms": u64::MAX}),
        json!({"me": 500, "you": 2, "ack": u64::MAX, "held_ms": 0, "wait_ms": u64::MAX}),
        json!({"me": 500, "vector": all}),
        json!({"me": 500, "n": 1, "vector": [], "settled": all}),
        // Such a report counts for what the hub has heard of by then.
        json!({"me": 500, "n": 2, "settled": all}),
    ]
}

/// Has the liar say all that, and meanwhile each honest node be asked `request(1)`, `request(2)`, …
fn hear_lies<M: Machine>(liar: usize, lies: &[String], request: impl Fn(u64) -> Value) -> (World<M>, u64) {
    let mut world = World::<M>::new(liar);
    let (mut asked, mut lives) = (0, [None; 3]);
    for (position, lie) in lies.iter().enumerate() {
        for node in world.honest() {
            if position % 5 == 0 {
                asked += 1;
                let answer = ask(&mut world, node, request(asked));
                assert_ne!(answer["type"], "error", "after {position} lies: {answer}");
            }
            let life = serde_json::from_str::<Value>(lie).expect("JSON")["me"].as_u64().expect("a life");
            if lives[node].replace(life) != Some(life) {
                world.come_back(node, life);
            }
            world.lie(node, lie);
        }
        world.pass(37);
    }
    world.pass(5_000);
    (world, asked)
}

/// What a leaf can say, and what a hub can.
fn scenarios(update: &Value) -> [(usize, Vec<String>); 3] {
    let [lies, claims] =
        [lies(update), claims()].map(|lies| lies.iter().map(Value::to_string).collect::<Vec<String>>());
    let from_leaf = [&*lies, &*claims].concat();
    [(0, lies), (1, from_leaf.clone()), (2, from_leaf)]
}

#[test]
fn what_is_broadcast_at_honest_nodes_reaches_both() {
    for (liar, lies) in scenarios(&json!("a lie")) {
        let (mut world, asked) =
            hear_lies::<Broadcast>(liar, &lies, |number| json!({"type": "broadcast", "message": number}));
        for node in world.honest() {
            let answer = ask(&mut world, node, json!({"type": "read"}));
            let mut read: Vec<u64> =
                answer["messages"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
            read.sort_unstable();
            assert_eq!(read, (1..=asked).collect::<Vec<_>>(), "n{node} while n{liar} lies");
        }
    }
}

#[test]
fn what_is_counted_at_honest_nodes_is_the_same_at_both() {
    for (liar, lies) in scenarios(&json!(0)) {
        let (mut world, asked) =
            hear_lies::<Counter>(liar, &lies, |number| json!({"type": "add", "delta": number}));
        for node in world.honest() {
            let answer = ask(&mut world, node, json!({"type": "read"}));
            assert_eq!(answer["value"], json!(asked * (asked + 1) / 2), "n{node} while n{liar} lies");
        }
    }
}

/// A hub that lies keeps everything from becoming visible, so only leaves do here.
#[test]
fn what_is_sent_to_honest_nodes_is_logged_in_the_same_order_at_both() {
    for (liar, lies) in scenarios(&json!(["lie", 1_000_000, "a lie"])).into_iter().skip(1) {
        // The last claim, that everyone holds everything, makes it visible.
        let others = 3 - liar;
        let (mut world, asked) =
            hear_lies::<Log>(liar, &lies, |number| json!({"type": "send", "key": "k", "msg": number}));
        let all = json!([[0, 1, MOST], [others, others + 1, MOST]]);
        world.come_back(0, 501);
        world.lie(0, json!({"me": 501, "n": 1, "vector": [], "settled": all}));
        world.pass(5_000);
        let [one, other] = [0, others].map(|node| {
            ask(&mut world, node, json!({"type": "poll", "offsets": {"k": 0, "lie": 0}}))["msgs"]["k"].take()
        });
        assert_eq!(one, other);
        let mut sent: Vec<u64> = one
            .as_array()
            .expect("messages")
            .iter()
            .map(|pair| pair[1].as_u64().expect("a number"))
            .collect();
        sent.sort_unstable();
        assert_eq!(sent, (1..=asked).collect::<Vec<_>>(), "while n{liar} lies");
    }
}

#[test]
fn what_is_written_at_honest_nodes_is_the_same_at_both() {
    for (liar, lies) in scenarios(&json!([MOST - 1_000_000, "lie", 1])) {
        let write = |number| json!({"type": "txn", "txn": [["w", number, number], ["w", "last", number]]});
        let (mut world, asked) = hear_lies::<Txn>(liar, &lies, write);
        for node in world.honest() {
            for number in 1..=asked {
                let read = ask(&mut world, node, json!({"type": "txn", "txn": [["r", number, null]]}));
                assert_eq!(read["txn"][0][2], json!(number), "n{node} while n{liar} lies");
            }
        }
        let last = world.honest().into_iter().map(|node| {
            ask(&mut world, node, json!({"type": "txn", "txn": [["r", "last", null]]}))["txn"].take()
        });
        let last: Vec<Value> = last.collect();
        assert_eq!(last[0], last[1]);
    }
}

#[test]
fn a_hub_that_waits_for_ever_moves_rounds_and_nothing_else() {
    let mut world = World::<Broadcast>::new(0);
    for (number, wait_ms) in [u64::MAX, u64::MAX, MOST, 399].into_iter().enumerate() {
        ask(&mut world, 1, json!({"type": "broadcast", "message": number}));
        world.pass(500);
        world.lie(1, json!({"me": 1, "you": 2, "ack": number + 1, "held_ms": 0, "wait_ms": wait_ms}));
    }
    ask(&mut world, 1, json!({"type": "broadcast", "message": "the last"}));
    let rounds = world.nodes[1].deadline().expect("it has something to say").since(world.now);
    assert!(rounds <= Pace::default().round, "{rounds:?}");
}

/// What makes up offsets, stamps, terms and indices near the end of all numbers, and in all of the last half of them.
const POISON: [u64; 6] = [MOST, MOST - 1, MOST - 7, MOST / 2 + 1_000_000_000, MOST / 2, u64::MAX];

/// Everything that was asked is taken, here and at the other honest node, and what each answers is below 2⁵³.
#[test]
fn made_up_offsets_fill_no_log() {
    let mut world = World::<Log>::new(2);
    for (number, offset) in (1..).zip(POISON) {
        for node in [0, 1] {
            let sends = json!([["k", offset, "a lie"]]);
            world.lie(
                node,
                json!({"me": 3, "n": number, "vector": [], "runs": [[2, 3 + number, 1, 1, sends]]}),
            );
            let sent = ask(&mut world, node, json!({"type": "send", "key": "k", "msg": number}));
            assert!(sent["offset"].as_u64().is_some_and(|offset| offset < MOST), "{offset}: {sent}");
        }
        world.pass(1_000);
    }
    world.come_back(0, 500);
    world.lie(0, json!({"me": 500, "n": 1, "vector": [], "settled": [[0, 1, MOST], [1, 2, MOST]]}));
    world.pass(5_000);
    let polled = [0, 1].map(|node| {
        let polled = ask(&mut world, node, json!({"type": "poll", "offsets": {"k": 0}}))["msgs"]["k"].take();
        polled.as_array().expect("messages").iter().filter(|pair| pair[1].is_u64()).count()
    });
    assert_eq!(polled, [2 * POISON.len(); 2]);
}

#[test]
fn made_up_stamps_end_no_writing() {
    let mut world = World::<Txn>::new(2);
    for (number, counter) in (1..).zip(POISON) {
        for node in [0, 1] {
            let lie = json!([[counter, "x", "a lie"]]);
            world
                .lie(node, json!({"me": 3, "n": number, "vector": [], "runs": [[2, 3 + number, 1, 1, lie]]}));
            let key = format!("{number} {node}");
            let write = json!({"type": "txn", "txn": [["w", "x", number], ["w", key, 1]]});
            assert_eq!(ask(&mut world, node, write)["type"], "txn_ok", "{counter}");
        }
        world.pass(1_000);
    }
    world.pass(5_000);
    for node in [0, 1] {
        let read = ask(&mut world, node, json!({"type": "txn", "txn": [["r", "x", null]]}));
        assert_eq!(read["txn"][0][2], POISON.len(), "the last write wins at n{node}");
        for (number, writer) in (1..=POISON.len()).flat_map(|number| [(number, 0), (number, 1)]) {
            let key = format!("{number} {writer}");
            let read = ask(&mut world, node, json!({"type": "txn", "txn": [["r", key, null]]}));
            assert_eq!(read["txn"][0][2], 1, "{key} at n{node}");
        }
    }
}

/// A node that was started long after another, and hears of that one numbers that it does not believe yet, does once it is as
/// old as that one was.
#[test]
fn what_an_old_node_believes_a_young_one_believes_when_it_is_as_old() {
    let mut world = World::<Txn>::new(2);
    let an_hour = Duration::from_secs(3_600);
    world.now = Time::ZERO + an_hour;
    let line = |counter: u64| {
        let gossip = json!({"me": 3, "n": 1, "vector": [], "runs": [[2, 3, 1, 1, [[counter, "x", 1]]]]});
        line(2, 0, gossip)
    };
    let beyond = MOST / 2 + (1 << 14) * 3_600_000;
    let read_after = |counter, up: Duration| {
        let mut node = world.nodes[0].clone();
        node.on_line(Time::ZERO + up, line(counter).as_bytes(), &mut Outputs::default()).expect("a message");
        let mut outputs = Outputs::default();
        let read = br#"{"src":"c1","dest":"n0","body":{"type":"txn","txn":[["r","x",null]]}}"#;
        node.on_line(Time::ZERO + up, read, &mut outputs).expect("a message");
        String::from_utf8_lossy(outputs.bytes()).contains(r#"["r","x",1]"#)
    };
    assert!(read_after(beyond, an_hour) && !read_after(beyond + 1, an_hour));
    assert!(!read_after(beyond, an_hour - Duration::from_millis(1)));
}

/// In ten years liars get to the end. Then writes are refused in words, and all else goes on.
#[test]
fn where_there_is_no_next_number_writes_are_refused_and_reads_are_not() {
    let ten_years = Time::ZERO + Duration::from_secs(10 * 365 * 86_400);
    let mut world = World::<Log>::new(2);
    world.now = ten_years;
    let full = json!([["full", MOST, 1], ["nearly", MOST - 7, 2]]);
    world.lie(0, json!({"me": 3, "n": 1, "vector": [], "runs": [[2, 3, 1, 2, full]]}));
    let mut send = |key: &str| ask(&mut world, 0, json!({"type": "send", "key": key, "msg": 1}));
    assert_eq!(send("full")["code"], 14);
    let offsets: Vec<Option<u64>> = (0..4).map(|_| send("nearly")["offset"].as_u64()).collect();
    let refused = offsets.iter().filter(|offset| offset.is_none()).count();
    assert!(offsets.iter().flatten().all(|&offset| offset <= MOST), "{offsets:?}");
    assert!(refused > 0 && refused < 4, "{offsets:?}");
    assert_eq!(send("other")["type"], "send_ok");
    let mut world = World::<Txn>::new(2);
    world.now = ten_years;
    world.lie(0, json!({"me": 3, "n": 1, "vector": [], "runs": [[2, 3, 1, 1, [[MOST, "x", 1]]]]}));
    let refusal = ask(&mut world, 0, json!({"type": "txn", "txn": [["r", "x", null], ["w", "x", 2]]}));
    assert_eq!(refusal["code"], 14, "{refusal}");
    let read = ask(&mut world, 0, json!({"type": "txn", "txn": [["r", "x", null]]}));
    assert_eq!(read["txn"], json!([["r", "x", 1]]));
}

/// The most memory that a node takes to hear `line`, and what it keeps of that, in bytes for each byte of the line.
fn cost<M: Machine>(gossip: Value) -> (u64, u64) {
    let mut world = World::<M>::new(2);
    let line = line(2, 0, gossip);
    let mut outputs = Outputs::default();
    let node = &mut world.nodes[0];
    let cost = measure(|| drop(node.on_line(Time::ZERO, line.as_bytes(), &mut outputs)));
    let length = line.len() as u64;
    (cost.bytes_max / length, u64::try_from(cost.bytes_current).unwrap_or(0) / length)
}

#[test]
fn what_a_message_costs_is_in_proportion_to_its_length() {
    const COUNT: u64 = 100_000;
    let run = |updates: Vec<Value>, count: u64| json!({"me": 3, "n": 1, "vector": [], "runs": [[2, 3, 1, count, updates]]});
    let alternating = |update: Value| {
        run((0..COUNT).map(|number| if number % 2 == 0 { json!(1) } else { update.clone() }).collect(), COUNT)
    };
    let origins: Vec<Value> = (0..COUNT).map(|number| json!([number % 3, 1000 + number, 1])).collect();
    let runs: Vec<Value> = (0..COUNT).map(|number| json!([number % 3, 1000 + number, 1, 1, [1]])).collect();
    for (name, (most, kept)) in [
        ("log, many gone", cost::<Log>(run(vec![json!(1); COUNT as usize], COUNT))),
        ("log, none gone", cost::<Log>(run(vec![json!(0); COUNT as usize], 1))),
        ("log, commits", cost::<Log>(alternating(json!({})))),
        ("log, sends", cost::<Log>(run(vec![json!(["", 0, 0]); COUNT as usize], COUNT))),
        ("log, runs", cost::<Log>(json!({"me": 3, "n": 1, "vector": origins, "runs": runs}))),
        ("txn, many gone", cost::<Txn>(run(vec![json!(1); COUNT as usize], COUNT))),
        ("txn, transactions", cost::<Txn>(alternating(json!([1])))),
        ("txn, runs", cost::<Txn>(json!({"me": 3, "n": 1, "vector": origins, "runs": runs}))),
        (
            "broadcast, vector",
            cost::<Broadcast>(json!({"me": 3, "n": 1, "vector": origins, "settled": origins})),
        ),
        ("broadcast, runs", cost::<Broadcast>(json!({"me": 3, "n": 1, "vector": origins, "runs": runs}))),
        ("counter, lost", cost::<Counter>(json!({"me": 3, "lost": vec![1; COUNT as usize]}))),
    ] {
        println!("{name}: {most} bytes for a byte, {kept} kept");
        assert!(most <= 64 && kept <= 64, "{name}: {most} bytes for a byte, {kept} kept");
    }
}

/// The liar, itself the hub's child, makes up lives of the other child, in one message more than there is room for.
#[test]
fn made_up_lives_of_a_node_do_not_keep_its_real_one_out_where_it_speaks_for_itself() {
    let mut world = World::<Broadcast>::new(2);
    let lives: Vec<Value> = (0..60_000).map(|number| json!([1, 1000 + number, 1, 1, [1]])).collect();
    world.lie(0, json!({"me": 3, "n": 1, "vector": [], "runs": lives}));
    ask(&mut world, 1, json!({"type": "broadcast", "message": "the truth"}));
    world.pass(5_000);
    let read = ask(&mut world, 0, json!({"type": "read"}));
    assert!(read["messages"].as_array().expect("a list").contains(&json!("the truth")));
}

/// Offsets that go down are a lie, but those of two sides of a long partition look no better to whoever hears both.
#[test]
fn messages_in_the_worst_order_take_no_longer_than_their_number_says() {
    const COUNT: u64 = 300_000;
    let mut world = World::<Log>::new(2);
    let sends: Vec<Value> = (0..COUNT).rev().map(|offset| json!(["k", offset, 0])).collect();
    let began = std::time::Instant::now();
    world.lie(0, json!({"me": 3, "n": 1, "vector": [], "runs": [[2, 3, 1, COUNT, sends]]}));
    // Moving each past all others would take a minute.
    assert!(began.elapsed() < Duration::from_secs(10));
    world.lie(0, json!({"me": 3, "n": 2, "settled": [[2, 3, COUNT]]}));
    world.pass(100);
}

/// Clients can be out of their minds too.
#[test]
fn a_transaction_of_more_operations_than_anyone_needs_is_refused_and_changes_nothing() {
    let mut world = World::<Txn>::new(2);
    for (operations, kind) in [(4096, "txn_ok"), (4097, "error")] {
        let writes: Vec<Value> = (0..operations).map(|key| json!(["w", key, operations])).collect();
        assert_eq!(ask(&mut world, 0, json!({"type": "txn", "txn": writes}))["type"], kind);
    }
    let read = ask(&mut world, 0, json!({"type": "txn", "txn": [["r", 7, null]]}));
    assert_eq!(read["txn"][0][2], 4096);
}

#[test]
fn a_poll_that_asks_for_the_same_log_a_million_times_gets_no_endless_answer() {
    let mut outputs = Outputs::default();
    let mut node = Node::<Log>::new(Log::default_config(), 1);
    let mut hear = |body: &str| {
        outputs.clear();
        let line = format!(r#"{{"src":"c1","dest":"n0","body":{body}}}"#);
        node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).expect("a message");
        outputs.bytes().len()
    };
    hear(r#"{"type":"init","node_id":"n0","node_ids":["n0"]}"#);
    hear(&format!(r#"{{"type":"send","key":"k","msg":"{}"}}"#, "x".repeat(1 << 20)));
    let polled = format!(r#"{{"type":"poll","offsets":{{{}"k":0}}}}"#, r#""k":0,"#.repeat(1_000_000));
    let length = hear(&polled);
    assert!((16 << 20..18 << 20).contains(&length), "{length} bytes");
}
