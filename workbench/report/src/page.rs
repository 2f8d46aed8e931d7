//! The pages themselves: templates filled in, with style, scripts and data inside, so that one file is all there is.

use super::Subject;
use super::challenged::{Challenged, Demand};
use super::proof::{self, Proof};
use super::row::Row;
use super::series::{self, Operations};
use super::templates::render;
use super::text::{cut, thousands};
use super::traffic::{Counts, Traffic, TypeCount, micros};
use super::words;
use bench::options::Options;
use bench::run::Record;
use edn::Value;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The scripts of a report, in the order in which they need each other.
const SCRIPTS: [&str; 7] = [
    include_str!("page/basics.js"),
    include_str!("page/rows.js"),
    include_str!("page/chart.js"),
    include_str!("page/charts.js"),
    include_str!("page/diagram.js"),
    include_str!("page/details.js"),
    include_str!("page/main.js"),
];
/// Clusters of more nodes have no picture of their links: its cells would be too small.
const MAX_NODES_WITH_LINKS: usize = 64;

/// The page of a run.
pub fn report(subject: &Subject<'_>) -> String {
    let Subject { record, results, command, challenged: Challenged { name, demands } } = subject;
    let (record, results) = (*record, *results);
    let start = record.start.unwrap_or_default();
    let end_us = micros(machines::Time::ZERO + record.duration, start);
    let mut proofs = results.map(|results| proof::proofs(record, results)).unwrap_or_default();
    let focus_us = proofs.iter().find_map(|proof| proof.span_us).map(|(from_us, _)| from_us);
    let traffic = Traffic::new(&record.options, &record.journal, start, focus_us);
    let faults = series::faults(&record.history, end_us);
    proof::locate(&mut proofs, record, &traffic, &faults);
    let counts = Counts::new(&record.options, &record.journal, start, end_us);
    let value = results.map_or(&Value::Nil, |results| &results.value);
    let stable_ms = judge::stable_latencies_ms(&record.options.demands(), &record.history);
    let operations = Operations::new(&record.history);
    let data = json!({
        "end": end_us,
        "faults": faults,
        "proofs": proofs.iter().map(Marked::from).collect::<Vec<_>>(),
        "messages": Columns::new(&traffic),
        "demands": demands,
        "stable": stable_ms,
        "links": links(&record.options, &counts),
        "traffic": counts.over_time,
        "operations": operations,
    });
    let has_messages = !record.journal.entries.is_empty();
    let page = Page {
        title: title(&record.options),
        verdict: words::verdict(record, results),
        load: words::load(&record.options),
        command: *command,
        last_words: record.crash.as_ref().and_then(|crash| crash.last_words.as_deref()),
        challenge: name.as_deref(),
        figures: figures(record, value),
        types: &counts.by_type,
        notes: left_out(&traffic, &operations),
        has_stable: stable_ms.is_some_and(|stable| !stable.is_empty()),
        has_links: has_messages && (2..=MAX_NODES_WITH_LINKS).contains(&record.options.nodes.len()),
        has_messages,
        has_operations: !operations.began.is_empty(),
        has_results: results.is_some(),
        data: embedded(&data),
        scripts: SCRIPTS.concat(),
        demands,
        proofs,
    };
    render("report.html", &page)
}

/// What the template of a run's page is filled in with.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    verdict: words::Verdict,
    load: String,
    command: Option<&'a str>,
    last_words: Option<&'a str>,
    challenge: Option<&'a str>,
    demands: &'a [Demand],
    figures: Vec<(&'static str, String)>,
    proofs: Vec<Proof>,
    types: &'a BTreeMap<String, TypeCount>,
    notes: Vec<String>,
    has_stable: bool,
    has_links: bool,
    has_messages: bool,
    has_operations: bool,
    has_results: bool,
    data: String,
    scripts: String,
}

/// JSON that may stand inside a script element, whatever nodes wrote: without `<` nothing can end the element.
pub(super) fn embedded(data: &impl Serialize) -> String {
    let text = serde_json::to_string(data).expect("the data have no parts that cannot be JSON");
    text.replace('<', "\\u003c")
}

fn title(options: &Options) -> String {
    format!("{} · seed {}", options.workload.name(), options.seed)
}

