//! What it costs to forget nothing: nodes with `--data` beside the same nodes without, in a directory beside this program.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::contender::{Contender, Usage};
use crate::floods::{self, FLOODS, Flood};
use crate::{INIT, Size};

/// Time on a processor, with and without; syncs; how long the journal is beside what is stored.
pub(crate) fn floods(size: &Size) {
    println!(
        "| flood with --data | ratio to without | us/msg | without, us/msg | writes and syncs/msg | journal/stored |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for name in ["broadcast", "log: send"] {
        let flood = FLOODS.iter().find(|flood| flood.name == name).expect("there is such a flood");
        flood_of(flood, size);
    }
    println!();
}

fn flood_of(flood: &Flood, size: &Size) {
    let (plain, data) = (Contender::node(flood.node), Directory::new());
    let requests = 200_000 / size.divisor;
    let (input, answers) = floods::input(flood, requests);
    let mut best: [Option<Usage>; 2] = [None; 2];
    for _ in 0..size.rounds {
        for (best, durable) in best.iter_mut().zip([true, false]) {
            data.clear();
            let contender = if durable { plain.with_data(data.path()) } else { plain.clone() };
            let usage = crate::flood(&contender, &input, answers, Duration::ZERO, |_| {});
            if best.is_none_or(|best| usage.cpu < best.cpu) {
                *best = Some(usage);
            }
        }
    }
    let contender = plain.with_data(data.path());
    data.clear();
    crate::flood(&contender, &input, answers, Duration::ZERO, |_| {});
    let journal = fs::metadata(data.journal()).expect("a journal").len();
    // A value and its comma, and for a log its key, offset and brackets.
    let stored: usize = (0..requests)
        .map(|number| match flood.node {
            "log" => format!(r#"["{}",{},{number}],"#, number % 10, number / 10).len(),
            _ => number.to_string().len() + 1,
        })
        .sum();
    let [durable, plain] = best.map(|usage| usage.expect("there was a round"));
    let each = |usage: Usage| usage.cpu.as_secs_f64() * 1e6 / answers as f64;
    println!(
        "| {}, <= 1.3, <= 0.01, <= 2.5 | {:.2} | {:.3} | {:.3} | {:.4} | {:.2} |",
        flood.name,
        durable.cpu.as_secs_f64() / plain.cpu.as_secs_f64(),
        each(durable),
        each(plain),
        durable.writes as f64 / answers as f64,
        journal as f64 / stored as f64,
    );
}

/// One request at a time, beside a loop that writes and syncs as many bytes in the same directory.
pub(crate) fn round_trip(size: &Size) {
    let (data, beside) = (Directory::new(), Directory::new());
    data.clear();
    beside.clear();
    let turns = 500 / size.divisor.min(100);
    let (input, _) = floods::input(&FLOODS[1], turns);
    let mut running = Contender::node("broadcast").with_data(data.path()).start(INIT);
    let before = fs::metadata(data.journal()).expect("a journal").len();
    let file = File::create(beside.path().join("file")).expect("it can be written");
    let (mut best, mut length) = ([Duration::MAX; 2], 0);
    let mut answer = Vec::new();
    for round in 1..=size.rounds as u64 {
        let node = median(input.split_inclusive('\n').map(|line| {
            let start = Instant::now();
            running.exchange(line.as_bytes(), &mut answer);
            start.elapsed()
        }));
        let journal = fs::metadata(data.journal()).expect("a journal").len();
        let bytes = vec![7; ((journal.saturating_sub(before)) / (turns as u64 * round)).max(1) as usize];
        let floor = median((0..turns).map(|_| {
            let start = Instant::now();
            file.write_all_at(&bytes, length).expect("it can be written");
            file.sync_data().expect("it can be synced");
            length += bytes.len() as u64;
            start.elapsed()
        }));
        best = [best[0].min(node), best[1].min(floor)];
    }
    running.finish();
    let [node, floor] = best.map(|time| time.as_secs_f64() * 1e6);
    println!(
        "| round trip of a broadcast with --data, median; plain: write and fdatasync of as many bytes | <= 1.2 times | {node:.1} us | {floor:.1} us | - |"
    );
}

/// A million messages of a log, and a million values, from their journals: until `init` is answered.
pub(crate) fn recovery(size: &Size) {
    for flood in [&FLOODS[1], &FLOODS[4]] {
        let (data, requests) = (Directory::new(), 1_000_000 / size.divisor);
        data.clear();
        let contender = Contender::node(flood.node).with_data(data.path());
        let (input, answers) = floods::input(flood, requests);
        let mut running = contender.start(INIT);
        running.flood(input.as_bytes(), answers, Duration::ZERO, |_| {});
        let normal = running.usage().peak as f64 / 1e6;
        running.finish();
        let mut best = Duration::MAX;
        let mut peak = 0.0;
        for _ in 0..size.rounds {
            let start = Instant::now();
            let running = contender.start(INIT);
            best = best.min(start.elapsed());
            peak = running.usage().peak as f64 / 1e6;
            running.finish();
        }
        println!(
            "| recovery of {requests} ({}); peak MB, and after a normal run | <= 1 s | {:.2} s | {peak:.0} MB | {normal:.0} MB |",
            flood.name,
            best.as_secs_f64(),
        );
    }
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// A directory for data, on the disk that this program is on; gone in the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let here = std::env::current_exe().expect("a program knows its own path");
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Directory(here.with_file_name(format!("data-of-benches-{}-{number}", std::process::id())))
    }

    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn journal(&self) -> PathBuf {
        self.0.join("n0/journal")
    }

    fn clear(&self) {
        let _ = fs::remove_dir_all(&self.0);
        fs::create_dir_all(&self.0).expect("cargo's directory can be written to");
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
