//! Whole nodes over pipes, beside a plain loop around serde_json (`src/bin/plain.rs`) and `cat`, in the same run.
//!
//! What is compared is time on a processor, a process's own and the kernel's on its behalf, from its answer to `init` to
//! its last answer. Contenders take turns, and of each the best round counts: what else goes on in a computer can only
//! add. The ratios are what to look at; times are this computer's.

mod contender;
mod durable;
mod floods;
mod others;
mod trio;

use std::env;
use std::time::Duration;

use contender::{Contender, Usage};
use floods::{FLOODS, Flood};

const INIT: &str = "{\"src\":\"c0\",\"dest\":\"n0\",\"body\":{\"type\":\"init\",\"node_id\":\"n0\",\"node_ids\":[\"n0\"],\"msg_id\":1}}\n";

/// How much is measured.
struct Size {
    rounds: usize,
    divisor: usize,
}

fn main() {
    // cargo bench says so; cargo test does not, and `cargo bench -- --test` takes it back.
    let is_bench =
        env::args().any(|argument| argument == "--bench") && env::args().all(|argument| argument != "--test");
    let size = if is_bench { Size { rounds: 7, divisor: 1 } } else { Size { rounds: 1, divisor: 500 } };
    println!(
        "| flood | target | stretch | ratio to plain | node, us/msg | plain, us/msg | cat, us/msg | writes/msg | peak MB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let plain = FLOODS.each_ref().map(|flood| measure(flood, &size));
    println!();
    durable::floods(&size);
    println!("| what else | target | node | plain | cat |");
    println!("| --- | --- | --- | --- | --- |");
    others::gossip(&size);
    others::ping_pong(&size);
    others::slow_reader(&size);
    others::start(&size);
    let ([.., writes], [.., plain]) = (&FLOODS, plain);
    trio::leader(writes, plain, &size);
    durable::round_trip(&size);
    durable::recovery(&size);
}

/// Prints a row, and returns what the plain loop took.
fn measure(flood: &Flood, size: &Size) -> Usage {
    let contenders = [Contender::node(flood.node), Contender::plain(), Contender::cat()];
    let requests = flood.requests / size.divisor;
    let (input, answers) = floods::input(flood, requests);
    for contender in &contenders[..2] {
        let mut output = Vec::new();
        self::flood(contender, &input, answers, Duration::ZERO, |piece| output.extend_from_slice(piece));
        floods::check(flood, requests, &output);
    }
    let mut best: [Option<Usage>; 3] = [None; 3];
    for _ in 0..size.rounds {
        for (best, contender) in best.iter_mut().zip(&contenders) {
            let usage = self::flood(contender, &input, answers, Duration::ZERO, |_| {});
            if best.is_none_or(|best| usage.cpu < best.cpu) {
                *best = Some(usage);
            }
        }
    }
    let [node, plain, cat] = best.map(|usage| usage.expect("there was a round"));
    let each = |usage: Usage| usage.cpu.as_secs_f64() * 1e6 / answers as f64;
    println!(
        "| {} | {} | {} | {:.2} | {:.3} | {:.3} | {:.3} | {:.4} | {:.1} |",
        flood.name,
        flood.target,
        flood.stretch,
        node.cpu.as_secs_f64() / plain.cpu.as_secs_f64(),
        each(node),
        each(plain),
        each(cat),
        node.writes as f64 / answers as f64,
        node.peak as f64 / 1e6,
    );
    plain
}

/// Sends all of the input while the answers are read, and says what that took.
fn flood(
    contender: &Contender,
    input: &str,
    answers: usize,
    pause: Duration,
    piece: impl FnMut(&[u8]),
) -> Usage {
    let mut running = contender.start(INIT);
    let before = running.usage();
    running.flood(input.as_bytes(), answers, pause, piece);
    let after = running.usage();
    running.finish();
    after.since(before)
}
