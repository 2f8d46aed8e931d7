//! What a leader of three costs: three nodes of `lin-kv`, whose messages to each other pass through here, and clients that ask
//! the leader.

use std::io::{BufRead, Write};
use std::sync::mpsc::channel;
use std::thread;

use crate::Size;
use crate::contender::{Contender, Running, Usage};
use crate::floods::Flood;

/// Clients that wait for an answer at a time; a node takes up ten times as many.
const WINDOW: usize = 1000;
const NODES: usize = 3;

/// Time on a processor of the leader, beside the plain loop, which is one node.
pub(crate) fn leader(flood: &Flood, plain: Usage, size: &Size) {
    let requests = flood.requests / size.divisor;
    let rounds = (0..size.rounds.div_ceil(2)).map(|_| run(flood, requests));
    let best = rounds.min_by_key(|usage| usage.cpu).expect("there was a round");
    println!(
        "| {}, leader of three | <= 4 times plain | {:.2} times | {:.4} writes a message | - |",
        flood.name,
        best.cpu.as_secs_f64() / plain.cpu.as_secs_f64(),
        best.writes as f64 / requests as f64
    );
}

fn run(flood: &Flood, requests: usize) -> Usage {
    let contender = Contender::node(flood.node);
    let nodes: [Running; NODES] = std::array::from_fn(|node| contender.start(&init(node)));
    let (leader, [first, second, third]) = (nodes[0].process(), nodes.map(Running::into_pipes));
    let (inputs, waiting): (Vec<_>, Vec<_>) = (0..NODES).map(|_| channel::<Vec<u8>>()).unzip();
    let (answer, answers) = channel();
    thread::scope(|scope| {
        for ((mut input, mut output), waiting) in [first, second, third].into_iter().zip(waiting) {
            scope.spawn(move || {
                for lines in waiting {
                    if lines.is_empty() || input.write_all(&lines).is_err() {
                        break;
                    }
                }
            });
            let (inputs, answer) = (inputs.clone(), answer.clone());
            scope.spawn(move || {
                let mut line = Vec::new();
                while output.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                    match destination(&line) {
                        Some(node) => drop(inputs[node].send(line.clone())),
                        None => drop(answer.send(line.clone())),
                    }
                    line.clear();
                }
            });
        }
        let is_ok = |line: &[u8]| memchr::memmem::find(line, b"write_ok").is_some();
        let ask = |number: usize| inputs[0].send(flood.request(number).into_bytes()).expect("it reads");
        // Until there is a leader nothing is taken up.
        while {
            ask(0);
            !is_ok(&answers.recv().expect("it answers"))
        } {}
        let before = leader.usage();
        let mut asked = 0;
        for answered in 0..requests {
            while asked < requests.min(answered + WINDOW) {
                asked += 1;
                ask(asked);
            }
            let line = answers.recv().expect("it answers");
            assert!(is_ok(&line), "{}", String::from_utf8_lossy(&line));
        }
        let usage = leader.usage().since(before);
        // An empty piece ends its input, and that ends a node.
        inputs.iter().for_each(|input| input.send(Vec::new()).expect("it reads"));
        usage
    })
}

fn init(node: usize) -> String {
    let body = format!(r#""type":"init","node_id":"n{node}","node_ids":["n0","n1","n2"],"msg_id":1"#);
    format!("{{\"src\":\"c0\",\"dest\":\"n{node}\",\"body\":{{{body}}}}}\n")
}

/// The node that a line is for; none if it is for a client.
fn destination(line: &[u8]) -> Option<usize> {
    const DEST: &[u8] = b"\"dest\":\"n";
    let at = memchr::memmem::find(line, DEST)?;
    Some(usize::from(line[at + DEST.len()] - b'0'))
}
