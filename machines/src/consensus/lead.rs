//! What a leader does: it logs what clients want, has others hold it, and says what is committed (sections 5.3 and 8).

use core::mem;

use protocol::consensus::{Raft, Request};
use protocol::{List, Nothing, Text};

use super::leader::{Asked, HEARTBEAT, Leader, Transfer};
use super::log::{Log, MAX_MESSAGE_BYTES, as_list};
use super::sessions::{Sessions, Use};
use super::{Consensus, Role, StateMachine};
use crate::{Context, Time};

impl<S: StateMachine> Consensus<S> {
    /// A follower reports.
    pub(super) fn on_report(&mut self, now: Time, from: usize, message: Raft<'_>) {
        let Raft::Report { term, me, n, ack, holds, back, has, requests, read } = message else { return };
        if term > self.term {
            self.enter(term);
        }
        let Consensus { role: Role::Leader(leader), log, .. } = self else { return };
        if term != self.term {
            return;
        }
        let last = log.last_index();
        leader.meet(from, me);
        let link = &mut leader.links[from];
        link.hear(now, ack);
        link.report = Some(n);
        link.matched = link.matched.max(holds.min(last));
        link.next = link.next.max(link.matched + 1);
        if let Some(back) = back.filter(|_| ack > link.corrected) {
            link.next = (back.min(last) + 1).max(link.matched + 1);
            link.corrected = link.sent;
            link.is_fed = true;
        }
        match (&mut link.transfer, has) {
            (Some(transfer), Some(has)) if has as usize <= transfer.text.len() => transfer.at = has as usize,
            (transfer @ Some(_), None) => *transfer = None,
            _ => {}
        }
        link.is_fed &= link.matched < last;
        if let Some(requests) = requests {
            let logged_before = last;
            self.log_requests(&requests);
            let Consensus { role: Role::Leader(leader), log, .. } = self else { return };
            let index = if log.last_index() > logged_before { logged_before + 1 } else { log.last_index() };
            leader.wait(from, index, now);
            leader.wait(from, log.last_index(), now);
        }
        if let Some(number) = read {
            self.on_read(now, from, number);
        }
    }

    /// Enters what a node wants done into the log, unless that is there.
    fn log_requests(&mut self, requests: &List<Request<'_>>) {
        let Consensus { role: Role::Leader(leader), log, term, .. } = self else { return };
        for (session, number, command) in requests.iter() {
            enter(*term, log, &mut leader.logged, (*session, *number, *command));
        }
    }

    fn on_read(&mut self, now: Time, from: usize, number: u64) {
        let Consensus { role: Role::Leader(leader), log, .. } = self else { return };
        let is_waiting = leader.reads.iter().any(|read| read.from == from && read.number >= number);
        // It asks again for what was granted last, if that was lost.
        if !is_waiting && number >= leader.links[from].granted {
            leader.read(from, number, log.last_index(), now);
        }
    }

    /// Logs what the leader's own clients want, and begins their reads.
    pub(super) fn log_own(&mut self, now: Time) {
        let session = self.session();
        let Consensus { role: Role::Leader(leader), log, term, requests, me, life, .. } = self else {
            return;
        };
        let held = leader.logged.of(*me);
        if held.id == 0 || held.life != *life {
            enter(*term, log, &mut leader.logged, requests.opening());
        } else if session == held.id {
            for (number, command) in requests.commands_from(held.last + 1) {
                enter(*term, log, &mut leader.logged, (session, number, command));
                leader.wait(*me, log.last_index(), now);
            }
        }
        let read = requests.ask_read();
        if read > leader.links[*me].granted
            && leader.reads.iter().all(|it| it.from != *me || it.number < read)
        {
            leader.read(*me, read, log.last_index(), now);
        }
    }

    /// Takes note of what has become committed, and of what the leader's own clients may see.
    pub(super) fn commit(&mut self) {
        let ballot = (self.term, self.commit);
        let Consensus { role: Role::Leader(leader), log, me, .. } = self else { return };
        self.commit = leader.commit_with(*me, log.last_index(), log, ballot);
        let granted = leader.grantable(*me, self.commit);
        leader.tell(*me, self.commit, granted);
        self.granted = self.granted.max(granted);
    }

    /// Says what there is to be said.
    pub(super) fn speak_as_leader(&mut self, context: &mut Context<'_, Nothing>) {
        let now = context.now;
        let Role::Leader(leader) = &mut self.role else { return };
        for (peer, link) in leader.links.iter_mut().enumerate() {
            if link.patience_ends().is_some_and(|end| end <= now) {
                link.miss();
                self.routes.forget(peer);
            }
        }
        let others = leader.others();
        self.ask(context);
        for peer in others {
            let Role::Leader(leader) = &self.role else { return };
            let is_due = self.speech_due(leader, peer).is_some_and(|due| due <= now);
            let link = &leader.links[peer];
            let is_quiet = link.sent_at.is_none_or(|at| at + HEARTBEAT <= now);
            // A report from somebody who is told something anyway costs less than a question to somebody else.
            let must_report = is_quiet || link.is_fed || leader.wants_report(&self.log, self.commit);
            if is_due {
                self.send_append(context, peer, must_report);
            }
        }
    }

