//! `lin-kv` (Maelstrom behaviour §9.6): registers that can be read, written, and compared and set.
//!
//! Threads form groups of twice as many as there are nodes; each group works on a key of its own, and on another one
//! when too many processes have had to do with it for anybody to work out whether it was linearizable. The first as many
//! threads as there are nodes only read, the others only change things: so groups after the first never read.

use super::*;
use crate::generator::Draft;
use crate::options::Latency;
use fastrand::Rng;
use std::collections::BTreeSet;

/// The lin-kv workload.
pub(super) struct LinKv {
    nodes: usize,
    timeout: Duration,
    groups: Vec<Group>,
    next_key: i64,
}

/// What a group of threads works on.
struct Group {
    key: i64,
    /// Processes that had, or might have had, to do with the key.
    processes: BTreeSet<u64>,
}

/// A key is given up when more processes than this might have had to do with it. (Where a group is larger than this,
/// Maelstrom finds no key that would do and never gets anywhere; here a group then keeps its key until a process of it
/// crashes.)
const MOST_PROCESSES: usize = 20;

const READ_OK: Schema = Schema::closed("read_ok", &[("value", Shape::Any)]);
const WRITE_OK: Schema = Schema::closed("write_ok", &[]);
const CAS_OK: Schema = Schema::closed("cas_ok", &[]);

impl LinKv {
    pub(super) fn new(nodes: usize, concurrency: usize, latency: Latency) -> Result<LinKv, String> {
        let group_size = 2 * nodes;
        if concurrency == 0 || !concurrency.is_multiple_of(group_size) {
            return Err(format!(
                "lin-kv needs a concurrency that is a multiple of twice the number of nodes: {group_size}, \
                 {}, … and not {concurrency}. Try --concurrency 2n",
                2 * group_size
            ));
        }
        let count = concurrency / group_size;
        let groups = (0..count as i64).map(|key| Group { key, processes: BTreeSet::new() }).collect();
        let timeout = Duration::from_millis((10 * latency.mean_ms).max(1_000));
        Ok(LinKv { nodes, timeout, groups, next_key: count as i64 })
    }

    fn members(&self, group: usize) -> std::ops::Range<usize> {
        group * 2 * self.nodes..(group + 1) * 2 * self.nodes
    }

    /// The key that the group is to work on, now that its threads go as these processes.
    fn key(&mut self, group: usize, processes: BTreeSet<u64>) -> i64 {
        let limit = MOST_PROCESSES.max(2 * self.nodes);
        let group = &mut self.groups[group];
        group.processes.extend(&processes);
        if group.processes.len() > limit {
            *group = Group { key: self.next_key, processes };
            self.next_key += 1;
        }
        group.key
    }
}

/// A write, or twice as often a comparison.
fn change(rng: &mut Rng) -> (&'static str, Value) {
    let value = |rng: &mut Rng| Value::Integer(rng.i64(0..5));
    match rng.u8(..3) {
        0 => ("write", value(rng)),
        _ => ("cas", Value::Vector(vec![value(rng), value(rng)])),
    }
}

impl Workload for LinKv {
    fn rules(&self) -> Rules {
        let failures = Failures::Told { harmless: &["read"] };
        Rules { keeps_clients: true, timeout: self.timeout, failures, has_final_phase: false }
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        let (nodes, threads) = (self.nodes, choice.threads);
        let free = |group: &usize| self.members(*group).any(|thread| threads.is_free(thread));
        let groups: Vec<usize> = (0..self.groups.len()).filter(free).collect();
        let Some(group) = choice.rng.choice(groups) else { return Drawn::Pending };
        let members = self.members(group);
        let reader = threads.next_free(|thread| thread < nodes && members.contains(&thread));
        let writer = threads.next_free(|thread| thread >= nodes && members.contains(&thread));
        let (thread, reads) = match (reader, writer) {
            (Some(reader), Some(_)) if choice.rng.bool() => (reader, true),
            (_, Some(writer)) => (writer, false),
            (Some(reader), None) => (reader, true),
            (None, None) => return Drawn::Pending,
        };
        let key = self.key(group, members.map(|thread| threads.process(thread)).collect());
        let (f, argument) = if reads { ("read", Value::Nil) } else { change(choice.rng) };
        Drawn::Begin(thread, Draft::new(f, Value::Vector(vec![key.into(), argument])))
    }

    fn begin(&mut self, _: u64, op: &Op) -> Step {
        let [key, argument] = op.value.elements().unwrap_or_default() else {
            unreachable!("an operation of this workload is about a key and what to do with it")
        };
        let request = Request::new(op.f).with("key", key);
        Step::Call(match (op.f, argument.elements()) {
            ("read", _) => Call { request, schema: READ_OK },
            ("cas", Some([from, to])) => {
                Call { request: request.with("from", from).with("to", to), schema: CAS_OK }
            }
            _ => Call { request: request.with("value", argument), schema: WRITE_OK },
        })
    }

    fn answer(&mut self, _: u64, op: &Op, reply: Reply) -> Result<Step, Malformed> {
        if op.f != "read" {
            return Ok(Step::Ok(op.value.clone()));
        }
        let key = op.value.elements().and_then(<[Value]>::first).cloned().unwrap_or_default();
        Ok(Step::Ok(Value::Vector(vec![key, reply.take("value")])))
    }
}
