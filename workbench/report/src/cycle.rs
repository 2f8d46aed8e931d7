//! Transactions that wait for each other in a circle, drawn: in `report.html`, and as pictures under Elle's names (§11.7).
//!
//! They stand in two columns and follow each other clockwise, from the upper left. Each arrow says why one comes before
//! the next, so in no order do all arrows point forwards.

use super::svg;
use super::templates::render;
use edn::Value;
use serde::Serialize;

/// Circles of more transactions are told in words only.
const MAX_TRANSACTIONS: usize = 24;
/// Operations of a transaction that are shown.
const MAX_OPERATIONS: usize = 6;
/// Longer operations are cut, in characters.
const MAX_LABEL: usize = 38;
const WIDTH: f64 = 900.0;
/// Middles of the columns, and half a box's width.
const COLUMNS: [f64; 2] = [146.0, 754.0];
const HALF_WIDTH: f64 = 140.0;
/// The height of a line in a box, and what a box has around its lines.
const LINE: f64 = 16.0;
const PADDING: f64 = 16.0;
/// Between boxes of a column, and above and below all boxes.
const GAP: f64 = 70.0;
const MARGIN: f64 = 50.0;
/// How far an arrow that stands alone between two boxes bends, and one of two.
const BEND: f64 = 60.0;
const WIDE_BEND: f64 = 90.0;

/// A circle of transactions, laid out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cycle {
    /// The size of the drawing.
    pub width: f64,
    /// The size of the drawing.
    pub height: f64,
    /// The transactions.
    pub transactions: Vec<Transaction>,
    /// Why each comes before the next.
    pub edges: Vec<Edge>,
}

/// A transaction's box.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transaction {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its size.
    pub width: f64,
    /// Its size.
    pub height: f64,
    /// Its place in the history.
    pub index: Option<i64>,
    /// Which it is.
    pub title: Text,
    /// What it did, an operation a line.
    pub operations: Vec<Text>,
}

/// A line of text, and where its middle is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Text {
    /// Across.
    pub x: f64,
    /// Down, where letters stand.
    pub y: f64,
    /// What it says.
    pub text: String,
}

/// Why a transaction comes before another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// From where, through which point, to where.
    pub path: String,
    /// What it depends on: `ww`, `wr`, `rw`, `process` or `realtime`, and the key.
    pub label: Text,
    /// The first part of the label, as a class.
    pub kind: String,
}

impl Cycle {
    /// The circle of a case, if it is one.
    pub fn new(case: &Value) -> Option<Cycle> {
        let steps = case.get("steps")?.elements()?;
        let around = case.get("cycle")?.elements()?.get(..steps.len())?;
        if steps.len() > MAX_TRANSACTIONS {
            return None;
        }
        let told: Vec<Vec<String>> = around.iter().map(operations).collect();
        let most = told.iter().map(Vec::len).max()?;
        let pitch = PADDING + (most + 1) as f64 * LINE + GAP;
        let height = 2.0 * MARGIN + steps.len().div_ceil(2) as f64 * pitch - GAP;
        let places = places(steps.len(), height, pitch);
        let transactions: Vec<Transaction> = around
            .iter()
            .zip(told)
            .zip(&places)
            .map(|((op, told), place)| Transaction::new(op, told, *place))
            .collect();
        let edges = steps.iter().enumerate().map(|(number, step)| {
            let next = (number + 1) % steps.len();
            let bend = bend(places[number], places[next], height, (steps.len() == 2).then_some(number == 1));
            Edge::new(step, transactions[number].leave(bend), bend, transactions[next].leave(bend))
        });
        Some(Cycle { width: WIDTH, height, edges: edges.collect(), transactions })
    }

    /// A picture of its own.
    pub fn svg(&self) -> String {
        let style = svg::style(&(STYLE.to_owned() + ALONE));
        render("cycle.html", &serde_json::json!({ "cycle": self, "number": 0, "alone": style }))
    }
}

/// The rules of the drawing, which the pages have too.
pub(super) const STYLE: &str = include_str!("page/cycle.css");
/// And what is around it if it stands alone.
const ALONE: &str = ".paper { fill: var(--paper); }\n";

