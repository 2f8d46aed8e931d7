//! Lines in, bytes out: as many requests as a pipe holds go through a node, and all replies into one buffer. That is what a
//! node does between two system calls.

mod common;

use benches::cluster::node;
use benches::requests::pipe_full;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Throughput};
use machines::{Broadcast, Counter, Echo, Log, Machine, Node, Outputs, Time, Txn, UniqueIds};
use memchr::memchr_iter;

fn main() {
    let mut criterion = common::criterion();
    let mut group = criterion.benchmark_group("node");
    pipe::<Echo>(&mut group, "echo", |number| format!(r#""type":"echo","echo":"Please echo {number}""#));
    pipe::<UniqueIds>(&mut group, "generate", |_| r#""type":"generate""#.to_string());
    pipe::<Broadcast>(&mut group, "broadcast", |number| format!(r#""type":"broadcast","message":{number}"#));
    pipe::<Counter>(&mut group, "add", |number| format!(r#""type":"add","delta":{}"#, number % 10));
    pipe::<Log>(&mut group, "send", |number| {
        format!(r#""type":"send","key":"{}","msg":{number}"#, number % 10)
    });
    pipe::<Txn>(&mut group, "txn", |number| {
        format!(r#""type":"txn","txn":[["r",{},null],["w",{},{number}]]"#, number % 10, number % 7)
    });
    group.finish();
    criterion.final_summary();
}

/// Times a machine `M` alone.
fn pipe<M: Machine>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, body: impl Fn(usize) -> String) {
    let node = node::<M>(0, 1);
    let (lines, count) = pipe_full(body);
    let mut outputs = Outputs::default();
    run(&mut node.clone(), lines.as_bytes(), &mut outputs);
    let answers: Vec<&str> =
        outputs.lines().map(|line| str::from_utf8(line).expect("JSON is UTF-8")).collect();
    assert_eq!(answers.len(), count);
    for (number, answer) in answers.iter().enumerate() {
        assert!(answer.contains(&format!(r#""type":"{name}_ok","in_reply_to":{number}"#)), "{answer}");
    }

    group.throughput(Throughput::Elements(count as u64));
    group.bench_function(name, |bencher| {
        let run = |node: &mut Node<M>| run(node, lines.as_bytes(), &mut outputs);
        bencher.iter_batched_ref(|| node.clone(), run, BatchSize::LargeInput);
    });
}

fn run<M: Machine>(node: &mut Node<M>, lines: &[u8], outputs: &mut Outputs) {
    outputs.clear();
    let mut start = 0;
    for end in memchr_iter(b'\n', lines) {
        node.on_line(Time::ZERO, &lines[start..end], outputs).expect("a message");
        start = end + 1;
    }
}
