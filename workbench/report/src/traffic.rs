//! The journal as a page wants it: a row for each message, in columns, with everything that is said often said once. Of
//! millions of messages all are there, but only some of them in full.
//!
//! A row's times are microseconds on the history's clock, so what happened before the first operation is negative. Rows
//! are in the order in which messages were sent; a copy of a message is a row of its own.

use super::chains::Chains;
use super::packed::Numbers;
use super::row::{Fate, Row, kind};
use bench::network::{Entry, Event, Journal};
use bench::options::Options;
use bench::service::Services;
use machines::Time;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// Events of the journal that go into a page in full: with the bodies of their messages, and how values spread through them.
/// Of the messages before and after there is all but that.
pub const MAX_EVENTS: usize = 100_000;
/// Bytes of bodies that go into a page; each gets an equal share of it, between these two.
const BODY_BYTES: usize = 8 << 20;
const BODY_SHARE: RangeInclusive<usize> = 120..=2_000;
/// Bytes that the messages' columns may take, packed. If all would take more, the page has one in two of those before and after
/// its full part, or one in four, …
const MAX_PACKED: usize = 7 << 20;
/// Stretches of time in which messages are counted.
pub const STRETCHES: usize = 96;
/// Events that the full part begins before what it wants to show, so that one sees what led up to it.
const LEAD: usize = MAX_EVENTS / 2;

/// The messages of a run.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Everybody: nodes first, then services, then clients as they come.
    pub names: Vec<Arc<str>>,
    /// How many of the names are nodes.
    pub nodes: usize,
    /// How many are nodes or services.
    pub servers: usize,
    /// The types of bodies, as they come.
    pub types: Vec<String>,
    /// From whom to whom, each pair once.
    pub links: Vec<(usize, usize)>,
    /// The messages.
    pub rows: Vec<Row>,
    /// The rows that a page has in full.
    pub in_full: Range<usize>,
    /// Of the others, it has one in so many.
    pub one_in: usize,
    /// The rows' columns, packed: number, moment of sending, time under way, link, fate, type.
    pub columns: String,
    /// How values spread through the messages that are there in full.
    pub chains: Chains,
    /// Events that the journal had no room for.
    pub left_out: usize,
}

/// Messages of one type over the whole journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TypeCount {
    /// Between nodes and services.
    pub servers: u64,
    /// With a client at either end.
    pub clients: u64,
    /// Those that never arrived because a link was cut or lossy.
    pub dropped: u64,
}

/// How many messages there were, over the whole journal.
#[derive(Debug, Default)]
pub struct Counts {
    /// By the type in the body.
    pub by_type: BTreeMap<String, TypeCount>,
    /// From whom to whom, for nodes and services; by their positions among the names.
    pub by_link: BTreeMap<(usize, usize), u64>,
    /// Between nodes and services, in equal stretches of the main phase.
    pub over_time: OverTime,
}

/// Messages between nodes and services in each of [`STRETCHES`] equal stretches of the main phase.
#[derive(Debug, Default, Serialize)]
pub struct OverTime {
    /// Those that arrived then.
    pub delivered: Vec<u64>,
    /// Those that were dropped then.
    pub dropped: Vec<u64>,
}

impl Traffic {
    /// The messages of a journal: in full at its beginning, or around `focus_us` if that comes later.
    pub fn new(options: &Options, journal: &Journal, start: Time, focus_us: Option<i64>) -> Traffic {
        let entries = &journal.entries;
        let first = focus_us.map_or(0, |focus_us| {
            let focus = entries.partition_point(|entry| micros(entry.time, start) < focus_us);
            focus.saturating_sub(LEAD).min(entries.len().saturating_sub(MAX_EVENTS))
        });
        let mut reader = Reader::new(options, start);
        for (position, entry) in entries.iter().enumerate() {
            reader.is_in_full = (first..first + MAX_EVENTS).contains(&position);
            reader.take(entry);
        }
        let mut traffic = reader.finish();
        traffic.left_out = journal.left_out();
        traffic.columns = traffic.packed();
        while traffic.columns.len() > MAX_PACKED {
            traffic.thin();
            traffic.columns = traffic.packed();
        }
        traffic
    }

    /// Bytes of a body that the page has room for.
    pub fn body_limit(&self) -> usize {
        let share = BODY_BYTES / self.in_full.len().max(1);
        share.clamp(*BODY_SHARE.start(), *BODY_SHARE.end())
    }

