//! Nodes that do wrong, each in one way: what the workbench makes of them, and that none of them can hold it up.
//!
//! These runs take real time, so they are short, and nothing that depends on the machine's speed is judged.

use super::bench::{Ran, command, finished, misbehave, survivors, workbench_with};

const LOOKS_GOOD: &str = "Everything looks good! ヽ(‘ー`)ノ";
const INVALID: &str = "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻";
const UNKNOWN: &str = "Errors occurred during analysis, but no anomalies found. ಠ~ಠ";

/// A second of `workload` against nodes that misbehave in this way.
fn run(workload: &str, mode: &str, more: &[&str]) -> Ran {
    let mut words = vec!["test", "-w", workload, "--bin", misbehave(), mode];
    words.extend([
        "--node-count",
        "1",
        "--time-limit",
        "1",
        "--rate",
        "20",
        "--recovery",
        "0.1",
        "--seed",
        "1",
    ]);
    words.extend(more);
    workbench_with(&words)
}

#[test]
fn a_good_echo_node_is_valid() {
    let ran = run("echo", "", &["--seed", "12345"]);
    ran.expect(0, &["seed 12345", "  verdict         valid", "report.html"]);
    assert!(!ran.stdout.contains(":valid?"), "the results map is for those who ask for it");
    assert_eq!(ran.last_line(), LOOKS_GOOD);
    assert!(ran.file("results.edn").ends_with(":valid? true}\n"));
    assert!(ran.file("history.txt").contains(":invoke\t:echo\t\"Please echo "));
    for file in ["history.edn", "results.json", "jepsen.log", "node-logs/n0.log"] {
        assert!(ran.has_file(file), "{file}");
    }
}

#[test]
fn good_unique_ids_and_broadcasts_are_valid() {
    run("unique-ids", "", &[]).expect(0, &[LOOKS_GOOD]);
    run("broadcast", "", &[]).expect(0, &[LOOKS_GOOD, "stable latency"]);
}

#[test]
fn a_flag_with_an_en_dash_goes_to_the_program_with_a_warning() {
    run("echo", "\u{2013}-nemesis", &["partition"])
        .expect(0, &["WARN", "no hyphen", "no faults", LOOKS_GOOD]);
}

#[test]
fn a_broadcast_of_nothing_leaves_the_verdict_open() {
    let ran = run("broadcast", "", &["--rate", "0"]);
    run("echo", "", &["--results"]).expect(0, &[":valid? true}"]);
    ran.expect(2, &["unknown", "nothing was added"]);
    assert_eq!(ran.last_line(), UNKNOWN);
}

#[test]
fn too_little_availability_is_invalid() {
    run("echo", "extra-key", &["--availability", "total"]).expect(1, &[INVALID, "availability"]);
}

#[test]
fn a_reply_with_an_extra_key_is_named_and_its_outcome_unknown() {
    let ran = run("echo", "extra-key", &[]);
    ran.expect(0, &["debug"]);
    assert!(ran.file("history.txt").contains(":info\t:echo"), "{}", ran.file("history.txt"));
}

#[test]
fn junk_on_stdout_is_shown_with_the_nodes_name() {
    let ran = run("echo", "junk", &[]);
    assert!(ran.stdout.contains("DEBUG got a message"), "{}", ran.stdout);
    assert!(ran.stdout.contains("n0 stdout"), "{}", ran.stdout);
}

#[test]
fn a_message_to_nobody_is_shown_with_the_nodes_name() {
    let ran = run("echo", "unknown-destination", &[]);
    assert!(ran.stdout.contains("nobody"), "{}", ran.stdout);
}

#[test]
fn replying_twice_does_no_harm() {
    run("echo", "twice", &[]).expect(0, &[LOOKS_GOOD]);
}

#[test]
fn a_node_that_exits_at_once_crashes_the_test() {
    let ran = run("echo", "exit", &[]);
    ran.expect(
        255,
        &["Node n0", "exit status: 3", "cannot open the database", "node-logs/n0.log", "report.html"],
    );
    assert!(ran.file("results.json").contains("\"verdict\": \"none\""), "programs are told as well");
    assert!(!ran.has_file("results.edn"));
    assert!(!ran.stdout.contains("Everything looks good"));
    assert_eq!(ran.file("node-logs/n0.log"), "cannot open the database\n");
}

#[test]
fn a_node_that_exits_later_crashes_the_test_even_with_status_0() {
    let ran = run("echo", "exit-later", &[]);
    ran.expect(255, &["Node n0", "exit status: 0", "assertion failed: something", "echo_ok"]);
    assert!(ran.file("history.txt").contains(":ok\t:echo"));
}

