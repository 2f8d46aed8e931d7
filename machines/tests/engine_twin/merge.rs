//! Merging is a union: in whatever order messages come, and however often, they make the same of a replica.

use machines::engine::Pace;
use machines::{Broadcast, Node, Outputs, Time};
use proptest::prelude::*;

use crate::world::World;
use crate::{Event, config, event, happen};

/// The node that all the messages are for. It is not there while they are made.
const RECEIVER: usize = 0;

/// What the others say to the receiver, who does not answer, while `events` happen to them.
fn messages(size: usize, fan_out: usize, events: &[Event]) -> Vec<Vec<u8>> {
    let mut world = World::new(size, fan_out, 350);
    for (count, event) in events.iter().enumerate() {
        match event {
            // Different values, so that sets can be compared.
            Event::Broadcast(node, _) => world.broadcast(1 + node % (size - 1), &count.to_string()),
            Event::Deliver(position) => world.deliver_unless_to(RECEIVER, *position),
            Event::Wait(_) => happen(&mut world, event),
            Event::Duplicate(_) | Event::Lose(_) | Event::Restart(_) => {}
        }
    }
    world.in_flight_to(RECEIVER)
}

/// A receiver that has heard nothing yet.
fn receiver(size: usize, fan_out: usize) -> Node<Broadcast> {
    let mut node = Node::new(Pace { fan_out, ..Pace::default() }, u64::MAX);
    let names: Vec<String> = (0..size).map(|position| format!(r#""n{position}""#)).collect();
    let init = format!(r#"{{"type":"init","node_id":"n0","node_ids":[{}]}}"#, names.join(","));
    take(&mut node, format!(r#"{{"src":"c1","dest":"n0","body":{init}}}"#).as_bytes());
    node
}

fn take(node: &mut Node<Broadcast>, line: &[u8]) -> Outputs {
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, line, &mut outputs).expect("a message");
    outputs
}

/// The values that a node shows, sorted.
fn shows(node: &mut Node<Broadcast>) -> Vec<u64> {
    let said = take(node, br#"{"src":"c1","dest":"n0","body":{"type":"read"}}"#);
    let reply: serde_json::Value = serde_json::from_slice(said.bytes()).expect("a read is answered");
    let values = reply["body"]["messages"].as_array().expect("with a list").iter();
    let mut values: Vec<u64> = values.map(|value| value.as_u64().expect("of these values")).collect();
    values.sort_unstable();
    values
}

/// What a receiver shows that is given these messages again and again. Each time at least one more of them follows on what
/// was taken, as long as any does, whether it has news or not.
fn merge(mut node: Node<Broadcast>, messages: &[Vec<u8>]) -> Vec<u64> {
    for _ in messages {
        let before = format!("{node:?}");
        for message in messages {
            let before = shows(&mut node);
            take(&mut node, message);
            let after = shows(&mut node);
            assert!(after.windows(2).all(|pair| pair[0] < pair[1]), "a value is there twice: {after:?}");
            assert!(
                before.iter().all(|value| after.contains(value)),
                "a value is gone: {before:?} {after:?}"
            );
        }
        if format!("{node:?}") == before {
            break;
        }
    }
    shows(&mut node)
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn messages_in_any_order_and_any_number_make_the_same_set(
        size in 2..=4_usize,
        fan_out in 1..=3_usize,
        events in proptest::collection::vec(event(), 0..80),
        keys in proptest::collection::vec(any::<u8>(), 32),
    ) {
        let in_order = messages(size, fan_out, &events);
        let mut shuffled: Vec<_> = in_order.iter().cloned().zip(keys.iter().cycle()).collect();
        shuffled.sort_by_key(|&(_, key)| key);
        let shuffled: Vec<Vec<u8>> = shuffled.into_iter().map(|(message, _)| message).collect();
        let twice: Vec<Vec<u8>> = in_order.iter().flat_map(|message| [message.clone(), message.clone()]).collect();

        let expected = merge(receiver(size, fan_out), &in_order);
        prop_assert_eq!(merge(receiver(size, fan_out), &shuffled), expected.clone(), "shuffled");
        prop_assert_eq!(merge(receiver(size, fan_out), &twice), expected, "twice");
    }
}
