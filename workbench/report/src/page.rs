//! The pages themselves: templates filled in, with style, scripts and data inside, so that one file is all there is.

use super::Subject;
use super::challenged::{Challenged, Demand};
use super::coach;
use super::faults;
use super::lab::Lab;
use super::notes;
use super::packed::packed;
use super::proof::{self, Proof};
use super::row::Row;
use super::series::{MAX_DOTS, Operations};
use super::templates::render;
use super::text::{cut, thousands};
use super::told::{Told, Worsening};
use super::traffic::{Counts, Traffic, TypeCount, micros};
use super::words;
use bench::options::Options;
use bench::run::Record;
use edn::Value;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The scripts of a report, in the order in which they need each other: first those that unpack data, during which nothing is drawn.
const SCRIPTS: [&str; 11] = [
    include_str!("page/basics.js"),
    include_str!("page/rows.js"),
    include_str!("page/chart.js"),
    include_str!("page/charts.js"),
    include_str!("page/told.js"),
    include_str!("page/diagram.js"),
    include_str!("page/marks.js"),
    include_str!("page/details.js"),
    include_str!("page/travel.js"),
    include_str!("page/lab.js"),
    include_str!("page/main.js"),
];
/// Clusters of more nodes have no picture of their links: its cells would be too small.
const MAX_NODES_WITH_LINKS: usize = 64;

