//! Whether some order of transactions explains what they saw, by trying all.

use super::generate::{Step, Transaction};
use crate::history::Kind;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Model {
    ReadAtomic,
    Causal,
    Serializable,
    StrictSerializable,
}

impl Model {
    pub(super) fn name(self) -> &'static str {
        match self {
            Model::ReadAtomic => "read-atomic",
            Model::Causal => "causal-cerone",
            Model::Serializable => "serializable",
            Model::StrictSerializable => "strict-serializable",
        }
    }
}

/// Whether there is an order, for any choice of what happened of that of which nobody knows.
pub(super) fn is_explained(transactions: &[Transaction], model: Model, registers: bool) -> bool {
    let doubtful: Vec<usize> =
        (0..transactions.len()).filter(|&number| transactions[number].outcome == Kind::Info).collect();
    (0..1 << doubtful.len()).any(|chosen: usize| {
        let happened = |number: &usize| match doubtful.iter().position(|other| other == number) {
            Some(bit) => chosen & (1 << bit) != 0,
            None => transactions[*number].outcome == Kind::Ok,
        };
        let happened: Vec<&Transaction> =
            (0..transactions.len()).filter(happened).map(|number| &transactions[number]).collect();
        match model {
            Model::Serializable | Model::StrictSerializable => {
                let strict = model == Model::StrictSerializable;
                runs(&happened, &mut Vec::new(), &BTreeMap::new(), strict, registers)
            }
            Model::ReadAtomic | Model::Causal => {
                let history = Seen::new(&happened, registers);
                history.is_some_and(|history| history.has_order(&mut Vec::new(), model == Model::Causal))
            }
        }
    })
}

type State = BTreeMap<usize, Vec<u32>>;

/// Whether the transactions that are not done yet can be executed in some order.
fn runs(all: &[&Transaction], done: &mut Vec<usize>, state: &State, strict: bool, registers: bool) -> bool {
    if done.len() == all.len() {
        return true;
    }
    (0..all.len()).any(|next| {
        let waits = |other: usize| !done.contains(&other) && other != next;
        let is_early = (0..all.len()).any(|other| {
            waits(other) && all[other].outcome == Kind::Ok && all[other].ends < all[next].begins
        });
        if done.contains(&next) || (strict && is_early) {
            return false;
        }
        let Some(state) = execute(all[next], state.clone(), registers) else { return false };
        done.push(next);
        let fits = runs(all, done, &state, strict, registers);
        done.pop();
        fits
    })
}

/// The state after a transaction, if it could have been executed on this one.
fn execute(transaction: &Transaction, mut state: State, registers: bool) -> Option<State> {
    for step in &transaction.steps {
        match step {
            Step::Write(key, value) => state.entry(*key).or_default().push(*value),
            Step::Read(key, seen) if transaction.outcome == Kind::Ok => {
                let there = state.get(key).map_or(&[][..], Vec::as_slice);
                let fits = if registers { there.last() == seen.last() } else { there == seen };
                if !fits {
                    return None;
                }
            }
            Step::Read(..) => {}
        }
    }
    Some(state)
}

/// Who read what of whom.
struct Seen<'t> {
    all: &'t [&'t Transaction],
    registers: bool,
    /// By reader: key, and what was there.
    reads: Vec<Vec<(usize, Vec<u32>)>>,
    /// Whether one comes right before another, by session or by reading.
    before: Vec<Vec<bool>>,
}

impl<'t> Seen<'t> {
    /// None if some transaction contradicts itself, or read what nobody ended with.
    fn new(all: &'t [&'t Transaction], registers: bool) -> Option<Seen<'t>> {
        let reads: Option<Vec<_>> = all.iter().map(|one| first_reads(one, registers)).collect();
        let reads = reads?;
        let mut before = vec![vec![false; all.len()]; all.len()];
        for (reader, reads) in reads.iter().enumerate() {
            for other in 0..all.len() {
                let (a, b) = (all[other], all[reader]);
                before[other][reader] |= a.session == b.session && a.begins < b.begins;
            }
            for (key, seen) in reads {
                let shown = if registers { &seen[seen.len().saturating_sub(1)..] } else { &seen[..] };
                for value in shown {
                    let author = (0..all.len()).find(|&author| writes(all[author], *key).contains(value))?;
                    if author == reader {
                        return None;
                    }
                    before[author][reader] = true;
                }
                // A transaction is seen as a whole, so what is seen last is the last that somebody wrote.
                if let Some(value) = seen.last() {
                    all.iter().find(|one| writes(one, *key).last() == Some(value))?;
                }
            }
        }
        Some(Seen { all, registers, reads, before })
    }

    fn has_order(&self, order: &mut Vec<usize>, causal: bool) -> bool {
        if order.len() == self.all.len() {
            return self.is_right(order, causal);
        }
        (0..self.all.len()).any(|next| {
            if order.contains(&next) {
                return false;
            }
            order.push(next);
            let found = self.has_order(order, causal);
            order.pop();
            found
        })
    }

    /// The definition, asked of one order.
    fn is_right(&self, order: &[usize], causal: bool) -> bool {
        let count = self.all.len();
        let place = |number: usize| order.iter().position(|other| *other == number).expect("all are in it");
        let mut before = self.before.clone();
        if causal {
            for via in 0..count {
                for from in 0..count {
                    for to in 0..count {
                        before[from][to] |= before[from][via] && before[via][to];
                    }
                }
            }
        }
        let extends =
            (0..count).all(|from| (0..count).all(|to| !self.before[from][to] || place(from) < place(to)));
        extends
            && self.reads.iter().enumerate().all(|(reader, reads)| {
                reads.iter().all(|(key, seen)| {
                    let writers =
                        order.iter().copied().filter(|&number| !writes(self.all[number], *key).is_empty());
                    let mut known = writers.clone().filter(|&writer| before[writer][reader]);
                    let last = |number: usize| writes(self.all[number], *key).last().copied();
                    let latest = known.next_back().and_then(last);
                    if self.registers {
                        return latest == seen.last().copied();
                    }
                    let whole: Vec<u32> = writers.flat_map(|number| writes(self.all[number], *key)).collect();
                    let shown = self.all[reader].steps.iter().filter_map(|step| match step {
                        Step::Read(its, shown) if its == key => Some(shown),
                        _ => None,
                    });
                    shown.clone().all(|shown| whole.starts_with(shown)) && latest == seen.last().copied()
                })
            })
    }
}

fn writes(transaction: &Transaction, key: usize) -> Vec<u32> {
    let written = transaction.steps.iter().filter_map(|step| match step {
        Step::Write(its, value) if *its == key => Some(*value),
        _ => None,
    });
    written.collect()
}

/// What a transaction found before it did anything; none if its reads do not agree on that.
fn first_reads(transaction: &Transaction, registers: bool) -> Option<Vec<(usize, Vec<u32>)>> {
    let mut found: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut own: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for step in transaction.steps.iter().filter(|_| transaction.outcome == Kind::Ok) {
        match step {
            Step::Write(key, value) => own.entry(*key).or_default().push(*value),
            Step::Read(key, seen) => {
                let own = own.get(key).map_or(&[][..], Vec::as_slice);
                if registers && !own.is_empty() {
                    if seen.last() != own.last() {
                        return None;
                    }
                    continue;
                }
                let before = match registers {
                    true => seen.last().copied().into_iter().collect(),
                    false => seen.strip_suffix(own)?.to_vec(),
                };
                if *found.entry(*key).or_insert_with(|| before.clone()) != before {
                    return None;
                }
            }
        }
    }
    Some(found.into_iter().collect())
}
