//! Which of Fly.io's challenges a run's flags are those of, and what that challenge demands (§15).

use crate::edn::Value;
use crate::options::{Fault, Options, Workload};
use crate::thresholds::Figure;
use serde::Serialize;

/// What challenges 3d and 3e demand of a figure: it must stay below.
const DEMANDS: [(&str, [f64; 3]); 2] = [("3d", [30.0, 400.0, 600.0]), ("3e", [20.0, 1_000.0, 2_000.0])];

/// A challenge's demand, and how the run did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Demand {
    /// The challenge.
    pub challenge: &'static str,
    /// What is demanded and what was measured, in words.
    pub words: String,
    /// Whether it is about the latency of half of the values, or of all.
    pub of_latency: Option<&'static str>,
    /// The figure must be less than this.
    pub limit: f64,
    /// What was measured.
    pub measured: Option<f64>,
    /// Whether the demand is met.
    pub is_met: bool,
}

/// The name of the challenge that has these flags, if one does.
pub fn name(options: &Options) -> Option<&'static str> {
    let Options { workload, nodes, rate, time_limit, .. } = options;
    let has_partitions = options.nemesis.contains(&Fault::Partition);
    let (nodes, rate, seconds, latency_ms) =
        (nodes.len(), *rate as u64, time_limit.as_secs(), options.latency.mean_ms);
    Some(match (workload, nodes, rate, seconds, latency_ms, has_partitions) {
        (Workload::Echo, 1, _, 10, 0, false) => "1",
        (Workload::UniqueIds, 3, 1000, 30, 0, true) => "2",
        (Workload::Broadcast, 1, 10, 20, 0, false) => "3a",
        (Workload::Broadcast, 5, 10, 20, 0, false) => "3b",
        (Workload::Broadcast, 5, 10, 20, 0, true) => "3c",
        (Workload::Broadcast, 25, 100, 20, 100, false) => "3d and 3e",
        (Workload::Broadcast, 25, 100, 20, 100, true) => "3d and 3e, with partitions",
        (Workload::GCounter, 3, 100, 20, 0, true) => "4",
        (Workload::Kafka, 1, 1000, 20, 0, false) => "5a",
        (Workload::Kafka, 2, 1000, 20, 0, false) => "5b and 5c",
        (Workload::TxnRwRegister, 1, 1000, 20, 0, false) => "6a",
        (Workload::TxnRwRegister, 2, 1000, 20, 0, _) => "6b and 6c",
        _ => return None,
    })
}

/// What is demanded of a run with these flags: only 3d and 3e name figures, and only without faults.
pub fn demands(options: &Options, results: &Value) -> Vec<Demand> {
    if name(options) != Some("3d and 3e") {
        return Vec::new();
    }
    let of_challenge = |(challenge, limits): (&'static str, [f64; 3])| {
        Figure::ALL.into_iter().zip(limits).map(move |(figure, limit)| {
            let measured = figure.of(results);
            let is_met = measured.is_some_and(|measured| measured < limit);
            let of_latency = match figure {
                Figure::MessagesPerOperation => None,
                Figure::MedianLatency => Some("median"),
                Figure::LongestLatency => Some("longest"),
            };
            let words = words(figure, limit, measured);
            Demand { challenge, words, of_latency, limit, measured, is_met }
        })
    };
    DEMANDS.into_iter().flat_map(of_challenge).collect()
}

fn words(figure: Figure, limit: f64, measured: Option<f64>) -> String {
    let demand = match figure {
        Figure::MessagesPerOperation => format!("fewer than {limit} messages between servers per operation"),
        Figure::MedianLatency => format!("a median latency below {limit} ms"),
        Figure::LongestLatency => format!("no latency of {limit} ms or more"),
    };
    match (measured, figure) {
        (None, _) => format!("asks for {demand}; the run does not tell"),
        (Some(measured), Figure::MessagesPerOperation) => format!("asks for {demand}: {measured:.2}"),
        (Some(measured), _) => format!("asks for {demand}: {measured} ms"),
    }
}
