//! One way that the search for an order could still go: what the register held, operations and what it held after each, and why
//! the way ends.

use super::super::svg::{cut, escaped};
use super::{BAR, LETTER, MAX_TEXT};
use edn::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The steps that are drawn.
const MAX_STEPS: usize = 8;

/// The operation of a step.
pub(super) fn index_of(step: &Value) -> Option<usize> {
    usize::try_from(step.get("op")?.get("index")?.as_integer()?).ok()
}

/// The operations that take effect on some way: neither what was before nor what does not get through.
pub(super) fn on_way(ways: &[Value]) -> BTreeSet<usize> {
    let steps = ways.iter().filter_map(Value::elements).flat_map(middle);
    steps.filter_map(index_of).collect()
}

fn middle(way: &[Value]) -> &[Value] {
    way.get(1..way.len().saturating_sub(1)).unwrap_or_default()
}

/// One way: what the register held, then operations and what it held after each, then why it ends. Says how wide that is.
pub(super) fn draw_way(svg: &mut String, way: &Value, y: f64) -> f64 {
    let steps = way.elements().unwrap_or_default();
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return 0.0 };
    let mut x = held(svg, first, 16.0, y);
    let between = middle(steps);
    for step in &between[..between.len().min(MAX_STEPS)] {
        x = arrow(svg, &told(step), x, y);
        x = held(svg, step, x, y);
    }
    if between.len() > MAX_STEPS {
        x = arrow(svg, &format!("and {} more", between.len() - MAX_STEPS), x, y);
    }
    let why = model(last).get("msg").and_then(Value::as_text).unwrap_or_default();
    let text = format!("✗ {}: {}", told(last), cut(why, 2 * MAX_TEXT));
    let _ = writeln!(
        svg,
        "<text class=\"bad\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + 12.0,
        y + 16.0,
        escaped(&text)
    );
    x + 24.0 + text.chars().count() as f64 * LETTER
}

/// A value in a box. Says where its right edge is.
fn held(svg: &mut String, step: &Value, x: f64, y: f64) -> f64 {
    let value = cut(&model(step).get("value").map(ToString::to_string).unwrap_or_default(), MAX_TEXT);
    let width = value.chars().count() as f64 * LETTER + 20.0;
    let _ = writeln!(
        svg,
        "<rect class=\"held\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"{}\"/>\
         <text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        BAR / 2.0,
        x + width / 2.0,
        y + 15.0,
        escaped(&value)
    );
    x + width
}

/// An arrow with what it stands for above. Says where it ends.
fn arrow(svg: &mut String, text: &str, x: f64, y: f64) -> f64 {
    let width = text.chars().count() as f64 * LETTER + 24.0;
    let (end, middle) = (x + width, y + BAR / 2.0);
    let _ = writeln!(
        svg,
        "<path class=\"step\" d=\"M{:.1} {middle:.1}H{:.1}\"/><path class=\"tip\" d=\"M{:.1} {middle:.1}l-8 -3.5v7z\"/>\
         <text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + 4.0,
        end - 8.0,
        end - 2.0,
        x + width / 2.0,
        middle - 5.0,
        escaped(text)
    );
    end
}

/// What the register is after a step.
fn model(step: &Value) -> &Value {
    match step.get("model") {
        Some(Value::Tagged(tagged)) => &tagged.1,
        _ => &Value::Nil,
    }
}

/// A step's operation.
fn told(step: &Value) -> String {
    let op = step.get("op").unwrap_or(&Value::Nil);
    let f = op.get("f").and_then(Value::as_name).unwrap_or("?");
    let index = op.get("index").map(ToString::to_string).unwrap_or_default();
    format!("{} (op {index})", words(f, op.get("value").unwrap_or(&Value::Nil)))
}

/// `write 3`, `cas 1 → 3`.
pub(super) fn words(f: &str, value: &Value) -> String {
    let value = match (f, value) {
        ("cas", Value::Vector(values) | Value::List(values)) if values.len() == 2 => {
            format!("{} → {}", values[0], values[1])
        }
        _ => value.to_string(),
    };
    cut(&format!("{f} {value}"), MAX_TEXT)
}
