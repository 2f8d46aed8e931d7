//! `linear.svg`, under Knossos's name (§9.6): where the search for an order of a key's operations got stuck.
//!
//! Above are the operations around that point, a row for each process. Not time counts across but the order of what began
//! and what ended: it is all that linearizability asks for, and shows operations that took no time. Below are the ways that
//! the search could still go: what the register may have held, what it then held if operations in progress took effect, and
//! why none of that lets the last operation through.

mod way;

use super::svg::{cut, escaped, style};
use edn::Value;
use judge::{History, Kind, Op, Process};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use way::{draw_way, index_of, on_way, words};

/// Operations in progress that are drawn, and operations before.
const MAX_IN_PROGRESS: usize = 24;
const MAX_BEFORE: usize = 5;
/// Ways that are drawn.
const MAX_WAYS: usize = 10;
/// Longer names and descriptions are cut, in characters.
const MAX_TEXT: usize = 40;
const MAX_TOOLTIP: usize = 300;
const LEFT: f64 = 116.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 112.0;
const ROW: f64 = 32.0;
const BAR: f64 = 22.0;
/// Between one event and the next, and between the times that are written above.
const STEP: f64 = 74.0;
const TIME_WIDTH: f64 = 70.0;
const WAY: f64 = 34.0;
const LEAST_WIDTH: f64 = 720.0;
/// The width of a letter, roughly.
const LETTER: f64 = 6.7;

const STYLE: &str = "\
.paper { fill: var(--paper); }
text { fill: var(--ink); font: 12px var(--sans); }
.heading { font: 600 14px var(--sans); }
.muted, .time { fill: var(--muted); }
.time, .middle { text-anchor: middle; }
.name { text-anchor: end; fill: var(--muted); }
path { fill: none; }
.row { stroke: var(--rule); }
.step { stroke: var(--muted); }
.tip { fill: var(--muted); }
.point { stroke: var(--bad); stroke-dasharray: 4 3; }
.bar { fill: var(--raised); stroke: var(--server); stroke-width: 1.3; }
.bar.way { stroke: var(--chain); stroke-width: 2.4; }
.bar.unknown { stroke-dasharray: 6 4; }
.bar.stuck { stroke: var(--bad); stroke-width: 3; }
.held { fill: var(--grid); stroke: var(--muted); }
.bad { fill: var(--bad); font-weight: 600; }
.hit { fill: transparent; }
g:hover > .hit { fill: var(--grid); }
.order { visibility: hidden; }
.place { fill: var(--chain); }
.place.end { fill: var(--bad); }
.number { fill: var(--paper); font-size: 11px; font-weight: 600; }
";

/// The picture, if the results for a key say that its history is not linearizable.
pub fn linear(key: &str, history: &History, results: &Value) -> Option<String> {
    let analysis = results.get("linearizable")?;
    let at = analysis.get("op")?.get("index")?.as_integer()?.try_into().ok()?;
    let ways = analysis.get("final-paths")?.elements()?;
    let picture = Picture::new(history, at, &ways[..ways.len().min(MAX_WAYS)])?;
    Some(picture.svg(key))
}

/// An operation that may have something to do with it.
#[derive(Clone, Copy)]
struct Call<'a> {
    invoke: &'a Op,
    /// Its end, if it was seen to happen.
    end: Option<&'a Op>,
}

impl Call<'_> {
    fn last(&self) -> &Op {
        self.end.unwrap_or(self.invoke)
    }

    fn is_over_before(&self, index: usize) -> bool {
        self.end.is_some_and(|end| end.index < index)
    }
}

struct Picture<'a> {
    calls: Vec<Call<'a>>,
    stuck: Call<'a>,
    ways: &'a [Value],
    /// Operations of those ways, by index.
    on_way: BTreeSet<usize>,
    /// Operations in progress that are not drawn.
    left_out: usize,
    /// Where each process's row is.
    rows: BTreeMap<Process, f64>,
    /// Where each event is.
    events: BTreeMap<usize, f64>,
}

