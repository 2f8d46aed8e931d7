//! `unseen.png` and `realtime-lag-*.png`, under Maelstrom's names (§12.6): how far polls were behind sends, over time, for
//! the threads and keys that were the furthest behind.

use super::frame::{Drawn, Frame, Root, root};
use crate::faults::Fault;
use crate::svg::cut;
use bench::options::Options;
use edn::Value;
use judge::history::Process;
use judge::kafka::View;
use plotters::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Lines of a plot. Its legend says how many are left out.
const MAX_LINES: usize = 10;
/// Moments of a line: more would share a pixel.
const MOMENTS: usize = 400;
/// Moments without anything over which a line is drawn; at longer gaps it is broken.
const MAX_GAP: usize = 8;
/// The width of a legend.
const LEGEND: u32 = 200;
/// Longer names are cut, in characters.
const MAX_LABEL: usize = 10;
const COLOURS: [RGBColor; MAX_LINES] = [
    RGBColor(0x1F, 0x5C, 0xA8),
    RGBColor(0xD9, 0x73, 0x0D),
    RGBColor(0x2F, 0x7D, 0x4F),
    RGBColor(0xC2, 0x34, 0x4D),
    RGBColor(0x8A, 0x63, 0xA8),
    RGBColor(0x7A, 0x52, 0x3A),
    RGBColor(0xD8, 0x6F, 0xB3),
    RGBColor(0x6F, 0x6C, 0x64),
    RGBColor(0xA3, 0x9A, 0x1C),
    RGBColor(0x35, 0xA8, 0xB8),
];

/// Draws all of them into a directory.
pub(crate) fn draw(
    directory: &Path,
    options: &Options,
    view: &View<'_>,
    faults: &[Fault],
    end_us: i64,
) -> Drawn {
    let frame = Frame::new(faults, end_us);
    unseen(view, &frame).draw(&directory.join("unseen.png"), "messages not yet polled", by_end, &frame)?;
    for (name, lines) in lags(options, view, &frame) {
        lines.draw(&directory.join(format!("realtime-lag-{name}.png")), "lag (s)", by_height, &frame)?;
    }
    Ok(())
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Who<'a> {
    thread: Option<u64>,
    key: Option<&'a Value>,
}

/// By moment, from 0 to [`MOMENTS`]. Where there is none nothing is known.
type Line = BTreeMap<usize, f64>;

/// How much a line matters: first of all, and among those that are the same in that.
type Rank = fn(&Line) -> (f64, f64);

/// The lines of a plot.
#[derive(Default)]
struct Lines<'a> {
    lines: BTreeMap<Who<'a>, Line>,
}

/// How many messages nobody has seen, key by key.
fn unseen<'a>(view: &View<'a>, frame: &Frame<'_>) -> Lines<'a> {
    let mut lines = Lines::default();
    for (key, course) in view.unseen().into_iter().filter(|(_, course)| !course.is_empty()) {
        let changes: Line = course.iter().map(|&(time, count)| (moment(time, frame), count as f64)).collect();
        let mut count = 0.0;
        let carried = (0..=MOMENTS).map(|moment| {
            count = changes.get(&moment).copied().unwrap_or(count);
            (moment, count)
        });
        lines.lines.insert(Who { thread: None, key: Some(key) }, carried.collect());
    }
    lines
}

/// The longest lag of each moment, by thread, by key, and by both.
fn lags<'a>(options: &Options, view: &View<'a>, frame: &Frame<'_>) -> [(&'static str, Lines<'a>); 3] {
    let mut plots = ["thread", "key", "thread-key"].map(|name| (name, Lines::default()));
    view.lags(|lag| {
        let Process::Client(process) = lag.poll.process else { return };
        let (thread, key) = (Some(process % options.concurrency.max(1) as u64), Some(lag.key));
        let all = [Who { thread, key: None }, Who { thread: None, key }, Who { thread, key }];
        for ((_, lines), who) in plots.iter_mut().zip(all) {
            let longest =
                lines.lines.entry(who).or_default().entry(moment(lag.poll.time_ns, frame)).or_default();
            *longest = f64::max(*longest, lag.lag_ns as f64 / 1e9);
        }
    });
    plots
}

fn moment(time_ns: u64, frame: &Frame<'_>) -> usize {
    let part = time_ns as f64 / 1e9 / frame.seconds;
    ((part * MOMENTS as f64) as usize).min(MOMENTS)
}