    /// Asks those who have to be.
    fn ask(&mut self, context: &mut Context<'_, Nothing>) {
        loop {
            let ballot = (self.term, self.commit);
            let Role::Leader(leader) = &self.role else { return };
            let due = leader.asks_due(&self.log, ballot, self.round);
            let Some((_, count)) = due.filter(|(at, _)| *at <= context.now) else { return };
            for _ in 0..count {
                let Role::Leader(leader) = &self.role else { return };
                let Some(peer) = leader.candidate(&self.log, self.round) else { return };
                self.send_append(context, peer, true);
            }
            let Role::Leader(leader) = &mut self.role else { return };
            leader.note_asks(&self.log, context.now);
        }
    }

    /// When a follower is to be told something, apart from what it is asked because somebody waits.
    fn speech_due(&self, leader: &Leader, peer: usize) -> Option<Time> {
        let link = &leader.links[peer];
        if link.asked.is_some() {
            return link.patience_ends();
        }
        let commit = leader.commit_with(peer, self.log.last_index(), &self.log, (self.term, self.commit));
        if link.is_fed || leader.can_answer(peer, commit) {
            return Some(Time::ZERO);
        }
        Some(link.sent_at.map_or(Time::ZERO, |at| at + HEARTBEAT))
    }

    /// When a leader has something to do.
    pub(super) fn leader_deadline(&self, leader: &Leader) -> Option<Time> {
        let speech = leader.others().filter_map(|peer| self.speech_due(leader, peer)).min();
        let asks = leader.asks_due(&self.log, (self.term, self.commit), self.round).map(|(at, _)| at);
        speech.into_iter().chain(asks).chain(leader.quorum_ends()).min()
    }

    /// Sends a follower what it lacks, as far as that fits into a message.
    fn send_append(&mut self, context: &mut Context<'_, Nothing>, peer: usize, ask: bool) {
        let Role::Leader(leader) = &self.role else { return };
        if leader.links[peer].next <= self.log.base().0 {
            return self.send_snapshot(context, peer);
        }
        let Consensus { role: Role::Leader(leader), log, term, commit, scratch, routes, .. } = self else {
            return;
        };
        let prev = leader.links[peer].next - 1;
        let end = log.reach(prev, MAX_MESSAGE_BYTES);
        let commit = leader.commit_with(peer, end, log, (*term, *commit)).min(end);
        let read = leader.grantable(peer, commit);
        let is_cut = end < log.last_index();
        let asked = Asked { n: leader.links[peer].sent + 1, at: context.now, reads: leader.reads_begun };
        let link = &mut leader.links[peer];
        link.sent = asked.n;
        link.sent_at = Some(context.now);
        link.next = end + 1;
        link.is_fed |= is_cut;
        let must_report = ask || is_cut;
        link.asked = link.asked.take().or(must_report.then_some(asked));
        let entries = (end > prev).then(|| as_list(log.text(prev, end), scratch));
        let append = Raft::Append {
            term: *term,
            n: asked.n,
            ask: must_report.then_some(true),
            prev: (prev, log.term(prev).expect("what a follower is sent follows on what is here")),
            entries,
            commit,
            you: link.life,
            ack: link.report,
            read,
        };
        routes.say(context, peer, &append);
        leader.tell(peer, commit, read);
    }

    /// Sends a follower the next piece of the state, as what it lacks is not in the log any more.
    fn send_snapshot(&mut self, context: &mut Context<'_, Nothing>, peer: usize) {
        let transfer = match &mut self.role {
            Role::Leader(leader) => leader.links[peer].transfer.take(),
            _ => return,
        };
        let transfer = transfer.unwrap_or_else(|| {
            let last =
                (self.applied, self.log.term(self.applied).expect("the log reaches back to what is applied"));
            let mut text = mem::take(&mut self.scratch);
            text.clear();
            self.write_state(&mut text);
            Transfer { last, text, at: 0 }
        });
        let Consensus { role: Role::Leader(leader), routes, term, .. } = self else { return };
        let (reads, term) = (leader.reads_begun, *term);
        let link = &mut leader.links[peer];
        let piece = piece(&transfer.text, transfer.at);
        let (at, length) = (transfer.at as u64, transfer.text.len() as u64);
        link.sent += 1;
        link.sent_at = Some(context.now);
        link.asked = Some(Asked { n: link.sent, at: context.now, reads });
        link.is_fed = true;
        let piece = Text::from(piece);
        routes.say(
            context,
            peer,
            &Raft::Snapshot { term, n: link.sent, last: transfer.last, at, length, piece },
        );
        link.transfer = Some(transfer);
    }
}

/// The piece that begins at `at`, as far as a message goes.
fn piece(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = (0..=rest.len().min(MAX_MESSAGE_BYTES)).rev().find(|&end| rest.is_char_boundary(end));
    &rest[..end.unwrap_or(0)]
}

/// Adds a request to the log if it counts there.
fn enter(term: u64, log: &mut Log, logged: &mut Sessions, (session, number, command): Request<'_>) {
    let entry = (term, session, number, command);
    let is_of_use = logged.take(log.last_index() + 1, &entry) != Use::Nothing;
    if is_of_use {
        log.append(entry);
    }
}
