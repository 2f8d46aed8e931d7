//! What is too long for one line travels in several, each of which makes sense by itself (`machines`, module `engine`,
//! "Deltas").

use crate::support::pair::{Pair, started};
use machines::engine::MAX_UPDATE_BYTES;
use machines::{Broadcast, Log, Txn};

const MIB: usize = 1 << 20;

/// No line is longer than one update of the greatest length and what goes around it.
const MAX_LINE: usize = MAX_UPDATE_BYTES + MIB;

fn long(mark: char, length: usize) -> String {
    format!("\"{}\"", String::from(mark).repeat(length))
}

#[test]
fn what_came_together_during_a_partition_goes_over_in_pieces() {
    let mut pair = Pair::<Broadcast>::new();
    pair.is_cut = true;
    for mark in 'a'..='t' {
        let value = long(mark, 3 * MIB);
        pair.ask(usize::from(mark < 'd'), &format!(r#"{{"type":"broadcast","message":{value}}}"#));
    }
    pair.rounds(4);
    pair.is_cut = false;
    pair.rounds(12);
    let shown = [0, 1].map(|node| pair.ask(node, r#"{"type":"read"}"#));
    for (node, shown) in shown.iter().enumerate() {
        let lacking: Vec<char> = ('a'..='t').filter(|mark| !shown.contains(&long(*mark, 3 * MIB))).collect();
        assert!(lacking.is_empty(), "n{node} lacks {lacking:?}");
    }
    assert!(pair.longest < MAX_LINE, "a line of {} bytes", pair.longest);
    assert!(pair.longest > 12 * MIB, "and pieces are not needlessly small: {}", pair.longest);
}

#[test]
fn a_node_that_comes_back_from_nothing_gets_all_messages_of_a_long_log_in_pieces() {
    let mut pair = Pair::<Log>::new();
    for mark in 'a'..='t' {
        let message = long(mark, 3 * MIB);
        pair.ask(usize::from(mark < 'd'), &format!(r#"{{"type":"send","key":"k","msg":{message}}}"#));
        pair.rounds(2);
    }
    pair.rounds(4);
    pair.nodes[1] = started(1, 7);
    pair.rounds(20);
    let mut from = 0;
    let mut shown = String::new();
    while shown.chars().count() < 20 {
        let page = pair.ask(1, &format!(r#"{{"type":"poll","offsets":{{"k":{from}}}}}"#));
        let (_, entry) = page.split_once("[[").expect("there are more messages");
        let (offset, message) = entry.split_once(",\"").expect("an entry");
        shown.push(message.chars().next().expect("a message"));
        from = offset.parse::<u64>().expect("an offset") + 1;
    }
    assert_eq!(shown, ('a'..='t').collect::<String>());
    assert!(pair.longest < MAX_LINE, "a line of {} bytes", pair.longest);
}

/// Of stable transactions only what registers still hold is left, so they must come together: a part of them would show
/// half of a transaction.
#[test]
fn a_node_that_comes_back_from_nothing_is_shown_whole_transactions_only() {
    let mut pair = Pair::<Txn>::new();
    for number in 0..8 {
        let value = long('v', 5 * MIB);
        let other = if number == 0 { r#"["w","y",0]"# } else { r#"["r","y",null]"# };
        let txn = format!(r#"[["w","x",{number}],["w","big {number}",{value}],{other}]"#);
        pair.ask(0, &format!(r#"{{"type":"txn","txn":{txn}}}"#));
        pair.rounds(2);
    }
    pair.rounds(4);
    pair.nodes[1] = started(1, 7);
    pair.breaks = true;
    let mut shown = String::new();
    for _ in 0..20 {
        pair.is_cut = false;
        pair.rounds(4);
        shown = pair.ask(1, r#"{"type":"txn","txn":[["r","x",null],["r","y",null]]}"#);
        let is_whole = [r#"["r","x",null],["r","y",null]"#, r#"["r","x",7],["r","y",0]"#]
            .iter()
            .any(|whole| shown.contains(whole));
        assert!(is_whole, "{shown}");
    }
    assert!(shown.contains(r#"["r","x",7]"#), "{shown}");
}

#[test]
fn what_is_too_long_for_any_line_is_refused() {
    let longest = long('x', MAX_UPDATE_BYTES - 2);
    let mut sets = Pair::<Broadcast>::new();
    let taken = sets.ask(0, &format!(r#"{{"type":"broadcast","message":{longest}}}"#));
    assert!(taken.contains("broadcast_ok"));
    let refused =
        sets.ask(0, &format!(r#"{{"type":"broadcast","message":{longest} }}"#).replace("x\"", "xx\""));
    assert!(refused.contains(r#""code":10"#), "{refused}");
    sets.rounds(4);
    assert!(sets.ask(1, r#"{"type":"read"}"#).len() > MAX_UPDATE_BYTES && sets.longest < MAX_LINE);

    let mut logs = Pair::<Log>::new();
    let refused = logs.ask(0, &format!(r#"{{"type":"send","key":"k","msg":{longest}}}"#));
    assert!(refused.contains(r#""code":10"#), "{refused}");
    let refused = logs.ask(0, &format!(r#"{{"type":"commit_offsets","offsets":{{{longest}:1}}}}"#));
    assert!(refused.contains(r#""code":10"#), "{refused}");
    let mut registers = Pair::<Txn>::new();
    let refused = registers.ask(0, &format!(r#"{{"type":"txn","txn":[["w","k",{longest}]]}}"#));
    assert!(refused.contains(r#""code":10"#), "{refused}");
}

#[test]
fn a_transaction_whose_answer_would_be_too_long_is_refused_and_does_nothing() {
    let mut registers = Pair::<Txn>::new();
    let transaction = |reads: usize, last: &str| {
        let operations: String = (0..reads).map(|_| r#"["r",1,null],"#).collect();
        format!(r#"{{"type":"txn","txn":[{operations}{last}]}}"#)
    };
    registers.ask(0, &transaction(0, &format!(r#"["w",1,{}]"#, long('v', 5 * MIB))));
    let taken = registers.ask(0, &transaction(3, r#"["w",2,7]"#));
    assert!(taken.contains("txn_ok") && taken.len() > 15 * MIB && taken.len() < MAX_UPDATE_BYTES);
    let refused = registers.ask(0, &transaction(4, r#"["w",2,8]"#));
    assert!(refused.contains(r#""code":10"#) && refused.len() < 200, "{} bytes", refused.len());
    registers.rounds(8);
    for node in [0, 1] {
        let found = registers.ask(node, &transaction(0, r#"["r",2,null]"#));
        assert!(found.contains(r#"["r",2,7]"#), "{found}");
    }
}
