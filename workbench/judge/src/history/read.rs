//! Histories as people have them: those that we, Jepsen and Maelstrom store, and those that others' tools write.
//!
//! EDN or JSON, as a stream of maps, a map a line, or one collection of them; with comments, tagged records, byte-order
//! marks. What a history does without is filled in: indices and times that are missing, the names of clients that are no
//! numbers. What it has that nobody needs (stack traces) is dropped. Indices may have gaps, as where somebody has taken lines
//! out, but must grow. Operations are then numbered anew.

use super::draft::{Draft, Form, Names, UNNUMBERED, Who};
use super::error::{HistoryError, Reason};
use super::parts::{self, Part, Reading};
use super::{History, Op, Place, Process};
use edn::{Value, json};
use std::collections::HashMap;

/// Reads a history.
pub fn read(text: &str) -> Result<History, HistoryError> {
    let mut history = History::default();
    let mut places = Vec::new();
    let mut are_places_needed = false;
    Reader::new(text).each_part(&|| (), &|_, _| {}, &mut |(), ops| {
        for (op, place, _) in ops {
            are_places_needed |=
                place.line != history.ops.len() + 1 || place.index != history.ops.len() as u64;
            places.push(place);
            history.push(op);
        }
    })?;
    history.places = if are_places_needed { places } else { Vec::new() };
    Ok(history)
}

/// Whether a text is JSON and not EDN: in a map of JSON the first key is a string, and a colon follows.
fn is_json(text: &str) -> bool {
    let rest = text.trim_start().trim_start_matches('[').trim_start();
    let Some(key) = rest.strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix('"')) else {
        return false;
    };
    key.split_once('"').is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
}

/// Reads operations part by part.
pub(crate) struct Reader<'t> {
    text: &'t str,
    is_json: bool,
    /// How many operations there were, and the index and the time of the last.
    count: usize,
    last_index: Option<u64>,
    last_time_ns: u64,
    names: Names,
    /// Processes that are not numbers.
    processes: HashMap<Value, u64>,
}

/// An operation, where it stands in the file, and at which byte it begins.
pub(crate) type Numbered = (Op, Place, usize);

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str) -> Reader<'t> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Reader {
            text,
            is_json: is_json(text),
            count: 0,
            last_index: None,
            last_time_ns: 0,
            names: Names::default(),
            processes: HashMap::new(),
        }
    }

    /// Tells of all operations, numbered by their places, some at a time. Whatever can be made of one by itself is made by
    /// `digest` before, for several parts at once: a client is not known there but as one, nor are index and time.
    pub(crate) fn each_part<D: Send>(
        &mut self,
        new: &(impl Fn() -> D + Sync),
        digest: &(impl Fn(&mut D, &mut Op) + Sync),
        tell: &mut impl FnMut(D, Vec<Numbered>),
    ) -> Result<(), HistoryError> {
        let (text, is_json) = (self.text, self.is_json);
        let mut line = 1;
        let mut take = |part: Part<D>| {
            let mut ops = Vec::with_capacity(part.drafts.len());
            for draft in part.drafts {
                let (position, place) = (draft.position, line + draft.line);
                let numbered = self.number(draft, place);
                ops.push(numbered.map_err(|reason| HistoryError::at(text, position, reason))?);
            }
            line += part.lines;
            tell(part.digest, ops);
            match part.error {
                Some((position, reason)) => Err(HistoryError::at(text, position, reason)),
                None => Ok(()),
            }
        };
        let reading = Reading { text, new, digest };
        if !is_json {
            return reading.read(parts::SIZE, &mut take);
        }
        let values = json::parse_all(text).map_err(|error| HistoryError::json(&error))?;
        take(reading.of_json(values))
    }

    /// The operation that begins at a byte where one was read before, with its number.
    pub(crate) fn again(&self, position: usize, number: usize) -> Op {
        let text = &self.text[position..];
        let value = match self.is_json {
            true => json::parse_first(text).ok().flatten(),
            false => edn::read_all(text).next().and_then(Result::ok).map(|(_, value)| value),
        };
        let value = value.expect("what was read once can be read again");
        let draft = Draft::read(value, &mut Form::new(self.is_json));
        let Draft { mut op, has_time, who, .. } = draft.expect("what was an operation once is one again");
        op.index = number;
        op.time_ns = if has_time { op.time_ns } else { self.last_time_ns };
        let known = |name: &Value| self.processes.get(name).copied().map_or(op.process, Process::Client);
        op.process = match who {
            Who::Known => op.process,
            Who::Named(name) => known(&name),
            Who::Nobody => known(&nobody(number)),
        };
        op
    }

    /// Numbers an operation, and says who did it and when.
    fn number(&mut self, draft: Draft, line: usize) -> Result<Numbered, Reason> {
        let Draft { mut op, index, has_time, who, position, .. } = draft;
        op.f = self.names.lasting(op.f).ok_or(Reason::Names)?;
        for (key, _) in &mut op.extra {
            *key = self.names.lasting(key).ok_or(Reason::Names)?;
        }
        let index = index.unwrap_or_else(|| self.last_index.map_or(0, |before| before + 1));
        if let Some(before) = self.last_index.filter(|before| *before >= index) {
            return Err(Reason::Index(index, before));
        }
        op.index = self.count;
        op.time_ns = if has_time { op.time_ns } else { self.last_time_ns };
        let next = UNNUMBERED + self.processes.len() as u64;
        let mut named = |name| Process::Client(*self.processes.entry(name).or_insert(next));
        op.process = match who {
            Who::Known => op.process,
            Who::Named(name) => named(name),
            Who::Nobody => named(nobody(self.count)),
        };
        (self.count, self.last_index, self.last_time_ns) = (self.count + 1, Some(index), op.time_ns);
        Ok((op, Place { line, index }, position))
    }
}

/// The name of whoever has none: somebody else each time.
fn nobody(number: usize) -> Value {
    Value::Vector(vec![Value::count(number)])
}

#[cfg(test)]
mod tests;
