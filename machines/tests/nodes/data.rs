//! What the data types do beside the engine, where two nodes are enough to see it.

use crate::support::pair::{Pair, started};
use machines::{GSet, Log, Txn};

#[test]
fn a_set_is_broadcast_in_other_words() {
    let mut sets = Pair::<GSet>::new();
    assert!(sets.ask(0, r#"{"type":"add","element":"a"}"#).contains(r#"{"type":"add_ok"}"#));
    assert!(sets.ask(1, r#"{"type":"add","element":7}"#).contains(r#"{"type":"add_ok"}"#));
    sets.rounds(4);
    for node in [0, 1] {
        let read = sets.ask(node, r#"{"type":"read"}"#);
        assert!(
            read.contains(r#""type":"read_ok""#) && read.contains(r#""a""#) && read.contains('7'),
            "{read}"
        );
    }
}

/// Of old commits only the highest offsets are kept: they stand for all of them.
#[test]
fn a_node_that_comes_back_from_nothing_is_told_what_commits_of_long_ago_came_to() {
    let mut logs = Pair::<Log>::new();
    for message in 0..5 {
        logs.ask(0, &format!(r#"{{"type":"send","key":"k","msg":{message}}}"#));
        logs.ask(0, &format!(r#"{{"type":"commit_offsets","offsets":{{"k":{message},"other":{message}}}}}"#));
        logs.rounds(4);
    }
    logs.nodes[1] = started(1, 7);
    logs.rounds(8);
    let committed = logs.ask(1, r#"{"type":"list_committed_offsets","keys":["k","other","none"]}"#);
    assert!(committed.contains(r#""k":4"#) && committed.contains(r#""other":4"#), "{committed}");
    let polled = logs.ask(1, r#"{"type":"poll","offsets":{"k":0}}"#);
    assert!(polled.contains("[0,0]") && polled.contains("[8,4]"), "{polled}");
}

#[test]
fn a_key_is_the_same_however_it_is_escaped() {
    let mut registers = Pair::<Txn>::new();
    registers.ask(0, r#"{"type":"txn","txn":[["w","a\/b",1],["w","\u0061/b",2]]}"#);
    registers.rounds(4);
    for node in [0, 1] {
        let read = registers.ask(node, r#"{"type":"txn","txn":[["r","a/b",null],["r","a\u002fb",null]]}"#);
        assert!(read.contains(r#"["r","a/b",2]"#) && read.contains(r#"["r","a\u002fb",2]"#), "{read}");
    }
}

#[test]
fn what_a_transaction_cannot_do_is_refused() {
    let mut registers = Pair::<Txn>::new();
    let many = vec![r#"["w",1,2]"#; 4097].join(",");
    for (operations, code) in [(r#"["append",1,2]"#, 10), (r#"["w",[1],2]"#, 12), (&many, 10)] {
        let refused = registers.ask(0, &format!(r#"{{"type":"txn","txn":[["w",1,1],{operations}]}}"#));
        assert!(refused.contains(&format!(r#""code":{code}"#)), "{refused}");
    }
    let read = registers.ask(0, r#"{"type":"txn","txn":[["r",1,null]]}"#);
    assert!(read.contains(r#"["r",1,null]"#), "nothing was done: {read}");
}
