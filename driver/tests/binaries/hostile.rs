//! What no well-meaning sender says, said to every binary: each message it knows with each field missing, of every wrong
//! type, beyond every bound and twice; from strangers, from itself, at the wrong time, with odd numbers.
//!
//! One life hears hundreds of such lines. Whatever they are, each request is answered once and in its turn, nothing is
//! said to the node itself, and what is asked last is answered as if nothing had happened.

use std::collections::BTreeSet;

use crate::common::*;
use protocol::{Body, Message};
use serde_json::{Value, json};

/// What may stand where something else should.
const ODD: [&str; 27] = [
    "null",
    "true",
    "\"\"",
    "\"x\"",
    r#""\u0000\ud83e\udd80\ufffe""#,
    "0",
    "-0",
    "-1",
    "1.5",
    "1e2",
    "1e400",
    "-1e-400",
    "9007199254740993",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "[]",
    "[null]",
    "[[]]",
    "[[0]]",
    "[[1,2,3]]",
    "[[1,2,1,1,[1]]]",
    r#"["r",1,null]"#,
    "{}",
    r#"{"":[]}"#,
    r#"{"k":1,"k":-1,"k":1e99}"#,
];

/// A body: its fields, as JSON, in order.
type Fields = Vec<(String, String)>;

fn fields(body: &str) -> Fields {
    let body: Value = serde_json::from_str(body).unwrap();
    body.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}

/// The bodies that `word` becomes when one field is left out, replaced, or said twice with the last one odd or sound.
fn variations(word: &str) -> Vec<Fields> {
    let sound = fields(word);
    let digits = "9".repeat(400);
    let nested = "[".repeat(1_000) + &"]".repeat(1_000);
    let odd: Vec<&str> = ODD.into_iter().chain([&*digits, &*nested]).collect();
    let mut variations = vec![sound.clone()];
    for at in (0..sound.len()).filter(|&at| sound[at].0 != "type") {
        let mut missing = sound.clone();
        missing.remove(at);
        variations.push(missing);
        for odd in &odd {
            let mut replaced = sound.clone();
            replaced[at].1 = odd.to_string();
            variations.push(replaced);
            let mut again = sound.clone();
            again.push((sound[at].0.clone(), odd.to_string()));
            variations.push(again);
            let mut corrected = sound.clone();
            corrected.insert(0, (sound[at].0.clone(), odd.to_string()));
            variations.push(corrected);
        }
    }
    variations
}

/// The line that says so.
fn message(src: &str, dest: &str, fields: &Fields) -> String {
    let body: Vec<String> = fields.iter().map(|(key, json)| format!("{}:{json}", json!(key))).collect();
    format!("{{\"src\":{},\"dest\":{},\"body\":{{{}}}}}\n", json!(src), json!(dest), body.join(","))
}

fn request(src: &str, mut fields: Fields, msg_id: i128) -> String {
    fields.push(("msg_id".to_string(), msg_id.to_string()));
    message(src, "n1", &fields)
}

/// What matters about an answer.
#[derive(Debug)]
struct Answer {
    kind: String,
    number: Option<i128>,
    code: Option<i64>,
}

/// What a life said to `dest`. All of it must be messages from the node.
#[track_caller]
fn said_to(dest: &str, stdout: &[u8]) -> Vec<Answer> {
    assert!(stdout.is_empty() || stdout.ends_with(b"\n"), "the last line is not complete");
    let messages = stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(|line| {
        let message = Message::decode(line).unwrap();
        assert_eq!(&*message.src, "n1");
        message
    });
    let answer = |body: Body<'_>| Answer {
        kind: body.kind().to_string(),
        number: body.in_reply_to,
        code: body.field("code").ok(),
    };
    messages.filter(|message| &*message.dest == dest).map(|message| answer(message.body)).collect()
}

