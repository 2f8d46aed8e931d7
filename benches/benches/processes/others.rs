//! What a flood does not show: one message at a time, the start, a reader that is slow, news from another node.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::contender::{Contender, Usage};
use crate::floods::{self, FLOODS};
use crate::{INIT, Size};

/// Messages to and fro before another contender has its turn.
const TURN: usize = 1000;

/// What a round trip takes, beside `cat`. Waking up a process is most of it.
pub(crate) fn ping_pong(size: &Size) {
    let (input, _) = floods::input(&FLOODS[0], TURN / size.divisor.min(TURN));
    let mut running =
        [Contender::node("echo"), Contender::plain(), Contender::cat()].map(|it| it.start(INIT));
    let mut best = [Duration::MAX; 3];
    let mut answer = Vec::new();
    for _ in 0..size.rounds * 4 {
        for (best, running) in best.iter_mut().zip(&mut running) {
            let mut times: Vec<Duration> = Vec::new();
            for line in input.split_inclusive('\n') {
                let start = Instant::now();
                running.exchange(line.as_bytes(), &mut answer);
                times.push(start.elapsed());
            }
            times.sort_unstable();
            *best = (*best).min(times[times.len() / 2]);
        }
    }
    running.into_iter().for_each(|running| running.finish());
    let [node, plain, cat] = best.map(micros);
    let limit = cat * 1.25 + 1.0;
    println!(
        "| round trip of an echo, median | <= {limit:.1} us (cat + 25 % + 1 us) | {node:.1} us | {plain:.1} us | {cat:.1} us |"
    );
}

/// What it takes from the call that starts a process to its `init_ok`.
pub(crate) fn start(size: &Size) {
    let contenders = [Contender::node("broadcast"), Contender::plain(), Contender::cat()];
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..size.rounds * 5 {
        for (times, contender) in times.iter_mut().zip(&contenders) {
            let start = Instant::now();
            let running = contender.start(INIT);
            times.push(start.elapsed());
            running.finish();
        }
    }
    let [node, plain, cat] = times.map(|mut times| {
        times.sort_unstable();
        micros(times[times.len() / 2])
    });
    println!("| start to `init_ok`, median | <= 1000 us | {node:.0} us | {plain:.0} us | {cat:.0} us |");
}

/// The most memory held while nobody is in a hurry to read the answers.
pub(crate) fn slow_reader(size: &Size) {
    let requests = FLOODS[0].requests / size.divisor;
    let (input, answers) = floods::input(&FLOODS[0], requests);
    let contenders = [Contender::node("echo"), Contender::plain(), Contender::cat()];
    let [node, plain, cat] = contenders.map(|contender| {
        let mut running = contender.start(INIT);
        running.flood(input.as_bytes(), answers, Duration::from_millis(1), |_| {});
        let peak = running.usage().peak;
        running.finish();
        peak as f64 / 1e6
    });
    println!(
        "| peak memory of {requests} echoes to a slow reader | <= 16 MB | {node:.1} MB | {plain:.1} MB | {cat:.1} MB |"
    );
}

/// Values of another node that a message of gossip brings.
const BATCH: usize = 100;

/// What it takes to apply another node's values, in batches, pipes and decoding included.
pub(crate) fn gossip(size: &Size) {
    let values = 1_000_000 / size.divisor;
    let init = INIT.replace(r#"["n0"]"#, r#"["n0","n1"]"#);
    let contender = Contender::node("broadcast");
    let input = batches(values);
    let mut best: Option<Usage> = None;
    for round in 0..size.rounds {
        let mut running = contender.start(&init);
        let before = running.usage();
        running.flood(input.as_bytes(), 1, Duration::ZERO, |_| {});
        let usage = running.usage().since(before);
        if best.is_none_or(|best| usage.cpu < best.cpu) {
            best = Some(usage);
        }
        if round == 0 {
            let read = "{\"src\":\"c1\",\"dest\":\"n0\",\"body\":{\"type\":\"read\",\"msg_id\":8}}\n";
            let mut answer = Vec::new();
            running.exchange(read.as_bytes(), &mut answer);
            let numbers: Vec<String> = (0..values).map(|value| value.to_string()).collect();
            let all = format!(r#""messages":[{}]}}}}"#, numbers.join(","));
            assert_eq!(str::from_utf8(&answer).map(|answer| answer.trim_end().ends_with(&all)), Ok(true));
        }
    }
    let usage = best.expect("there was a round");
    let each = usage.cpu.as_nanos() as f64 / values as f64;
    println!(
        "| applying {values} remote values, {BATCH} a message | <= 60 (25) ns/value | {each:.1} ns/value | - | - |"
    );
}

/// What `n1` says in batches, and in the end a request that is answered once all of them are taken.
fn batches(values: usize) -> String {
    let mut input = String::new();
    for (number, first) in (1..).zip((0..values).step_by(BATCH)) {
        let last = (first + BATCH).min(values);
        let vector = if number == 1 { format!(r#""vector":[[1,5,{last}]],"#) } else { String::new() };
        let batch: Vec<String> = (first..last).map(|value| value.to_string()).collect();
        writeln!(
            input,
            r#"{{"id":{number},"src":"n1","dest":"n0","body":{{"type":"gossip1","me":5,"n":{number},{vector}"runs":[[1,5,{},{last},[{}]]]}}}}"#,
            first + 1,
            batch.join(",")
        )
        .expect("a string takes any text");
    }
    input + "{\"src\":\"c1\",\"dest\":\"n0\",\"body\":{\"type\":\"topology\",\"topology\":{},\"msg_id\":7}}\n"
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
