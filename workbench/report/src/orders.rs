//! `orders/<key>.svg`, under Maelstrom's name (§12.6): a log in trouble, as everybody who had to do with it saw it.
//!
//! Across are the offsets that hold something, down are the sends and polls in the order in which they ended. In a cell is what
//! was written or read there; an empty one is a place that a poll went by without seeing anything. Of a long log the places
//! around the trouble are shown, and of many operations those that touch it.

use super::svg::{cut, escaped, style};
use judge::history::Kind;
use judge::kafka::{Access, TroubledLog, View};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Places of a log that are shown, and operations.
const MAX_COLUMNS: usize = 32;
const MAX_ROWS: usize = 100;
/// Longer offsets, messages and names are cut, in characters.
const MAX_CELL: usize = 12;
const MAX_LABEL: usize = 40;
const MAX_KEY: usize = 40;
const MAX_TOOLTIP: usize = 300;
const MARGIN: f64 = 16.0;
/// Where the heading begins, the height of its lines, and below it the room for offsets and signs.
const TOP: f64 = 26.0;
const LINE: f64 = 17.0;
const HEADER: f64 = 52.0;
const ROW: f64 = 24.0;
const CELL: f64 = 18.0;
const LEAST_COLUMN: f64 = 34.0;
/// Where places are left out between two columns.
const GAP: f64 = 22.0;
const LEAST_WIDTH: f64 = 680.0;
/// The width of a letter, roughly.
const LETTER: f64 = 6.7;
/// What may be the matter, and its sign above a column.
const SIGNS: [(&str, &str, &str); 4] = [
    ("inconsistent-offsets", "I", "different messages at one offset"),
    ("duplicate", "D", "one message at several offsets"),
    ("lost-write", "L", "acknowledged, but polls have only what is further on"),
    ("unseen", "U", "acknowledged, but no poll has it"),
];

const STYLE: &str = "\
.paper { fill: var(--paper); }
text { fill: var(--ink); font: 12px var(--sans); }
.heading { font: 600 14px var(--sans); }
.muted { fill: var(--muted); }
.middle { text-anchor: middle; }
.row { stroke: var(--rule); }
.send { fill: var(--server); stroke: var(--server); }
.poll { fill: var(--raised); stroke: var(--server); }
.send + text { fill: var(--paper); }
.send.info, .send.fail { fill: var(--raised); }
.send.info + text, .send.fail + text { fill: var(--ink); }
.info { stroke: var(--unknown); stroke-dasharray: 5 3; }
.fail { stroke: var(--dropped); stroke-dasharray: 2 3; }
.fail + text { text-decoration: line-through; }
.nothing { fill: none; stroke: var(--muted); stroke-dasharray: 2 3; }
.trouble { stroke: var(--bad); stroke-width: 3; }
text.ok { fill: var(--ok); }
text.info { fill: var(--unknown); stroke: none; }
text.fail { fill: var(--dropped); stroke: none; }
.sign { fill: var(--bad); font-weight: 700; }
";

/// The picture of a log.
pub(crate) fn order(view: &View<'_>, log: &TroubledLog<'_>) -> String {
    let columns = columns(log);
    let rows = rows(log, &columns);
    let labels: Vec<[String; 3]> = rows.iter().map(|row| label(view, row)).collect();
    let longest = |part: usize| {
        labels.iter().map(|label| label[part].chars().count()).max().unwrap_or(0) as f64 * LETTER
    };
    let lefts = [MARGIN, MARGIN + longest(0) + 14.0, MARGIN + longest(0) + longest(1) + 28.0];
    let (places, right) = across(log, &columns, &rows, lefts[2] + longest(2) + 16.0);
    let picture = Picture { view, log, columns, rows, places, lefts, right };
    picture.svg(&labels)
}

/// Places, in order, and the signs of what is the matter at each.
type Signs = BTreeMap<usize, BTreeSet<&'static str>>;
/// A column: where its left edge is, and how wide it is.
type Column = (f64, f64);

struct Picture<'p, 'a> {
    view: &'p View<'a>,
    log: &'p TroubledLog<'a>,
    /// Places that are shown, in order, and the signs of each.
    columns: Signs,
    rows: Vec<&'p Access<'a>>,
    places: BTreeMap<usize, Column>,
    /// Where the parts of a row's label begin.
    lefts: [f64; 3],
    right: f64,
}

