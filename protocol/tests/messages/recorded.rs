//! What real nodes were sent: `recorded/` holds the standard input of one node in a short run of each workload under
//! Maelstrom 0.2.4. The node also called each of the services.

use std::fs;
use std::path::Path;

use protocol::{Body, Decode, ErrorBody, Message, Unfit};
use protocol::{broadcast, counter, echo, init, kv, log, set, tso, txn, unique_ids};

const ECHO: &str = include_str!("../recorded/echo.jsonl");
const UNIQUE_IDS: &str = include_str!("../recorded/unique-ids.jsonl");
const BROADCAST: &str = include_str!("../recorded/broadcast.jsonl");
const G_SET: &str = include_str!("../recorded/g-set.jsonl");
const G_COUNTER: &str = include_str!("../recorded/g-counter.jsonl");
const PN_COUNTER: &str = include_str!("../recorded/pn-counter.jsonl");
const LIN_KV: &str = include_str!("../recorded/lin-kv.jsonl");
const KAFKA: &str = include_str!("../recorded/kafka.jsonl");
const TXN_LIST_APPEND: &str = include_str!("../recorded/txn-list-append.jsonl");
const TXN_RW_REGISTER: &str = include_str!("../recorded/txn-rw-register.jsonl");

/// Asserts that each line is a message: from a client `init` or a request of the workload, from a service its answer.
#[track_caller]
fn all_fit<'a>(lines: &'a str, request: fn(&Body<'a>) -> Result<(), Unfit>) {
    let mut requests = 0;
    for line in lines.lines() {
        let message = Message::decode(line.as_bytes()).expect(line);
        assert_eq!(&*message.dest, "n0");
        let fits = match (&*message.src, message.body.kind()) {
            (_, "init") => fits::<init::Request<'_>>(&message.body),
            (_, "error") => fits::<ErrorBody<'_>>(&message.body),
            ("lin-kv" | "seq-kv" | "lww-kv", _) => fits::<kv::Reply<'_>>(&message.body),
            ("lin-tso", _) => fits::<tso::Reply>(&message.body),
            (client, _) => {
                assert!(client.starts_with('c') && message.body.msg_id.is_some(), "{line}");
                requests += 1;
                request(&message.body)
            }
        };
        assert_eq!(fits, Ok(()), "{line}");
    }
    assert!(requests > 0, "no client asked for anything");
}

fn fits<'a, V: Decode<'a>>(body: &Body<'a>) -> Result<(), Unfit> {
    V::decode(body).map(drop)
}

#[test]
fn everything_said_to_an_echo_node_is_understood() {
    all_fit(ECHO, fits::<echo::Request<'_>>);
}

#[test]
fn everything_said_to_a_unique_ids_node_is_understood() {
    all_fit(UNIQUE_IDS, fits::<unique_ids::Request>);
}

#[test]
fn everything_said_to_a_broadcast_node_is_understood() {
    all_fit(BROADCAST, fits::<broadcast::Request<'_>>);
}

#[test]
fn everything_said_to_a_set_node_is_understood() {
    all_fit(G_SET, fits::<set::Request<'_>>);
}

#[test]
fn everything_said_to_the_counter_nodes_is_understood() {
    all_fit(G_COUNTER, fits::<counter::Request>);
    all_fit(PN_COUNTER, fits::<counter::Request>);
}

#[test]
fn everything_said_to_a_key_value_node_is_understood() {
    all_fit(LIN_KV, fits::<kv::Request<'_>>);
}

#[test]
fn everything_said_to_a_log_node_is_understood() {
    all_fit(KAFKA, fits::<log::Request<'_>>);
}

#[test]
fn everything_said_to_the_transaction_nodes_is_understood() {
    all_fit(TXN_LIST_APPEND, fits::<txn::Request<'_>>);
    all_fit(TXN_RW_REGISTER, fits::<txn::Request<'_>>);
}

#[test]
fn no_recording_is_left_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 10);
}
