//! What a transaction node stores: registers, and the transactions that not everyone is known to hold yet.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::mem;

use hashbrown::HashMap;
use protocol::{Json, List, Text, ToJson};
use smallvec::SmallVec;

use crate::engine::{Cuts, Origin, Replicated};
use crate::texts::Texts;

/// A register's key and the value written to it; both as they came.
pub(super) type Writes<'a> = SmallVec<[(Json<'a>, Json<'a>); 4]>;

/// Counters beyond this are neither given nor taken from a peer: other JSON implementations could not hold them.
const MAX_COUNTER: u64 = 1 << 53;

/// A register keeps at most so much more memory than twice what its value needs.
const KEPT_BYTES: usize = 64;

/// All registers.
#[derive(Clone, Debug)]
pub(super) struct Store {
    me: Origin,
    /// The largest counter of any stamp seen.
    counter: u64,
    positions: HashMap<Box<str>, usize>,
    registers: Vec<Register>,
    origins: Vec<OriginLog>,
}

/// A Lamport stamp: counter, node, incarnation.
type Stamp = (u64, u32, u64);

/// A register and the write that it holds.
#[derive(Clone, Debug)]
struct Register {
    key: Box<str>,
    /// Written over in place, as most values fit where the last one was.
    value: String,
    stamp: Stamp,
    /// The transaction that wrote it: position of its origin, and number there.
    writer: (usize, u64),
}

/// The transactions of an origin.
#[derive(Clone, Debug, Default)]
struct OriginLog {
    /// How many there are.
    count: u64,
    /// How many of them are stable: of these only what registers still hold is kept.
    stable: u64,
    /// The others, as they travel, with a comma behind each.
    recent: Texts,
}

/// Whether two keys are the same string, or written as the same number, boolean or null.
pub(super) fn same_key(one: Json<'_>, other: Json<'_>) -> bool {
    one == other || (is_escaped(one) || is_escaped(other)) && canonical(one) == canonical(other)
}

impl Store {
    /// Where in a transaction its counter is.
    pub(super) const COUNTER: usize = 0;

    /// Nothing yet, at the node whose own transactions have this origin.
    pub(super) fn new(me: Origin) -> Self {
        Store { me, counter: 0, positions: HashMap::new(), registers: Vec::new(), origins: Vec::new() }
    }

    /// What a register holds; `null` if it was never written.
    pub(super) fn read(&self, key: Json<'_>) -> Json<'_> {
        self.position(key).map_or(Json::NULL, |position| Json::trusted(&self.registers[position].value))
    }

    /// Whether there is a stamp for one more transaction.
    pub(super) fn can_commit(&self) -> bool {
        self.counter < MAX_COUNTER
    }

    /// Takes the writes of this node's next transaction.
    pub(super) fn commit(&mut self, writes: &Writes<'_>) {
        self.take(self.me, self.counter + 1, writes.iter().copied());
    }

    /// Takes an origin's next transaction.
    fn take<'a>(&mut self, origin: Origin, counter: u64, writes: impl Iterator<Item = (Json<'a>, Json<'a>)>) {
        let log = self.log(origin.position);
        log.count += 1;
        let number = log.count;
        let mut recent = mem::take(&mut log.recent);
        let stamp = (counter, origin.node, origin.incarnation);
        self.counter = self.counter.max(counter);
        recent.push(|text| {
            write!(text, "[{counter}").expect("a string takes any text");
            for (key, value) in writes {
                let position = self.register(key);
                let register = &mut self.registers[position];
                if stamp > register.stamp {
                    register.value.clear();
                    register.value.push_str(value.as_str());
                    register.value.shrink_to(2 * value.as_str().len() + KEPT_BYTES);
                    register.stamp = stamp;
                    register.writer = (origin.position, number);
                }
                write_entry(&register.key, value.as_str(), text);
            }
            text.push_str("],");
        });
        self.log(origin.position).recent = recent;
    }

    fn position(&self, key: Json<'_>) -> Option<usize> {
        let position = match is_escaped(key) {
            true => self.positions.get(&*canonical(key)),
            false => self.positions.get(key.as_str()),
        };
        position.copied()
    }

    fn register(&mut self, key: Json<'_>) -> usize {
        if let Some(position) = self.position(key) {
            return position;
        }
        let key = canonical(key);
        let value = Json::NULL.as_str().into();
        self.registers.push(Register { key: key.clone(), value, stamp: (0, 0, 0), writer: (0, 0) });
        self.positions.insert(key, self.registers.len() - 1);
        self.registers.len() - 1
    }

    fn log(&mut self, origin: usize) -> &mut OriginLog {
        if self.origins.len() <= origin {
            self.origins.resize_with(origin + 1, OriginLog::default);
        }
        &mut self.origins[origin]
    }
}

/// An update as it travels: a transaction is `[counter, key, value, key, value, …]`, and a number stands for so many
/// transactions of which nothing is left: everyone has had them, and all they wrote has been overwritten.
#[derive(Debug)]
pub(super) enum Item {
    /// A transaction with this counter and so many of the run's words.
    Transaction {
        counter: u64,
        words: usize,
    },
    Gone(u64),
}

/// A run that has been read.
#[derive(Debug, Default)]
pub(super) struct Run<'a> {
    items: SmallVec<[Item; 8]>,
    /// Keys and values of all its transactions: in one list, as lists of their own would take many times the room.
    words: SmallVec<[Json<'a>; 16]>,
}

