//! What it costs while nothing is wrong: messages and latencies in virtual time are exact, so they are asserted.

use std::time::Duration;

use crate::load::{Figures, load, settled};

#[test]
fn an_operation_costs_few_messages_and_each_is_answered() {
    for (nodes, rate, latency_ms, round_ms, most_messages, most_ms) in [
        (5, 100.0, 0, 0, 4.2, 0),
        (5, 100.0, 10, 50, 1.6, 120),
        (3, 100.0, 0, 0, 2.2, 0),
        (3, 100.0, 10, 50, 1.0, 120),
        (5, 1000.0, 10, 0, 0.9, 70),
        (5, 1000.0, 50, 0, 1.0, 500),
    ] {
        let mut world = settled(nodes, latency_ms, round_ms, 1);
        let figures = load(&mut world, rate, 20, |_| {});
        println!("{nodes} nodes, {rate}/s, {latency_ms} ms, rounds of {round_ms} ms: {figures:?}");
        let Figures { unknown, messages_per_operation, median_write, .. } = figures;
        assert_eq!(unknown, 0);
        assert!(messages_per_operation <= most_messages);
        assert!(median_write <= Duration::from_millis(most_ms));
    }
}