/// Asserts that these requests and no others were answered: in their turn, unless some had to wait for a service.
#[track_caller]
fn assert_answered(binary: &Binary, stdout: &[u8], asked: &[i128]) {
    let answered: Vec<i128> = said_to("c1", stdout).iter().map(|answer| answer.number.unwrap()).collect();
    if binary.service.is_none() {
        assert_eq!(answered, asked, "{}", binary.name);
    }
    assert_eq!(answered.last(), asked.last(), "{}", binary.name);
    let once: BTreeSet<i128> = answered.iter().copied().collect();
    assert_eq!(once.len(), answered.len(), "{}: some were answered twice", binary.name);
    assert!(once.is_subset(&asked.iter().copied().collect()), "{}: some were never asked", binary.name);
    assert!(said_to("n1", stdout).is_empty(), "{} talks to itself", binary.name);
}

const NODES: [&str; 3] = ["n1", "n2", "n3"];

#[test]
fn every_request_is_answered_once_whichever_field_is_missing_or_odd_or_said_twice() {
    for binary in ALL {
        let mut asked = vec![1];
        let mut input = init(&NODES);
        for variation in binary.words.iter().flat_map(|word| variations(word)) {
            let msg_id = asked.len() as i128 + 1;
            input += &request("c1", variation, msg_id);
            asked.push(msg_id);
        }
        assert!(asked.len() > if binary.name == "unique-ids" { 1 } else { 80 }, "{}", binary.name);
        asked.push(1_000_000);
        let life = live(binary.path, input + &binary.ask(1_000_000), |_| ());
        assert_answered(&binary, said(&life), &asked);
        assert_eq!(complaints(&life), [""; 0], "{}", binary.name);
    }
}

#[test]
fn before_init_nothing_is_carried_out_whatever_it_is() {
    for binary in ALL {
        let mut asked = Vec::new();
        let mut input = String::new();
        for variation in binary.words.iter().chain(&[GOSSIP]).flat_map(|word| variations(word)) {
            asked.push(asked.len() as i128 + 2);
            input += &request("c1", variation, *asked.last().unwrap());
        }
        let early = asked.len();
        asked.extend([1, 1_000_000]);
        let life = live(binary.path, input + &init(&NODES) + &binary.ask(1_000_000), |_| ());
        let answers = said_to("c1", said(&life));
        assert!(answers[..early].iter().all(|answer| answer.code == Some(11)), "{}", binary.name);
        assert_answered(&binary, said(&life), &asked);
    }
}

/// Everything that a message between nodes can hold.
const GOSSIP: &str = r#"{"type":"gossip1","me":77,"you":1,"n":1,"ack":1,"held_ms":3,"wait_ms":4,"vector":[],"ask":1,
    "answer":1,"again":true,"under":[0],"lost":[2],"settled":[[1,77,1]],"runs":[[1,77,1,1,[1]]]}"#;

#[test]
fn what_another_node_says_is_taken_or_refused_whichever_field_is_missing_or_odd_or_said_twice() {
    for binary in ALL {
        let mut input = init(&NODES);
        for (number, mut variation) in variations(GOSSIP).into_iter().enumerate() {
            // Every other one is from a node that has just started.
            if number % 2 == 0 {
                variation.iter_mut().filter(|(key, _)| key == "me").for_each(|me| me.1 = number.to_string());
            }
            input += &message("n2", "n1", &variation);
        }
        let life = live(binary.path, input + &binary.ask(2), |_| ());
        assert_answered(&binary, said(&life), &[1, 2]);
        assert_eq!(complaints(&life), [""; 0], "{}", binary.name);
    }
}

#[test]
fn strangers_and_clients_that_speak_as_nodes_are_refused_and_so_is_the_node_itself() {
    for binary in ALL {
        let mut input = init(&NODES);
        for src in ["n4", "c1", "", "n2 ", "N2", "seq-kv"] {
            input += &request(src, fields(GOSSIP), 5);
        }
        let life = live(binary.path, input + &binary.ask(2), |_| ());
        for src in ["n4", "", "n2 ", "N2"] {
            let answers = said_to(src, said(&life));
            let code = if binary.gossips { 12 } else { 10 };
            assert_eq!((answers.len(), answers[0].code), (1, Some(code)), "{}: {src:?}", binary.name);
        }
    }
}

