//! What `workbench serve` shows: the runs of a store, newest first, and their files (§1.1).
//!
//! Answers are a function of the path asked for and of what lies in the store; HTTP itself is [`server`](crate::server)'s
//! affair.
//! Nothing outside the store is ever read: a path is taken apart and decoded first, no part of it may be `..` or hide a
//! separator, and what it leads to, links followed, must lie in the store.

use crate::outline::{Outline, compare};
use crate::server::Response;
use edn::{self, Value};
use report::templates::{render, urlencode};
use report::text::thousands;
use serde::Serialize;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use worlds::files::{self, open};

/// Runs on the first page.
const MAX_RUNS: usize = 1_000;
/// Results of more bytes are not read for their verdict, if it is not at their end.
const MAX_RESULTS_BYTES: u64 = 1 << 20;
/// How much of results' end is looked at for the verdict, which is their last entry as a rule.
const RESULTS_END_BYTES: u64 = 4_096;
/// Entries of a directory that are shown.
const MAX_ENTRIES: usize = 5_000;
/// How much of a log is looked at for the line that says what was run.
const MAX_TITLE_BYTES: u64 = 4_096;
/// What the log's first line says before it says what was run.
const BEFORE_TITLE: [&str; 2] = ["Testing ", "Simulating "];

/// A store that is shown to others.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    root: PathBuf,
}

impl Shelf {
    /// The store in this directory. It need not exist yet.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Shelf {
        Shelf { root: root.into() }
    }

    /// What is at this path, as it stands in a request.
    pub(crate) fn answer(&self, path: &str) -> Response {
        let nothing = || Response::words(404, "There is nothing here. All runs are at /.");
        let Some(parts) = parts(path) else { return nothing() };
        if parts.is_empty() {
            return Response::page(render("runs.html", &self.runs()));
        }
        if let [first, one, other @ ..] = parts.as_slice()
            && first == "compare"
            && let Some(page) = self.compare(one, other)
        {
            return Response::page(page);
        }
        let Some(found) = self.find(&parts) else { return nothing() };
        if found.is_dir() {
            if !path.ends_with('/') {
                // Its links need the slash at the end. Of the request nothing but the names is taken over.
                return Response::redirect(format!("{}/", encoded(&parts)));
            }
            return directory(&parts, &found).map_or_else(nothing, Response::page);
        }
        match open(&found).and_then(|file| Response::file(file, content_type(&found))) {
            Ok(response) => response,
            Err(_) => nothing(),
        }
    }

    /// Two runs side by side, if they are there: `/compare/WORKLOAD/RUN/WORKLOAD/RUN`.
    fn compare(&self, workload: &String, rest: &[String]) -> Option<String> {
        let [name, other_workload, other_name] = rest else { return None };
        let run = |workload: &String, name: &String| {
            let directory = self.find(&[workload.clone(), name.clone()])?;
            let shown = when(name).unwrap_or_else(|| name.clone());
            Some((format!("{workload}, {shown}"), format!("/{workload}/{name}/"), Outline::read(&directory)))
        };
        Some(compare([run(workload, name)?, run(other_workload, other_name)?]))
    }

    /// Follows links, and refuses what leads out of the store.
    fn find(&self, parts: &[String]) -> Option<PathBuf> {
        let root = self.root.canonicalize().ok()?;
        let found = parts.iter().fold(root.clone(), |path, part| path.join(part)).canonicalize().ok()?;
        let is_shown = found.starts_with(&root) && (found.is_file() || found.is_dir());
        is_shown.then_some(found)
    }

    fn runs(&self) -> Runs {
        let mut runs: Vec<(String, String)> = directories(&self.root)
            .into_iter()
            .flat_map(|workload| {
                let runs = directories(&self.root.join(&workload)).into_iter();
                runs.map(move |run| (run, workload.clone()))
            })
            .collect();
        // Names are local times.
        runs.sort_by(|a, b| b.cmp(a));
        let left_out = runs.len().saturating_sub(MAX_RUNS);
        runs.truncate(MAX_RUNS);
        let mut runs: Vec<Shown> =
            runs.into_iter().map(|(name, workload)| Shown::new(&self.root, workload, name)).collect();
        find_those_before(&mut runs);
        Runs { title: "Runs".to_owned(), runs, left_out }
    }
}

#[derive(Serialize)]
struct Runs {
    title: String,
    runs: Vec<Shown>,
    left_out: usize,
}

/// A run in the list.
#[derive(Serialize)]
struct Shown {
    workload: String,
    name: String,
    /// When it began, for people.
    when: String,
    /// The class of things that have the verdict's colour, and the word for it.
    verdict: &'static str,
    what: String,
    /// What ran.
    program: String,
    /// The challenges that it is one of, and whether it passed.
    challenge: String,
    because: String,
    doubt: Option<String>,
    figures: String,
    /// The run of the same program and workload before this one.
    before: Option<String>,
    /// The page that shows it best.
    report: Option<&'static str>,
}

impl Shown {
    fn new(root: &Path, workload: String, name: String) -> Shown {
        let directory = root.join(&workload).join(&name);
        let pages = ["report.html", "sweep.html"];
        let (verdict, seeds) = outcome(&directory);
        let outline = Outline::read(&directory);
        Shown {
            program: outline.program(),
            challenge: outline.challenge(),
            figures: outline.figures(),
            because: outline.because,
            doubt: outline.doubt,
            before: None,
            verdict,
            what: title(&directory).or(seeds).unwrap_or_default(),
            report: pages.into_iter().find(|page| directory.join(page).is_file()),
            when: when(&name).unwrap_or_else(|| name.clone()),
            workload,
            name,
        }
    }
}

