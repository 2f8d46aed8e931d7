//! Challenge 2.

use std::collections::BTreeSet;

use crate::support::{said, say, say_at, started};
use machines::{Node, Outputs, Time, UniqueIds};

/// The node at `position` of a cluster of three, in the life that `seed` stands for.
fn node(position: usize, seed: u64) -> Node<UniqueIds> {
    let mut node = Node::new((), seed);
    let init = format!(
        r#"{{"src":"c0","dest":"n{position}","body":{{"type":"init","node_id":"n{position}","node_ids":["n0","n1","n2"]}}}}"#
    );
    node.on_line(Time::ZERO, init.as_bytes(), &mut Outputs::default()).expect("init is a message");
    node
}

/// The next id, as JSON.
fn generate(node: &mut Node<UniqueIds>) -> String {
    let mut outputs = Outputs::default();
    let line = br#"{"src":"c1","dest":"n","body":{"type":"generate","msg_id":1}}"#;
    node.on_line(Time::ZERO, line, &mut outputs).expect("a message");
    let reply = str::from_utf8(outputs.bytes()).expect("JSON is UTF-8").trim_end();
    let (start, id) = reply.split_once(r#""generate_ok","in_reply_to":1,"id":"#).expect(reply);
    assert!(start.contains(r#""dest":"c1""#));
    id.strip_suffix("}}").expect(reply).to_string()
}

#[test]
fn ids_are_unique_among_nodes_and_over_restarts() {
    let mut ids = BTreeSet::new();
    // Seeds that differ in one bit only, and seeds whose digits could run together with the count's.
    for seed in [0, 1, 2, 0x10, 0x11, 0x100, u64::MAX, u64::MAX - 1, 1 << 63] {
        for position in 0..3 {
            let mut node = node(position, seed);
            for _ in 0..300 {
                assert!(ids.insert(generate(&mut node)), "an id came twice");
            }
        }
    }
    assert_eq!(ids.len(), 9 * 3 * 300);
}

#[test]
fn nodes_that_share_a_seed_give_different_ids_all_the_same() {
    let ids: BTreeSet<String> = (0..3).map(|position| generate(&mut node(position, 7))).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn ids_are_all_strings_so_they_can_be_compared() {
    for seed in [0, 7, u64::MAX] {
        let id = generate(&mut node(2, seed));
        let text = id.strip_prefix('"').and_then(|id| id.strip_suffix('"')).expect("a string");
        assert!(text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'.'), "{text} needs no escapes");
    }
}

#[test]
fn an_id_tells_the_node_its_life_and_the_count() {
    let mut node = node(2, 0xbeef);
    let ids: Vec<String> = (0..17).map(|_| generate(&mut node)).collect();
    assert_eq!((&*ids[0], &*ids[16]), (r#""2.beef.1""#, r#""2.beef.11""#));
}

#[test]
fn one_reply_to_whoever_asks_and_no_word_to_anybody_else() {
    let mut node = started::<UniqueIds>(1);
    for (count, name) in ["c1", "c2", "n2", "n1"].into_iter().enumerate() {
        let reply = format!(r#"{name} {{"type":"generate_ok","in_reply_to":5,"id":"0.1.{}"}}"#, count + 1);
        assert_eq!(say(&mut node, &format!(r#"{name} {{"type":"generate","msg_id":5}}"#)), [reply]);
    }
    let mut outputs = Outputs::default();
    say_at(&mut node, Time::from_millis(1), r#"c1 {"type":"generate","msg_id":1}"#);
    node.on_wake(Time::from_millis(1_000_000), &mut outputs);
    assert!(said(&outputs).is_empty() && node.deadline().is_none());
}

#[test]
fn a_refused_request_uses_up_no_id() {
    let mut node = started::<UniqueIds>(1);
    assert!(say(&mut node, r#"c1 {"type":"generat","msg_id":1}"#)[0].contains(r#""code":10"#));
    assert!(say(&mut node, r#"c1 {"type":"generate","msg_id":2}"#)[0].contains(r#""id":"0.1.1""#));
}
