//! One request to each machine, bytes in and bytes out. Those that keep something start from the same state every thousand
//! requests.

mod common;

use std::hint::black_box;

use benches::cluster::{ask, node};
use benches::requests::{line, request};
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Throughput};
use machines::{Broadcast, Counter, CounterKv, Echo, GSet, Log, Machine, Outputs, Time, Txn, UniqueIds};

/// Requests in a row.
const REQUESTS: usize = 1000;

fn main() {
    let mut criterion = common::criterion();
    let mut group = criterion.benchmark_group("step");
    let ok = |kind: &str, rest: &str| format!(r#"{{"type":"{kind}_ok","in_reply_to":104{rest}}}"#);
    step::<Echo>(&mut group, &request("echo"), &ok("echo", r#","echo":"Please echo 93""#));
    step::<UniqueIds>(&mut group, &request("generate"), &ok("generate", r#","id":"0.7.1""#));
    step::<Broadcast>(&mut group, &request("broadcast"), &ok("broadcast", ""));
    step::<Broadcast>(&mut group, &request("read"), &ok("read", r#","messages":[]"#));
    step::<GSet>(&mut group, &line(r#""type":"add","element":7"#, 104), &ok("add", ""));
    step::<Counter>(&mut group, &request("add"), &ok("add", ""));
    step::<Counter>(&mut group, &request("read"), &ok("read", r#","value":0"#));
    step::<CounterKv>(&mut group, &line(r#""type":"add","delta":0"#, 104), &ok("add", ""));
    step::<Log>(&mut group, &request("send"), &ok("send", r#","offset":0"#));
    step::<Log>(&mut group, &request("poll"), &ok("poll", r#","msgs":{}"#));
    let done = r#","txn":[["r",9,null],["w",8,41],["r",7,null],["w",9,6]]"#;
    step::<Txn>(&mut group, &request("txn"), &ok("txn", done));
    group.finish();
    criterion.final_summary();
}

/// Times `line` to a machine `M` among three, whose first answer is `body`.
fn step<M: Machine>(group: &mut BenchmarkGroup<'_, WallTime>, line: &str, body: &str) {
    let node = node::<M>(0, 3);
    let answer = ask(&mut node.clone(), line);
    assert_eq!(answer, format!(r#"{{"src":"n0","dest":"c7","body":{body}}}"#));

    let machine =
        std::any::type_name::<M>().rsplit("::").next().expect("a type has a name").trim_end_matches('>');
    let kind = line
        .split("\"type\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a message has a type");
    let mut outputs = Outputs::default();
    group.throughput(Throughput::Elements(REQUESTS as u64));
    group.bench_function(format!("{machine} {kind}"), |bencher| {
        let run = |node: &mut machines::Node<M>| {
            for _ in 0..REQUESTS {
                outputs.clear();
                node.on_line(Time::ZERO, black_box(line.as_bytes()), &mut outputs).expect("a message");
            }
        };
        bencher.iter_batched_ref(|| node.clone(), run, BatchSize::LargeInput);
    });
}