    fn packed(&self) -> String {
        let links: HashMap<(usize, usize), i64> = self.links.iter().copied().zip(0..).collect();
        let rows = || self.rows.iter();
        let mut columns = Numbers::default();
        columns.differences(rows().map(|row| row.id as i64));
        columns.differences(rows().map(|row| row.sent_us));
        columns.column(rows().map(|row| row.end_us.map_or(-1, |end_us| end_us - row.sent_us)));
        columns.column(rows().map(|row| links[&(row.src, row.dest)]));
        columns.column(rows().map(|row| row.fate as i64));
        columns.column(rows().map(|row| row.kind as i64));
        columns.packed()
    }

    /// Leaves every second message out, but for those that are there in full.
    fn thin(&mut self) {
        self.one_in *= 2;
        let Range { start, end } = self.in_full;
        let is_kept = |row: &usize| (start..end).contains(row) || row.is_multiple_of(2);
        let kept: Vec<usize> = (0..self.rows.len()).filter(is_kept).collect();
        let mut position = vec![0; self.rows.len()];
        kept.iter().enumerate().for_each(|(new, &old)| position[old] = new);
        self.chains.renumber(&position);
        self.in_full = if start == end { 0..0 } else { position[start]..position[end - 1] + 1 };
        let mut row = 0;
        self.rows.retain(|_| {
            row += 1;
            is_kept(&(row - 1))
        });
    }
}

/// Types of messages that are counted one by one.
const MAX_TYPES: usize = 100;

impl Counts {
    /// Counts the messages of a journal of a run whose main phase ended at `end_us`.
    pub fn new(options: &Options, journal: &Journal, start: Time, end_us: i64) -> Counts {
        let mut names = Names::new(options);
        let mut counts = Counts { over_time: OverTime::new(), ..Counts::default() };
        for entry in &journal.entries {
            let (src, dest) = (names.position(&entry.src), names.position(&entry.dest));
            let touches_client = src.max(dest) >= names.servers;
            if !touches_client {
                counts.over_time.add(entry.event, micros(entry.time, start), end_us);
            }
            if entry.event == Event::Receive {
                continue;
            }
            let body = entry.body.text();
            let mut kind = kind(&body);
            if counts.by_type.len() >= MAX_TYPES && !counts.by_type.contains_key(&*kind) {
                kind = "(other types)".into();
            }
            let count = counts.by_type.entry(kind.into_owned()).or_default();
            match entry.event {
                Event::Send if touches_client => count.clients += 1,
                Event::Send => count.servers += 1,
                _ => count.dropped += 1,
            }
            if entry.event == Event::Send && !touches_client {
                *counts.by_link.entry((src, dest)).or_default() += 1;
            }
        }
        counts
    }
}

impl OverTime {
    fn new() -> OverTime {
        OverTime { delivered: vec![0; STRETCHES], dropped: vec![0; STRETCHES] }
    }

    fn add(&mut self, event: Event, time_us: i64, end_us: i64) {
        let counts = match event {
            Event::Send => return,
            Event::Receive => &mut self.delivered,
            Event::Cut | Event::Lost => &mut self.dropped,
        };
        if let Some(stretch) = stretch(time_us, end_us) {
            counts[stretch] += 1;
        }
    }
}

/// Which of the equal stretches from the first operation to `end_us` a moment falls into, if it does.
pub(crate) fn stretch(time_us: i64, end_us: i64) -> Option<usize> {
    let stretch = || (i128::from(time_us) * STRETCHES as i128 / i128::from(end_us.max(1))) as usize;
    (0..=end_us).contains(&time_us).then(|| stretch().min(STRETCHES - 1))
}

/// Microseconds on the history's clock. The difference is taken first: rounded alike, an operation and its messages are at
/// the same moment.
pub fn micros(time: Time, start: Time) -> i64 {
    let nanos = |time: Time| i128::from(time.as_nanos());
    i64::try_from((nanos(time) - nanos(start)).div_euclid(1_000)).unwrap_or(i64::MAX)
}

/// Nanoseconds of a history in microseconds, rounded down.
pub fn whole_micros(nanos: u64) -> i64 {
    i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
}

/// Everybody's position.
struct Names {
    names: Vec<Arc<str>>,
    positions: HashMap<Arc<str>, usize>,
    nodes: usize,
    servers: usize,
}

