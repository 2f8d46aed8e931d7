//! What becomes of a call to a service: an answer, a refusal or silence, each of which comes back exactly once.

use core::time::Duration;

use crate::support::{said, say, say_at, started};
use machines::{CallError, Cluster, Context, Input, Machine, Node, Outputs, Start, Ticket, Time};
use protocol::{Code, Json, Nothing, Text, kv, messages};

const ASK: &str = r#"c1 {"type":"ask","whom":"lin-kv","patience_ms":100,"msg_id":7}"#;

/// What the node says when it is woken at `millis`.
fn wake(node: &mut Node<Asker>, millis: u64) -> Vec<String> {
    let mut outputs = Outputs::default();
    node.on_wake(Time::from_millis(millis), &mut outputs);
    said(&outputs)
}

fn refusal(code: u64, text: &str) -> String {
    format!(r#"c1 {{"type":"error","in_reply_to":7,"code":{code},"text":"{text}"}}"#)
}

#[test]
fn a_call_goes_out_with_a_number_and_its_answer_comes_back() {
    let mut node = started::<Asker>(0);
    assert_eq!(say(&mut node, ASK), [r#"lin-kv {"type":"read","msg_id":1,"key":"k"}"#]);
    assert_eq!(node.deadline(), Some(Time::from_millis(100)));
    let answer = r#"lin-kv {"type":"read_ok","value":[1.0],"in_reply_to":1}"#;
    assert_eq!(say(&mut node, answer), [r#"c1 {"type":"told","in_reply_to":7,"value":[1.0]}"#]);
    assert_eq!(node.deadline(), None);
}

#[test]
fn a_repeated_answer_vanishes() {
    let mut node = started::<Asker>(0);
    say(&mut node, ASK);
    let answer = r#"lin-kv {"type":"read_ok","value":5,"in_reply_to":1}"#;
    assert_eq!(say(&mut node, answer).len(), 1);
    assert!(say(&mut node, answer).is_empty());
    assert!(wake(&mut node, 1_000).is_empty());
}

#[test]
fn a_refusal_comes_back_with_its_code() {
    for (error, code) in [
        (r#"{"type":"error","code":20,"text":"key does not exist","in_reply_to":1}"#, 20),
        (r#"{"in_reply_to":1,"code":1234567,"type":"error"}"#, 1_234_567),
    ] {
        let mut node = started::<Asker>(0);
        say(&mut node, ASK);
        assert_eq!(
            say(&mut node, &format!("lin-kv {error}")),
            [refusal(13, &format!("refused with {code}"))]
        );
        assert!(wake(&mut node, 1_000).is_empty());
    }
}

#[test]
fn an_error_without_a_proper_code_counts_as_indefinite() {
    for error in [r#"{"type":"error","in_reply_to":1}"#, r#"{"type":"error","in_reply_to":1,"code":"20"}"#] {
        let mut node = started::<Asker>(0);
        say(&mut node, ASK);
        assert_eq!(say(&mut node, &format!("lin-kv {error}")), [refusal(13, "refused with 13")]);
    }
}

#[test]
fn silence_comes_back_when_the_patience_is_over_and_not_before() {
    let mut node = started::<Asker>(0);
    say(&mut node, ASK);
    assert!(wake(&mut node, 99).is_empty());
    assert_eq!(wake(&mut node, 100), [refusal(0, "no answer")]);
    assert!(wake(&mut node, 101).is_empty());
    assert_eq!(node.deadline(), None);
}

#[test]
fn an_answer_after_the_patience_is_over_vanishes() {
    let mut node = started::<Asker>(0);
    say(&mut node, ASK);
    assert_eq!(wake(&mut node, 4_500).len(), 1);
    let late = r#"lin-kv {"type":"read_ok","value":5,"in_reply_to":1}"#;
    assert!(say_at(&mut node, Time::from_millis(4_501), late).is_empty());
}

#[test]
fn whoever_has_waited_for_longer_than_clients_do_is_not_answered() {
    let mut node = started::<Asker>(0);
    say(&mut node, ASK);
    assert!(wake(&mut node, 4_501).is_empty());
    assert_eq!(node.deadline(), None);
}

#[test]
fn an_answer_to_another_number_is_not_taken_for_it() {
    let mut node = started::<Asker>(0);
    say(&mut node, ASK);
    for number in [0, 2, -1, 7] {
        let answer = format!(r#"lin-kv {{"type":"read_ok","value":5,"in_reply_to":{number}}}"#);
        assert!(say(&mut node, &answer).is_empty());
    }
    assert!(
        say(&mut node, r#"lin-kv {"type":"read_ok","value":5,"in_reply_to":null}"#)[0]
            .contains(r#""code":10"#)
    );
    assert_eq!(node.deadline(), Some(Time::from_millis(100)));
}

#[test]
fn an_answer_to_a_former_life_is_not_taken_for_one_to_this() {
    let mut before = started::<Asker>(0xdead_beef_0000_0000);
    let mut after = started::<Asker>(0x1234_5678_0000_0000);
    let call = &say(&mut before, ASK)[0];
    let number = call.split_once(r#""msg_id":"#).and_then(|(_, rest)| rest.split_once(',')).unwrap().0;
    say(&mut after, ASK);
    let answer = format!(r#"lin-kv {{"type":"read_ok","value":5,"in_reply_to":{number}}}"#);
    assert!(say(&mut after, &answer).is_empty());
    assert_eq!(say(&mut before, &answer).len(), 1);
}

#[test]
fn calls_end_in_the_order_of_their_patience() {
    let mut node = started::<Asker>(0);
    for (client, patience_ms) in [("c1", 300), ("c2", 100), ("c3", 200), ("c4", 100)] {
        let ask = format!(r#"{client} {{"type":"ask","whom":"n2","patience_ms":{patience_ms}}}"#);
        say(&mut node, &ask);
    }
    let silence = |client| format!(r#"{client} {{"type":"error","code":0,"text":"no answer"}}"#);
    assert_eq!(node.deadline(), Some(Time::from_millis(100)));
    assert_eq!(wake(&mut node, 250), ["c2", "c4", "c3"].map(silence));
    assert_eq!(node.deadline(), Some(Time::from_millis(300)));
    assert_eq!(wake(&mut node, 300), ["c1"].map(silence));
}

#[test]
fn a_full_table_gives_the_call_back_and_an_answer_makes_room() {
    let mut node = started::<Asker>(0);
    let full = [refusal(11, "too many calls")];
    let in_flight = (0..1_000_000).take_while(|_| say(&mut node, ASK) != full).count();
    assert_eq!(in_flight, 65_536);
    assert_eq!(say(&mut node, ASK), full);
    assert_eq!(say(&mut node, r#"lin-kv {"type":"read_ok","value":5,"in_reply_to":9}"#).len(), 1);
    assert_eq!(say(&mut node, ASK), [r#"lin-kv {"type":"read","msg_id":65537,"key":"k"}"#]);
    assert_eq!(say(&mut node, ASK), full);
    assert_eq!(wake(&mut node, 100).len(), 65_536);
}

#[test]
fn a_call_without_patience_that_is_made_again_and_again_does_not_keep_the_node_busy() {
    let mut node = started::<Asker>(0);
    let call = |id| format!(r#"seq-kv {{"type":"read","msg_id":{id},"key":"k"}}"#);
    assert_eq!(say(&mut node, r#"c1 {"type":"insist","whom":"seq-kv"}"#), [call(1)]);
    assert_eq!(wake(&mut node, 1), [call(2)]);
    assert_eq!(wake(&mut node, 1), [""; 0]);
    assert!(node.deadline() > Some(Time::from_millis(1)));
    assert_eq!(wake(&mut node, 2), [call(3)]);
}

#[test]
fn endless_patience_is_no_overflow() {
    let mut node = started::<Asker>(0);
    let ask = format!(r#"c1 {{"type":"ask","whom":"n2","patience_ms":{}}}"#, u64::MAX);
    assert_eq!(say_at(&mut node, Time::from_millis(5), &ask).len(), 1);
    assert_eq!(node.deadline(), Some(Time::from_nanos(u64::MAX)));
}

/// A machine that asks whomever it is told to ask for the value of the key `k`, and passes the outcome on.
#[derive(Clone, Debug)]
struct Asker;

/// Whom to tell the outcome.
#[derive(Clone, Debug)]
enum Purpose {
    Tell(Ticket),
    Insist(String),
}

messages! {
    enum Ask<'a> {
        "ask" => Ask { whom: Text<'a>, patience_ms: u64 },
        "insist" => Insist { whom: Text<'a> },
    }
}

messages! {
    enum Told<'a> {
        "told" => Told { value: Json<'a> },
    }
}

impl Machine for Asker {
    type Config = ();
    type Request<'a> = Ask<'a>;
    type Peer<'a> = Nothing;
    type Call = Purpose;

    fn default_config() {}

    fn new(_: &(), _: &Cluster, _: Start, _: Time) -> Self {
        Asker
    }

    fn step(&mut self, context: &mut Context<'_, Purpose>, input: Input<'_, Self>) {
        match input {
            Input::Request(ticket, Ask::Ask { whom, patience_ms }) => {
                call(context, &whom, Purpose::Tell(ticket), Duration::from_millis(patience_ms));
            }
            Input::Request(_, Ask::Insist { whom }) => {
                call(context, &whom, Purpose::Insist(whom.to_string()), Duration::ZERO);
            }
            Input::Answer(Purpose::Tell(ticket), Ok(body)) => {
                let value = body.field("value").expect("the tests answer with a value");
                context.reply(ticket, &Told::Told { value });
            }
            Input::Answer(Purpose::Tell(ticket), Err(CallError::Refused(code))) => {
                context.refuse(ticket, Code::Crash, &format!("refused with {code}"));
            }
            Input::Answer(Purpose::Tell(ticket), Err(CallError::Expired)) => {
                context.refuse(ticket, Code::Timeout, "no answer");
            }
            Input::Answer(Purpose::Insist(whom), _) => {
                call(context, &whom, Purpose::Insist(whom.clone()), Duration::ZERO);
            }
            Input::Peer(_, nothing) => match nothing {},
            Input::Tick => {}
        }
    }
}

fn call(context: &mut Context<'_, Purpose>, whom: &str, purpose: Purpose, patience: Duration) {
    let read = kv::Request::Read { key: Json::trusted(r#""k""#) };
    if let Err(Purpose::Tell(ticket)) = context.call(whom, &read, purpose, patience) {
        context.refuse(ticket, Code::TemporarilyUnavailable, "too many calls");
    }
}
