//! What a run came to, in sentences.

use super::challenged::Challenged;
use super::summed::{last_reads, sum};
use super::text::{listed, sentence, thousands};
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
    /// The word, or two.
    pub word: String,
    /// Why, in a sentence or two.
    pub because: String,
}

/// Explanations that are longer, in bytes, stand only where there is room for them.
const SHORT: usize = 120;

/// The verdict on a run, and on whether it passed the challenges that it is one of. A run without results has none.
pub fn verdict(record: &Record, results: Option<&Results>, challenged: &Challenged) -> Verdict {
    let because = because(record, results);
    let (class, word) = match results.map(|results| results.valid) {
        None => ("crashed", "No verdict"),
        Some(Validity::True) => ("valid", "Valid"),
        Some(Validity::False) => ("invalid", "Invalid"),
        Some(Validity::Unknown) => ("unknown", "Unknown"),
    };
    let outcomes = challenged.outcomes(results, &because);
    let passed = outcomes.iter().filter(|outcome| outcome.missed.is_none()).count();
    if challenged.by_name
        && let [outcome] = outcomes.as_slice()
    {
        let (class, word) = match &outcome.missed {
            None => (class, "passed"),
            Some(_) if class == "valid" => ("invalid", "not passed"),
            Some(_) => (class, "not passed"),
        };
        let limits = outcome
            .missed
            .iter()
            .filter(|_| passed == 0 && results.is_some_and(|r| r.valid == Validity::True));
        let limits: String = limits.map(|missed| sentence(missed) + " ").collect();
        return Verdict { class, word: format!("{} {word}", outcome.challenge), because: limits + &because };
    }
    let is_valid = class == "valid";
    if !is_valid || passed == outcomes.len() {
        return Verdict { class, word: word.to_owned(), because };
    }
    let told: Vec<String> =
        outcomes.iter().map(|outcome| format!("{}: {}.", outcome.challenge, outcome.words())).collect();
    let because = format!("{} {because}", told.join(" "));
    match passed {
        0 => Verdict { class: "unknown", word: "Valid, but limits are missed".to_owned(), because },
        _ => Verdict { class, word: word.to_owned(), because },
    }
}

/// Why the verdict is what it is, in a sentence or two.
pub fn because(record: &Record, results: Option<&Results>) -> String {
    let Some(results) = results else {
        return match &record.crash {
            Some(crash) => sentence(&crash.reason),
            None => "Somebody interrupted the run.".to_owned(),
        };
    };
    match (results.findings.as_slice(), sum(record, results)) {
        ([], _) => kept(record, &results.value),
        ([finding, ..], Some(sum)) if sum.starts_with("found: ") && finding.explanation.len() <= SHORT => {
            sentence(&finding.explanation) + &more(&results.findings)
        }
        ([..], Some(sum)) => sentence(&sum),
        ([finding, ..], None) => sentence(&finding.explanation),
    }
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

/// How many cases there are after the first: ` 7 more cases.`
fn more(findings: &[Finding]) -> String {
    match findings.iter().map(|finding| 1 + finding.more).sum::<usize>() - 1 {
        0 => String::new(),
        1 => " 1 more case.".to_owned(),
        more => format!(" {} more cases.", thousands(more as i64)),
    }
}

/// Nodes of which no read succeeded after the last value had been added: of them nothing is known.
fn unread(record: &Record) -> Vec<&str> {
    let adds = record.history.ops.iter().filter(|op| matches!(op.f, "broadcast" | "add"));
    let last_add = adds.map(|op| op.index).max().unwrap_or(0);
    let reads = last_reads(record);
    let is_read = |node: &usize| reads.get(node).is_some_and(|read| read.index > last_add);
    let nodes = (0..record.options.nodes.len()).filter(|node| !is_read(node));
    nodes.map(|node| record.options.nodes[node].as_str()).collect()
}

/// The promise that a valid run kept, and no more than its reads show.
fn kept(record: &Record, results: &Value) -> String {
    let workload = record.options.workload;
    let figure =
        |key| results.get("workload").and_then(|workload| workload.get(key)).and_then(Value::as_integer);
    let operations = results.get("stats").and_then(|stats| stats.get("ok-count")).and_then(Value::as_integer);
    let operations = thousands(operations.unwrap_or(0));
    match workload {
        Workload::Broadcast | Workload::GSet => {
            let stable = thousands(figure("stable-count").unwrap_or(0));
            let unread = unread(record);
            if unread.is_empty() {
                return format!("Nothing was lost: {stable} values showed up at every node and stayed.");
            }
            let (unread, asked) = (listed(&unread), record.options.nodes.len() - unread.len());
            format!(
                "Nothing was lost, as far as reads show: {stable} values stayed at the {asked} nodes that could be read in \
                 the end. Of {unread} nothing is known: no read there succeeded after the last value."
            )
        }
        Workload::Echo => format!("All {operations} echoes came back as they were sent."),
        Workload::UniqueIds => format!("{operations} ids were given out, none twice."),
        Workload::GCounter | Workload::PnCounter if figure_is_empty(results, "final-reads") => {
            "None of the last reads succeeded, so nothing is known of the counter.".to_owned()
        }
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

fn figure_is_empty(results: &Value, key: &str) -> bool {
    let figure = results.get("workload").and_then(|workload| workload.get(key));
    figure.and_then(Value::elements).is_none_or(<[Value]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_besides_the_first_case_is_counted() {
        let finding = |kind, more| Finding {
            kind,
            costs: Validity::False,
            explanation: String::new(),
            evidence: Vec::new(),
            more,
        };
        assert_eq!(more(&[finding("lost", 0)]), "");
        assert_eq!(more(&vec![finding("lost", 0); 2]), " 1 more case.");
        assert_eq!(more(&[finding("lost", 0), finding("lost", 1234)]), " 1,235 more cases.");
        assert_eq!(more(&vec![finding("lost", 0); 60]), " 59 more cases.");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_and_ends_with_one_full_stop() {
        assert_eq!(sentence("node n1 ended."), "Node n1 ended.");
        assert_eq!(sentence("élan"), "Élan.");
    }
}
