//! A liar, itself a leaf of four nodes, makes up lives of others, tens of thousands in a message. The others talk no more than
//! they did, and a node that really comes back from nothing is heard by all.
//!
//! The engine's docs ("Liars") say what remains to be trusted.

use machines::{Broadcast, Counter, Log, Machine, Txn};
use serde_json::{Value, json};

use crate::liar::World;

const SIZE: usize = 4;
const LIAR: usize = 2;

/// Honest nodes say to each other no more than so many times what they say when nobody lies.
const FACTOR: usize = 3;

/// A message, of that number, with so many lives of the node, each with this payload.
fn lives(number: u64, node: usize, count: u64, payload: &Value) -> Value {
    let life = |life: u64| 1000 + 100_000 * number + life;
    let counts: Vec<Value> = (0..count).map(|it| json!([node, life(it), 1])).collect();
    let runs: Vec<Value> = (0..count).map(|it| json!([node, life(it), 1, 1, payload])).collect();
    json!({"me": 3, "n": number, "vector": counts, "settled": counts, "runs": runs})
}

/// What honest nodes say to each other in half a minute, in which a liar sends so many such messages to each of them.
fn traffic<M: Machine>(request: fn(u64) -> Value, payload: &Value, lies: u64) -> usize {
    let mut world = World::<M>::of(SIZE, LIAR);
    world.pass(2_000);
    let before = world.honest_bytes;
    for number in 1..=300 {
        for node in world.honest() {
            world.ask(node, &request(number).to_string());
            if number <= lies {
                let about = (number as usize + node) % SIZE;
                world.lie(node, lives(number, about, 5_000, payload));
            }
        }
        world.pass(100);
    }
    world.honest_bytes - before
}

fn assert_traffic_is_ordinary<M: Machine>(machine: &str, request: fn(u64) -> Value, payload: Value) {
    let [without, with] = [0, 6].map(|lies| traffic::<M>(request, &payload, lies));
    println!("{machine}: {without} bytes, and {with} while one lies");
    assert!(with <= FACTOR * without, "{machine}: {without} bytes, and {with} while one lies");
}

#[test]
fn made_up_lives_cost_broadcast_no_more_than_so_much() {
    let request = |number| json!({"type": "broadcast", "message": number});
    assert_traffic_is_ordinary::<Broadcast>("broadcast", request, json!(["a lie"]));
}

#[test]
fn made_up_lives_cost_a_counter_no_more_than_so_much() {
    assert_traffic_is_ordinary::<Counter>("counter", |_| json!({"type": "add", "delta": 1}), json!([1, 0]));
}

#[test]
fn made_up_lives_cost_a_log_no_more_than_so_much() {
    let request = |number| json!({"type": "send", "key": "k", "msg": number});
    assert_traffic_is_ordinary::<Log>("log", request, json!([["k", 7, "a lie"]]));
}

#[test]
fn made_up_lives_cost_transactions_no_more_than_so_much() {
    let request = |number| json!({"type": "txn", "txn": [["w", number, number]]});
    assert_traffic_is_ordinary::<Txn>("txn", request, json!([[7, "k", 1]]));
}

/// The liar tells everyone of lives of the node, before it comes back and after.
#[test]
fn what_a_node_says_after_it_really_came_back_is_heard_by_all_whoever_makes_up_lives_of_it() {
    let mut world = World::<Broadcast>::of(SIZE, LIAR);
    let ask = |world: &mut World<Broadcast>, node: usize, body: Value| world.ask(node, &body.to_string());
    for life in 1..=5 {
        for node in world.honest() {
            for number in 4 * life..4 * life + 3 {
                world.lie(node, lives(number, 1, 5_000, &json!(["a lie"])));
            }
        }
        world.pass(500);
        world.start(1, 10 + life);
        ask(&mut world, 1, json!({"type": "broadcast", "message": format!("the truth {life}")}));
        world.pass(5_000);
        for node in world.honest() {
            let read = ask(&mut world, node, json!({"type": "read"}));
            let read = String::from_utf8_lossy(&read).into_owned();
            assert!(read.contains(&format!("the truth {life}")), "n{node} lacks what life {life} said");
        }
    }
}
