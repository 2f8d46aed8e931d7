//! Every workload's and service's messages, each against the line that the documentation gives for it.

use std::fmt::Debug;

use protocol::{Code, Decode, Encode, Entries, ErrorBody, Json, List, Message, Text, Unfit, write_message};
use protocol::{broadcast, counter, echo, init, kv, log, set, tso, txn, unique_ids};
use txn::{Action, Operation};

/// A line from `c1` to `n1` with this type and these fields, in the order in which this crate writes.
/// Leaked, so that tables of messages may borrow from it freely.
fn line(kind: &str, fields: &str) -> &'static str {
    let comma = if fields.is_empty() { "" } else { "," };
    format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"{kind}","msg_id":1{comma}{fields}}}}}"#).leak()
}

/// Asserts that `line` says `expected`, and that `expected` is written as `line`.
#[track_caller]
fn same<'a, V: Decode<'a> + Encode + PartialEq + Debug>(line: &'a str, expected: V) {
    let message = Message::decode(line.as_bytes()).expect("a message");
    assert_eq!(V::decode(&message.body).as_ref(), Ok(&expected));
    let mut written = Vec::new();
    write_message(("c1", "n1"), (Some(1), None), &expected, &mut written);
    assert_eq!(String::from_utf8(written).expect("JSON is UTF-8"), format!("{line}\n"));
}

/// Why `line` is not in the vocabulary.
#[track_caller]
fn unfit<'a, V: Decode<'a> + Debug>(line: &'a str) -> Unfit {
    let message = Message::decode(line.as_bytes()).expect("a message");
    V::decode(&message.body).expect_err("not in the vocabulary")
}

fn json(text: &'static str) -> Json<'static> {
    Json::trusted(text)
}

fn names<'a, const N: usize>(names: [&'a str; N]) -> List<Text<'a>> {
    names.into_iter().map(Text::from).collect()
}

fn by_name<'a, T, const N: usize>(entries: [(&'a str, T); N]) -> Entries<'a, T> {
    entries.into_iter().map(|(name, value)| (Text::from(name), value)).collect()
}

