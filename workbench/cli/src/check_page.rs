//! The page of a history that was judged by itself: `report.html`, beside the results and the timeline.

use judge::{Evidence, Finding, History, Results, Validity, meaning};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use store::{write_history_text, write_results};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;\
background:#fff}h1{font-size:1.3em;overflow-wrap:anywhere}.valid{color:#087f23}.invalid{color:#b00020}.unknown{color:#8a6100}\
li{margin:0 0 1.2em}pre{background:#f4f4f4;padding:.6em;overflow-x:auto}small{color:#555}";

/// Writes everything into a directory, which is made if it is not there.
pub(super) fn write(directory: &Path, title: &str, history: &History, results: &Results) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    write_results(directory, Some(&results.value), &BTreeMap::<&str, &str>::new())?;
    write_history_text(directory, history)?;
    fs::write(
        directory.join("timeline.html"),
        report::timeline::timeline(history, format!("{title} timeline")),
    )?;
    fs::write(directory.join("report.html"), page(title, history, results))
}

fn page(title: &str, history: &History, results: &Results) -> String {
    let (class, verdict) = match results.valid {
        Validity::True => ("valid", "valid"),
        Validity::False => ("invalid", "invalid"),
        Validity::Unknown => ("unknown", "unknown"),
    };
    let title = escaped(title);
    let findings: String = results.findings.iter().map(|finding| item(history, finding)).collect();
    let findings = if findings.is_empty() {
        "<p>Nothing was found.</p>".to_owned()
    } else {
        format!("<ol>{findings}</ol>")
    };
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\n<h1>{title}</h1>\n\
         <p>The history of {} events is <strong class=\"{class}\">{verdict}</strong>.</p>\n{findings}\n\
         <p><a href=\"timeline.html\">Timeline</a> · <a href=\"results.json\">results.json</a> · \
         <a href=\"results.edn\">results.edn</a> · <a href=\"history.txt\">history.txt</a></p>\n</html>\n",
        history.ops.len(),
    )
}

fn item(history: &History, finding: &Finding) -> String {
    let meaning = meaning(finding.kind).map(|meaning| format!("<br><small>{}</small>", escaped(&meaning)));
    let evidence: Vec<String> = finding.evidence.iter().map(|evidence| line(history, evidence)).collect();
    let evidence =
        if evidence.is_empty() { String::new() } else { format!("<pre>{}</pre>", evidence.join("\n")) };
    let more = if finding.more > 0 {
        format!("<p>… and {} more of this kind</p>", finding.more)
    } else {
        String::new()
    };
    format!(
        "<li><strong>{}</strong>: {}{}{evidence}{more}</li>\n",
        escaped(finding.kind),
        escaped(&finding.explanation),
        meaning.unwrap_or_default()
    )
}

fn line(history: &History, evidence: &Evidence) -> String {
    let place = history.place(evidence.index);
    escaped(&format!("line {}: {evidence}", place.line))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
