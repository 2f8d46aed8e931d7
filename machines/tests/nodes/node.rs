//! What every node does, whatever its machine: the handshake, errors, and who may say what.

use crate::support::{said, say, started};
use machines::{Cluster, Context, Echo, Input, Machine, Node, Outputs, Start, Time, UniqueIds};
use protocol::{Json, Nothing, Text, messages};

/// Feeds the node a line as it is; returns what it says and whether it took the line for a message.
#[track_caller]
fn feed<M: Machine>(node: &mut Node<M>, line: &str) -> (Vec<String>, bool) {
    let mut outputs = Outputs::default();
    let is_message = node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).is_ok();
    (said(&outputs), is_message)
}

fn fresh() -> Node<Echo> {
    Node::new((), 0)
}

#[test]
fn before_init_every_request_is_refused() {
    let mut node = fresh();
    let refusal = r#"c1 {"type":"error","in_reply_to":4,"code":11,"text":"there has been no init yet"}"#;
    assert_eq!(say(&mut node, r#"c1 {"type":"echo","echo":1,"msg_id":4}"#), [refusal]);
    assert_eq!(say(&mut node, r#"c1 {"type":"no such thing","msg_id":4}"#), [refusal]);
}

#[test]
fn before_init_answers_and_errors_vanish_and_time_means_nothing() {
    let mut node = fresh();
    assert!(say(&mut node, r#"c1 {"type":"echo_ok","echo":1,"in_reply_to":4}"#).is_empty());
    assert!(say(&mut node, r#"c1 {"type":"error","code":11,"msg_id":4}"#).is_empty());
    let mut outputs = Outputs::default();
    node.on_wake(Time::from_millis(1_000), &mut outputs);
    assert!(outputs.is_empty() && node.deadline().is_none() && node.machine().is_none());
}

#[test]
fn init_is_answered_and_then_the_machine_is_there() {
    let mut node = fresh();
    let init = r#"c0 {"type":"init","node_id":"n1","node_ids":["n0","n1"],"msg_id":1}"#;
    assert_eq!(say(&mut node, init), [r#"c0 {"type":"init_ok","in_reply_to":1}"#]);
    assert!(node.machine().is_some());
    let echo = r#"c1 {"type":"echo","echo":1,"msg_id":2}"#;
    assert_eq!(say(&mut node, echo), [r#"c1 {"type":"echo_ok","in_reply_to":2,"echo":1}"#]);
}

#[test]
fn the_same_init_again_is_answered_again_and_changes_nothing() {
    let mut node = started::<UniqueIds>(0xa);
    assert!(say(&mut node, r#"c1 {"type":"generate","msg_id":1}"#)[0].contains(r#""id":"0.a.1""#));
    let again = r#"c7 {"type":"init","node_id":"n1","node_ids":["n1","n2","n3"],"msg_id":9}"#;
    assert_eq!(say(&mut node, again), [r#"c7 {"type":"init_ok","in_reply_to":9}"#]);
    assert!(say(&mut node, r#"c1 {"type":"generate","msg_id":2}"#)[0].contains(r#""id":"0.a.2""#));
}

#[test]
fn a_different_init_is_refused_and_changes_nothing() {
    let mut node = started::<UniqueIds>(0xa);
    for (node_id, node_ids) in [
        ("n2", r#"["n1","n2","n3"]"#),
        ("n1", r#"["n1","n2"]"#),
        ("n1", r#"["n1","n3","n2"]"#),
        ("n1", r#"["n1","n2","n3","n4"]"#),
    ] {
        let init = format!(r#"c0 {{"type":"init","node_id":"{node_id}","node_ids":{node_ids},"msg_id":8}}"#);
        let text = "there has been a different init already";
        let refusal = format!(r#"c0 {{"type":"error","in_reply_to":8,"code":22,"text":"{text}"}}"#);
        assert_eq!(say(&mut node, &init), [refusal]);
    }
    assert!(say(&mut node, r#"c1 {"type":"generate","msg_id":1}"#)[0].contains(r#""id":"0.a.1""#));
}

#[test]
fn an_init_that_describes_no_cluster_is_refused_and_a_good_one_may_follow() {
    let mut node = fresh();
    for (fields, text) in [
        (r#""node_id":"n9","node_ids":["n1","n2"]"#, "node_id is not among node_ids"),
        (r#""node_id":"n1","node_ids":[]"#, "node_id is not among node_ids"),
        (r#""node_id":"n1","node_ids":["n1","n2","n1"]"#, "node_ids names a node twice"),
        (r#""node_id":"n1""#, "`node_ids` of `init` is missing or malformed"),
        (r#""node_id":"n1","node_ids":"n1""#, "`node_ids` of `init` is missing or malformed"),
        (r#""node_id":1,"node_ids":["n1"]"#, "`node_id` of `init` is missing or malformed"),
        (r#""node_ids":["n1"]"#, "`node_id` of `init` is missing or malformed"),
    ] {
        let init = format!(r#"c0 {{"type":"init",{fields},"msg_id":1}}"#);
        let refusal = format!(r#"c0 {{"type":"error","in_reply_to":1,"code":12,"text":"{text}"}}"#);
        assert_eq!(say(&mut node, &init), [refusal]);
        assert!(node.machine().is_none());
    }
    let init = r#"c0 {"type":"init","node_id":"n1","node_ids":["n1"],"msg_id":2}"#;
    assert_eq!(say(&mut node, init), [r#"c0 {"type":"init_ok","in_reply_to":2}"#]);
}

#[test]
fn a_cluster_may_have_ten_thousand_nodes() {
    let mut node = Node::<Parrot>::new((), 0);
    let names: Vec<String> = (0..10_000).map(|number| format!(r#""n{number}""#)).collect();
    let init = format!(r#"c0 {{"type":"init","node_id":"n1","node_ids":[{}],"msg_id":1}}"#, names.join(","));
    assert_eq!(say(&mut node, &init), [r#"c0 {"type":"init_ok","in_reply_to":1}"#]);
    assert_eq!(
        say(&mut node, r#"n9999 {"type":"squawk","squawk":1}"#),
        [r#"n9999 {"type":"squawk","squawk":1}"#]
    );
}

#[test]
fn an_unknown_type_is_refused_with_ten() {
    let mut node = started::<Echo>(0);
    let refusal =
        r#"c1 {"type":"error","in_reply_to":4,"code":10,"text":"unknown type `no\nsuch \"thing\"`"}"#;
    assert_eq!(say(&mut node, r#"c1 {"type":"no\nsuch \"thing\"","msg_id":4}"#), [refusal]);
    let init_ok = r#"c1 {"type":"error","in_reply_to":4,"code":10,"text":"unknown type `init_ok`"}"#;
    assert_eq!(say(&mut node, r#"c1 {"type":"init_ok","msg_id":4}"#), [init_ok]);
}

#[test]
fn a_megabyte_of_a_type_is_not_sent_back() {
    let mut node = started::<Echo>(0);
    let refusal = &say(&mut node, &format!(r#"c1 {{"type":"{}","msg_id":4}}"#, "€".repeat(1_000_000)))[0];
    assert!(refusal.contains(r#""code":10"#) && refusal.contains("`€€€") && refusal.len() < 200, "{refusal}");
}

#[test]
fn a_known_type_of_the_wrong_form_is_refused_with_twelve() {
    let mut node = started::<Echo>(0);
    let text = "`echo` of `echo` is missing or malformed";
    let refusal = format!(r#"c1 {{"type":"error","in_reply_to":4,"code":12,"text":"{text}"}}"#);
    assert_eq!(say(&mut node, r#"c1 {"type":"echo","msg_id":4}"#), [refusal]);
}

#[test]
fn a_broken_line_is_refused_with_twelve_as_far_as_it_says_whom_to_tell() {
    let mut node = started::<Echo>(0);
    let text = "`type` is missing or of the wrong type";
    let refusal = format!(r#"c1 {{"type":"error","in_reply_to":4,"code":12,"text":"{text}"}}"#);
    let line = r#"{"src":"c1","dest":"n1","body":{"type":5,"msg_id":4}}"#;
    assert_eq!(feed(&mut node, line), (vec![refusal], false));
    let (said, is_message) =
        feed(&mut node, r#"{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":4,"ec"#);
    assert!(
        said[0].starts_with(r#"c1 {"type":"error","in_reply_to":4,"code":12,"text":"not JSON: "#),
        "{said:?}"
    );
    assert!(said.len() == 1 && !is_message);
    for line in
        ["", "hello", "[]", r#"{"src":"c1"}"#, r#"{"dest":"n1","body":{"type":"echo","msg_id":4}}"#, "\u{0}"]
    {
        assert_eq!(feed(&mut node, line), (vec![], false));
    }
}

#[test]
fn a_broken_line_says_what_is_wrong_with_it() {
    let mut outputs = Outputs::default();
    let problem = fresh().on_line(Time::ZERO, b"[]", &mut outputs).expect_err("not a message");
    assert_eq!(problem.to_string(), "not a JSON object");
    let problem = fresh().on_line(Time::ZERO, b"\xff\xfe", &mut outputs).expect_err("not a message");
    assert_eq!(problem.to_string(), "not JSON: expected value at line 1 column 1");
}

#[test]
fn answers_that_nobody_asked_for_vanish() {
    let mut node = started::<Echo>(0);
    for body in [
        r#"{"type":"echo_ok","echo":1,"in_reply_to":1}"#,
        r#"{"type":"echo","echo":1,"in_reply_to":0,"msg_id":4}"#,
        r#"{"type":"no such thing","in_reply_to":-1,"msg_id":4}"#,
        r#"{"type":"init","node_id":"n2","node_ids":[],"in_reply_to":1,"msg_id":4}"#,
    ] {
        assert!(say(&mut node, &format!("c1 {body}")).is_empty(), "{body}");
        assert!(say(&mut node, &format!("n2 {body}")).is_empty(), "{body}");
    }
}

#[test]
fn errors_are_never_answered() {
    let mut node = started::<Echo>(0);
    for body in [
        r#"{"type":"error","code":11,"text":"later","in_reply_to":1}"#,
        r#"{"type":"error","code":11,"msg_id":4}"#,
        r#"{"type":"error","code":"?","text":[],"msg_id":4}"#,
        r#"{"type":"error"}"#,
    ] {
        assert!(say(&mut node, &format!("n2 {body}")).is_empty(), "{body}");
    }
    for broken in [
        r#"{"src":"n2","dest":"n1","body":{"type":"error","msg_id":"4"}}"#,
        r#"{"src":"n2","dest":"n1","body":{"type":"error","msg_id":4,"co"#,
        r#"{"src":"n2","dest":"n1","body":{"in_reply_to":3,"msg_id":4}}"#,
        r#"{"src":"n2","dest":"n1","body":{"type":"echo","in_reply_to":"3","msg_id":4}}"#,
    ] {
        assert_eq!(feed(&mut node, broken), (vec![], false), "{broken}");
    }
}

#[test]
fn a_request_without_a_number_is_carried_out_and_answered_without_one() {
    let mut node = started::<Echo>(0);
    assert_eq!(say(&mut node, r#"c1 {"type":"echo","echo":1}"#), [r#"c1 {"type":"echo_ok","echo":1}"#]);
    assert_eq!(
        say(&mut node, r#"c1 {"type":"echo","echo":1,"msg_id":null}"#),
        [r#"c1 {"type":"echo_ok","echo":1}"#]
    );
    let refusal = r#"c1 {"type":"error","code":10,"text":"unknown type `x`"}"#;
    assert_eq!(say(&mut node, r#"c1 {"type":"x"}"#), [refusal]);
}

#[test]
fn every_message_number_comes_back_as_it_was() {
    let mut node = started::<Echo>(0);
    for number in [0, 1, -1, i128::from(i64::MIN), i64::MAX.into(), u64::MAX.into()] {
        let echo = format!(r#"c1 {{"type":"echo","echo":1,"msg_id":{number}}}"#);
        assert_eq!(
            say(&mut node, &echo),
            [format!(r#"c1 {{"type":"echo_ok","in_reply_to":{number},"echo":1}}"#)]
        );
    }
}

#[test]
fn a_line_may_come_with_its_newline_and_a_carriage_return() {
    let mut node = started::<Echo>(0);
    for end in ["", "\n", "\r\n", " \t"] {
        let line = format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"echo","echo":1}}}}{end}"#);
        assert_eq!(feed(&mut node, &line), (vec![r#"c1 {"type":"echo_ok","echo":1}"#.to_string()], true));
    }
}

#[test]
fn a_clone_does_the_same_from_there_on() {
    let mut node = started::<UniqueIds>(7);
    say(&mut node, r#"c1 {"type":"generate","msg_id":1}"#);
    let mut twin = node.clone();
    for _ in 0..3 {
        let generate = r#"c1 {"type":"generate","msg_id":2}"#;
        assert_eq!(say(&mut node, generate), say(&mut twin, generate));
    }
}

#[test]
fn outputs_hold_all_that_was_said_until_they_are_cleared() {
    let mut node = started::<Echo>(0);
    let mut outputs = Outputs::default();
    for echo in 1..=20 {
        let line = format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"echo","echo":{echo}}}}}"#);
        node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).unwrap();
    }
    let lines: Vec<u8> = outputs.lines().flat_map(|line| [line, b"\n"].concat()).collect();
    assert_eq!((outputs.lines().count(), &*lines), (20, outputs.bytes()));
    outputs.clear();
    assert!(outputs.is_empty() && outputs.bytes().is_empty() && outputs.lines().next().is_none());
}

#[test]
fn nodes_may_say_what_strangers_may_not() {
    let mut node = started::<Parrot>(0);
    let squawk = r#"{"type":"squawk","squawk":[1],"msg_id":4}"#;
    assert_eq!(say(&mut node, &format!("n3 {squawk}")), [r#"n3 {"type":"squawk","squawk":[1]}"#]);
    for stranger in ["c1", "n4", "N2", "lin-kv", "", "n1"] {
        let text = "only nodes of the cluster say this";
        let refusal = format!(r#"{stranger} {{"type":"error","in_reply_to":4,"code":12,"text":"{text}"}}"#);
        assert_eq!(say(&mut node, &format!("{stranger} {squawk}")), [refusal]);
    }
}

#[test]
fn what_nodes_say_in_the_wrong_form_is_refused_too() {
    let mut node = started::<Parrot>(0);
    let text = "`squawk` of `squawk` is missing or malformed";
    assert_eq!(
        say(&mut node, r#"n2 {"type":"squawk"}"#),
        [format!(r#"n2 {{"type":"error","code":12,"text":"{text}"}}"#)]
    );
}

#[test]
fn a_node_may_ask_like_a_client() {
    let mut node = started::<Parrot>(0);
    let answer = r#"n2 {"type":"squawk","squawk":"n1 of 3"}"#;
    assert_eq!(say(&mut node, r#"n2 {"type":"who","name":"?"}"#), [answer]);
}

/// A machine that says back what other nodes say to it, and who it is to everyone.
#[derive(Clone, Debug)]
struct Parrot;

messages! {
    enum Question<'a> {
        "who" => Who { name: Text<'a> },
    }
}

messages! {
    enum Squawk<'a> {
        "squawk" => Squawk { squawk: Json<'a> },
    }
}

impl Machine for Parrot {
    type Config = ();
    type Request<'a> = Question<'a>;
    type Peer<'a> = Squawk<'a>;
    type Call = Nothing;

    fn default_config() {}

    fn new(_: &(), _: &Cluster, _: Start, _: Time) -> Self {
        Parrot
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        match input {
            Input::Peer(position, squawk) => context.send(position, &squawk),
            Input::Request(ticket, Question::Who { .. }) => {
                let cluster = context.cluster;
                let who = format!(r#""{} of {}""#, cluster.name(cluster.me()), cluster.size());
                context.reply(ticket, &Squawk::Squawk { squawk: Json::trusted(&who) });
            }
            Input::Answer(..) | Input::Tick => {}
        }
    }
}
