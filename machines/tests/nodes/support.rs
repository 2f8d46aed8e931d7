//! How tests talk with a node: `c1 {"type":"read"}` is a message from or to `c1`, whose other end is the node `n1`.

pub(crate) mod pair;

use machines::{Machine, Node, Outputs, Time};

/// The node `n1` of `n1`, `n2` and `n3`.
pub(crate) fn started<M: Machine<Config = ()>>(seed: u64) -> Node<M> {
    let mut node = Node::new((), seed);
    let init = r#"c0 {"type":"init","node_id":"n1","node_ids":["n1","n2","n3"],"msg_id":1}"#;
    assert_eq!(say(&mut node, init), [r#"c0 {"type":"init_ok","in_reply_to":1}"#]);
    node
}

/// Says something to the node; returns all that it says to that.
#[track_caller]
pub(crate) fn say<M: Machine>(node: &mut Node<M>, message: &str) -> Vec<String> {
    say_at(node, Time::ZERO, message)
}

/// The same, at a given time.
#[track_caller]
pub(crate) fn say_at<M: Machine>(node: &mut Node<M>, now: Time, message: &str) -> Vec<String> {
    let (src, body) = message.split_once(' ').expect("a name and a body");
    let line = format!(r#"{{"id":5,"src":"{src}","dest":"n1","body":{body}}}"#);
    let mut outputs = Outputs::default();
    node.on_line(now, line.as_bytes(), &mut outputs).expect(&line);
    said(&outputs)
}

/// What was said, in the same notation.
#[track_caller]
pub(crate) fn said(outputs: &Outputs) -> Vec<String> {
    let message = |line| {
        let line = str::from_utf8(line).expect("JSON is UTF-8");
        let inner = line.strip_prefix(r#"{"src":"n1","dest":""#).and_then(|line| line.strip_suffix('}'));
        inner.expect(line).replacen(r#"","body":"#, " ", 1)
    };
    outputs.lines().map(message).collect()
}
