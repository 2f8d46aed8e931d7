//! `latency-raw.png`, `latency-quantiles.png` and `rate.png`, under Maelstrom's names (§10.6).
//!
//! They are drawn in this process, with letters of our own, so that a machine without gnuplot and fonts has them too.

mod canvas;
mod frame;
pub mod lines;

use super::faults::Fault;
use super::series::Operations;
use frame::{Chart, Drawn, Frame, finish, root};
use plotters::prelude::*;
use std::path::Path;

const OK: RGBColor = RGBColor(0x81, 0xBF, 0xFC);
const INFO: RGBColor = RGBColor(0xFF, 0xA4, 0x00);
const FAIL: RGBColor = RGBColor(0xFF, 0x1E, 0x90);
/// By outcome: ok, failed, unknown.
const OUTCOMES: [(&str, RGBColor); 3] = [("ok", OK), ("fail", FAIL), ("info", INFO)];
/// Quantiles, and how dark they are.
const QUANTILES: [(&str, f64, RGBColor); 4] = [
    ("0.5", 0.5, RGBColor(0x81, 0xBF, 0xFC)),
    ("0.95", 0.95, RGBColor(0x4A, 0x8F, 0xD8)),
    ("0.99", 0.99, RGBColor(0x1F, 0x5C, 0xA8)),
    ("1", 1.0, RGBColor(0x0B, 0x2E, 0x5C)),
];
/// About how many points there are on a line. Maelstrom has one in 30 s and 10 s, however short the run.
const POINTS: f64 = 50.0;
/// The shortest stretch of time that a point stands for, in seconds.
const LEAST_BUCKET: f64 = 0.1;
/// What is later, according to a history that somebody has edited, counts for the last of them.
const MAX_BUCKETS: usize = 100_000;
/// The least latency of a logarithmic axis, in milliseconds: in virtual time many take none.
const LEAST_MS: f64 = 0.01;

/// Points, by time in seconds.
type Line = Vec<(f64, f64)>;

/// Draws all three into a directory: the main phase, which ends at `end_us`.
pub fn draw(directory: &Path, operations: &Operations, faults: &[Fault], end_us: i64) -> Drawn {
    let plot = Plot { operations, until_us: end_us, frame: Frame::new(faults, end_us) };
    plot.raw(&directory.join("latency-raw.png"))?;
    plot.quantiles(&directory.join("latency-quantiles.png"))?;
    plot.rate(&directory.join("rate.png"))
}

struct Plot<'a> {
    operations: &'a Operations,
    /// Operations that began later are not drawn.
    until_us: i64,
    frame: Frame<'a>,
}

