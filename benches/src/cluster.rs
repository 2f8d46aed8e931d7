//! Nodes in memory, and a network between them that takes no time.

use machines::{Machine, Node, Outputs, Time};

/// Node `me` of so many, after its `init`.
pub fn node<M: Machine>(me: usize, size: usize) -> Node<M> {
    let names: Vec<String> = (0..size).map(|number| format!(r#""n{number}""#)).collect();
    let init = format!(
        r#"{{"src":"c0","dest":"n{me}","body":{{"type":"init","node_id":"n{me}","node_ids":[{}],"msg_id":1}}}}"#,
        names.join(",")
    );
    let mut node = Node::new(M::default_config(), me as u64 * 2048 + 7);
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, init.as_bytes(), &mut outputs).expect("init is a message");
    assert_eq!(outputs.lines().count(), 1, "init_ok and nothing else");
    node
}

/// The answer to a request.
pub fn ask<M: Machine>(node: &mut Node<M>, line: &str) -> String {
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).expect("a message");
    let mut lines = outputs.lines();
    let answer = lines.next().expect("an answer");
    assert!(lines.next().is_none(), "one answer");
    String::from_utf8(answer.to_vec()).expect("JSON is UTF-8")
}

/// Nodes that know each other.
#[derive(Clone, Debug)]
pub struct Cluster<M: Machine> {
    nodes: Vec<Node<M>>,
    now: Time,
}

impl<M: Machine> Cluster<M> {
    /// So many nodes.
    pub fn new(size: usize) -> Self {
        let mut cluster = Cluster { nodes: (0..size).map(|me| node(me, size)).collect(), now: Time::ZERO };
        cluster.settle();
        cluster
    }

    /// The node at this position.
    pub fn node(&mut self, position: usize) -> &mut Node<M> {
        &mut self.nodes[position]
    }

    /// Says this to the node at this position, and forgets the answer.
    pub fn tell(&mut self, position: usize, line: &str) {
        let mut outputs = Outputs::default();
        self.nodes[position].on_line(self.now, line.as_bytes(), &mut outputs).expect("a message");
    }

    /// Lets time pass and messages travel until everyone is silent for good; says how many messages that were.
    pub fn settle(&mut self) -> usize {
        let mut messages = 0;
        let mut outputs = Outputs::default();
        while let Some(deadline) = self.nodes.iter().filter_map(Node::deadline).min() {
            self.now = self.now.max(deadline);
            for node in &mut self.nodes {
                node.on_wake(self.now, &mut outputs);
            }
            while !outputs.is_empty() {
                let mut answers = Outputs::default();
                for line in outputs.lines() {
                    messages += 1;
                    self.nodes[recipient(line)].on_line(self.now, line, &mut answers).expect("a message");
                }
                outputs = answers;
            }
        }
        messages
    }
}

/// Whom a node's line is for: `{"src":"n1","dest":"n23",…`.
fn recipient(line: &[u8]) -> usize {
    let text = str::from_utf8(line).expect("JSON is UTF-8");
    let digits = text.split("\"dest\":\"n").nth(1).and_then(|rest| rest.split('"').next());
    digits.and_then(|digits| digits.parse().ok()).expect("nodes speak to nodes here")
}

/// What the last of two nodes says to the first when it has taken these requests and its round has come.
pub fn delta<M: Machine>(body: impl Fn(usize) -> String, count: usize) -> String {
    let mut sender = sender::<M>(body, count);
    let mut outputs = Outputs::default();
    speak(&mut sender, &mut outputs);
    let line = outputs.lines().find(|line| recipient(line) == 0).expect("there is news");
    let line = String::from_utf8(line.to_vec()).expect("JSON is UTF-8");
    assert!(line.contains("\"runs\":[["), "{line}");
    line
}

/// The last of two nodes, with news of so many updates.
pub fn sender<M: Machine>(body: impl Fn(usize) -> String, count: usize) -> Node<M> {
    let mut sender = node::<M>(1, 2);
    for number in 0..count {
        ask(&mut sender, &crate::requests::line(&body(number), number));
    }
    sender
}

/// Wakes a node at its deadline.
pub fn speak<M: Machine>(node: &mut Node<M>, outputs: &mut Outputs) {
    let deadline = node.deadline().expect("it has something to say");
    node.on_wake(deadline, outputs);
}
