//! What a log node stores: messages by key and by origin, and committed offsets.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use hashbrown::HashMap;
use protocol::{Entries, Json, List, Text, ToJson};
use smallvec::SmallVec;

use crate::engine::{Origin, Replicated};

/// A poll shows at most this many messages of a key; the next poll goes on from there.
const MAX_PAGE_MESSAGES: usize = 256;

/// And at most this many bytes of them, if there is more than one.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// Offsets beyond this are neither given nor taken from a peer: other JSON implementations could not hold them.
const MAX_OFFSET: u64 = 1 << 53;

/// All logs.
#[derive(Clone, Debug)]
pub(super) struct Store {
    me: u64,
    nodes: u64,
    positions: HashMap<Box<str>, usize>,
    logs: Vec<KeyLog>,
    origins: Vec<OriginLog>,
    /// All messages, as they came.
    text: String,
    /// How long all sends are together as they travel, but for most digits of their offsets.
    sent_bytes: usize,
}

/// The log of a key.
#[derive(Clone, Debug)]
struct KeyLog {
    /// The key, as JSON.
    key: Box<str>,
    /// In order of their offsets.
    entries: Vec<Entry>,
    /// The highest offset shown to consumers.
    visible: Option<u64>,
    committed: Option<u64>,
}

/// A message: its offset and its place in the text.
#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: u64,
    start: usize,
    end: usize,
}

/// The updates of an origin.
#[derive(Clone, Debug, Default)]
struct OriginLog {
    /// How many there are.
    count: u64,
    /// The sends among them, in order of their numbers.
    sends: Vec<Sent>,
    /// How many of the sends are stable.
    stable_sends: usize,
    /// The commits among them that are not stable yet. Of those that are, only the effect is kept.
    commits: VecDeque<(u64, Commits)>,
}

type Commits = SmallVec<[(usize, u64); 2]>;

/// A send: its number, its key, its message.
#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    key: usize,
    entry: Entry,
}

/// Some messages of a key.
pub(super) struct Page<'a, M> {
    /// The key, as JSON.
    pub(super) key: &'a str,
    /// Offsets and messages; at least one.
    pub(super) messages: M,
}

impl Store {
    /// Where in a send the offset is.
    pub(super) const OFFSET: usize = 1;

    /// Nothing yet, at node `me` of so many.
    pub(super) fn new(me: u64, nodes: u64) -> Self {
        let (positions, logs, origins, text) = (HashMap::new(), Vec::new(), Vec::new(), String::new());
        Store { me, nodes, positions, logs, origins, text, sent_bytes: 0 }
    }

    /// The offset that the next message to a key of this node's clients gets; none if its log is full.
    pub(super) fn next_offset(&self, key: &str) -> Option<u64> {
        let last = self.positions.get(key).and_then(|&key| self.logs[key].entries.last());
        let next = last.map_or(0, |last| last.offset + 1);
        let offset = next + (self.me + self.nodes - next % self.nodes) % self.nodes;
        (offset <= MAX_OFFSET).then_some(offset)
    }

    /// Appends a message of this node's clients at the next offset.
    pub(super) fn send(&mut self, key: &str, offset: u64, message: Json<'_>) {
        let key = self.position(key);
        self.append(0, key, offset, message);
    }

    /// Whether any of these is higher than what is committed.
    pub(super) fn would_commit(&self, offsets: &Entries<'_, u64>) -> bool {
        offsets.iter().any(|(key, offset)| self.committed(key).is_none_or(|committed| committed < *offset))
    }

    /// Commits offsets of this node's clients.
    pub(super) fn commit(&mut self, offsets: &Entries<'_, u64>) {
        let commits = offsets.iter().map(|(key, offset)| (self.position(key), *offset)).collect();
        self.take_commits(0, commits);
    }

    /// The committed offset of a key.
    pub(super) fn committed(&self, key: &str) -> Option<u64> {
        self.logs[*self.positions.get(key)?].committed
    }

