//! Tiny histories. Nothing keeps their reads from being wrong.

use crate::history::Kind;
use fastrand::Rng;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What histories are like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    transactions: usize,
    sessions: usize,
    keys: usize,
    steps: usize,
    /// One in so many transactions does not succeed, and one in so many reads is of what it should not be.
    trouble: usize,
}

impl Plan {
    pub(super) const ALL: [Plan; 4] = [
        Plan { transactions: 4, sessions: 4, keys: 2, steps: 3, trouble: 8 },
        Plan { transactions: 5, sessions: 2, keys: 2, steps: 2, trouble: 1000 },
        Plan { transactions: 5, sessions: 3, keys: 3, steps: 3, trouble: 1000 },
        Plan { transactions: 6, sessions: 5, keys: 2, steps: 2, trouble: 30 },
    ];
}

/// A step, and what it writes, or appends, or reads: of a register the last of these, if any.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Write(usize, u32),
    Read(usize, Vec<u32>),
}

#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) session: usize,
    pub(super) outcome: Kind,
    pub(super) steps: Vec<Step>,
    pub(super) begins: usize,
    pub(super) ends: usize,
}

/// Transactions run one after another, each on a state that is a mixture: of each key the newest, or an older one.
pub(super) fn transactions(rng: &mut Rng, plan: Plan) -> Vec<Transaction> {
    let count = rng.usize(2..=plan.transactions);
    let mut sessions: Vec<usize> = (0..plan.sessions).collect();
    let mut states: BTreeMap<usize, Vec<Vec<u32>>> = (0..plan.keys).map(|key| (key, vec![vec![]])).collect();
    let (mut all, mut value) = (Vec::new(), 0);
    let mut moments = vec![0; plan.sessions];
    for _ in 0..count {
        let Some(&session) = rng.choice(&sessions) else { break };
        let outcome = match rng.usize(0..2 * plan.trouble) {
            0 => Kind::Fail,
            1 => Kind::Info,
            _ => Kind::Ok,
        };
        if outcome == Kind::Info {
            sessions.retain(|other| *other != session);
        }
        let mut own: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        let mut steps = Vec::new();
        for _ in 0..rng.usize(1..=plan.steps) {
            let key = rng.usize(0..plan.keys);
            let back = [0, 0, 0, 1, 2][rng.usize(0..5)];
            let older = &states[&key][states[&key].len().saturating_sub(1 + back)];
            let state = own.entry(key).or_insert_with(|| older.clone());
            if rng.bool() {
                value += 1;
                state.push(value);
                steps.push(Step::Write(key, value));
            } else {
                let mut seen = state.clone();
                if rng.usize(0..plan.trouble) == 0 {
                    match rng.usize(0..4) {
                        0 => seen.push(value + 1),
                        1 => seen.push(99),
                        2 => seen.reverse(),
                        _ => seen.clear(),
                    }
                }
                steps.push(Step::Read(key, seen));
            }
        }
        // Others find it in the order of the lists, but now and then as if it had been there before them.
        for (key, state) in own.into_iter().filter(|(key, _)| wrote(&steps, *key)) {
            if outcome != Kind::Fail || rng.usize(0..4) == 0 {
                states.entry(key).or_default().push(state);
            }
        }
        let begins = moments[session] + rng.usize(0..6);
        let ends = begins + rng.usize(1..8);
        moments[session] = ends + 1;
        all.push(Transaction { session, outcome, steps, begins, ends });
    }
    all
}

fn wrote(steps: &[Step], key: usize) -> bool {
    steps.iter().any(|step| matches!(step, Step::Write(its, _) if *its == key))
}

/// The history of these transactions.
pub(super) fn history(transactions: &[Transaction], registers: bool) -> String {
    let mut events: Vec<(usize, bool, usize)> = Vec::new();
    for (number, transaction) in transactions.iter().enumerate() {
        events.push((transaction.begins, false, number));
        events.push((transaction.ends, true, number));
    }
    // At one moment all that ends does so after all that begins.
    events.sort_unstable();
    let mut text = String::new();
    for (_, is_end, number) in events {
        let Transaction { session, outcome, steps, .. } = &transactions[number];
        let kind = if is_end { outcome.name() } else { Kind::Invoke.name() };
        let shows = is_end && *outcome == Kind::Ok;
        let steps: Vec<String> = steps.iter().map(|step| print(step, registers, shows)).collect();
        writeln!(text, "{session} {kind} txn [{}]", steps.join(" ")).expect("a string takes everything");
    }
    text
}

fn print(step: &Step, registers: bool, shows: bool) -> String {
    match step {
        Step::Write(key, value) if registers => format!("[:w {key} {value}]"),
        Step::Write(key, value) => format!("[:append {key} {value}]"),
        Step::Read(key, _) if !shows => format!("[:r {key} nil]"),
        Step::Read(key, seen) if registers => match seen.last() {
            Some(value) => format!("[:r {key} {value}]"),
            None => format!("[:r {key} nil]"),
        },
        Step::Read(key, seen) => format!("[:r {key} {seen:?}]").replace(',', ""),
    }
}
