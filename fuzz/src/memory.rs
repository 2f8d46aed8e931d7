//! Any bytes as a journal: as the file, and, line by line, as the records in a sound one. A node reads it or refuses it, and
//! never panics; and if it reads it, what it then records in a checkpoint makes another node the same.

use std::convert::Infallible;

use machines::journal::{JournalFile, Refused, Unusable};
use machines::{Broadcast, Counter, Log, Machine, Node, Outputs, Records, Time, Txn};

/// Tries both with each machine.
pub fn recover(bytes: &[u8]) {
    file(bytes);
    records::<Broadcast>(bytes, br#"{"type":"read"}"#);
    records::<Counter>(bytes, br#"{"type":"read"}"#);
    records::<Log>(bytes, br#"{"type":"list_committed_offsets","keys":["k"]}"#);
    records::<Txn>(bytes, br#"{"type":"txn","txn":[["r",1,null]]}"#);
}

/// What is sound up to where it is cut is sound ever after.
fn file(bytes: &[u8]) {
    let mut node = started::<Broadcast>();
    let mut length = bytes.len() as u64;
    let recovered = JournalFile::recover(
        length,
        |place, space| {
            space.copy_from_slice(&bytes[place as usize..][..space.len()]);
            Ok::<(), Infallible>(())
        },
        |record| node.on_record(Time::ZERO, record),
        |_| Ok(()),
    );
    if let Ok((file, torn)) = recovered {
        length -= torn;
        assert_eq!(file.length(), length);
        let again: Result<_, Unusable<Infallible>> = JournalFile::recover(
            length,
            |place, space| {
                space.copy_from_slice(&bytes[place as usize..][..space.len()]);
                Ok(())
            },
            |_| Ok::<(), Refused>(()),
            |_| panic!("there is nothing left to cut off"),
        );
        assert!(again.is_ok_and(|(_, torn)| torn == 0));
        node.on_recovered(Time::ZERO, &mut Outputs::default());
    }
}

fn records<M: Machine>(bytes: &[u8], look: &[u8]) {
    let header = header::<M>();
    let mut node = started::<M>();
    node.on_record(Time::ZERO, &header).expect("a node's own header");
    for record in bytes.split(|&byte| byte == b'\n') {
        if node.on_record(Time::ZERO, record).is_err() {
            return;
        }
    }
    node.on_recovered(Time::ZERO, &mut Outputs::default());
    let (mut checkpoint, mut twin) = (Records::default(), started::<M>());
    // Without any slack it is time to write the journal anew, or what was read is short.
    node.record(&mut checkpoint);
    if checkpoint.replaces() {
        for record in checkpoint.iter() {
            twin.on_record(Time::ZERO, record).expect("a node wrote it itself");
        }
        twin.on_recovered(Time::ZERO, &mut Outputs::default());
        assert_eq!(shown(&mut node, look), shown(&mut twin, look), "a checkpoint says something else");
    }
}

fn started<M: Machine>() -> Node<M> {
    let mut node = Node::with_journal(M::default_config(), 7 << 11, 0);
    let init = br#"{"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n0","n1"]}}"#;
    node.on_line(Time::ZERO, init, &mut Outputs::default()).expect("a message");
    node
}

fn header<M: Machine>() -> Vec<u8> {
    let (mut node, mut records) = (started::<M>(), Records::default());
    node.on_recovered(Time::ZERO, &mut Outputs::default());
    node.record(&mut records);
    records.iter().next().expect("a journal begins with a header").to_vec()
}

/// What a node answers, as a bag of bytes: in which order a bag shows its values is nobody's business.
fn shown<M: Machine>(node: &mut Node<M>, look: &[u8]) -> Vec<u8> {
    let mut outputs = Outputs::default();
    let line = [br#"{"src":"c1","dest":"n1","body":"#, look, b"}"].concat();
    node.on_line(Time::ZERO, &line, &mut outputs).expect("a message");
    let mut shown = outputs.bytes().to_vec();
    shown.sort_unstable();
    shown
}