/// The page of a run.
pub fn report(subject: &Subject<'_>) -> String {
    let Subject { record, results, command, challenged, .. } = subject;
    let Challenged { demands, .. } = challenged;
    let (record, results) = (*record, *results);
    let start = record.start.unwrap_or_default();
    let end_us = micros(machines::Time::ZERO + record.duration, start);
    let mut proofs = results.map(|results| proof::proofs(record, results)).unwrap_or_default();
    let focus_us = proofs.iter().find_map(|proof| proof.span_us).map(|(from_us, _)| from_us);
    let traffic = Traffic::new(&record.options, &record.journal, start, focus_us);
    let faults = faults::faults(&record.history, end_us);
    proof::locate(&mut proofs, record, &traffic, &faults);
    let main_us = main_us(record, end_us);
    let counts = Counts::new(&record.options, &record.journal, start, main_us);
    let value = results.map_or(&Value::Nil, |results| &results.value);
    let stable_ms = judge::stable_latencies_ms(&record.options.demands(), &record.history);
    let operations = Operations::new(&record.history);
    let worsening = subject.too_late.map(|too_late| Worsening::new(too_late, start));
    let data = json!({
        "end": end_us,
        "main": main_us,
        "faults": faults,
        "proofs": proofs.iter().map(Marked::from).collect::<Vec<_>>(),
        "messages": Messages::new(&traffic),
        "demands": demands,
        "stable": stable_ms,
        "links": links(&record.options, &counts),
        "traffic": counts.over_time,
        "operations": operations.shown(main_us),
        "said": Told::new(subject.said.iter(), start),
        "states": subject.states.map(|states| Told::new(states.changes.iter(), start)),
        "worsening": worsening,
    });
    let has_messages = !record.journal.entries.is_empty();
    let page = Page {
        title: title(&record.options),
        verdict: words::verdict(record, results, challenged),
        doubt: notes::headline(record, results),
        coach: coach::coach(record, results, challenged),
        odd: notes::notes(record),
        load: words::load(&record.options),
        command: *command,
        last_words: record.crash.as_ref().and_then(|crash| crash.last_words.as_deref()),
        challenge: challenged.name(),
        figures: figures(record, value),
        types: &counts.by_type,
        notes: left_out(&traffic, &operations, main_us),
        lab: subject.lab,
        has_said: !subject.said.is_empty(),
        has_states: subject.states.is_some_and(|states| !states.changes.is_empty()),
        state_stretch: subject
            .states
            .filter(|states| states.stretch_ns > 0)
            .map(|states| states.stretch_ns / 1_000_000),
        too_late: worsening.as_ref().map(|worsening| worsening.words.clone()),
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

/// The page of the lab when what was asked for makes no sense.
pub fn mistaken(lab: &Lab) -> String {
    render("mistaken.html", &json!({ "title": "lab", "lab": lab }))
}

/// What the template of a run's page is filled in with.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    verdict: words::Verdict,
    load: String,
    command: Option<&'a str>,
    last_words: Option<&'a str>,
    /// What casts doubt on the run as a whole.
    doubt: Option<String>,
    /// What explains it.
    coach: Vec<String>,
    /// What nodes did that was passed over.
    odd: Vec<String>,
    challenge: Option<String>,
    demands: &'a [Demand],
    figures: Vec<(&'static str, String)>,
    proofs: Vec<Proof>,
    types: &'a BTreeMap<String, TypeCount>,
    notes: Vec<String>,
    lab: Option<&'a Lab>,
    has_said: bool,
    has_states: bool,
    /// Milliseconds between states that are told, if not every one is.
    state_stretch: Option<u64>,
    too_late: Option<String>,
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
    figures
}

fn three_digits(value: &Value) -> String {
    let number: f64 = value.to_string().parse().unwrap_or_default();
    format!("{number:.3}")
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// When the main phase ended: what comes after it, recovery and final reads, is no part of what is plotted over time.
pub(super) fn main_us(record: &Record, end_us: i64) -> i64 {
    let limit_us = i64::try_from(record.options.time_limit.as_micros()).unwrap_or(i64::MAX);
    end_us.min(limit_us).max(1)
}

/// What is not on the page, in sentences.
fn left_out(traffic: &Traffic, operations: &Operations, main_us: i64) -> Vec<String> {
    let mut notes = Vec::new();
    let (all, full) = (traffic.rows.len(), traffic.in_full.len());
    if traffic.rows.is_empty() {
        notes.push("What happened on the network is not known: the run's journal is missing.".to_owned());
    } else if full < all {
        let part = &traffic.rows[traffic.in_full.clone()];
        let seconds = |row: Option<&Row>| row.map_or(0.0, |row| row.sent_us as f64 / 1e6);
        let what = match traffic.one_in {
            1 => format!("All {} messages are in the diagram", thousands(all as i64)),
            one_in => format!("One in {one_in} messages is in the diagram, {} in all", thousands(all as i64)),
        };
        notes.push(format!(
            "{what}. Those sent from {:.3} s to {:.3} s have their bodies with them, and the ways of their values; the bodies of the others are in net-journal/messages.jsonl.",
            seconds(part.first()),
            seconds(part.last())
        ));
    }
    if traffic.left_out > 0 {
        let events = thousands(traffic.left_out as i64);
        notes.push(format!("The run's journal had no room for {events} events of the network."));
    }
    let (_, one_in) = operations.dots(main_us);
    if one_in > 1 {
        let most = thousands(MAX_DOTS as i64);
        notes.push(format!("More than {most} operations were ok: one in {one_in} of them has a dot."));
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
    /// Each operation: its place in the history, when it was, the node that was asked.
    evidence: Vec<(usize, (i64, i64), Option<usize>)>,
}

impl<'a> From<&'a Proof> for Marked<'a> {
    fn from(proof: &'a Proof) -> Marked<'a> {
        let evidence = proof.evidence.iter().map(|shown| (shown.index, shown.span_us, shown.node)).collect();
        Marked { kind: proof.kind, span: proof.span_us, rows: &proof.rows, chain: proof.chain, evidence }
    }
}

/// The messages, packed: columns of all, and the bodies and the values' ways of those that are there in full.
#[derive(Serialize)]
struct Messages<'a> {
    names: Vec<&'a str>,
    nodes: usize,
    servers: usize,
    types: &'a [String],
    links: &'a [(usize, usize)],
    count: usize,
    /// The rows that have bodies.
    full: (usize, usize),
    columns: &'a str,
    texts: String,
}

impl<'a> Messages<'a> {
    fn new(traffic: &'a Traffic) -> Messages<'a> {
        let (limit, full) = (traffic.body_limit(), traffic.in_full.clone());
        let chains = || traffic.chains.values.iter();
        let texts = json!({
            "body": traffic.rows[full.clone()].iter().map(|row| cut(&row.body.text(), limit)).collect::<Vec<_>>(),
            "values": chains().map(|chain| chain.atom.to_string()).collect::<Vec<_>>(),
            "steps": chains().map(|chain| chain.steps.as_slice()).collect::<Vec<_>>(),
        });
        Messages {
            names: traffic.names.iter().map(AsRef::as_ref).collect(),
            nodes: traffic.nodes,
            servers: traffic.servers,
            types: &traffic.types,
            links: &traffic.links,
            count: traffic.rows.len(),
            full: (full.start, full.end),
            columns: &traffic.columns,
            texts: packed(texts.to_string().as_bytes()),
        }
    }
}
