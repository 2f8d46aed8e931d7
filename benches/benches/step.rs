//! A request to a reply, bytes in and bytes out, for machines that answer from what they know.

use std::hint::black_box;

use benches::{node, request};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use machines::{Echo, Machine, Outputs, Time, UniqueIds};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("step");
    let echo = r#"{"type":"echo_ok","in_reply_to":104,"echo":"Please echo 93"}"#;
    step::<Echo>(&mut group, (), "echo", echo);
    let id = r#"{"type":"generate_ok","in_reply_to":104,"id":"3.7.1"}"#;
    step::<UniqueIds>(&mut group, (), "generate", id);
    group.finish();
    criterion.final_summary();
}

/// Times the request `name` to a machine `M`, whose first answer is `body`.
fn step<M: Machine>(group: &mut BenchmarkGroup<'_, WallTime>, config: M::Config, name: &str, body: &str) {
    let line = request(name).as_bytes();
    let mut node = node::<M>(config);
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, line, &mut outputs).expect("a message");
    let reply = format!("{{\"src\":\"n3\",\"dest\":\"c7\",\"body\":{body}}}\n");
    assert_eq!(str::from_utf8(outputs.bytes()), Ok(&*reply));

    group.throughput(Throughput::Elements(1));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            outputs.clear();
            node.on_line(Time::ZERO, black_box(line), &mut outputs).expect("a message");
            outputs.bytes().len()
        });
    });
}
