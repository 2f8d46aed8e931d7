//! `workbench check`: judges histories by themselves, whoever made them, as elle-cli and Knossos do on a JVM.
//!
//! Nothing is run, and nothing about the run counts: the verdict is that of one checker. A file that is no history, or whose
//! operations the checker does not know, is not judged, and the line is told.

use super::arguments::{self, NotParsed};
use super::check_page;
use super::console::defused;
use super::paint::Paint;
use super::patience::{PatienceArguments, within};
use super::verdict::Exit;
use super::words::counted;
use super::{complain, refuse, say};
use clap::Parser;
use edn::Value;
use judge::{BankRules, Check, Checked, Demands, Finding, Patience, Results, Validity, Workload, history};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  workbench check -w list-append --consistency-models serializable history.edn
  workbench check -w register --json *.edn
  my-test | workbench check -w rw-register --consistency-models causal-cerone -
  workbench check -w txn-list-append store/latest
A history is EDN or JSON: operations with at least :type, :process, :f and :value, each in the order in which it happened.
Exits with 0 if all are valid, 1 if any is not, 2 if there is no verdict on some, 255 if a file cannot be read.";

/// `workbench check`: judge histories that others made.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(super) struct CheckArguments {
    /// What the operations are and what is checked: bank, broadcast, cas-register, comments, counter, echo, fifo-queue,
    /// g-counter, g-set, kafka, lin-kv, linearizable-set, list-append, long-fork, multi-register, mutex, pn-counter, register,
    /// rw-register, sequential, set, set-full, txn-list-append, txn-rw-register, unique-ids, unordered-queue (required)
    #[arg(short = 'w', long = "workload", alias = "model", value_name = "NAME", allow_hyphen_values = true)]
    check: Option<String>,
    /// Histories: files, directories that Maelstrom, Jepsen or we left a run in, or - for standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Models that transactions are held to, separated by commas [default: strict-serializable]
    #[arg(long, value_name = "MODELS", allow_hyphen_values = true)]
    consistency_models: Option<String>,
    /// Print a line of JSON for each history
    #[arg(long)]
    json: bool,
    /// Write a page and the results into this directory; with several histories, into a directory of it each
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    #[command(flatten)]
    patience: PatienceArguments,
    /// What all accounts of a bank hold together [default: what the first read shows]
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    total_amount: Option<String>,
    /// Let accounts of a bank hold less than nothing
    #[arg(long)]
    negative_balances: bool,
}

/// What is to be done.
struct Job {
    check: Check,
    demands: Demands,
    files: Vec<PathBuf>,
    json: bool,
    report: Option<PathBuf>,
    limit: Option<Duration>,
}

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let job = match Job::parse(words) {
        Ok(job) => job,
        Err(reason) => return refuse(reason),
    };
    let mut worst = Exit::Valid;
    for (number, file) in job.files.iter().enumerate() {
        let exit = job.judge(number, file).unwrap_or_else(|error| {
            complain(&defused(format!("Cannot check {}: {error}", file.display())));
            Exit::Crashed
        });
        worst = [worst, exit].into_iter().max_by_key(|exit| weight(*exit)).unwrap_or(exit);
    }
    worst
}

/// Of several histories the one that weighs most decides.
fn weight(exit: Exit) -> usize {
    [Exit::Valid, Exit::Unknown, Exit::Invalid].iter().position(|other| *other == exit).unwrap_or(3)
}

