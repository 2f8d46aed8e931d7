//! Ordinary messages are decoded without asking the allocator for anything.

use std::hint::black_box;

use allocation_counter::measure;
use protocol::{Body, Decode, Message, broadcast, counter, echo, kv, log, set, unique_ids};

/// How often decoding `body`, written with all that the network adds, asks the allocator for memory.
fn allocations(body: &str, request: fn(&Body<'static>)) -> u64 {
    let line = format!(r#"{{"id":123456,"src":"c17","dest":"n24","body":{body}}}"#).leak();
    measure(|| {
        let message = Message::decode(black_box(line.as_bytes())).expect("a message");
        request(&message.body);
    })
    .count_total
}

fn understood<'a, V: Decode<'a>>(body: &Body<'a>) {
    assert!(black_box(V::decode(body)).is_ok());
}

#[test]
fn ordinary_requests_are_decoded_without_allocating() {
    let none = [
        allocations(r#"{"type":"echo","echo":"Please echo 93","msg_id":1}"#, understood::<echo::Request<'_>>),
        allocations(r#"{"type":"generate","msg_id":1}"#, understood::<unique_ids::Request>),
        allocations(r#"{"type":"broadcast","message":123,"msg_id":1}"#, understood::<broadcast::Request<'_>>),
        allocations(r#"{"type":"read","msg_id":1}"#, understood::<broadcast::Request<'_>>),
        allocations(r#"{"element":7,"type":"add","msg_id":1}"#, understood::<set::Request<'_>>),
        allocations(r#"{"delta":-3,"type":"add","msg_id":1}"#, understood::<counter::Request>),
        allocations(r#"{"key":"9","msg":42,"type":"send","msg_id":1}"#, understood::<log::Request<'_>>),
        allocations(r#"{"key":1,"from":2,"to":3,"type":"cas","msg_id":1}"#, understood::<kv::Request<'_>>),
        allocations(
            r#"{"offsets":{"4":700,"9":0},"type":"poll","msg_id":1}"#,
            understood::<log::Request<'_>>,
        ),
    ];
    assert_eq!(none, [0; 9]);
}

#[test]
fn escapes_in_a_name_cost_an_allocation_so_the_counter_counts() {
    assert!(allocations(r#"{"type":"r\u0065ad"}"#, understood::<broadcast::Request<'_>>) > 0);
}
