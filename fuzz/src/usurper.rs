//! Three members of a consensus of which one lies: about terms, votes, its log, in its own name. The other two do not fail and are
//! not busy for ever, and none of them takes back what it has once called committed.
//!
//! Raft trusts its members, so more cannot be asked: a leader that lies makes the others apply what it likes, and not the same
//! (`machines::consensus`, "Liars").
//!
//! An input is text, one event a line:
//!
//! ```text
//! ?
//! 0{"type":"ask_vote1","term":7,"last":[9,6]}
//! +350
//! ```
//!
//! `?` has a client write something new at each honest node; `0…` and `1…` are what the liar says to those nodes; `+350` lets
//! 350 ms pass.

use std::collections::BTreeMap;

use machines::LinKv;
use protocol::Message;

use crate::liar::World;

/// So much time passes at the most in one event.
const MAX_MS: u64 = 5_000;
const LIAR: usize = 2;

/// Lives that life.
pub fn usurp(life: &[u8]) {
    let mut world = World::<LinKv>::new(LIAR);
    let mut known = [Known::default(), Known::default()];
    for (number, event) in life.split(|&byte| byte == b'\n').enumerate() {
        match event {
            [b'?'] => {
                for node in world.honest() {
                    let write =
                        format!(r#""type":"write","key":{number},"value":{node},"msg_id":{}"#, number + 2);
                    let line = format!(r#"{{"src":"c1","dest":"n{node}","body":{{{write}}}}}"#);
                    world.hear(node, line.as_bytes());
                }
            }
            [b'+', digits @ ..] => {
                let millis = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                world.pass(millis.unwrap_or(0).min(MAX_MS));
            }
            [node @ (b'0' | b'1'), body @ ..] => {
                let node = usize::from(node - b'0');
                let body = String::from_utf8_lossy(body);
                let line = format!(r#"{{"src":"n{LIAR}","dest":"n{node}","body":{body}}}"#);
                let is_message = Message::decode(line.as_bytes());
                if is_message.is_ok_and(|message| message.body.kind() != "init") {
                    world.hear(node, line.as_bytes());
                }
            }
            _ => {}
        }
        for node in world.honest() {
            known[node].check(&world, node);
        }
    }
}

/// What a node has shown so far.
#[derive(Default)]
struct Known {
    term: u64,
    commit: u64,
    /// Entries that were committed when they were last seen, with their terms.
    entries: BTreeMap<u64, (u64, String)>,
}

impl Known {
    /// Terms and what is committed only grow.
    fn check(&mut self, world: &World<LinKv>, node: usize) {
        let machine = world.nodes[node].machine().expect("it has had its init");
        let view = machine.consensus().view();
        assert!(view.term >= self.term && view.commit >= self.commit, "n{node}: {view:?}");
        assert!(view.applied <= view.commit && view.commit <= view.last.0, "n{node}: {view:?}");
        for index in view.base + 1..=view.commit {
            let (term, text) = view.entry(index).expect("it is in the log");
            let first = self.entries.entry(index).or_insert_with(|| (term, text.to_owned()));
            assert_eq!((first.0, &*first.1), (term, text), "n{node}: entry {index} was committed");
        }
        (self.term, self.commit) = (view.term, view.commit);
    }
}
