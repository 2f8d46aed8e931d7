//! Decoding against `serde_json::Value` as the oracle, on lines that nobody would think of.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use protocol::{Entries, Json, List, Message, Text};

use crate::decode;
use serde_json::value::RawValue;

/// A JSON string in one of the ways in which it can be written.
fn string() -> impl Strategy<Value = String> {
    let plain = r#"[a-z0-9 /č€𝄞]{0,6}"#;
    let escaped = select(&[r"\n", r"\u0061", r"\\", r#"\""#, r"\/", r"\ud834\udd1e"]);
    (plain, escaped, plain, any::<bool>()).prop_map(|(before, escape, after, is_plain)| {
        if is_plain { format!("\"{before}\"") } else { format!("\"{before}{escape}{after}\"") }
    })
}

fn number() -> impl Strategy<Value = String> {
    let integers =
        prop_oneof![any::<i64>().prop_map(i128::from), any::<u64>().prop_map(i128::from), -3..30_i128];
    let others =
        select(&["-0", "0.5", "-1.5e-7", "1E3", "1.0", "18446744073709551616", "-9223372036854775809"]);
    prop_oneof![3 => integers.prop_map(|integer| integer.to_string()), 1 => others.prop_map(str::to_string)]
}

/// Any JSON value, as text.
fn json() -> impl Strategy<Value = String> {
    let word = select(&["null", "true", "false"]).prop_map(str::to_string);
    let leaf = prop_oneof![word, number(), string()];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let entry = (string(), inner.clone()).prop_map(|(key, value)| format!("{key}:{value}"));
        let list = vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", ")));
        let object = vec(entry, 0..4).prop_map(|entries| format!("{{ {}}}", entries.join(",")));
        prop_oneof![list, object]
    })
}

