//! One of five nodes says what another has done next. While that one is in reach of whoever hears it, its own word comes first.
//!
//! The engine's docs ("Liars") say what remains to be trusted.

use machines::{Broadcast, Counter, Log, Machine, Txn};
use serde_json::{Value, json};

use crate::liar::World;

const SIZE: usize = 5;

/// Who is lied about, and its incarnation.
const VICTIM: usize = 1;
const INCARNATION: u64 = 2;

/// Who lies.
const LIAR: usize = 3;

/// Asks a node as a client, and gives the body of the answer.
#[track_caller]
fn ask<M: Machine>(world: &mut World<M>, node: usize, body: Value) -> Value {
    let answer = world.ask(node, &body.to_string());
    serde_json::from_slice::<Value>(&answer).expect("JSON")["body"].take()
}

/// In the message of this number: the victim's update of that number.
fn forged(number: u64, update: u64, payload: &Value) -> Value {
    let run = json!([VICTIM, INCARNATION, update, update, payload]);
    json!({"me": 4, "n": number, "vector": [[VICTIM, INCARNATION, update]], "runs": [run]})
}

/// The victim accepts twelve requests, and after the first three the liar forges the next, over and over, at the hub.
fn deceive<M: Machine>(request: fn(u64) -> Value, payload: Value) -> World<M> {
    let mut world = World::<M>::of(SIZE, LIAR);
    for number in 1..=3 {
        ask(&mut world, VICTIM, request(number));
        world.pass(4_000);
    }
    let mut lies = 0;
    for number in 4..=12 {
        for update in [number, number, number + 1] {
            lies += 1;
            world.lie(0, forged(lies, update, &payload));
            world.pass(90);
        }
        ask(&mut world, VICTIM, request(number));
    }
    world.pass(5_000);
    world
}

fn broadcast(number: u64) -> Value {
    json!({"type": "broadcast", "message": number})
}

/// Whether the node shows the number.
fn shows(world: &mut World<Broadcast>, node: usize, number: u64) -> bool {
    let read = ask(world, node, json!({"type": "read"}));
    read["messages"].as_array().expect("a list").contains(&json!(number))
}

#[test]
fn what_a_node_broadcasts_shows_everywhere_whatever_another_says_it_said() {
    let mut world = deceive::<Broadcast>(broadcast, json!(["a lie"]));
    for (node, number) in
        world.honest().into_iter().flat_map(|node| (1..=12).map(move |number| (node, number)))
    {
        assert!(shows(&mut world, node, number), "{number} at n{node}");
    }
}

#[test]
fn what_a_node_adds_counts_everywhere_whatever_another_says_it_added() {
    let mut world =
        deceive::<Counter>(|number| json!({"type": "add", "delta": number}), json!([1_000_000, 0]));
    for node in world.honest() {
        assert_eq!(ask(&mut world, node, json!({"type": "read"}))["value"], json!(78), "n{node}");
    }
}

#[test]
fn what_is_sent_to_a_node_is_logged_everywhere_whatever_another_says_was_sent() {
    let mut world = deceive::<Log>(
        |number| json!({"type": "send", "key": "k", "msg": number}),
        json!([["k", 1_000, "a lie"]]),
    );
    // What the liar does not hold is not shown.
    world.come_back(0, 500);
    world.lie(0, json!({"me": 500, "n": 1, "vector": [], "settled": [[VICTIM, INCARNATION, 12]]}));
    world.pass(5_000);
    for node in world.honest() {
        let polled = ask(&mut world, node, json!({"type": "poll", "offsets": {"k": 0}}))["msgs"]["k"].take();
        let polled = polled.as_array().expect("messages").iter().map(|pair| pair[1].clone());
        assert_eq!(polled.collect::<Vec<_>>(), (1..=12).map(Value::from).collect::<Vec<_>>(), "n{node}");
    }
}

#[test]
fn what_a_node_writes_is_read_everywhere_whatever_another_says_it_wrote() {
    let write = |number| json!({"type": "txn", "txn": [["w", number, number]]});
    let mut world = deceive::<Txn>(write, json!([[1_000, "k", 1]]));
    for (node, number) in
        world.honest().into_iter().flat_map(|node| (1..=12).map(move |number| (node, number)))
    {
        let read = ask(&mut world, node, json!({"type": "txn", "txn": [["r", number, null]]}));
        assert_eq!(read["txn"][0][2], json!(number), "{number} at n{node}");
    }
}

/// The liar tells another leaf, which tells the hub. That leaf does not hear the victim itself, so it believes.
#[test]
fn who_was_deceived_deceives_nobody_and_is_heard_all_the_same() {
    let mut world = World::<Broadcast>::of(SIZE, LIAR);
    ask(&mut world, VICTIM, broadcast(1));
    world.pass(4_000);
    for number in 2..=12 {
        world.lie(2, forged(number, number, &json!(["a lie"])));
        world.pass(300);
        ask(&mut world, VICTIM, broadcast(number));
        ask(&mut world, 2, broadcast(100 + number));
        world.pass(300);
    }
    world.pass(3_000);
    for number in 2..=12 {
        for node in [0, 1, 4] {
            assert!(shows(&mut world, node, number), "{number} at n{node}");
            assert!(shows(&mut world, node, 100 + number), "{} at n{node}", 100 + number);
        }
    }
}

