//! What transactions leave behind.

use super::{Done, Step, Transactions, list, read_by, written_by};
use serde_json::Value;

impl Transactions {
    /// Lets the steps of a transaction take effect.
    pub(super) fn write(&mut self, steps: &[Step]) {
        let writes = written_by(steps);
        if writes.is_empty() {
            return;
        }
        let mut opposed = if self.cheat == "oppose" { self.opposed(steps) } else { None };
        let done = Done { before: self.state.clone(), reads: read_by(steps), writes };
        for (position, step) in steps.iter().enumerate().filter(|(_, step)| !step.is_read()) {
            match (self.cheat, &mut opposed) {
                ("lose", _) if steps.len() == 1 && self.occasions.every(3) => {}
                ("expose", _) if is_last_of_many(steps, position) => self.held_back.push(step.clone()),
                ("append-twice", _) if self.occasions.every(5) => {
                    step.apply(&mut self.state);
                    step.apply(&mut self.state);
                }
                (_, Some((key, place))) if *key == step.key => {
                    list(&mut self.state, key).insert(*place, step.value.clone());
                    *place += 1;
                }
                _ => step.apply(&mut self.state),
            }
        }
        self.recent.push(done);
        if self.recent.len() > 2 {
            self.recent.remove(0);
        }
        self.prepare();
    }

    /// Lets what was held back take effect.
    pub(super) fn finish_the_last(&mut self) {
        let late = std::mem::take(&mut self.held_back);
        late.iter().for_each(|step| step.apply(&mut self.state));
    }

    /// If these steps and the last transaction write several keys in common: one of them, and where in its list the last
    /// transaction's elements begin.
    pub(super) fn opposed(&self, steps: &[Step]) -> Option<(String, usize)> {
        let last = self.recent.last()?;
        let writes = written_by(steps);
        let key = last.writes.intersection(&writes).nth(1)?;
        let place = last.before.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        Some((key.clone(), place))
    }
}

/// Whether a step is the last of several that write a key.
fn is_last_of_many(steps: &[Step], position: usize) -> bool {
    let same = |other: &&Step| !other.is_read() && other.key == steps[position].key;
    let (earlier, later) = (&steps[..position], &steps[position + 1..]);
    earlier.iter().any(|step| same(&step)) && !later.iter().any(|step| same(&step))
}
