//! Nodes fed by hand: every line is answered, whatever it is made of and however it arrives.

use crate::common::*;
use serde_json::{Value, json};

#[test]
fn every_line_is_answered_and_the_end_of_input_is_the_end() {
    let life = live(ECHO, init(&["n1"]) + &echo(2, "hi") + &echo(3, "ho"), |_| ());
    assert_eq!(
        bodies(said(&life)),
        [
            json!({"type": "init_ok", "in_reply_to": 1}),
            json!({"type": "echo_ok", "in_reply_to": 2, "echo": "hi"}),
            json!({"type": "echo_ok", "in_reply_to": 3, "echo": "ho"}),
        ]
    );
    assert_eq!(complaints(&life), [""; 0]);
}

#[test]
fn without_input_there_is_no_output() {
    for binary in ALL {
        let life = live(binary.path, "", |_| ());
        assert_eq!((said(&life), complaints(&life)), (&b""[..], vec![]), "{}", binary.name);
    }
}

#[test]
fn a_last_line_without_newline_is_answered() {
    for binary in ALL {
        let input = binary.flood(2);
        let life = live(binary.path, input.trim_end(), |_| ());
        assert_eq!(answered(said(&life)), [1, 2, 3], "{}", binary.name);
        assert_eq!(complaints(&life), [""; 0], "{}", binary.name);
    }
}

#[test]
fn a_last_line_that_breaks_off_is_told_on_stderr() {
    for binary in ALL {
        let input = init(&["n1"]) + &binary.ask(2)[..30];
        let life = live(binary.path, input, |_| ());
        assert_eq!(answered(said(&life)), [1], "{}", binary.name);
        assert_eq!(complaints(&life).len(), 1, "{}", binary.name);
    }
}

#[test]
fn lines_may_arrive_byte_by_byte() {
    for binary in ALL {
        let mut talk = Talk::with(binary.path, &[]);
        binary.flood(1).bytes().for_each(|byte| talk.say([byte]));
        assert_eq!([(); 2].map(|()| talk.hear()["body"]["in_reply_to"].take()), [1, 2], "{}", binary.name);
        assert_eq!(answered(&talk.end()), [0; 0]);
    }
}

#[test]
fn half_a_line_waits_for_the_other_half() {
    let mut talk = Talk::with(ECHO, &[]);
    let (whole, parted) = (echo(2, "whole"), echo(3, "parted"));
    let (first, second) = parted.split_at(20);
    talk.say(init(&["n1"]) + &whole + first);
    assert_eq!(talk.hear()["body"]["in_reply_to"], 1);
    assert_eq!(talk.hear()["body"]["in_reply_to"], 2);
    talk.say(second);
    assert_eq!(talk.hear()["body"]["in_reply_to"], 3);
    assert_eq!(talk.end(), b"");
}

#[test]
fn lines_around_the_size_of_a_pipe_and_of_a_megabyte_are_echoed() {
    let empty = echo(2, "").len();
    let mut input = init(&["n1"]);
    let lengths = [0, 4096, 65_535, 65_536, 65_537, 131_072, 1 << 20, 3 << 20];
    for length in lengths {
        input += &echo(2, &"x".repeat(length - empty.min(length)));
        input += &echo(3, "short");
    }
    let bodies = bodies(said(&live(ECHO, input, |_| ())));
    assert_eq!(bodies.len(), 1 + 2 * lengths.len());
    for (pair, length) in bodies[1..].chunks(2).zip(lengths) {
        assert_eq!(pair[0]["echo"].as_str().unwrap().len(), length - empty.min(length));
        assert_eq!(pair[1]["echo"], "short");
    }
}