impl<'a> Run<'a> {
    fn read(&mut self, json: Json<'a>) -> Option<()> {
        if !json.as_str().starts_with('[') {
            // Nobody writes two numbers where one would do, unless to make a short line take much memory.
            let is_short = !matches!(self.items.last(), Some(Item::Gone(_)));
            let count = json.parse().filter(|&count| count > 0 && is_short)?;
            self.items.push(Item::Gone(count));
            return Some(());
        }
        let words: List<Json<'a>> = json.parse()?;
        let (counter, words) = words.split_first().filter(|(_, words)| words.len().is_multiple_of(2))?;
        let counter = counter.parse().filter(|&counter: &u64| 0 < counter && counter <= MAX_COUNTER)?;
        self.items.push(Item::Transaction { counter, words: words.len() });
        self.words.extend_from_slice(words);
        Some(())
    }
}

impl Item {
    fn count(&self) -> u64 {
        if let Item::Gone(count) = self { *count } else { 1 }
    }
}

impl Replicated for Store {
    const NEEDS_STABILITY: bool = true;
    const CUTS: Cuts = Cuts::BehindStable;

    type Run<'a> = Run<'a>;

    fn read_run<'a>(count: u64, payload: Json<'a>) -> Option<Run<'a>> {
        let items: List<Json<'a>> = payload.parse()?;
        let mut run = Run::default();
        items.iter().try_for_each(|item| run.read(*item))?;
        let total = run.items.iter().try_fold(0, |total: u64, item| total.checked_add(item.count()))?;
        (total == count).then_some(run)
    }

    fn take_run(&mut self, origin: Origin, mut skip: u64, run: Run<'_>) {
        let mut words = &*run.words;
        for item in run.items {
            let skipped = skip.min(item.count());
            skip -= skipped;
            match item {
                Item::Transaction { counter, words: length } => {
                    let (writes, rest) = words.split_at(length);
                    words = rest;
                    if skipped == 0 {
                        self.take(origin, counter, writes.chunks_exact(2).map(|pair| (pair[0], pair[1])));
                    }
                }
                Item::Gone(count) if skipped == count => {}
                Item::Gone(count) => self.skip(origin.position, count - skipped),
            }
        }
    }

    fn write_run(&self, origin: usize, first: u64, last: u64, out: &mut String) {
        let log = &self.origins[origin];
        let mut separator = '[';
        let mut next = first;
        for (number, counter, writes) in self.stable_remains(origin, first, last.min(log.stable)) {
            write_gone(number - next, &mut separator, out);
            self.write_transaction(counter, &writes, &mut separator, out);
            next = number + 1;
        }
        let recent_first = next.max(log.stable + 1);
        write_gone(recent_first.min(last + 1) - next, &mut separator, out);
        if recent_first <= last {
            let (first, end) = (recent_first - log.stable - 1, last - log.stable);
            out.push(separator);
            out.push_str(log.recent.get(first as usize, end as usize).trim_end_matches(','));
        }
        out.push(']');
    }

    fn settle(&mut self, origin: usize, count: u64) {
        let log = self.log(origin);
        let count = count.min(log.count);
        log.recent.forget(count.saturating_sub(log.stable) as usize);
        log.stable = log.stable.max(count);
    }
}

type Remains<'a> = (u64, u64, Vec<(usize, &'a str)>);

impl Store {
    /// What registers still hold of an origin's stable transactions `first..=last`: number, counter, writes of each.
    /// Only a peer that has lost its memory asks, so it may take a look at all registers.
    fn stable_remains(&self, origin: usize, first: u64, last: u64) -> Vec<Remains<'_>> {
        let mut remains: Vec<Remains<'_>> = Vec::new();
        if first > last {
            return remains;
        }
        let held =
            |register: &&Register| register.writer.0 == origin && (first..=last).contains(&register.writer.1);
        for (position, register) in self.registers.iter().enumerate().filter(|(_, register)| held(register)) {
            remains.push((register.writer.1, register.stamp.0, alloc::vec![(position, &*register.value)]));
        }
        remains.sort_by_key(|(number, ..)| *number);
        remains.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.2.append(&mut next.2);
            }
            is_same
        });
        remains
    }

    fn write_transaction(
        &self,
        counter: u64,
        writes: &[(usize, &str)],
        separator: &mut char,
        out: &mut String,
    ) {
        write!(out, "{separator}[{counter}").expect("a string takes any text");
        writes.iter().for_each(|(position, value)| write_entry(&self.registers[*position].key, value, out));
        out.push(']');
        *separator = ',';
    }

    /// Counts transactions of which nothing is left. They are stable, and so is what came before them.
    fn skip(&mut self, origin: usize, count: u64) {
        let log = self.log(origin);
        log.recent.forget(usize::MAX);
        log.count += count;
        log.stable = log.count;
    }
}

fn write_entry(key: &str, value: &str, out: &mut String) {
    [",", key, ",", value].iter().for_each(|part| out.push_str(part));
}

fn write_gone(count: u64, separator: &mut char, out: &mut String) {
    if count > 0 {
        write!(out, "{separator}{count}").expect("a string takes any text");
        *separator = ',';
    }
}

fn is_escaped(key: Json<'_>) -> bool {
    key.as_str().contains('\\')
}

/// The one way of writing a key: strings may come with needless escapes.
fn canonical(key: Json<'_>) -> Box<str> {
    let Some(text) = is_escaped(key).then(|| key.parse::<Text<'_>>()).flatten() else {
        return key.as_str().into();
    };
    let mut json = Vec::new();
    text.to_json(&mut json);
    String::from_utf8(json).expect("JSON is UTF-8").into_boxed_str()
}
