//! Analyses of histories with 100,000 operations: they must take seconds, in spite of everything that is quadratic or worse
//! when done carelessly. The histories are what a correct system, or one that serves stale snapshots, would leave.

use fastrand::Rng;
use machines::Time;
use std::collections::BTreeMap;
use workbench::check::{NetStats, Results, Validity, analyze};
use workbench::edn::Value;
use workbench::history::{History, Kind, Op, Process};
use workbench::options::{Options, Workload};

const OPERATIONS: usize = 100_000;
const THREADS: usize = 10;

fn judge(workload: Workload, model: &str, history: &History) -> Results {
    let consistency_models = vec![model.to_owned()];
    let options = Options { concurrency: THREADS, consistency_models, ..Options::new(workload, 5) };
    analyze(&options, history, &NetStats::default())
}

fn push(history: &mut History, process: usize, kind: Kind, f: &'static str, value: Value) {
    let time = Time::from_millis(history.ops.len() as u64);
    history.push(Op {
        index: 0,
        time,
        kind,
        process: Process::Client(process as u64),
        f,
        value,
        is_final: false,
        error: None,
        exception: None,
        extra: Vec::new(),
    });
}

/// Calls that overlap: each takes effect where it begins, and ends when its thread has its next turn.
fn run(mut call: impl FnMut(&mut Rng, usize) -> (&'static str, Value, Value)) -> History {
    let mut rng = Rng::with_seed(1);
    let mut history = History::default();
    let mut open: Vec<Option<(&'static str, Value)>> = vec![None; THREADS];
    for _ in 0..OPERATIONS {
        let thread = rng.usize(0..THREADS);
        if let Some((f, result)) = open[thread].take() {
            push(&mut history, thread, Kind::Ok, f, result);
        }
        let (f, argument, result) = call(&mut rng, thread);
        push(&mut history, thread, Kind::Invoke, f, argument);
        open[thread] = Some((f, result));
    }
    for (thread, call) in open.into_iter().enumerate() {
        if let Some((f, result)) = call {
            push(&mut history, thread, Kind::Ok, f, result);
        }
    }
    history
}

fn vector<const N: usize>(elements: [Value; N]) -> Value {
    Value::Vector(elements.to_vec())
}

/// Transactions on keys that are retired after 16 writes. Reads see the state as it was `staleness` transactions ago.
fn transactions(staleness: usize, write: &'static str) -> History {
    let mut versions: BTreeMap<i64, Vec<(usize, i64)>> = BTreeMap::new();
    let mut pool: Vec<i64> = (0..10).collect();
    let mut number = 0;
    run(|rng, _| {
        number += 1;
        let mut steps = Vec::new();
        let mut own: BTreeMap<i64, Value> = BTreeMap::new();
        for _ in 0..rng.usize(1..=4) {
            let place = rng.usize(0..pool.len());
            let key = pool[place];
            let written = versions.entry(key).or_default();
            let mut visible = written.iter().filter(|(at, _)| at + staleness <= number || staleness == 0);
            let state = match write {
                "w" => visible.next_back().map_or(Value::Nil, |(_, value)| Value::Integer(*value)),
                _ => Value::Vector(visible.map(|(_, value)| Value::Integer(*value)).collect()),
            };
            let state = own.remove(&key).unwrap_or(state);
            if rng.bool() {
                steps.push(vector([Value::keyword("r"), key.into(), state.clone()]));
                own.insert(key, state);
                continue;
            }
            let value = written.len() as i64 + 1;
            written.push((number, value));
            steps.push(vector([Value::keyword(write), key.into(), value.into()]));
            own.insert(
                key,
                match state {
                    Value::Vector(mut list) => {
                        list.push(value.into());
                        Value::Vector(list)
                    }
                    _ => value.into(),
                },
            );
            if value == 16 {
                pool[place] = pool.iter().max().unwrap_or(&0) + 1;
            }
        }
        ("txn", Value::Vector(Vec::new()), Value::Vector(steps))
    })
}

#[test]
fn serializable_registers() {
    let results = judge(Workload::TxnRwRegister, "strict-serializable", &transactions(0, "w"));
    assert_eq!(results.findings, vec![]);
    assert_eq!(results.valid, Validity::True);
}

#[test]
fn stale_registers_in_one_large_component() {
    let history = transactions(40, "w");
    for model in ["strict-serializable", "consistent-view", "snapshot-isolation"] {
        assert_eq!(judge(Workload::TxnRwRegister, model, &history).valid, Validity::False);
    }
    assert_eq!(judge(Workload::TxnRwRegister, "read-uncommitted", &history).valid, Validity::True);
}

#[test]
fn serializable_lists() {
    let results = judge(Workload::TxnListAppend, "strict-serializable", &transactions(0, "append"));
    assert_eq!(results.findings, vec![]);
    assert_eq!(results.valid, Validity::True);
}

#[test]
fn stale_lists_in_one_large_component() {
    assert_eq!(
        judge(Workload::TxnListAppend, "serializable", &transactions(40, "append")).valid,
        Validity::False
    );
}

#[test]
fn logs() {
    let mut logs: Vec<Vec<i64>> = vec![Vec::new(); 20];
    let mut positions = vec![vec![0; logs.len()]; THREADS];
    let mut left = OPERATIONS;
    let history = run(|rng, thread| {
        left -= 1;
        let key = rng.usize(0..logs.len());
        let name = || Value::text(key.to_string());
        if rng.bool() && left > 10 * THREADS {
            let message = logs[key].len() as i64;
            logs[key].push(message);
            let send = |what| vector([vector([Value::keyword("send"), name(), what])]);
            // Sparse, and far beyond what an array could be indexed by.
            let offset = Value::Integer(message * 1_000_000_007 + 1_000_000_000_000);
            return ("send", send(message.into()), send(vector([offset, message.into()])));
        }
        let page = |key: usize, from: usize| {
            let messages = logs[key][from..].iter();
            let pair = |&message: &i64| {
                vector([(message * 1_000_000_007 + 1_000_000_000_000).into(), message.into()])
            };
            (Value::text(key.to_string()), Value::Vector(messages.map(pair).collect()))
        };
        let pages = (0..logs.len()).map(|key| page(key, positions[thread][key])).collect();
        positions[thread] = logs.iter().map(Vec::len).collect();
        let polled = vector([vector([Value::keyword("poll"), Value::Map(pages)])]);
        ("poll", vector([vector([Value::keyword("poll")])]), polled)
    });
    let results = judge(Workload::Kafka, "", &history);
    assert_eq!(results.findings, vec![]);
    assert_eq!(results.valid, Validity::True);
}

#[test]
fn linearizable_registers() {
    let mut registers = [0; 3];
    let history = run(|rng, _| {
        let key = rng.usize(0..registers.len());
        let value = rng.i64(0..5);
        let about = |argument: Value| vector([(key as i64).into(), argument]);
        if rng.bool() {
            return ("read", about(Value::Nil), about(registers[key].into()));
        }
        registers[key] = value;
        ("write", about(value.into()), about(value.into()))
    });
    // The registers begin as zero here, and as nothing in the analysis.
    let mut begun = History::default();
    for key in 0..3 {
        let write = vector([key.into(), 0.into()]);
        push(&mut begun, 0, Kind::Invoke, "write", write.clone());
        push(&mut begun, 0, Kind::Ok, "write", write);
    }
    for op in history.ops {
        begun.push(op);
    }
    let results = judge(Workload::LinKv, "", &begun);
    assert_eq!(results.findings, vec![]);
}

#[test]
fn broadcast_values() {
    let mut values = Vec::new();
    let history = run(|rng, _| {
        if rng.usize(0..50) > 0 || values.is_empty() {
            // Most reads see the last few values only, so that the history fits into memory.
            let seen = if rng.usize(0..100) == 0 { 0 } else { values.len().saturating_sub(50) };
            return ("read", Value::Nil, Value::Vector(values[seen..].to_vec()));
        }
        values.push(Value::Integer(values.len() as i64));
        let value = Value::Integer(values.len() as i64 - 1);
        ("broadcast", value.clone(), value)
    });
    let results = judge(Workload::Broadcast, "", &history);
    assert_eq!(
        results.value.get("workload").and_then(|w| w.get("attempt-count")),
        Some(&Value::count(values.len()))
    );
}
