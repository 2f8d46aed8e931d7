//! What became of a run, but for what clients and nodes said, which has files of its own.

use super::fields::{Fields, unsigned};
use bench::network::{Count, Statistics};
use bench::options::Options;
use bench::run::{Muted, NodeRecord, Oddity, Record, Slip};
use edn::Value;
use machines::Time;
use std::time::Duration;

pub(super) fn entries(record: &Record) -> [(&'static str, Value); 4] {
    let duration_nanos = u64::try_from(record.duration.as_nanos()).unwrap_or(u64::MAX);
    [
        ("start-nanos", record.start.map(|start| number(start.as_nanos())).unwrap_or_default()),
        ("duration-nanos", number(duration_nanos)),
        ("messages", counts(&record.journal.statistics)),
        ("node-records", Value::Vector(record.nodes.iter().map(node).collect())),
    ]
}

pub(super) fn start(fields: &Fields<'_>) -> Result<Option<Time>, String> {
    Ok(fields.optional("start-nanos", unsigned)?.map(Time::from_nanos))
}

pub(super) fn duration(fields: &Fields<'_>) -> Result<Duration, String> {
    Ok(Duration::from_nanos(fields.optional("duration-nanos", unsigned)?.unwrap_or_default()))
}

pub(super) fn statistics(fields: &Fields<'_>) -> Result<Statistics, String> {
    fields.required("messages", read_counts)
}

/// Nodes of which nothing is told did nothing.
pub(super) fn nodes(fields: &Fields<'_>, options: &Options) -> Result<Vec<NodeRecord>, String> {
    let idle = |name: &String| NodeRecord { name: name.clone(), ..NodeRecord::default() };
    let read = |nodes: &Value| nodes.elements()?.iter().map(read_node).collect();
    let told = fields.optional("node-records", read)?;
    Ok(told.unwrap_or_else(|| options.nodes.iter().map(idle).collect()))
}

fn counts(statistics: &Statistics) -> Value {
    let Statistics { clients, servers, server_bytes, cut, lost, duplicated, delayed } = *statistics;
    let class = |Count { sent, received }| Value::map([("send", number(sent)), ("recv", number(received))]);
    Value::map([
        ("clients", class(clients)),
        ("servers", class(servers)),
        ("server-bytes", number(server_bytes)),
        ("cut", number(cut)),
        ("lost", number(lost)),
        ("duplicated", number(duplicated)),
        ("delayed", number(delayed)),
    ])
}

fn read_counts(value: &Value) -> Option<Statistics> {
    let class = |class: &Value| {
        Some(Count { sent: unsigned(class.get("send")?)?, received: unsigned(class.get("recv")?)? })
    };
    Some(Statistics {
        clients: class(value.get("clients")?)?,
        servers: class(value.get("servers")?)?,
        server_bytes: tally(value, "server-bytes")?,
        cut: tally(value, "cut")?,
        lost: tally(value, "lost")?,
        duplicated: tally(value, "duplicated")?,
        delayed: tally(value, "delayed")?,
    })
}

fn node(node: &NodeRecord) -> Value {
    let entries = [
        ("name", node.name.as_str().into()),
        ("lines", number(node.lines)),
        ("muted", node.muted.as_ref().map(muted).unwrap_or_default()),
        ("oddities", oddities(&node.oddities)),
        ("stale-answers", number(node.stale_answers)),
        ("unread", number(node.unread)),
        ("backlog", number(node.backlog)),
        ("unfinished", node.unfinished.as_deref().map(Value::from).unwrap_or_default()),
        ("stdout-closed?", node.stdout_closed.into()),
        ("kills", number(node.kills)),
        ("pauses", number(node.pauses)),
        ("exited", node.exited.as_deref().map(Value::from).unwrap_or_default()),
    ];
    let says_something = |value: &Value| ![Value::Nil, Value::Bool(false), Value::Integer(0)].contains(value);
    let entries = entries.into_iter().filter(|(_, value)| says_something(value));
    Value::Map(entries.map(|(key, value)| (Value::keyword(key), value)).collect())
}

fn read_node(value: &Value) -> Option<NodeRecord> {
    let text = |value: &Value| value.as_text().map(str::to_owned);
    Some(NodeRecord {
        name: text(value.get("name")?)?,
        lines: tally(value, "lines")?,
        muted: match value.get("muted") {
            Some(muted) => Some(read_muted(muted)?),
            None => None,
        },
        oddities: match value.get("oddities") {
            Some(oddities) => oddities.elements()?.iter().map(read_oddity).collect::<Option<_>>()?,
            None => Vec::new(),
        },
        stale_answers: tally(value, "stale-answers")?,
        unread: tally(value, "unread")?,
        backlog: tally(value, "backlog")?,
        unfinished: value.get("unfinished").and_then(text),
        stdout_closed: value.get("stdout-closed?") == Some(&Value::Bool(true)),
        kills: tally(value, "kills")?,
        pauses: tally(value, "pauses")?,
        exited: value.get("exited").and_then(text),
        ..NodeRecord::default()
    })
}

fn oddities(oddities: &[Oddity]) -> Value {
    let told = oddities.iter().map(|Oddity { slip, count, time, example }| {
        Value::map([
            ("what", Value::keyword(slip.name())),
            ("count", number(*count)),
            ("time-nanos", number(time.as_nanos())),
            ("first", example.as_str().into()),
        ])
    });
    if oddities.is_empty() { Value::Nil } else { Value::Vector(told.collect()) }
}

fn read_oddity(value: &Value) -> Option<Oddity> {
    let name = value.get("what")?.as_name()?;
    Some(Oddity {
        slip: Slip::ALL.into_iter().find(|slip| slip.name() == name)?,
        count: unsigned(value.get("count")?)?,
        time: Time::from_nanos(unsigned(value.get("time-nanos")?)?),
        example: value.get("first")?.as_text()?.to_owned(),
    })
}

fn muted(muted: &Muted) -> Value {
    Value::map([
        ("time-nanos", number(muted.time.as_nanos())),
        ("line-number", number(muted.line_number)),
        ("line", muted.line.as_str().into()),
        ("reason", muted.reason.as_str().into()),
    ])
}

fn read_muted(value: &Value) -> Option<Muted> {
    Some(Muted {
        time: Time::from_nanos(unsigned(value.get("time-nanos")?)?),
        line_number: unsigned(value.get("line-number")?)?,
        line: value.get("line")?.as_text()?.to_owned(),
        reason: value.get("reason")?.as_text()?.to_owned(),
    })
}

fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// None is zero.
fn tally(value: &Value, key: &str) -> Option<u64> {
    value.get(key).map_or(Some(0), unsigned)
}