#[test]
fn a_line_of_64_mib_is_answered_and_a_longer_one_is_refused_without_being_held() {
    const LIMIT: usize = 64 << 20;
    let padding = "x".repeat(LIMIT - (echo(2, "").len() - 1));
    let mut talk = Talk::with(ECHO, &[]);
    talk.say(init(&["n1"]));
    talk.hear();
    // Three times too long, and then one byte.
    for chunk in [padding.as_bytes(); 3] {
        talk.say(chunk);
    }
    talk.say("\n");
    talk.say(echo(3, "next"));
    assert_eq!(talk.hear()["body"]["in_reply_to"], 3);
    let peak_kib = talk.peak_memory_kib();
    assert!(peak_kib < 80 << 10, "{peak_kib} KiB");
    talk.say(echo(2, &(padding.clone() + "x")));
    talk.say(echo(4, "next"));
    assert_eq!(talk.hear()["body"]["in_reply_to"], 4);
    talk.say(echo(2, &padding));
    assert_eq!(talk.hear()["body"]["echo"].as_str().map(str::len), Some(padding.len()));
    assert_eq!(talk.end(), b"");
}

#[test]
fn whatever_is_not_a_message_is_told_on_stderr_and_the_next_line_is_answered() {
    let brackets = "[".repeat(100_000);
    let nested = format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"echo","echo":{brackets}"#);
    let garbage: [&[u8]; 14] = [
        b"",
        b"garbage",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b"\"text\"",
        b"\0\0\0\0",
        b"\xff\xfe\x80",
        b"{\"src\":\"c1\",\"dest\":\"n1\",\"body\":\"\xff\"}",
        b"{\"src\":\"c1\",\"dest\":\"n1\",\"body\":7}",
        b"{\"src\":1e999,\"dest\":[],\"body\":{\"type\":{}}}",
        brackets.as_bytes(),
        nested.as_bytes(),
    ];
    for bad in garbage {
        for binary in ALL {
            let input = [init(&["n1"]).as_bytes(), bad, b"\n", binary.ask(2).as_bytes()].concat();
            let life = live(binary.path, input, |_| ());
            let shown = String::from_utf8_lossy(&bad[..bad.len().min(50)]);
            assert_eq!(
                bodies(said(&life)).last().unwrap()["in_reply_to"],
                2,
                "{} after {shown}",
                binary.name
            );
            let complaints = complaints(&life);
            assert_eq!(complaints.len(), 1, "{shown}: {complaints:?}");
            assert!(complaints[0].len() < 1000, "{shown}: {complaints:?}");
        }
    }
}

#[test]
fn nested_payloads_and_odd_text_are_echoed_or_refused_but_never_the_end() {
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    let mut input = init(&["n1"]);
    for payload in [nested.as_str(), r#""\u0000\ud83e\udd80 \\ \"""#, "1e400", "[ 1.0 , {\"a\" : 2} ]"] {
        let request = r#"{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":2,"echo":"#;
        input += &format!("{request}{payload}}}}}\n");
    }
    let life = live(ECHO, input + &echo(3, "end"), |_| ());
    let stdout = said(&life);
    let lines: Vec<&[u8]> = stdout.split(|&byte| byte == b'\n').collect();
    assert_eq!(lines.len(), 1 + 4 + 1 + 1);
    let payload = br#""echo":[ 1.0 , {"a" : 2} ]"#;
    assert!(lines[4].windows(payload.len()).any(|window| window == payload), "byte for byte");
    assert_eq!(lines[6], b"");
}

#[test]
fn a_broken_message_is_refused_if_its_sender_can_be_made_out() {
    let input = init(&["n1"]) + "{\"src\":\"c7\",\"dest\":\"n1\",\"body\":{\"msg_id\":5}}\n";
    let life = live(ECHO, input, |_| ());
    let error = &bodies(said(&life))[1];
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!(12)));
    assert_eq!(error["in_reply_to"], 5);
}

