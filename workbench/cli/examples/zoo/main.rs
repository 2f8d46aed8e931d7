//! A node of the zoo as a process: `zoo WORKLOAD [CHEAT]`. `cargo test` builds it; it is not among the programs that ship.

mod nodes;

use bench::options::Workload;
use machines::Time;
use std::io::{self, BufRead, Write};
use std::process::exit;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use worlds::Program;

/// What is as good as never.
const A_DAY: Duration = Duration::from_secs(86_400);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let name = words.first().map_or("", String::as_str);
    let cheat = words.get(1).map_or("", String::as_str);
    let workload = Workload::ALL.into_iter().find(|workload| workload.name() == name);
    let Some(node) = workload.and_then(|workload| nodes::node(workload, cheat)) else {
        eprintln!("zoo WORKLOAD [CHEAT], where the cheat is one of");
        nodes::catalogue::CHEATS
            .iter()
            .for_each(|cheat| eprintln!("{} {}: {}", cheat.workload.name(), cheat.name, cheat.does));
        exit(2);
    };
    serve(node);
}

/// Reads lines and waits for deadlines, until there are no more lines.
fn serve(mut node: Box<dyn Program>) {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        io::stdin().lock().lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let start = Instant::now();
    let now = || Time::ZERO + start.elapsed();
    let mut stdout = Vec::new();
    loop {
        let wait = node.deadline().map_or(A_DAY, |deadline| deadline.since(now()));
        match lines.recv_timeout(wait) {
            Ok(line) => node.on_line(now(), line.as_bytes(), &mut stdout),
            Err(RecvTimeoutError::Timeout) => node.on_wake(now(), &mut stdout),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let mut pipe = io::stdout().lock();
        if pipe.write_all(&stdout).and_then(|()| pipe.flush()).is_err() {
            exit(0);
        }
        stdout.clear();
    }
}
