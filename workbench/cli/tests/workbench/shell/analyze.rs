//! `workbench analyze`: the verdict of a stored run, again, and another one once its history was edited.

use super::bench::{Ran, misbehave, workbench, workbench_with, zoo};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What all else is made of, and the logs.
const KEPT: [&str; 4] = ["test.edn", "history.edn", "net-journal/messages.jsonl", "jepsen.log"];

/// Removes all that the latest run left but [`KEPT`] and what nodes wrote, and analyzes it: everything must be there again
/// as it was.
#[track_caller]
fn is_the_same_again(ran: Ran) -> Ran {
    let (status, before) = (ran.status, ran.files());
    let is_kept = |name: &String| KEPT.contains(&name.as_str()) || name.starts_with("node-logs/");
    for name in before.keys().filter(|name| !is_kept(name)) {
        fs::remove_file(ran.path(name)).expect("it was there");
    }
    let again = ran.then("analyze");
    again.expect(status, &[]);
    is_the_same(&again, &before);
    again
}

#[track_caller]
fn is_the_same(again: &Ran, before: &BTreeMap<String, Vec<u8>>) {
    let after = again.files();
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(before));
    let others: Vec<&String> = before.keys().filter(|name| before[*name] != after[*name]).collect();
    assert!(others.is_empty(), "{others:?} came out differently");
}

#[test]
fn runs_in_virtual_time_get_the_same_bytes_again_in_every_file() {
    let flags = "--node-count 3 --concurrency 2n --rate 20 --time-limit 1 --availability 0.9 --seed 3";
    let faults = "--nemesis partition,kill,pause --nemesis-interval 0.5 --loss 0.1 --duplication 0.1";
    let mut ended = BTreeSet::new();
    for workload in
        ["echo", "unique-ids", "broadcast", "g-set", "pn-counter", "kafka", "txn-rw-register", "lin-kv"]
    {
        let ran = workbench(&format!("sim -w {workload} {flags} {faults}"));
        let (status, closing) = (ran.status, ran.last_line().to_owned());
        is_the_same_again(ran).expect(status, &[&closing, "  verdict ", "  partitions "]);
        ended.insert(status);
    }
    assert_eq!(ended, BTreeSet::from([0, 1]), "some are valid and some are not");
}

#[test]
fn runs_of_processes_get_the_same_bytes_again_and_their_anomalies_are_explained_in_files() {
    let run = |workload: &str, cheat: &str| {
        let flags = ["--node-count", "3", "--concurrency", "2n", "--time-limit", "1", "--rate", "100"];
        let mut words = vec!["test", "-w", workload, "--bin", zoo(), "--seed", "1", "--key-count", "2"];
        words.extend(flags);
        words.extend(["--consistency-models", "read-atomic", "--", workload, cheat]);
        let ran = workbench_with(&words);
        ran.expect(1, &["Analysis invalid!"]);
        ran
    };
    let lists = is_the_same_again(run("txn-list-append", "forget-own"));
    assert!(lists.file("elle/internal.txt").starts_with("internal: a transaction for which key"));

    let registers = is_the_same_again(run("lin-kv", "lose-cas"));
    assert!(registers.file("results.edn").contains(":failures [0]"));
    assert!(registers.file("independent/0/results.edn").contains(":valid? false"));
    assert!(registers.file("independent/0/linear.svg").contains("no order of its operations explains"));
    assert!(registers.file("independent/0/timeline.html").contains("lin-kv timeline, key 0"));
    let key = registers.file("independent/0/history.edn");
    assert!(key.contains(":f :cas, :value ["), "{key}");
    assert!(registers.file("history.edn").lines().count() >= key.lines().count());

    let logs = is_the_same_again(run("kafka", "lose-write"));
    assert!(logs.file("orders/0.svg").contains("L: lost-write"));
    assert!(logs.path("realtime-lag-thread-key.png").exists() && logs.path("unseen.png").exists());

    let circles = is_the_same_again(run("txn-list-append", "see-each-other"));
    assert!(circles.file("elle/G1c/0.svg").contains(">wr "));
}

/// A second of a counter, whose final reads all say the same.
fn counted() -> Ran {
    let ran = workbench("sim -w g-counter --node-count 2 --rate 50 --time-limit 1 --seed 5");
    ran.expect(0, &[]);
    ran
}

#[test]
fn an_edited_history_gets_another_verdict_and_another_report() {
    let ran = counted();
    let (before, history) = (ran.files(), ran.file("history.edn"));
    let last =
        history.lines().rfind(|line| line.contains(":type :ok") && line.contains(":final? true")).unwrap();
    let (head, tail) = last.split_once(":value ").unwrap();
    let edited = history.replace(last, &format!("{head}:value 7{tail}"));
    fs::write(ran.path("history.edn"), edited).unwrap();
    let mut again = ran;
    for _ in 0..2 {
        again = again.then("analyze --test store/g-counter/latest");
        let verdict = "  verdict         invalid (was valid when it was run)\n";
        again.expect(1, &["Analysis invalid!", "a final read saw", verdict]);
        assert!(again.file("results.edn").ends_with(":valid? false}\n"));
        assert!(again.file("report.html").contains("<h1>Invalid</h1>"));
    }
    fs::write(again.path("history.edn"), history.replace(":index 3,", ":index 4,")).unwrap();
    let again = again.then("analyze");
    again.expect(255, &["/history.edn: line 5: index 4 comes after 4"]);
    fs::write(again.path("history.edn"), history).unwrap();
    let again = again.then("analyze");
    again.expect(0, &["  verdict         valid\n"]);
    is_the_same(&again, &before);
}

