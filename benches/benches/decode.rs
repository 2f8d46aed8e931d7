//! A line of each workload to a typed request. Next to it, the same by structs that serde derives: they borrow too, and
//! they know beforehand which type of message will come, as no node does.

mod common;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hint::black_box;

use benches::requests::request;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Throughput};
use protocol::{Decode, Json, List, Message, Text, broadcast, counter, echo, kv, log, txn, unique_ids};
use serde::Deserialize;
use serde_json::value::RawValue;

fn main() {
    let mut criterion = common::criterion();
    let mut group = criterion.benchmark_group("decode");
    both(&mut group, "echo", |body: Echo<'_>| echo::Request::Echo { echo: json(body.echo) });
    both(&mut group, "generate", |_: Empty<'_>| unique_ids::Request::Generate {});
    both(&mut group, "broadcast", |body: Broadcast<'_>| broadcast::Request::Broadcast {
        message: json(body.message),
    });
    both(&mut group, "read", |_: Empty<'_>| broadcast::Request::Read {});
    both(&mut group, "add", |body: Add<'_>| counter::Request::Add { delta: body.delta });
    both(&mut group, "cas", |body: CompareAndSet<'_>| kv::Request::CompareAndSet {
        key: json(body.key),
        from: json(body.from),
        to: json(body.to),
        create_if_not_exists: body.create_if_not_exists,
    });
    both(&mut group, "send", |body: Send<'_>| log::Request::Send {
        key: body.key.into(),
        msg: json(body.msg),
    });
    both(&mut group, "poll", |body: Poll<'_>| log::Request::Poll {
        offsets: body.offsets.into_iter().map(|(key, offset)| (Text::from(key), offset)).collect(),
    });
    both(&mut group, "txn", |body: Txn<'_>| txn::Request::Txn { txn: operations(body) });
    group.finish();
    criterion.final_summary();
}

/// Times the request `name` decoded by this project as an `R` and by serde as a `B`; `meant` says what the latter means.
fn both<R, B>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, meant: fn(B) -> R)
where
    R: Decode<'static> + PartialEq + Debug,
    B: Deserialize<'static>,
{
    let line = request(name).leak().as_bytes();
    let (message, derived) = (Message::decode(line).expect("a message"), derive::<B>(line));
    assert_eq!((&*message.src, &*message.dest), (derived.src, derived.dest));
    assert_eq!(R::decode(&message.body), Ok(meant(derived.body)));

    group.throughput(Throughput::Bytes(line.len() as u64));
    group.bench_function(BenchmarkId::new("protocol", name), |bencher| {
        bencher.iter(|| {
            let message = Message::decode(black_box(line)).expect("a message");
            (R::decode(&message.body).expect("a request"), message)
        });
    });
    group.bench_function(BenchmarkId::new("derived", name), |bencher| {
        bencher.iter(|| derive::<B>(black_box(line)));
    });
}

fn derive<B: Deserialize<'static>>(line: &'static [u8]) -> Envelope<'static, B> {
    serde_json::from_slice(line).expect("a message")
}

#[derive(Deserialize)]
struct Envelope<'a, B> {
    src: &'a str,
    dest: &'a str,
    body: B,
}

/// Bodies: what all of them have, and the fields of each.
macro_rules! bodies {
    ($($name:ident { $($(#[$borrow:meta])? $field:ident: $type:ty),* })*) => { $(
        #[derive(Deserialize)]
        #[allow(dead_code, reason = "it is enough that all fields are read")]
        struct $name<'a> {
            r#type: &'a str,
            msg_id: Option<i64>,
            in_reply_to: Option<i64>,
            $($(#[$borrow])? $field: $type),*
        }
    )* };
}

bodies! {
    Empty {}
    Echo { #[serde(borrow)] echo: &'a RawValue }
    Broadcast { #[serde(borrow)] message: &'a RawValue }
    Add { delta: i64 }
    CompareAndSet {
        #[serde(borrow)] key: &'a RawValue,
        #[serde(borrow)] from: &'a RawValue,
        #[serde(borrow)] to: &'a RawValue,
        create_if_not_exists: Option<bool>
    }
    Send { key: &'a str, #[serde(borrow)] msg: &'a RawValue }
    Poll { #[serde(borrow)] offsets: BTreeMap<&'a str, u64> }
    Txn { #[serde(borrow)] txn: Vec<(&'a str, &'a RawValue, &'a RawValue)> }
}

fn json(raw: &RawValue) -> Json<'_> {
    Json::trusted(raw.get())
}

fn operations(body: Txn<'_>) -> List<txn::Operation<'_>> {
    let operation = |(word, key, value)| {
        let action = if word == "r" { txn::Action::Read } else { txn::Action::Write };
        txn::Operation { action, key: json(key), value: json(value) }
    };
    body.txn.into_iter().map(operation).collect()
}