#[test]
fn init_is_read_and_written() {
    let init = init::Request::Init { node_id: "n1".into(), node_ids: names(["n1", "n2"]) };
    same(line("init", r#""node_id":"n1","node_ids":["n1","n2"]"#), init);
    same(line("init_ok", ""), init::Reply::InitOk {});
}

#[test]
fn echo_is_read_and_written() {
    same(
        line("echo", r#""echo":"Please echo 93""#),
        echo::Request::Echo { echo: json(r#""Please echo 93""#) },
    );
    same(line("echo_ok", r#""echo":[null]"#), echo::Reply::EchoOk { echo: json("[null]") });
}

#[test]
fn unique_ids_is_read_and_written() {
    same(line("generate", ""), unique_ids::Request::Generate {});
    same(line("generate_ok", r#""id":"0.a.1""#), unique_ids::Reply::GenerateOk { id: json(r#""0.a.1""#) });
}

#[test]
fn broadcast_is_read_and_written() {
    use broadcast::{Reply, Request};
    let topology = json(r#"{"n0":["n1","n3"],"n1":[]}"#);
    same(line("topology", r#""topology":{"n0":["n1","n3"],"n1":[]}"#), Request::Topology { topology });
    same(line("broadcast", r#""message":12"#), Request::Broadcast { message: json("12") });
    same(line("read", ""), Request::Read {});
    same(line("topology_ok", ""), Reply::TopologyOk {});
    same(line("broadcast_ok", ""), Reply::BroadcastOk {});
    same(line("read_ok", r#""messages":[3,1,12]"#), Reply::ReadOk { messages: json("[3,1,12]") });
}

#[test]
fn g_set_is_read_and_written() {
    same(line("add", r#""element":7"#), set::Request::Add { element: json("7") });
    same(line("read", ""), set::Request::Read {});
    same(line("add_ok", ""), set::Reply::AddOk {});
    same(line("read_ok", r#""value":[7,1]"#), set::Reply::ReadOk { value: json("[7,1]") });
}

#[test]
fn the_counters_are_read_and_written() {
    same(line("add", r#""delta":-3"#), counter::Request::Add { delta: -3 });
    same(line("add", r#""delta":-9223372036854775808"#), counter::Request::Add { delta: i64::MIN });
    same(line("read", ""), counter::Request::Read {});
    same(line("add_ok", ""), counter::Reply::AddOk {});
    same(line("read_ok", r#""value":14"#), counter::Reply::ReadOk { value: 14 });
    let beyond_64_bits = counter::Reply::ReadOk { value: 2 * i128::from(u64::MAX) };
    same(line("read_ok", r#""value":36893488147419103230"#), beyond_64_bits);
}

#[test]
fn key_value_requests_are_read_and_written() {
    use kv::Request;
    same(line("read", r#""key":0"#), Request::Read { key: json("0") });
    same(line("read", r#""key":null"#), Request::Read { key: Json::NULL });
    same(line("write", r#""key":0,"value":2"#), Request::Write { key: json("0"), value: json("2") });
    let (key, from, to) = (json(r#"["a"]"#), json("2"), json("null"));
    let swap = Request::CompareAndSet { key, from, to, create_if_not_exists: None };
    same(line("cas", r#""key":["a"],"from":2,"to":null"#), swap);
    let create = Request::CompareAndSet { key, from, to, create_if_not_exists: Some(true) };
    same(line("cas", r#""key":["a"],"from":2,"to":null,"create_if_not_exists":true"#), create);
}

#[test]
fn key_value_answers_are_read_and_written() {
    same(line("read_ok", r#""value":{"a":[1]}"#), kv::Reply::ReadOk { value: json(r#"{"a":[1]}"#) });
    same(line("write_ok", ""), kv::Reply::WriteOk {});
    same(line("cas_ok", ""), kv::Reply::CompareAndSetOk {});
    same(line("ts", ""), tso::Request::Timestamp {});
    same(line("ts_ok", r#""ts":0"#), tso::Reply::TimestampOk { ts: 0 });
}

#[test]
fn log_requests_are_read_and_written() {
    use log::Request;
    same(line("send", r#""key":"4","msg":11"#), Request::Send { key: "4".into(), msg: json("11") });
    same(line("poll", r#""offsets":{}"#), Request::Poll { offsets: by_name([]) });
    let offsets = by_name([("4", 700), ("9", u64::MAX)]);
    same(line("poll", r#""offsets":{"4":700,"9":18446744073709551615}"#), Request::Poll { offsets });
    let offsets = by_name([("4", 701)]);
    same(line("commit_offsets", r#""offsets":{"4":701}"#), Request::CommitOffsets { offsets });
    let keys = names(["4", "9"]);
    same(line("list_committed_offsets", r#""keys":["4","9"]"#), Request::ListCommittedOffsets { keys });
}

#[test]
fn log_replies_are_read_and_written() {
    use log::Reply;
    same(line("send_ok", r#""offset":700"#), Reply::SendOk { offset: 700 });
    let pairs = List::from_iter([(700, json("11")), (701, json(r#"{"a":[]}"#))]);
    let msgs = by_name([("4", pairs), ("9", List::from_iter([]))]);
    same(line("poll_ok", r#""msgs":{"4":[[700,11],[701,{"a":[]}]],"9":[]}"#), Reply::PollOk { msgs });
    same(line("commit_offsets_ok", ""), Reply::CommitOffsetsOk {});
    let offsets = by_name([("4", 701)]);
    same(
        line("list_committed_offsets_ok", r#""offsets":{"4":701}"#),
        Reply::ListCommittedOffsetsOk { offsets },
    );
}

#[test]
fn transactions_are_read_and_written() {
    let operation = |action, key, value| Operation { action, key: json(key), value: json(value) };
    let asked = [
        operation(Action::Read, "3", "null"),
        operation(Action::Write, "3", "6"),
        operation(Action::Append, r#""x""#, "[2]"),
    ];
    let text = r#""txn":[["r",3,null],["w",3,6],["append","x",[2]]]"#;
    same(line("txn", text), txn::Request::Txn { txn: asked.into_iter().collect() });
    let found = List::from_iter([operation(Action::Read, "3", "[1,2]")]);
    same(line("txn_ok", r#""txn":[["r",3,[1,2]]]"#), txn::Reply::TxnOk { txn: found });
    same(line("txn", r#""txn":[]"#), txn::Request::Txn { txn: List::from_iter([]) });
}

#[test]
fn errors_are_read_and_written() {
    let text = Some(Text::from("key does not exist"));
    same(line("error", r#""code":20,"text":"key does not exist""#), ErrorBody::Error { code: 20, text });
    same(line("error", r#""code":-7"#), ErrorBody::Error { code: -7, text: None });
}

#[test]
fn the_error_table_is_the_documented_one() {
    let table: Vec<_> =
        Code::ALL.iter().map(|code| (code.number(), code.name(), code.is_definite())).collect();
    let documented = [
        (0, "timeout", false),
        (1, "node-not-found", true),
        (10, "not-supported", true),
        (11, "temporarily-unavailable", true),
        (12, "malformed-request", true),
        (13, "crash", false),
        (14, "abort", true),
        (20, "key-does-not-exist", true),
        (21, "key-already-exists", true),
        (22, "precondition-failed", true),
        (30, "txn-conflict", true),
    ];
    assert_eq!(table, documented);
    for number in -1..1_100 {
        let code = Code::from_number(number);
        assert_eq!(code, Code::ALL.iter().copied().find(|code| code.number() as i64 == number));
    }
}

#[test]
fn each_vocabulary_knows_only_its_own_types() {
    assert_eq!(unfit::<echo::Request<'_>>(line("echo_ok", r#""echo":1"#)), Unfit::UnknownType);
    assert_eq!(unfit::<broadcast::Request<'_>>(line("Read", "")), Unfit::UnknownType);
    assert_eq!(unfit::<broadcast::Request<'_>>(line("", "")), Unfit::UnknownType);
    assert_eq!(unfit::<protocol::Nothing>(line("read", "")), Unfit::UnknownType);
    assert_eq!(unfit::<ErrorBody<'_>>(line("read_ok", r#""code":1"#)), Unfit::UnknownType);
}

#[test]
fn a_missing_field_is_named() {
    assert_eq!(unfit::<echo::Request<'_>>(line("echo", "")), Unfit::BadField("echo"));
    assert_eq!(unfit::<init::Request<'_>>(line("init", r#""node_id":"n1""#)), Unfit::BadField("node_ids"));
    assert_eq!(unfit::<init::Request<'_>>(line("init", r#""node_ids":["n1"]"#)), Unfit::BadField("node_id"));
    assert_eq!(unfit::<counter::Request>(line("add", r#""Delta":1"#)), Unfit::BadField("delta"));
    assert_eq!(unfit::<kv::Request<'_>>(line("cas", r#""key":1,"from":1"#)), Unfit::BadField("to"));
    assert_eq!(unfit::<log::Request<'_>>(line("send", r#""msg":1"#)), Unfit::BadField("key"));
    assert_eq!(unfit::<txn::Request<'_>>(line("txn", "")), Unfit::BadField("txn"));
    assert_eq!(unfit::<ErrorBody<'_>>(line("error", r#""text":"?""#)), Unfit::BadField("code"));
}

#[test]
fn a_field_of_the_wrong_type_is_named() {
    for delta in ["1.0", "1e3", r#""1""#, "null", "true", "[1]", "{}", "9223372036854775808"] {
        let add = line("add", &format!(r#""delta":{delta}"#));
        assert_eq!(unfit::<counter::Request>(add), Unfit::BadField("delta"), "{delta}");
    }
    for offsets in ["null", "[]", r#"{"4":-1}"#, r#"{"4":1.0}"#, r#"{"4":"1"}"#, r#"{"4":null}"#, "4"] {
        let poll = line("poll", &format!(r#""offsets":{offsets}"#));
        assert_eq!(unfit::<log::Request<'_>>(poll), Unfit::BadField("offsets"), "{offsets}");
    }
    for node_ids in ["null", r#""n1""#, r#"{"n1":1}"#, "[1]", r#"["n1",null]"#] {
        let init = line("init", &format!(r#""node_id":"n1","node_ids":{node_ids}"#));
        assert_eq!(unfit::<init::Request<'_>>(init), Unfit::BadField("node_ids"), "{node_ids}");
    }
    let create = line("cas", r#""key":1,"from":1,"to":1,"create_if_not_exists":1"#);
    assert_eq!(unfit::<kv::Request<'_>>(create), Unfit::BadField("create_if_not_exists"));
}

#[test]
fn an_operation_is_an_action_a_key_and_a_value_and_nothing_else() {
    for operation in
        [r#"["r",1]"#, "[]", r#"["r",1,null,0]"#, r#"["read",1,null]"#, "[1,1,1]", r#"{"r":1}"#, "null"]
    {
        let txn = line("txn", &format!(r#""txn":[["w",1,1],{operation}]"#));
        assert_eq!(unfit::<txn::Request<'_>>(txn), Unfit::BadField("txn"), "{operation}");
    }
}

#[test]
fn a_null_where_a_field_is_optional_counts_as_absent() {
    let line = line("error", r#""code":11,"text":null"#);
    let message = Message::decode(line.as_bytes()).unwrap();
    assert_eq!(ErrorBody::decode(&message.body), Ok(ErrorBody::Error { code: 11, text: None }));
}
