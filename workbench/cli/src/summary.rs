//! What a run came to, for people: what was run, the figures that a challenge asks for, and what was wrong.

use super::console::defused;
use super::paint::Paint;
use super::screen::{HEIGHT, Screen};
use super::told::{Around, Challenge, Told};
use super::verdict::Exit;
use super::words::counted;
use bench::options::{Availability, Fault, Hazards, LatencyDistribution, Options};
use bench::run::{NodeRecord, Record};
use edn::Value;
use judge::{Finding, Results, Validity};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use store::Origin;
use worlds::processes::{Lag, WORRYING};

/// Operations that are shown of what proves a finding.
const EVIDENCE_SHOWN: usize = 3;
/// Characters of an explanation, and of each of those operations.
const LONGEST: usize = 180;

/// What the summary is about.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) results: &'a Results,
    pub(super) record: &'a Record,
    pub(super) told: &'a Told,
    /// The verdict when it was run, if this is not the first.
    pub(super) verdict_before: Option<Validity>,
    pub(super) around: Around<'a>,
    pub(super) origin: &'a Origin,
    /// Where the run's files are.
    pub(super) directory: &'a Path,
}

/// What will be run, in one line.
pub(super) fn title(options: &Options) -> String {
    let nodes = counted(options.nodes.len(), "node");
    let clients = counted(options.concurrency, "client");
    let mut title = format!("{}: {nodes}, {clients}", options.workload.name());
    let _ = write!(title, ", {} s at {} op/s", options.time_limit.as_secs(), options.rate);
    let latency = options.latency;
    let kind = match latency.distribution {
        LatencyDistribution::Constant => "",
        LatencyDistribution::Uniform => " (uniform)",
        LatencyDistribution::Exponential => " (exponential)",
    };
    let _ = write!(title, ", {} ms latency{kind}", latency.mean_ms);
    let wrong = faults(options) + &hazards(&options.hazards);
    title.push_str(if wrong.is_empty() { ", no faults" } else { &wrong });
    match options.availability {
        None => {}
        Some(Availability::Total) => title.push_str(", total availability"),
        Some(Availability::AtLeast(share)) => {
            let _ = write!(title, ", availability {share}");
        }
    }
    let _ = write!(title, ", seed {}", options.seed);
    title
}

/// What the nemesis does, after a comma.
fn faults(options: &Options) -> String {
    if options.nemesis.is_empty() {
        return String::new();
    }
    let faults: Vec<String> = options.nemesis.iter().map(|fault| format!("{}s", fault.name())).collect();
    format!(", {} every {} s", faults.join(" and "), options.nemesis_interval.as_secs_f64())
}

/// What is wrong all the time, each after a comma.
fn hazards(hazards: &Hazards) -> String {
    let shares =
        [("loss", hazards.loss), ("duplication", hazards.duplication), ("reordering", hazards.reordering)];
    let drift = ("drift", f64::from(hazards.drift_ppm) / 1e6);
    let mut text = String::new();
    for (name, share) in shares.into_iter().chain([drift]).filter(|(_, share)| *share > 0.0) {
        let _ = write!(text, ", {name} {share}");
    }
    if !hazards.slowness.is_zero() {
        let _ = write!(text, ", slow by up to {}", millis(hazards.slowness));
    }
    text
}

/// The whole summary, without a trailing newline. It fits a screen, and what matters most stands last.
pub(super) fn summary(subject: &Subject<'_>, paint: Paint) -> String {
    let mut lines = vec![String::new(), paint.bold(&title(&subject.record.options)), String::new()];
    lines.extend(figures(subject, paint).into_iter().map(|(name, text)| format!("  {name:<16}{text}")));
    let closing = closing(subject);
    let details = details(subject, paint, HEIGHT.saturating_sub(lines.len() + 3));
    lines.extend((!details.is_empty()).then(String::new));
    lines.extend(details);
    lines.extend([String::new(), closing]);
    lines.join("\n")
}

