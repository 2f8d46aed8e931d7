//! A reply of each workload to a line. Next to it, the same by structs that serde derives.

mod common;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Throughput};
use protocol::{Encode, Json, broadcast, counter, echo, log, txn, unique_ids, write_message};
use serde::Serialize;
use serde_json::value::RawValue;

fn main() {
    let mut criterion = common::criterion();
    let mut group = criterion.benchmark_group("encode");
    let raw = |text: &str| RawValue::from_string(text.to_string()).expect("JSON");

    let text = raw(r#""Please echo 93""#);
    let reply = echo::Reply::EchoOk { echo: json(&text) };
    both(&mut group, &reply, Body { echo: Some(&text), ..body("echo_ok") });

    let text = raw(r#""3.7.1""#);
    let reply = unique_ids::Reply::GenerateOk { id: json(&text) };
    both(&mut group, &reply, Body { id: Some(&text), ..body("generate_ok") });

    both(&mut group, &broadcast::Reply::BroadcastOk {}, body("broadcast_ok"));

    let numbers: Vec<i64> = (0..1000).collect();
    let text = raw(&serde_json::to_string(&numbers).expect("JSON"));
    let reply = broadcast::Reply::ReadOk { messages: json(&text) };
    both(&mut group, &reply, Body { messages: Some(&numbers), ..body("read_ok") });

    both(&mut group, &counter::Reply::AddOk {}, body("add_ok"));
    both(&mut group, &log::Reply::SendOk { offset: 1234 }, Body { offset: Some(1234), ..body("send_ok") });

    let operations = [("r", 9, 3), ("w", 8, 41), ("r", 7, 12), ("w", 9, 6)];
    let texts = operations.map(|(word, key, value)| (word, raw(&key.to_string()), raw(&value.to_string())));
    let done = texts.iter().map(|(word, key, value)| txn::Operation {
        action: if *word == "r" { txn::Action::Read } else { txn::Action::Write },
        key: json(key),
        value: json(value),
    });
    let reply = txn::Reply::TxnOk { txn: done.collect() };
    both(&mut group, &reply, Body { txn: Some(&operations), ..body("txn_ok") });

    group.finish();
    criterion.final_summary();
}

/// Times `reply` written by this project, and `derived` by serde.
fn both(group: &mut BenchmarkGroup<'_, WallTime>, reply: &impl Encode, derived: Body<'_>) {
    let name = derived.r#type.trim_end_matches("_ok");
    let derived = Envelope { src: "n3", dest: "c7", body: derived };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    write_message(("n3", "c7"), (None, Some(104)), reply, &mut ours);
    derive(&derived, &mut theirs);
    assert_eq!(str::from_utf8(&ours), str::from_utf8(&theirs));

    group.throughput(Throughput::Bytes(ours.len() as u64));
    group.bench_function(BenchmarkId::new("protocol", name), |bencher| {
        bencher.iter(|| {
            ours.clear();
            write_message(("n3", "c7"), (None, Some(104)), reply, &mut ours);
            ours.len()
        });
    });
    group.bench_function(BenchmarkId::new("derived", name), |bencher| {
        bencher.iter(|| {
            theirs.clear();
            derive(&derived, &mut theirs);
            theirs.len()
        });
    });
}

fn derive(reply: &Envelope<'_>, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, reply).expect("it is JSON");
    out.push(b'\n');
}

#[derive(Serialize)]
struct Envelope<'a> {
    src: &'a str,
    dest: &'a str,
    body: Body<'a>,
}

#[derive(Default, Serialize)]
struct Body<'a> {
    r#type: &'a str,
    in_reply_to: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<&'a [i64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn: Option<&'a [(&'a str, i64, i64)]>,
}

fn body(kind: &str) -> Body<'_> {
    Body { r#type: kind, in_reply_to: 104, ..Body::default() }
}

fn json(raw: &RawValue) -> Json<'_> {
    Json::trusted(raw.get())
}
