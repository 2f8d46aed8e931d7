//! Too much of everything, for every binary: lines as long as the limit and longer, thousands of nodes, requests that wait
//! for an answer that never comes, readers that never read. And the ways in which a node is made to end.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use crate::common::*;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

/// The longest line that is taken, as the README of the driver has it.
const LIMIT: usize = 64 << 20;

/// A request in a line of so many bytes, its newline not counted: the rest is a field that nobody knows.
fn padded(binary: &Binary, msg_id: u64, length: usize) -> String {
    let line = binary.ask(msg_id);
    let body = line.trim_end().strip_suffix("}").unwrap();
    let (head, tail) = body.split_once(r#""body":{"#).unwrap();
    let used = head.len() + r#""body":{"pad":"","#.len() + tail.len() + 1;
    format!("{head}\"body\":{{\"pad\":\"{}\",{tail}}}\n", "x".repeat(length - used))
}

#[test]
fn a_line_of_64_mib_is_taken_and_one_byte_more_is_refused_without_being_held() {
    for binary in ALL {
        let mut talk = Talk::with(binary.path, &[]);
        talk.say(init(&["n1"]));
        assert_eq!(talk.hear()["body"]["in_reply_to"], 1);
        let lengths = [65_535, 65_536, 65_537, LIMIT];
        for (length, msg_id) in lengths.into_iter().zip(2..) {
            let line = padded(&binary, msg_id, length);
            assert_eq!(line.len(), length + 1);
            talk.say(line);
            assert_eq!(talk.hear()["body"]["in_reply_to"], msg_id, "{}: {length}", binary.name);
        }
        talk.say(padded(&binary, 6, LIMIT + 1));
        talk.say(padded(&binary, 7, LIMIT * 3 / 2));
        talk.say(binary.ask(8));
        assert_eq!(talk.hear()["body"]["in_reply_to"], 8, "{}", binary.name);
        let peak_kib = talk.peak_memory_kib();
        assert!(peak_kib < 80 << 10, "{}: {peak_kib} KiB", binary.name);
        assert_eq!(answered(&talk.end()), [0; 0], "{}", binary.name);
    }
}

#[test]
fn ten_thousand_nodes_are_a_cluster_like_any_other() {
    let names: Vec<String> = (0..10_000).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // As the first of the list, where all others stand under it, and as one of many.
    for names in [&names[1..], &names] {
        for binary in ALL {
            let mut talk = Talk::with(binary.path, &[]);
            talk.say(init(names));
            talk.say((2..1_000).map(|msg_id| binary.ask(msg_id)).collect::<String>());
            for msg_id in 1..1_000 {
                assert_eq!(talk.hear_client()["body"]["in_reply_to"], msg_id, "{}", binary.name);
            }
            let peak_kib = talk.peak_memory_kib();
            assert!(peak_kib < 32 << 10, "{}: {peak_kib} KiB", binary.name);
            talk.end();
        }
    }
}

#[test]
fn requests_that_wait_for_a_service_which_never_answers_are_refused_once_there_are_too_many() {
    const REQUESTS: u64 = 200_000;
    for binary in ALL.iter().filter(|binary| binary.service.is_some()) {
        for word in binary.words {
            let mut talk = Talk::with(binary.path, &[]);
            talk.say(init(&["n1"]));
            assert_eq!(talk.hear()["body"]["in_reply_to"], 1);
            let requests: String = (0..REQUESTS).map(|number| numbered(word, 2 + number)).collect();
            let Talk { mut child, mut stdin, mut stdout } = talk;
            // What is refused comes back while it is being said.
            let (heard, stdin) = std::thread::scope(|scope| {
                let feeder = scope.spawn(move || {
                    stdin.write_all(requests.as_bytes()).unwrap();
                    stdin.write_all(numbered(r#"{"type":"x"}"#, 1).as_bytes()).unwrap();
                    stdin
                });
                let mut heard = Vec::new();
                while !heard.ends_with(b"\"unknown type `x`\"}}\n") {
                    let mut piece = [0; 4096];
                    let length = stdout.read(&mut piece).unwrap();
                    assert!(length > 0, "the node is gone");
                    heard.extend_from_slice(&piece[..length]);
                }
                (heard, feeder.join().unwrap())
            });
            let refused = bodies(&heard).iter().filter(|body| body["code"] == 11).count() as u64;
            assert!(refused > REQUESTS / 2 && refused < REQUESTS, "{word}: {refused} were refused");
            let talk = Talk { child, stdin, stdout };
            let peak_kib = talk.peak_memory_kib();
            assert!(peak_kib < 32 << 10, "{word}: {peak_kib} KiB");
            child = talk.child;
            drop(talk.stdin);
            drop(talk.stdout);
            assert!(child.wait().unwrap().success());
        }
    }
}

/// Asserts that the signal that test benches end nodes with ends this one, and gives what the node had still said.
#[track_caller]
fn terminate(talk: Talk, name: &str) -> Vec<u8> {
    let Talk { mut child, stdin, mut stdout } = talk;
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::TERM.as_raw()), "{name}");
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    drop(stdin);
    rest
}

#[test]
fn sigterm_ends_a_node_at_once_whatever_it_is_at() {
    for binary in ALL {
        let mut idle = Talk::with(binary.path, &[]);
        idle.say(binary.flood(10));
        for msg_id in 1..12 {
            assert_eq!(idle.hear()["body"]["in_reply_to"], msg_id);
        }
        assert_eq!(answered(&terminate(idle, binary.name)), [0; 0], "{}", binary.name);

        let mut in_the_middle_of_a_line = Talk::with(binary.path, &[]);
        in_the_middle_of_a_line.say(init(&["n1"]) + &binary.ask(2)[..30]);
        assert_eq!(in_the_middle_of_a_line.hear()["body"]["in_reply_to"], 1);
        assert_eq!(answered(&terminate(in_the_middle_of_a_line, binary.name)), [0; 0], "{}", binary.name);

        let mut stuck = Talk::with(binary.path, &[]);
        stuck.fill(binary.flood(50_000).as_bytes());
        let rest = terminate(stuck, binary.name);
        let whole = rest.iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
        let answered = answered(&rest[..whole]);
        assert_eq!(answered, (1..=answered.len() as u64).collect::<Vec<_>>(), "{}", binary.name);
    }
}

#[test]
fn a_stream_that_was_closed_before_the_start_is_nobody_to_hear_or_be_heard_by() {
    for binary in ALL {
        let input = binary.flood(2) + "garbage\n";
        let life = |closed: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("exec \"$0\" {closed}"), binary.path]);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            // With its stdin closed the node may be gone already.
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap()
        };
        assert_eq!(answered(said(&life(""))), [1, 2, 3], "{}", binary.name);
        assert_eq!(answered(said(&life("2>&-"))), [1, 2, 3], "{}", binary.name);
        assert_eq!((said(&life("<&-")), said(&life(">&-"))), (&b""[..], &b""[..]), "{}", binary.name);
        assert_eq!(said(&life("<&- >&- 2>&-")), b"", "{}", binary.name);
    }
}

#[test]
fn a_node_tells_others_what_it_was_told_and_itself_nothing() {
    for binary in ALL.iter().filter(|binary| binary.gossips) {
        let mut talk = Talk::with(binary.path, &["--round", "1ms", "--fanout=2"]);
        talk.say(init(&["n1", "n2"]) + &binary.ask(2));
        let told = std::iter::from_fn(|| Some(talk.hear())).find(|message| {
            assert_ne!(message["dest"], "n1", "{}", binary.name);
            message["dest"] == "n2"
        });
        assert_eq!(told.unwrap()["src"], json!("n1"));
        talk.end();
    }
}
