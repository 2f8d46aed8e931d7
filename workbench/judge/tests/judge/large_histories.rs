//! Analyses of histories with 100,000 operations: they must take seconds, in spite of everything that is quadratic or worse
//! when done carelessly, and memory in proportion. The histories are what a correct system, or one that serves stale
//! snapshots, would leave; and some are made to be hard: one key for everything, offsets all over the place, operations
//! whose end nobody saw.

use super::push;
use edn::Value;
use fastrand::Rng;
use judge::{Demands, History, Kind, NetStats, Results, Validity, Workload, analyze};
use std::collections::BTreeMap;

const OPERATIONS: usize = 100_000;
const THREADS: usize = 10;

fn judge(workload: Workload, model: &str, history: &History) -> Results {
    let consistency_models = vec![model.to_owned()];
    let demands = Demands { concurrency: THREADS, consistency_models, ..Demands::new(workload) };
    analyze(&demands, history, &NetStats::default())
}

/// Calls that overlap: each takes effect where it begins, and ends when its thread has its next turn.
fn run(call: impl FnMut(&mut Rng, usize) -> (&'static str, Value, Value)) -> History {
    run_some(OPERATIONS, call)
}

fn run_some(
    operations: usize,
    mut call: impl FnMut(&mut Rng, usize) -> (&'static str, Value, Value),
) -> History {
    let mut rng = Rng::with_seed(1);
    let mut history = History::default();
    let mut open: Vec<Option<(&'static str, Value)>> = vec![None; THREADS];
    for _ in 0..operations {
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
    transactions_on(OPERATIONS, 10, staleness, write)
}

/// So many of them, on so many keys at a time.
fn transactions_on(operations: usize, keys: i64, staleness: usize, write: &'static str) -> History {
    let mut versions: BTreeMap<i64, Vec<(usize, i64)>> = BTreeMap::new();
    let mut pool: Vec<i64> = (0..keys).collect();
    let mut number = 0;
    run_some(operations, |rng, _| {
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
fn one_hot_register() {
    let history = transactions_on(OPERATIONS, 1, 0, "w");
    assert_eq!(judge(Workload::TxnRwRegister, "strict-serializable", &history).findings, vec![]);
    let stale = transactions_on(OPERATIONS, 1, 40, "w");
    assert_eq!(judge(Workload::TxnRwRegister, "serializable", &stale).valid, Validity::False);
}

/// Logs of so many keys, read along by all. The nth message of a key is at the offset that `place` says.
fn logs(operations: usize, keys: usize, place: fn(i64) -> i64) -> History {
    let mut logs = vec![0; keys];
    let mut positions = vec![vec![0; keys]; THREADS];
    let mut left = operations;
    run_some(operations, |rng, thread| {
        left -= 1;
        let key = rng.usize(0..keys);
        if rng.bool() && left > 10 * THREADS {
            let message = logs[key];
            logs[key] += 1;
            let name = Value::text(key.to_string());
            let send = |what| vector([vector([Value::keyword("send"), name.clone(), what])]);
            return ("send", send(message.into()), send(vector([place(message).into(), message.into()])));
        }
        let page = |key: usize| {
            let messages = positions[thread][key]..logs[key];
            let pairs = messages.map(|message| vector([place(message).into(), message.into()]));
            (Value::text(key.to_string()), Value::Vector(pairs.collect()))
        };
        let pages = (0..keys).map(page).collect();
        positions[thread].clone_from(&logs);
        let polled = vector([vector([Value::keyword("poll"), Value::Map(pages)])]);
        ("poll", vector([vector([Value::keyword("poll")])]), polled)
    })
}

/// Sparse, and far beyond what an array could be indexed by.
fn sparse(message: i64) -> i64 {
    message * 1_000_000_007 + 1_000_000_000_000
}

/// The largest integer that every JSON implementation can read.
const LARGEST: i64 = (1 << 53) - 1;

#[test]
fn sparse_logs() {
    let results = judge(Workload::Kafka, "", &logs(OPERATIONS, 20, sparse));
    assert_eq!((results.valid, results.findings), (Validity::True, vec![]));
}

/// Each message is at two offsets, half a log apart.
#[test]
fn a_log_that_has_everything_twice() {
    let count = OPERATIONS / 4;
    let mut history = History::default();
    let message = |number: usize| Value::Integer(number as i64);
    for number in 0..count {
        let send = |offset: Value| vector([vector([Value::keyword("send"), "k".into(), offset])]);
        push(&mut history, number % THREADS, Kind::Invoke, "send", send(message(number)));
        let placed = vector([message(number), message(number)]);
        push(&mut history, number % THREADS, Kind::Ok, "send", send(placed));
    }
    for from in (0..2 * count).step_by(100) {
        let placed = |offset: usize| vector([message(offset), message(offset % count)]);
        let found = Value::Vector((from..from + 100).map(placed).collect());
        push(&mut history, 0, Kind::Invoke, "poll", vector([vector([Value::keyword("poll")])]));
        let found = Value::Map(vec![("k".into(), found)]);
        push(&mut history, 0, Kind::Ok, "poll", vector([vector([Value::keyword("poll"), found])]));
    }
    let results = judge(Workload::Kafka, "strict-serializable", &history);
    let duplicates = results.value.get("workload").and_then(|workload| workload.get("duplicate")).unwrap();
    assert_eq!(duplicates.get("count").and_then(Value::as_integer), Some(count as i64));
    let told = results.findings.iter().filter(|finding| finding.kind == "duplicate");
    assert_eq!(told.map(|finding| 1 + finding.more).sum::<usize>(), count);
}

#[test]
fn one_hot_log_up_to_the_largest_offset() {
    let near_the_end = |message| LARGEST - 10 * (OPERATIONS as i64 - message);
    let results = judge(Workload::Kafka, "", &logs(OPERATIONS, 1, near_the_end));
    assert_eq!((results.valid, results.findings), (Validity::True, vec![]));
    // Dense up to a point, and then one message at the end of all offsets.
    let leap = |message| if message < 1_000 { message } else { LARGEST - 100_000 + message };
    assert_eq!(judge(Workload::Kafka, "", &logs(OPERATIONS, 1, leap)).findings, vec![]);
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

/// One operation in 500 never ends and its process is never heard of again; a key is given up before twenty are gone.
#[test]
fn registers_with_operations_of_unknown_outcome() {
    let (mut registers, mut history) = (BTreeMap::new(), History::default());
    let mut rng = Rng::with_seed(1);
    let mut processes: Vec<usize> = (0..THREADS).collect();
    for number in 0..10_000 {
        let (key, thread, value) = (number / 2_000, rng.usize(0..THREADS), rng.i64(0..5));
        let about = |argument: Value| vector([Value::Integer(key), argument]);
        let process = processes[thread];
        let register = registers.entry(key).or_insert(Value::Nil);
        let is_lost = rng.u32(0..500) == 0;
        let (f, argument, result) = match rng.u8(0..3) {
            0 => ("read", about(Value::Nil), about(register.clone())),
            1 => ("write", about(value.into()), about(value.into())),
            _ => ("cas", about(vector([register.clone(), value.into()])), Value::Nil),
        };
        // Of those that are lost half took effect.
        if f != "read" && (!is_lost || rng.bool()) {
            *register = value.into();
        }
        push(&mut history, process, Kind::Invoke, f, argument.clone());
        if is_lost {
            push(&mut history, process, Kind::Info, f, argument);
            processes[thread] += THREADS;
        } else {
            push(&mut history, process, Kind::Ok, f, if f == "cas" { argument } else { result });
        }
    }
    let results = judge(Workload::LinKv, "", &history);
    assert_eq!((results.valid, results.findings), (Validity::True, vec![]));
}

/// The most memory, in bytes, that the analysis takes at any one time.
fn memory(workload: Workload, history: &History) -> u64 {
    let measured = allocation_counter::measure(|| {
        judge(workload, "strict-serializable", history);
    });
    measured.bytes_max
}

#[test]
fn twice_the_operations_take_twice_the_memory() {
    let grows_as_it_should = |workload: Workload, history: &dyn Fn(usize) -> History| {
        let [small, large] = [8_000, 16_000].map(|operations| memory(workload, &history(operations)));
        assert!(2 * large < 5 * small, "{}: {small} and {large} bytes", workload.name());
    };
    grows_as_it_should(Workload::TxnRwRegister, &|count| transactions_on(count, 10, 0, "w"));
    grows_as_it_should(Workload::TxnRwRegister, &|count| transactions_on(count, 1, 40, "w"));
    grows_as_it_should(Workload::TxnListAppend, &|count| transactions_on(count, 10, 0, "append"));
    grows_as_it_should(Workload::Kafka, &|count| logs(count, 20, sparse));
    grows_as_it_should(Workload::Kafka, &|count| logs(count, 1, sparse));
    grows_as_it_should(Workload::Broadcast, &|count| broadcasts(count).0);
}

/// Broadcasts and reads, and how many values were broadcast.
fn broadcasts(operations: usize) -> (History, usize) {
    let mut values = Vec::new();
    let history = run_some(operations, |rng, _| {
        if rng.usize(0..50) > 0 || values.is_empty() {
            // Most reads see the last few values only, so that the history fits into memory.
            let seen = if rng.usize(0..100) == 0 { 0 } else { values.len().saturating_sub(50) };
            return ("read", Value::Nil, Value::Vector(values[seen..].to_vec()));
        }
        values.push(Value::Integer(values.len() as i64));
        let value = Value::Integer(values.len() as i64 - 1);
        ("broadcast", value.clone(), value)
    });
    (history, values.len())
}

#[test]
fn broadcast_values() {
    let (history, values) = broadcasts(OPERATIONS);
    let results = judge(Workload::Broadcast, "", &history);
    let attempts = results.value.get("workload").and_then(|workload| workload.get("attempt-count"));
    assert_eq!(attempts, Some(&Value::count(values)));
}
