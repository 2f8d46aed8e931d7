//! Nodes that remember: the handshake with a journal, what is recorded, and what comes back.

use machines::{Broadcast, Counter, Echo, Log, Machine, Node, Outputs, Records, Refused, Time, Txn};

/// A node with a journal in memory.
struct Durable<M: Machine> {
    node: Node<M>,
    journal: Vec<Vec<u8>>,
    outputs: Outputs,
    checkpoints: usize,
    now: Time,
}

impl<M: Machine> Durable<M> {
    /// Starts node `name` of two with what is in the journal.
    fn start(name: &str, seed: u64, slack: usize, journal: &[Vec<u8>]) -> Result<Durable<M>, Refused> {
        let mut durable = Durable {
            node: Node::with_journal(M::default_config(), seed, slack),
            journal: journal.to_vec(),
            outputs: Outputs::default(),
            checkpoints: 0,
            now: Time::ZERO,
        };
        let init = format!(
            r#"{{"src":"c0","dest":"{name}","body":{{"type":"init","msg_id":1,"node_id":"{name}","node_ids":["n0","n1"]}}}}"#
        );
        durable.node.on_line(Time::ZERO, init.as_bytes(), &mut durable.outputs).expect("a message");
        assert!(durable.outputs.is_empty(), "nothing is said before the journal has been read");
        assert_eq!(durable.node.awaits_journal(), Some(name));
        for record in journal {
            durable.node.on_record(Time::ZERO, record)?;
        }
        durable.node.on_recovered(Time::ZERO, &mut durable.outputs);
        durable.keep();
        Ok(durable)
    }

    fn keep(&mut self) {
        let mut records = Records::default();
        self.node.record(&mut records);
        if records.replaces() {
            self.journal.clear();
            self.checkpoints += 1;
        }
        self.journal.extend(records.iter().map(<[u8]>::to_vec));
    }

