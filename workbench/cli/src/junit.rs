//! `--junit FILE`: runs as JUnit's XML, which every CI service shows.

use super::told::Told;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use worlds::files;

/// A run.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The workload, or the challenge.
    pub(super) name: String,
    pub(super) seconds: f64,
    pub(super) outcome: CaseOutcome,
    /// All that was said of it.
    pub(super) told: Option<Told>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CaseOutcome {
    /// Well.
    Passed,
    /// Not well, for this reason.
    Failed(String),
    /// Without a verdict, for this reason.
    Broken(String),
}

/// Writes them all to a file.
pub(super) fn write(path: &Path, cases: &[Case]) -> io::Result<()> {
    files::write(path, |out| out.write_all(xml(cases).as_bytes()))
}

fn xml(cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| matches!(case.outcome, CaseOutcome::Failed(_))).count();
    let errors = cases.iter().filter(|case| matches!(case.outcome, CaseOutcome::Broken(_))).count();
    let time: f64 = cases.iter().map(|case| case.seconds).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts =
        format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time:.3}\"", cases.len());
    let _ = writeln!(text, "<testsuites {counts}>\n<testsuite name=\"workbench\" {counts}>");
    for case in cases {
        let name = escaped(&case.name);
        let _ =
            write!(text, "<testcase classname=\"workbench\" name=\"{name}\" time=\"{:.3}\">", case.seconds);
        let details = case.told.as_ref().map(details).unwrap_or_default();
        match &case.outcome {
            CaseOutcome::Passed => {}
            CaseOutcome::Failed(why) => problem("failure", why, &details, &mut text),
            CaseOutcome::Broken(why) => problem("error", why, &details, &mut text),
        }
        text.push_str("</testcase>\n");
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

fn problem(kind: &str, why: &str, details: &str, text: &mut String) {
    let _ = write!(text, "\n<{kind} message=\"{}\">{}</{kind}>\n", escaped(why), escaped(details));
}

/// What was found and what explains it, a paragraph each.
fn details(told: &Told) -> String {
    let last_words = told.crash.iter().filter_map(|crash| crash.last_words.clone());
    let found = told.findings.iter().map(ToString::to_string);
    last_words
        .chain(found)
        .chain(told.explained.iter().cloned())
        .chain(told.notes.iter().cloned())
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// XML has no place for most control characters, not even escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            character if character.is_control() || character == '\u{fffe}' || character == '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nodes_wrote_cannot_end_an_element() {
        let outcome = CaseOutcome::Failed("</failure> & \"quotes\" \u{1b}[2J".to_owned());
        let case = Case { name: "3d".to_owned(), seconds: 20.5, outcome, told: None };
        let passed = Case { outcome: CaseOutcome::Passed, ..case.clone() };
        let text = xml(&[case, passed]);
        assert!(text.contains("tests=\"2\" failures=\"1\" errors=\"0\" time=\"41.000\""), "{text}");
        assert!(text.contains("message=\"&lt;/failure&gt; &amp; &quot;quotes&quot; \u{fffd}[2J\""), "{text}");
    }
}
