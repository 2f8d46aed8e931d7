//! What programs, files and readers of strangers do to the bench: it neither leaves anything of them behind, nor withholds
//! its verdict because of them.

use super::bench::{Ran, command, finished, misbehave, shell, survivors, workbench_with};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

/// The one answer that every node needs to give.
const INIT_OK: &str =
    r#"read -r line; printf '%s\n' '{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}';"#;
/// Whatever is waited for comes sooner, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run of a node that is a shell's script.
fn script(script: &str, more: &[&str]) -> Ran {
    let mut words = vec!["test", "-w", "echo", "--bin", "/bin/sh", "--node-count", "1", "--time-limit", "1"];
    words.extend(more);
    words.extend(["--", "-c", script]);
    workbench_with(&words)
}

/// A run without end, whose first answer has arrived.
fn endless(directory: &Path, more: &[&str]) -> Child {
    let mut words = vec!["test", "-w", "echo", "--bin", misbehave(), "--time-limit", "600", "--log-net-recv"];
    words.extend(more);
    let mut child = command(&words, directory).spawn().expect("the workbench starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line.contains("echo_ok")));
    // Whoever stops reading here does not close the pipe.
    child.stdout = None;
    std::mem::forget(lines);
    child
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let patience = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn at_the_end_stdin_is_closed_then_sigterm_comes_and_there_is_time_to_write_a_profile() {
    let directory = tempfile::tempdir().unwrap();
    let profile = directory.path().join("profile").display().to_string();
    let node = format!(
        "{INIT_OK} while read -r line; do :; done; echo end >>{profile}; \
         trap 'echo term >>{profile}; exit' TERM; sleep 600 & wait"
    );
    script(&node, &["--rate", "0"]).expect(2, &[]);
    assert_eq!(fs::read_to_string(profile).unwrap(), "end\nterm\n");
}

#[test]
fn a_pause_reaches_a_node_behind_a_wrapper_that_makes_a_group_of_its_own() {
    let node = format!("timeout 600 {} ''; true", misbehave());
    let ran = script(
        &node,
        &[
            "--nemesis",
            "pause",
            "--nemesis-interval",
            "0.4",
            "--time-limit",
            "3",
            "--seed",
            "1",
            "--rate",
            "20",
        ],
    );
    let test = ran.file("test.edn");
    assert!(test.contains(":pauses"), "it was paused: {test}");
    assert!(!test.contains("spoke-in-pause"), "and was quiet then: {test}");
    let history = ran.file("history.edn");
    let clients = history.lines().filter(|line| !line.contains(":nemesis"));
    let times: Vec<u64> = clients.filter_map(time_ms).collect();
    let longest = times.chunks(2).filter_map(|pair| Some(pair.get(1)? - pair[0])).max();
    assert!(longest > Some(100), "one client asks and is answered, and once that took long: {times:?}");
}

/// When an operation of a history began or ended.
fn time_ms(line: &str) -> Option<u64> {
    let digits = line.split_once(":time ")?.1;
    Some(
        digits[..digits.find(|character: char| !character.is_ascii_digit())?].parse::<u64>().ok()?
            / 1_000_000,
    )
}

#[test]
fn a_node_that_speaks_while_it_is_paused_is_told_of_and_its_pause_does_not_count() {
    // Nobody can tell whose the daemon is: its parent has ended, and its environment is empty.
    let node = format!(
        "exec 3<&0 4>&1; env -i setsid /bin/sh -c '{} \"\" <&3 >&4 3<&- 4>&- &'; sleep 600",
        misbehave()
    );
    let ran = script(
        &node,
        &[
            "--nemesis",
            "pause",
            "--nemesis-interval",
            "0.4",
            "--time-limit",
            "3",
            "--seed",
            "1",
            "--rate",
            "20",
        ],
    );
    assert!(ran.stdout.contains("spoke while it was paused"), "{}", ran.stdout);
    assert!(ran.file("test.edn").contains("spoke-in-pause"));
}

#[test]
fn nobody_of_three_killed_generations_lives_on() {
    // It stays when its stdin has ended. That nobody survives is looked after with every run.
    let node = format!("setsid -w /bin/sh -c \"timeout 600 {} ''; sleep 600\"; true", misbehave());
    let ran = script(
        &node,
        &[
            "--nemesis",
            "kill",
            "--nemesis-interval",
            "0.4",
            "--time-limit",
            "3",
            "--seed",
            "1",
            "--rate",
            "20",
        ],
    );
    assert!(ran.file("test.edn").contains(":kills"), "it was killed");
}

#[test]
fn nodes_die_with_a_workbench_that_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = endless(directory.path(), &["grandchild"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(survivors(directory.path()), Vec::<String>::new(), "nodes live on");
}

#[test]
fn who_does_not_read_the_output_does_not_stop_the_run_and_a_second_signal_ends_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = endless(directory.path(), &["", "--time-limit", "2", "--rate", "2000", "--log-net-send"]);
    let results = directory.path().join("store/latest/results.edn");
    until("the run goes on to its verdict", || results.exists());
    let process = Pid::from_child(&child);
    for _ in 0..2 {
        // The second may find nobody there.
        let _ = kill_process(process, Signal::TERM);
        std::thread::sleep(Duration::from_millis(50));
    }
    until("the workbench ends", || child.try_wait().unwrap().is_some());
}

#[test]
fn files_that_may_not_grow_take_nothing_from_the_verdict() {
    let node = misbehave();
    let line = format!(
        "ulimit -f 8; workbench test -w echo --bin {node} --node-count 1 --time-limit 1 --rate 100 ''"
    );
    let said = ["Some files of this run are missing or incomplete", "Everything looks good!"];
    shell(&line).expect(0, &said);
    shell("ulimit -f 8; workbench sim -w echo --time-limit 10 --rate 100").expect(0, &said);
    let sweep = "ulimit -f 8; workbench sim -w echo --time-limit 10 --rate 100 --seeds 100";
    shell(sweep).expect(0, &["100 valid, 0 unknown", "Some files of this sweep are missing or incomplete"]);
}

#[test]
fn no_word_of_a_node_is_obeyed_by_a_terminal() {
    let answer = r#"{"src":"n0","dest":"c2","body":{"type":"echo_ok","echo":"\u001b]0;evil\u0007\u202e","in_reply_to":1}}"#;
    let node = format!(
        "{INIT_OK} read -r line; printf '%s\\n' '{answer}'; printf 'junk \\033[2J\\n'; cat >/dev/null"
    );
    let ran = script(&node, &["--rate", "5"]);
    assert!(ran.stdout.contains("evil") && ran.stdout.contains("junk"), "{}", ran.stdout);
    let is_obeyed = |text: &str| text.contains(['\u{1b}', '\u{7}', '\u{202e}']);
    assert!(!is_obeyed(&ran.stdout) && !is_obeyed(&ran.file("jepsen.log")), "{}", ran.stdout);
}

#[test]
fn a_flood_into_a_long_latency_is_not_read() {
    let node = format!(
        "{INIT_OK} padding=$(head -c 100000 /dev/zero | tr '\\0' x); \
         exec yes '{{\"src\":\"n0\",\"dest\":\"n0\",\"body\":{{\"type\":\"flood\",\"padding\":\"'$padding'\"}}}}'"
    );
    let ran = script(&node, &["--latency", "100000", "--rate", "0", "--time-limit", "3"]);
    ran.expect(2, &["64 MiB of its messages are on their way", "faster than the network delivers"]);
}

#[test]
fn a_reply_that_is_nested_too_deeply_is_spoken_of() {
    let node = format!(
        "{INIT_OK} read -r line; deep=$(head -c 1000 /dev/zero | tr '\\0' '['); close=$(head -c 1000 /dev/zero | tr '\\0' ']'); \
         printf '{{\"src\":\"n0\",\"dest\":\"c2\",\"body\":{{\"type\":\"echo_ok\",\"in_reply_to\":1,\"echo\":%s%s}}}}\\n' \"$deep\" \"$close\"; \
         cat >/dev/null"
    );
    script(&node, &["--rate", "5"]).expect(1, &["cannot read", "recursion limit"]);
}

#[test]
fn flags_that_no_machine_can_follow_and_names_that_are_clients_are_refused() {
    for flags in [
        "--rate 1e308",
        "--rate inf",
        "--nemesis partition --nemesis-interval 1e-300",
        "--key-count 99999999999",
        "--nodes n1,c0",
    ] {
        let words = format!("test -w kafka --bin x {flags}");
        let mistakes = workbench::mistakes(words.split(' ').map(Into::into));
        assert_eq!(mistakes.len(), 1, "{flags}: {mistakes:?}");
    }
}

#[test]
fn a_missing_directory_for_temporary_files_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let words = ["test", "-w", "echo", "--bin", misbehave(), "--node-count", "1"];
    let output = command(&words, directory.path()).env("TMPDIR", "/nowhere/at/all").output().unwrap();
    finished(output, directory).expect(255, &["/nowhere/at/all", "TMPDIR"]);
}

#[test]
fn many_nodes_run_where_few_files_may_be_open() {
    let line = format!(
        "ulimit -Sn 128; workbench test -w echo --bin {} --node-count 30 --concurrency 30 --time-limit 1 --rate 50 ''",
        misbehave()
    );
    shell(&line).expect(0, &["Everything looks good!"]);
}
