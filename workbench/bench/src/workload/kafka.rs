//! `kafka` (Maelstrom behaviour §12.1–12.3): logs to which messages are sent and from which they are polled.
//!
//! Half of the operations are sends and half polls; now and then a client is assigned other keys, or crashes. In the end
//! every thread crashes once more, starts from the beginning of every key, and polls until it has seen what there is.

mod final_polls;
mod reader;

use super::key_pool::{Access, KeyPool};
use super::*;
use crate::generator::{Draft, Pace};
use fastrand::Rng;
use final_polls::FinalPolls;
use judge::history::{Kind, Process};
use reader::Reader;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The kafka workload.
pub(super) struct Kafka {
    pool: KeyPool,
    /// An access that had to wait for an assignment.
    held: Option<Access>,
    crashes: Pace,
    seen: Seen,
    /// By client. Those of clients that are gone stay, as many as there were crashes.
    readers: BTreeMap<u64, Reader>,
    threads: usize,
    final_polls: Option<FinalPolls>,
}

/// The highest offsets that are known, by key.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: Offsets,
    polled: Offsets,
    /// Keys of which more is acknowledged than polled: few among the many that there were.
    behind: BTreeSet<Arc<str>>,
}

type Offsets = BTreeMap<Arc<str>, i64>;

/// Each thread's client crashes this often, on average.
const CRASH_GAP: Duration = Duration::from_secs(30);
/// One operation in so many is preceded by an assignment.
const ASSIGN_ODDS: u32 = 64;
/// One assignment in so many takes in what nobody has polled yet.
const UNSEEN_ODDS: u32 = 3;

/// Marks an assignment that starts from the beginning of every key.
const SEEKS: &str = "seek-to-beginning?";

impl Kafka {
    pub(super) fn new(options: &Options) -> Kafka {
        let threads = options.concurrency.max(1);
        Kafka {
            pool: KeyPool::new(options.key_count, options.max_writes_per_key),
            held: None,
            crashes: Pace::new(CRASH_GAP / threads as u32),
            seen: Seen::default(),
            readers: BTreeMap::new(),
            threads,
            final_polls: None,
        }
    }

    fn operation(&mut self, rng: &mut Rng) -> Draft {
        let access = self.held.take().unwrap_or_else(|| self.pool.draw(rng));
        let (Access::Read { key } | Access::Write { key, .. }) = access;
        let key = Value::text(key.to_string());
        if rng.u32(..ASSIGN_ODDS) == 0 {
            self.held = Some(access);
            return self.assignment(key, rng);
        }
        match access {
            Access::Read { .. } => poll(),
            Access::Write { value, .. } => {
                let send = Value::Vector(vec![Value::keyword("send"), key, Value::Integer(value)]);
                Draft::new("send", Value::Vector(vec![send]))
            }
        }
    }

    fn assignment(&self, key: Value, rng: &mut Rng) -> Draft {
        let unseen = self.seen.unseen();
        if rng.u32(..UNSEEN_ODDS) > 0 || unseen.is_empty() {
            return Draft::new("assign", Value::Vector(vec![key]));
        }
        let mut keys: Vec<Value> = unseen.iter().map(|(unseen, _)| unseen.clone()).collect();
        if keys.binary_search(&key).is_err() {
            keys.push(key);
        }
        Draft { extra: vec![("unseen", Value::Map(unseen))], ..Draft::new("assign", Value::Vector(keys)) }
    }
}

impl Workload for Kafka {
    fn rules(&self) -> Rules {
        let failures = Failures::Told { harmless: &["assign"] };
        Rules { keeps_clients: false, timeout: TIMEOUT, failures, has_final_phase: true }
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        let now = choice.now;
        // A crash that is due competes with the other operations on equal terms.
        choice.on_any(|rng| {
            if self.crashes.is_due(now) && rng.bool() {
                self.crashes.begin(now, rng);
                return crash();
            }
            self.operation(rng)
        })
    }

