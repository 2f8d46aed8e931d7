//! `timeline.html`, under Maelstrom's name (§10.6): a column for each process, a box for each operation, from its beginning
//! to its end.

use super::templates::render;
use super::text::{cut, thousands};
use judge::history::{History, Kind, Op};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Operations on the page, as in Maelstrom. The notice says how many there are beyond.
const MAX_OPERATIONS: usize = 10_000;
/// Characters of a box's text and of its tooltip.
const MAX_TEXT: usize = 60;
const MAX_TOOLTIP: usize = 600;
/// The page's scale. A box is at least as high as its text.
const PIXELS_PER_SECOND: f64 = 400.0;
const COLUMN_WIDTH: usize = 130;
const LEAST_HEIGHT: f64 = 15.0;

#[derive(Serialize)]
struct Timeline {
    title: String,
    notice: String,
    columns: Vec<Column>,
    boxes: Vec<Box>,
    width: usize,
    height: u64,
}

#[derive(Serialize)]
struct Column {
    left: usize,
    name: String,
}

#[derive(Serialize)]
struct Box {
    left: usize,
    top: u64,
    height: u64,
    class: &'static str,
    text: String,
    tooltip: String,
}

/// The page of a history, or of a part of one. It begins at the part's first operation.
pub fn timeline(history: &History, title: String) -> String {
    let pairs = history.pairs();
    let halves =
        history.ops.iter().zip(&pairs).map(|(op, other)| (op, other.map(|other| &history.ops[other])));
    let invocations: Vec<(&Op, Option<&Op>)> =
        halves.filter(|(op, _)| op.is_client() && op.kind == Kind::Invoke).collect();
    let shown = &invocations[..invocations.len().min(MAX_OPERATIONS)];
    let start = shown.first().map_or(0, |(op, _)| op.time_ns);
    let mut lefts = BTreeMap::new();
    for (op, _) in shown {
        lefts.entry(op.process).or_insert(0);
    }
    for (column, left) in lefts.values_mut().enumerate() {
        *left = column * COLUMN_WIDTH;
    }
    // Boxes of one process never overlap, though a quick operation's is higher than it was long.
    let mut bottoms = BTreeMap::new();
    let boxes: Vec<Box> = shown
        .iter()
        .map(|&(op, end)| {
            let bottom = bottoms.entry(op.process).or_insert(0.0);
            let shape = shape(start, op, end, *bottom);
            *bottom = (shape.0 + shape.1) as f64 + 1.0;
            operation(op, end, lefts[&op.process], shape)
        })
        .collect();
    let height = boxes.iter().map(|shown| shown.top + shown.height).max().unwrap_or(0);
    let timeline = Timeline {
        title,
        notice: notice(start, shown.len(), invocations.len()),
        columns: lefts
            .iter()
            .map(|(process, left)| Column { left: *left, name: process.to_value().to_string() })
            .collect(),
        width: lefts.len() * COLUMN_WIDTH,
        boxes,
        height,
    };
    render("timeline.html", &timeline)
}

fn notice(start_ns: u64, shown: usize, all: usize) -> String {
    let mut notice = format!("Time runs downwards, from {:.3} s.", start_ns as f64 / 1e9);
    if shown < all {
        let (shown, all) = (thousands(shown as i64), thousands(all as i64));
        notice.push_str(&format!(" These are the first {shown} of {all} operations."));
    }
    notice
}

/// Where a box begins, and how high it is.
fn shape(start_ns: u64, op: &Op, end: Option<&Op>, above: f64) -> (u64, u64) {
    let pixels = |time: Duration| time.as_secs_f64() * PIXELS_PER_SECOND;
    let at = |op: &Op| pixels(Duration::from_nanos(op.time_ns.saturating_sub(start_ns)));
    let top = at(op).max(above);
    let bottom = end.map_or(top, at).max(top + LEAST_HEIGHT);
    (top as u64, (bottom - top) as u64)
}

fn operation(op: &Op, end: Option<&Op>, left: usize, (top, height): (u64, u64)) -> Box {
    let last = end.unwrap_or(op);
    let class = match end.map(|end| end.kind) {
        Some(Kind::Ok) => "ok",
        Some(Kind::Fail) => "fail",
        _ => "info",
    };
    let error = last.error.as_ref().map(|error| format!(" {error}")).unwrap_or_default();
    let text = format!("{} {}", op.f, last.value);
    let millis = end.map(|end| end.time_ns.saturating_sub(op.time_ns) as f64 / 1e6);
    let took = millis.map(|millis| format!(" in {millis:.3} ms")).unwrap_or_default();
    let tooltip = format!("op {} {class}{took}{error}: {} {} → {}", op.index, op.f, op.value, last.value);
    Box { left, top, height, class, text: cut(&text, MAX_TEXT), tooltip: cut(&tooltip, MAX_TOOLTIP) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use judge::history;

    #[test]
    fn the_page_of_a_part_of_a_history_begins_where_the_part_does_and_names_operations_as_the_whole_does() {
        let mut part = history::read(
            "{:index 0, :time 0, :type :invoke, :process 0, :f :read, :value nil}\n\
             {:index 1, :time 9000000, :type :ok, :process 0, :f :read, :value 5}\n\
             {:index 2, :time 40000000000, :type :invoke, :process 1, :f :read, :value nil}\n\
             {:index 3, :time 40500000000, :type :ok, :process 1, :f :read, :value 7}\n",
        )
        .unwrap();
        part.ops.drain(..2);
        let page = timeline(&part, "Some <part>".to_owned());
        assert!(page.contains("<h1>Some &lt;part&gt;</h1>") && page.contains("from 40.000 s."), "{page}");
        assert!(page.contains("class=\"ok\" style=\"left:0px;top:0px;height:200px\""), "{page}");
        assert!(page.contains("title=\"op 2 ok in 500.000 ms: read nil → 7\""), "{page}");
    }
}
