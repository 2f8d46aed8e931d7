//! `workbench analyze`: the verdict of a stored run, again, and another one once its history was edited.

use crate::bench::{Ran, misbehave, workbench, workbench_with, zoo};
use std::fs;

const RESULTS: [&str; 2] = ["results.edn", "results.json"];

/// Analyzes the latest run again: the status and the results must be the same.
#[track_caller]
fn is_the_same_again(ran: Ran) -> Ran {
    let (status, before) = (ran.status, RESULTS.map(|file| ran.file(file)));
    let closing = ran.last_line().to_owned();
    RESULTS.iter().for_each(|file| fs::remove_file(ran.path(file)).expect("it was there"));
    let again = ran.then("analyze");
    again.expect(status, &[&closing, "  verdict "]);
    assert_eq!(RESULTS.map(|file| again.file(file)), before);
    again
}

#[test]
fn runs_in_virtual_time_get_the_same_bytes_again() {
    for workload in ["echo", "unique-ids", "broadcast", "g-set", "pn-counter", "kafka", "txn-rw-register"] {
        let flags = "--node-count 3 --concurrency 2n --rate 100 --time-limit 6 --availability 0.9 --seed 3";
        let faults = "--nemesis partition,kill,pause --nemesis-interval 1";
        let ran = workbench(&format!("sim -w {workload} {flags} {faults}"));
        assert!([0, 1].contains(&ran.status), "{workload}: {}", ran.stdout);
        is_the_same_again(ran);
    }
}

#[test]
fn runs_of_processes_get_the_same_bytes_again_and_their_anomalies_are_explained_in_files() {
    let run = |workload: &str, cheat: &str| {
        let flags = ["--node-count", "3", "--concurrency", "2n", "--time-limit", "1", "--rate", "100"];
        let mut words = vec!["test", "-w", workload, "--bin", zoo(), "--seed", "1", "--key-count", "2"];
        words.extend(flags);
        words.extend(["--consistency-models", "read-atomic", "--", workload, cheat]);
        workbench_with(&words)
    };
    let lists = is_the_same_again(run("txn-list-append", "forget-own"));
    assert!(lists.file("elle/internal.txt").starts_with("internal: a transaction for which key"));

    let registers = is_the_same_again(run("lin-kv", "lose-cas"));
    assert!(registers.file("results.edn").contains(":failures [0]"));
    assert!(registers.file("independent/0/results.edn").contains(":valid? false"));
    let key = registers.file("independent/0/history.edn");
    assert!(key.contains(":f :cas, :value ["), "{key}");
    assert!(registers.file("history.edn").lines().count() >= key.lines().count());
}

/// A second of a counter, whose final reads all say the same.
fn counted() -> Ran {
    let ran = workbench("sim -w g-counter --node-count 2 --rate 50 --time-limit 1 --seed 5");
    ran.expect(0, &[]);
    ran
}

#[test]
fn an_edited_history_gets_another_verdict() {
    let ran = counted();
    let history = ran.file("history.edn");
    let last =
        history.lines().rfind(|line| line.contains(":type :ok") && line.contains(":final? true")).unwrap();
    let (head, tail) = last.split_once(":value ").unwrap();
    let edited = history.replace(last, &format!("{head}:value 7{tail}"));
    fs::write(ran.path("history.edn"), edited).unwrap();
    let again = ran.then("analyze --test store/g-counter/latest");
    again.expect(1, &["Analysis invalid!", "a final read saw"]);
    assert!(again.file("results.edn").ends_with(":valid? false}\n"));
    fs::write(again.path("history.edn"), history.replace(":index 3,", ":index 4,")).unwrap();
    again.then("analyze").expect(255, &["/history.edn: line 4: no usable :index"]);
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
    ran.then("analyze").expect(255, &["broke off, so there is no verdict: node n0 ended by itself"]);
}

#[test]
fn a_store_that_vanishes_is_named() {
    let remove = r#"rm -rf "$0"; exec "$1""#;
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store").display().to_string();
    let words = ["test", "-w", "echo", "--bin", "/bin/sh", "--node-count", "1", "--time-limit", "1", "--"];
    let words = [&words[..], &["-c", remove, &store, misbehave()]].concat();
    let output = crate::bench::command(&words, directory.path()).output().unwrap();
    let ran = crate::bench::finished(output, directory);
    ran.expect(
        255,
        &["cannot go on: store/echo/", "No such file", "Was it moved or removed during the run?"],
    );
}
