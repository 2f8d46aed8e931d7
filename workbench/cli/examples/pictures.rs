//! Draws the pictures of the README, from runs in virtual time: `just pictures`. The same sources give the same bytes.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use report::diagram::Diagram;
use report::traffic::{Traffic, micros};
use report::{Fate, faults};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use workbench::read_scenario;
use worlds::frontier::{Frontier, Load, ROUNDS_MS, Row, SEEDS, Star};
use worlds::scaling::{self, NODES};
use worlds::simulated;

/// The run of the diagram, but for its seed.
const RUN: &str = "-w broadcast --node-count 5 --time-limit 20 --rate 10 --latency 100 --nemesis partition \
                   --nemesis-interval 4";
/// Seeds among which the diagram's is sought.
const SEEDS_OF_RUN: std::ops::RangeInclusive<u64> = 1..=30;
/// A value's way is shown if it is no longer than this, and has so many steps that were dropped.
const LONGEST_WAY_US: i64 = 2_400_000;
const DROPPED: std::ops::RangeInclusive<usize> = 2..=8;
/// Rounds whose length is written beside their point; others would be written over each other.
const NAMED_ROUNDS_MS: [u128; 7] = [100, 200, 300, 430, 750, 1000, 1600];

const SIZE: (u32, u32) = (920, 400);
/// Grey that can be read on white and on black.
const TEXT: RGBColor = RGBColor(0x80, 0x80, 0x80);
const MEASURED: RGBColor = RGBColor(0xD9, 0x73, 0x0D);
const MODEL: RGBColor = RGBColor(0x5B, 0x7F, 0xBD);
const PUBLIC: RGBColor = RGBColor(0xC2, 0x34, 0x4D);
/// The public solutions with the fewest messages, as the README cites them: median latency and messages an operation.
const BEST_PUBLIC: [(&str, f64, f64); 2] =
    [("best public, 3d", 333.0, 7.75), ("best public, 3e", 764.0, 1.92)];

type Drawn = Result<(), Box<dyn Error>>;

fn main() -> Drawn {
    let directory: PathBuf = std::env::args_os().nth(1).ok_or("name the directory for the pictures")?.into();
    std::fs::create_dir_all(&directory)?;
    space_time(&directory.join("space-time.svg"))?;
    frontier(&directory.join("frontier.svg"))?;
    scaling(&directory.join("scaling.svg"))
}

/// A value's way through a partition, to all nodes: of all that are short enough, the one with the fewest messages around
/// it that were dropped.
fn space_time(path: &Path) -> Drawn {
    let mut best: Option<(usize, String)> = None;
    for seed in SEEDS_OF_RUN {
        let (traffic, faults) = run(seed)?;
        for way in (0..traffic.chains.values.len()).filter_map(|value| way(&traffic, value)) {
            let is_during = |row: &&report::Row| (way.from_us..=way.to_us).contains(&row.sent_us);
            let dropped = traffic.rows.iter().filter(is_during).filter(|row| row.fate == Fate::Cut).count();
            if best.as_ref().is_none_or(|(least, _)| dropped < *least) {
                let span_us = (way.from_us - 150_000, way.to_us + 300_000);
                let diagram = Diagram { traffic: &traffic, faults: &faults, span_us, value: Some(way.value) };
                best = Some((dropped, diagram.svg()));
            }
        }
    }
    let (_, svg) = best.ok_or("no value crosses a partition quickly")?;
    Ok(std::fs::write(path, svg)?)
}

fn run(seed: u64) -> Result<(Traffic, Vec<faults::Fault>), Box<dyn Error>> {
    let scenario = read_scenario(&format!("{RUN} --seed {seed}")).map_err(|mistakes| mistakes.join("; "))?;
    let record = simulated::run(scenario.options.clone(), scenario.programs());
    let start = record.start.ok_or("the run has not begun")?;
    let end_us = micros(machines::Time::ZERO + record.duration, start);
    let faults = faults::faults(&record.history, end_us);
    Ok((Traffic::new(&record.options, &record.journal, start, None), faults))
}

/// A value, and when it was on its way.
struct Way {
    value: usize,
    from_us: i64,
    to_us: i64,
}

fn way(traffic: &Traffic, value: usize) -> Option<Way> {
    let steps: Vec<&report::Row> =
        traffic.chains.values[value].steps.iter().map(|&step| &traffic.rows[step]).collect();
    let arrivals = || steps.iter().filter(|row| row.dest < traffic.nodes && row.fate == Fate::Delivered);
    let (from_us, to_us) = (steps.first()?.sent_us, arrivals().filter_map(|row| row.end_us).max()?);
    let dropped = steps.iter().filter(|row| row.fate == Fate::Cut).count();
    // The request is one of the steps that arrive at a node.
    let is_everywhere = arrivals().count() == traffic.nodes;
    let is_shown = is_everywhere && to_us - from_us <= LONGEST_WAY_US && DROPPED.contains(&dropped);
    is_shown.then_some(Way { value, from_us, to_us })
}

