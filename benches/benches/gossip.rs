//! Making a delta, and a round of 25 nodes: each takes a value, and all talk until all have everything and are silent.

mod common;

use benches::cluster::{Cluster, ask, sender, speak};
use benches::requests::line;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Throughput};
use machines::{Broadcast, Counter, Log, Machine, Outputs, Txn};

const NODES: usize = 25;

fn main() {
    let mut criterion = common::criterion();
    let mut group = criterion.benchmark_group("gossip");
    for count in [100, 10_000] {
        build::<Counter>(&mut group, "counter", count, |_| r#""type":"add","delta":1"#.to_string());
        build::<Broadcast>(&mut group, "set", count, broadcast);
        build::<Log>(&mut group, "log", count, |number| format!(r#""type":"send","key":"k","msg":{number}"#));
        build::<Txn>(&mut group, "store", count, |number| {
            format!(r#""type":"txn","txn":[["w",{number},7]]"#)
        });
    }
    round(&mut group);
    group.finish();
    criterion.final_summary();
}

fn broadcast(number: usize) -> String {
    format!(r#""type":"broadcast","message":{number}"#)
}

/// Times the message of a node that has so many updates to tell.
fn build<M: Machine>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    count: usize,
    body: impl Fn(usize) -> String,
) {
    let node = sender::<M>(body, count);
    let mut outputs = Outputs::default();
    speak(&mut node.clone(), &mut outputs);
    let said = str::from_utf8(outputs.bytes()).expect("JSON is UTF-8");
    assert!(said.contains(&format!(",1,{count},")), "{said:.200}");

    group.throughput(Throughput::Elements(count as u64));
    group.bench_function(format!("delta of {count}, {name}"), |bencher| {
        let run = |(node, outputs): &mut (machines::Node<M>, Outputs)| speak(node, outputs);
        bencher.iter_batched_ref(|| (node.clone(), Outputs::default()), run, BatchSize::SmallInput);
    });
}

/// Times a value from everyone to everyone.
fn round(group: &mut BenchmarkGroup<'_, WallTime>) {
    let mut cluster = Cluster::<Broadcast>::new(NODES);
    spread(&mut cluster);
    let mut checked = cluster.clone();
    let messages = spread(&mut checked);
    assert!(messages <= 3 * (NODES - 1), "up, down, and an acknowledgement: {messages}");
    for position in 0..NODES {
        let read = ask(checked.node(position), &line(r#""type":"read""#, 1));
        let values = read.split_once('[').map(|(_, values)| values.matches(',').count() + 1);
        assert_eq!(values, Some(2 * NODES), "{read}");
    }
    group.throughput(Throughput::Elements(messages as u64));
    group.bench_function(format!("round of {NODES}"), |bencher| {
        bencher.iter_batched_ref(|| cluster.clone(), spread, BatchSize::SmallInput);
    });
}

/// Gives every node a value, and lets them talk.
fn spread(cluster: &mut Cluster<Broadcast>) -> usize {
    (0..NODES).for_each(|position| cluster.tell(position, &line(&broadcast(position), position)));
    cluster.settle()
}