impl<'a> Picture<'a> {
    fn new(history: &'a History, at: usize, ways: &'a [Value]) -> Option<Picture<'a>> {
        let calls = calls(history);
        let stuck = *calls.iter().find(|call| call.last().index == at)?;
        let on_way = on_way(ways);
        let begin = stuck.invoke.index;
        let (over, mut during): (Vec<_>, Vec<_>) =
            calls.into_iter().partition(|call| call.is_over_before(begin));
        during.retain(|call| call.invoke.index <= at);
        let left_out = during.len().saturating_sub(MAX_IN_PROGRESS);
        // What matters first, then what was known last.
        let rank = |call: &Call<'_>| {
            let index = call.last().index;
            (index != at, !on_way.contains(&index), Reverse(index))
        };
        let (during, before) = (first(during, MAX_IN_PROGRESS, rank), first(over, MAX_BEFORE, rank));
        let from = before.iter().map(|call| call.invoke.index).min().unwrap_or(begin).min(begin);
        let calls: Vec<Call<'_>> = during.into_iter().chain(before).collect();
        let is_shown = |index: &usize| (from..=at).contains(index);
        let ends = calls.iter().flat_map(|call| [Some(call.invoke.index), call.end.map(|end| end.index)]);
        let events: BTreeSet<usize> = ends.flatten().filter(is_shown).collect();
        let processes: BTreeSet<Process> = calls.iter().map(|call| call.invoke.process).collect();
        let rows = processes.into_iter().zip((0..).map(|row| TOP + f64::from(row) * ROW)).collect();
        let events =
            events.into_iter().zip((0..).map(|column| LEFT + (f64::from(column) + 0.4) * STEP)).collect();
        Some(Picture { calls, stuck, ways, on_way, left_out, rows, events })
    }

    fn svg(&self, key: &str) -> String {
        let right = LEFT + (self.events.len() as f64 + 0.4) * STEP + RIGHT;
        let bottom = TOP + self.rows.len() as f64 * ROW;
        let mut ways = String::new();
        let widest = self.ways(&mut ways, bottom);
        let width = right.max(widest).max(LEAST_WIDTH);
        let height = bottom + 56.0 + self.ways.len() as f64 * WAY;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<style>\n{}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
            style(STYLE)
        );
        self.heading(&mut svg, key);
        self.axes(&mut svg, right, bottom);
        for call in &self.calls {
            self.bar(&mut svg, call, right);
        }
        self.orders(&mut svg);
        svg.push_str(&ways);
        svg.push_str("</svg>\n");
        svg
    }

    fn heading(&self, svg: &mut String, key: &str) {
        let op = self.stuck.last();
        let _ = writeln!(
            svg,
            "<text class=\"heading\" x=\"16\" y=\"26\">Key {}: no order of its operations explains “{}”, op {} of process {}</text>",
            escaped(&cut(key, MAX_TEXT)),
            escaped(&words(op.f, &op.value)),
            op.index,
            op.process.to_value()
        );
        let mut legend = "Orange: takes effect on a way below; point at it, or at a way, to see in which order. Red: what no way explains.".to_owned();
        if self.left_out > 0 {
            let _ = write!(legend, " {} more in progress are left out.", self.left_out);
        }
        let bars = "Bars: operations, in the order in which they began and ended. Dashed: nobody saw it end.";
        for (line, y) in [(bars, 46), (legend.as_str(), 63)] {
            let _ = writeln!(svg, "<text class=\"muted\" x=\"16\" y=\"{y}\">{line}</text>");
        }
    }

    fn axes(&self, svg: &mut String, right: f64, bottom: f64) {
        for (process, y) in &self.rows {
            let middle = y + ROW / 2.0;
            let _ =
                writeln!(svg, "<path class=\"row\" d=\"M{LEFT} {middle:.1}H{:.1}\"/>", right - RIGHT / 2.0);
            let (name, x, y) = (process.to_value(), LEFT - 10.0, middle + 4.0);
            let _ = writeln!(svg, "<text class=\"name\" x=\"{x}\" y=\"{y:.1}\">process {name}</text>");
        }
        let end = self.stuck.last().index;
        let mut free = self.events[&end];
        // From the right, so that the moment at which the search got stuck has its time.
        for (index, x) in self.events.iter().rev().filter(|(index, _)| **index <= end) {
            if *x > free {
                continue;
            }
            free = x - TIME_WIDTH;
            let seconds = self.time_s(*index);
            let _ =
                writeln!(svg, "<text class=\"time\" x=\"{x:.1}\" y=\"{}\">{seconds:.4} s</text>", TOP - 12.0);
        }
        let x = self.events[&end];
        let _ = writeln!(svg, "<path class=\"point\" d=\"M{x:.1} {}V{bottom:.1}\"/>", TOP - 8.0);
    }

    /// When an event was, in seconds.
    fn time_s(&self, index: usize) -> f64 {
        let ops = self.calls.iter().flat_map(|call| [call.invoke, call.last()]);
        let nanos = ops.filter(|op| op.index == index).map(|op| op.time_ns).next();
        nanos.unwrap_or(0) as f64 / 1e9
    }

    fn bar(&self, svg: &mut String, call: &Call<'_>, right: f64) {
        let x1 = self.events.get(&call.invoke.index).copied().unwrap_or(LEFT);
        let x2 = call.end.and_then(|end| self.events.get(&end.index)).copied().unwrap_or(right - RIGHT / 2.0);
        let last = call.last();
        let mut class = "bar".to_owned();
        class.push_str(if call.end.is_none() { " unknown" } else { "" });
        class.push_str(if self.on_way.contains(&last.index) { " way" } else { "" });
        class.push_str(if last.index == self.stuck.last().index { " stuck" } else { "" });
        let y = self.rows[&call.invoke.process] + (ROW - BAR) / 2.0;
        let words = words(last.f, &last.value);
        let label = cut(&words, (((x2 - x1) / LETTER) as usize).saturating_sub(2));
        let _ = writeln!(
            svg,
            "<g id=\"op-{}\"><title>{}</title><rect class=\"{class}\" x=\"{x1:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"3\"/>\
             <text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            last.index,
            escaped(&cut(&tooltip(call, &words), MAX_TOOLTIP)),
            x2 - x1,
            (x1 + x2) / 2.0,
            y + BAR / 2.0 + 4.0,
            escaped(&label)
        );
    }

    /// The ways, a line each. Says how wide they are.
    fn ways(&self, svg: &mut String, bottom: f64) -> f64 {
        let y = bottom + 34.0;
        let end = self.stuck.last().index;
        let _ = writeln!(
            svg,
            "<text class=\"heading\" x=\"16\" y=\"{y:.1}\">What the register may hold until op {end} ends</text>"
        );
        let lines = self.ways.iter().enumerate();
        let mut widest = 0.0_f64;
        for (line, way) in lines {
            let y = y + 12.0 + line as f64 * WAY;
            let _ = writeln!(
                svg,
                "<g id=\"way-{line}\"><rect class=\"hit\" x=\"0\" y=\"{y:.1}\" width=\"100%\" height=\"{BAR}\"/>"
            );
            widest = widest.max(draw_way(svg, way, y));
            svg.push_str("</g>\n");
        }
        widest
    }

    /// For each way the order in which operations take effect on it, as numbers on their bars: to be seen while one points at the way,
    /// or at an operation of which it is the longest way.
    fn orders(&self, svg: &mut String) {
        let mut rules = String::new();
        for (number, way) in self.ways.iter().enumerate() {
            let steps = way.elements().unwrap_or_default();
            let _ = writeln!(svg, "<g class=\"order\" id=\"order-{number}\">");
            let _ =
                writeln!(rules, "svg:has(#way-{number}:hover) #order-{number} {{ visibility: visible; }}");
            for (place, step) in steps.iter().enumerate() {
                let Some(index) = index_of(step) else { continue };
                let Some(call) = self.calls.iter().find(|call| call.last().index == index) else { continue };
                let x = self.events.get(&call.invoke.index).copied().unwrap_or(LEFT) + 2.0;
                let y = self.rows[&call.invoke.process] + (ROW - BAR) / 2.0;
                let class = if place + 1 == steps.len() { "place end" } else { "place" };
                let _ = writeln!(
                    svg,
                    "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8\"/>\
                     <text class=\"middle number\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
                    y + 4.0,
                    if place + 1 == steps.len() { "✗".to_owned() } else { place.to_string() }
                );
            }
            svg.push_str("</g>\n");
        }
        for call in &self.calls {
            let index = call.last().index;
            if let Some(number) = self.longest_way_with(index) {
                let _ =
                    writeln!(rules, "svg:has(#op-{index}:hover) #order-{number} {{ visibility: visible; }}");
            }
        }
        let _ = writeln!(svg, "<style>{rules}</style>");
    }

    /// As Porcupine shows of an operation the longest order that it takes part in. All ways end where the search got stuck, so the
    /// longest is the one with the most operations on it.
    fn longest_way_with(&self, index: usize) -> Option<usize> {
        let steps = |way: &Value| way.elements().map_or(0, <[Value]>::len);
        let has_it = |way: &Value| {
            way.elements().is_some_and(|steps| steps.iter().any(|step| index_of(step) == Some(index)))
        };
        let ways = self.ways.iter().enumerate().filter(|(_, way)| has_it(way));
        ways.max_by_key(|(number, way)| (steps(way), Reverse(*number))).map(|(number, _)| number)
    }
}

