//! The replication engine beside a twin so simple that one can see that it is right (`machines`, module `engine`, has
//! the protocol and the invariants).
//!
//! Real broadcast nodes, bytes in and bytes out, live through any schedule of requests, deliveries in any order,
//! duplicates, losses, time and restarts from nothing. Each has a [`twin`]: a set of updates that only grows by what its
//! node accepts and by what reaches it. After every step the node must show exactly what its twin holds, and that must
//! be causally closed; in the end, once the network is fair, all must hold the same and fall silent.

mod found;
mod merge;
mod twin;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use world::World;

/// What happens next. Positions count from the start again when they run over the end of what there is, so that any
/// part of a schedule is a schedule: failures shrink well.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A client asks a node to broadcast a value.
    Broadcast(usize, String),
    /// One of the messages in flight arrives.
    Deliver(usize),
    /// One of them will arrive once more.
    Duplicate(usize),
    /// One of them never arrives.
    Lose(usize),
    /// Time passes, and nodes wake.
    Wait(u64),
    /// A node is killed and started again.
    Restart(usize),
}

/// Any JSON value, often one that others broadcast too.
fn json() -> impl Strategy<Value = String> {
    let common = [
        "1",
        "\"1\"",
        "1.0",
        "null",
        "[]",
        "{}",
        "\"\"",
        r#""a\"],[\\""#,
        r#""\u0000\ud834\udd1e\/""#,
        r#"{ "a" : [ 1,2 ], "a":"b" }"#,
        "-0.5e-400",
        "123456789012345678901234567890",
    ];
    let leaf = prop_oneof![
        (-9..9_i64).prop_map(|number| number.to_string()),
        r#""[a-z,:\[\]{}č€ ]{0,6}""#,
        select(&["true", "false", "null", "1E3"]).prop_map(str::to_string),
    ];
    let any = leaf.prop_recursive(3, 12, 3, |inner| {
        let list = vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", ")));
        let object = vec(inner, 0..3).prop_map(|values| {
            let entries = values.iter().map(|value| format!("\"k\\n\": {value}"));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(" ,"))
        });
        prop_oneof![list, object]
    });
    prop_oneof![3 => select(common.to_vec()).prop_map(str::to_string), 2 => any]
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let position = 0..32_usize;
    prop_oneof![
        5 => (position.clone(), json()).prop_map(|(node, value)| Event::Broadcast(node, value)),
        12 => position.clone().prop_map(Event::Deliver),
        2 => position.clone().prop_map(Event::Duplicate),
        2 => position.clone().prop_map(Event::Lose),
        6 => (1..600_u64).prop_map(Event::Wait),
        1 => position.prop_map(Event::Restart),
    ]
}

pub(crate) fn happen(world: &mut World, event: &Event) {
    match event {
        Event::Broadcast(node, value) => world.broadcast(*node, value),
        Event::Deliver(position) => world.deliver(*position),
        Event::Duplicate(position) => world.duplicate(*position),
        Event::Lose(position) => world.lose(*position),
        Event::Wait(millis) => world.wait(*millis),
        Event::Restart(node) => world.restart(*node),
    }
}

/// The same cases every time: looking for new ones is the fuzzer's work.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn every_node_shows_what_its_twin_holds_and_in_the_end_all_hold_the_same(
        size in 1..=5_usize,
        fan_out in 1..=4_usize,
        round_ms in select(&[20_u64, 350, 1500]),
        events in vec(event(), 0..160),
    ) {
        let mut world = World::new(size, fan_out, round_ms);
        for event in &events {
            happen(&mut world, event);
        }
        world.assert_recovery();
    }
}