/// The figures of the summary, by name.
fn figures(record: &Record, results: &Value) -> Vec<(&'static str, String)> {
    let at = |path: &[&str]| path.iter().try_fold(results, |value, key| value.get(key));
    let count = |path: &[&str]| at(path).and_then(Value::as_integer).map(thousands);
    let mut figures = Vec::new();
    let mut add = |name, text: Option<String>| figures.extend(text.map(|text| (name, text)));
    add("operations", count(&["stats", "count"]));
    add("ok", count(&["stats", "ok-count"]));
    add("failed", count(&["stats", "fail-count"]));
    add("unknown", count(&["stats", "info-count"]));
    add("messages between servers", count(&["net", "servers", "msg-count"]));
    add("per operation", at(&["net", "servers", "msgs-per-op"]).map(three_digits));
    let statistics = &record.journal.statistics;
    let dropped = statistics.cut + statistics.lost;
    add("messages dropped", (dropped > 0).then(|| thousands(dropped as i64)));
    for (name, quantile) in [("median stable latency", 0.5), ("longest stable latency", 1.0)] {
        let latency = judge::figures::stable_latency_ms(results, quantile);
        add(name, latency.map(|ms| format!("{} ms", thousands(ms as i64))));
    }
    add("length of the run", Some(seconds(record.duration)));
    add("seed", Some(record.options.seed.to_string()));
    figures
}

fn three_digits(value: &Value) -> String {
    let number: f64 = value.to_string().parse().unwrap_or_default();
    format!("{number:.3}")
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// What is not on the page, in sentences.
fn left_out(traffic: &Traffic, operations: &Operations) -> Vec<String> {
    let mut notes = Vec::new();
    let (before, after) = traffic.left_out;
    if traffic.rows.is_empty() {
        notes.push("What happened on the network is not known: the run's journal is missing.".to_owned());
    } else if before + after > 0 {
        notes.push(format!(
            "The diagram holds a part of the run: {} events of the network before it and {} after it are left out.",
            thousands(before as i64),
            thousands(after as i64)
        ));
    }
    if operations.left_out > 0 {
        let (shown, rest) = (series::MAX_OPERATIONS as i64, operations.left_out as i64);
        notes.push(format!(
            "The plots show the first {} operations; {} more are left out.",
            thousands(shown),
            thousands(rest)
        ));
    }
    notes
}

/// Messages from each node or service (row) to each (column), if there are few enough.
fn links(options: &Options, counts: &Counts) -> Vec<(usize, usize, u64)> {
    if options.nodes.len() > MAX_NODES_WITH_LINKS {
        return Vec::new();
    }
    counts.by_link.iter().map(|(&(src, dest), &count)| (src, dest, count)).collect()
}

/// What the scripts need to know of a proof.
#[derive(Serialize)]
struct Marked<'a> {
    kind: &'a str,
    span: Option<(i64, i64)>,
    rows: &'a [usize],
    chain: Option<usize>,
    evidence: Vec<(usize, (i64, i64))>,
}

impl<'a> From<&'a Proof> for Marked<'a> {
    fn from(proof: &'a Proof) -> Marked<'a> {
        let evidence = proof.evidence.iter().map(|shown| (shown.index, shown.span_us)).collect();
        Marked { kind: proof.kind, span: proof.span_us, rows: &proof.rows, chain: proof.chain, evidence }
    }
}

/// The rows of the diagram in columns: a third of the size of a list of objects, and typed arrays are made of them at once.
#[derive(Serialize)]
struct Columns<'a> {
    names: Vec<&'a str>,
    nodes: usize,
    servers: usize,
    types: &'a [String],
    id: Vec<u64>,
    src: Vec<usize>,
    dest: Vec<usize>,
    /// Since the row before.
    sent: Vec<i64>,
    /// -1 for those that were under way at the end.
    took: Vec<i64>,
    fate: Vec<super::Fate>,
    kind: Vec<usize>,
    body: Vec<String>,
    values: Vec<String>,
    steps: Vec<&'a [usize]>,
}

impl<'a> Columns<'a> {
    fn new(traffic: &'a Traffic) -> Columns<'a> {
        let rows = &traffic.rows;
        let limit = traffic.body_limit();
        let mut before_us = 0;
        let mut since_the_row_before = |row: &Row| {
            let since_us = row.sent_us - before_us;
            before_us = row.sent_us;
            since_us
        };
        Columns {
            names: traffic.names.iter().map(AsRef::as_ref).collect(),
            nodes: traffic.nodes,
            servers: traffic.servers,
            types: &traffic.types,
            id: rows.iter().map(|row| row.id).collect(),
            src: rows.iter().map(|row| row.src).collect(),
            dest: rows.iter().map(|row| row.dest).collect(),
            sent: rows.iter().map(&mut since_the_row_before).collect(),
            took: rows.iter().map(|row| row.end_us.map_or(-1, |end_us| end_us - row.sent_us)).collect(),
            fate: rows.iter().map(|row| row.fate).collect(),
            kind: rows.iter().map(|row| row.kind).collect(),
            body: rows.iter().map(|row| cut(&row.body, limit)).collect(),
            values: traffic.chains.values.iter().map(|chain| chain.atom.to_string()).collect(),
            steps: traffic.chains.values.iter().map(|chain| chain.steps.as_slice()).collect(),
        }
    }
}