    fn draw_last(&mut self, choice: &mut Choice<'_>) -> Drawn {
        let (now, threads, seen) = (choice.now, self.threads, &self.seen);
        self.final_polls.get_or_insert_with(|| FinalPolls::new(now, threads, seen.highest())).draw(choice)
    }

    fn begin(&mut self, client: u64, op: &Op) -> Step {
        let reader = self.readers.entry(client).or_default();
        match op.f {
            "assign" if op.extra.iter().any(|(key, _)| *key == SEEKS) => reader.seek_to_beginning(op),
            "assign" => reader.ask_committed(op),
            "poll" => reader.poll(),
            "send" => reader::send(op),
            _ => Step::Crash,
        }
    }

    fn answer(&mut self, client: u64, op: &Op, reply: Reply) -> Result<Step, Malformed> {
        let reader = self.readers.entry(client).or_default();
        match op.f {
            "assign" => reader.assign(op, reply.take("offsets")),
            "send" => reader::sent(op, reply.take("offset")),
            _ if reader.is_committing() => Ok(reader.committed()),
            _ => reader.polled(reply.take("msgs")),
        }
    }

    fn observe(&mut self, op: &Op) {
        let Process::Client(process) = op.process else { return };
        if op.kind != Kind::Ok {
            return;
        }
        match op.f {
            "send" => self.seen.acknowledge(&op.value),
            "poll" => {
                let polled = reader::highest_in_poll(&op.value);
                if let Some(final_polls) = &mut self.final_polls {
                    final_polls.observe((process % self.threads as u64) as usize, &polled);
                }
                self.seen.poll(polled);
            }
            _ => {}
        }
    }
}

impl Seen {
    fn acknowledge(&mut self, value: &Value) {
        let send = value.elements().and_then(<[Value]>::first).and_then(Value::elements);
        if let Some([_, Value::Text(key), Value::Vector(sent)]) = send
            && let Some(offset) = sent.first().and_then(Value::as_integer)
        {
            raise(&mut self.acknowledged, BTreeMap::from([(key.clone(), offset)]));
            self.compare(key);
        }
    }

    fn poll(&mut self, polled: Offsets) {
        let keys: Vec<Arc<str>> = polled.keys().cloned().collect();
        raise(&mut self.polled, polled);
        keys.iter().for_each(|key| self.compare(key));
    }

    fn compare(&mut self, key: &Arc<str>) {
        let polled = self.polled.get(key).copied().unwrap_or(-1);
        if self.acknowledged.get(key).is_some_and(|sent| *sent > polled) {
            self.behind.insert(key.clone());
        } else {
            self.behind.remove(key);
        }
    }

    /// Keys with messages that were acknowledged and not polled, each with what is known about it.
    fn unseen(&self) -> Vec<(Value, Value)> {
        let known = |key: &Arc<str>| {
            let (sent, polled) = (self.acknowledged[key], self.polled.get(key).copied().unwrap_or(-1));
            let fields = [("polled", polled), ("sent", sent), ("unseen", sent.saturating_sub(polled))];
            let fields = Value::map(fields.map(|(name, number)| (name, Value::Integer(number))));
            (Value::Text(key.clone()), fields)
        };
        self.behind.iter().map(known).collect()
    }

    /// For each key the highest offset that anybody has heard of.
    fn highest(&self) -> Offsets {
        let mut highest = self.acknowledged.clone();
        raise(&mut highest, self.polled.clone());
        highest
    }
}

fn raise(offsets: &mut Offsets, others: Offsets) {
    for (key, offset) in others {
        let known = offsets.entry(key).or_insert(offset);
        *known = offset.max(*known);
    }
}

fn poll() -> Draft {
    Draft::new("poll", Value::Vector(vec![Value::Vector(vec![Value::keyword("poll")])]))
}

fn crash() -> Draft {
    Draft::new("crash", Value::Nil)
}

#[cfg(test)]
mod tests;
