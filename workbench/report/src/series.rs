//! What changes over time: operations and their latencies.

use super::packed::Numbers;
use super::traffic::{STRETCHES, stretch, whole_micros};
use judge::{History, Kind, Op};
use serde::Serialize;

/// Operations that a page has a dot for, and a plot. Of more, dots are one in two, three, …; those that were not ok stay, up to
/// as many again. All else is worked out from all operations.
pub const MAX_DOTS: usize = 40_000;
/// Shares of the operations for which it is told how long they took at most.
pub const SHARES: [f64; 4] = [0.5, 0.95, 0.99, 1.0];

/// Operations in columns, in the order in which they began.
#[derive(Debug, Default)]
pub struct Operations {
    /// What they were, by name.
    pub names: Vec<&'static str>,
    /// When each began, in microseconds.
    pub began: Vec<i64>,
    /// How long it took; -1 if it never ended.
    pub took: Vec<i64>,
    /// Its name, by position.
    pub name: Vec<u8>,
    /// How it ended: 0 ok, 1 failed, 2 unknown.
    pub outcome: Vec<u8>,
}

/// Operations as a page has them.
#[derive(Debug, Serialize)]
pub struct Shown {
    names: Vec<&'static str>,
    /// How many dots there are, and of how many operations each ok one stands for itself and others.
    dots: usize,
    one_in: usize,
    /// Their columns: began, took, name, outcome.
    columns: String,
    /// For each stretch of time, how long operations that ended in it took, by [`SHARES`]; nothing if none did.
    quantiles: Vec<Option<[i64; 4]>>,
    /// For each outcome, how many operations ended in each stretch.
    ended: [Vec<u64>; 3],
    /// Operations that began after the main phase, which are not among all these.
    after: usize,
}

impl Operations {
    /// The operations of clients.
    pub fn new(history: &History) -> Operations {
        let pairs = history.pairs();
        let mut operations = Operations::default();
        for op in history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Invoke) {
            operations.push(op, pairs[op.index].map(|end| &history.ops[end]));
        }
        operations
    }

    fn push(&mut self, op: &Op, end: Option<&Op>) {
        let name = self.names.iter().position(|name| *name == op.f).unwrap_or_else(|| {
            self.names.push(op.f);
            self.names.len() - 1
        });
        let began_us = whole_micros(op.time_ns);
        self.began.push(began_us);
        self.took.push(end.map_or(-1, |end| whole_micros(end.time_ns).saturating_sub(began_us)));
        self.name.push(u8::try_from(name).expect("a workload has a few operations"));
        self.outcome.push(match end.map(|end| end.kind) {
            Some(Kind::Ok) => 0,
            Some(Kind::Fail) => 1,
            _ => 2,
        });
    }

    /// The operations that began by then, the indices of those that have a dot, and of how many each ok one is one.
    pub fn dots(&self, until_us: i64) -> (Vec<usize>, usize) {
        let (mut ok, mut others) = (Vec::new(), Vec::new());
        for index in (0..self.began.len()).filter(|&index| self.began[index] <= until_us) {
            if self.outcome[index] == 0 { ok.push(index) } else { others.push(index) }
        }
        let one_in = ok.len().div_ceil(MAX_DOTS).max(1);
        let some = |all: Vec<usize>, one_in: usize| all.into_iter().step_by(one_in);
        let fewer = others.len().div_ceil(MAX_DOTS).max(1);
        let mut dots: Vec<usize> = some(ok, one_in).chain(some(others, fewer)).collect();
        dots.sort_unstable();
        (dots, one_in)
    }

    /// What a page shows of the main phase, which ended then.
    pub fn shown(&self, main_us: i64) -> Shown {
        let (dots, one_in) = self.dots(main_us);
        let mut columns = Numbers::default();
        columns.differences(dots.iter().map(|&index| self.began[index]));
        columns.column(dots.iter().map(|&index| self.took[index]));
        columns.column(dots.iter().map(|&index| self.name[index].into()));
        columns.column(dots.iter().map(|&index| self.outcome[index].into()));
        let mut took = vec![Vec::new(); STRETCHES];
        let mut ended = [const { Vec::new() }; 3].map(|_: Vec<u64>| vec![0; STRETCHES]);
        for index in 0..self.began.len() {
            let end_us = self.began[index].saturating_add(self.took[index].max(0));
            let Some(stretch) = stretch(end_us, main_us) else { continue };
            ended[usize::from(self.outcome[index])][stretch] += 1;
            took[stretch].extend((self.took[index] >= 0).then_some(self.took[index]));
        }
        Shown {
            names: self.names.clone(),
            dots: dots.len(),
            one_in,
            columns: columns.packed(),
            quantiles: took.into_iter().map(quantiles).collect(),
            ended,
            after: self.began.iter().filter(|began| **began > main_us).count(),
        }
    }
}

fn quantiles(mut took: Vec<i64>) -> Option<[i64; 4]> {
    took.sort_unstable();
    let last = took.len().checked_sub(1)?;
    Some(SHARES.map(|share| took[((took.len() as f64 * share) as usize).min(last)]))
}