impl Job {
    fn parse(words: &[OsString]) -> Result<Job, NotParsed> {
        let arguments: CheckArguments = arguments::parse("check", words)?;
        let mut mistakes = Vec::new();
        let known = || Check::NAMES.map(|(name, _)| name).join(", ");
        let check = arguments.check.as_deref().map(|name| (name, Check::named(name)));
        match check {
            None => mistakes.push(format!("Missing -w, --workload: must be one of {}", known())),
            Some((name, None)) => mistakes.push(format!("-w {name:?}: must be one of {}", known())),
            Some((_, Some(_))) => {}
        }
        if arguments.files.is_empty() {
            mistakes.push("Missing FILE: name histories, or - for standard input".to_owned());
        }
        let models = arguments.consistency_models.as_deref().unwrap_or("strict-serializable").split(',');
        let models: Vec<String> =
            models.map(str::trim).filter(|model| !model.is_empty()).map(str::to_owned).collect();
        mistakes.extend(judge::objection(&models).map(|what| format!("--consistency-models: {what}")));
        let total = arguments.total_amount.as_deref().map(str::parse).transpose();
        let limit = arguments.patience.limit().unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            None
        });
        let total = total.unwrap_or_else(|_| {
            mistakes.push("--total-amount: must be an integer".to_owned());
            None
        });
        let Some((_, Some(check))) = check.filter(|_| mistakes.is_empty()) else {
            return Err(NotParsed::Wrong(mistakes));
        };
        let workload = if let Check::Workload(workload) = check { workload } else { Workload::LinKv };
        let bank = BankRules { total, negative_balances: arguments.negative_balances };
        let demands = Demands { consistency_models: models, bank, ..Demands::new(workload) };
        let CheckArguments { files, json, report, .. } = arguments;
        Ok(Job { check, demands, files, json, report, limit })
    }

    fn judge(&self, number: usize, file: &Path) -> io::Result<Exit> {
        let text = read(file)?;
        let judge = |patience: Patience<'_>| judge::check_text(self.check, &self.demands, &text, patience);
        let checked = match within(self.limit, judge) {
            Ok(checked) => checked,
            Err(error) => {
                say(&self.no_history(file, &error.to_string()));
                return Ok(Exit::Unknown);
            }
        };
        match self.json {
            true => say(&self.line(file, &checked.results)),
            false => say(&self.words(file, &checked)),
        }
        // Only a page needs the operations themselves.
        if let Some(directory) = &self.report
            && let Ok(history) = history::read(&text)
        {
            let directory = match self.files.len() {
                1 => directory.clone(),
                _ => directory.join(format!("{}-{}", number + 1, stem(file))),
            };
            let title = format!("{}: {}", self.title(), file.display());
            check_page::write(&directory, &title, &history, &checked.results)?;
            if !self.json {
                say(&format!("  report      {}", directory.join("report.html").display()));
            }
        }
        Ok(Exit::of_results(&checked.results.value))
    }

    /// What is checked.
    fn title(&self) -> String {
        match self.check.is_transactional() {
            true => format!("{}, {}", self.check.name(), self.demands.consistency_models.join(", ")),
            false => self.check.name().to_owned(),
        }
    }

    fn words(&self, file: &Path, checked: &Checked) -> String {
        let Checked { results, events, is_renumbered } = checked;
        let paint = Paint::for_stdout();
        let valid = match results.valid {
            Validity::True => paint.green("valid"),
            Validity::False => paint.red("invalid"),
            Validity::Unknown => paint.yellow("unknown"),
        };
        let mut lines = vec![
            paint.bold(&defused(format!("{}: {}", file.display(), self.title()))),
            format!("  verdict     {valid}"),
            format!("  history     {}", counted(*events, "event")),
        ];
        let told = |finding: &Finding| format!("\n{} {}\n", paint.red("✗"), defused(finding.to_string()));
        lines.extend(results.findings.iter().map(told));
        let toothless = judge::toothless(&self.demands.consistency_models);
        if self.check.is_transactional() && !toothless.is_empty() {
            let names = toothless.join(", ");
            lines.push(format!(
                "{} under {names} nothing that a checker here looks for is prohibited",
                paint.yellow("!")
            ));
        }
        if *is_renumbered && !results.findings.is_empty() {
            let what =
                "the file's own indices do not count from 0; here operations are told by their place, from 0";
            lines.push(format!("{} {what}", paint.yellow("!")));
        }
        lines.join("\n")
    }

    /// A verdict as a line of JSON.
    fn line(&self, file: &Path, results: &Results) -> String {
        let findings = results.findings.iter().map(|finding| {
            Value::map([
                ("kind", finding.kind.into()),
                ("explanation", finding.explanation.as_str().into()),
                ("ops", Value::Vector(finding.evidence.iter().map(|one| Value::count(one.index)).collect())),
                ("more", Value::count(finding.more)),
            ])
        });
        let line = Value::map([
            ("file", file.display().to_string().as_str().into()),
            ("workload", self.check.name().into()),
            ("valid?", results.valid.into()),
            ("findings", Value::Vector(findings.collect())),
            ("results", results.value.clone()),
        ]);
        serde_json::to_string(&line).expect("values have no parts that cannot be JSON")
    }

    fn no_history(&self, file: &Path, error: &str) -> String {
        if !self.json {
            return defused(format!("{}: not a history, so it is not judged: {error}", file.display()));
        }
        let line = Value::map([
            ("file", file.display().to_string().as_str().into()),
            ("workload", self.check.name().into()),
            ("valid?", Validity::Unknown.into()),
            ("error", error.into()),
        ]);
        serde_json::to_string(&line).expect("values have no parts that cannot be JSON")
    }
}

/// The text of a history: of a file, of the history in a run's directory, or of standard input.
fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    if !file.is_dir() {
        return fs::read_to_string(file);
    }
    let names = ["history.edn", "history.json", "history.jsonl"];
    let found = names.iter().map(|name| file.join(name)).find(|path| path.exists());
    found.map_or_else(
        || {
            Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("the directory has none of {}", names.join(", ")),
            ))
        },
        fs::read_to_string,
    )
}

/// A name for a directory.
fn stem(file: &Path) -> String {
    let stem =
        file.file_stem().map_or_else(|| "stdin".to_owned(), |stem| stem.to_string_lossy().into_owned());
    if stem == "-" { "stdin".to_owned() } else { stem }
}
