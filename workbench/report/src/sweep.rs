//! The report of a sweep: how each figure is spread over the runs, and the runs at its ends, each with the line that
//! replays it. Those that matter most are replayed beside the page, which has links to their reports.

use super::templates::render;
use super::text::thousands;
use super::words;
use serde::Serialize;
use std::collections::BTreeSet;
use worlds::scenario::Scenario;
use worlds::sweep::{COUNTS, FIGURES, Outcome, Sweep, Verdict};

/// Bars of a histogram.
const BARS: usize = 40;
/// The size of a histogram, in the units of the drawing.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 90.0;
/// Runs that are not valid, and runs at the end of a figure, that are named.
const MAX_FAILURES: usize = 50;
const MAX_WORST: usize = 5;
/// Of these, runs that are replayed: each has files of its own.
const FAILURES_REPLAYED: usize = 10;
const WORST_REPLAYED: usize = 1;

#[derive(Serialize)]
struct Page<'a> {
    title: String,
    word: String,
    class: &'static str,
    load: String,
    verdicts: Vec<(&'static str, String)>,
    failures: Vec<Run>,
    more_failures: usize,
    smallest: Option<&'a Smallest>,
    figures: Vec<Figure>,
    counts: Vec<(&'static str, String, String)>,
}

/// A run worth a look.
#[derive(Serialize)]
struct Run {
    seed: u64,
    verdict: &'static str,
    what: String,
    command: String,
    /// Where its own report is, if it was replayed.
    report: Option<String>,
}

#[derive(Serialize)]
struct Figure {
    name: String,
    quantiles: [(&'static str, String); 4],
    bars: Vec<Bar>,
    worst: Vec<Run>,
}

#[derive(Serialize)]
struct Bar {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    tooltip: String,
}

/// The smallest run that fails in the same way as the worst.
#[derive(Clone, Debug, Serialize)]
pub struct Smallest {
    /// What is wrong with it.
    pub why: String,
    /// What replays it.
    pub command: String,
    /// Its last messages, a line each.
    pub trace: String,
    /// Where its own report is, seen from the page.
    pub report: String,
}

/// How a run of a sweep is found again.
pub struct Replay<'a> {
    /// What replays the run with this seed.
    pub scenario: &'a dyn Fn(u64) -> Scenario,
    /// Where the files of a run that was replayed are, seen from the page.
    pub directory: &'a dyn Fn(u64) -> String,
}

/// The runs to replay: the first that are not valid, and the worst by each figure.
pub fn seeds_to_show(sweep: &Sweep) -> BTreeSet<u64> {
    let failures = sweep.failures().take(FAILURES_REPLAYED);
    let worst = FIGURES.iter().flat_map(|(name, figure)| {
        ranked(sweep, name, figure).into_iter().take(WORST_REPLAYED).map(|(_, outcome)| outcome)
    });
    failures.chain(worst).map(|outcome| outcome.seed).collect()
}

/// The page of a sweep.
pub fn report(sweep: &Sweep, replay: &Replay<'_>, smallest: Option<&Smallest>) -> String {
    let runs = sweep.outcomes.len();
    let valid = sweep.count(Verdict::Valid);
    let (class, word) = match sweep.verdict() {
        Verdict::Valid => ("valid", format!("All {} valid", thousands(runs as i64))),
        Verdict::Unknown => ("unknown", format!("{} of {} unknown", runs - valid, thousands(runs as i64))),
        _ => ("invalid", format!("{} of {} not valid", runs - valid, thousands(runs as i64))),
    };
    let failures = sweep.failures().take(MAX_FAILURES);
    let shown = seeds_to_show(sweep);
    let run = |outcome: &Outcome, what| run(replay, &shown, outcome, what);
    let page = Page {
        title: format!("{} · {} seeds from {}", sweep.options.workload.name(), runs, sweep.options.seed),
        word,
        class,
        load: words::load(&sweep.options),
        verdicts: Verdict::ALL
            .map(|verdict| (verdict.name(), thousands(sweep.count(verdict) as i64)))
            .to_vec(),
        failures: failures.map(|outcome| run(outcome, outcome.why.clone().unwrap_or_default())).collect(),
        more_failures: sweep.failures().count().saturating_sub(MAX_FAILURES),
        smallest,
        figures: FIGURES.iter().filter_map(|(name, figure)| spread(sweep, &run, name, *figure)).collect(),
        counts: counts(sweep),
    };
    render("sweep.html", &page)
}

fn run(replay: &Replay<'_>, shown: &BTreeSet<u64>, outcome: &Outcome, what: String) -> Run {
    let verdict = match outcome.verdict {
        Verdict::Broken => "invalid",
        verdict => verdict.name(),
    };
    let seed = outcome.seed;
    let report = shown.contains(&seed).then(|| format!("{}/report.html", (replay.directory)(seed)));
    Run { seed, verdict, what, command: format!("workbench sim {}", (replay.scenario)(seed)), report }
}

/// How a figure is spread, if any run has it.
fn spread(
    sweep: &Sweep,
    run: &dyn Fn(&Outcome, String) -> Run,
    name: &str,
    figure: impl Fn(&Outcome) -> Option<f64>,
) -> Option<Figure> {
    let distribution = sweep.distribution(&figure)?;
    let ranked = ranked(sweep, name, figure);
    let values: Vec<f64> = ranked.iter().map(|(value, _)| *value).collect();
    let worst = ranked.into_iter().take(MAX_WORST).map(|(value, outcome)| run(outcome, short(value)));
    let quantiles = [
        ("least", short(distribution.least)),
        ("median", short(distribution.median)),
        ("99 %", short(distribution.high)),
        ("greatest", short(distribution.greatest)),
    ];
    let bars = histogram(&values, distribution.least, distribution.greatest);
    Some(Figure { name: name.replace('-', " "), quantiles, bars, worst: worst.collect() })
}

/// The runs that have a figure, the worst first.
fn ranked<'a>(
    sweep: &'a Sweep,
    name: &str,
    figure: impl Fn(&Outcome) -> Option<f64>,
) -> Vec<(f64, &'a Outcome)> {
    let mut found: Vec<(f64, &Outcome)> =
        sweep.outcomes.iter().filter_map(|outcome| Some((figure(outcome)?, outcome))).collect();
    // Of shares of operations that were ok the least is the worst; of everything else, the greatest.
    let is_share = name == "ok-fraction";
    found.sort_by(|(a, _), (b, _)| if is_share { a.total_cmp(b) } else { b.total_cmp(a) });
    found
}

fn histogram(values: &[f64], least: f64, greatest: f64) -> Vec<Bar> {
    let step = (greatest - least) / BARS as f64;
    let mut counts = [0_u32; BARS];
    for value in values {
        let bar = if step > 0.0 { ((value - least) / step) as usize } else { BARS / 2 };
        counts[bar.min(BARS - 1)] += 1;
    }
    let most = f64::from(counts.iter().copied().max().unwrap_or(1).max(1));
    let width = WIDTH / BARS as f64;
    let bars = counts.into_iter().enumerate().filter(|(_, count)| *count > 0).map(|(bar, count)| {
        let height = f64::from(count) / most * HEIGHT;
        let (from, to) = (least + bar as f64 * step, least + (bar + 1) as f64 * step);
        let tooltip = format!("{} to {}: {count} runs", short(from), short(to));
        Bar { x: bar as f64 * width, y: HEIGHT - height, width: width - 1.0, height, tooltip }
    });
    bars.collect()
}

/// What happened how often, and in how many runs.
fn counts(sweep: &Sweep) -> Vec<(&'static str, String, String)> {
    let total = |(name, count): (&'static str, fn(&Outcome) -> u64)| {
        let counts = sweep.outcomes.iter().map(count);
        let (total, runs) = (counts.clone().sum::<u64>(), counts.filter(|count| *count > 0).count());
        (total > 0).then(|| (name, thousands(total as i64), thousands(runs as i64)))
    };
    COUNTS.into_iter().filter_map(total).collect()
}

/// Digits that mean something.
fn short(number: f64) -> String {
    match number.abs() {
        small if small < 10.0 => format!("{number:.3}"),
        medium if medium < 100.0 => format!("{number:.1}"),
        _ => thousands(number.round() as i64),
    }
}
