//! Histories of one register that are hard to judge: many calls at a time, and calls that never return. Each is what a
//! register did, or the same with a wrong read late in it, and there has to be a verdict either way.

use super::push;
use edn::Value;
use fastrand::Rng;
use judge::{Check, Demands, History, Kind, Patience, Validity, Workload, check};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

/// How a history comes about.
#[derive(Clone, Copy)]
struct Plan {
    clients: usize,
    operations: usize,
    /// Of these so many never return, and half of them take effect.
    lost: usize,
    values: i64,
    /// Of ten operations so many read, and so many compare and set; the others write.
    reads: u8,
    comparisons: u8,
}

const PLANS: [Plan; 6] = [
    Plan { clients: 10, operations: 2_000, lost: 60, values: 5, reads: 4, comparisons: 3 },
    Plan { clients: 10, operations: 2_000, lost: 60, values: 10, reads: 5, comparisons: 2 },
    Plan { clients: 10, operations: 2_000, lost: 60, values: 1_000, reads: 5, comparisons: 2 },
    Plan { clients: 30, operations: 600, lost: 20, values: 5, reads: 4, comparisons: 3 },
    Plan { clients: 30, operations: 2_000, lost: 0, values: 5, reads: 4, comparisons: 3 },
    Plan { clients: 40, operations: 2_000, lost: 0, values: 5, reads: 1, comparisons: 0 },
];

const SEEDS: u64 = 1;

struct Call {
    f: &'static str,
    argument: Value,
    result: Value,
    process: usize,
    is_lost: bool,
    has_effect: bool,
    has_failed: bool,
}

impl Call {
    fn take_effect(&mut self, register: &mut Value) {
        self.has_effect = true;
        match (self.f, self.argument.elements()) {
            ("read", _) => self.result = register.clone(),
            ("write", _) => *register = self.argument.clone(),
            (_, Some([old, new])) if old == register => *register = new.clone(),
            _ => self.has_failed = true,
        }
    }
}

/// Clients, each of whose calls takes effect at some moment between its start and its end.
struct World {
    plan: Plan,
    rng: Rng,
    history: History,
    register: Value,
    open: Vec<Option<Call>>,
    processes: Vec<usize>,
    /// Calls that never return and will still take effect.
    late: Vec<Call>,
    /// Which of the operations that are left never return.
    fates: Vec<bool>,
}

impl World {
    fn new(plan: Plan, seed: u64) -> World {
        let mut rng = Rng::with_seed(seed);
        let mut fates: Vec<bool> = (0..plan.operations).map(|number| number < plan.lost).collect();
        rng.shuffle(&mut fates);
        World {
            plan,
            rng,
            history: History::default(),
            register: Value::Nil,
            open: (0..plan.clients).map(|_| None).collect(),
            processes: (0..plan.clients).collect(),
            late: Vec::new(),
            fates,
        }
    }

    fn history(mut self) -> History {
        while !self.fates.is_empty() || self.open.iter().any(Option::is_some) {
            if !self.late.is_empty() && self.rng.u8(0..20) == 0 {
                let place = self.rng.usize(0..self.late.len());
                self.late.swap_remove(place).take_effect(&mut self.register);
            }
            let client = self.rng.usize(0..self.plan.clients);
            match self.open[client].take() {
                None => self.begin(client),
                Some(call) if call.is_lost => self.lose(client, call),
                Some(mut call) if !call.has_effect => {
                    call.take_effect(&mut self.register);
                    self.open[client] = Some(call);
                }
                Some(call) => {
                    let kind = if call.has_failed { Kind::Fail } else { Kind::Ok };
                    push(&mut self.history, call.process, kind, call.f, call.result);
                }
            }
        }
        self.history
    }

    fn begin(&mut self, client: usize) {
        let Some(is_lost) = self.fates.pop() else { return };
        let Plan { values, reads, comparisons, .. } = self.plan;
        let new = Value::Integer(self.rng.i64(0..values));
        let kind = self.rng.u8(0..10);
        let (f, argument) = match kind {
            _ if kind < reads => ("read", Value::Nil),
            _ if kind < reads + comparisons => {
                let guess = Value::Integer(self.rng.i64(0..values));
                let old = if self.rng.u8(0..3) == 0 { guess } else { self.register.clone() };
                ("cas", Value::Vector(vec![old, new]))
            }
            _ => ("write", new),
        };
        let process = self.processes[client];
        push(&mut self.history, process, Kind::Invoke, f, argument.clone());
        let result = argument.clone();
        let (has_effect, has_failed) = (false, false);
        self.open[client] = Some(Call { f, argument, result, process, is_lost, has_effect, has_failed });
    }

