//! When each value was added, known, last seen and last missed.
//!
//! One pass over the history, with memory linear in its size. Broadcast values are small integers, so a read's elements find
//! their values by indexing a table; only other values are hashed. A read costs its length plus one comparison for each value
//! added so far.

use crate::context::Context;
use crate::history::Kind;
use edn::Value;
use std::collections::HashMap;

/// A value that somebody tried to add. Operations are given by their indices in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) value: &'a Value,
    /// The invocation that adds it.
    pub(super) added: usize,
    /// The first completion that shows it is there: of its add, or of a read that has it.
    pub(super) known: Option<usize>,
    /// Of the ok reads that ended after `added`, the one that began last and has it: its invocation.
    pub(super) last_present: Option<usize>,
    /// … and the one that began last and does not have it.
    pub(super) last_absent: Option<usize>,
}

/// All values, in the order in which they were first added.
pub(super) fn elements<'a>(context: &Context<'a>, add: &str) -> Vec<Element<'a>> {
    let mut values: Vec<(&Value, usize)> = Vec::new();
    let adds = context.client_ops().filter(|op| op.kind == Kind::Invoke && op.f == add);
    values.extend(adds.map(|op| (&op.value, op.index)));
    let numbers = Numbers::new(&mut values);
    let mut observations = Observations::new(values.len());
    for op in context.client_ops() {
        match op.kind {
            Kind::Invoke if op.f == add => observations.add(&values, op.index),
            Kind::Ok => {
                let Some(invoke) = context.other_half(op) else { continue };
                if op.f == add {
                    observations.know(numbers.get(&invoke.value), op.index);
                } else if op.f == "read" {
                    let elements = op.value.items().into_iter().flatten();
                    observations.read(elements.filter_map(|v| numbers.get(&v)), invoke.index, op.index);
                }
            }
            _ => {}
        }
    }
    let describe = |(number, &(value, added)): (usize, &(&'a Value, usize))| Element {
        value,
        added,
        known: index(observations.known[number]),
        last_present: index(observations.last_present[number]),
        last_absent: index(observations.last_absent[number]),
    };
    values.iter().enumerate().map(describe).collect()
}

/// From values to their numbers: 0, 1, 2, … in the order in which they were first added.
struct Numbers<'a> {
    /// Of the integer `smallest + i`, at i; `ABSENT` if nobody added that.
    table: Vec<u32>,
    smallest: i64,
    others: HashMap<&'a Value, u32>,
}

const ABSENT: u32 = u32::MAX;

/// The table may have this many places for each value added.
const TABLE_SPARSENESS: i128 = 8;

impl<'a> Numbers<'a> {
    /// Numbers `values` and removes those that occurred before.
    fn new(values: &mut Vec<(&'a Value, usize)>) -> Numbers<'a> {
        let integers = || values.iter().filter_map(|(value, _)| value.as_integer());
        let smallest = integers().min().unwrap_or(0);
        let span = i128::from(integers().max().unwrap_or(0)) - i128::from(smallest) + 1;
        let places = if span <= TABLE_SPARSENESS * (values.len() as i128 + 1) { span as usize } else { 0 };
        let mut numbers = Numbers { table: vec![ABSENT; places], smallest, others: HashMap::new() };
        let mut count = 0;
        values.retain(|(value, _)| {
            let is_new = numbers.get(value).is_none();
            if is_new {
                match numbers.place(value) {
                    Some(place) => numbers.table[place] = count,
                    None => drop(numbers.others.insert(value, count)),
                }
                count += 1;
            }
            is_new
        });
        numbers
    }

    fn get(&self, value: &Value) -> Option<usize> {
        let number = match self.place(value) {
            Some(place) => self.table[place],
            // Most likely a stranger among integers: no need to hash it.
            None if self.others.is_empty() => return None,
            None => *self.others.get(value)?,
        };
        (number != ABSENT).then_some(number as usize)
    }

    fn place(&self, value: &Value) -> Option<usize> {
        let offset = value.as_integer()?.checked_sub(self.smallest)?;
        usize::try_from(offset).ok().filter(|place| *place < self.table.len())
    }
}

/// One row for each value, in columns. Operations are their indices plus one, so that zero means none and the later of two
/// is their maximum.
struct Observations {
    /// Values whose add has begun: the first so many.
    begun: usize,
    known: Vec<u32>,
    last_present: Vec<u32>,
    last_absent: Vec<u32>,
    /// The last read (its completion) that had the value.
    marks: Vec<u32>,
}

fn mark(index: usize) -> u32 {
    u32::try_from(index + 1).expect("a history in memory has fewer than 2^32 operations")
}

fn index(mark: u32) -> Option<usize> {
    mark.checked_sub(1).map(|index| index as usize)
}

impl Observations {
    fn new(values: usize) -> Observations {
        let column = || vec![0; values];
        Observations {
            begun: 0,
            known: column(),
            last_present: column(),
            last_absent: column(),
            marks: column(),
        }
    }

    /// An add begins at `invoke`. Adding a value again changes nothing.
    fn add(&mut self, values: &[(&Value, usize)], invoke: usize) {
        if values.get(self.begun).is_some_and(|(_, added)| *added == invoke) {
            self.begun += 1;
        }
    }

    fn know(&mut self, number: Option<usize>, completion: usize) {
        let known = number.and_then(|number| self.known.get_mut(number));
        if let Some(known @ 0) = known {
            *known = mark(completion);
        }
    }

    fn read(&mut self, numbers: impl Iterator<Item = usize>, invoke: usize, completion: usize) {
        let (invoke, completion) = (mark(invoke), mark(completion));
        for number in numbers.filter(|number| *number < self.begun) {
            self.marks[number] = completion;
            if self.known[number] == 0 {
                self.known[number] = completion;
            }
        }
        let rows = self.last_present.iter_mut().zip(&mut self.last_absent).zip(&self.marks);
        for ((present, absent), mark) in rows.take(self.begun) {
            let had = *mark == completion;
            *present = (*present).max(if had { invoke } else { 0 });
            *absent = (*absent).max(if had { 0 } else { invoke });
        }
    }
}
