//! A space-time diagram that stands still: a stretch of a run as one SVG, for pages that cannot run scripts.
//!
//! The colours are those of the report, light or dark as the reader prefers; they are inside the picture.

use super::faults::Fault;
use super::row::{Fate, Row};
use super::traffic::Traffic;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What to draw.
#[derive(Clone, Debug)]
pub struct Diagram<'a> {
    /// The messages.
    pub traffic: &'a Traffic,
    /// What was broken.
    pub faults: &'a [Fault],
    /// From when to when, in microseconds.
    pub span_us: (i64, i64),
    /// The value whose way stands out, by its position.
    pub value: Option<usize>,
}

const WIDTH: f64 = 920.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 30.0;
const LANE: f64 = 40.0;
/// Lanes of larger clusters are closer.
const MOST_HEIGHT: f64 = 460.0;
/// Labels on the axis of time.
const TICKS: i64 = 7;

const STYLE: &str = "\
text{font:12px ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;fill:#6f6c64}\
.name{fill:#1d1d1b;text-anchor:end}.time{text-anchor:middle}\
path{fill:none}.lane{stroke:#d9d6cc}.tick{stroke:#ebe8e0}.fault{fill:#c9a83c;opacity:.18}\
.server{stroke:#3b5b8c;stroke-width:1.1;opacity:.55}.client{stroke:#3b5b8c;opacity:.4}\
.drop{stroke:#c2344d;stroke-width:1.4;stroke-dasharray:5 4}.chain{stroke:#d9730d;stroke-width:2.2}\
.chain.drop{stroke:#c2344d}.held{stroke:#d9730d;stroke-width:4;opacity:.45}\
.tip{fill:#3b5b8c;opacity:.7}.tip.chain{fill:#d9730d;stroke:none;opacity:1}.cross{stroke:#c2344d;stroke-width:1.6}\
@media(prefers-color-scheme:dark){text{fill:#97948c}.name{fill:#e9e6df}.lane{stroke:#3a3c44}.tick{stroke:#26282e}\
.server,.client{stroke:#86a7dc}.tip{fill:#86a7dc}.drop,.cross,.chain.drop{stroke:#f0677d}\
.chain,.held{stroke:#f5a03c}.tip.chain{fill:#f5a03c}}";

