//! Which of Fly.io's challenges a run's flags are those of, and what they demand of its figures (§15).

use crate::challenges::{CHALLENGES, Challenge};
use crate::job::read_scenario;
use bench::options::Options;
use edn::Value;
use judge::figures::{Figure, judge};
use report::{Challenged, Demand};

/// The challenges with these flags, and what they demand of these results.
pub(super) fn challenged(options: &Options, results: &Value) -> Challenged {
    Challenged { name: name(options), demands: demands(options, results) }
}

/// The challenges with these flags, by name: `3d and 3e`. Those beyond what Fly.io set are not among them.
fn name(options: &Options) -> Option<String> {
    let names: Vec<&str> = matching(options).into_iter().map(|challenge| challenge.name).collect();
    (!names.is_empty()).then(|| names.join(" and "))
}

/// What they demand.
fn demands(options: &Options, results: &Value) -> Vec<Demand> {
    let of_challenge = |challenge: &'static Challenge| {
        let judgements = judge(results, &challenge.thresholds()).into_iter();
        judgements.filter_map(move |judgement| {
            let (figure, limit) = (judgement.threshold.figure, judgement.threshold.demanded?);
            let of_latency = match figure {
                Figure::MessagesPerOperation => None,
                Figure::MedianLatency => Some("median"),
                Figure::LongestLatency => Some("longest"),
            };
            Some(Demand {
                challenge: challenge.name,
                words: words(figure, limit, judgement.measured),
                of_latency,
                limit,
                measured: judgement.measured,
                is_met: judgement.measured.is_some_and(|measured| measured < limit),
            })
        })
    };
    matching(options).into_iter().flat_map(of_challenge).collect()
}

/// One of each name.
fn matching(options: &Options) -> Vec<&'static Challenge> {
    let mut found: Vec<&Challenge> = Vec::new();
    for challenge in CHALLENGES.iter().filter(|challenge| challenge.is_set() && has_load(challenge, options))
    {
        if !found.iter().any(|known| known.name == challenge.name) {
            found.push(challenge);
        }
    }
    found
}

/// Whether a run was under the load that a challenge asks for, and held to what it asks for.
fn has_load(challenge: &Challenge, options: &Options) -> bool {
    if challenge.workload != options.workload.name() {
        return false;
    }
    let words = format!("-w {} {}", challenge.workload, challenge.flags.join(" "));
    let load = |options: &Options| {
        let Options { nodes, rate, time_limit, latency, concurrency, nemesis, .. } = options.clone();
        let Options { consistency_models, availability, .. } = options;
        let promises = (consistency_models.clone(), *availability);
        (nodes.len(), rate, time_limit, latency, concurrency, nemesis, promises)
    };
    read_scenario(&words).is_ok_and(|scenario| load(&scenario.options) == load(options))
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

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::{Fault, Workload};
    use std::time::Duration;

    #[test]
    fn a_run_with_the_flags_of_3d_and_3e_is_held_to_both_and_others_are_not() {
        let mut options = Options::new(Workload::Broadcast, 25);
        options.time_limit = Duration::from_secs(20);
        options.rate = 100.0;
        options.latency.mean_ms = 100;
        assert_eq!(name(&options).as_deref(), Some("3d and 3e"));
        let results = "{:net {:servers {:msgs-per-op 21.5}} :workload {:stable-latencies {0.5 399, 1 700}}}";
        let demands_of = |options: &Options| demands(options, &edn::read(results).unwrap());
        let met: Vec<bool> = demands_of(&options).iter().map(|demand| demand.is_met).collect();
        assert_eq!(met, [true, true, false, false, true, true]);
        options.nemesis = vec![Fault::Partition];
        assert!(demands_of(&options).is_empty());
        options.nodes.pop();
        assert_eq!(name(&options), None);
    }

    #[test]
    fn a_run_that_is_held_to_another_model_than_a_challenge_asks_for_is_not_named_after_it() {
        let read = |model: &str| {
            let load = "-w txn-rw-register --node-count 2 --concurrency 2n --time-limit 20 --rate 1000";
            let rest = format!("--availability total --nemesis partition --consistency-models {model}");
            read_scenario(&format!("{load} {rest}")).unwrap().options
        };
        assert_eq!(name(&read("read-committed")).as_deref(), Some("6c"));
        assert_eq!(name(&read("serializable")), None);
    }
}