    fn lose(&mut self, client: usize, call: Call) {
        push(&mut self.history, call.process, Kind::Info, call.f, call.argument.clone());
        self.processes[client] += self.plan.clients;
        if self.rng.bool() {
            self.late.push(call);
        }
    }
}

fn verdict(history: &History) -> Validity {
    check(Check::Register, &Demands::new(Workload::LinKv), history, Patience::default()).valid
}

#[test]
fn what_a_register_did_is_found_to_be_linearizable() {
    for (number, plan) in PLANS.into_iter().enumerate() {
        for seed in 0..SEEDS {
            assert_eq!(
                verdict(&World::new(plan, seed).history()),
                Validity::True,
                "plan {number}, seed {seed}"
            );
        }
    }
}

/// Some reads show what they should not have: whether calls without end explain that is a matter of how many there are.
#[test]
fn where_only_counting_decides_there_is_a_verdict() {
    let mut seen = BTreeSet::new();
    for (seed, others) in (0..12).flat_map(|seed| [(seed, 25), (seed, 60)]) {
        let mut history = World::new(PLANS[0], seed).history();
        let mut rng = Rng::with_seed(seed);
        let is_read = |op: &&mut judge::Op| op.kind == Kind::Ok && op.f == "read" && op.value != Value::Nil;
        let mut reads: Vec<&mut judge::Op> = history.ops.iter_mut().filter(is_read).collect();
        for _ in 0..others {
            let read = rng.usize(0..reads.len());
            reads[read].value = Value::Integer(rng.i64(0..PLANS[0].values));
        }
        let valid = verdict(&history);
        assert_ne!(valid, Validity::Unknown, "seed {seed}, {others} others");
        seen.insert(valid);
    }
    assert_eq!(seen.len(), 2, "they are not hard");
}

/// Whatever calls without end may do, nobody writes this.
#[test]
fn a_wrong_read_at_the_end_is_found_however_many_calls_are_open() {
    for (number, plan) in PLANS.into_iter().enumerate() {
        for seed in 0..SEEDS {
            let mut history = World::new(plan, seed).history();
            let mut reads = history.ops.iter_mut().filter(|op| op.kind == Kind::Ok && op.f == "read");
            reads.next_back().expect("somebody read").value = Value::Integer(-1);
            assert_eq!(verdict(&history), Validity::False, "plan {number}, seed {seed}");
        }
    }
}

/// Somebody who has no patience at all is not told that all is well, nor that anything is wrong.
#[test]
fn an_analysis_that_takes_too_long_is_unknown_and_says_why() {
    let is_over = AtomicBool::new(true);
    let registers = World::new(PLANS[0], 0).history();
    let mut transactions = History::default();
    for (process, steps) in
        ["[[:w 1 1]]", "[[:r 1 1] [:w 1 2]]", "[[:r 1 1] [:w 1 3]]"].into_iter().enumerate()
    {
        let steps = edn::read(steps).unwrap();
        push(&mut transactions, process, Kind::Invoke, "txn", steps.clone());
        push(&mut transactions, process, Kind::Ok, "txn", steps);
    }
    let rw_register = Check::Workload(Workload::TxnRwRegister);
    for (name, history) in [(Check::Register, registers), (rw_register, transactions)] {
        let of = |patience| check(name, &Demands::new(Workload::TxnRwRegister), &history, patience);
        assert_ne!(of(Patience::default()).valid, Validity::Unknown);
        let results = of(Patience::until(&is_over));
        assert_ne!(results.valid, Validity::True, "{name:?}");
        let told = results
            .findings
            .iter()
            .any(|finding| finding.explanation.contains("the time for the analysis was over"));
        assert!(told, "{name:?}: {:?}", results.findings);
    }
}