/// Of each run, the newest that is older and of the same program under the same workload.
fn find_those_before(runs: &mut [Shown]) {
    for place in 0..runs.len() {
        let (run, older) = runs[place..].split_first_mut().expect("the place is one of theirs");
        let is_alike = |other: &&mut Shown| {
            !run.program.is_empty() && other.program == run.program && other.workload == run.workload
        };
        run.before = older.iter_mut().find(is_alike).map(|before| before.name.clone());
    }
}

/// The verdict and, of a sweep, over how many seeds it went.
fn outcome(directory: &Path) -> (&'static str, Option<String>) {
    let results = directory.join("results.edn");
    if results.is_file() {
        return (verdict_at_end(&results).unwrap_or_else(|| verdict(&read_short(&results))), None);
    }
    let sweep = directory.join("sweep.edn");
    if !sweep.is_file() {
        return ("none", None);
    }
    let sweep = read_short(&sweep);
    let seeds = sweep.get("seeds").and_then(Value::as_integer);
    (verdict(&sweep), seeds.map(|seeds| format!("a sweep over {} seeds", thousands(seeds))))
}

fn verdict(results: &Value) -> &'static str {
    match results.get("valid?") {
        Some(Value::Bool(true)) => "valid",
        Some(Value::Bool(false)) => "invalid",
        _ => "unknown",
    }
}

/// The verdict, if results are laid out as ours and Maelstrom's are: it is the last entry, on a line of its own. What
/// comes before it may be long, and there may be hundreds of runs.
fn verdict_at_end(path: &Path) -> Option<&'static str> {
    let mut file = open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(RESULTS_END_BYTES))).ok()?;
    let mut end = Vec::new();
    file.take(RESULTS_END_BYTES).read_to_end(&mut end).ok()?;
    let end = String::from_utf8_lossy(&end);
    match end.trim_end().rsplit_once("\n :valid? ")?.1 {
        "true}" => Some("valid"),
        "false}" => Some("invalid"),
        ":unknown}" => Some("unknown"),
        _ => None,
    }
}

/// A file's value, or nothing if it is long or has none.
fn read_short(path: &Path) -> Value {
    let text = files::read_short(path, MAX_RESULTS_BYTES);
    text.and_then(|text| edn::read(&text).ok()).unwrap_or_default()
}

/// What was run, as the log says at its beginning.
fn title(directory: &Path) -> Option<String> {
    let log = BufReader::new(open(&directory.join("jepsen.log")).ok()?.take(MAX_TITLE_BYTES));
    let line = log.lines().next()?.ok()?;
    BEFORE_TITLE.iter().find_map(|before| line.split_once(before)).map(|(_, title)| title.to_owned())
}

/// `2026-11-26, 14:03:59` for `20261126T140359.123+0100`.
fn when(name: &str) -> Option<String> {
    let (date, time) = name.split_at_checked(8)?;
    let time = time.strip_prefix('T')?.get(..6)?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day] = [date.get(..4)?, date.get(4..6)?, date.get(6..)?];
    let [hour, minute, second] = [time.get(..2)?, time.get(2..4)?, time.get(4..)?];
    (is_number(date) && is_number(time)).then(|| format!("{year}-{month}-{day}, {hour}:{minute}:{second}"))
}

/// The directories in a directory, without links.
fn directories(path: &Path) -> Vec<String> {
    entries(path)
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, is_directory)| *is_directory)
        .map(|(name, _)| name)
        .collect()
}

/// What is in a directory, sorted by name, without links and what is not text.
fn entries(path: &Path) -> io::Result<Vec<(String, bool)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if let Ok(name) = entry.file_name().into_string()
            && !kind.is_symlink()
        {
            entries.push((name, kind.is_dir()));
        }
    }
    entries.sort();
    Ok(entries)
}

#[derive(Serialize)]
struct Directory {
    title: String,
    entries: Vec<(String, bool)>,
    left_out: usize,
}

fn directory(parts: &[String], found: &Path) -> Option<String> {
    let mut entries = entries(found).ok()?;
    let left_out = entries.len().saturating_sub(MAX_ENTRIES);
    entries.truncate(MAX_ENTRIES);
    let listing = Directory { title: parts.join("/"), entries, left_out };
    Some(render("directory.html", &listing))
}

/// The parts of a path, decoded; none if one of them is not the plain name of something in a directory.
fn parts(path: &str) -> Option<Vec<String>> {
    let parts = path.split('/').filter(|part| !part.is_empty()).map(decoded);
    let is_plain = |part: &String| part != "." && part != ".." && !part.contains(['/', '\\', '\0']);
    parts.map(|part| part.filter(is_plain)).collect()
}

/// The path of these names.
fn encoded(parts: &[String]) -> String {
    parts.iter().map(|part| format!("/{}", urlencode(part))).collect()
}

/// `%41` is `A`.
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = after;
            continue;
        }
        let digits = after.get(..2)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

/// By the name's ending. What is not known is text, as most of what a run leaves.
fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests;
