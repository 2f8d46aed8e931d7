//! What a follower does: its log becomes its leader's, and it says how far that has come (sections 5.3 and 7).

use core::time::Duration;

use alloc::string::String;

use protocol::consensus::{Entry, Place, Raft};
use protocol::{Json, Nothing};

use super::following::{Following, Incoming, read_entries};
use super::{Consensus, Role, StateMachine};
use crate::{Context, Time};

/// A report that nobody has seen after so long may be lost.
const MIN_PATIENCE: Duration = Duration::from_millis(150);

/// If fewer clients want something than when the leader was last told, it is told when so many times as much time has passed as
/// it takes to respond; or as soon as there are as many. So batches grow with the load, and whoever is alone does not wait.
const SMALL_BATCH_WAIT: u32 = 2;

impl<S: StateMachine> Consensus<S> {
    /// A leader speaks: whether it is this node's leader, in this term. Who is behind is told so.
    fn follow(&mut self, context: &mut Context<'_, Nothing>, from: usize, (term, n): (u64, u64)) -> bool {
        if term > self.term {
            self.enter(term);
        }
        if term < self.term {
            let report = Following { heard: n, ..Following::new(from) }.report(self.term, self.life, n);
            self.routes.say(context, from, &report);
            return false;
        }
        match &mut self.role {
            // No term has two leaders, unless somebody lies.
            Role::Leader(_) => return false,
            Role::Follower(Some(following)) if following.leader != from => return false,
            Role::Follower(Some(following)) => following.heard = n,
            Role::Follower(None) | Role::Candidate { .. } => {
                self.role = Role::Follower(Some(Following { heard: n, ..Following::new(from) }));
            }
        }
        self.heard_at = Some(context.now);
        self.put_off_election(context.now);
        true
    }

    /// The leader has the log go on (AppendEntries).
    pub(super) fn on_append(&mut self, context: &mut Context<'_, Nothing>, from: usize, message: Raft<'_>) {
        let Raft::Append { term, n, ask, prev, entries, commit, you, ack, read } = message else { return };
        let Some(entries) = read_entries(entries, (prev, term)) else { return };
        if !self.follow(context, from, (term, n)) {
            return;
        }
        let outcome = self.take_entries(prev, &entries);
        let Role::Follower(Some(following)) = &mut self.role else { return };
        following.must_report |= ask.unwrap_or(false);
        match outcome {
            Ok(last) => {
                following.holds = following.holds.max(last);
                following.back = None;
            }
            Err(back) => (following.back, following.must_report) = (Some(back), true),
        }
        self.commit = self.commit.max(commit.min(following.holds));
        if you == Some(self.life) {
            if let Some((_, told)) =
                following.unseen.take_if(|(report, _)| ack.is_some_and(|ack| ack >= *report))
            {
                let response = context.now.since(following.reported_at.unwrap_or(context.now));
                self.response = (self.response * 3 + response) / 4;
                self.quickest =
                    Some(self.quickest.map_or(response, |quickest| response.min(quickest * 9 / 8)));
                self.requests.told(told);
            }
            if let Some((number, index)) = read {
                self.granted = self.granted.max(Some((number, index)));
            }
        }
    }

