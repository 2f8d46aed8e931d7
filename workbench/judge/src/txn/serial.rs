//! Whether some order of the transactions explains what they read of registers: by looking for one.
//!
//! Circles of dependencies prove that there is none, but where the order of writes is not known their absence proves nothing:
//! to decide that is NP-complete (Papadimitriou, *The Serializability of Concurrent Database Updates*, 1979). Histories in
//! which some order is soon found, or soon seen to be impossible, are decided here, and small ones always; of others the verdict
//! is what circles say, as it is Elle's.
//!
//! Transactions are executed one after the other, on what those before have written. Whoever only reads, and can, does so at
//! once. Nobody overwrites what somebody else has yet to read. Who ended first is tried first.

use super::register::Versions;
use super::transaction::{Transactions, What};
use super::weak::Source;
use crate::cycles::Extra;
use crate::history::Kind;
use crate::patience::Patience;
use std::collections::{BTreeMap, HashSet};

/// Transactions beyond which no order is looked for, as each step looks at all of them.
const MAX_TRANSACTIONS: usize = 2_000;
/// Steps after which the search gives up: about a second.
const MAX_STEPS: usize = 20_000;

/// What the search came to.
pub(super) enum Order {
    Found,
    /// There is none. These are transactions of which none could be executed after as many others as possible.
    Impossible(Vec<usize>),
    NotLookedFor,
}

/// A transaction as the search sees it. Transactions are told by their places in the search, keys by their numbers.
struct Work {
    number: usize,
    /// Version that it finds, by key.
    reads: Vec<(u32, Option<usize>)>,
    writes: Vec<u32>,
    invoke: Option<usize>,
    complete: Option<usize>,
    /// What its process did before.
    before: Option<usize>,
}

struct Search {
    all: Vec<Work>,
    /// Those that must end before something begins, by their ends.
    by_end: Vec<(usize, usize)>,
    extra: Extra,
    done: Vec<bool>,
    /// The writer of what each key holds.
    state: Vec<Option<usize>>,
    /// Who has yet to read what, by key and writer: how many.
    waiting: BTreeMap<(u32, Option<usize>), usize>,
    /// What was done and what keys held when it was, as one row of numbers.
    seen: HashSet<Vec<u32>>,
}

pub(super) fn search(
    transactions: &Transactions,
    versions: &Versions,
    extra: Extra,
    patience: Patience<'_>,
) -> Order {
    let Some(mut search) = Search::new(transactions, versions, extra) else { return Order::NotLookedFor };
    let mut way: Vec<(Vec<usize>, Vec<Step>)> = vec![(search.choices(), Vec::new())];
    let (mut left, mut steps, mut stuck) = (usize::MAX, 0, Vec::new());
    loop {
        let waiting: Vec<usize> = (0..search.all.len()).filter(|&one| !search.done[one]).collect();
        if waiting.is_empty() {
            return Order::Found;
        }
        if waiting.len() < left {
            left = waiting.len();
            stuck = waiting.iter().map(|&one| search.all[one].number).collect();
        }
        // Back to where there is something else to try.
        let next = loop {
            let Some((choices, taken)) = way.last_mut() else { return Order::Impossible(stuck) };
            search.undo(std::mem::take(taken));
            match choices.pop() {
                Some(next) => break next,
                None => drop(way.pop()),
            }
        };
        steps += 1;
        if steps > MAX_STEPS || patience.is_over() {
            return Order::NotLookedFor;
        }
        let taken = search.execute(next);
        way.last_mut().expect("a choice was taken from it").1 = taken;
        let is_new = search.is_new();
        way.push((if is_new { search.choices() } else { Vec::new() }, Vec::new()));
    }
}

/// A transaction that was executed, and what its keys had held.
struct Step {
    one: usize,
    held: Vec<(u32, Option<usize>)>,
}