/// Messages an operation over median latency, for many lengths of a round.
fn frontier(path: &Path) -> Drawn {
    let frontier = Frontier::measure(Load::CHALLENGE_3D, &ROUNDS_MS.map(Duration::from_millis), SEEDS)?;
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    let mut chart = axes(
        &root,
        ["median latency (ms)", "messages between nodes per operation"],
        0.0..1100.0,
        (0.2..10.0).log_scale(),
    )?;
    let model = frontier.rows.iter().map(|row| {
        let star = Star { load: frontier.load, round: row.round };
        (star.latency_ms(0.5), star.messages_per_operation())
    });
    chart
        .draw_series(LineSeries::new(model, MODEL.stroke_width(2)))?
        .label("an ideal star: no node sends a message too many")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], MODEL.stroke_width(2)));
    measured(&mut chart, &frontier)?;
    chart
        .draw_series(BEST_PUBLIC.map(|(_, x, y)| Cross::new((x, y), 5, PUBLIC.stroke_width(2))))?
        .label("the cheapest public solutions")
        .legend(|(x, y)| Cross::new((x + 10, y), 5, PUBLIC.stroke_width(2)));
    chart.draw_series(BEST_PUBLIC.map(|(name, x, y)| {
        EmptyElement::at((x, y)) + Text::new(name, (10, -6), ("sans-serif", 12).into_font().color(&TEXT))
    }))?;
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(("sans-serif", 13, &TEXT))
        .draw()?;
    Ok(root.present()?)
}

type Chart<'a, X, Y> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>;

fn measured<X, Y>(chart: &mut Chart<'_, X, Y>, frontier: &Frontier) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let point = |row: &Row| {
        (row.mean(|measured| measured.median_ms), row.mean(|measured| measured.messages_per_operation))
    };
    let points: Vec<(f64, f64)> = frontier.rows.iter().map(point).collect();
    chart
        .draw_series(LineSeries::new(points.iter().copied(), MEASURED.stroke_width(2)))?
        .label("measured; beside it, the length of a round")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], MEASURED.stroke_width(2)));
    chart.draw_series(points.iter().map(|&point| Circle::new(point, 4, MEASURED.filled())))?;
    let named = frontier.rows.iter().filter(|row| NAMED_ROUNDS_MS.contains(&row.round.as_millis()));
    chart.draw_series(named.map(|row| {
        let label = format!("{} ms", row.round.as_millis());
        // On this side of a point no line goes on.
        let style = ("sans-serif", 12).into_font().color(&TEXT).pos(Pos::new(HPos::Right, VPos::Top));
        EmptyElement::at(point(row)) + Text::new(label, (-12, 0), style)
    }))?;
    Ok(())
}

/// A chart that is yet empty; numbers at its axes are written as far as they differ.
fn axes<'a, X: AsRangedCoord<Value = f64>, Y: AsRangedCoord<Value = f64>>(
    area: &DrawingArea<SVGBackend<'a>, Shift>,
    [across, up]: [&str; 2],
    x: X,
    y: Y,
) -> Result<Chart<'a, X::CoordDescType, Y::CoordDescType>, Box<dyn Error>>
where
    X::CoordDescType: ValueFormatter<f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(54)
        .build_cartesian_2d(x, y)?;
    let short = |number: &f64| {
        let rounded = (number * 10.0).round() / 10.0;
        // Between the powers of ten of a logarithmic axis there is no room for more than these.
        let is_crowded = [3.0, 4.0, 6.0, 7.0, 8.0, 9.0].contains(&rounded) && up.contains("per operation");
        if is_crowded { String::new() } else { rounded.to_string() }
    };
    chart
        .configure_mesh()
        .x_desc(across)
        .y_desc(up)
        .x_label_formatter(&short)
        .y_label_formatter(&short)
        .y_labels(8)
        .label_style(("sans-serif", 13, &TEXT))
        .axis_style(TEXT.mix(0.5))
        .bold_line_style(TEXT.mix(0.2))
        .light_line_style(TEXT.mix(0.0))
        .draw()?;
    Ok(chart)
}

/// What a node sends, and how stale it is, as the cluster grows.
fn scaling(path: &Path) -> Drawn {
    let rows: Vec<scaling::Row> =
        NODES.into_iter().map(|nodes| scaling::Row::measure(nodes, 1)).collect::<Result<_, _>>()?;
    let root = SVGBackend::new(path, (SIZE.0, 300)).into_drawing_area();
    let (left, right) = root.split_horizontally(SIZE.0 / 2);
    let messages = rows.iter().map(|row| (row.load.nodes as f64, row.messages_per_node_second()));
    growth(&left, "messages a node sends a second", messages.collect())?;
    let median = rows.iter().map(|row| (row.load.nodes as f64, row.measured.median_ms));
    growth(&right, "median latency (ms)", median.collect())?;
    Ok(root.present()?)
}

fn growth(area: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, points: Vec<(f64, f64)>) -> Drawn {
    let most = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let mut chart = axes(area, ["nodes", title], (4.0..1500.0).log_scale(), 0.0..most * 1.25)?;
    chart.draw_series(LineSeries::new(points.iter().copied(), MEASURED.stroke_width(2)))?;
    chart.draw_series(points.iter().map(|&point| Circle::new(point, 4, MEASURED.filled())))?;
    chart.draw_series(points.iter().map(|&(nodes, figure)| {
        let label = if figure < 20.0 { format!("{figure:.1}") } else { format!("{figure:.0}") };
        let style = ("sans-serif", 12).into_font().color(&TEXT);
        EmptyElement::at((nodes, figure)) + Text::new(label, (-8, -20), style)
    }))?;
    Ok(())
}
