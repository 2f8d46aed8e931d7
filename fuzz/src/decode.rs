//! Any bytes as a line. Decoding never panics; the short cut for ordinary messages leads where serde_json leads; where `serde_json::Value` can read the line too, both see the same message;
//! and what a vocabulary understands, it writes so that it understands the same again.

use std::collections::BTreeMap;

use protocol::{Body, Broken, Decode, Encode, ErrorBody, Json, Message, MessageId, Problem, write_message};
use protocol::{broadcast, counter, echo, gossip, init, kv, log, set, tso, txn, unique_ids};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Checks all of that for `line`.
pub fn decode(line: &[u8]) {
    same_outcome(&Message::decode(line), &Message::decode_by_serde(line));
    let value: Option<Value> = serde_json::from_slice(line).ok();
    match (Message::decode(line), value) {
        (Ok(message), Some(value)) => same_message(&message, &value),
        (Err(broken), Some(value)) => same_remains(&broken, &value),
        // A `Value` holds no numbers beyond an f64, no halves of UTF-16 pairs and no more than 128 levels. It is JSON though.
        (Ok(_), None) => drop(serde_json::from_slice::<IgnoredAny>(line).expect("JSON")),
        (Err(_), None) => {}
    }
    if let Ok(message) = Message::decode(line) {
        rewrites(&message);
    }
}

/// Asserts that two ways of reading a line found the same.
fn same_outcome<'a>(one: &Result<Message<'a>, Broken<'a>>, other: &Result<Message<'a>, Broken<'a>>) {
    match (one, other) {
        (Ok(one), Ok(other)) => assert_eq!(one, other),
        _ => assert_eq!(format!("{one:?}"), format!("{other:?}")),
    }
}

/// Asserts that a message has the names, numbers and fields that `value` has.
fn same_message(message: &Message<'_>, value: &Value) {
    let body = &value["body"];
    assert_eq!(value["src"], *message.src);
    assert_eq!(value["dest"], *message.dest);
    assert_eq!(body["type"], *message.body.kind());
    assert!(is_number(&body["msg_id"], message.body.msg_id), "{value}");
    assert!(is_number(&body["in_reply_to"], message.body.in_reply_to), "{value}");
    let fields: BTreeMap<&str, Option<Value>> =
        message.body.fields().map(|(key, json)| (key, serde_json::from_str(json.as_str()).ok())).collect();
    let others = body.as_object().expect("an object").iter();
    let others = others.filter(|(key, _)| !matches!(&***key, "type" | "msg_id" | "in_reply_to"));
    assert_eq!(fields, others.map(|(key, value)| (&**key, Some(value.clone()))).collect());
}

/// Asserts that what is JSON and no message lacks something, and that what there is of it has been made out.
fn same_remains(broken: &Broken<'_>, value: &Value) {
    let body = &value["body"];
    let lacks = match broken.problem {
        Problem::Syntax(_) => false,
        Problem::NotAnObject => !value.is_object(),
        Problem::BadKey(key @ ("src" | "dest")) => !value[key].is_string(),
        Problem::BadKey("body") => !body.is_object(),
        Problem::BadKey("type") => !body["type"].is_string(),
        Problem::BadKey(key) => !body[key].is_null() && is_number(&body[key], None),
    };
    assert!(lacks, "{broken}: {value}");
    assert_eq!(value["src"].as_str(), broken.src.as_deref());
    assert_eq!(value["dest"].as_str(), broken.dest.as_deref());
    assert!(is_number(&body["msg_id"], broken.msg_id), "{broken:?}: {value}");
    assert_eq!(broken.is_answer, body["type"] == "error" || !body["in_reply_to"].is_null());
}

/// Whether `value` may be read as this integer, or as none. A `Value` does not tell `-0`, which is an integer, from `-0.0` and
/// `-1e-999`, which are none.
fn is_number(value: &Value, read: Option<MessageId>) -> bool {
    let integer = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
    let may_be_zero =
        value.is_f64() && value.as_f64().is_some_and(|zero| zero == 0.0 && zero.is_sign_negative());
    read == integer || (may_be_zero && read == Some(0))
}

/// Asserts that every vocabulary that understands the message writes the same names, numbers and fields, and understands
/// and writes that the same way again.
fn rewrites(message: &Message<'_>) {
    macro_rules! each {
        ($($vocabulary:ty)*) => { $(
            if let Ok(said) = <$vocabulary>::decode(&message.body) {
                let line = written(message, &said);
                let again = Message::decode(&line).expect("what was written is a message");
                same_fields(&again, message);
                let said = <$vocabulary>::decode(&again.body).expect("what was written is understood");
                assert_eq!(written(&again, &said), line);
            }
        )* };
    }
    each!(broadcast::Request<'_> broadcast::Reply<'_> counter::Request counter::Reply echo::Request<'_> echo::Reply<'_>);
    each!(init::Request<'_> init::Reply kv::Request<'_> kv::Reply<'_> log::Request<'_> log::Reply<'_>);
    each!(set::Request<'_> set::Reply<'_> tso::Request tso::Reply txn::Request<'_> txn::Reply<'_>);
    each!(unique_ids::Request unique_ids::Reply<'_> gossip::Gossip<'_> ErrorBody<'_>);
}

/// Asserts that all that `again` says `message` says too.
fn same_fields(again: &Message<'_>, message: &Message<'_>) {
    assert_eq!((&*again.src, &*again.dest), (&*message.src, &*message.dest));
    assert_eq!(again.body.kind(), message.body.kind());
    assert_eq!(numbers(&again.body), numbers(&message.body));
    let integer = |json: Json<'_>| json.as_str().parse::<i128>().map(|integer| integer.to_string()).ok();
    let other =
        |json: Json<'_>| serde_json::from_str::<Value>(json.as_str()).ok().map(|value| value.to_string());
    let read = |json| integer(json).or_else(|| other(json));
    for (key, json) in again.body.fields() {
        let original = message.body.fields().filter(|&(name, _)| name == key).last();
        let (_, original) = original.expect("no field is made up");
        assert_eq!(read(json), read(original), "{key}");
    }
}

fn written(message: &Message<'_>, body: &impl Encode) -> Vec<u8> {
    let mut line = Vec::new();
    write_message((&message.src, &message.dest), numbers(&message.body), body, &mut line);
    assert_eq!(line.pop(), Some(b'\n'));
    line
}

fn numbers(body: &Body<'_>) -> (Option<MessageId>, Option<MessageId>) {
    (body.msg_id, body.in_reply_to)
}
