//! Cheats as processes, among them some in Python: the verdict is the same as in virtual time, and the summary says why.

use super::bench::{Ran, workbench_with, zoo};
use std::process::Command;

const LOOKS_GOOD: &str = "Everything looks good! ヽ(‘ー`)ノ";
const INVALID: &str = "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻";

/// A second against three nodes of this program.
fn run(workload: &str, program: &str, arguments: &[&str], more: &[&str]) -> Ran {
    let mut words = vec!["test", "-w", workload, "--bin", program];
    words.extend(["--node-count", "3", "--concurrency", "2n", "--time-limit", "1", "--rate", "100"]);
    words.extend(["--recovery", "0.1", "--key-count", "2", "--seed", "1"]);
    words.extend(more);
    words.extend(["--results", "--"]);
    words.extend(arguments);
    workbench_with(&words)
}

fn run_zoo(workload: &str, cheat: &str, more: &[&str]) -> Ran {
    run(workload, zoo(), &[workload, cheat], more)
}

#[test]
fn the_honest_of_the_zoo_are_valid_as_processes() {
    let honest =
        |workload, kind| run_zoo(workload, kind, &["--latency", "2"]).expect(0, &[LOOKS_GOOD]).status;
    std::thread::scope(|scope| {
        for workload in ["echo", "unique-ids", "broadcast", "g-set", "pn-counter", "kafka", "lin-kv"] {
            scope.spawn(move || honest(workload, ""));
        }
        scope.spawn(move || honest("txn-list-append", ""));
        scope.spawn(move || honest("txn-rw-register", "in-service"));
    });
}

#[test]
fn cheats_at_values_are_caught_as_processes() {
    run_zoo("echo", "wrap", &[]).expect(1, &[INVALID, "✗ echo: \"Please echo", "came back as ["]);
    run_zoo("unique-ids", "alone", &[]).expect(1, &[INVALID, "✗ duplicated: id", "at n2", ":duplicated {"]);
    run_zoo("broadcast", "lose", &[])
        .expect(1, &[INVALID, "✗ lost: value", "no later read has it", ":lost ("]);
    run_zoo("g-counter", "double", &[]).expect(1, &[INVALID, "✗ counter: a final read saw"]);
    run_zoo("lin-kv", "lose-cas", &[]).expect(1, &[INVALID, "✗ linearizable: no order", ":failures [0]"]);
}

#[test]
fn cheats_at_logs_and_transactions_are_caught_as_processes() {
    run_zoo("kafka", "store-twice", &[]).expect(1, &[INVALID, "✗ duplicate: message", "is at offsets ["]);
    let weak = ["--consistency-models", "read-committed"];
    let aborted = run_zoo("txn-rw-register", "keep-aborted", &weak);
    aborted.expect(1, &[INVALID, "✗ G1a: key", "which a failed transaction wrote", ":anomaly-types (:G1a)"]);
    run_zoo("txn-list-append", "forget-own", &weak).expect(0, &[LOOKS_GOOD]);
    run_zoo("txn-list-append", "forget-own", &["--consistency-models", "read-atomic"])
        .expect(1, &[INVALID, "✗ internal: a transaction for which key", ":anomaly-types (:internal)"]);
    run_zoo("txn-list-append", "invent", &weak)
        .expect(1, &[INVALID, "never-appended: ", "nobody appended it"]);
}

#[test]
fn repeated_tests_stop_at_the_first_that_is_not_valid() {
    let ran = run_zoo("unique-ids", "repeat", &["--test-count", "3"]);
    assert_eq!(ran.expect(1, &[]).stdout.matches(INVALID).count(), 1);
    let ran = run_zoo("echo", "", &["--test-count", "2"]);
    assert_eq!(ran.expect(0, &[]).stdout.matches(LOOKS_GOOD).count(), 2);
}

#[test]
fn a_few_lines_of_python_are_valid_and_cheats_in_it_are_caught() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3");
        return;
    }
    let echo = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workbench/shell/echo.py");
    let broadcast = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workbench/shell/broadcast.py");
    run("echo", echo, &[], &[]).expect(0, &[LOOKS_GOOD]);
    run("broadcast", broadcast, &[], &[]).expect(0, &[LOOKS_GOOD, "stable latency"]);
    run("broadcast", broadcast, &["lose"], &[])
        .expect(1, &[INVALID, "✗ lost: value 4 was acknowledged, but"]);
}