#[test]
fn a_node_that_hears_itself_soon_has_nothing_more_to_say() {
    for binary in ALL {
        let own = binary.words.iter().chain(&[GOSSIP]).map(|word| message("n1", "n1", &fields(word)));
        let mut heard: String = own.collect();
        let mut times = 0;
        while !heard.is_empty() {
            // It answers whoever asks. Its answers are then refused as requests that they are not, and that is the end.
            assert!(times < 3, "{}: {heard}", binary.name);
            times += 1;
            let life = live(binary.path, init(&NODES) + &heard + &binary.ask(2), |_| ());
            assert_eq!(complaints(&life), [""; 0], "{}", binary.name);
            let answers = said_to("c1", said(&life));
            assert_eq!((answers.len(), answers[1].number), (2, Some(2)), "{}", binary.name);
            let text = String::from_utf8(said(&life).to_vec()).unwrap();
            let to_itself = text.split_inclusive('\n').filter(|line| line.contains(r#""dest":"n1""#));
            heard = to_itself.collect();
        }
    }
}

#[test]
fn replies_that_nobody_asked_for_vanish() {
    let replies = [
        r#"{"type":"read_ok","value":7}"#,
        r#"{"type":"read_ok"}"#,
        r#"{"type":"write_ok"}"#,
        r#"{"type":"cas_ok"}"#,
        r#"{"type":"init_ok"}"#,
        r#"{"type":"error","code":20,"text":"no"}"#,
        r#"{"type":"error","code":"20"}"#,
        r#"{"type":"no such thing"}"#,
        GOSSIP,
    ];
    for binary in ALL {
        let mut input = init(&NODES);
        for (src, reply) in
            ["c1", "n2", "n1", "seq-kv", "x"].into_iter().flat_map(|src| replies.map(|it| (src, it)))
        {
            for in_reply_to in ["0", "1", "-1", "2097152", "18446744073709551615", "-9223372036854775808"] {
                let mut reply = fields(reply);
                reply.push(("in_reply_to".to_string(), in_reply_to.to_string()));
                input += &request(src, reply, 9);
            }
        }
        input += &message("n2", "n1", &fields(r#"{"type":"error","code":11}"#));
        let life = live(binary.path, input + &binary.ask(2), |_| ());
        assert_eq!(complaints(&life), [""; 0], "{}", binary.name);
        assert_answered(&binary, said(&life), &[1, 2]);
        let lines = said(&life).split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let others = lines.filter(|line| !line.windows(11).any(|window| window == br#""dest":"c1""#));
        let calls = if binary.service.is_some() { 1 } else { 0 };
        assert!(others.count() <= calls, "{}: {}", binary.name, String::from_utf8_lossy(said(&life)));
    }
}

#[test]
fn numbers_may_repeat_and_be_as_large_as_64_bits_and_come_back_as_they_are() {
    let sound =
        ["2", "2", "2", "1", "0", "-1", "9007199254740993", "18446744073709551615", "-9223372036854775808"];
    let broken =
        ["18446744073709551616", "-9223372036854775809", "1.0", "1e3", "1e400", "\"7\"", "true", "[1]"];
    for binary in ALL {
        let ask = |msg_id: &str| {
            let mut request = fields(binary.request);
            request.push(("msg_id".to_string(), msg_id.to_string()));
            message("c1", "n1", &request)
        };
        let input =
            init(&NODES) + &sound.map(ask).concat() + &broken.map(ask).concat() + &ask("null") + &ask("3");
        let life = live(binary.path, input, |_| ());
        let answers = said_to("c1", said(&life));
        let number = |answer: &Answer| answer.number.map_or("null".to_string(), |number| number.to_string());
        let numbers: Vec<String> = answers.iter().map(number).collect();
        let expected = ["1"].into_iter().chain(sound).chain(broken.map(|_| "null")).chain(["null", "3"]);
        assert_eq!(numbers, expected.collect::<Vec<_>>(), "{}", binary.name);
        let refused = &answers[1 + sound.len()..][..broken.len()];
        assert!(refused.iter().all(|answer| answer.code == Some(12)), "{}: {refused:?}", binary.name);
        assert_eq!(complaints(&life).len(), broken.len(), "{}", binary.name);
    }
}

#[test]
fn an_envelope_with_any_part_missing_or_odd_is_told_on_stderr_and_refused_where_that_is_possible() {
    let sound = [("src", "\"c1\""), ("dest", "\"n1\""), ("body", r#"{"type":"x","msg_id":5}"#)];
    let mut lines = Vec::new();
    for at in 0..sound.len() {
        let mut missing = sound.to_vec();
        missing.remove(at);
        lines.push(missing);
        for odd in ODD.into_iter().filter(|odd| !(at < 2 && odd.starts_with('"'))) {
            let mut replaced = sound.to_vec();
            replaced[at].1 = odd;
            lines.push(replaced);
        }
    }
    let line = |parts: &Vec<(&str, &str)>| {
        let parts: Vec<String> = parts.iter().map(|(key, json)| format!("\"{key}\":{json}")).collect();
        format!("{{{}}}\n", parts.join(","))
    };
    let input: String = lines.iter().map(line).collect();
    // Without a sender or a receiver there is nobody to tell; without a sound body there is no number.
    let without_body = 1 + ODD.len();
    for binary in ALL {
        let life = live(binary.path, init(&NODES) + &input + &binary.ask(2), |_| ());
        assert_eq!(complaints(&life).len(), lines.len(), "{}", binary.name);
        let answers = said_to("c1", said(&life));
        assert_eq!(answers.len(), 1 + without_body + 1, "{}", binary.name);
        let refusals = &answers[1..=without_body];
        assert!(refusals.iter().all(|it| (it.code, it.number) == (Some(12), None)), "{}", binary.name);
        assert_eq!(answers[without_body + 1].number, Some(2), "{}", binary.name);
    }
}

#[test]
fn a_second_init_changes_nothing_and_only_the_same_one_is_welcome() {
    let others = [json!({"node_id": "n2", "node_ids": NODES}), json!({"node_id": "n1", "node_ids": ["n1"]})];
    for binary in ALL {
        let mut input = init(&NODES) + &init(&NODES);
        for other in &others {
            let mut body = other.clone();
            body["type"] = json!("init");
            body["msg_id"] = json!(1);
            input += &line(body);
        }
        let life = live(binary.path, input + &binary.ask(2), |_| ());
        let codes: Vec<Option<i64>> = said_to("c1", said(&life)).iter().map(|answer| answer.code).collect();
        assert_eq!(codes, [None, None, Some(22), Some(22), None], "{}", binary.name);
    }
}

#[test]
fn an_init_that_makes_no_cluster_is_refused_and_any_other_is_taken() {
    let none = [
        json!({"node_id": "n9", "node_ids": ["n1", "n2"]}),
        json!({"node_id": "", "node_ids": ["n1"]}),
        json!({"node_id": "n1", "node_ids": []}),
        json!({"node_id": "n1", "node_ids": ["n1", "n2", "n1"]}),
    ];
    let odd_name = "\u{0}\"\\\u{1f980}".repeat(1_000);
    let some = [
        json!({"node_id": "n1", "node_ids": ["n2", "n1"]}),
        json!({"node_id": "n1", "node_ids": ["n1", ""], "and": {"more": [1e99]}}),
        json!({"node_id": "n1", "node_ids": [odd_name, "n1"]}),
    ];
    let said_as = |body: &Value| {
        let mut body = body.clone();
        body["type"] = json!("init");
        body["msg_id"] = json!(1);
        line(body)
    };
    for binary in ALL {
        for good in &some {
            let input = none.iter().map(said_as).collect::<String>() + &said_as(good) + &binary.ask(2);
            let life = live(binary.path, input, |_| ());
            let told = said_to("c1", said(&life));
            assert!(
                told[..none.len()].iter().all(|answer| answer.code == Some(12)),
                "{}: {told:?}",
                binary.name
            );
            assert_eq!(told.len(), none.len() + 2, "{}", binary.name);
            assert_eq!(told[none.len()].kind, "init_ok", "{}", binary.name);
        }
    }
}
