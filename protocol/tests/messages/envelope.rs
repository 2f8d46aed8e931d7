//! Lines that are messages, in all the ways in which one may be written.

use protocol::{Json, Message, MessageId, write_message};
use protocol::{broadcast, echo};

/// The line's sender, receiver, type and number.
#[track_caller]
fn read(line: &str) -> (String, String, String, Option<MessageId>) {
    let message = decoded(line);
    let body = &message.body;
    (message.src.to_string(), message.dest.to_string(), body.kind().to_string(), body.msg_id)
}

#[track_caller]
fn decoded(line: &str) -> Message<'_> {
    Message::decode(line.as_bytes()).expect(line)
}

fn names(
    src: &str,
    dest: &str,
    kind: &str,
    msg_id: Option<MessageId>,
) -> (String, String, String, Option<MessageId>) {
    (src.into(), dest.into(), kind.into(), msg_id)
}

#[test]
fn a_message_has_a_sender_a_receiver_and_a_body() {
    let line = r#"{"src":"c1","dest":"n1","body":{"type":"read","msg_id":5}}"#;
    assert_eq!(read(line), names("c1", "n1", "read", Some(5)));
}

#[test]
fn the_networks_id_and_unknown_keys_are_skipped() {
    let line = r#"{"id":7,"src":"c1","x":{"src":"c9","body":[]},"dest":"n1","body":{"type":"read","y":null},"z":[[1]]}"#;
    assert_eq!(read(line), names("c1", "n1", "read", None));
    assert_eq!(decoded(line).body.fields().collect::<Vec<_>>(), [("y", Json::NULL)]);
}

#[test]
fn white_space_goes_between_any_two_tokens_and_around() {
    let line = " \t{ \"body\" : {\t\"msg_id\" :\r5 , \"type\" : \"read\" } , \"dest\":\"n1\" ,\"src\": \"c1\" } \r\n";
    assert_eq!(read(line), names("c1", "n1", "read", Some(5)));
}

#[test]
fn keys_names_and_types_may_be_written_with_escapes() {
    let line = r#"{"\u0073rc":"c\u0031","d\u0065st":"n\t\"1\"","\u0062ody":{"t\u0079pe":"\u0072ead","msg\u005fid":5}}"#;
    assert_eq!(read(line), names("c1", "n\t\"1\"", "read", Some(5)));
}

#[test]
fn names_and_types_are_unicode() {
    let line = r#"{"src":"č€𝄞","dest":"\ud834\udd1e","body":{"type":"ぜ","ключ":"значение"}}"#;
    assert_eq!(read(line), names("č€𝄞", "𝄞", "ぜ", None));
    let message = decoded(line);
    assert_eq!(message.body.fields().collect::<Vec<_>>(), [("ключ", Json::trusted("\"значение\""))]);
}

#[test]
fn a_message_number_is_any_integer_of_64_bits() {
    let numbers = [0, 1, -1, i64::MIN.into(), i64::MAX.into(), u64::MAX.into()];
    for number in numbers {
        let line = format!(
            r#"{{"src":"c1","dest":"n1","body":{{"type":"read","msg_id":{number},"in_reply_to":{number}}}}}"#
        );
        let body = decoded(&line).body;
        assert_eq!((body.msg_id, body.in_reply_to), (Some(number), Some(number)));
        let mut written = Vec::new();
        let read = broadcast::Request::Read {};
        write_message(("c1", "n1"), (body.msg_id, body.in_reply_to), &read, &mut written);
        assert_eq!(String::from_utf8(written).unwrap(), format!("{line}\n"));
    }
}

#[test]
fn a_null_instead_of_a_message_number_counts_as_absent() {
    let line = r#"{"src":"lin-kv","dest":"n1","body":{"type":"write_ok","in_reply_to":null,"msg_id":null}}"#;
    let body = decoded(line).body;
    assert_eq!((body.msg_id, body.in_reply_to), (None, None));
}

#[test]
fn of_a_repeated_key_the_last_one_counts() {
    let line = r#"{"src":1,"dest":"n9","body":{"type":"add","x":1},"src":"c1","dest":"n1",
        "body":{"type":2,"msg_id":"3","type":"read","msg_id":4,"y":5,"y":6}}"#;
    assert_eq!(read(line), names("c1", "n1", "read", Some(4)));
    let body = decoded(line).body;
    assert_eq!(body.field::<i64>("y"), Ok(6));
    assert!(body.field::<i64>("x").is_err(), "the first body is gone");
}

#[test]
fn payloads_are_kept_byte_for_byte() {
    for payload in [
        r#""""#,
        r#""\u0041\/\\\"é\ud83d\ude00""#,
        "1.0",
        "-0.0",
        "1e400",
        "12345678901234567890123456789012345678901234567890",
        "[ 1,\t[ ] , { } ]",
        r#"{"b":1,"a":2,"b":3}"#,
        "true",
        "null",
    ] {
        let line =
            format!(r#"{{"src":"c1","dest":"n1","body":{{"echo":{payload},"type":"echo","msg_id":1}}}}"#);
        let body = decoded(&line).body;
        assert_eq!(body.field::<Json<'_>>("echo"), Ok(Json::trusted(payload)));
        let mut written = Vec::new();
        let reply = echo::Reply::EchoOk { echo: body.field("echo").unwrap() };
        write_message(("n1", "c1"), (None, Some(1)), &reply, &mut written);
        let said = r#"{"src":"n1","dest":"c1","body":{"type":"echo_ok","in_reply_to":1,"echo":"#;
        assert_eq!(String::from_utf8(written).unwrap(), format!("{said}{payload}}}}}\n"));
    }
}

#[test]
fn names_are_written_with_the_escapes_that_they_need() {
    let mut written = Vec::new();
    write_message(("n\"\\\n\u{1}", "č/\u{7f}"), (None, None), &broadcast::Request::Read {}, &mut written);
    let line = String::from_utf8(written).unwrap();
    assert_eq!(
        line,
        concat!(r#"{"src":"n\"\\\n\u0001","dest":"č/"#, "\u{7f}", r#"","body":{"type":"read"}}"#, "\n")
    );
    assert_eq!(read(&line), names("n\"\\\n\u{1}", "č/\u{7f}", "read", None));
}

#[test]
fn a_body_of_many_fields_keeps_them_all() {
    let fields: String = (0..1_000).map(|number| format!(r#","field {number}":{number}"#)).collect();
    let line = format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"read"{fields}}}}}"#);
    let body = decoded(&line).body;
    assert_eq!(body.fields().count(), 1_000);
    assert_eq!(body.field::<u64>("field 999"), Ok(999));
}