impl Names {
    fn new(options: &Options) -> Names {
        let mut names = Names { names: Vec::new(), positions: HashMap::new(), nodes: 0, servers: 0 };
        for name in options.nodes.iter().map(String::as_str).chain(Services::NAMES) {
            names.position(&name.into());
        }
        names.nodes = options.nodes.len();
        names.servers = names.names.len();
        names
    }

    fn position(&mut self, name: &Arc<str>) -> usize {
        if let Some(&position) = self.positions.get(name) {
            return position;
        }
        self.names.push(name.clone());
        self.positions.insert(name.clone(), self.names.len() - 1);
        self.names.len() - 1
    }
}

/// Turns events into rows.
struct Reader {
    start: Time,
    names: Names,
    types: Vec<String>,
    kinds: HashMap<String, usize>,
    links: Vec<(usize, usize)>,
    seen_links: HashSet<(usize, usize)>,
    rows: Vec<Row>,
    /// Whether what comes is wanted in full, and the rows that were, of those that came first and last.
    is_in_full: bool,
    in_full: Option<(usize, usize)>,
    /// The newest row of each message.
    by_id: HashMap<u64, usize>,
    chains: Chains,
}

impl Reader {
    fn new(options: &Options, start: Time) -> Reader {
        Reader {
            start,
            names: Names::new(options),
            types: Vec::new(),
            kinds: HashMap::new(),
            links: Vec::new(),
            seen_links: HashSet::new(),
            rows: Vec::new(),
            is_in_full: false,
            in_full: None,
            by_id: HashMap::new(),
            chains: Chains::new(options),
        }
    }

    fn take(&mut self, entry: &Entry) {
        let time_us = micros(entry.time, self.start);
        let (src, dest) = (self.names.position(&entry.src), self.names.position(&entry.dest));
        let fate = match entry.event {
            Event::Send => {
                let kind = self.kind(&entry.body.text());
                if self.seen_links.insert((src, dest)) {
                    self.links.push((src, dest));
                }
                let row = Row {
                    id: entry.id,
                    src,
                    dest,
                    sent_us: time_us,
                    end_us: None,
                    fate: Fate::Underway,
                    kind,
                    body: entry.body.clone(),
                };
                self.by_id.insert(entry.id, self.rows.len());
                if self.is_in_full {
                    let first = self.in_full.map_or(self.rows.len(), |(first, _)| first);
                    self.in_full = Some((first, self.rows.len()));
                    self.chains.sent(self.rows.len(), &row);
                }
                return self.rows.push(row);
            }
            Event::Receive => Fate::Delivered,
            Event::Cut => Fate::Cut,
            Event::Lost => Fate::Lost,
        };
        // A journal that somebody has edited may lack the sending.
        let Some(&newest) = self.by_id.get(&entry.id) else { return };
        let row = if self.rows[newest].fate == Fate::Underway { newest } else { self.copy(newest) };
        self.rows[row].end_us = Some(time_us);
        self.rows[row].fate = fate;
        if self.is_in_full && self.in_full.is_some_and(|(first, _)| row >= first) {
            self.chains.ended(row, &self.rows[row]);
        }
    }

    fn copy(&mut self, row: usize) -> usize {
        self.rows.push(self.rows[row].clone());
        self.rows.len() - 1
    }

    fn kind(&mut self, body: &str) -> usize {
        let kind = kind(body);
        if let Some(&position) = self.kinds.get(kind.as_ref()) {
            return position;
        }
        self.types.push(kind.to_string());
        self.kinds.insert(kind.into_owned(), self.types.len() - 1);
        self.types.len() - 1
    }

    /// Copies were appended as they arrived: brings them where their originals are.
    fn finish(self) -> Traffic {
        let Reader { names, types, links, mut rows, mut chains, in_full, .. } = self;
        let mut in_full = in_full.map_or(0..0, |(first, last)| first..last + 1);
        if !rows.is_sorted_by_key(|row| row.sent_us) {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by_key(|&row| rows[row].sent_us);
            let mut position = vec![0; rows.len()];
            order.iter().enumerate().for_each(|(new, &old)| position[old] = new);
            chains.renumber(&position);
            let moved = in_full.clone().map(|row| position[row]);
            in_full = moved.clone().min().unwrap_or(0)..moved.max().map_or(0, |last| last + 1);
            rows.sort_by_key(|row| row.sent_us);
        }
        let Names { names, nodes, servers, .. } = names;
        let (columns, left_out, one_in) = (String::new(), 0, 1);
        Traffic { names, nodes, servers, types, links, rows, in_full, one_in, columns, chains, left_out }
    }
}