impl Picture<'_, '_> {
    fn svg(&self, labels: &[[String; 3]]) -> String {
        let heading = self.heading();
        let top = TOP + heading.len() as f64 * LINE + HEADER;
        let width = (self.right + 2.0 * MARGIN).max(LEAST_WIDTH);
        let height = top + self.rows.len() as f64 * ROW + MARGIN;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<style>\n{}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
            style(STYLE)
        );
        let key = escaped(&cut(&self.log.key.to_string(), MAX_KEY));
        let _ =
            writeln!(svg, "<text class=\"heading\" x=\"{MARGIN}\" y=\"{TOP}\">The log of key {key}</text>");
        for (line, number) in heading.iter().zip(1..) {
            let y = TOP + f64::from(number) * LINE + 3.0;
            let _ = writeln!(svg, "<text class=\"muted\" x=\"{MARGIN}\" y=\"{y}\">{line}</text>");
        }
        self.header(&mut svg, top);
        for (number, (row, label)) in self.rows.iter().zip(labels).enumerate() {
            self.row(&mut svg, row, label, top + number as f64 * ROW);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// What there is to see, a line each.
    fn heading(&self) -> Vec<String> {
        let of = |shown: usize, all: usize| {
            if shown < all { format!("{shown} of {all}") } else { all.to_string() }
        };
        let counts = format!(
            "{} offsets, {} operations, in the order in which they ended.",
            of(self.columns.len(), self.log.offsets.len()),
            of(self.rows.len(), self.log.accesses.len())
        );
        let cells =
            "Filled: sent. Outlined: polled. Empty: a poll saw what is before and after it. Red: in trouble.";
        let signs: BTreeSet<&str> = self.columns.values().flatten().copied().collect();
        let signs = SIGNS.iter().filter(|(_, sign, _)| signs.contains(sign));
        let signs = signs.map(|(kind, sign, what)| format!("{sign}: {kind}, {what}."));
        [counts, cells.to_owned()].into_iter().chain(signs).collect()
    }

    /// Offsets, the signs above them, and where some are left out.
    fn header(&self, svg: &mut String, top: f64) {
        let mut before = None;
        for ((place, signs), (left, width)) in self.columns.iter().zip(self.places.values()) {
            let (middle, offset) = (left + width / 2.0, self.log.offsets[*place].to_string());
            let signs: Vec<&str> = signs.iter().copied().collect();
            let class = if signs.is_empty() { "middle muted" } else { "middle sign" };
            let _ = writeln!(
                svg,
                "<g><title>offset {}</title><text class=\"middle sign\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>\
                 <text class=\"{class}\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text></g>",
                escaped(&cut(&offset, MAX_TOOLTIP)),
                top - 26.0,
                signs.join(" "),
                top - 9.0,
                escaped(&tail(&offset))
            );
            if before.is_some_and(|before| before + 1 < *place) || (before.is_none() && *place > 0) {
                let _ = writeln!(
                    svg,
                    "<text class=\"middle muted\" x=\"{:.1}\" y=\"{:.1}\">⋯</text>",
                    left - GAP / 2.0,
                    top - 9.0
                );
            }
            before = Some(*place);
        }
        if before.is_some_and(|before| before + 1 < self.log.offsets.len()) {
            let _ = writeln!(
                svg,
                "<text class=\"muted\" x=\"{:.1}\" y=\"{:.1}\">⋯</text>",
                self.right,
                top - 9.0
            );
        }
    }

    fn row(&self, svg: &mut String, row: &Access<'_>, label: &[String; 3], y: f64) {
        let middle = y + ROW / 2.0;
        let outcome = row.outcome.name();
        let _ = writeln!(
            svg,
            "<path class=\"row\" d=\"M{MARGIN} {y:.1}H{:.1}\"/><g><title>{}</title>",
            self.right,
            escaped(&cut(&self.view.evidence(row.op).to_string(), MAX_TOOLTIP))
        );
        for ((text, x), class) in label.iter().zip(self.lefts).zip(["muted", "muted", outcome]) {
            let _ = write!(
                svg,
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
                middle + 4.0,
                escaped(text)
            );
        }
        svg.push_str("</g>\n");
        for (place, (left, width)) in &self.places {
            let offset = self.log.offsets[*place];
            let mut here = row.messages.iter().filter(|(at, _)| at == &Some(*place)).peekable();
            if here.peek().is_none() && went_by(row, *place) {
                let trouble = if self.columns[place].is_empty() { "" } else { " trouble" };
                let (class, title) = (format!("nothing{trouble}"), format!("nothing at offset {offset}"));
                cell(svg, &class, (*left, y, *width), "", &title);
            }
            for (_, message) in here {
                let kind = self.log.trouble.get(message);
                let class = if row.is_send { "send" } else { "poll" };
                let class = format!("{class} {outcome}{}", if kind.is_some() { " trouble" } else { "" });
                let what = kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
                let title = format!("{message} at offset {offset}{what}");
                cell(svg, &class, (*left, y, *width), &cut(&message.to_string(), MAX_CELL), &title);
            }
        }
    }
}

fn cell(svg: &mut String, class: &str, (left, y, width): (f64, f64, f64), text: &str, title: &str) {
    let _ = writeln!(
        svg,
        "<g><title>{}</title><rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{CELL}\" rx=\"{}\"/>\
         <text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
        escaped(&cut(title, MAX_TOOLTIP)),
        left + 2.0,
        y + (ROW - CELL) / 2.0,
        width - 4.0,
        if class.starts_with("send") { 2.0 } else { CELL / 2.0 },
        left + width / 2.0,
        y + ROW / 2.0 + 4.0,
        escaped(text)
    );
}

/// The places that are closest to trouble, with the signs of what is the matter there.
fn columns(log: &TroubledLog<'_>) -> Signs {
    let mut troubled = Signs::new();
    for (place, message) in log.accesses.iter().flat_map(|access| &access.messages) {
        if let (Some(place), Some(kind)) = (place, log.trouble.get(message)) {
            let sign = SIGNS.iter().find(|(name, ..)| name == kind).map_or("!", |(_, sign, _)| sign);
            troubled.entry(*place).or_default().insert(sign);
        }
    }
    let distance = |place: &usize| {
        let after = troubled.range(place..).next().map(|(at, _)| at - place);
        let before = troubled.range(..place).next_back().map(|(at, _)| place - at);
        after.into_iter().chain(before).min().unwrap_or(usize::MAX)
    };
    let mut places: Vec<usize> = (0..log.offsets.len()).collect();
    places.sort_by_key(distance);
    places.truncate(MAX_COLUMNS);
    places.into_iter().map(|place| (place, troubled.get(&place).cloned().unwrap_or_default())).collect()
}

/// The operations that touch what is in trouble, then others that touch what is shown, then those of which nobody knows what
/// they touched; in the order in which they ended.
fn rows<'p, 'a>(log: &'p TroubledLog<'a>, columns: &Signs) -> Vec<&'p Access<'a>> {
    let rank = |access: &Access<'_>| {
        let at = |place: &usize| access.messages.iter().any(|(at, _)| at.as_ref() == Some(place));
        let touches = |place: &usize| at(place) || went_by(access, *place);
        match () {
            () if columns.iter().any(|(place, signs)| !signs.is_empty() && touches(place)) => Some(0),
            () if columns.keys().any(at) => Some(1),
            () if access.messages.iter().all(|(place, _)| place.is_none()) => Some(2),
            () => None,
        }
    };
    let mut rows: Vec<(i32, usize)> = log
        .accesses
        .iter()
        .enumerate()
        .filter_map(|(number, access)| Some((rank(access)?, number)))
        .collect();
    rows.sort_unstable();
    rows.truncate(MAX_ROWS);
    let shown: BTreeSet<usize> = rows.into_iter().map(|(_, number)| number).collect();
    shown.into_iter().map(|number| &log.accesses[number]).collect()
}

