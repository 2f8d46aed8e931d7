//! A delta of another replica into this one, as it comes over the wire: few updates into many, many into many, and nothing
//! that is new.

mod common;

use benches::cluster::{ask, delta, node};
use benches::requests::line;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Throughput};
use machines::{Broadcast, Counter, Log, Machine, Node, Outputs, Time, Txn};

/// What is few, and what is many.
const SMALL: usize = 100;
const LARGE: usize = 10_000;

/// A data type, and how to see that it has merged.
struct Subject {
    name: &'static str,
    update: fn(usize) -> String,
    question: &'static str,
    /// What the answer says if both replicas made so many updates.
    answer: fn(usize, usize) -> String,
}

fn main() {
    let mut criterion = common::criterion();
    let mut group = criterion.benchmark_group("merge");
    merge::<Counter>(
        &mut group,
        &Subject {
            name: "counter",
            update: |_| r#""type":"add","delta":1"#.to_string(),
            question: r#""type":"read""#,
            answer: |own, other| format!(r#""value":{}}}"#, own + other),
        },
    );
    merge::<Broadcast>(
        &mut group,
        &Subject {
            name: "set",
            update: |number| format!(r#""type":"broadcast","message":{number}"#),
            question: r#""type":"read""#,
            answer: |own, other| {
                let values: Vec<String> = (0..own).chain(0..other).map(|value| value.to_string()).collect();
                format!(r#""messages":[{}]}}"#, values.join(","))
            },
        },
    );
    merge::<Log>(
        &mut group,
        &Subject {
            name: "log",
            update: |number| format!(r#""type":"send","key":"{}","msg":{number}"#, number % 10),
            // Offsets are larger than all that are known, and those of one node are even here.
            question: r#""type":"send","key":"0","msg":0"#,
            answer: |own, other| format!(r#""offset":{}}}"#, own.max(other) / 10 * 2),
        },
    );
    merge::<Txn>(
        &mut group,
        &Subject {
            name: "store",
            update: |number| format!(r#""type":"txn","txn":[["w",{},{number}]]"#, number % 1000),
            // The later stamp wins, and of equal ones that of the second node.
            question: r#""type":"txn","txn":[["r",99,null]]"#,
            answer: |own, other| {
                let last = |count: usize| (0..count).rev().find(|number| number % 1000 == 99);
                format!(r#"[["r",99,{}]]"#, last(own).max(last(other)).expect("somebody wrote it"))
            },
        },
    );
    group.finish();
    criterion.final_summary();
}

fn merge<M: Machine>(group: &mut BenchmarkGroup<'_, WallTime>, subject: &Subject) {
    let replica = |count| {
        let mut node = node::<M>(0, 2);
        (0..count).for_each(|number| drop(ask(&mut node, &line(&(subject.update)(number), number))));
        node
    };
    let large = replica(LARGE);
    for (name, count) in [("small into large", SMALL), ("large into large", LARGE)] {
        let line = delta::<M>(subject.update, count);
        let merged = apply(large.clone(), &line);
        check(subject, merged.clone(), count);
        time(group, (subject.name, name), count, &large, &line);
        if count == LARGE {
            let again = line.replacen(r#""n":1,"#, r#""n":2,"#, 1);
            assert_ne!(again, line, "the delta has a number");
            check(subject, apply(merged.clone(), &again), count);
            time(group, (subject.name, "nothing new"), count, &merged, &again);
        }
    }
}

/// Asserts that a replica holds its own updates, and so many of the other one.
fn check<M: Machine>(subject: &Subject, mut node: Node<M>, count: usize) {
    let answer = ask(&mut node, &line(subject.question, 1));
    let wanted = (subject.answer)(LARGE, count);
    assert!(answer.contains(&wanted), "{}: no {wanted:.60} in {answer:.200}", subject.name);
}

fn time<M: Machine>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (name, case): (&str, &str),
    count: usize,
    node: &Node<M>,
    line: &str,
) {
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function(format!("{name}, {case}"), |bencher| {
        bencher.iter_batched(|| node.clone(), |node| apply(node, line), BatchSize::PerIteration);
    });
}

fn apply<M: Machine>(mut node: Node<M>, line: &str) -> Node<M> {
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).expect("a message");
    node
}