    /// The visible messages of a key from an offset on, as far as a page goes; none if there are none.
    pub(super) fn page(&self, key: &str, from: u64) -> Option<Page<'_, impl Iterator<Item = (u64, &str)>>> {
        let log = &self.logs[*self.positions.get(key)?];
        let start = log.entries.partition_point(|entry| entry.offset < from);
        let end = log.entries.partition_point(|entry| Some(entry.offset) <= log.visible);
        let visible = log.entries.get(start..end).filter(|visible| !visible.is_empty())?;
        let mut bytes = 0;
        let messages = visible.iter().take(MAX_PAGE_MESSAGES).take_while(move |entry| {
            let is_first = bytes == 0;
            bytes += entry.end - entry.start;
            is_first || bytes <= MAX_PAGE_BYTES
        });
        let messages = messages.map(|entry| (entry.offset, &self.text[entry.start..entry.end]));
        Some(Page { key: &log.key, messages })
    }

    fn position(&mut self, key: &str) -> usize {
        if let Some(&position) = self.positions.get(key) {
            return position;
        }
        let mut json = Vec::new();
        key.to_json(&mut json);
        let json = String::from_utf8(json).expect("JSON is UTF-8").into_boxed_str();
        self.logs.push(KeyLog { key: json, entries: Vec::new(), visible: None, committed: None });
        self.positions.insert(key.into(), self.logs.len() - 1);
        self.logs.len() - 1
    }

    fn origin(&mut self, origin: usize) -> &mut OriginLog {
        if self.origins.len() <= origin {
            self.origins.resize_with(origin + 1, OriginLog::default);
        }
        &mut self.origins[origin]
    }

    /// Takes the next update of an origin, a send. Others' messages may belong before ones that are here: see
    /// [`Store::put_in_order`].
    fn append(&mut self, origin: usize, key: usize, offset: u64, message: Json<'_>) {
        let start = self.text.len();
        self.text.push_str(message.as_str());
        let entry = Entry { offset, start, end: self.text.len() };
        self.sent_bytes += "[,0,],".len() + self.logs[key].key.len() + message.as_str().len();
        self.logs[key].entries.push(entry);
        let origin = self.origin(origin);
        origin.count += 1;
        origin.sends.push(Sent { number: origin.count, key, entry });
    }

    /// Puts a log in order to which messages have been appended, the first of them at position `appended`. All at once: one
    /// by one, every message would have to make way for every other after a long partition. (The sort finds what is in order
    /// already, and then only merges.)
    fn put_in_order(&mut self, key: usize, appended: usize) {
        let entries = &mut self.logs[key].entries;
        let (before, new) = entries.split_at(appended);
        let Some(lowest) = new.iter().map(|entry| entry.offset).min() else { return };
        let start = before.partition_point(|entry| entry.offset < lowest);
        entries[start..].sort_by_key(|entry| entry.offset);
    }

    /// Takes the next update of an origin, commits.
    fn take_commits(&mut self, origin: usize, commits: Commits) {
        for &(key, offset) in &commits {
            let committed = &mut self.logs[key].committed;
            *committed = (*committed).max(Some(offset));
        }
        let origin = self.origin(origin);
        origin.count += 1;
        origin.commits.push_back((origin.count, commits));
    }
}

/// An update as it travels: a send is `[key, offset, message]`, commits are `{key: offset, …}`, and a number stands for
/// so many updates of which nothing is left: commits that are stable. All of their effect goes with the first commit
/// that is missing.
#[derive(Debug)]
pub(super) enum Item<'a> {
    Send(Text<'a>, u64, Json<'a>),
    /// As they came, but known to be commits: read, they would take a hundred times the room.
    Commits(Json<'a>),
    Gone(u64),
}

impl<'a> Item<'a> {
    fn read(json: Json<'a>) -> Option<Item<'a>> {
        match json.as_str().as_bytes().first()? {
            b'[' => {
                let (key, offset, message) = json.parse()?;
                (offset <= MAX_OFFSET).then_some(Item::Send(key, offset, message))
            }
            b'{' => json.parse::<Entries<'a, u64>>().map(|_| Item::Commits(json)),
            _ => json.parse().filter(|&count| count > 0).map(Item::Gone),
        }
    }

    fn count(&self) -> u64 {
        if let Item::Gone(count) = self { *count } else { 1 }
    }
}

impl Replicated for Store {
    const NEEDS_STABILITY: bool = true;

    type Run<'a> = SmallVec<[Item<'a>; 8]>;