impl Lines<'_> {
    /// Those that matter most, in the order of their names, and how many others there are.
    fn shown(&self, rank: Rank) -> (Vec<(&Who<'_>, &Line)>, usize) {
        let mut lines: Vec<(&Who<'_>, &Line)> = self.lines.iter().collect();
        lines.sort_by(|(_, one), (_, other)| {
            let (one, other) = (rank(one), rank(other));
            other.0.total_cmp(&one.0).then(other.1.total_cmp(&one.1))
        });
        let left_out = lines.len().saturating_sub(MAX_LINES);
        lines.truncate(MAX_LINES);
        lines.sort_by_key(|(who, _)| **who);
        (lines, left_out)
    }

    fn draw(&self, path: &Path, title: &str, rank: Rank, frame: &Frame<'_>) -> Drawn {
        let root = root(path);
        root.fill(&WHITE)?;
        // The ends of runs matter most, so the legend stands beside the plot and not on it.
        let (plot, legend) = root.split_horizontally(root.dim_in_pixel().0 - LEGEND);
        let top = self.lines.values().map(highest).fold(0.0, f64::max);
        let mut chart = frame.chart(&plot, title, 0.0..(top * 1.1).max(0.01))?;
        let (lines, left_out) = self.shown(rank);
        let more = (left_out > 0).then(|| format!("and {left_out} more"));
        for (row, ((who, line), colour)) in lines.iter().zip(COLOURS).enumerate() {
            let seconds = |moment: usize| moment as f64 / MOMENTS as f64 * frame.seconds;
            let points: Vec<(usize, f64)> = line.iter().map(|(&moment, &height)| (moment, height)).collect();
            for part in points.chunk_by(|one, next| next.0 - one.0 <= MAX_GAP) {
                let part = part.iter().map(|&(moment, height)| (seconds(moment), height));
                chart.draw_series(part.clone().map(|point| Circle::new(point, 1, colour.filled())))?;
                chart.draw_series(LineSeries::new(part, colour.stroke_width(2)))?;
            }
            entry(&legend, row, &who.label(), Some(colour))?;
        }
        more.map_or(Ok(()), |more| entry(&legend, lines.len(), &more, None))?;
        root.present()?;
        Ok(())
    }
}

/// A row of the legend.
fn entry(legend: &Root, row: usize, text: &str, colour: Option<RGBColor>) -> Drawn {
    let y = 20 + 16 * i32::try_from(row).expect("there are few rows");
    if let Some(colour) = colour {
        legend.draw(&PathElement::new([(0, y + 4), (16, y + 4)], colour.stroke_width(2)))?;
    }
    legend.draw(&Text::new(text.to_owned(), (22, y), ("sans-serif", 12)))?;
    Ok(())
}

/// What matters of a count: how it ends, and then how much of it there was for how long.
fn by_end(line: &Line) -> (f64, f64) {
    (line.values().next_back().copied().unwrap_or(0.0), line.values().sum())
}

/// What matters of a lag: how long it ever was.
fn by_height(line: &Line) -> (f64, f64) {
    (highest(line), line.values().sum())
}

fn highest(line: &Line) -> f64 {
    line.values().copied().fold(0.0, f64::max)
}

impl Who<'_> {
    fn label(&self) -> String {
        let thread = self.thread.map(|thread| format!("thread {thread}"));
        let key = self.key.map(|key| format!("key {}", cut(&key.to_string(), MAX_LABEL)));
        thread.into_iter().chain(key).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(heights: &[&[(usize, f64)]], look: impl FnOnce(&Lines<'_>)) {
        let keys: Vec<Value> = (0..heights.len()).map(Value::count).collect();
        let who = |key| Who { thread: None, key: Some(key) };
        let lines = keys.iter().zip(heights).map(|(key, line)| (who(key), line.iter().copied().collect()));
        look(&Lines { lines: lines.collect() });
    }

    #[test]
    fn the_lines_that_matter_most_are_shown_and_the_others_counted() {
        // Of those that are the same in height and end the last was high for longer.
        let low: [&[(usize, f64)]; 8] = [&[(0, 1.0), (1, 2.0)]; 8];
        let first: [&[(usize, f64)]; 3] =
            [&[(0, 9.0), (1, 0.0)], &[(0, 1.0), (1, 3.0)], &[(0, 0.0), (1, 1.0)]];
        let heights = [&first[..], &low, &[&[(0, 2.0), (1, 2.0)]]].concat();
        lines(&heights, |lines| {
            let shown = |rank: Rank| {
                let (shown, left_out) = lines.shown(rank);
                let keys = shown.iter().map(|(who, _)| who.label().replace("key ", "")).collect::<Vec<_>>();
                (keys.join(" "), left_out)
            };
            assert_eq!(shown(by_height), ("0 1 3 4 5 6 7 8 9 11".to_owned(), 2));
            assert_eq!(shown(by_end), ("1 3 4 5 6 7 8 9 10 11".to_owned(), 2));
        });
    }

    #[test]
    fn a_plot_without_lines_is_a_plot() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("empty.png");
        lines(&[], |lines| lines.draw(&path, "lag (s)", by_height, &Frame::new(&[], 0)).unwrap());
        assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
    }
}