impl Search {
    /// None if there are too many transactions, or it is not known whom somebody read from.
    fn new(transactions: &Transactions, versions: &Versions, extra: Extra) -> Option<Search> {
        let is_seen = versions.authors_seen();
        let happened = |number: &usize| match transactions.list[*number].outcome() {
            Kind::Ok => true,
            Kind::Info => is_seen.contains(&(*number as u32)),
            Kind::Fail | Kind::Invoke => false,
        };
        let numbers: Vec<usize> = transactions.range().filter(happened).collect();
        if numbers.len() > MAX_TRANSACTIONS {
            return None;
        }
        let places: BTreeMap<usize, usize> =
            numbers.iter().enumerate().map(|(place, number)| (*number, place)).collect();
        let (mut all, mut last) = (Vec::new(), BTreeMap::new());
        for (place, &number) in numbers.iter().enumerate() {
            let span = transactions.list[number].span;
            let mut reads = Vec::new();
            for read in transactions.external_reads(number).into_iter().filter(|_| span.outcome == Kind::Ok) {
                let What::Read(version) = read.what else { continue };
                reads.push((
                    read.key,
                    match versions.source(version)? {
                        Source::Beginning => None,
                        Source::Transaction(author) => Some(*places.get(&(author as usize))?),
                    },
                ));
            }
            all.push(Work {
                number,
                reads,
                writes: transactions.external_writes(number).into_iter().map(|(key, _)| key).collect(),
                invoke: span.has_beginning().then_some(span.invoke),
                complete: span.complete.filter(|_| span.outcome == Kind::Ok),
                before: last.insert(span.process, place),
            });
        }
        let mut waiting = BTreeMap::new();
        all.iter().flat_map(|work| &work.reads).for_each(|read| *waiting.entry(*read).or_insert(0) += 1);
        let mut by_end: Vec<(usize, usize)> =
            all.iter().enumerate().filter_map(|(place, work)| Some((work.complete?, place))).collect();
        by_end.sort_unstable();
        let done = vec![false; all.len()];
        let state = vec![None; transactions.names.key_count()];
        Some(Search { all, by_end, extra, done, state, waiting, seen: HashSet::new() })
    }

    /// What can be executed next, the best last. What only reads is no choice: it is the one thing to do.
    fn choices(&self) -> Vec<usize> {
        let first_end = self.by_end.iter().find(|(_, one)| !self.done[*one]).map(|(end, _)| *end);
        let mut choices: Vec<usize> =
            (0..self.all.len()).filter(|&one| self.is_possible(one, first_end)).collect();
        if let Some(&reader) = choices.iter().find(|&&one| self.all[one].writes.is_empty()) {
            return vec![reader];
        }
        choices.sort_by_key(|&one| std::cmp::Reverse((self.all[one].complete.unwrap_or(usize::MAX), one)));
        choices
    }

    fn is_possible(&self, one: usize, first_end: Option<usize>) -> bool {
        let work = &self.all[one];
        let in_time = match self.extra {
            Extra::Nothing => true,
            Extra::Process => work.before.is_none_or(|before| self.done[before]),
            Extra::Realtime => match (work.invoke, first_end) {
                (Some(invoke), Some(end)) => end > invoke,
                _ => true,
            },
        };
        let is_free = |key: &u32| {
            let held = (*key, self.state[*key as usize]);
            let own = work.reads.iter().filter(|read| **read == held).count();
            self.waiting.get(&held).is_none_or(|waiting| *waiting <= own)
        };
        !self.done[one]
            && in_time
            && work.reads.iter().all(|(key, writer)| self.state[*key as usize] == *writer)
            && work.writes.iter().all(is_free)
    }

    fn execute(&mut self, one: usize) -> Vec<Step> {
        let held = self.all[one].writes.iter().map(|&key| (key, self.state[key as usize])).collect();
        self.done[one] = true;
        for &key in &self.all[one].writes {
            self.state[key as usize] = Some(one);
        }
        for read in &self.all[one].reads {
            *self.waiting.get_mut(read).expect("all reads are counted") -= 1;
        }
        vec![Step { one, held }]
    }

    /// Whether things have never been like this.
    fn is_new(&mut self) -> bool {
        let word = |bits: &[bool]| bits.iter().rev().fold(0, |word, bit| word << 1 | u32::from(*bit));
        let done = self.done.chunks(32).map(word);
        let state = self.state.iter().map(|writer| writer.map_or(u32::MAX, |writer| writer as u32));
        let row = done.chain(state).collect();
        self.seen.insert(row)
    }

    fn undo(&mut self, steps: Vec<Step>) {
        for Step { one, held } in steps {
            self.done[one] = false;
            held.into_iter().for_each(|(key, writer)| self.state[key as usize] = writer);
            for read in &self.all[one].reads {
                *self.waiting.get_mut(read).expect("all reads are counted") += 1;
            }
        }
    }
}
