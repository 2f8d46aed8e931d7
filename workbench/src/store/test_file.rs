//! `test.edn`: what was asked of a run and how many messages it took, so that its history can be judged again later.
//!
//! Maelstrom keeps this in `test.jepsen`, a binary file. Ours is a map in EDN, for people and for `analyze`: everything
//! that the checkers look at besides the history, and what else a reader wants to know.

use crate::check::{MessageCounts, NetStats};
use crate::edn::{self, Value};
use crate::options::{Availability, Fault, Latency, LatencyDistribution, Options, Workload};
use std::time::Duration;

/// What `test.edn` holds.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// What was asked for; of the flags that only concern what is logged and drawn, the defaults.
    pub options: Options,
    /// The messages that the run took.
    pub messages: NetStats,
    /// Why the run broke off, if it did.
    pub crash: Option<String>,
}

impl TestFile {
    /// As a map.
    pub fn to_value(&self) -> Value {
        let TestFile { options, messages, crash } = self;
        let texts = |texts: &[String]| Value::Vector(texts.iter().map(|text| text.as_str().into()).collect());
        let optional = |value: Option<Value>| value.unwrap_or_default();
        let seconds = |duration: Duration| Value::Float(duration.as_secs_f64());
        Value::map([
            ("name", options.workload.name().into()),
            ("nodes", texts(&options.nodes)),
            ("concurrency", Value::count(options.concurrency)),
            ("time-limit", seconds(options.time_limit)),
            ("rate", Value::Float(options.rate)),
            ("latency", latency(options.latency)),
            ("nemesis", Value::Vector(options.nemesis.iter().map(|fault| keyword(fault.name())).collect())),
            ("nemesis-interval", seconds(options.nemesis_interval)),
            ("availability", optional(options.availability.map(availability))),
            ("consistency-models", texts(&options.consistency_models)),
            ("seed", Value::text(options.seed.to_string())),
            ("messages", counts(messages)),
            ("crash", optional(crash.as_deref().map(Value::from))),
        ])
    }

    /// Reads such a map; otherwise, which of its keys is amiss.
    pub fn read(text: &str) -> Result<TestFile, String> {
        let value = edn::read(text).map_err(|error| error.to_string())?;
        let amiss = |key: &'static str| move || format!("no usable :{key}");
        let field = |key: &'static str| value.get(key).ok_or_else(amiss(key));
        let texts = |key: &'static str| {
            let elements = field(key)?.elements().ok_or_else(amiss(key))?;
            let texts = elements.iter().map(|text| text.as_text().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>().ok_or_else(amiss(key))
        };
        let seconds = |key: &'static str| {
            let seconds = float(field(key)?).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            seconds.ok_or_else(amiss(key))
        };
        let name = field("name")?.as_text();
        let workload = Workload::ALL.into_iter().find(|workload| name == Some(workload.name()));
        let options = Options {
            nodes: texts("nodes")?,
            concurrency: count(field("concurrency")?).ok_or_else(amiss("concurrency"))?,
            time_limit: seconds("time-limit")?,
            rate: float(field("rate")?).ok_or_else(amiss("rate"))?,
            latency: read_latency(field("latency")?).ok_or_else(amiss("latency"))?,
            nemesis: read_faults(field("nemesis")?).ok_or_else(amiss("nemesis"))?,
            nemesis_interval: seconds("nemesis-interval")?,
            availability: read_availability(field("availability")?).ok_or_else(amiss("availability"))?,
            consistency_models: texts("consistency-models")?,
            seed: field("seed")?.as_text().and_then(|seed| seed.parse().ok()).ok_or_else(amiss("seed"))?,
            ..Options::new(workload.ok_or_else(amiss("name"))?, 0)
        };
        let messages = read_counts(field("messages")?).ok_or_else(amiss("messages"))?;
        let crash = field("crash")?.as_text().map(str::to_owned);
        Ok(TestFile { options, messages, crash })
    }
}

fn keyword(name: &'static str) -> Value {
    Value::keyword(name)
}

