//! The short cut against the way around.

use alloc::format;

use super::*;

const RECORDED: [&str; 10] = [
    include_str!("../../../tests/recorded/echo.jsonl"),
    include_str!("../../../tests/recorded/unique-ids.jsonl"),
    include_str!("../../../tests/recorded/broadcast.jsonl"),
    include_str!("../../../tests/recorded/g-set.jsonl"),
    include_str!("../../../tests/recorded/g-counter.jsonl"),
    include_str!("../../../tests/recorded/pn-counter.jsonl"),
    include_str!("../../../tests/recorded/lin-kv.jsonl"),
    include_str!("../../../tests/recorded/kafka.jsonl"),
    include_str!("../../../tests/recorded/txn-list-append.jsonl"),
    include_str!("../../../tests/recorded/txn-rw-register.jsonl"),
];

#[test]
fn what_maelstrom_sends_is_ordinary_and_serde_json_sees_the_same() {
    for line in RECORDED.iter().flat_map(|lines| lines.lines()) {
        let message = Message::decode_by_serde(line.as_bytes()).unwrap();
        let is_ordinary = !line.contains('\\');
        assert_eq!(super::message(line), is_ordinary.then_some(message), "{line}");
    }
}

#[test]
fn what_is_not_ordinary_is_left_alone() {
    let deep =
        format!(r#"{{"src":"a","dest":"b","body":{{"type":"c","d":{}{}}}}}"#, "[".repeat(17), "]".repeat(17));
    let lines = [
        r#"{"src":"a","dest":"b","body":{"type":"c","d":1.5}}"#,
        r#"{"src":"a","dest":"b","body":{"type":"c","d":1e5}}"#,
        r#"{"src":"a","dest":"b","body":{"type":"c","d":"\n"}}"#,
        r#"{"src":"a","dest":"b","body":{"type":"c","msg_id":null}}"#,
        r#"{"src":"a","dest":"b","body":{"type":"c","type":"d"}}"#,
        r#"{"src":"a","src":"a","dest":"b","body":{"type":"c"}}"#,
        r#"{"src":"a","dest":"b","body":{"type":"c"},"body":{"type":"c"}}"#,
        &deep,
    ];
    for line in lines {
        assert!(Message::decode_by_serde(line.as_bytes()).is_ok(), "{line}");
        assert_eq!(message(line), None, "{line}");
    }
}

#[test]
fn a_change_anywhere_in_a_message_is_seen_as_serde_json_sees_it() {
    let line = r#"{"id":10,"src":"c1","dest":"n2" ,"body":{"type":"a","msg_id":-7,"b":[true,{"c":"é"},null,false]}}"#;
    assert!(message(line).is_some());
    let mut taken = 0;
    for (at, character) in line.char_indices() {
        let end = at + character.len_utf8();
        for with in
            ["", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "x", " ", "\u{1}", "null"]
        {
            for (before, after) in [(&line[..at], &line[at..]), (&line[..at], &line[end..])] {
                let changed = [before, with, after].concat();
                if let Some(message) = message(&changed) {
                    taken += 1;
                    assert_eq!(Message::decode_by_serde(changed.as_bytes()).unwrap(), message, "{changed}");
                }
            }
        }
    }
    assert!(taken > 500, "most changes should be within strings and numbers: {taken}");
}