#[test]
fn without_a_journal_everything_is_made_that_needs_only_the_history() {
    let ran = counted();
    let mut before = ran.files();
    let journal = ran.path("net-journal/messages.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("\"event\":\"receive\"", "\"event\":\"eaten\"", 1)).unwrap();
    let bad = text.lines().position(|line| line.contains("receive")).unwrap() + 1;
    let again = ran.then("analyze");
    again.expect(255, &[&format!("/net-journal/messages.jsonl: line {bad}: unknown variant `eaten`")]);

    for file in ["net-journal/messages.jsonl", "messages.svg", "timeline.html", "rate.png", "results.edn"] {
        fs::remove_file(again.path(file)).unwrap();
    }
    let again = again.then("analyze");
    again.expect(0, &["There is no net-journal/messages.jsonl: ", "Everything looks good!"]);
    let report = again.file("report.html");
    assert!(report.contains("What happened on the network is not known"), "{report}");
    for absent in ["href=\"messages.svg\"", "id=\"chart-messages\"", "id=\"chart-links\"", "class=\"types\""]
    {
        assert!(!report.contains(absent), "{absent}");
    }
    before.retain(|file, _| !file.starts_with("net-journal/") && file != "messages.svg");
    before.insert("report.html".to_owned(), report.into_bytes());
    is_the_same(&again, &before);
}

#[test]
fn runs_are_counted_from_the_oldest_and_from_the_newest() {
    let first = counted();
    let oldest = first.store_name();
    let ran = first.then("sim -w echo --time-limit 1 --seed 1");
    let newest = ran.store_name();
    let ran = ran.then("analyze");
    ran.expect(0, &[&newest]);
    let ran = ran.then("analyze -t -2");
    ran.expect(0, &[&oldest]);
    let ran = ran.then("analyze -t0");
    ran.expect(0, &[&oldest]);
    let ran = ran.then("analyze --test=1");
    ran.expect(0, &[&newest]);
    let ran = ran.then("analyze -t 2");
    ran.expect(255, &["there is no run 2: store/ has 2 runs"]);
    let ran = ran.then("analyze -t -3");
    ran.expect(255, &["there is no run -3"]);
    let ran = ran.then("analyze -t elsewhere");
    ran.expect(255, &["elsewhere/test.edn: No such file"]);
    ran.then("analyze --bogus").expect(254, &["Unknown option: \"--bogus\""]);
    workbench("analyze").expect(255, &["store: No such file"]);
}

#[test]
fn a_run_that_broke_off_has_no_verdict_later_either() {
    let words =
        ["test", "-w", "echo", "--bin", misbehave(), "exit-later", "--node-count", "1", "--time-limit", "1"];
    let ran = workbench_with(&words);
    ran.expect(255, &[]);
    let link = |name: &str| fs::read_link(ran.path("../..").join(name)).unwrap();
    let run = std::path::Path::new("echo").join(ran.store_name());
    assert_eq!(
        [link("current"), link("latest"), link("echo/latest")],
        [run.clone(), run, ran.store_name().into()]
    );
    is_the_same_again(ran).expect(255, &["broke off, so there is no verdict: node n0 ended by itself"]);
}

/// A run whose node first does this to the store, `$0`, and then is a good one, `$1`.
fn with_store_spoilt(script: &str) -> Ran {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let store = directory.path().join("store").display().to_string();
    let words = ["test", "-w", "echo", "--bin", "/bin/sh", "--node-count", "1", "--time-limit", "1", "--"];
    let script = format!(r#"{script}; exec "$1""#);
    let words = [&words[..], &["-c", &script, &store, misbehave()]].concat();
    let output = super::bench::command(&words, directory.path()).output().expect("the workbench starts");
    super::bench::finished(output, directory)
}

#[test]
fn a_store_that_vanishes_is_named() {
    let ran = with_store_spoilt(r#"rm -rf "$0""#);
    ran.expect(0, &["missing or incomplete: store/echo/", "No such file", "  verdict         valid\n"]);
}

#[test]
fn a_verdict_is_said_before_the_report_is_drawn_and_stands_last_when_that_fails() {
    let ran = with_store_spoilt(r#"for run in "$0"/echo/*T*; do mkdir "$run/report.html"; done"#);
    ran.expect(0, &["  verdict         valid\n", "missing or incomplete: store/echo/"]);
    let place = |what: &str| ran.stdout.find(what).unwrap_or_else(|| panic!("{what} in {}", ran.stdout));
    assert!(place("  verdict  ") < place("missing or incomplete"), "{}", ran.stdout);
    assert!(ran.last_line().starts_with("Everything looks good!"), "{}", ran.stdout);
}