impl Plot<'_> {
    fn raw(&self, path: &Path) -> Drawn {
        let root = root(path);
        let mut chart = self.frame.chart(&root, "latency (ms)", self.latency_range().log_scale())?;
        let (dots, _) = self.operations.dots(self.until_us);
        for (number, f) in self.operations.names.iter().enumerate() {
            for (outcome, (name, colour)) in OUTCOMES.into_iter().enumerate() {
                let points = self.latencies(dots.iter().copied(), |index| self.is(index, number, outcome));
                scatter(&mut chart, points, number, colour, format!("{f} {name}"))?;
            }
        }
        finish(&mut chart, &root)
    }

    fn quantiles(&self, path: &Path) -> Drawn {
        let root = root(path);
        let mut chart =
            self.frame.chart(&root, "latency (ms), quantiles", self.latency_range().log_scale())?;
        for (number, f) in self.operations.names.iter().enumerate() {
            let is_it = |index: usize| usize::from(self.operations.name[index]) == number;
            let points = self.latencies(0..self.operations.name.len(), is_it);
            let buckets = buckets(points, self.bucket());
            for (name, quantile, colour) in QUANTILES {
                let line: Vec<(f64, f64)> =
                    buckets.iter().map(|(middle, sorted)| (*middle, quantile_of(sorted, quantile))).collect();
                chart.draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)))?;
                scatter(&mut chart, line, number, colour, format!("{f} {name}"))?;
            }
        }
        finish(&mut chart, &root)
    }

    fn rate(&self, path: &Path) -> Drawn {
        let root = root(path);
        let rates = self.rates();
        let most = rates.iter().flat_map(|(.., line)| line).map(|point| point.1).fold(1.0, f64::max);
        let mut chart = self.frame.chart(&root, "operations a second", 0.0..most * 1.1)?;
        for (number, outcome, line) in rates {
            let (name, colour) = OUTCOMES[outcome];
            chart.draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)))?;
            scatter(&mut chart, line, number, colour, format!("{} {name}", self.operations.names[number]))?;
        }
        finish(&mut chart, &root)
    }

    fn is(&self, index: usize, name: usize, outcome: usize) -> bool {
        usize::from(self.operations.name[index]) == name
            && usize::from(self.operations.outcome[index]) == outcome
    }

    /// When each of some operations began, in seconds, and how long it took, in milliseconds.
    fn latencies(&self, among: impl Iterator<Item = usize>, wanted: impl Fn(usize) -> bool) -> Line {
        let Operations { began, took, .. } = self.operations;
        let is_shown = |index: &usize| took[*index] >= 0 && began[*index] <= self.until_us && wanted(*index);
        let point = |index: usize| (began[index] as f64 / 1e6, (took[index] as f64 / 1e3).max(LEAST_MS));
        among.filter(is_shown).map(point).collect()
    }

    /// The length of time that a point stands for, in seconds: 1, 2 or 5 times a power of ten.
    fn bucket(&self) -> f64 {
        let least = (self.frame.seconds / POINTS).max(LEAST_BUCKET);
        let power = 10_f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        steps.into_iter().find(|step| *step >= least * 0.999).unwrap_or(10.0 * power)
    }

    fn latency_range(&self) -> std::ops::Range<f64> {
        let longest_us = self.operations.took.iter().copied().max().unwrap_or(0);
        LEAST_MS..(longest_us as f64 / 1e3 * 2.0).max(LEAST_MS * 1e3)
    }

    /// By name and outcome, how many operations ended a second.
    fn rates(&self) -> Vec<(usize, usize, Line)> {
        let Operations { began, took, .. } = self.operations;
        let width = self.bucket();
        let count = ((self.frame.seconds / width).ceil() as usize).clamp(1, MAX_BUCKETS);
        let mut rates = Vec::new();
        for number in 0..self.operations.names.len() {
            for outcome in 0..OUTCOMES.len() {
                let mut ended = vec![0_u32; count];
                for index in (0..began.len()).filter(|&index| self.is(index, number, outcome)) {
                    let seconds = (began[index] + took[index].max(0)) as f64 / 1e6;
                    // What ended after the main phase is not a rate of its last moments.
                    if seconds <= self.frame.seconds {
                        ended[((seconds / width) as usize).min(count - 1)] += 1;
                    }
                }
                if ended.iter().any(|ended| *ended > 0) {
                    let middle = |bucket: usize| (bucket as f64 + 0.5) * width;
                    let points = ended.iter().enumerate();
                    let line = points.map(|(bucket, ended)| (middle(bucket), f64::from(*ended) / width));
                    rates.push((number, outcome, line.filter(|(at, _)| *at <= self.frame.seconds).collect()));
                }
            }
        }
        rates
    }
}

/// Points, in a shape that stands for what the operations were.
fn scatter<'a, Y: Ranged<ValueType = f64>>(
    chart: &mut Chart<'a, Y>,
    points: Vec<(f64, f64)>,
    shape: usize,
    colour: RGBColor,
    label: String,
) -> Drawn {
    if points.is_empty() {
        return Ok(());
    }
    const SIZE: u32 = 3;
    let points = points.into_iter();
    match shape % 3 {
        0 => chart
            .draw_series(points.map(|point| Circle::new(point, SIZE - 1, colour.filled())))?
            .label(label)
            .legend(move |(x, y)| Circle::new((x + 8, y), SIZE, colour.filled())),
        1 => chart
            .draw_series(points.map(|point| Cross::new(point, SIZE, colour)))?
            .label(label)
            .legend(move |(x, y)| Cross::new((x + 8, y), SIZE, colour)),
        _ => chart
            .draw_series(points.map(|point| TriangleMarker::new(point, SIZE + 1, colour.filled())))?
            .label(label)
            .legend(move |(x, y)| TriangleMarker::new((x + 8, y), SIZE + 1, colour.filled())),
    };
    Ok(())
}

/// The middle of each stretch of time that has points, and their latencies, sorted.
fn buckets(points: Vec<(f64, f64)>, seconds: f64) -> Vec<(f64, Vec<f64>)> {
    let mut buckets: Vec<Vec<f64>> = Vec::new();
    for (at, latency) in points {
        let bucket = ((at / seconds) as usize).min(MAX_BUCKETS - 1);
        if buckets.len() <= bucket {
            buckets.resize(bucket + 1, Vec::new());
        }
        buckets[bucket].push(latency);
    }
    buckets.iter_mut().for_each(|latencies| latencies.sort_by(f64::total_cmp));
    let filled = buckets.into_iter().enumerate().filter(|(_, latencies)| !latencies.is_empty());
    filled.map(|(bucket, latencies)| ((bucket as f64 + 0.5) * seconds, latencies)).collect()
}

/// Without interpolation, as Maelstrom has it; `sorted` is not empty.
fn quantile_of(sorted: &[f64], quantile: f64) -> f64 {
    sorted[((sorted.len() as f64 * quantile) as usize).min(sorted.len() - 1)]
}
