//! What the benches share: the messages that they time.
//!
//! | bench | subject |
//! | --- | --- |
//! | `decode` | a line of each workload to a typed request, next to plain serde |
//! | `step` | a request to a reply, bytes in and bytes out, for machines that answer from what they know |
//!
//! `cargo bench -p benches` times, `cargo bench -p benches -- --test` only runs each once. Whatever is timed is checked
//! first: a wrong answer is not a fast one.

use machines::{Machine, Node, Outputs, Time};

/// A request of each workload, as the network delivers it: name of the workload and type, line.
pub const REQUESTS: [(&str, &str); 9] = [
    (
        "echo",
        r#"{"id":5012,"src":"c7","dest":"n3","body":{"echo":"Please echo 93","type":"echo","msg_id":104}}"#,
    ),
    ("generate", r#"{"id":5012,"src":"c7","dest":"n3","body":{"type":"generate","msg_id":104}}"#),
    (
        "broadcast",
        r#"{"id":5012,"src":"c7","dest":"n3","body":{"message":1031,"type":"broadcast","msg_id":104}}"#,
    ),
    ("read", r#"{"id":5012,"src":"c7","dest":"n3","body":{"type":"read","msg_id":104}}"#),
    ("add", r#"{"id":5012,"src":"c7","dest":"n3","body":{"delta":-3,"type":"add","msg_id":104}}"#),
    (
        "cas",
        r#"{"id":5012,"src":"c7","dest":"n3","body":{"key":3,"from":2,"to":4,"type":"cas","msg_id":104}}"#,
    ),
    ("send", r#"{"id":5012,"src":"c7","dest":"n3","body":{"key":"9","msg":311,"type":"send","msg_id":104}}"#),
    (
        "poll",
        r#"{"id":5012,"src":"c7","dest":"n3","body":{"offsets":{"11":31,"12":5,"4":700,"9":0},"type":"poll","msg_id":104}}"#,
    ),
    (
        "txn",
        r#"{"id":5012,"src":"c7","dest":"n3","body":{"txn":[["r",9,null],["w",8,41],["r",7,null],["w",9,6]],"type":"txn","msg_id":104}}"#,
    ),
];

/// The request with that name.
pub fn request(name: &str) -> &'static str {
    REQUESTS.iter().find(|(other, _)| *other == name).map(|(_, line)| *line).expect("one of the requests")
}

/// The node `n3` of the nodes `n0` to `n24`.
pub fn node<M: Machine>(config: M::Config) -> Node<M> {
    let names: Vec<String> = (0..25).map(|number| format!(r#""n{number}""#)).collect();
    let init = format!(
        r#"{{"src":"c0","dest":"n3","body":{{"type":"init","node_id":"n3","node_ids":[{}],"msg_id":1}}}}"#,
        names.join(",")
    );
    let mut node = Node::new(config, 7);
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, init.as_bytes(), &mut outputs).expect("init is a message");
    assert_eq!(outputs.lines().count(), 1, "init_ok and nothing else");
    node
}
