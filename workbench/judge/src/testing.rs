//! A small language for histories in tests: an operation a line.
//!
//! `@20 0 ok read final [1 2] ! :net-timeout` is process 0's `read`, ended ok 20 ms into the run, in the final phase, with a
//! value and an error. Time (default: as many ms as the line's number), `final` and the error may be left out.

use super::Verdict;
use super::context::Context;
use crate::history::{History, Kind, Op, Process};
use crate::{Demands, Workload};

/// Three nodes, six threads.
pub(super) fn demands(workload: Workload) -> Demands {
    let nodes = ["n0", "n1", "n2"].map(str::to_owned).to_vec();
    Demands { concurrency: 6, nodes, ..Demands::new(workload) }
}

pub(super) fn history(text: &str) -> History {
    let mut history = History::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let op = op(line, history.ops.len() as u64);
        history.push(op);
    }
    history
}

pub(super) fn check(demands: &Demands, text: &str, checker: fn(&Context<'_>) -> Verdict) -> Verdict {
    let history = history(text);
    checker(&Context::new(demands, &history))
}

fn op(line: &str, number: u64) -> Op {
    let (line, error) = match line.split_once(" ! ") {
        Some((line, error)) => (line, Some(edn::read(error).unwrap())),
        None => (line, None),
    };
    let mut rest = line;
    let mut first = word(&mut rest);
    let mut millis = number;
    if let Some(time) = first.strip_prefix('@') {
        millis = time.parse().unwrap();
        first = word(&mut rest);
    }
    let process = if first == "nemesis" { Process::Nemesis } else { Process::Client(first.parse().unwrap()) };
    let kind = match word(&mut rest) {
        "invoke" => Kind::Invoke,
        "ok" => Kind::Ok,
        "fail" => Kind::Fail,
        "info" => Kind::Info,
        other => panic!("no kind of operation: {other}"),
    };
    let f = String::leak(word(&mut rest).to_owned());
    let is_final = rest.starts_with("final ");
    let value = edn::read(rest.strip_prefix("final ").unwrap_or(rest)).unwrap();
    Op {
        index: 0,
        time_ns: millis * 1_000_000,
        kind,
        process,
        f,
        value,
        is_final,
        error,
        exception: None,
        extra: Vec::new(),
    }
}

/// Takes the first word off `rest`.
fn word<'a>(rest: &mut &'a str) -> &'a str {
    let (word, tail) = rest.split_once(' ').unwrap_or((rest, ""));
    *rest = tail.trim_start();
    word
}

/// Whether any order of the calls, with any of the endless ones, is right: by trying all (Herlihy and Wing's definition, as it
/// stands). A call is where it starts and ends; `after` gives what a state may become by the call of a number.
pub(super) fn any_order_explains<S>(
    calls: &[(usize, Option<usize>)],
    state: &S,
    after: &impl Fn(usize, &S) -> Vec<S>,
) -> bool {
    fn go_on<S>(
        calls: &[(usize, Option<usize>)],
        done: u32,
        state: &S,
        after: &impl Fn(usize, &S) -> Vec<S>,
    ) -> bool {
        let waits = |number: &usize| done & (1 << number) == 0;
        let waiting = || (0..calls.len()).filter(waits);
        let first_end = waiting().filter_map(|number| calls[number].1).min();
        let Some(first_end) = first_end else { return true };
        waiting().filter(|&number| calls[number].0 < first_end).any(|number| {
            after(number, state).iter().any(|state| go_on(calls, done | 1 << number, state, after))
        })
    }
    go_on(calls, 0, state, after)
}