#[test]
fn broadcast_needs_no_topology_and_tells_itself_nothing() {
    let mut input = init(&["n1", "n2"]);
    input += &line(json!({"type": "broadcast", "msg_id": 2, "message": 7}));
    input += &line(json!({"type": "read", "msg_id": 3}));
    input += &line(json!({"type": "topology", "msg_id": 4, "topology": {"n1": ["n1", "n2"]}}));
    let life = live(BROADCAST, input, |_| ());
    let stdout = String::from_utf8(said(&life).to_vec()).unwrap();
    assert!(!stdout.contains(r#""dest":"n1""#), "{stdout}");
    let bodies = bodies(stdout.as_bytes());
    assert_eq!(bodies[1], json!({"type": "broadcast_ok", "in_reply_to": 2}));
    assert_eq!(bodies[2], json!({"type": "read_ok", "in_reply_to": 3, "messages": [7]}));
    assert_eq!(bodies[3], json!({"type": "topology_ok", "in_reply_to": 4}));
}

#[test]
fn no_id_comes_twice_not_even_from_a_node_that_is_started_again() {
    let generate = |msg_id| line(json!({"type": "generate", "msg_id": msg_id}));
    let input: String = init(&["n1"]) + &(2..1002).map(generate).collect::<String>();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let life = live(UNIQUE_IDS, &input, |_| ());
        assert_eq!(answered(said(&life)), (1..1002).collect::<Vec<u64>>());
        ids.extend(bodies(said(&life)).into_iter().skip(1).map(|body| body["id"].to_string()));
    }
    assert_eq!(ids.len(), 3000);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3000);
}

/// Asserts that the lines, asked before `init` and after it, are answered with errors of these codes, and what is asked
/// then is answered.
#[track_caller]
fn assert_refused(binary: &Binary, wrong: &[&str], before: u64, after: u64) {
    let numbered =
        |first| (first..).zip(wrong).map(|(msg_id, body)| numbered(body, msg_id)).collect::<String>();
    let input = numbered(100) + &init(&["n1"]) + &numbered(200) + &binary.ask(300);
    let life = live(binary.path, input, |_| ());
    let bodies = bodies(said(&life));
    let refusals = |first| (first..).zip(wrong).map(|(msg_id, _)| msg_id);
    let expected = refusals(100).map(|msg_id| (msg_id, json!(before))).chain([(1, Value::Null)]);
    let expected =
        expected.chain(refusals(200).map(|msg_id| (msg_id, json!(after)))).chain([(300, Value::Null)]);
    let told = bodies.iter().map(|body| (body["in_reply_to"].as_u64().unwrap(), body["code"].clone()));
    assert_eq!(told.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{}: {wrong:?}", binary.name);
    assert!(bodies.iter().all(|body| body["code"].is_null() || body["text"].is_string()));
    assert_eq!(complaints(&life), [""; 0], "{}", binary.name);
}

#[test]
fn a_field_of_the_wrong_type_is_refused_with_12_and_with_11_before_init() {
    for binary in ALL {
        assert_refused(&binary, binary.wrong, 11, 12);
    }
}

#[test]
fn an_unknown_type_is_refused_with_10_and_with_11_before_init() {
    for binary in ALL {
        let unknown = [
            r#"{"type":"no such thing"}"#,
            r#"{"type":""}"#,
            r#"{"type":"init_ok"}"#,
            r#"{"type":"gossip2","me":1}"#,
            r#"{"type":"gossip0","me":1,"n":1,"runs":[]}"#,
        ];
        assert_refused(&binary, &unknown, 11, 10);
    }
}

#[test]
fn an_init_of_the_wrong_form_is_refused_with_12_and_a_good_one_may_follow() {
    let wrong = [
        r#"{"type":"init"}"#,
        r#"{"type":"init","node_id":"n1"}"#,
        r#"{"type":"init","node_id":1,"node_ids":["n1"]}"#,
        r#"{"type":"init","node_id":"n1","node_ids":"n1"}"#,
        r#"{"type":"init","node_id":"n1","node_ids":{"n1":1}}"#,
        r#"{"type":"init","node_id":"n1","node_ids":[1]}"#,
        r#"{"type":"init","node_id":"n1","node_ids":[]}"#,
        r#"{"type":"init","node_id":"n1","node_ids":["n1","n1"]}"#,
    ];
    for binary in ALL {
        assert_refused(&binary, &wrong, 12, 12);
    }
}
