//! What nodes say to each other comes out as it went in, whatever of it there is.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use protocol::gossip::{Count, Gossip, Run};
use protocol::{Decode, Json, List, Message, Unfit, write_message};

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..9_u64, any::<u64>(), Just(u64::MAX), Just(1 << 53)]
}

fn counts() -> impl Strategy<Value = List<Count>> {
    vec((any::<u32>(), number(), number()), 0..10).prop_map(List::from_iter)
}

fn runs() -> impl Strategy<Value = List<Run<'static>>> {
    let updates =
        prop::sample::select(vec!["[]", "[1,[2,\"]\"]]", "{\"k\": 0}", "null", "\"\\u0041\"", "-0.5e9"]);
    let run = (any::<u32>(), number(), number(), number(), updates.prop_map(Json::trusted));
    vec(run, 0..10).prop_map(List::from_iter)
}

fn gossip() -> impl Strategy<Value = Gossip<'static>> {
    let numbers = (number(), of(number()), of(number()), of(number()), of(number()), of(number()));
    let (asks, again) = ((of(number()), of(number()), of((number(), number()))), of(any::<bool>()));
    let nodes = || of(vec(any::<u32>(), 0..10).prop_map(List::from_iter));
    (numbers, asks, again, (nodes(), nodes()), of(counts()), of(counts()), of(runs())).prop_map(
        |(
            (me, you, n, ack, held_ms, wait_ms),
            (ask, answer, own),
            again,
            (under, lost),
            vector,
            settled,
            runs,
        )| {
            #[rustfmt::skip]
            let gossip = Gossip::Gossip {
                me, you, n, ack, held_ms, wait_ms, vector, own, ask, answer, again, under, lost, settled, runs,
            };
            gossip
        },
    )
}

fn written(gossip: &Gossip<'_>) -> String {
    let mut line = Vec::new();
    write_message(("n1", "n2"), (None, None), gossip, &mut line);
    String::from_utf8(line).expect("JSON is UTF-8")
}

fn read(line: &str) -> Result<Gossip<'_>, Unfit> {
    Gossip::decode(&Message::decode(line.as_bytes()).expect("a message").body)
}

#[track_caller]
fn assert_same(line: &str, gossip: &Gossip<'_>) {
    let again = read(line).expect("it is understood");
    assert_eq!(format!("{again:?}"), format!("{gossip:?}"), "{line}");
}

proptest! {
    #![proptest_config(crate::the_same_each_time())]

    #[test]
    fn what_is_written_is_read_the_same(gossip in gossip()) {
        assert_same(&written(&gossip), &gossip);
    }

    #[test]
    fn unknown_keys_and_nulls_say_nothing(gossip in gossip(), at_end in any::<bool>()) {
        let unknown = r#""mood":{"me":-1,"runs":7},"n2":[],"#;
        let line = written(&gossip);
        let place = if at_end { line.rfind("\"me\"") } else { line.find("\"type\"") }.expect("every gossip has it");
        let line = format!("{}{unknown}{}", &line[..place], &line[place..]);
        assert_same(&line, &gossip);
    }
}

fn body(fields: &str) -> String {
    format!(r#"{{"src":"n1","dest":"n2","body":{{{fields}}}}}"#)
}

#[test]
fn a_null_is_as_good_as_nothing() {
    let null = body(
        r#""type":"gossip1","me":5,"you":null,"n":null,"vector":null,"ask":null,"lost":null,"settled":null,"runs":null"#,
    );
    let nothing = body(r#""type":"gossip1","me":5"#);
    assert_eq!(read(&null), read(&nothing));
}

#[test]
fn another_version_is_unknown() {
    for version in ["gossip", "gossip0", "gossip2", "gossip10", "Gossip1"] {
        assert_eq!(read(&body(&format!(r#""type":"{version}","me":5"#))), Err(Unfit::UnknownType));
    }
}

#[test]
fn a_field_of_another_shape_is_named() {
    assert_eq!(read(&body(r#""type":"gossip1""#)), Err(Unfit::BadField("me")));
    for (field, wrong) in [
        ("me", "-1"),
        ("me", "18446744073709551616"),
        ("you", "1.0"),
        ("n", "\"1\""),
        ("ack", "[]"),
        ("held_ms", "true"),
        ("wait_ms", "-5"),
        ("vector", "{}"),
        ("vector", "[[0,1]]"),
        ("vector", "[[0,1,2,3]]"),
        ("vector", "[[4294967296,1,2]]"),
        ("ask", "true"),
        ("answer", "\"true\""),
        ("again", "{}"),
        ("under", "true"),
        ("under", "[0,null]"),
        ("under", "[4294967296]"),
        ("lost", "[-1]"),
        ("settled", "[null]"),
        ("runs", "[[0,1,1,1]]"),
        ("runs", "[[0,1,-1,1,[]]]"),
    ] {
        let me = if field == "me" { "" } else { r#""me":5,"# };
        let line = body(&format!(r#""type":"gossip1",{me}"{field}":{wrong}"#));
        assert_eq!(read(&line), Err(Unfit::BadField(field)), "{wrong}");
    }
}