/// Whether a poll saw messages before a place and after it.
fn went_by(access: &Access<'_>, place: usize) -> bool {
    let places = || access.messages.iter().filter_map(|(at, _)| *at);
    !access.is_send && places().any(|at| at < place) && places().any(|at| at > place)
}

/// Where columns are, wide enough for what is in them, and where they end.
fn across(
    log: &TroubledLog<'_>,
    columns: &Signs,
    rows: &[&Access<'_>],
    left: f64,
) -> (BTreeMap<usize, Column>, f64) {
    let mut widest: BTreeMap<usize, usize> =
        columns.keys().map(|place| (*place, log.offsets[*place].to_string().chars().count())).collect();
    for (place, message) in rows.iter().flat_map(|row| &row.messages) {
        if let Some(widest) = place.and_then(|place| widest.get_mut(&place)) {
            *widest = (*widest).max(message.to_string().chars().count());
        }
    }
    let (mut x, mut next) = (left, 0);
    let places = widest.into_iter().map(|(place, letters)| {
        x += if place == next { 0.0 } else { GAP };
        let column = (x, (letters.min(MAX_CELL + 1) as f64 * LETTER + 14.0).max(LEAST_COLUMN));
        (x, next) = (x + column.1, place + 1);
        (place, column)
    });
    let places = places.collect();
    (places, x)
}

/// When, who, and what came of it.
fn label(view: &View<'_>, row: &Access<'_>) -> [String; 3] {
    let evidence = view.evidence(row.op);
    let node = evidence.node.map(|node| format!(" at {node}")).unwrap_or_default();
    let who = format!("process {}{node}", row.op.process.to_value());
    let what = match row.messages.first() {
        Some((_, message)) if row.is_send => format!("send {message}"),
        _ => "poll".to_owned(),
    };
    let what = if row.outcome == Kind::Ok { what } else { format!("{what}: {}", row.outcome.name()) };
    let seconds = row.op.time_ns as f64 / 1e9;
    [format!("{seconds:.4} s"), cut(&who, MAX_LABEL), cut(&what, MAX_LABEL)]
}

/// The end of an offset, where long ones differ.
fn tail(offset: &str) -> String {
    let letters = offset.chars().count();
    if letters <= MAX_CELL {
        cut(offset, MAX_CELL)
    } else {
        format!("…{}", cut(&offset.chars().skip(letters - MAX_CELL).collect::<String>(), MAX_CELL))
    }
}

#[cfg(test)]
mod tests;