/// Entries in any order, some of them twice or not at all, each mostly with a value of the right type.
fn object(entries: Vec<(&'static str, BoxedStrategy<String>)>) -> BoxedStrategy<String> {
    let entry = |(key, value): (&'static str, BoxedStrategy<String>)| {
        let value = prop_oneof![8 => value, 1 => json()];
        let copies = prop_oneof![8 => Just(1_usize), 1 => Just(0), 1 => Just(2)];
        (vec(value, 2), copies).prop_map(move |(values, copies)| {
            values.into_iter().take(copies).map(|value| format!("\"{key}\":{value}")).collect::<Vec<_>>()
        })
    };
    let entries = entries.into_iter().map(entry).collect::<Vec<_>>();
    let all = entries.prop_map(|entries| entries.concat()).prop_shuffle();
    all.prop_map(|entries| format!("{{{}}}", entries.join(","))).boxed()
}

/// Something like a message.
fn line() -> impl Strategy<Value = String> {
    let kinds = ["echo", "read", "add", "txn", "send", "poll", "error", "cas", "init", "read_ok", "poll_ok"];
    let kind = select(kinds.to_vec()).prop_map(|kind| format!("\"{kind}\""));
    let body = object(vec![
        ("type", kind.boxed()),
        ("msg_id", number().boxed()),
        ("in_reply_to", number().boxed()),
        ("key", string().boxed()),
        ("value", json().boxed()),
        ("delta", number().boxed()),
        ("offsets", json().boxed()),
    ]);
    let name = || string().boxed();
    object(vec![
        ("id", number().boxed()),
        ("src", name()),
        ("dest", name()),
        ("body", body),
        ("more", json().boxed()),
    ])
}

proptest! {
    #![proptest_config(crate::the_same_each_time())]

    #[test]
    fn any_bytes_are_a_message_or_not_but_no_panic(line in vec(any::<u8>(), 0..200)) {
        decode::decode(&line);
    }

    #[test]
    fn any_text_is_a_message_or_not_but_no_panic(line in r#"[{}\[\]":,\\a-e0-9.eEu \n-]{0,60}"#) {
        decode::decode(line.as_bytes());
    }

    #[test]
    fn any_json_is_seen_as_the_oracle_sees_it(line in json()) {
        decode::decode(line.as_bytes());
    }

    #[test]
    fn any_json_is_taken_apart_as_the_oracle_takes_it_apart(text in json()) {
        let json = Json::trusted(&text);
        let raw = |raw: &&RawValue| raw.get().to_string();
        let list = serde_json::from_str::<Vec<&RawValue>>(&text).ok();
        let elements = json.elements().map(|elements| elements.map(|it| it.as_str().to_string()).collect());
        prop_assert_eq!(&elements, &list.as_ref().map(|list| list.iter().map(raw).collect::<Vec<_>>()));
        let parsed = json.parse::<List<Json<'_>>>();
        prop_assert_eq!(parsed.map(|list| list.iter().map(|it| it.as_str().to_string()).collect()), elements);
        let pair = serde_json::from_str::<(&RawValue, Vec<&RawValue>)>(&text).ok();
        let parsed = json.parse::<(Json<'_>, List<Json<'_>>)>();
        prop_assert_eq!(parsed.map(|(one, _)| one.as_str().to_string()), pair.map(|(one, _)| raw(&one)));
        let object = serde_json::from_str::<BTreeMap<String, &RawValue>>(&text).ok();
        let parsed = json.parse::<Entries<'_, Json<'_>>>();
        prop_assert_eq!(
            parsed.map(|it| it.iter().map(|(key, it)| (key.to_string(), it.as_str().to_string())).collect()),
            object.map(|it| it.iter().map(|(key, it)| (key.clone(), raw(it))).collect::<BTreeMap<_, _>>())
        );
        prop_assert_eq!(json.parse::<u64>(), serde_json::from_str(&text).ok());
        prop_assert_eq!(json.parse::<bool>(), serde_json::from_str(&text).ok());
        let string = serde_json::from_str::<String>(&text).ok();
        prop_assert_eq!(json.parse::<Text<'_>>().map(|text| text.to_string()), string);
    }

    #[test]
    fn text_that_is_no_json_is_taken_apart_without_a_panic(text in r#"[{}\[\]":,\\a-e0-9é.eEu \n-]{0,60}"#) {
        let json = Json::trusted(&text);
        let _ = json.parse::<List<List<Entries<'_, Json<'_>>>>>();
        let _ = json.parse::<Entries<'_, (Text<'_>, u64)>>();
        let _ = json.elements().map(Iterator::count);
    }

    #[test]
    fn anything_like_a_message_is_seen_as_the_oracle_sees_it(line in line()) {
        decode::decode(line.as_bytes());
    }

    #[test]
    fn anything_like_a_message_cut_anywhere_is_no_panic(line in line(), cut in any::<prop::sample::Index>()) {
        decode::decode(&line.as_bytes()[..cut.index(line.len())]);
    }

    #[test]
    fn the_order_of_keys_means_nothing(
        envelope in Just(["src", "dest", "body", "id", "other"]).prop_shuffle(),
        body in Just(["type", "msg_id", "in_reply_to", "echo", "other"]).prop_shuffle(),
        echo in json(),
    ) {
        let value = |key| match key {
            "src" => r#""c1""#,
            "dest" => r#""n1""#,
            "type" => r#""echo""#,
            "msg_id" => "7",
            "in_reply_to" => "8",
            _ => &echo,
        };
        let entry = |key| format!("\"{key}\":{}", value(key));
        let body = format!("\"body\":{{{}}}", body.map(entry).join(","));
        let entries = envelope.map(|key| if key == "body" { body.clone() } else { entry(key) });
        let line = format!("{{{}}}", entries.join(","));
        let message = Message::decode(line.as_bytes()).unwrap();
        prop_assert_eq!((&*message.src, &*message.dest, message.body.kind()), ("c1", "n1", "echo"));
        prop_assert_eq!((message.body.msg_id, message.body.in_reply_to), (Some(7), Some(8)));
        prop_assert_eq!(message.body.field("echo"), Ok(Json::trusted(&echo)));
    }
}
