//! Lines that are not messages: what is said about them, and what can be made out of them all the same.

use std::time::{Duration, Instant};

use protocol::{Broken, Decode, Message, MessageId, Problem, txn};

#[track_caller]
fn broken(line: &[u8]) -> Broken<'_> {
    Message::decode(line).expect_err("not a message")
}

/// What is wrong with `line`, in words.
#[track_caller]
fn problem(line: &str) -> String {
    broken(line.as_bytes()).to_string()
}

/// Sender, receiver, number and whether it is an answer, as far as they can be made out.
#[track_caller]
fn salvage(line: &str) -> (Option<String>, Option<String>, Option<MessageId>, bool) {
    let Broken { src, dest, msg_id, is_answer, .. } = broken(line.as_bytes());
    (src.map(|src| src.to_string()), dest.map(|dest| dest.to_string()), msg_id, is_answer)
}

fn from_c1(
    msg_id: Option<MessageId>,
    is_answer: bool,
) -> (Option<String>, Option<String>, Option<MessageId>, bool) {
    (Some("c1".into()), Some("n1".into()), msg_id, is_answer)
}

#[test]
fn what_is_not_json_is_a_syntax_error_that_says_where() {
    for line in [
        "",
        " ",
        "\n",
        "hello",
        "{",
        "}",
        "{}{}",
        "{\"src\"}",
        "{'src':1}",
        "\u{feff}{}",
        "[1,]",
        "nul",
        "01",
    ] {
        assert!(matches!(broken(line.as_bytes()).problem, Problem::Syntax(_)), "{line:?}");
    }
    assert!(
        problem(r#"{"src":"c1" "dest""#).starts_with("not JSON: expected `,` or `}` at line 1 column 13")
    );
    let two = r#"{"src":"c1","dest":"n1","body":{"type":"read"}} {}"#;
    assert!(problem(two).contains("trailing characters"), "{}", problem(two));
}

#[test]
fn bytes_that_are_not_utf_8_are_a_syntax_error_wherever_they_would_be_read() {
    for line in [
        &b"{\"src\":\"c\xff\",\"dest\":\"n1\",\"body\":{\"type\":\"read\"}}"[..],
        b"{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{\"type\":\"read\",\"x\":\"\xc3\"}}",
        b"{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{\"type\":\"read\",\"\xff\":1}}",
        b"\xff",
    ] {
        assert!(matches!(broken(line).problem, Problem::Syntax(_)));
    }
}

#[test]
fn json_that_is_not_an_object_is_no_message() {
    for line in ["null", "true", "17", "-17", "1.5", "\"src\"", "[]", r#"[{"src":"c1"}]"#] {
        assert_eq!(problem(line), "not a JSON object", "{line}");
    }
}

#[test]
fn a_missing_key_is_named() {
    for (line, key) in [
        (r#"{"dest":"n1","body":{"type":"read"}}"#, "src"),
        (r#"{"src":"c1","body":{"type":"read"}}"#, "dest"),
        (r#"{"src":"c1","dest":"n1"}"#, "body"),
        (r#"{"src":"c1","dest":"n1","body":{}}"#, "type"),
        ("{}", "src"),
    ] {
        assert_eq!(problem(line), format!("`{key}` is missing or of the wrong type"));
    }
}

#[test]
fn a_key_of_the_wrong_type_is_named() {
    for wrong in ["null", "1", "true", "[]", "{}"] {
        let src = format!(r#"{{"src":{wrong},"dest":"n1","body":{{"type":"read"}}}}"#);
        assert_eq!(problem(&src), "`src` is missing or of the wrong type");
        let dest = format!(r#"{{"src":"c1","dest":{wrong},"body":{{"type":"read"}}}}"#);
        assert_eq!(problem(&dest), "`dest` is missing or of the wrong type");
        let kind = format!(r#"{{"src":"c1","dest":"n1","body":{{"type":{wrong}}}}}"#);
        assert_eq!(problem(&kind), "`type` is missing or of the wrong type");
    }
    for wrong in ["null", "1", "-1", "1.5", "true", "[]", "[[{}]]", r#""type""#, r#""\u0041""#] {
        let body = format!(r#"{{"src":"c1","dest":"n1","body":{wrong}}}"#);
        assert_eq!(problem(&body), "`body` is missing or of the wrong type");
        assert_eq!(salvage(&body), from_c1(None, false));
    }
}

#[test]
fn a_message_number_that_is_not_an_integer_of_64_bits_is_named() {
    let too_large = (i128::from(u64::MAX) + 1).to_string();
    let too_small = (i128::from(i64::MIN) - 1).to_string();
    let huge = "9".repeat(100_000);
    for wrong in ["1.0", "1e3", "true", r#""1""#, "[1]", "{}", &too_large, &too_small, &huge] {
        for key in ["msg_id", "in_reply_to"] {
            let line = format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"read","{key}":{wrong}}}}}"#);
            assert_eq!(problem(&line), format!("`{key}` is missing or of the wrong type"));
            assert_eq!(salvage(&line), from_c1(None, key == "in_reply_to"));
        }
    }
}

#[test]
fn a_broken_body_still_tells_whom_to_answer() {
    assert_eq!(salvage(r#"{"body":{"msg_id":3},"dest":"n1","src":"c1"}"#), from_c1(Some(3), false));
    assert_eq!(salvage(r#"{"src":"c1","dest":"n1","body":{"type":1,"msg_id":3}}"#), from_c1(Some(3), false));
    assert_eq!(salvage(r#"{"src":"c1","dest":"n1","body":{"msg_id":3,"x":}}"#), from_c1(Some(3), false));
    assert_eq!(salvage(r#"{"src":"c1","dest":"n1"}{"#), from_c1(None, false));
    assert_eq!(salvage(r#"{"src":"c1","dest":5}"#), (Some("c1".into()), None, None, false));
    assert_eq!(salvage("garbage"), (None, None, None, false));
}

#[test]
fn a_broken_answer_and_a_broken_error_are_known_as_answers() {
    assert_eq!(
        salvage(r#"{"src":"c1","dest":"n1","body":{"in_reply_to":3,"msg_id":4}}"#),
        from_c1(Some(4), true)
    );
    assert_eq!(salvage(r#"{"src":"c1","dest":"n1","body":{"in_reply_to":"3"}}"#), from_c1(None, true));
    assert_eq!(
        salvage(r#"{"src":"c1","dest":"n1","body":{"type":"error","msg_id":1.5}}"#),
        from_c1(None, true)
    );
    assert_eq!(salvage(r#"{"src":"c1","dest":"n1","body":{"type":"error","code":"#), from_c1(None, true));
    assert_eq!(salvage(r#"{"src":"c1","dest":"n1","body":{"in_reply_to":null}}"#), from_c1(None, false));
}

#[test]
fn a_line_cut_anywhere_tells_what_came_before_the_cut() {
    let line =
        r#"{"id":17,"src":"c1","dest":"n1","body":{"type":"echo","msg_id":345,"echo":"Ω","in_reply_to":6}} "#;
    let end = |token: &str| line.find(token).unwrap() + token.len();
    for cut in 0..end("}}") {
        let Broken { problem, src, dest, msg_id, is_answer } = broken(&line.as_bytes()[..cut]);
        assert!(matches!(problem, Problem::Syntax(_)), "{cut}");
        assert_eq!(src.as_deref(), (cut >= end(r#""c1""#)).then_some("c1"), "{cut}");
        assert_eq!(dest.as_deref(), (cut >= end(r#""n1""#)).then_some("n1"), "{cut}");
        assert_eq!(msg_id, (cut > end("345") && cut != end(":6")).then_some(345), "{cut}: never 3, never 34");
        assert_eq!(is_answer, cut >= end(":6"), "{cut}");
    }
    for cut in end("}}")..=line.len() {
        assert!(Message::decode(&line.as_bytes()[..cut]).is_ok());
    }
}

#[test]
fn a_line_with_any_byte_replaced_never_panics() {
    let line =
        br#"{"id":1,"src":"c1","dest":"n1","body":{"type":"txn","msg_id":-3,"txn":[["r","\u00e9",null]]}}"#;
    for at in 0..line.len() {
        for byte in 0..=255 {
            let mut line = line.to_vec();
            line[at] = byte;
            drop(Message::decode(&line));
        }
    }
}

/// Where deep nesting may stand in a line.
const PLACES: [&str; 6] = [
    "@",
    r#"{"src":"c1","dest":"n1","x":@,"body":{"type":"echo"}}"#,
    r#"{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":1,"echo":@}}"#,
    r#"{"src":"c1","dest":"n1","body":@}"#,
    r#"{"src":@,"dest":"n1","body":{"type":"echo"}}"#,
    r#"{"src":"c1","dest":"n1","body":{"type":"txn","txn":[["r",@,null]]}}"#,
];

#[test]
fn a_hundred_thousand_brackets_neither_overflow_the_stack_nor_take_long() {
    const DEPTH: usize = 100_000;
    let started = Instant::now();
    for place in PLACES {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"type":"#, "}]")] {
            let closed = format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
            for nested in [closed, open.repeat(DEPTH), close.repeat(DEPTH)] {
                let line = place.replace('@', &nested);
                if let Ok(message) = Message::decode(line.as_bytes()) {
                    assert!(txn::Request::decode(&message.body).is_ok() || message.body.kind() != "txn");
                }
            }
        }
    }
    // About 30 MB in all: tens of ms if linear, minutes if quadratic.
    assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
}

#[test]
fn a_deeply_nested_payload_is_a_payload_like_any_other() {
    let payload = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let line = format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"echo","echo":{payload}}}}}"#);
    let message = Message::decode(line.as_bytes()).unwrap();
    assert_eq!(message.body.field::<protocol::Json<'_>>("echo").map(|echo| echo.as_str().len()), Ok(200_000));
}
