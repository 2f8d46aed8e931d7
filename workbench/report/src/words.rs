//! What a run came to, in sentences.

use super::proof::MAX_PROOFS;
use super::text::{sentence, thousands};
use bench::options::{Availability, LatencyDistribution, Options, Workload};
use bench::run::Record;
use edn::Value;
use judge::{Finding, Results, Validity};
use serde::Serialize;

/// The verdict: a word, and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// `valid`, `invalid`, `unknown` or `crashed`: the class of things that have its colour.
    pub class: &'static str,
    /// The word.
    pub word: &'static str,
    /// Why, in a sentence or two.
    pub because: String,
}

/// Explanations that are longer, in bytes, stand only where there is room for them.
const SHORT: usize = 120;

/// The verdict on a run. A run without results has none.
pub fn verdict(record: &Record, results: Option<&Results>) -> Verdict {
    let Some(results) = results else {
        let because = match &record.crash {
            Some(crash) => sentence(&crash.reason),
            None => "Somebody interrupted the run.".to_owned(),
        };
        return Verdict { class: "crashed", word: "No verdict", because };
    };
    let (class, word) = match results.valid {
        Validity::True => ("valid", "Valid"),
        Validity::False => ("invalid", "Invalid"),
        Validity::Unknown => ("unknown", "Unknown"),
    };
    let because = match results.findings.as_slice() {
        [] => kept(record.options.workload, &results.value),
        [finding, ..] if finding.explanation.len() > SHORT => cases(&results.findings),
        [finding, ..] => sentence(&finding.explanation) + &more(&results.findings),
    };
    Verdict { class, word, because }
}

/// What was run, in one sentence.
pub fn load(options: &Options) -> String {
    let count = |count: usize, thing: &str| match count {
        1 => format!("1 {thing}"),
        count => format!("{} {thing}s", thousands(count as i64)),
    };
    let nodes = count(options.nodes.len(), "node");
    let clients = count(options.concurrency, "client");
    let mut words = format!(
        "{nodes}, {clients}, {} operations a second for {} s",
        options.rate,
        options.time_limit.as_secs()
    );
    let distribution = match options.latency.distribution {
        LatencyDistribution::Constant => "",
        LatencyDistribution::Uniform => " on average, uniform",
        LatencyDistribution::Exponential => " on average, exponential",
    };
    match options.latency.mean_ms {
        0 => words.push_str(", no latency between nodes"),
        mean_ms => words.push_str(&format!(", {mean_ms} ms between nodes{distribution}")),
    }
    if !options.nemesis.is_empty() {
        let faults: Vec<String> = options.nemesis.iter().map(|fault| format!("{}s", fault.name())).collect();
        words.push_str(&format!(
            ", {} every {} s",
            faults.join(" and "),
            options.nemesis_interval.as_secs_f64()
        ));
    }
    match options.availability {
        Some(Availability::Total) => words.push_str(", every request to be answered"),
        Some(Availability::AtLeast(share)) => {
            words.push_str(&format!(", {} % of requests to be answered", share * 100.0))
        }
        None => {}
    }
    if matches!(options.workload, Workload::TxnRwRegister | Workload::TxnListAppend) {
        words.push_str(&format!(", transactions to be {}", options.consistency_models.join(" and ")));
    }
    words + "."
}

/// How many cases there are after the first: ` 7 more cases below.`
fn more(findings: &[Finding]) -> String {
    let below = findings.len().min(MAX_PROOFS) - 1;
    let more = findings.iter().map(|finding| 1 + finding.more).sum::<usize>() - 1;
    let cases = if more == 1 { "case" } else { "cases" };
    match more {
        0 => String::new(),
        more if more == below => format!(" {more} more {cases} below."),
        more => format!(" {} more {cases}, {below} of them below.", thousands(more as i64)),
    }
}

/// How many cases of what were found: `8 G2-item, 1 lost-update`.
fn cases(findings: &[Finding]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for finding in findings {
        match counts.iter_mut().find(|(kind, _)| *kind == finding.kind) {
            Some((_, count)) => *count += 1 + finding.more,
            None => counts.push((finding.kind, 1 + finding.more)),
        }
    }
    let counts: Vec<String> = counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    format!("What the history shows cannot have happened in a correct system: {}.", counts.join(", "))
}

/// The promise that a valid run kept.
fn kept(workload: Workload, results: &Value) -> String {
    let figure =
        |key| results.get("workload").and_then(|workload| workload.get(key)).and_then(Value::as_integer);
    let operations = results.get("stats").and_then(|stats| stats.get("ok-count")).and_then(Value::as_integer);
    let operations = thousands(operations.unwrap_or(0));
    match workload {
        Workload::Broadcast | Workload::GSet => {
            let stable = thousands(figure("stable-count").unwrap_or(0));
            format!("Nothing was lost: {stable} values showed up at every node and stayed.")
        }
        Workload::Echo => format!("All {operations} echoes came back as they were sent."),
        Workload::UniqueIds => format!("{operations} ids were given out, none twice."),
        Workload::GCounter | Workload::PnCounter => {
            "The last reads agree with each other, and with the sum of what was added.".to_owned()
        }
        Workload::Kafka => {
            format!("In {operations} operations no message was lost, skipped, or seen out of order.")
        }
        Workload::LinKv => format!(
            "{operations} operations took effect one by one, each between its request and its answer."
        ),
        Workload::TxnRwRegister | Workload::TxnListAppend => {
            format!(
                "{operations} transactions, none of which saw what the consistency models asked for forbid."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_and_what_is_nowhere_is_counted() {
        let finding = |kind, more| Finding {
            kind,
            costs: Validity::False,
            explanation: String::new(),
            evidence: Vec::new(),
            more,
        };
        assert_eq!(more(&[finding("lost", 0)]), "");
        assert_eq!(more(&vec![finding("lost", 0); 2]), " 1 more case below.");
        assert_eq!(more(&[finding("lost", 0), finding("lost", 1234)]), " 1,235 more cases, 1 of them below.");
        assert_eq!(more(&vec![finding("lost", 0); 60]), " 59 more cases, 23 of them below.");
        let cases = cases(&[finding("G0", 0), finding("G0", 90), finding("G1a", 0)]);
        assert!(cases.ends_with("92 G0, 1 G1a."), "{cases}");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_and_ends_with_one_full_stop() {
        assert_eq!(sentence("node n1 ended."), "Node n1 ended.");
        assert_eq!(sentence("élan"), "Élan.");
    }
}
