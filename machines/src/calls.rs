//! Calls in flight: what this node asked somebody else and has not heard of yet.
//!
//! A machine that calls hands over a value, its continuation; the same value comes back with the answer, the refusal
//! or the news that time is up, exactly once. Late and repeated answers find nothing here and vanish, and so does whatever
//! somebody says who was not asked.
//!
//! So do answers to a former life of the node: calls are numbered from a place that depends on the seed, which is new at
//! every start. Two lives use the same numbers with a probability of one in 2³¹.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use protocol::MessageId;

use crate::Time;

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// Nothing came in time. It may have happened or not, or happen yet.
    Expired,
    /// An error came, with this code (see [`protocol::Code`]).
    Refused(i64),
}

/// The table of calls in flight.
#[derive(Clone, Debug)]
pub(crate) struct Calls<C> {
    open: BTreeMap<MessageId, Open<C>>,
    expiries: BTreeSet<(Time, MessageId)>,
    last_id: MessageId,
}

#[derive(Clone, Debug)]
struct Open<C> {
    /// Who was asked.
    whom: Box<str>,
    expiry: Time,
    call: C,
}

/// More calls than this are not in flight at once: whoever owes them to clients should refuse some.
pub(crate) const MAX_CALLS: usize = 65_536;

impl<C> Calls<C> {
    /// Room for two million calls in each life, and no number that a 64-bit float could not hold.
    pub(crate) fn new(seed: u64) -> Self {
        Calls { open: BTreeMap::new(), expiries: BTreeSet::new(), last_id: MessageId::from(seed >> 33) << 21 }
    }

    /// Enters a call to `whom` and numbers it; gives it back if the table is full.
    pub(crate) fn open(&mut self, whom: &str, call: C, expiry: Time) -> Result<MessageId, C> {
        if self.open.len() >= MAX_CALLS {
            return Err(call);
        }
        self.last_id += 1;
        self.open.insert(self.last_id, Open { whom: whom.into(), expiry, call });
        self.expiries.insert((expiry, self.last_id));
        Ok(self.last_id)
    }

    /// Takes out the call with that number, if it is still in flight and was to whoever answers now.
    pub(crate) fn answer(&mut self, who: &str, id: MessageId) -> Option<C> {
        self.open.get(&id).filter(|open| *open.whom == *who)?;
        self.close(id)
    }

    /// Takes out a call whose time is up.
    pub(crate) fn expire(&mut self, now: Time) -> Option<C> {
        let &(expiry, id) = self.expiries.first()?;
        if expiry <= now { self.close(id) } else { None }
    }

    /// When the next call's time is up.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.expiries.first().map(|&(expiry, _)| expiry)
    }

    fn close(&mut self, id: MessageId) -> Option<C> {
        let Open { expiry, call, .. } = self.open.remove(&id)?;
        self.expiries.remove(&(expiry, id));
        Some(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answered_call_is_gone_and_a_second_answer_finds_nothing() {
        let mut calls = Calls::new(0);
        let id = calls.open("seq-kv", "save", Time::from_millis(10)).unwrap();
        assert_eq!(calls.answer("seq-kv", id), Some("save"));
        assert_eq!(calls.answer("seq-kv", id), None);
        assert_eq!(calls.expire(Time::from_millis(99)), None);
        assert_eq!(calls.deadline(), None);
    }

    #[test]
    fn only_whoever_was_asked_can_answer() {
        let mut calls = Calls::new(0);
        let id = calls.open("seq-kv", "save", Time::from_millis(10)).unwrap();
        assert_eq!(calls.answer("n1", id), None);
        assert_eq!(calls.answer("seq-kv", id), Some("save"));
    }

    #[test]
    fn calls_expire_in_order_of_their_deadlines_and_a_late_answer_finds_nothing() {
        let mut calls = Calls::new(0);
        let late = calls.open("seq-kv", "late", Time::from_millis(20)).unwrap();
        calls.open("seq-kv", "soon", Time::from_millis(10)).unwrap();
        assert_eq!(calls.deadline(), Some(Time::from_millis(10)));
        assert_eq!(calls.expire(Time::from_millis(9)), None);
        assert_eq!(calls.expire(Time::from_millis(10)), Some("soon"));
        assert_eq!(calls.expire(Time::from_millis(10)), None);
        assert_eq!(calls.expire(Time::from_millis(20)), Some("late"));
        assert_eq!(calls.answer("seq-kv", late), None);
    }

    #[test]
    fn an_answer_to_a_call_of_a_former_life_finds_nothing() {
        let (mut before, mut after) = (Calls::new(u64::MAX), Calls::new(u64::MAX >> 1));
        let id = before.open("seq-kv", "before", Time::ZERO).unwrap();
        after.open("seq-kv", "after", Time::ZERO).unwrap();
        assert_eq!(after.answer("seq-kv", id), None);
        assert!(id < 1 << 53, "some languages have no larger integers");
    }

    #[test]
    fn a_full_table_gives_the_call_back() {
        let mut calls = Calls::new(0);
        for number in 0..MAX_CALLS {
            calls.open("seq-kv", number, Time::ZERO).unwrap();
        }
        assert_eq!(calls.open("seq-kv", MAX_CALLS, Time::ZERO), Err(MAX_CALLS));
    }
}