/// What a transaction did, a line each, and how much more.
fn operations(op: &Value) -> Vec<String> {
    let all = op.get("value").and_then(Value::elements).unwrap_or_default();
    let shown = if all.len() > MAX_OPERATIONS { MAX_OPERATIONS - 1 } else { all.len() };
    let lines = all[..shown].iter().map(|operation| svg::cut(&operation.to_string(), MAX_LABEL));
    let rest = (shown < all.len()).then(|| format!("and {} more", all.len() - shown));
    lines.chain(rest).collect()
}

/// The middles of the boxes. The second and those after it go down the right side, the rest up the left one to the first.
fn places(count: usize, height: f64, pitch: f64) -> Vec<(f64, f64)> {
    let right = count / 2;
    let left = count - right;
    let row = |row: usize, rows: usize| height / 2.0 + (row as f64 - (rows - 1) as f64 / 2.0) * pitch;
    let place = |number: usize| match number {
        0 => (COLUMNS[0], row(0, left)),
        number if number <= right => (COLUMNS[1], row(number - 1, right)),
        number => (COLUMNS[0], row(count - number, left)),
    };
    (0..count).map(place).collect()
}

/// The point that draws an arrow away from the middle of the drawing. Of two between the same boxes one goes above and one,
/// the way back, below.
fn bend(from: (f64, f64), to: (f64, f64), height: f64, is_way_back: Option<bool>) -> (f64, f64) {
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    match is_way_back {
        Some(is_way_back) => (middle.0, middle.1 + if is_way_back { WIDE_BEND } else { -WIDE_BEND }),
        None if from.0 == to.0 => (middle.0 + BEND * (from.0 - WIDTH / 2.0).signum(), middle.1),
        None => (middle.0, middle.1 + BEND * (middle.1 - height / 2.0).signum()),
    }
}

impl Cycle {
    /// Numbers the transactions as the operations that prove the case are: by their places in the history, in that order.
    pub fn number(&mut self, evidence: &[usize]) {
        for transaction in &mut self.transactions {
            let number = evidence.iter().position(|index| Some(*index as i64) == transaction.index);
            if let Some(number) = number {
                transaction.title.text =
                    svg::cut(&format!("({}) {}", number + 1, transaction.title.text), MAX_LABEL);
            }
        }
    }
}

impl Transaction {
    fn new(op: &Value, operations: Vec<String>, (x, y): (f64, f64)) -> Transaction {
        let shown = |key: &str| op.get(key).map(ToString::to_string).unwrap_or_default();
        let title = svg::cut(&format!("op {} · process {}", shown("index"), shown("process")), MAX_LABEL);
        let height = PADDING + (operations.len() + 1) as f64 * LINE;
        let top = y - height / 2.0;
        let line = |(number, text)| Text { x, y: top + PADDING / 2.0 + (number as f64 + 0.75) * LINE, text };
        Transaction {
            left: x - HALF_WIDTH,
            top,
            width: 2.0 * HALF_WIDTH,
            height,
            index: op.get("index").and_then(Value::as_integer),
            title: line((0, title)),
            operations: (1..).zip(operations).map(line).collect(),
        }
    }

    /// Where the line from the middle of the box to a point leaves it.
    fn leave(&self, to: (f64, f64)) -> (f64, f64) {
        let middle = (self.left + self.width / 2.0, self.top + self.height / 2.0);
        let (dx, dy) = (to.0 - middle.0, to.1 - middle.1);
        let half = (self.width / 2.0, self.height / 2.0 + 3.0);
        let scale = (half.0 / dx.abs().max(1e-9)).min(half.1 / dy.abs().max(1e-9)).min(1.0);
        (middle.0 + dx * scale, middle.1 + dy * scale)
    }
}

impl Edge {
    fn new(step: &Value, start: (f64, f64), bend: (f64, f64), end: (f64, f64)) -> Edge {
        let kind = step.get("type").and_then(Value::as_name).unwrap_or("?").to_owned();
        let key = step.get("key").map(|key| format!(" {key}")).unwrap_or_default();
        Edge {
            path: format!(
                "M{:.1} {:.1} Q{:.1} {:.1} {:.1} {:.1}",
                start.0, start.1, bend.0, bend.1, end.0, end.1
            ),
            label: Text {
                x: (start.0 + 2.0 * bend.0 + end.0) / 4.0,
                y: (start.1 + 2.0 * bend.1 + end.1) / 4.0 + 4.0,
                text: svg::cut(&format!("{kind}{key}"), MAX_LABEL),
            },
            kind,
        }
    }
}