    /// What the node says to a client's request, once its records are kept.
    fn ask(&mut self, body: &str) -> String {
        self.outputs.clear();
        let line = format!(r#"{{"src":"c1","dest":"n0","body":{body}}}"#);
        self.node.on_line(self.now, line.as_bytes(), &mut self.outputs).expect("a message");
        self.keep();
        String::from_utf8(self.outputs.bytes().to_vec()).expect("text")
    }

    fn texts(&self) -> Vec<&str> {
        self.journal.iter().map(|record| std::str::from_utf8(record).expect("text").trim_end()).collect()
    }
}

const INIT: &str =
    r#"{"src":"c0","dest":"n0","body":{"type":"init","msg_id":1,"node_id":"n0","node_ids":["n0"]}}"#;

/// 53 bits of it are the origin.
const SEED: u64 = 7 << 11;

#[test]
fn a_journal_begins_with_whose_it_is_and_then_has_a_record_for_each_batch_with_news() {
    let mut node = Durable::<Broadcast>::start("n0", SEED, 1 << 20, &[]).unwrap();
    assert!(node.outputs.bytes().starts_with(br#"{"src":"n0","dest":"c0","body":{"type":"init_ok","#));
    node.ask(r#"{"type":"broadcast","message":5}"#);
    node.ask(r#"{"type":"read"}"#);
    node.ask(r#"{"type":"broadcast","message":"x"}"#);
    let line = br#"{"src":"n1","dest":"n0","body":{"type":"gossip1","me":9,"n":1,"vector":[[1,9,2]],"runs":[[1,9,1,2,[7,8]]]}}"#;
    node.node.on_line(Time::ZERO, line, &mut node.outputs).unwrap();
    node.keep();
    let header = format!(
        r#"{{"src":"n0","dest":"n0","body":{{"type":"journal1","machine":"bag1","node_id":"n0","node_ids":["n0","n1"],"origin":{SEED}}}}}"#
    );
    let wanted = [&header, "[[0,7,1,1,[5]]]", r#"[[0,7,2,2,["x"]]]"#, "[[1,9,1,2,[7,8]]]"];
    assert_eq!(node.texts(), wanted);
}

#[test]
fn what_was_recorded_is_there_after_a_restart_and_numbers_go_on_under_the_same_origin() {
    let mut first = Durable::<Broadcast>::start("n0", SEED, 1 << 20, &[]).unwrap();
    (0..3).for_each(|value| drop(first.ask(&format!(r#"{{"type":"broadcast","message":{value}}}"#))));
    let mut second = Durable::<Broadcast>::start("n0", 8 << 11, 1 << 20, &first.journal).unwrap();
    assert!(second.ask(r#"{"type":"read"}"#).contains("[0,1,2]"));
    second.ask(r#"{"type":"broadcast","message":3}"#);
    assert_eq!(second.texts().last(), Some(&"[[0,7,4,4,[3]]]"));
}

#[test]
fn a_journal_that_has_become_long_is_written_anew_and_says_the_same() {
    let mut node = Durable::<Counter>::start("n0", SEED, 500, &[]).unwrap();
    (0..1000).for_each(|_| drop(node.ask(r#"{"type":"add","delta":3}"#)));
    assert!((20..200).contains(&node.checkpoints), "{}", node.checkpoints);
    assert!(node.journal.iter().map(Vec::len).sum::<usize>() < 2000);
    let mut again = Durable::<Counter>::start("n0", 8 << 11, 500, &node.journal).unwrap();
    assert!(again.ask(r#"{"type":"read"}"#).contains(r#""value":3000"#));
}

#[test]
fn logs_and_transactions_come_back_too() {
    let mut node = Durable::<Log>::start("n0", SEED, 200, &[]).unwrap();
    for message in 0..50 {
        node.ask(&format!(r#"{{"type":"send","key":"k","msg":{message}}}"#));
    }
    node.ask(r#"{"type":"commit_offsets","offsets":{"k":40}}"#);
    let mut again = Durable::<Log>::start("n0", 8 << 11, 200, &node.journal).unwrap();
    let send = again.ask(r#"{"type":"send","key":"k","msg":50}"#);
    assert!(send.contains(r#""offset":100"#), "{send}");
    let committed = again.ask(r#"{"type":"list_committed_offsets","keys":["k"]}"#);
    assert!(committed.contains(r#"{"k":40}"#), "{committed}");

    let mut node = Durable::<Txn>::start("n0", SEED, 200, &[]).unwrap();
    for value in 0..50 {
        node.ask(&format!(r#"{{"type":"txn","txn":[["w",1,{value}],["w",{value},0]]}}"#));
    }
    let mut again = Durable::<Txn>::start("n0", 8 << 11, 200, &node.journal).unwrap();
    let read = again.ask(r#"{"type":"txn","txn":[["r",1,null],["r",30,null]]}"#);
    assert!(read.contains(r#"[["r",1,49],["r",30,0]]"#), "{read}");
}

#[test]
fn a_journal_of_somebody_else_is_refused() {
    let journal = Durable::<Broadcast>::start("n0", SEED, 0, &[]).unwrap().journal;
    let refusal = |result: Result<_, Refused>| result.map(|_| ()).unwrap_err();
    let other_node = Durable::<Broadcast>::start("n1", SEED, 0, &journal).map(|_| ());
    assert_eq!(refusal(other_node), Refused::OtherNode("n0".into()));
    let other_machine = Durable::<Log>::start("n0", SEED, 0, &journal).map(|_| ());
    assert_eq!(refusal(other_machine), Refused::OtherMachine("bag1".into()));
    let shifted = String::from_utf8(journal[0].clone()).unwrap().replace(r#"["n0","n1"]"#, r#"["n1","n0"]"#);
    let other_cluster = Durable::<Broadcast>::start("n0", SEED, 0, &[shifted.into_bytes()]).map(|_| ());
    assert_eq!(refusal(other_cluster), Refused::OtherCluster);
    for junk in ["", "{}", "[[0,7,1,1,[5]]]", "\u{0}"] {
        let refused = Durable::<Broadcast>::start("n0", SEED, 0, &[junk.as_bytes().to_vec()]).map(|_| ());
        assert_eq!(refusal(refused), Refused::NoHeader);
    }
    for junk in ["", "5", "[[0,7,2,2,[5]]]", "[[9,7,1,1,[5]]]", "[[0,7,1,2,[5]]]", "[[0,7,1,1,[5]]", "\u{7f}"]
    {
        let records = [journal[0].clone(), junk.as_bytes().to_vec()];
        let refused = Durable::<Broadcast>::start("n0", SEED, 0, &records).map(|_| ());
        assert_eq!(refusal(refused), Refused::Record(2), "{junk}");
    }
}

#[test]
fn a_machine_that_needs_no_memory_is_not_bothered() {
    let mut node = Node::<Echo>::with_journal((), SEED, 0);
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, INIT.as_bytes(), &mut outputs).unwrap();
    assert_eq!((node.awaits_journal(), outputs.lines().count()), (None, 1));
    let mut records = Records::default();
    node.record(&mut records);
    assert!(records.is_empty());
}

#[test]
fn until_its_journal_is_read_a_node_refuses_what_is_asked() {
    let mut node = Node::<Counter>::with_journal(Counter::default_config(), SEED, 0);
    let mut outputs = Outputs::default();
    node.on_line(Time::ZERO, INIT.as_bytes(), &mut outputs).unwrap();
    for request in ["read", "init"] {
        let line = format!(
            r#"{{"src":"c","dest":"n0","body":{{"type":"{request}","msg_id":2,"node_id":"n0","node_ids":["n0"]}}}}"#
        );
        outputs.clear();
        node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).unwrap();
        assert!(String::from_utf8_lossy(outputs.bytes()).contains(r#""code":11"#));
    }
}
