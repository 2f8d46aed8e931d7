//! Which of Fly.io's challenges a run's flags are those of, and what they demand of its figures (§15).

use crate::challenges::{CHALLENGES, Challenge};
use crate::job::read_scenario;
use bench::options::Options;
use edn::Value;
use judge::figures::{Figure, judge};
use report::{Challenged, Demand};

/// The challenge of this name, or else those with these flags, and what they demand of these results.
pub(super) fn challenged(options: &Options, results: &Value, name: Option<&str>) -> Challenged {
    let named = name.and_then(|name| CHALLENGES.iter().find(|challenge| challenge.name == name));
    let challenges = named.map_or_else(|| matching(options), |named| vec![named]);
    Challenged {
        names: challenges.iter().map(|challenge| challenge.name).collect(),
        by_name: named.is_some(),
        demands: demands(&challenges, results),
    }
}

/// What these challenges demand. What we want of ourselves is nobody else's concern.
fn demands(challenges: &[&'static Challenge], results: &Value) -> Vec<Demand> {
    let of_challenge = |challenge: &&'static Challenge| {
        let challenge: &'static Challenge = challenge;
        let judgements = judge(results, &challenge.limits()).into_iter();
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
                shortfall: shortfall(figure, limit, judgement.measured),
                of_latency,
                limit,
                measured: judgement.measured,
                is_met: judgement.measured.is_some_and(|measured| measured < limit),
            })
        })
    };
    challenges.iter().flat_map(of_challenge).collect()
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
    let words = format!("-w {} {}", challenge.workload, challenge.flags);
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

fn shortfall(figure: Figure, limit: f64, measured: Option<f64>) -> String {
    let (name, unit) = match figure {
        Figure::MessagesPerOperation => ("messages per operation", ""),
        Figure::MedianLatency => ("median latency", " ms"),
        Figure::LongestLatency => ("longest latency", " ms"),
    };
    match measured {
        None => format!("{name} unknown, must be below {limit}{unit}"),
        Some(measured) if unit.is_empty() => format!("{measured:.2} {name}, must be below {limit}"),
        Some(measured) => format!("{name} {measured}{unit}, must be below {limit}{unit}"),
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
        let names = |options: &Options| challenged(options, &Value::Nil, None).name();
        assert_eq!(names(&options).as_deref(), Some("3d and 3e"));
        let results = "{:net {:servers {:msgs-per-op 21.5}} :workload {:stable-latencies {0.5 399, 1 700}}}";
        let of = |options: &Options, name| challenged(options, &edn::read(results).unwrap(), name).demands;
        let demands_of = |options: &Options| of(options, None);
        let met: Vec<bool> = demands_of(&options).iter().map(|demand| demand.is_met).collect();
        assert_eq!(met, [true, true, false, false, true, true]);
        let missed = of(&options, Some("3d")).into_iter().find(|demand| !demand.is_met);
        let shortfall = missed.map(|demand| demand.shortfall);
        assert_eq!(shortfall.as_deref(), Some("longest latency 700 ms, must be below 600 ms"));
        options.nemesis = vec![Fault::Partition];
        assert!(demands_of(&options).is_empty());
        options.nodes.pop();
        assert_eq!(names(&options), None);
    }

    #[test]
    fn a_run_that_is_held_to_another_model_than_a_challenge_asks_for_is_not_named_after_it() {
        let read = |model: &str| {
            let load = "-w txn-rw-register --node-count 2 --concurrency 2n --time-limit 20 --rate 1000";
            let rest = format!("--availability total --nemesis partition --consistency-models {model}");
            read_scenario(&format!("{load} {rest}")).unwrap().options
        };
        let name = |model: &str| challenged(&read(model), &Value::Nil, None).name();
        assert_eq!(name("read-committed").as_deref(), Some("6c"));
        assert_eq!(name("serializable"), None);
    }
}
