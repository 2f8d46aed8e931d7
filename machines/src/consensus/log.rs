//! The log: entries as they travel, by index, and the terms that they are from.
//!
//! Entries are one text, with a comma behind each: what goes into a message or a record is a piece of it as it stands. Terms
//! change seldom, so a term is kept once for all its entries in a row. The first entries are dropped when they have long been
//! applied; index and term of the last one dropped stay (section 7).

use alloc::string::String;
use alloc::vec::Vec;

use protocol::Json;
use protocol::consensus::{Entry, Place};

use crate::texts::Texts;

/// Terms and indices are not larger: other JSON implementations could not hold them.
pub(super) const MAX_NUMBER: u64 = 1 << 53;

/// A message has room for so many bytes of log or state, and for one entry of any length.
pub(super) const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// The entries of a log, from some index on.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// The last entry that is not here; (0, 0) is before the first of all.
    base: Place,
    entries: Texts,
    /// Where each term begins, among the entries that are here, and the term.
    terms: Vec<(u64, u64)>,
}

impl Log {
    /// A log whose entries up to this place are elsewhere.
    pub(super) fn after(base: Place) -> Log {
        Log { base, ..Log::default() }
    }

    /// The last place that is not here.
    pub(super) fn base(&self) -> Place {
        self.base
    }

    /// The place of the last entry.
    pub(super) fn last(&self) -> Place {
        let index = self.last_index();
        (index, self.terms.last().map_or(self.base.1, |&(_, term)| term))
    }

    /// The index of the last entry.
    pub(super) fn last_index(&self) -> u64 {
        self.base.0 + self.entries.count() as u64
    }

    /// The term of the entry at `index`; none if that is not known, being before the base or behind the end.
    pub(super) fn term(&self, index: u64) -> Option<u64> {
        if index == self.base.0 {
            return Some(self.base.1);
        }
        let is_here = self.base.0 < index && index <= self.last_index();
        let run = self.terms.partition_point(|&(first, _)| first <= index).checked_sub(1)?;
        is_here.then(|| self.terms[run].1)
    }

    /// Where the entries of the term that is at `index` begin.
    pub(super) fn first_of_term(&self, index: u64) -> u64 {
        let run = self.terms.partition_point(|&(first, _)| first <= index).checked_sub(1);
        run.map_or(self.base.0, |run| self.terms[run].0)
    }

    /// The entry at `index`, which must be here.
    pub(super) fn entry(&self, index: u64) -> Entry<'_> {
        let text = self.text(index - 1, index);
        let entry = Json::trusted(text.trim_end_matches(',')).parse();
        entry.expect("only what reads as an entry is appended")
    }

    /// The entries behind `after` up to `last`, each with a comma behind it.
    pub(super) fn text(&self, after: u64, last: u64) -> &str {
        self.entries.get((after - self.base.0) as usize, (last - self.base.0) as usize)
    }

    /// How far the entries behind `after` go in so many bytes; one entry at least, if there is one.
    pub(super) fn reach(&self, after: u64, most_bytes: usize) -> u64 {
        let last = self.last_index();
        let (mut low, mut high) = ((after + 1).min(last), last);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.text(after, middle).len() <= most_bytes { low = middle } else { high = middle - 1 }
        }
        low
    }

    /// Adds an entry at the end.
    pub(super) fn append(&mut self, (term, session, number, command): Entry<'_>) {
        if self.last().1 != term || self.terms.is_empty() {
            self.terms.push((self.last_index() + 1, term));
        }
        self.entries.push(|text| {
            let mut digits = itoa::Buffer::new();
            for (before, number) in ['[', ',', ','].into_iter().zip([term, session, number]) {
                text.push(before);
                text.push_str(digits.format(number));
            }
            text.push(',');
            text.push_str(command.as_str());
            text.push_str("],");
        });
    }

    /// Takes back all entries behind `last`.
    pub(super) fn truncate(&mut self, last: u64) {
        self.entries.truncate((last - self.base.0) as usize);
        self.terms.retain(|&(first, _)| first <= last);
    }

    /// Drops the entries up to `index`, which must be here.
    pub(super) fn drop_until(&mut self, index: u64) {
        let term = self.term(index).expect("it is here");
        self.entries.forget((index - self.base.0) as usize);
        self.base = (index, term);
        let run = self.terms.partition_point(|&(first, _)| first <= index + 1);
        self.terms.drain(..run.saturating_sub(1));
        if let Some(first) = self.terms.first_mut() {
            first.0 = first.0.max(index + 1);
        }
        if self.entries.count() == 0 {
            self.terms.clear();
        }
    }

    /// How many bytes the entries up to `index` have.
    pub(super) fn bytes_until(&self, index: u64) -> usize {
        self.text(self.base.0, index).len()
    }
}

/// Entries, each with a comma behind it, as a list.
pub(super) fn as_list<'s>(entries: &str, scratch: &'s mut String) -> Json<'s> {
    scratch.clear();
    scratch.push('[');
    scratch.push_str(entries.trim_end_matches(','));
    scratch.push(']');
    Json::trusted(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(terms: &[u64]) -> Log {
        let mut log = Log::default();
        terms.iter().zip(1..).for_each(|(&term, number)| log.append((term, 7, number, Json::NULL)));
        log
    }

    #[test]
    fn entries_and_terms_are_found_by_index_wherever_the_log_begins() {
        for dropped in 0..=6 {
            let mut log = log(&[1, 1, 2, 2, 2, 5]);
            log.drop_until(dropped);
            assert_eq!(log.last(), (6, 5));
            for (index, term) in (1..).zip([1, 1, 2, 2, 2, 5]) {
                let known = (index >= dropped).then_some(term);
                assert_eq!(log.term(index), known, "{index} of a log from {dropped} on");
                if index > dropped {
                    assert_eq!(log.entry(index), (term, 7, index, Json::NULL));
                }
            }
            assert_eq!(log.term(7), None);
        }
    }

    #[test]
    fn what_is_taken_back_is_gone_and_others_may_follow() {
        let mut log = log(&[1, 1, 2, 3]);
        log.truncate(2);
        assert_eq!((log.last(), log.term(3)), ((2, 1), None));
        log.append((4, 0, 0, Json::NULL));
        assert_eq!((log.last(), log.first_of_term(3), log.first_of_term(2)), ((3, 4), 3, 1));
        log.truncate(0);
        assert_eq!(log.last(), (0, 0));
    }

    #[test]
    fn a_message_holds_as_many_entries_as_fit_and_one_at_least() {
        let log = log(&[1; 9]);
        let length = log.text(0, 1).len();
        assert_eq!(log.reach(0, 3 * length), 3);
        assert_eq!(log.reach(0, 1), 1);
        assert_eq!(log.reach(4, usize::MAX), 9);
        assert_eq!(log.reach(9, usize::MAX), 9);
    }
}
