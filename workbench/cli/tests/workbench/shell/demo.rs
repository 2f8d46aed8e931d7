//! `workbench demo`: the table, and who may judge.

use super::bench::{command, finished, workbench};

#[test]
fn challenges_run_one_after_another_with_a_table_at_the_end() {
    let ran = workbench("demo --virtual --seed 2 4-kv 1");
    ran.expect(0, &["sim -w echo --machine echo --node-count 1", "Everything looks good!"]);
    let rows: Vec<Vec<&str>> =
        ran.stdout.lines().rev().take(4).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows[3],
        ["challenge", "verdict", "msgs/op", "median", "max", "limits", "our", "targets", "time"]
    );
    let begins: Vec<[&str; 2]> = rows.iter().rev().skip(1).map(|row| [row[0], row[1]]).collect();
    assert_eq!(begins, [["1", "valid"], ["4-kv", "valid"], ["4-kv", "valid"]]);
}

#[test]
fn another_judge_gets_the_same_flags_and_its_results_are_read() {
    // The judge is a shell, so that its first word, `test`, is a script.
    let script = r#"
        echo "judge: $*"; mkdir -p store/broadcast/latest
        echo '{:net {:servers {:msgs-per-op 0.35}} :workload {:stable-latencies {0.5 900, 1 2500}}}' \
            > store/broadcast/latest/results.edn"#;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("test"), script).unwrap();
    let words = ["demo", "3e", "--bin-directory", "/there", "--judge", "/bin/sh"];
    let ran = finished(command(&words, directory.path()).output().unwrap(), directory);
    let flags =
        "-w broadcast --bin /there/broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100";
    ran.expect(1, &[&format!("judge: {flags} -- --round 1600ms\n"), "1 of 3 MISSED", "longest latency (ms)"]);
}

#[test]
fn programs_and_judges_that_are_not_there_are_crashes() {
    workbench("demo 1 --bin-directory /nowhere").expect(255, &["/nowhere/echo: No such file", "CRASHED"]);
    workbench("demo 1 --judge /nowhere/maelstrom").expect(255, &["/nowhere/maelstrom: No such file"]);
    workbench("demo 7").expect(254, &["There is no challenge \"7\": there are 1, 2, 3a,"]);
}
