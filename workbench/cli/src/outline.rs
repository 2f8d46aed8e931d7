//! What a list of runs says of each: which program ran, which challenge it was, what it came to in words and figures. It is read
//! off `results.json`, where every run has left it, also one that crashed.

use report::templates::render;
use serde::{Deserialize, Serialize};
use std::path::Path;
use worlds::files::read_short;

/// Results of more bytes are not read for this.
const MAX_BYTES: u64 = 1 << 20;

/// A run in outline. Older runs, and Maelstrom's, leave less.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case"), default)]
pub(crate) struct Outline {
    /// Why the verdict is what it is.
    pub(crate) because: String,
    /// What casts doubt on the run.
    pub(crate) doubt: Option<String>,
    challenges: Vec<Challenge>,
    figures: Figures,
    command: Option<String>,
    verdict: String,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Challenge {
    name: String,
    passed: bool,
    missed: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case"), default)]
struct Figures {
    messages_per_operation: Option<f64>,
    median_latency_ms: Option<f64>,
    longest_latency_ms: Option<f64>,
}

impl Outline {
    /// The outline of the run in this directory.
    pub(crate) fn read(directory: &Path) -> Outline {
        let text = read_short(&directory.join("results.json"), MAX_BYTES);
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// The program and its arguments; of this project's own machines, `sim`.
    pub(crate) fn program(&self) -> String {
        let words =
            self.command.as_deref().and_then(|command| shell_words::split(command).ok()).unwrap_or_default();
        let after = |flag: &str| words.iter().position(|word| word == flag).map(|place| &words[place + 1..]);
        let program = after("--bin").and_then(<[String]>::first).map(|path| {
            Path::new(path).file_name().map_or(path.clone(), |name| name.to_string_lossy().into_owned())
        });
        let arguments = after("--").unwrap_or_default();
        match program {
            Some(program) => [&[program], arguments].concat().join(" "),
            None => words.get(1).filter(|command| *command == "sim").cloned().unwrap_or_default(),
        }
    }

    /// `3d: PASSED`, `3e: NOT passed: …`
    pub(crate) fn challenge(&self) -> String {
        let told = self.challenges.iter().map(|Challenge { name, passed, missed }| match missed {
            Some(missed) if !passed => format!("{name}: NOT passed: {missed}"),
            _ => format!("{name}: PASSED"),
        });
        told.collect::<Vec<_>>().join("; ")
    }

    /// `24.9 messages an operation, median 459 ms, longest 791 ms`
    pub(crate) fn figures(&self) -> String {
        let Figures { messages_per_operation, median_latency_ms, longest_latency_ms } = &self.figures;
        let told = [
            messages_per_operation.map(|messages| format!("{messages:.2} messages an operation")),
            median_latency_ms.map(|ms| format!("median {ms} ms")),
            longest_latency_ms.map(|ms| format!("longest {ms} ms")),
        ];
        told.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Two runs side by side, each with its name and the place of its files.
pub(crate) fn compare(runs: [(String, String, Outline); 2]) -> String {
    #[derive(Serialize)]
    struct Page {
        title: &'static str,
        names: [String; 2],
        places: [String; 2],
        rows: Vec<(&'static str, [String; 2], bool)>,
    }
    let [(one, at_one, this), (other, at_other, that)] = runs;
    let row = |name, of: &dyn Fn(&Outline) -> String| {
        let values = [of(&this), of(&that)];
        let differs = values[0] != values[1];
        (name, values, differs)
    };
    let number = |number: Option<f64>| number.map_or(String::new(), |number| format!("{number:.3}"));
    let rows = vec![
        row("verdict", &|run| run.verdict.clone()),
        row("why", &|run| run.because.clone()),
        row("doubt", &|run| run.doubt.clone().unwrap_or_default()),
        row("challenge", &Outline::challenge),
        row("program", &Outline::program),
        row("messages an operation", &|run| number(run.figures.messages_per_operation)),
        row("median latency, ms", &|run| number(run.figures.median_latency_ms)),
        row("longest latency, ms", &|run| number(run.figures.longest_latency_ms)),
        row("command", &|run| run.command.clone().unwrap_or_default()),
    ];
    let rows =
        rows.into_iter().filter(|(_, values, _)| values.iter().any(|value| !value.is_empty())).collect();
    render("compare.html", &Page { title: "Two runs", names: [one, other], places: [at_one, at_other], rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS: &str = r#"{"verdict": "valid", "because": "Nothing was lost.", "challenges": [
        {"name": "3d", "passed": false, "missed": "median latency 459 ms, must be below 400 ms", "limits": []}],
        "figures": {"messages-per-operation": 24.9, "median-latency-ms": 459.0, "longest-latency-ms": null},
        "command": "workbench challenge 3d --bin '/home/me/my node.py' --seed 3 -- --fast", "valid?": true}"#;

    #[test]
    fn a_run_is_outlined_by_what_it_left() {
        let temporary = tempfile::tempdir().unwrap();
        assert_eq!(Outline::read(temporary.path()).program(), "", "nothing is there");
        std::fs::write(temporary.path().join("results.json"), RESULTS).unwrap();
        let outline = Outline::read(temporary.path());
        assert_eq!(outline.program(), "my node.py --fast");
        assert_eq!(outline.challenge(), "3d: NOT passed: median latency 459 ms, must be below 400 ms");
        assert_eq!(outline.figures(), "24.90 messages an operation, median 459 ms");
    }

    #[test]
    fn two_runs_stand_side_by_side_and_what_differs_is_marked() {
        let outline: Outline = serde_json::from_str(RESULTS).unwrap();
        let better = Outline { because: "All <b>is</b> well.".to_owned(), ..outline.clone() };
        let page = compare([
            ("a".to_owned(), "/x/a/".to_owned(), outline),
            ("b".to_owned(), "/x/b/".to_owned(), better),
        ]);
        assert!(page.contains("All &lt;b&gt;is") && !page.contains("<b>is"), "{page}");
        assert!(page.contains("href=\"&#x2f;x&#x2f;b&#x2f;\""), "{page}");
        assert_eq!(page.matches("class=\"differs\"").count(), 1, "{page}");
    }
}
