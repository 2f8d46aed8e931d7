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
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A store with two runs, and a secret beside it.
    fn shelf() -> (tempfile::TempDir, Shelf) {
        let temporary = tempfile::tempdir().unwrap();
        let store = temporary.path().join("store");
        for (run, valid) in [("echo/20260101T000000.000Z", "true"), ("kafka/20260102T000000.000Z", "false")] {
            let directory = store.join(run);
            fs::create_dir_all(directory.join("node-logs")).unwrap();
            fs::write(directory.join("results.edn"), format!("{{:valid? {valid}}}\n")).unwrap();
            fs::write(directory.join("report.html"), "the report").unwrap();
            fs::write(directory.join("jepsen.log"), "now\tINFO\t[main] workbench: Testing <it>\n").unwrap();
        }
        symlink("echo/20260101T000000.000Z", store.join("latest")).unwrap();
        fs::write(temporary.path().join("secret"), "secret").unwrap();
        symlink(temporary.path(), store.join("out")).unwrap();
        symlink("../secret", store.join("leak")).unwrap();
        (temporary, Shelf::new(store))
    }

    fn text(answer: Response) -> String {
        answer.into_text()
    }

    #[test]
    fn two_runs_of_one_program_can_be_compared() {
        let (_temporary, shelf) = shelf();
        for (run, because) in
            [("20260103T000000.000Z", "It lost a value."), ("20260104T000000.000Z", "All is well.")]
        {
            let directory = shelf.root.join("broadcast").join(run);
            fs::create_dir_all(&directory).unwrap();
            let words =
                format!("{{\"because\": \"{because}\", \"command\": \"workbench test --bin ./mine.py\"}}");
            fs::write(directory.join("results.json"), words).unwrap();
        }
        let runs = text(shelf.answer("/"));
        assert!(runs.contains("mine.py") && runs.contains("It lost a value."), "{runs}");
        let both = "/compare/broadcast/20260104T000000.000Z/broadcast/20260103T000000.000Z";
        assert_eq!(runs.matches(both).count(), 1, "{runs}");
        let page = text(shelf.answer(both));
        assert!(page.contains("It lost a value.") && page.contains("All is well."), "{page}");
        for path in ["/compare/broadcast/../secret", "/compare/a/b/c/d", "/compare/broadcast/x"] {
            assert!(text(shelf.answer(path)).starts_with("There is nothing here"), "{path}");
        }
    }

    #[test]
    fn runs_are_listed_newest_first_with_their_verdicts_and_reports() {
        let (_temporary, shelf) = shelf();
        let page = text(shelf.answer("/"));
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
        assert!(
            place("kafka/20260102T000000.000Z/report.html") < place("echo/20260101T000000.000Z/report.html")
        );
        assert!(place("class=\"invalid\"") < place("class=\"valid\""));
        assert!(page.contains("&lt;it&gt;") && !page.contains("<it>"));
        assert!(page.contains(">2026-01-02, 00:00:00</a>"), "{page}");
        let not_times = ["20260102", "2026010é000000", "20260102T00000", "20260102Txx0000", ""];
        assert_eq!(not_times.map(when), [None, None, None, None, None]);
    }

    #[test]
    fn files_and_directories_of_a_run_are_shown_also_through_the_links_of_the_store() {
        let (_temporary, shelf) = shelf();
        assert_eq!(text(shelf.answer("/echo/20260101T000000.000Z/report.html")), "the report");
        assert_eq!(text(shelf.answer("/latest/report.html")), "the report");
        assert!(text(shelf.answer("/latest/")).contains("node-logs/"));
        assert!(shelf.answer("/latest").head().contains("Location: /latest/\r\n"));
        assert_eq!(text(shelf.answer("/echo/2026%30101T000000.000Z/report.html")), "the report");
    }

    #[test]
    fn no_path_leads_out_of_the_store() {
        let (temporary, shelf) = shelf();
        let absolute = temporary.path().join("secret").display().to_string();
        for path in [
            "/../secret",
            "/%2e%2e/secret",
            "/echo/../../secret",
            "/echo/%2E%2E/%2e%2e/secret",
            "/..%2fsecret",
            "/..%5csecret",
            "/out/secret",
            "/leak",
            "/out/",
            "//secret",
            "/secret%00.html",
            "/%",
            "/%zz",
            "/%+1",
            "/%ff",
            &absolute,
            &format!("/{absolute}"),
            &format!("/%2f{absolute}"),
        ] {
            assert!(shelf.answer(path).head().starts_with("HTTP/1.1 404 "), "{path}");
        }
    }

    #[test]
    fn a_redirect_never_leads_to_another_server() {
        let (temporary, shelf) = shelf();
        fs::create_dir_all(temporary.path().join("store/evil.example")).unwrap();
        fs::create_dir_all(temporary.path().join("store/a\r\nb: c")).unwrap();
        for (path, location) in [
            ("//evil.example", "/evil.example/"),
            ("///evil.example", "/evil.example/"),
            ("/a%0d%0ab:%20c", "/a%0D%0Ab%3A%20c/"),
        ] {
            let head = shelf.answer(path).head();
            assert!(head.contains(&format!("Location: {location}\r\n")), "{path}: {head}");
        }
    }

    #[test]
    fn the_verdict_of_long_results_is_read_from_their_end() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("results.edn");
        let long = "x".repeat(2 << 20);
        for (end, expected) in [
            ("\n :valid? false}\n", Some("invalid")),
            ("\n :valid? :unknown}", Some("unknown")),
            ("\n :valid? true}", Some("valid")),
            ("\n :valid? true}\n :valid? false}", Some("invalid")),
            ("\n      :valid? true}", None),
            ("\n :valid? true\"}", None),
        ] {
            fs::write(&path, format!("{{:a \"{long}\",{end}")).unwrap();
            assert_eq!(verdict_at_end(&path), expected, "{end}");
        }
    }

    #[test]
    fn pipes_in_place_of_files_are_not_waited_for() {
        let temporary = tempfile::tempdir().unwrap();
        let run = "echo/20261126T140359.123Z";
        let directory = temporary.path().join(run);
        fs::create_dir_all(&directory).unwrap();
        for file in ["results.edn", "results.json", "jepsen.log", "test.edn", "report.html"] {
            assert!(
                std::process::Command::new("mkfifo").arg(directory.join(file)).status().unwrap().success()
            );
        }
        let shelf = Shelf::new(temporary.path());
        assert!(text(shelf.answer("/")).contains("echo"));
        assert!(text(shelf.answer(&format!("/{run}/"))).contains("results.edn"));
        assert!(text(shelf.answer(&format!("/{run}/results.edn"))).contains("nothing here"), "it is no file");
    }

    #[test]
    fn an_empty_store_and_none_at_all_have_an_empty_list() {
        let temporary = tempfile::tempdir().unwrap();
        assert!(text(Shelf::new(temporary.path()).answer("/")).contains("No runs"));
        assert!(text(Shelf::new(temporary.path().join("store")).answer("/")).contains("No runs"));
    }
}
