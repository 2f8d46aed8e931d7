//! A node whose whole cluster is out of reach, as after a partition that leaves it alone, or a list of names of which nobody
//! was started.

use machines::{Broadcast, Machine, Node, Outputs, Time};

const SECOND: u64 = 1_000_000_000;

/// How many messages a node sends in ten seconds, half a minute after a client gave it something that nobody wants to hear.
fn messages_in_ten_seconds(nodes: usize, position: usize) -> usize {
    let mut node = Node::<Broadcast>::new(Broadcast::default_config(), 7);
    let names: Vec<String> = (0..nodes).map(|number| format!("\"n{number}\"")).collect();
    let init = format!(r#""type":"init","node_id":"n{position}","node_ids":[{}]"#, names.join(","));
    let mut outputs = Outputs::default();
    for body in [&init, r#""type":"broadcast","message":1"#] {
        let line = format!(r#"{{"src":"c1","dest":"n{position}","body":{{{body}}}}}"#);
        node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).expect("a message");
    }
    let (from, to) = (30 * SECOND, 40 * SECOND);
    let mut sent = 0;
    while let Some(now) = node.deadline().filter(|deadline| deadline.as_nanos() < to) {
        outputs.clear();
        node.on_wake(now, &mut outputs);
        sent += if now.as_nanos() < from { 0 } else { outputs.lines().count() };
    }
    sent
}

#[test]
fn however_many_are_out_of_reach_a_node_does_not_keep_the_network_busy_with_calling_them() {
    for position in [0, 1, 700] {
        let few = messages_in_ten_seconds(25, position % 25);
        let many = messages_in_ten_seconds(10_000, position);
        assert!(few > 0 && few < 1000, "n{position}: {few} in ten seconds among 25");
        assert!(many < 2500, "n{position}: {many} in ten seconds among 10,000");
    }
}
