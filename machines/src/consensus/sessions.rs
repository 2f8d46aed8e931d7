//! Sessions: why no request happens twice (thesis, section 6.3).
//!
//! A request whose answer is lost, or whose leader is, is made again; so it may be in the log more than once. Each node
//! numbers its clients' requests 1, 2, 3, … in a *session* that it has opened with an entry of the log, whose index is the
//! session's name. An entry counts only if its session is still its node's and its number is the next one there. Everyone
//! applies the same log, so everyone skips the same entries.
//!
//! A node opens a session at each start. Opening is not repeated while the session is the same life's; if a late copy of a
//! former life's opening comes through all the same, that takes the session away, under a name that nobody uses. Its node
//! sees that, opens another one and numbers anew what has not happened by then; what is still under way under the old name will
//! never count.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use protocol::consensus::Entry;
use protocol::{Json, List};

use super::log::MAX_NUMBER;

/// A node's session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Session {
    /// The index of the entry that opened it; 0: there is none yet.
    pub(super) id: u64,
    /// The life of the node that opened it.
    pub(super) life: u64,
    /// The number of its last request.
    pub(super) last: u64,
}

/// Everyone's sessions, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sessions(Vec<Session>);

/// What an entry of the log is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// For nothing: it says nothing, or has happened, or must not happen.
    Nothing,
    /// The node at this position has a new session.
    Opened(usize),
    /// The command is to be carried out, for the node at this position.
    Command(usize),
}

impl Sessions {
    pub(super) fn new(nodes: usize) -> Sessions {
        Sessions(alloc::vec![Session::default(); nodes])
    }

    /// The session of a node.
    pub(super) fn of(&self, node: usize) -> Session {
        self.0[node]
    }

    /// Takes note of the entry at `index`.
    pub(super) fn take(&mut self, index: u64, (_, session, number, command): &Entry<'_>) -> Use {
        if *session != 0 {
            let node = self.0.iter().position(|held| held.id == *session && held.last + 1 == *number);
            let Some(node) = node else { return Use::Nothing };
            self.0[node].last = *number;
            return Use::Command(node);
        }
        let node = number.checked_sub(1).map(|node| node as usize).filter(|&node| node < self.0.len());
        let Some((node, life)) = node.zip(command.parse()) else { return Use::Nothing };
        if self.0[node].id != 0 && self.0[node].life == life {
            return Use::Nothing;
        }
        self.0[node] = Session { id: index, life, last: 0 };
        Use::Opened(node)
    }

    /// Appends them as a JSON list.
    pub(super) fn write(&self, out: &mut String) {
        let start = out.len();
        for Session { id, life, last } in &self.0 {
            let mark = if out.len() == start { '[' } else { ',' };
            write!(out, "{mark}[{id},{life},{last}]").expect("a string takes any text");
        }
        out.push(']');
    }

    /// Reads what [`Sessions::write`] wrote, for a cluster of so many nodes.
    pub(super) fn read(json: Json<'_>, nodes: usize) -> Option<Sessions> {
        let list: List<(u64, u64, u64)> = json.parse()?;
        let sessions = list.iter().map(|&(id, life, last)| Session { id, life, last }).collect();
        let makes_sense = list.iter().all(|&(id, _, last)| id <= MAX_NUMBER && last <= MAX_NUMBER);
        (makes_sense && list.len() == nodes).then_some(Sessions(sessions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_once_in_its_turn_and_in_its_nodes_session_only() {
        let mut sessions = Sessions::new(2);
        let mut take = |index, session, number, command| {
            sessions.take(index, &(1, session, number, Json::trusted(command)))
        };
        assert_eq!(take(1, 0, 0, "null"), Use::Nothing);
        assert_eq!(take(2, 0, 2, "77"), Use::Opened(1));
        assert_eq!(take(3, 2, 2, "x"), Use::Nothing);
        assert_eq!(take(4, 2, 1, "x"), Use::Command(1));
        assert_eq!(take(5, 2, 1, "x"), Use::Nothing);
        assert_eq!(take(6, 0, 2, "77"), Use::Nothing);
        assert_eq!(take(7, 2, 2, "x"), Use::Command(1));
        assert_eq!(take(8, 0, 2, "78"), Use::Opened(1));
        assert_eq!(take(9, 2, 3, "x"), Use::Nothing);
        assert_eq!(take(10, 8, 1, "x"), Use::Command(1));
        assert_eq!(take(11, 0, 3, "78"), Use::Nothing);
        let mut text = String::new();
        sessions.write(&mut text);
        assert_eq!(text, "[[0,0,0],[8,78,1]]");
        assert_eq!(Sessions::read(Json::trusted(&text), 2), Some(sessions));
        assert_eq!(Sessions::read(Json::trusted(&text), 3), None);
    }
}