    /// Lets the log go on as the leader's does: up to where it is the leader's then, or where it may be. Entries that are
    /// here already stay, as the message may be an old one; what contradicts the leader's goes, with all behind it.
    fn take_entries(&mut self, prev: Place, entries: &[Entry<'_>]) -> Result<u64, u64> {
        let (base, _) = self.log.base();
        let (mut index, prev_term) = prev;
        // What is committed is the same everywhere, so what is gone from this log was the leader's, too.
        if index >= base && self.log.term(index) != Some(prev_term) {
            let back = if index > self.log.last_index() {
                self.log.last_index()
            } else {
                self.log.first_of_term(index).saturating_sub(1)
            };
            return Err(back.max(self.commit));
        }
        for entry in entries {
            index += 1;
            if index <= base {
                continue;
            }
            let held = self.log.term(index);
            if held.is_some_and(|held| held != entry.0) {
                // A leader lacks nothing that is committed; one that does is none.
                if index <= self.commit {
                    return Err(self.commit);
                }
                self.log.truncate(index - 1);
                self.recorded.truncate(index - 1);
            }
            if held != Some(entry.0) {
                self.log.append(*entry);
            }
        }
        Ok(index)
    }

    /// The leader brings a piece of its state (InstallSnapshot).
    pub(super) fn on_snapshot(&mut self, context: &mut Context<'_, Nothing>, from: usize, message: Raft<'_>) {
        let Raft::Snapshot { term, n, last, at, length, piece } = message else { return };
        if last.1 > term || !self.follow(context, from, (term, n)) {
            return;
        }
        let incoming = self.incoming.take().filter(|incoming| incoming.last == last && at > 0);
        let mut incoming = incoming.unwrap_or(Incoming { last, length, text: String::new() });
        if incoming.text.len() as u64 == at && incoming.length == length {
            incoming.text.push_str(&piece);
        }
        let is_whole = incoming.text.len() as u64 == length;
        let is_new = last.0 > self.commit;
        if is_whole && is_new && !self.install(last, Json::trusted(&incoming.text)) {
            // It cannot be read: the leader lies, or is of another version. Nothing has changed.
            return;
        }
        let holds = self.commit;
        self.incoming = (!is_whole && is_new).then_some(incoming);
        let Role::Follower(Some(following)) = &mut self.role else { return };
        following.must_report = true;
        if is_whole {
            following.holds = following.holds.max(last.0.min(holds));
        }
    }

    /// When the leader is to be told something.
    pub(super) fn report_due(&self, following: &Following) -> Option<Time> {
        if following.must_report {
            return Some(Time::ZERO);
        }
        let last = following.reported_at;
        let waits = following.unseen.is_some() || self.requests.read().is_some();
        let again = last.filter(|_| waits).map(|last| last + self.report_patience());
        let is_news = following.unseen.is_none() && self.requests.is_untold(self.session() != 0);
        let is_small = self.requests.untold() < following.batch;
        let wait =
            if is_small { self.quickest.unwrap_or_default() * SMALL_BATCH_WAIT } else { Duration::ZERO };
        let gap = wait.max(self.round * 3 / 2);
        let news = is_news.then(|| last.map_or(Time::ZERO, |last| last + gap));
        news.into_iter().chain(again).min()
    }

    fn report_patience(&self) -> Duration {
        MIN_PATIENCE.max(self.response * 3) + self.round * 2
    }

    /// Tells the leader what it is to be told.
    pub(super) fn speak_to_leader(&mut self, context: &mut Context<'_, Nothing>) {
        let Role::Follower(Some(following)) = &self.role else { return };
        if self.report_due(following).is_none_or(|due| due > context.now) {
            return;
        }
        let session = self.session();
        self.reports += 1;
        let Consensus { role: Role::Follower(Some(following)), requests, incoming, granted, routes, .. } =
            self
        else {
            return;
        };
        let batch = requests.untold();
        let (commands, told) = requests.tell(session);
        let is_granted = granted.is_some_and(|(number, _)| number >= told.read);
        let asks_read = (told.read > 0 && !is_granted).then_some(told.read);
        if !commands.is_empty() || asks_read.is_some() {
            following.unseen = Some((self.reports, told));
            following.batch = batch;
        }
        let mut report = following.report(self.term, self.life, self.reports);
        if let Raft::Report { has, requests, read, .. } = &mut report {
            *has = incoming.as_ref().map(|incoming| incoming.text.len() as u64);
            *requests = (!commands.is_empty()).then_some(commands);
            *read = asks_read;
        }
        routes.say(context, following.leader, &report);
        following.reported_at = Some(context.now);
        (following.must_report, following.back) = (false, None);
    }
}
