//! The stages of a run, from `init` to the last operation (Maelstrom behaviour §2), and what is due in each.

use super::clients::{Failure, Purpose};
use super::{Level, Run, Stage};
use crate::generator::{Choice, Drawn};
use crate::nemesis::{Action, Nemesis};
use crate::network::Faults;
use crate::workload::{Call, Reply, Request, Schema};
use edn::Value;
use machines::Time;
use std::time::Duration;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// So many nodes have not answered `init`.
    Starting { waiting: usize },
    /// So many nodes have not answered the workload's first request.
    SettingUp { waiting: usize },
    /// Operations begin until then.
    Main { cutoff: Time },
    /// The main phase is over but for the operations under way.
    Finishing,
    /// Faults are being undone; so many are.
    Repairing { done: usize },
    /// Nodes have until then to recover.
    Recovering { until: Time },
    /// The final phase; nothing begins before `wake`.
    Concluding { wake: Option<Time> },
    /// Over.
    Done,
}

/// Of the answer to `init` only the type is checked.
const INIT_OK: Schema = Schema::open("init_ok");

impl Run {
    /// Tells every node its name, from a client of its own.
    pub(super) fn send_inits(&mut self) {
        (0..self.nodes.len()).for_each(|node| self.send_init(node));
    }

    /// Tells a node its name.
    pub(super) fn send_init(&mut self, node: usize) {
        let (names, name) = (&self.options.nodes, &self.options.nodes[node]);
        let request = Request::new("init").with("node_id", name).with("node_ids", names);
        let call = Call { request, schema: INIT_OK };
        let client = self.clients.open(self.now, &mut self.network);
        let to = (client, self.nodes[node]);
        let purpose = Purpose::Init { node };
        self.clients.ask(self.now, &mut self.network, to, (call, self.options.init_timeout), purpose);
    }

    /// A node answered `init`, or did not.
    pub(super) fn on_init(&mut self, client: u64, node: usize, answer: Result<Reply, Failure>) {
        self.clients.close(client, &mut self.network);
        if let Err(failure) = answer {
            return self.crash_for(node, "init", &failure);
        }
        let Phase::Starting { waiting } = &mut self.phase else { return self.on_started_again(node) };
        *waiting -= 1;
        if *waiting == 0 {
            self.start = Some(self.now);
            self.set_up();
        }
    }

    /// A node answered the workload's first request, or did not.
    pub(super) fn on_setup(&mut self, node: usize, answer: Result<Reply, Failure>) {
        if let Err(failure) = answer {
            return self.crash_for(node, "the request that sets it up", &failure);
        }
        let Phase::SettingUp { waiting } = &mut self.phase else { return };
        *waiting -= 1;
        if *waiting == 0 {
            self.begin_main();
        }
    }

    /// Opens a client for each node, which stays open to the end, and has it ask what the workload wants asked.
    fn set_up(&mut self) {
        let call = self.workload.setup();
        let timeout = self.workload.rules().timeout;
        self.phase = Phase::SettingUp { waiting: self.nodes.len() };
        for node in 0..self.nodes.len() {
            let client = self.clients.open(self.now, &mut self.network);
            if let Some(call) = call.clone() {
                let to = (client, self.nodes[node]);
                let purpose = Purpose::Setup { node };
                self.clients.ask(self.now, &mut self.network, to, (call, timeout), purpose);
            }
        }
        if call.is_none() {
            self.begin_main();
        }
    }

    fn begin_main(&mut self) {
        self.network.faults = Faults::from(&self.options.hazards);
        self.phase = Phase::Main { cutoff: self.now + self.options.time_limit };
    }

    /// Does one thing that is due now, if there is one.
    pub(super) fn proceed(&mut self) -> bool {
        match self.phase {
            Phase::Starting { .. } | Phase::SettingUp { .. } | Phase::Done => false,
            Phase::Main { cutoff } => self.proceed_in_main(cutoff),
            Phase::Finishing => self.threads.all_free() && !self.nemesis_is_busy() && self.end_main(),
            Phase::Repairing { done } => !self.nemesis_is_busy() && self.repair(done),
            Phase::Recovering { until } => {
                let is_over = until <= self.now;
                if is_over {
                    self.phase = Phase::Concluding { wake: None };
                }
                is_over
            }
            Phase::Concluding { .. } => self.proceed_in_final(),
        }
    }

    /// Begins the client's or the nemesis's next operation, if it is due, or ends the main phase: at the cut-off, or at
    /// once if nothing would begin before it.
    fn proceed_in_main(&mut self, cutoff: Time) -> bool {
        let next_of_clients = self.pace.as_ref().map(|pace| pace.next().unwrap_or(self.now));
        let nemesis = self.nemesis.as_ref().filter(|nemesis| nemesis.has_faults() && !self.nemesis_is_busy());
        let next_of_nemesis = nemesis.map(|nemesis| nemesis.next().unwrap_or(self.now));
        let next_by_hand = self.next_by_hand().filter(|_| !self.nemesis_is_busy());
        let next = next_of_clients.into_iter().chain(next_of_nemesis).chain(next_by_hand).min();
        let nothing_left = self.pace.is_some() && next.is_some_and(|next| next >= cutoff);
        if self.now >= cutoff || nothing_left {
            self.phase = Phase::Finishing;
            return true;
        }
        if next_by_hand.is_some_and(|next| next <= self.now) {
            self.act_by_hand();
            return true;
        }
        let nemesis_is_due = next_of_nemesis.is_some_and(|next| next <= self.now);
        let clients_are_due = self.may_begin() && next_of_clients.is_some_and(|next| next <= self.now);
        if nemesis_is_due && (!clients_are_due || self.rng.bool()) {
            self.act();
            return true;
        }
        clients_are_due && self.begin_next()
    }