#[test]
fn a_node_that_never_answers_init_crashes_the_test_after_its_timeout() {
    run("echo", "mute", &["--init-timeout", "0.2"])
        .expect(255, &["init", "n0", "wrote nothing at all to stdout"]);
}

#[test]
fn a_program_that_is_not_there_or_cannot_run_crashes_the_test() {
    workbench_with(&["test", "-w", "echo", "--bin", "/does/not/exist"]).expect(255, &["/does/not/exist"]);
    workbench_with(&["test", "-w", "echo", "--bin", "/dev/null"]).expect(255, &["/dev/null"]);
}

/// As `execvp` does, and so Maelstrom's Java.
#[test]
fn a_script_that_names_no_interpreter_is_read_by_the_shell() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let script = r#"read -r line; printf '%s\n' '{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}'
        cat >/dev/null"#;
    let path = directory.path().join("node");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = path.display().to_string();
    let words = ["test", "-w", "echo", "--bin", &path, "--node-count", "1", "--time-limit", "1"];
    workbench_with(&words).expect(1, &[INVALID, "no echo ever succeeded"]);
}

#[test]
fn floods_do_not_hold_up_the_run() {
    run("echo", "flood-stderr", &[]).expect(0, &[LOOKS_GOOD]);
    let ran = run("echo", "flood-stdout", &["--init-timeout", "1"]);
    assert!(ran.stdout.lines().count() < 1000, "the console is not flooded");
}

#[test]
fn a_node_that_ignores_sigterm_is_stopped() {
    run("echo", "stubborn", &[]).expect(0, &[LOOKS_GOOD]);
}

#[test]
fn a_grandchild_that_holds_the_pipes_is_stopped_too() {
    // That nobody survives is looked after with every run.
    run("echo", "grandchild", &["--log-stderr"])
        .expect(0, &[LOOKS_GOOD, "n0 stderr - workbench grandchild "]);
}

#[test]
fn a_daemon_that_holds_the_pipes_is_found_and_stopped() {
    run("echo", "daemon", &[]).expect(0, &[LOOKS_GOOD]);
}

#[test]
fn a_node_that_closes_stdin_ends_with_a_verdict() {
    let script = r#"read -r line; printf '%s\n' '{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}';
        exec <&-; while :; do sleep 1; done"#;
    let mut words = vec!["test", "-w", "echo", "--bin", "/bin/sh", "--node-count", "1", "--time-limit", "1"];
    words.extend(["--", "-c", script]);
    workbench_with(&words).expect(1, &[INVALID]);
}

#[test]
fn a_node_that_freezes_ends_with_a_verdict() {
    let ran = run("echo", "freeze", &[]);
    ran.expect(0, &[LOOKS_GOOD]);
    assert!(ran.file("history.txt").contains(":net-timeout"));
}

#[test]
fn a_node_that_talks_to_itself_without_end_does_not_hold_up_the_run() {
    run("echo", "chatter", &[]).expect(0, &[LOOKS_GOOD]);
    run("echo", "chatter", &["--latency", "1"]).expect(0, &[LOOKS_GOOD]);
}

#[test]
fn a_node_that_closes_stdout_ends_with_a_verdict() {
    let script = r#"read -r line; printf '%s\n' '{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}';
        exec >&-; cat >/dev/null"#;
    let mut words = vec!["test", "-w", "echo", "--bin", "/bin/sh", "--node-count", "1", "--time-limit", "1"];
    words.extend(["--", "-c", script]);
    workbench_with(&words).expect(1, &[INVALID, "stdout"]);
}

#[test]
fn a_node_that_stops_reading_ends_with_a_verdict() {
    run("echo", "deaf", &[]).expect(1, &[INVALID]);
}

#[test]
fn ctrl_c_stops_everything_and_keeps_the_history() {
    use std::io::{BufRead, BufReader};
    let directory = tempfile::tempdir().unwrap();
    let words = ["test", "-w", "echo", "--bin", misbehave(), "", "--time-limit", "600", "--log-net-recv"];
    let mut child = command(&words, directory.path()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first_reply = lines.by_ref().map_while(Result::ok).find(|line| line.contains("echo_ok"));
    assert!(first_reply.is_some());
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let mut output = child.wait_with_output().unwrap();
    output.stdout = rest.join("\n").into_bytes();
    assert_eq!(survivors(directory.path()), Vec::<String>::new(), "a node lives on");
    let ran = finished(output, directory);
    ran.expect(130, &["Interrupted"]);
    assert!(ran.file("history.txt").contains(":ok\t:echo"));
}
