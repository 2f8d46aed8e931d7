//! `workbench challenge`: one command for each of Fly.io's challenges, and its last line is the answer.

use super::bench::{misbehave, workbench, workbench_with};

#[test]
fn without_a_program_it_says_what_is_asked() {
    let list = workbench("challenge");
    list.expect(
        0,
        &[
            "workbench challenge 3d --bin ./my-node",
            "3d  Broadcast, 25 nodes",
            "-w echo --node-count 1 --time-limit 10",
        ],
    );
    list.expect(
        0,
        &["limits: fewer than 20 messages between servers per operation, median latency below 1000 ms"],
    );
    let one = workbench("challenge 3e");
    assert_eq!(one.expect(0, &["3e  Broadcast"]).stdout.lines().count(), 3, "{}", one.stdout);
    workbench("challenge --bin x").expect(254, &["Which CHALLENGE?"]);
    workbench("challenge 3x --bin x").expect(254, &["There is no challenge \"3x\": there are 1, 2, 3a,"]);
}

#[test]
fn a_program_that_cannot_be_started_has_not_passed() {
    let ran = workbench("challenge 1 2 --bin /nowhere/node");
    ran.expect(255, &["/nowhere/node: No such file", "1: NOT passed", "0 of 2 passed"]);
}

#[test]
fn the_last_line_is_the_answer_and_files_for_programs_have_it_too() {
    let ran = workbench_with(&[
        "challenge",
        "1",
        "--bin",
        misbehave(),
        "--seed",
        "3",
        "--junit",
        "junit.xml",
        "--",
        "",
    ]);
    ran.expect(0, &["report.html"]);
    assert_eq!(ran.last_line(), "1: PASSED");
    assert!(!ran.stdout.contains("Everything looks good"), "that is for Maelstrom's command line");
    let results: serde_json::Value = serde_json::from_str(&ran.file("results.json")).unwrap();
    assert_eq!(results["challenges"][0]["name"], "1");
    assert_eq!(results["challenges"][0]["passed"], true);
    assert!(results["because"].as_str().unwrap().starts_with("All "), "{}", results["because"]);
    assert!(ran.file("report.html").contains("1 passed"));
    let junit = std::fs::read_to_string(ran.path("../../../junit.xml")).unwrap();
    assert!(
        junit.contains("tests=\"1\" failures=\"0\" errors=\"0\"") && junit.contains("name=\"1\""),
        "{junit}"
    );
    let command = ran.told("command");
    assert!(command.starts_with("workbench challenge 1 --bin ") && command.contains("--seed 3"), "{command}");
    // Judged again from its files it is still that challenge.
    let again = ran.then("analyze");
    assert_eq!(again.last_line(), "1: PASSED");
}

#[test]
fn quietly_a_run_is_one_line() {
    let words =
        ["test", "-w", "echo", "--bin", misbehave(), "--node-count", "1", "--time-limit", "1", "--quiet"];
    let ran = workbench_with(&words);
    assert_eq!(ran.expect(0, &["echo: valid: All "]).stdout.lines().count(), 1, "{}", ran.stdout);
    let ran = workbench("sim -w echo --node-count 1 --time-limit 1 -q");
    assert_eq!(ran.expect(0, &["echo: valid: All "]).stdout.lines().count(), 1, "{}", ran.stdout);
}

#[test]
fn a_run_that_fails_is_hunted_and_shrunk_within_a_budget() {
    let mut words =
        vec!["test", "-w", "echo", "--bin", misbehave(), "exit-later", "--node-count", "2", "--seeds", "3"];
    words.extend(["--time-limit", "4", "--rate", "20", "--seed", "1", "--shrink=10"]);
    let ran = workbench_with(&words);
    ran.expect(
        255,
        &["seed 1: ", "fails in the same way, for 10 s", "fails as well", "The smallest run found, in "],
    );
    ran.expect(255, &["workbench test -w echo --node-count ", " --time-limit 1 ", "──▶", " -- exit-later"]);
}
