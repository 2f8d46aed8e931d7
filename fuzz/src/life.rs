//! A node's whole life: any lines at any times. It never panics, all it says is messages, a node that was woken has
//! nothing left to be woken for, and a twin that lives the same life says the same.
//!
//! A life is text, one event a line, as in
//!
//! ```text
//! {"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n1","n2"],"msg_id":1}}
//! {"src":"c1","dest":"n1","body":{"type":"broadcast","message":7,"msg_id":1}}
//! +350
//! ```
//!
//! where `+350` lets 350 ms pass, in which the node is woken whenever it wants to be, and once more at their end. All other
//! lines are said to the node as they are, so the standard input of a real node is a life too.

use std::time::Duration;

use machines::{Machine, Node, Outputs, Time};
use protocol::Message;
use serde::de::IgnoredAny;

/// Lives that life, twice.
pub fn live<M: Machine>(life: &[u8]) {
    let mut twins = [Twin::<M>::new(), Twin::new()];
    for event in life.split(|&byte| byte == b'\n') {
        for twin in &mut twins {
            match passing(event) {
                Some(time) => twin.wait(time),
                None => drop(twin.node.on_line(twin.now, event, &mut twin.outputs)),
            }
        }
        let [one, other] = &mut twins;
        assert_eq!(one.outputs.bytes(), other.outputs.bytes(), "the same life, other words");
        one.outputs.lines().for_each(is_a_message);
        one.outputs.clear();
        other.outputs.clear();
    }
}

struct Twin<M: Machine> {
    node: Node<M>,
    now: Time,
    outputs: Outputs,
}

impl<M: Machine> Twin<M> {
    fn new() -> Self {
        Twin { node: Node::new(M::default_config(), 7), now: Time::ZERO, outputs: Outputs::default() }
    }

    fn wait(&mut self, time: Duration) {
        /// More than any machine needs; a node that is always due would make the fuzzer slow.
        const MAX_WAKES: usize = 100;
        let end = self.now + time;
        for _ in 0..MAX_WAKES {
            let Some(due) = self.node.deadline().filter(|&due| due < end) else { break };
            self.now = self.now.max(due);
            self.wake();
        }
        self.now = end;
        self.wake();
    }

    fn wake(&mut self) {
        self.node.on_wake(self.now, &mut self.outputs);
        let due = self.node.deadline();
        assert!(due.is_none_or(|due| due > self.now), "woken at {:?} and due at {due:?}", self.now);
    }
}

/// How long `+…` lets pass: up to a day, as time is not what these lives are to run out of.
fn passing(event: &[u8]) -> Option<Duration> {
    const MAX_MS: u64 = 86_400_000;
    let millis: u64 = str::from_utf8(event.strip_prefix(b"+")?).ok()?.parse().ok()?;
    Some(Duration::from_millis(millis.min(MAX_MS)))
}

/// Asserts that what the node says can be read by others.
fn is_a_message(line: &[u8]) {
    assert!(!line.contains(&b'\n'), "one message is one line");
    serde_json::from_slice::<IgnoredAny>(line).expect("JSON");
    Message::decode(line).expect("a message");
}