    fn read_run<'a>(count: u64, payload: Json<'a>) -> Option<Self::Run<'a>> {
        let items: List<Json<'a>> = payload.parse()?;
        let mut run = Self::Run::new();
        for item in items.iter() {
            let item = Item::read(*item)?;
            // Nobody writes two numbers where one would do, unless to make a short line take much memory.
            if matches!((run.last(), &item), (Some(Item::Gone(_)), Item::Gone(_))) {
                return None;
            }
            run.push(item);
        }
        let total = run.iter().try_fold(0, |total: u64, item| total.checked_add(item.count()))?;
        (total == count).then_some(run)
    }

    fn take_run(&mut self, origin: Origin, mut skip: u64, run: Self::Run<'_>) {
        let origin = origin.position;
        let mut appended: SmallVec<[(usize, usize); 8]> = SmallVec::new();
        for item in run {
            let skipped = skip.min(item.count());
            skip -= skipped;
            match item {
                _ if skipped == item.count() => {}
                Item::Send(key, offset, message) => {
                    let key = self.position(&key);
                    appended.push((key, self.logs[key].entries.len()));
                    self.append(origin, key, offset, message);
                }
                Item::Commits(offsets) => {
                    let offsets: Entries<'_, u64> = offsets.parse().expect("it was read as commits");
                    let commits = offsets.iter().map(|(key, offset)| (self.position(key), *offset)).collect();
                    self.take_commits(origin, commits);
                }
                Item::Gone(count) => self.origin(origin).count += count - skipped,
            }
        }
        appended.sort_unstable();
        appended.dedup_by_key(|(key, _)| *key);
        appended.into_iter().for_each(|(key, first)| self.put_in_order(key, first));
    }

    fn write_run(&self, origin: usize, first: u64, last: u64, out: &mut String) {
        let OriginLog { sends, commits, .. } = &self.origins[origin];
        let mut sends = &sends[sends.partition_point(|sent| sent.number < first)..];
        let mut commits = commits.range(commits.partition_point(|(number, _)| *number < first)..).peekable();
        let mut effect_is_told = false;
        let mut separator = '[';
        let mut number = first;
        while number <= last {
            out.push(separator);
            separator = ',';
            let next_send = sends.first().map_or(u64::MAX, |sent| sent.number);
            let next_commits = commits.peek().map_or(u64::MAX, |(number, _)| *number);
            number += match number {
                _ if number == next_send => {
                    self.write_send(&sends[0], out);
                    sends = &sends[1..];
                    1
                }
                _ if number == next_commits => {
                    commits.next().into_iter().for_each(|(_, commits)| self.write_commits(commits, out));
                    1
                }
                _ if !effect_is_told => {
                    effect_is_told = true;
                    self.write_all_commits(out);
                    1
                }
                _ => {
                    let gone = next_send.min(next_commits).min(last + 1) - number;
                    write!(out, "{gone}").expect("a string takes any text");
                    gone
                }
            };
        }
        out.push(']');
    }

    fn settle(&mut self, origin: usize, count: u64) {
        let Some(OriginLog { sends, stable_sends, commits, .. }) = self.origins.get_mut(origin) else {
            return;
        };
        while let Some(sent) = sends.get(*stable_sends).filter(|sent| sent.number <= count) {
            let visible = &mut self.logs[sent.key].visible;
            *visible = (*visible).max(Some(sent.entry.offset));
            *stable_sends += 1;
        }
        while commits.front().is_some_and(|(number, _)| *number <= count) {
            commits.pop_front();
        }
    }

    fn stored_bytes(&self) -> usize {
        self.sent_bytes
    }
}

impl Store {
    fn write_send(&self, sent: &Sent, out: &mut String) {
        let Entry { offset, start, end } = sent.entry;
        let (key, message) = (&self.logs[sent.key].key, &self.text[start..end]);
        // Formatted in one go, it would take twice as long.
        ["[", key, ","].iter().for_each(|part| out.push_str(part));
        write!(out, "{offset}").expect("a string takes any text");
        [",", message, "]"].iter().for_each(|part| out.push_str(part));
    }

    fn write_commits(&self, commits: &Commits, out: &mut String) {
        write_object(commits.iter().map(|&(key, offset)| (&*self.logs[key].key, offset)), out);
    }

    fn write_all_commits(&self, out: &mut String) {
        write_object(self.logs.iter().filter_map(|log| Some((&*log.key, log.committed?))), out);
    }
}

fn write_object<'a>(entries: impl Iterator<Item = (&'a str, u64)>, out: &mut String) {
    let mut separator = "";
    out.push('{');
    for (key, offset) in entries {
        write!(out, "{separator}{key}:{offset}").expect("a string takes any text");
        separator = ",";
    }
    out.push('}');
}