/// What it was told the victim never says.
#[test]
fn who_believes_what_nobody_ever_said_is_heard_all_the_same() {
    let mut world = World::<Broadcast>::of(SIZE, LIAR);
    ask(&mut world, VICTIM, broadcast(1));
    world.pass(4_000);
    world.lie(2, forged(2, 2, &json!(["a lie"])));
    world.pass(300);
    ask(&mut world, 2, broadcast(100));
    world.pass(3_000);
    assert!([0, 1, 4].into_iter().all(|node| shows(&mut world, node, 100)));
}

/// A leaf, the liar, is heard by the hub, tells other updates of its own only to another leaf, and to the hub's questions, of
/// these numbers, replies in this way.
fn keep_from_the_hub(reply: fn(u64, Value) -> Option<Value>) {
    let mut world = World::<Broadcast>::of(SIZE, LIAR);
    let own = |first: u64, last: u64| {
        let updates: Vec<Value> = (first..=last).map(|number| json!(format!("a lie {number}"))).collect();
        json!({"me": 4, "n": last, "vector": [[LIAR, 4, last]], "own": [4, last], "runs": [[LIAR, 4, first, last, updates]]})
    };
    world.lie(0, own(1, 1));
    world.lie(2, own(1, 1));
    let mut told = 1;
    for number in 1..=40 {
        ask(&mut world, 2, broadcast(number));
        for _ in 0..10 {
            // So there is always something to acknowledge.
            ask(&mut world, VICTIM, broadcast(1_000 + told));
            told += 1;
            world.lie(2, own(told, told));
            world.pass(25);
            let heard: Value = serde_json::from_slice(&world.last_told[0]).unwrap_or_default();
            world.last_told[0].clear();
            let [ask, ack] = ["ask", "n"].map(|field| heard["body"][field].clone());
            // Whoever acknowledges nothing is out of reach, and does not speak for itself.
            if let Some(answer) = reply(told, ask.clone()).filter(|_| !ask.is_null() || !ack.is_null()) {
                let mut reply = if ask.is_null() { json!({}) } else { answer };
                (reply["me"], reply["you"]) = (json!(4), json!(1));
                if !ack.is_null() {
                    reply["ack"] = ack;
                }
                world.lie(0, reply);
            }
        }
        for late in 1..=number.saturating_sub(12) {
            assert!(shows(&mut world, 4, late), "{late} has not come in three seconds");
        }
    }
}

#[test]
fn who_denies_what_it_told_another_keeps_nobody_from_being_heard() {
    keep_from_the_hub(|_, ask| Some(json!({"own": [4, 1], "answer": ask})));
}

#[test]
fn who_does_not_bring_what_it_says_it_has_done_keeps_nobody_from_being_heard() {
    keep_from_the_hub(|told, ask| Some(json!({"own": [4, told], "answer": ask})));
}

#[test]
fn who_does_not_say_what_it_has_done_keeps_nobody_from_being_heard() {
    keep_from_the_hub(|_, ask| Some(json!({"answer": ask})));
}

#[test]
fn who_acknowledges_and_does_not_answer_keeps_nobody_from_being_heard() {
    keep_from_the_hub(|_, _| Some(json!({})));
}

#[test]
fn who_does_not_answer_keeps_nobody_from_being_heard() {
    keep_from_the_hub(|_, _| None);
}

fn cut(world: &mut World<Broadcast>, some: &[usize], others: &[usize]) {
    let pairs = some.iter().flat_map(|&one| others.iter().map(move |&other| (one, other)));
    world.cut.extend(pairs.flat_map(|(one, other)| [(one, other), (other, one)]));
}

#[test]
fn what_a_node_told_only_one_before_it_died_is_heard_by_all() {
    let mut world = World::<Broadcast>::of(SIZE, LIAR);
    ask(&mut world, VICTIM, broadcast(1));
    world.pass(2_000);
    cut(&mut world, &[VICTIM], &[0, 4]);
    ask(&mut world, VICTIM, broadcast(2));
    while !shows(&mut world, 2, 2) {
        world.pass(1);
    }
    cut(&mut world, &[VICTIM], &[2]);
    world.pass(2_000);
    assert!(shows(&mut world, 0, 2) && shows(&mut world, 4, 2));
}

#[test]
fn what_others_hold_of_a_life_that_ended_is_taken_though_the_node_is_back_and_speaks() {
    let mut world = World::<Broadcast>::of(SIZE, LIAR);
    ask(&mut world, VICTIM, broadcast(1));
    world.pass(2_000);
    cut(&mut world, &[VICTIM, 2], &[0, 4]);
    ask(&mut world, VICTIM, broadcast(2));
    world.pass(5_000);
    assert!(shows(&mut world, 2, 2) && !shows(&mut world, 0, 2));
    world.cut.clear();
    cut(&mut world, &[2], &[0, 1, 4]);
    world.start(VICTIM, 12);
    ask(&mut world, VICTIM, broadcast(3));
    world.pass(3_000);
    assert!(shows(&mut world, 0, 3));
    world.cut.clear();
    world.pass(5_000);
    assert!([0, 1, 4].into_iter().all(|node| shows(&mut world, node, 2)));
}
