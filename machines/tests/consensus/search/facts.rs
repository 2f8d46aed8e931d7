//! Figure 3, checked with all that any node ever showed.

use std::collections::BTreeMap;
use std::rc::Rc;

use machines::consensus::View;

use super::computer::Computer;

/// What was seen of all nodes so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Facts {
    /// Who led in a term.
    leaders: BTreeMap<u64, usize>,
    /// What is committed at an index: the entry's term, its text, and the lowest term of a node that said so.
    committed: BTreeMap<u64, (u64, Rc<str>, u64)>,
}

/// Term and text of entries, by index.
pub(crate) type Log = BTreeMap<u64, (u64, Rc<str>)>;

/// What a node shows: figure 2's variables.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) number: usize,
    pub(crate) term: u64,
    pub(crate) vote: Option<usize>,
    pub(crate) leads: bool,
    pub(crate) commit: u64,
    /// From where it begins.
    pub(crate) log: Log,
    /// What is before that has been applied, and is in the state.
    pub(crate) base: u64,
}

impl Shown {
    pub(crate) fn of(computer: &Computer) -> Shown {
        let view = computer.node.machine().expect("it has started").consensus().view();
        let log = (view.base + 1..=view.last.0).map(|index| {
            let (term, text) = view.entry(index).expect("the log has no holes");
            (index, (term, text.into()))
        });
        let (number, log) = (computer.number, log.collect());
        let View { term, vote, leads, commit, base, .. } = view;
        Shown { number, term, vote, leads, commit, log, base }
    }

    /// What must hold from one step to the next, deaths included.
    pub(crate) fn follows(&self, before: &Shown, has_died: bool) -> Result<(), String> {
        let number = self.number;
        if self.term < before.term {
            return Err(format!("n{number} goes back to term {}", self.term));
        }
        if self.term == before.term && before.vote.is_some() && self.vote != before.vote {
            return Err(format!("n{number} votes twice in term {}", self.term));
        }
        if !has_died && self.commit < before.commit {
            return Err(format!("n{number} takes back what was committed"));
        }
        let is_append_only =
            before.log.iter().all(|(index, entry)| *index <= self.base || self.log.get(index) == Some(entry));
        if self.leads && before.leads && self.term == before.term && !is_append_only {
            return Err(format!("leader append-only: n{number}"));
        }
        Ok(())
    }

    /// Log matching: logs that agree on an entry's term agree on all up to it.
    pub(crate) fn matches(&self, other: &Shown) -> bool {
        let common = self.log.iter().rev().filter_map(|(index, own)| Some((own, other.log.get(index)?)));
        common.skip_while(|(own, other)| own.0 != other.0).all(|(own, other)| own == other)
    }
}

impl Facts {
    /// With what a node shows; or why that cannot be.
    pub(crate) fn with(&self, shown: &Shown) -> Result<Facts, String> {
        let Shown { number, term, .. } = *shown;
        let mut facts = self.clone();
        if shown.leads && *facts.leaders.entry(term).or_insert(number) != number {
            return Err(format!("election safety: n{number} leads in term {term}, too"));
        }
        for (&index, (entry_term, text)) in shown.log.range(..=shown.commit) {
            let known = facts.committed.entry(index).or_insert((*entry_term, text.clone(), term));
            if (known.0, &known.1) != (*entry_term, text) {
                return Err(format!("state machine safety: n{number} at {index}"));
            }
            known.2 = known.2.min(term);
        }
        // A leader of the same term may not have got there yet.
        let of_earlier_terms = facts.committed.iter().filter(|(_, (.., seen_in))| *seen_in < term);
        for (index, (entry_term, text, _)) in of_earlier_terms.filter(|(index, _)| **index > shown.base) {
            let held = shown.log.get(index);
            if shown.leads && held.is_none_or(|held| (held.0, &held.1) != (*entry_term, text)) {
                return Err(format!("leader completeness: n{number}, in term {term}, lacks {index}"));
            }
        }
        Ok(facts)
    }

    /// Whether the write of this value is committed, up to some index.
    pub(crate) fn has_written(&self, value: u8, last: u64) -> bool {
        let command = format!("[1,{value}]");
        self.committed.range(..=last).any(|(_, (_, entry, _))| entry.contains(&command))
    }

    /// How much is committed.
    pub(crate) fn commits(&self) -> usize {
        self.committed.len()
    }

    /// How many elections there have been.
    pub(crate) fn elections(&self) -> usize {
        self.leaders.len()
    }
}
