//! Two nodes beside each other.

use machines::engine::Pace;
use machines::{Machine, Node, Outputs, Time};

/// Lines that are longer are long.
const MIB: usize = 1 << 20;

/// `n0` and `n1`, who hear from each other at once, or not at all.
pub(crate) struct Pair<M: Machine<Config = Pace>> {
    now: Time,
    /// Both of them.
    pub(crate) nodes: [Node<M>; 2],
    /// Whether nothing arrives any more.
    pub(crate) is_cut: bool,
    /// Whether a long line is the last that arrives.
    pub(crate) breaks: bool,
    /// Bytes of the longest line between them.
    pub(crate) longest: usize,
}

impl<M: Machine<Config = Pace>> Pair<M> {
    /// Two nodes that have been started.
    pub(crate) fn new() -> Self {
        let nodes = [0, 1].map(|position| started(position, position as u64));
        Pair { now: Time::ZERO, nodes, is_cut: false, breaks: false, longest: 0 }
    }

    /// A client asks; returns the answer's body.
    pub(crate) fn ask(&mut self, node: usize, body: &str) -> String {
        let line = format!(r#"{{"src":"c1","dest":"n{node}","body":{body}}}"#);
        self.tell(node, line.as_bytes()).expect("clients are answered at once")
    }

    fn tell(&mut self, node: usize, line: &[u8]) -> Option<String> {
        let mut outputs = Outputs::default();
        self.nodes[node].on_line(self.now, line, &mut outputs).expect("a message");
        self.deliver(&outputs)
    }

    fn deliver(&mut self, outputs: &Outputs) -> Option<String> {
        let mut answer = None;
        for line in outputs.lines() {
            let text = str::from_utf8(line).expect("JSON is UTF-8");
            match text.split_once(r#","dest":"n"#) {
                Some((_, rest)) => {
                    self.longest = self.longest.max(line.len());
                    let dest = usize::from(rest.starts_with('1'));
                    if !self.is_cut {
                        self.is_cut = self.breaks && line.len() > MIB;
                        self.tell(dest, line);
                    }
                }
                None => answer = Some(text.to_owned()),
            }
        }
        answer
    }

    /// Lets so many rounds pass.
    pub(crate) fn rounds(&mut self, count: u32) {
        let end = self.now + M::default_config().round * count;
        while self.now < end {
            self.now += M::default_config().round / 20;
            for node in 0..2 {
                let mut outputs = Outputs::default();
                self.nodes[node].on_wake(self.now, &mut outputs);
                self.deliver(&outputs);
            }
        }
    }
}

/// A node that has been started, as `n0` or `n1`.
pub(crate) fn started<M: Machine<Config = Pace>>(position: usize, seed: u64) -> Node<M> {
    let mut node = Node::new(M::default_config(), seed << 40);
    let init = format!(
        r#"{{"src":"c0","dest":"n{position}","body":{{"type":"init","node_id":"n{position}","node_ids":["n0","n1"]}}}}"#
    );
    node.on_line(Time::ZERO, init.as_bytes(), &mut Outputs::default()).expect("a message");
    node
}
