//! What a client says may be nested, but not so deep that whoever is sent it later cannot read it.

use machines::{
    Broadcast, Counter, CounterKv, Echo, GSet, LinKv, Log, Machine, Node, Outputs, Time, Txn, TxnStrict,
    UniqueIds,
};
use protocol::{MAX_DEPTH, MAX_REQUEST_DEPTH};
use serde_json::Value;

const NODES: usize = 3;

/// The life of the last of them.
const LIFE: u64 = 3 << 9;

/// A value that is nested so deep, in arrays and objects in turn.
fn nested(depth: usize) -> String {
    let open = |level: usize| if level.is_multiple_of(2) { "[" } else { r#"{"]":"# };
    let close = |level: usize| if level.is_multiple_of(2) { "]" } else { "}" };
    (0..depth).map(open).chain(["0"]).chain((0..depth).rev().map(close)).collect()
}

/// Three nodes without a network between them: what one says the others hear at once.
struct World<M: Machine> {
    nodes: Vec<Node<M>>,
    now: Time,
    answers: Vec<Value>,
}

impl<M: Machine> World<M> {
    fn new() -> Self {
        let nodes = (0..NODES).map(|_| Node::new(M::default_config(), 0)).collect();
        let mut world = World { nodes, now: Time::ZERO, answers: Vec::new() };
        for node in 0..NODES {
            world.start(node, LIFE / NODES as u64 * (node as u64 + 1));
        }
        // Time to elect a leader, where there is one.
        world.pass(3_000);
        world
    }

    fn start(&mut self, node: usize, life: u64) {
        self.nodes[node] = Node::new(M::default_config(), life << 11);
        let names = r#"["n0","n1","n2"]"#;
        self.hear("c1", node, &format!(r#"{{"type":"init","node_id":"n{node}","node_ids":{names}}}"#));
    }

    fn hear(&mut self, from: &str, node: usize, body: &str) {
        let line = format!(r#"{{"src":"{from}","dest":"n{node}","body":{body}}}"#);
        let mut outputs = Outputs::default();
        self.nodes[node].on_line(self.now, line.as_bytes(), &mut outputs).expect("a message");
        self.deliver(outputs);
    }

    /// Takes all that is said where it belongs. Whatever a node says, serde_json reads.
    fn deliver(&mut self, outputs: Outputs) {
        for line in outputs.lines() {
            let text = str::from_utf8(line).expect("JSON is UTF-8");
            let message: Value =
                serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {text}"));
            let dest = message["dest"].as_str().expect("a name");
            match dest.strip_prefix('n').and_then(|node| node.parse::<usize>().ok()) {
                Some(node) => {
                    let mut outputs = Outputs::default();
                    self.nodes[node].on_line(self.now, line, &mut outputs).expect("a message");
                    self.deliver(outputs);
                }
                None => self.answers.push(message),
            }
        }
    }

    fn pass(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.now += core::time::Duration::from_millis(10);
            for node in 0..NODES {
                let mut outputs = Outputs::default();
                self.nodes[node].on_wake(self.now, &mut outputs);
                self.deliver(outputs);
            }
        }
    }

    /// Asks the node, and waits for the answer.
    fn ask(&mut self, node: usize, body: &str) -> Value {
        self.answers.clear();
        self.hear("c1", node, body);
        self.pass(3_000);
        self.answers.pop().unwrap_or_else(|| panic!("no answer to {body}"))["body"].take()
    }
}

/// Asks for each of these, with a value in place of `@` that makes the field as deep as may be, and then reads at another
/// node; and sees that with one level more it is refused.
#[track_caller]
fn is_limited<M: Machine>(wraps: usize, requests: &[&str], read: &str) {
    let mut world = World::<M>::new();
    for request in requests {
        let with = |depth: usize| request.replace('@', &nested(depth - wraps));
        let refusal = world.ask(0, &with(MAX_REQUEST_DEPTH + 1));
        assert_eq!(refusal["code"], 12, "{request}: {refusal}");
        let text = refusal["text"].as_str().expect("a reason");
        assert!(text.contains("101 levels deep; the limit is 100"), "{text}");
        let answer = world.ask(0, &with(MAX_REQUEST_DEPTH));
        assert_ne!(answer["type"], "error", "{request}: {answer}");
    }
    let answer = world.ask(1, &read.replace('@', &nested(MAX_REQUEST_DEPTH - wraps))).to_string();
    assert!(answer.contains(&nested(MAX_REQUEST_DEPTH - wraps)), "{answer}");
}

#[test]
fn what_clients_say_is_nested_no_deeper_than_whoever_is_sent_it_can_read() {
    is_limited::<Echo>(0, &[r#"{"type":"echo","echo":@}"#], r#"{"type":"echo","echo":@}"#);
    let broadcast = r#"{"type":"broadcast","message":@}"#;
    is_limited::<Broadcast>(0, &[broadcast, r#"{"type":"topology","topology":@}"#], r#"{"type":"read"}"#);
    is_limited::<GSet>(0, &[r#"{"type":"add","element":@}"#], r#"{"type":"read"}"#);
    let poll = r#"{"type":"poll","offsets":{"k":0}}"#;
    is_limited::<Log>(0, &[r#"{"type":"send","key":"k","msg":@}"#], poll);
    let (write, reads) = (r#"{"type":"txn","txn":[["w",1,@]]}"#, r#"{"type":"txn","txn":[["r",1,null]]}"#);
    is_limited::<Txn>(2, &[write], reads);
    is_limited::<TxnStrict>(2, &[write, r#"{"type":"txn","txn":[["append",2,@]]}"#], reads);
    is_limited::<TxnStrict>(2, &[r#"{"type":"txn","txn":[["append",1,@]]}"#], reads);
    let writes = [
        r#"{"type":"write","key":1,"value":@}"#,
        r#"{"type":"write","key":@,"value":1}"#,
        r#"{"type":"cas","key":1,"from":@,"to":@}"#,
        r#"{"type":"write","key":@,"value":@}"#,
    ];
    is_limited::<LinKv>(0, &writes, r#"{"type":"read","key":@}"#);
}

/// In a field that means nothing, too: one rule, whatever is asked.
#[test]
fn machines_that_take_no_values_refuse_what_is_nested_all_the_same() {
    fn refuses<M: Machine>(request: &str) {
        let mut world = World::<M>::new();
        let with = |depth| request.replace('@', &nested(depth));
        assert_eq!(world.ask(0, &with(MAX_REQUEST_DEPTH + 1))["code"], 12);
    }
    refuses::<Counter>(r#"{"type":"add","delta":1,"why":@}"#);
    refuses::<CounterKv>(r#"{"type":"add","delta":1,"why":@}"#);
    refuses::<UniqueIds>(r#"{"type":"generate","why":@}"#);
}

/// What peers say wraps values, so it may be nested deeper, but never deeper than can be read.
#[test]
fn what_a_peer_says_is_nested_no_deeper_than_can_be_read() {
    fn is_limited<M: Machine>(wraps: usize, update: &str, read: &str) {
        let said = |number: u64, depth: usize| {
            let update = update.replace('@', &nested(depth - wraps));
            format!(
                r#"{{"type":"gossip1","me":{LIFE},"n":{number},"vector":[],"runs":[[2,{number},1,1,[{update}]]]}}"#
            )
        };
        let mut world = World::<M>::new();
        let refused = |world: &mut World<M>, number, depth| {
            let mut outputs = Outputs::default();
            let line = format!(r#"{{"src":"n2","dest":"n0","body":{}}}"#, said(number, depth));
            world.nodes[0].on_line(world.now, line.as_bytes(), &mut outputs).expect("a message");
            let said: Vec<String> =
                outputs.lines().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            said.iter().any(|line| line.contains(r#""code":12"#) && line.contains(&depth.to_string()))
        };
        for (number, depth) in [MAX_DEPTH + 1, 130, 100_000].into_iter().enumerate() {
            assert!(refused(&mut world, number as u64 + 1, depth), "{depth}");
        }
        assert!(!refused(&mut world, 4, MAX_DEPTH));
        assert!(world.ask(0, read).to_string().contains(&nested(MAX_DEPTH - wraps)));
    }
    is_limited::<Broadcast>(3, "@", r#"{"type":"read"}"#);
    is_limited::<GSet>(3, "@", r#"{"type":"read"}"#);
    is_limited::<Txn>(4, r#"[1,"k",@]"#, r#"{"type":"txn","txn":[["r","k",null]]}"#);
    // What does not show before others hold it goes on to them, and to the one that has lost it since.
    let mut world = World::<Log>::new();
    let run = format!(r#"[[2,9,1,1,[["k",0,{}]]]]"#, nested(MAX_DEPTH - 4));
    world.hear("n2", 0, &format!(r#"{{"type":"gossip1","me":{LIFE},"n":1,"vector":[],"runs":{run}}}"#));
    world.start(2, 2 * LIFE);
    world.pass(5_000);
    let polled = world.ask(1, r#"{"type":"poll","offsets":{"k":0}}"#).to_string();
    assert!(polled.contains(&nested(MAX_DEPTH - 4)), "{polled}");
}

#[test]
fn consensus_refuses_entries_of_a_peer_that_nobody_could_read() {
    let mut world = World::<LinKv>::new();
    let entries = |depth: usize| {
        let command = nested(depth - 2);
        format!(
            r#"{{"type":"append1","term":1,"n":1,"prev":[0,0],"commit":0,"entries":[[1,0,1,{command}]]}}"#
        )
    };
    for depth in [MAX_DEPTH + 1, 100_000] {
        let mut outputs = Outputs::default();
        let line = format!(r#"{{"src":"n2","dest":"n0","body":{}}}"#, entries(depth));
        world.nodes[0].on_line(world.now, line.as_bytes(), &mut outputs).expect("a message");
        let refusal = outputs.lines().map(String::from_utf8_lossy).any(|line| line.contains(r#""code":12"#));
        assert!(refusal, "{depth}");
    }
}
