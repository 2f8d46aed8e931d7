//! The three key-value stores, and what each promises.

use super::request::{Answer, Operation, Request};
use edn::Value;
use fastrand::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `lin-kv` (§7.2): one map, one request at a time.
#[derive(Debug, Default)]
pub(super) struct Linearizable {
    values: BTreeMap<Value, Value>,
}

impl Linearizable {
    pub(super) fn handle(&mut self, request: &Request) -> Answer {
        let (answer, stored) = request.apply(self.values.get(&request.key));
        if let Some(value) = stored {
            self.values.insert(request.key.clone(), value);
        }
        answer
    }
}

/// `seq-kv` (§7.3): the store went through numbered states; a source is shown any of the last [`RETAINED_STATES`] that is
/// not older than the one it saw last. What would change the state it is shown is done to the newest instead.
///
/// Maelstrom, when a source lags further behind than it keeps states, shows it an unrelated one. Here it is shown the
/// oldest kept, so that time never goes backwards.
///
/// A state is not a copy of the store: each key has its values by the number of the state that brought them.
#[derive(Debug, Default)]
pub(super) struct Sequential {
    /// Ascending; each key's first is at most as old as the oldest state kept, its others younger than that.
    versions: BTreeMap<Value, Vec<(u64, Value)>>,
    newest: u64,
    seen: BTreeMap<Arc<str>, u64>,
    /// How often a source was shown an old state where the newest would have given another answer.
    stale: BTreeMap<Arc<str>, u64>,
}

/// So many states of `seq-kv` are kept.
pub(super) const RETAINED_STATES: u64 = 32;

impl Sequential {
    pub(super) fn handle(&mut self, source: &Arc<str>, request: &Request, rng: &mut Rng) -> Answer {
        let seen = self.seen.get(source).copied().unwrap_or(0);
        let shown = rng.u64(seen..=self.newest).max(self.oldest());
        let (answer, changed) = self.apply(shown, request);
        if changed.is_none() {
            self.seen.insert(source.clone(), shown);
            if shown < self.newest && self.apply(self.newest, request).0 != answer {
                *self.stale.entry(source.clone()).or_default() += 1;
            }
            return answer;
        }
        let (answer, changed) = self.apply(self.newest, request);
        self.newest += 1;
        if let Some(value) = changed {
            self.store(request.key.clone(), value);
        }
        self.seen.insert(source.clone(), self.newest);
        answer
    }

    pub(super) fn stale_answers(&self, source: &str) -> u64 {
        self.stale.get(source).copied().unwrap_or_default()
    }

    /// The answer in that state, and the new value if it would change the state.
    fn apply(&self, state: u64, request: &Request) -> (Answer, Option<Value>) {
        let versions = self.versions.get(&request.key).map_or(&[][..], Vec::as_slice);
        let current = versions.iter().rev().find(|(number, _)| *number <= state).map(|(_, value)| value);
        let (answer, stored) = request.apply(current);
        (answer, stored.filter(|value| Some(value) != current))
    }

    fn store(&mut self, key: Value, value: Value) {
        let oldest = self.oldest();
        let versions = self.versions.entry(key).or_default();
        versions.push((self.newest, value));
        let superseded =
            versions.iter().take_while(|(number, _)| *number <= oldest).count().saturating_sub(1);
        versions.drain(..superseded);
    }

    fn oldest(&self) -> u64 {
        (self.newest + 1).saturating_sub(RETAINED_STATES)
    }
}

/// `lww-kv` (§7.4): two replicas, the last write wins. Each request goes to one of them at random.
///
/// Before each request one replica, drawn at random, tells one, drawn at random, what it holds: of two values of a key
/// the one with the higher Lamport stamp stays, the teller's if they are equal. (Maelstrom works out the result of this
/// exchange and forgets to keep it, so its replicas never converge.) Like Maelstrom's, this store does not know
/// `create_if_not_exists`.
#[derive(Debug, Default)]
pub(super) struct LastWriteWins {
    replicas: [Replica; 2],
}

#[derive(Clone, Debug, Default)]
struct Replica {
    clock: u64,
    values: BTreeMap<Value, (u64, Value)>,
    /// Keys that the other replica may not know of yet.
    untold: Vec<Value>,
}

impl LastWriteWins {
    pub(super) fn handle(&mut self, request: &Request, rng: &mut Rng) -> Answer {
        let (teller, listener) = (rng.usize(..2), rng.usize(..2));
        if teller != listener {
            self.gossip(teller);
        }
        self.replicas[rng.usize(..2)].handle(request)
    }

    fn gossip(&mut self, teller: usize) {
        let [first, second] = &mut self.replicas;
        let (teller, listener) = if teller == 0 { (first, second) } else { (second, first) };
        for key in std::mem::take(&mut teller.untold) {
            let Some((stamp, value)) = teller.values.get(&key) else { continue };
            if listener.values.get(&key).is_none_or(|(held, _)| held <= stamp) {
                listener.values.insert(key, (*stamp, value.clone()));
            }
        }
        listener.clock = listener.clock.max(teller.clock);
    }
}

impl Replica {
    fn handle(&mut self, request: &Request) -> Answer {
        let mut request = request.clone();
        if let Operation::CompareAndSet { creates, .. } = &mut request.operation {
            *creates = false;
        }
        let (answer, stored) = request.apply(self.values.get(&request.key).map(|(_, value)| value));
        if let Some(value) = stored {
            self.clock += 1;
            self.values.insert(request.key.clone(), (self.clock, value));
            self.untold.push(request.key);
        }
        answer
    }
}