/// So many of some operations, by their rank.
fn first<'a, R: Ord>(mut calls: Vec<Call<'a>>, most: usize, rank: impl Fn(&Call<'_>) -> R) -> Vec<Call<'a>> {
    calls.sort_by_key(rank);
    calls.truncate(most);
    calls
}

/// Operations that happened or may have; reads only if somebody saw what they returned, and it was something.
fn calls(history: &History) -> Vec<Call<'_>> {
    let pairs = history.pairs();
    let mut calls = Vec::new();
    for (invoke, other) in
        history.ops.iter().zip(pairs).filter(|(op, _)| op.is_client() && op.kind == Kind::Invoke)
    {
        let completion = other.map(|other| &history.ops[other]);
        let end = completion.filter(|op| op.kind == Kind::Ok);
        let failed = completion.is_some_and(|op| op.kind == Kind::Fail);
        let says_nothing = invoke.f == "read" && end.is_none_or(|end| end.value == Value::Nil);
        if !failed && !says_nothing {
            calls.push(Call { invoke, end });
        }
    }
    calls
}

fn tooltip(call: &Call<'_>, words: &str) -> String {
    let seconds = |op: &Op| format!("{:.6} s", op.time_ns as f64 / 1e9);
    let end = match call.end {
        Some(end) => format!("to {} (op {})", seconds(end), end.index),
        None => "and nobody saw an end".to_owned(),
    };
    let process = call.invoke.process.to_value();
    format!("{words}: process {process}, from {} (op {}) {end}", seconds(call.invoke), call.invoke.index)
}

#[cfg(test)]
mod tests;