/// The last line: Maelstrom's, which scripts look for, or what became of the challenge that was asked for. What casts
/// doubt on the whole run stands beside it.
fn closing(subject: &Subject<'_>) -> String {
    let line = match subject.told.challenges.as_slice() {
        [challenge] if subject.origin.challenge.is_some() => {
            format!("{}: {}", challenge.name, challenge.words())
        }
        _ => Exit::of_results(&subject.results.value).closing_line().unwrap_or_default().to_owned(),
    };
    match &subject.told.doubt {
        Some(doubt) => format!("{line} … but {}", defused(doubt.clone())),
        None => line,
    }
}

fn figures(subject: &Subject<'_>, paint: Paint) -> Vec<(&'static str, String)> {
    let (results, record) = (&subject.results.value, subject.record);
    let mut rows = vec![("verdict", verdict(subject, paint))];
    rows.extend(operations(results).map(|text| ("operations", text)));
    rows.extend(number(results, &["availability", "ok-fraction"]).map(|share| ("availability", share)));
    rows.extend(messages(results).map(|text| ("messages", text)));
    rows.extend(record.options.nemesis.iter().map(|fault| match fault {
        Fault::Partition => ("partitions", partitions(record)),
        Fault::Kill => ("kills", blows(record, "kill", |node| node.kills)),
        Fault::Pause => ("pauses", blows(record, "pause", |node| node.pauses)),
        Fault::OneWayLink => ("one-way links", times(record, "start-one-way-link")),
        Fault::LatencySpike => ("latency spikes", times(record, "start-latency-spike")),
    }));
    for (name, key) in [("stable latency", "stable-latencies"), ("lost latency", "lost-latencies")] {
        let quantiles = results.get("workload").and_then(|workload| workload.get(key));
        rows.extend(quantiles.and_then(latencies).map(|text| (name, text)));
    }
    if let Some(lag) = subject.around.lag {
        let (most, worst) = (lag.quantile(0.99), lag.max());
        rows.push(("bench lag", format!("99% {}, max {}", millis(most), millis(worst))));
    }
    if subject.origin.challenge.is_none() {
        rows.extend(subject.told.challenges.iter().map(|challenge| ("challenge", outcome(challenge, paint))));
    }
    rows.push(("store", subject.directory.display().to_string()));
    rows.push(("report", subject.directory.join("report.html").display().to_string()));
    rows
}

fn outcome(challenge: &Challenge, paint: Paint) -> String {
    let words = challenge.words();
    let painted = if challenge.passed { paint.green(&words) } else { paint.red(&words) };
    format!("{} {painted}", challenge.name)
}

/// What was wrong, what explains it, and what was odd, in so many lines: all of it in sum, then the first cases.
fn details(subject: &Subject<'_>, paint: Paint, room: usize) -> Vec<String> {
    let Subject { results, record, told, .. } = subject;
    let (cross, arrow, mark) = (paint.red("✗"), paint.yellow("→"), paint.yellow("!"));
    let mut screen = Screen::new(room.max(4));
    let findings = &results.findings;
    if let Some(sum) = report::summed::sum(record, results).filter(|_| !findings.is_empty()) {
        screen.add(&cross, &defused(sum), 2);
    }
    if let Some(first) = findings.first() {
        screen.add(&cross, &briefly(first), 5);
    }
    if let Some(whereabouts) = report::summed::whereabouts(record, results) {
        screen.add(" ", &defused(whereabouts), 2);
    }
    if let Some(late) = subject.around.lag.map(Lag::max).filter(|late| *late > WORRYING)
        && told.challenges.iter().any(|challenge| !challenge.passed)
    {
        let late = millis(late);
        let why = "this machine is too busy: part of the latencies is its own doing, and not the node's";
        screen.add(&mark, &format!("the workbench itself was up to {late} late. {why}"), 2);
    }
    told.explained.iter().for_each(|line| screen.add(&arrow, &defused(line.clone()), 3));
    told.notes.iter().for_each(|note| screen.add(&mark, &defused(note.clone()), 4));
    findings.iter().skip(1).for_each(|finding| screen.add(&cross, &briefly(finding), 3));
    let (mut lines, left_out) = screen.into_lines();
    if left_out > 0 {
        lines.pop();
        lines.push(format!("  … and {left_out} more, in the report"));
    }
    lines.extend(logs(subject));
    lines
}

