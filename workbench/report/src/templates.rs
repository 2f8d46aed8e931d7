//! The templates of all pages, and how they are filled in.

use super::text::{capitalized, thousands};
use minijinja::Environment;
use serde::Serialize;

const TEMPLATES: [(&str, &str); 11] = [
    ("base.html", include_str!("page/base.html")),
    ("report.html", include_str!("page/report.html")),
    ("lab.html", include_str!("page/lab.html")),
    ("mistaken.html", include_str!("page/mistaken.html")),
    ("proof.html", include_str!("page/proof.html")),
    ("cycle.html", include_str!("page/cycle.html")),
    ("timeline.html", include_str!("page/timeline.html")),
    ("runs.html", include_str!("page/runs.html")),
    ("compare.html", include_str!("page/compare.html")),
    ("directory.html", include_str!("page/directory.html")),
    ("sweep.html", include_str!("page/sweep.html")),
];
pub(super) const STYLE: &str = concat!(include_str!("page/style.css"), include_str!("page/cycle.css"));

/// Fills in a template. Everything but styles, scripts and data is escaped.
pub fn render(template: &str, values: &impl Serialize) -> String {
    let mut environment = Environment::new();
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).expect("the templates are part of the program, and tested");
    }
    environment.add_filter("thousands", thousands);
    environment.add_filter("capitalized", |text: String| capitalized(&text));
    environment.add_filter("plain", |number: f64| number.to_string());
    environment.add_filter("urlencode", |text: String| urlencode(&text));
    environment.add_global("style", STYLE);
    let template = environment.get_template(template).expect("the template has just been added");
    template
        .render(minijinja::value::Serde(values))
        .expect("the templates are part of the program, and tested")
}

/// A name as a part of a path: whatever is not plain becomes `%` and two digits.
pub fn urlencode(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}