fn latency(Latency { mean_ms, distribution }: Latency) -> Value {
    let mean = i64::try_from(mean_ms).unwrap_or(i64::MAX);
    Value::map([("mean", Value::Integer(mean)), ("dist", keyword(distribution.name()))])
}

fn read_latency(value: &Value) -> Option<Latency> {
    let mean_ms = u64::try_from(value.get("mean")?.as_integer()?).ok()?;
    let distribution = LatencyDistribution::named(value.get("dist")?.as_name()?)?;
    Some(Latency { mean_ms, distribution })
}

fn read_faults(value: &Value) -> Option<Vec<Fault>> {
    let named = |name: &Value| Fault::ALL.into_iter().find(|fault| name.as_name() == Some(fault.name()));
    value.elements()?.iter().map(named).collect()
}

fn availability(availability: Availability) -> Value {
    match availability {
        Availability::Total => keyword("total"),
        Availability::AtLeast(share) => Value::Float(share),
    }
}

fn read_availability(value: &Value) -> Option<Option<Availability>> {
    match value {
        Value::Nil => Some(None),
        value if value.as_name() == Some("total") => Some(Some(Availability::Total)),
        value => float(value).map(|share| Some(Availability::AtLeast(share))),
    }
}

fn counts(NetStats { all, clients, servers }: &NetStats) -> Value {
    let class = |MessageCounts { send, recv, msg }: &MessageCounts| {
        Value::map([
            ("send", Value::count(*send)),
            ("recv", Value::count(*recv)),
            ("msg", Value::count(*msg)),
        ])
    };
    Value::map([("all", class(all)), ("clients", class(clients)), ("servers", class(servers))])
}

fn read_counts(value: &Value) -> Option<NetStats> {
    let class = |name| {
        let class = value.get(name)?;
        let [send, recv, msg] = ["send", "recv", "msg"].map(|key| class.get(key).and_then(count));
        Some(MessageCounts { send: send?, recv: recv?, msg: msg? })
    };
    Some(NetStats { all: class("all")?, clients: class("clients")?, servers: class("servers")? })
}

fn count(value: &Value) -> Option<usize> {
    usize::try_from(value.as_integer()?).ok()
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> TestFile {
        let mut options = Options::new(Workload::TxnRwRegister, 3);
        options.concurrency = 6;
        options.latency = Latency { mean_ms: 7, distribution: LatencyDistribution::Exponential };
        options.nemesis = vec![Fault::Pause, Fault::Partition];
        options.nemesis_interval = Duration::from_millis(1_500);
        options.consistency_models = vec!["read-atomic".into(), "causal-cerone".into()];
        options.seed = u64::MAX;
        let class = |msg| MessageCounts { send: msg + 2, recv: msg + 1, msg };
        let messages = NetStats { all: class(30), clients: class(20), servers: class(10) };
        TestFile { options, messages, crash: None }
    }

    #[test]
    fn everything_survives_being_written_and_read() {
        for availability in [None, Some(Availability::Total), Some(Availability::AtLeast(0.5))] {
            for crash in [None, Some("node n1 is \"gone\"".to_owned())] {
                let mut written = TestFile { crash, ..file() };
                written.options.availability = availability;
                let text = edn::pretty(&written.to_value());
                let read = TestFile::read(&text).unwrap();
                assert_eq!(format!("{read:?}"), format!("{written:?}"));
            }
        }
    }

    #[test]
    fn what_is_amiss_is_named() {
        let text = edn::pretty(&file().to_value());
        assert!(TestFile::read("{:name").unwrap_err().contains("unexpected end"));
        for (key, from, to) in [
            ("name", ":name \"txn", ":name \"no-txn"),
            ("nodes", "[\"n0\"", "[7"),
            ("concurrency", ":concurrency 6", ":concurrency -6"),
            ("time-limit", ":time-limit 60.0", ":time-limit :long"),
            ("nemesis", ":pause", ":earthquake"),
            ("messages", ":messages", ":letters"),
        ] {
            assert!(text.contains(from), "{text}");
            assert_eq!(TestFile::read(&text.replace(from, to)).unwrap_err(), format!("no usable :{key}"));
        }
    }
}