impl Diagram<'_> {
    /// The picture.
    pub fn svg(&self) -> String {
        let height = TOP + self.lane() * self.traffic.nodes as f64 + 6.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n<style>{STYLE}</style>\n"
        );
        self.faults(&mut svg, height);
        self.axes(&mut svg, height);
        self.holders(&mut svg);
        let steps =
            self.value.map(|value| self.traffic.chains.values[value].steps.as_slice()).unwrap_or_default();
        let is_seen =
            |row: &Row| row.sent_us <= self.span_us.1 && row.end_us.unwrap_or(i64::MAX) >= self.span_us.0;
        let seen = || self.traffic.rows.iter().enumerate().filter(|(_, row)| is_seen(row));
        for (_, row) in seen().filter(|(position, _)| !steps.contains(position)) {
            self.message(&mut svg, row, false);
        }
        for (_, row) in seen().filter(|(position, _)| steps.contains(position)) {
            self.message(&mut svg, row, true);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn lane(&self) -> f64 {
        LANE.min(MOST_HEIGHT / self.traffic.nodes.max(1) as f64)
    }

    fn x(&self, time_us: i64) -> f64 {
        let (from_us, to_us) = self.span_us;
        LEFT + (time_us - from_us) as f64 / (to_us - from_us).max(1) as f64 * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, node: usize) -> f64 {
        TOP + (node as f64 + 0.5) * self.lane()
    }

    /// Within the picture.
    fn clamped_x(&self, time_us: i64) -> f64 {
        self.x(time_us.clamp(self.span_us.0, self.span_us.1))
    }

    fn faults(&self, svg: &mut String, height: f64) {
        for fault in self.faults {
            let (left, right) = (self.clamped_x(fault.from_us), self.clamped_x(fault.to_us));
            if right > left {
                let (width, height) = (right - left, height - TOP);
                let _ = writeln!(
                    svg,
                    "<rect class=\"fault\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
                );
            }
        }
    }

    fn axes(&self, svg: &mut String, height: f64) {
        let (from_us, to_us) = self.span_us;
        let step_us = step_us((to_us - from_us) / TICKS);
        let mut at_us = (from_us + step_us - 1).div_euclid(step_us) * step_us;
        while at_us <= to_us {
            let (x, seconds) = (self.x(at_us), at_us as f64 / 1e6);
            let digits = if step_us < 100_000 { 2 } else { 1 };
            let _ = writeln!(svg, "<path class=\"tick\" d=\"M{x:.1} {TOP}V{height}\"/>");
            let _ = writeln!(svg, "<text class=\"time\" x=\"{x:.1}\" y=\"16\">{seconds:.digits$} s</text>");
            at_us += step_us;
        }
        let labelled = (13.0 / self.lane()).ceil() as usize;
        for node in 0..self.traffic.nodes {
            let y = self.y(node);
            let _ = writeln!(svg, "<path class=\"lane\" d=\"M{LEFT} {y:.1}H{}\"/>", WIDTH - RIGHT);
            if node % labelled == 0 {
                let name = &self.traffic.names[node];
                let _ = writeln!(
                    svg,
                    "<text class=\"name\" x=\"{}\" y=\"{:.1}\">{name}</text>",
                    LEFT - 8.0,
                    y + 4.0
                );
            }
        }
    }

    /// From when on which node had the value.
    fn holders(&self, svg: &mut String) {
        let Some(value) = self.value else { return };
        let mut since_us = BTreeMap::new();
        for row in self.traffic.chains.values[value].steps.iter().map(|&step| &self.traffic.rows[step]) {
            if let (true, Fate::Delivered, Some(end_us)) =
                (row.dest < self.traffic.nodes, row.fate, row.end_us)
            {
                since_us.entry(row.dest).or_insert(end_us);
            }
        }
        for (node, since_us) in since_us.into_iter().filter(|(_, since_us)| *since_us < self.span_us.1) {
            let (x, y) = (self.clamped_x(since_us), self.y(node));
            let _ = writeln!(svg, "<path class=\"held\" d=\"M{x:.1} {y:.1}H{}\"/>", WIDTH - RIGHT);
        }
    }

    fn message(&self, svg: &mut String, row: &Row, stands_out: bool) {
        let nodes = self.traffic.nodes;
        let below = self.lane() * 0.3;
        let (y1, y2, is_client) = match (row.src < nodes, row.dest < nodes) {
            (true, true) => (self.y(row.src), self.y(row.dest), false),
            (true, false) => (self.y(row.src), self.y(row.src) + below, true),
            (false, true) => (self.y(row.dest) + below, self.y(row.dest), true),
            (false, false) => return,
        };
        let (x1, x2) = self.clipped(row);
        let is_dropped = matches!(row.fate, Fate::Cut | Fate::Lost);
        let kind = if is_client { "client" } else { "server" };
        let class = match (stands_out, is_dropped) {
            (true, true) => "chain drop",
            (true, false) => "chain",
            (false, true) => "drop",
            (false, false) => kind,
        };
        // Where the line from end to end is, at the edges of the picture. Without latency it is upright.
        let across = x2.1 - x1.1;
        let at =
            |x: f64, upright: f64| if across < 1e-6 { upright } else { y1 + (y2 - y1) * (x - x1.1) / across };
        let (from, to) = ((x1.0, at(x1.0, y1)), (x2.0, at(x2.0, y2)));
        let _ = writeln!(
            svg,
            "<path class=\"{class}\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
        let has_end = row.end_us.is_some() && x2.0 == x2.1;
        if has_end && (stands_out || !is_client) {
            end(svg, from, to, is_dropped, stands_out);
        }
    }

    /// Both ends across: within the picture, and where they really are.
    fn clipped(&self, row: &Row) -> ((f64, f64), (f64, f64)) {
        let end_us = row.end_us.unwrap_or(self.span_us.1);
        ((self.clamped_x(row.sent_us), self.x(row.sent_us)), (self.clamped_x(end_us), self.x(end_us)))
    }
}

/// A tip, or a cross where a message was dropped at its recipient's door.
fn end(svg: &mut String, from: (f64, f64), to: (f64, f64), is_dropped: bool, stands_out: bool) {
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(1e-6);
    let (dx, dy) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
    if is_dropped {
        let (x, y) = (to.0 - dx * 6.0, to.1 - dy * 6.0);
        let _ = writeln!(svg, "<path class=\"cross\" d=\"M{:.1} {:.1}l7 7m0 -7l-7 7\"/>", x - 3.5, y - 3.5);
        return;
    }
    let size = if stands_out { 8.0 } else { 6.0 };
    let (back, side) = ((to.0 - dx * size, to.1 - dy * size), (-dy * size * 0.36, dx * size * 0.36));
    let class = if stands_out { "tip chain" } else { "tip" };
    let _ = writeln!(
        svg,
        "<path class=\"{class}\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
        to.0,
        to.1,
        back.0 + side.0,
        back.1 + side.1,
        back.0 - side.0,
        back.1 - side.1
    );
}

/// The least of 1, 2, 5 × 10ⁿ that is not less.
fn step_us(least_us: i64) -> i64 {
    let powers = (0..).map(|power| 10_i64.saturating_pow(power));
    let mut steps = powers.flat_map(|power| [1, 2, 5].map(|factor| power.saturating_mul(factor)));
    steps.find(|step| *step >= least_us.max(1)).unwrap_or(i64::MAX)
}