/// A finding and the first of what proves it.
fn briefly(finding: &Finding) -> String {
    let evidence = finding.evidence.iter().take(EVIDENCE_SHOWN);
    let evidence: String = evidence.map(|evidence| format!("\n    {}", cut(&evidence.to_string()))).collect();
    defused(format!("{}: {}{evidence}", finding.kind, cut(&finding.explanation)))
}

/// At most so much of a text as there is room for.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Where the stderr of those nodes is that the findings are about: there the reason may be.
fn logs(subject: &Subject<'_>) -> Option<String> {
    let evidence = subject.results.findings.iter().flat_map(|finding| &finding.evidence);
    let names: Vec<&String> = evidence.filter_map(|op| op.node.as_ref()).collect();
    let mut concerned =
        subject.around.processes.iter().filter(|node| names.contains(&&node.name) && !node.stderr.is_empty());
    let first = concerned.next()?;
    let others = match concerned.count() {
        0 => String::new(),
        others => format!(", and those of {}", counted(others, "other node")),
    };
    Some(format!("  stderr of {}: {}{others}", first.name, first.log.display()))
}

fn partitions(record: &Record) -> String {
    let starts = record.history.nemesis_count("start-partition");
    let cut = record.journal.statistics.cut as usize;
    format!("{}, which dropped {}", counted(starts, "partition"), counted(cut, "message"))
}

/// How often the nemesis began this.
fn times(record: &Record, f: &str) -> String {
    counted(record.history.nemesis_count(f), "time")
}

/// How often nodes were hit, and how many of them.
fn blows(record: &Record, name: &str, count: impl Fn(&NodeRecord) -> u64) -> String {
    let total: u64 = record.nodes.iter().map(&count).sum();
    let hit = record.nodes.iter().filter(|node| count(node) > 0).count();
    format!("{}, of {} of the nodes", counted(total as usize, name), hit)
}

/// The verdict, and the one before if that was another.
fn verdict(subject: &Subject<'_>, paint: Paint) -> String {
    let valid = subject.results.valid;
    let painted = match valid {
        Validity::True => paint.green(word(valid)),
        Validity::False => paint.red(word(valid)),
        Validity::Unknown => paint.yellow(word(valid)),
    };
    match subject.verdict_before.filter(|before| *before != valid) {
        Some(before) => format!("{painted} (was {} when it was run)", word(before)),
        None => painted,
    }
}

fn word(valid: Validity) -> &'static str {
    match valid {
        Validity::True => "valid",
        Validity::False => "invalid",
        Validity::Unknown => "unknown",
    }
}

fn operations(results: &Value) -> Option<String> {
    let stats = results.get("stats")?;
    let count = |key| stats.get(key).and_then(Value::as_integer);
    let (ok, failed, unknown) = (count("ok-count")?, count("fail-count")?, count("info-count")?);
    Some(format!("{}: {ok} ok, {failed} failed, {unknown} unknown", count("count")?))
}

fn messages(results: &Value) -> Option<String> {
    let net = results.get("net")?;
    let count = |class: &str| net.get(class)?.get("msg-count")?.as_integer();
    let mut text = format!("{} between servers, {} with clients", count("servers")?, count("clients")?);
    if let Some(per_operation) = number(net, &["servers", "msgs-per-op"]) {
        let _ = write!(text, "; {per_operation} between servers per operation");
    }
    Some(text)
}

fn latencies(quantiles: &Value) -> Option<String> {
    let Value::Map(entries) = quantiles else { return None };
    let at = |wanted: f64| {
        entries.iter().find(|(quantile, _)| as_number(quantile) == Some(wanted)).map(|(_, ms)| ms)
    };
    let (median, most, worst) = (at(0.5)?, at(0.99)?, at(1.0)?);
    let text = |value: &Value| value.as_integer().map(|ms| format!("{ms} ms"));
    Some(format!("median {}, 99% {}, max {}", text(median)?, text(most)?, text(worst)?))
}

/// The number at the end of this path.
fn number(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, key| value.get(key))?;
    as_number(found).map(|_| found.to_string())
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests;
