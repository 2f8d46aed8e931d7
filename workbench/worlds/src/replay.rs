//! A run in virtual time once more, to hear what its nodes have to say of themselves: what each held and whom it thought lost, at
//! any moment. Nothing of that is kept while runs take place; who wants to know has the run take place again.

use crate::scenario::Scenario;
use crate::simulated::Simulation;
use bench::run::{Record, Said};
use edn::Value;
use judge::{Kind, Op, Process};

/// Changes that are kept. Of more, each node's last in a stretch of time, and the stretches become longer.
const MAX_CHANGES: usize = 150_000;
/// The first length of such a stretch, in nanoseconds.
const FIRST_STRETCH_NS: u64 = 1_000_000;

/// What nodes said of themselves, whenever that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States {
    /// The changes, in order.
    pub changes: Vec<Said>,
    /// In each stretch of so many nanoseconds only a node's last change is told; every change, if this is zero.
    pub stretch_ns: u64,
}

/// The states of a scenario's run, whose record this is; none if the run comes out otherwise today, as it does when the machines
/// have changed since.
pub fn states(scenario: &Scenario, record: &Record) -> States {
    let mut simulation = Simulation::new(scenario.options.clone(), scenario.programs());
    simulation.run_mut().keep_statistics_only();
    let mut states = States::default();
    let mut words = vec![String::new(); scenario.options.nodes.len()];
    loop {
        let goes_on = simulation.step();
        for (node, said) in simulation.told() {
            if said != words[node] {
                words[node].clone_from(&said);
                states.add(Said { node, time: simulation.now(), text: said.into() });
            }
        }
        if !goes_on {
            break;
        }
    }
    let again = simulation.into_record();
    if is_same(&again, record) { states } else { States::default() }
}

fn is_same(one: &Record, other: &Record) -> bool {
    fn what(op: &Op) -> (u64, Kind, Process, &str, &Value) {
        (op.time_ns, op.kind, op.process, op.f, &op.value)
    }
    one.duration == other.duration && one.history.ops.iter().map(what).eq(other.history.ops.iter().map(what))
}

impl States {
    fn add(&mut self, change: Said) {
        self.changes.push(change);
        while self.changes.len() > MAX_CHANGES {
            self.stretch_ns = (self.stretch_ns * 2).max(FIRST_STRETCH_NS);
            let stretch_ns = self.stretch_ns;
            let stretch = |said: &Said| said.time.as_nanos() / stretch_ns;
            let mut later = std::collections::HashMap::new();
            let mut kept = std::mem::take(&mut self.changes);
            kept.reverse();
            kept.retain(|said| later.insert(said.node, stretch(said)) != Some(stretch(said)));
            kept.reverse();
            self.changes = kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::OurMachine;
    use bench::options::{Options, Workload};
    use std::time::Duration;

    fn scenario() -> Scenario {
        let options = Options { rate: 20.0, seed: 3, ..Options::new(Workload::Broadcast, 3) };
        Scenario::new(Options { time_limit: Duration::from_secs(3), ..options }).unwrap()
    }

    #[test]
    fn a_run_that_takes_place_again_tells_what_nodes_held_at_any_moment() {
        let scenario = scenario();
        let record = crate::simulated::run(scenario.options.clone(), scenario.programs());
        let states = states(&scenario, &record);
        let of = |node| states.changes.iter().filter(move |said| said.node == node);
        let updates = record.history.ops.iter().filter(|op| op.f == "broadcast").count() / 2;
        for node in 0..3 {
            let first = &of(node).next().unwrap().text;
            assert!(first.starts_with("waits for init") || first.starts_with("holds 0"), "{first}");
            let last = &of(node).next_back().unwrap().text;
            assert!(last.starts_with(&format!("holds {updates}")), "{last}");
        }
        let other = Scenario { options: Options { seed: 4, ..scenario.options.clone() }, ..scenario };
        assert_eq!(super::states(&other, &record), States::default(), "that is another run");
    }

    #[test]
    fn members_of_a_consensus_say_who_leads_and_a_counter_what_is_saved() {
        let last = |workload, machine| {
            let options = Options { rate: 20.0, seed: 3, ..Options::new(workload, 3) };
            let options = Options { time_limit: Duration::from_secs(3), concurrency: 6, ..options };
            let scenario = Scenario { machine, ..Scenario::new(options).unwrap() };
            let record = crate::simulated::run(scenario.options.clone(), scenario.programs());
            let states = states(&scenario, &record);
            [0, 1, 2]
                .map(|node| states.changes.iter().rfind(|said| said.node == node).unwrap().text.to_string())
        };
        let [first, second, third] = last(Workload::LinKv, OurMachine::LinKv);
        assert!(first.starts_with("term 1, leads; log "), "{first}");
        assert!(second.starts_with("term 1, follows n0; log "), "{second}");
        assert!(third.starts_with("term 1, follows n0; log "), "{third}");
        for text in last(Workload::PnCounter, OurMachine::CounterKv) {
            let (took, saved) = text.strip_prefix("took ").unwrap().split_once(", saved ").unwrap();
            assert_eq!(took, saved, "at rest all is saved");
        }
    }

    #[test]
    fn of_too_many_changes_a_nodes_last_in_each_stretch_stay() {
        let mut states = States::default();
        for number in 0..400_000_u64 {
            let time = machines::Time::from_nanos(number * 10_000);
            states.add(Said { node: (number % 2) as usize, time, text: number.to_string().into() });
        }
        assert!(
            states.changes.len() <= MAX_CHANGES && states.changes.len() > 100,
            "{}",
            states.changes.len()
        );
        let last = |node| states.changes.iter().rfind(|said| said.node == node).unwrap().text.to_string();
        assert_eq!([last(0), last(1)], ["399998", "399999"]);
    }
}