    fn begin_next(&mut self) -> bool {
        let mut choice = Choice { now: self.now, threads: &self.threads, rng: &mut self.rng };
        match self.workload.draw(&mut choice) {
            Drawn::Begin(thread, draft) => {
                if let Some(pace) = &mut self.pace {
                    pace.begin(self.now, &mut self.rng);
                }
                self.begin(thread, draft);
                true
            }
            Drawn::NotBefore(_) | Drawn::Pending | Drawn::Done => {
                self.is_stuck = true;
                false
            }
        }
    }

    fn proceed_in_final(&mut self) -> bool {
        let mut choice = Choice { now: self.now, threads: &self.threads, rng: &mut self.rng };
        let mut wake = None;
        match self.workload.draw_last(&mut choice) {
            Drawn::Begin(thread, draft) => {
                self.begin(thread, draft);
                return true;
            }
            Drawn::NotBefore(time) => wake = Some(time),
            Drawn::Pending => {}
            Drawn::Done if self.threads.all_free() => {
                self.phase = Phase::Done;
                return true;
            }
            Drawn::Done => {}
        }
        self.phase = Phase::Concluding { wake };
        false
    }

    /// After the main phase: messages are safe, and undoes what the nemesis did, if the workload has a final phase, or is done.
    fn end_main(&mut self) -> bool {
        let has_final_phase = self.workload.rules().has_final_phase;
        self.network.faults = Faults::default();
        self.phase = if has_final_phase { Phase::Repairing { done: 0 } } else { Phase::Done };
        true
    }

    /// Undoes one more kind of fault, or lets nodes recover when all are undone.
    fn repair(&mut self, done: usize) -> bool {
        let mut repairs = self.nemesis.as_ref().map(Nemesis::repairs).unwrap_or_default();
        if !self.options.script.is_empty() {
            let by_hand = [Action::Heal, Action::Resume, Action::Start];
            repairs
                .extend(by_hand.into_iter().filter(|repair| !repairs.contains(repair)).collect::<Vec<_>>());
        }
        if let Some(repair) = repairs.get(done) {
            self.phase = Phase::Repairing { done: done + 1 };
            self.carry_out(*repair);
        } else {
            self.log(Level::Info, "jepsen test runner", "Waiting for recovery...".into());
            self.phase = Phase::Recovering { until: self.now + self.options.recovery };
        }
        true
    }

    /// When the present stage has something to do by itself.
    pub(super) fn phase_deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Starting { .. } | Phase::SettingUp { .. } | Phase::Finishing => None,
            Phase::Repairing { .. } | Phase::Done => None,
            Phase::Recovering { until } => Some(until),
            Phase::Concluding { wake } => wake,
            Phase::Main { cutoff } => {
                let of_clients = self.pace.as_ref().and_then(|pace| pace.next()).filter(|_| self.may_begin());
                let nemesis = self.nemesis.as_ref().filter(|_| !self.nemesis_is_busy());
                let of_nemesis = nemesis.and_then(Nemesis::next);
                let by_hand = self.next_by_hand().filter(|_| !self.nemesis_is_busy());
                of_clients.into_iter().chain(of_nemesis).chain(by_hand).chain([cutoff]).min()
            }
        }
    }

    /// What the run is doing, how much of it is left, and how long it is in all.
    pub(super) fn stage(&self, now: Time) -> (Stage, Option<Duration>, Option<Duration>) {
        let until = |end: Time, total| (Some(end.since(now)), Some(total));
        let (stage, (remaining, total)) = match self.phase {
            Phase::Starting { .. } => (Stage::Starting, (None, None)),
            Phase::SettingUp { .. } => (Stage::SettingUp, (None, None)),
            Phase::Main { cutoff } => (Stage::Running, until(cutoff, self.options.time_limit)),
            Phase::Finishing | Phase::Repairing { .. } => (Stage::Finishing, (None, None)),
            Phase::Recovering { until: end } => (Stage::Recovering, until(end, self.options.recovery)),
            Phase::Concluding { .. } => (Stage::Concluding, (None, None)),
            Phase::Done => (Stage::Done, (None, None)),
        };
        (stage, remaining, total)
    }

    fn may_begin(&self) -> bool {
        self.threads.any_free() && !self.is_stuck
    }

    fn crash_for(&mut self, node: usize, request: &str, failure: &Failure) {
        let name = &self.options.nodes[node];
        let reason = match failure {
            Failure::Timeout => format!("node {name} did not answer {request} in time"),
            Failure::Malformed(why) | Failure::Other(why) => {
                format!("node {name} gave no proper answer to {request}: {why}")
            }
            Failure::Refused(refused) => {
                let text =
                    if refused.text == Value::Nil { String::new() } else { format!(": {}", refused.text) };
                format!("node {name} refused {request} ({}{text})", refused.name)
            }
        };
        self.crash(Some(node), reason);
    }
}
