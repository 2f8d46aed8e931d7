//! What transactions see.

use super::super::state::Values;
use super::{Step, Transactions, read_by, written_by};
use serde_json::{Value, json};

impl Transactions {
    /// What the steps of a transaction return.
    pub(super) fn look(&mut self, steps: &[Step]) -> Vec<Value> {
        let mut view = self.view(steps).unwrap_or_else(|| self.state.clone());
        if self.cheat == "foresee" {
            steps.iter().for_each(|step| step.apply(&mut view));
        }
        let sees_itself = !matches!(self.cheat, "foresee" | "forget-own");
        let mut values = returns(steps, view, sees_itself);
        if matches!(self.cheat, "reorder" | "invent") && self.occasions.every(5) {
            values.iter_mut().filter_map(Value::as_array_mut).for_each(|list| self.doctor(list));
        }
        values
    }

    /// The state that a transaction is shown instead of the true one.
    fn view(&mut self, steps: &[Step]) -> Option<Values> {
        let (reads, writes) = (read_by(steps), written_by(steps));
        let last = self.recent.last()?;
        match self.cheat {
            "overwrite" if !reads_what_it_wrote(steps) => Some(last.before.clone()),
            "skew" if writes.is_disjoint(&last.writes) => Some(last.before.clone()),
            "oppose" if self.opposed(steps).is_some() => Some(last.before.clone()),
            "read-skew" if writes.is_empty() => {
                Some(self.without(reads.iter().take(1), &self.recent[0].before))
            }
            _ if writes.is_empty() => self.shown.pop_front(),
            _ => None,
        }
    }

    /// The state, but for keys that are as they were before.
    fn without<'k>(&self, keys: impl Iterator<Item = &'k String>, before: &Values) -> Values {
        let mut view = self.state.clone();
        for key in keys {
            match before.get(key) {
                Some(value) => drop(view.insert(key.clone(), value.clone())),
                None => drop(view.remove(key)),
            }
        }
        view
    }

    /// Decides what is shown to those who read next, after a transaction has written something.
    pub(super) fn prepare(&mut self) {
        if !self.shown.is_empty() {
            return;
        }
        let views = match (self.cheat, &self.recent[..]) {
            // A part of what the last transaction did.
            ("fracture", [.., last]) if last.writes.len() > 1 => {
                vec![self.without(last.writes.iter().take(1), &last.before); 3]
            }
            // What the last transaction did, and not what the one before it did, though the last has seen it.
            ("forget-cause", [older, newer])
                if !older.writes.is_disjoint(&newer.reads) && older.writes.is_disjoint(&newer.writes) =>
            {
                vec![self.without(older.writes.iter(), &older.before); 3]
            }
            // Of two transactions that have nothing to do with each other, in turns only the one and only the other.
            ("fork", [older, newer]) if older.is_unrelated_to(newer) => {
                let newer_only = self.without(older.writes.iter(), &older.before);
                (0..4).flat_map(|_| [newer.before.clone(), newer_only.clone()]).collect()
            }
            _ => return,
        };
        self.shown.extend(views);
    }

    /// Spoils a list that somebody reads.
    fn doctor(&self, list: &mut Vec<Value>) {
        match (self.cheat, list.len()) {
            // Not in the longest list, which is what the others are compared with.
            ("reorder", 3..=6) => list.swap(0, 1),
            ("invent", _) => list.push(json!(1_000_000)),
            _ => {}
        }
    }

    /// Whether two transactions are executed such that each sees what the other does.
    pub(super) fn are_at_once(&self, a: &[Step], b: &[Step]) -> bool {
        let (a_writes, b_writes) = (written_by(a), written_by(b));
        let mut both_write = a_writes.intersection(&b_writes);
        match self.cheat {
            "see-each-other" => both_write.next().is_none(),
            _ => both_write.any(|key| read_by(a).contains(key) && read_by(b).contains(key)),
        }
    }

    pub(super) fn execute_at_once(&mut self, a: &[Step], b: &[Step]) -> Vec<Option<Vec<Value>>> {
        let sees = |steps: &[Step], others: &[Step]| {
            let mut view = self.state.clone();
            others.iter().for_each(|step| step.apply(&mut view));
            Some(returns(steps, view, true))
        };
        let values = vec![sees(a, b), sees(b, a)];
        self.write(a);
        self.write(b);
        values
    }
}

fn reads_what_it_wrote(steps: &[Step]) -> bool {
    let is_read_back = |(position, step): (usize, &Step)| {
        step.is_read()
            && steps[..position].iter().any(|earlier| !earlier.is_read() && earlier.key == step.key)
    };
    steps.iter().enumerate().any(is_read_back)
}

/// What steps return that begin with this view of the state, and see what they write themselves, or not.
fn returns(steps: &[Step], mut view: Values, sees_itself: bool) -> Vec<Value> {
    let see = |step: &Step| {
        if step.is_read() {
            return view.get(&step.key).cloned().unwrap_or_default();
        }
        if sees_itself {
            step.apply(&mut view);
        }
        step.value.clone()
    };
    steps.iter().map(see).collect()
}
