//! `messages.svg`, under Maelstrom's name and in its form (§10.7): time runs downwards, event by event.
//!
//! `report.html` has the diagram to work with; this is the one to paste somewhere. `init` and its answers are left out.

use super::row::kind;
use super::svg::escaped;
use bench::network::{Entry, Event};
use bench::run::Record;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

/// Events that are drawn, as in Maelstrom.
const MAX_EVENTS: usize = 10_000;
/// The drawing's width, unless there are so many lines that each needs its own, and the height of an event.
const WIDTH: f64 = 1200.0;
const LEAST_COLUMN: f64 = 60.0;
const STEP: f64 = 20.0;
/// The room above the first event.
const TOP: f64 = 40.0;
/// Names are repeated every so many events.
const NAMES_EVERY: usize = 50;
/// Longer labels are cut, in characters.
const MAX_LABEL: usize = 48;
/// And so are bodies, which show where the mouse is: nobody reads more there, and a megabyte each would make a drawing that nothing opens.
const MAX_TITLE: usize = 2_000;
const ERROR: &str = "#FF1E90";
const CLIENT: &str = "#81BFFC";
const OTHER: &str = "#000000";

/// The drawing.
pub fn messages(record: &Record) -> String {
    let is_shown = |entry: &&Entry| !matches!(kind(&entry.body.text()).as_ref(), "init" | "init_ok");
    let mut entries: Vec<&Entry> =
        record.journal.entries.iter().filter(is_shown).take(MAX_EVENTS + 1).collect();
    let is_cut = entries.len() > MAX_EVENTS;
    entries.truncate(MAX_EVENTS);
    let (columns, width) = columns(&entries);
    let height = TOP + (entries.len() + 2) as f64 * STEP;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"Helvetica, Arial, sans-serif\" font-size=\"10\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 6 6\" refX=\"6\" refY=\"3\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0 L6 3 L0 6 z\" fill=\"context-stroke\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    draw_lines(&mut svg, &columns, entries.len(), height);
    draw_messages(&mut svg, &columns, &entries);
    if is_cut {
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">The first {MAX_EVENTS} events; the rest is left out.</text>",
            width / 2.0,
            height - STEP / 2.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}

type Columns = BTreeMap<(bool, String, u64, Arc<str>), f64>;

/// Where everybody's line is, by the letters of the name, then its number, names without a number last; and how wide that
/// is in all.
fn columns(entries: &[&Entry]) -> (Columns, f64) {
    let names = entries.iter().flat_map(|entry| [&entry.src, &entry.dest]);
    let mut columns: Columns = names.map(|name| (rank(name), 0.0)).collect();
    let count = columns.len() as f64;
    let width = WIDTH.max(count * LEAST_COLUMN);
    for (position, x) in columns.values_mut().enumerate() {
        *x = (position as f64 + 0.5) / count * width;
    }
    (columns, width)
}

fn rank(name: &Arc<str>) -> (bool, String, u64, Arc<str>) {
    let digits = name.find(|character: char| character.is_ascii_digit());
    let number = digits.and_then(|start| name[start..].parse().ok());
    let prefix = digits.map_or(name.as_ref(), |start| &name[..start]).to_owned();
    (number.is_none(), prefix, number.unwrap_or(0), name.clone())
}

fn y_of(position: usize) -> f64 {
    TOP + position as f64 * STEP
}

/// Names that are repeated by reference open in a third of the time.
fn draw_lines(svg: &mut String, columns: &Columns, events: usize, height: f64) {
    for x in columns.values() {
        let _ = writeln!(svg, "<path d=\"M{x:.1} {} V{height}\" stroke=\"#ccc\"/>", TOP - 10.0);
    }
    let _ = writeln!(svg, "<g id=\"names\" text-anchor=\"middle\" fill=\"#555\">");
    let y = y_of(0) - STEP * 0.7;
    for ((_, _, _, name), x) in columns {
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(name));
    }
    let _ = writeln!(svg, "</g>");
    for position in (0..=events).step_by(NAMES_EVERY).skip(1) {
        let _ = writeln!(svg, "<use href=\"#names\" y=\"{}\"/>", y_of(position) - y_of(0));
    }
}

/// An arrow from each send to each receive; one that was dropped is broken, and ends where it was dropped.
fn draw_messages(svg: &mut String, columns: &Columns, entries: &[&Entry]) {
    let mut sent = HashMap::new();
    for (position, entry) in entries.iter().enumerate() {
        if entry.event == Event::Send {
            sent.insert(entry.id, position);
            continue;
        }
        let Some(&from) = sent.get(&entry.id) else { continue };
        let (x1, x2) = (columns[&rank(&entry.src)], columns[&rank(&entry.dest)]);
        let (y1, y2) = (y_of(from), y_of(position));
        let body = entry.body.text();
        let kind = kind(&body);
        let is_client = |name: &str| name.starts_with('c');
        let colour = match kind.as_ref() {
            "error" => ERROR,
            _ if is_client(&entry.src) || is_client(&entry.dest) => CLIENT,
            _ => OTHER,
        };
        let dash = if entry.event == Event::Receive { "" } else { " stroke-dasharray=\"5 4\"" };
        let (middle_x, middle_y) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0 - 2.0);
        let _ = writeln!(
            svg,
            "<g><title>{}</title><path d=\"M{x1:.1} {y1:.1} L{x2:.1} {y2:.1}\" stroke=\"{colour}\" \
             marker-end=\"url(#tip)\"{dash}/><text x=\"{middle_x:.1}\" y=\"{middle_y:.1}\" text-anchor=\"middle\" \
             fill=\"{colour}\">{}</text></g>",
            escaped(&clipped(&body, MAX_TITLE)),
            escaped(&label(&kind, &body))
        );
    }
}

/// The type and what else there is.
fn label(kind: &str, body: &str) -> String {
    let rest = match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(body) {
        Ok(mut fields) => {
            for key in ["type", "msg_id", "in_reply_to"] {
                fields.remove(key);
            }
            let fields = fields.into_iter().map(|(key, value)| format!("{key} {value}"));
            fields.collect::<Vec<_>>().join(", ")
        }
        Err(_) => body.to_owned(),
    };
    clipped(&format!("{kind} {rest}"), MAX_LABEL).into_owned()
}

/// So many characters of a text at most.
fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(clipped("čas", 3), "čas");
        assert_eq!(clipped("čas", 1), "č…");
        let body = format!(r#"{{"type":"echo","echo":"{}"}}"#, "x".repeat(1 << 20));
        assert!(label("echo", &body).len() < 100 && clipped(&body, MAX_TITLE).len() < 3_000);
    }
}
