//! What a leader knows of the others, and whom it asks when.
//!
//! # Whom to ask
//!
//! Entries want a majority to hold them, reads want one to say that the leader is still theirs; an answer to the same question
//! ([`Link::asked`]) settles both. Of `n` nodes that takes `n / 2` besides the leader; but not so many are asked. A follower
//! whose clients wait is told anyway, when all is settled; so it is told *last*, and what it is told counts it in: "this is
//! committed, once you hold it" (see [`Leader::commit_with`]). So if only followers wait, `n / 2 - 1` others need be asked,
//! which of three nodes is none. Only what the leader's own clients wait for, or those of a follower that has been asked
//! itself, wants one more; and where rounds are longer than nothing that is put off for a round, in which somebody may
//! report for other reasons.
//!
//! # When
//!
//! Nobody is asked anew before it has answered, and nobody is sent more than it must know. What comes up meanwhile is in the next
//! message. Who does not answer in [`Link::patience`] is passed over until it does, and another one is asked.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use protocol::consensus::Place;
use smallvec::SmallVec;

use super::log::Log;
use super::sessions::Sessions;
use crate::Time;

/// Everyone hears of the leader at least so often.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(200);

/// A leader that has not heard from a majority for so long is none any more (check-quorum; thesis, section 6.2).
const QUORUM_PATIENCE: Duration = Duration::from_millis(1000);

/// If there is less to ask than there was the last time, it is asked after so many round trips, or as soon as there is as much: see
/// the follower's constant of this name.
const SMALL_BATCH_WAIT: u32 = 4;

/// An answer is not missed sooner, nor waited for longer.
const MIN_PATIENCE: Duration = Duration::from_millis(50);
const FIRST_PATIENCE: Duration = Duration::from_millis(300);
const MAX_PATIENCE: Duration = Duration::from_millis(800);

/// What a leader is beyond what everyone is.
#[derive(Clone, Debug)]
pub(super) struct Leader {
    me: usize,
    /// By position; the leader's own, where nothing but `waits` matters, too.
    pub(super) links: Vec<Link>,
    /// Reads that have not been granted, in order.
    pub(super) reads: VecDeque<Read>,
    /// How many reads there have been.
    pub(super) reads_begun: u64,
    /// What the sessions will be when all of the log is applied.
    pub(super) logged: Sessions,
    /// When somebody was last asked because somebody waits.
    asked_at: Option<Time>,
    /// How many entries and reads there had been then.
    asked_events: u64,
    /// How many there were at once.
    batch: u64,
    since: Time,
}

/// What a leader knows of a follower.
#[derive(Clone, Debug, Default)]
pub(super) struct Link {
    /// The follower's life, as last heard.
    pub(super) life: Option<u64>,
    /// Its last report.
    pub(super) report: Option<u64>,
    /// The first entry that it has not been sent.
    pub(super) next: u64,
    /// Up to here it certainly holds the leader's log.
    pub(super) matched: u64,
    /// How many messages it has been sent.
    pub(super) sent: u64,
    /// Up to this one they were sent before it last said that it lacks something: that it could not take those either is no news.
    pub(super) corrected: u64,
    pub(super) sent_at: Option<Time>,
    pub(super) heard_at: Option<Time>,
    /// The question that it has not answered yet.
    pub(super) asked: Option<Asked>,
    /// The last one that it has not answered in time, but may yet.
    missed: Option<Asked>,
    /// Of the reads, so many had begun when it was last asked something that it has answered.
    pub(super) confirmed: u64,
    /// Questions in a row that it has not answered in time.
    misses: u32,
    round_trip: Option<Duration>,
    /// It lacks so much that it is sent piece after piece.
    pub(super) is_fed: bool,
    /// The state on its way to it.
    pub(super) transfer: Option<Transfer>,
    pub(super) waits: Option<Waits>,
    /// The number of the last of its reads that was granted.
    pub(super) granted: u64,
}

/// A question: is this my log, and am I your leader?
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// The message's number.
    pub(super) n: u64,
    pub(super) at: Time,
    /// How many reads had begun.
    pub(super) reads: u64,
}

/// A node's clients wait for entries to be committed, from one to another, since some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) first: u64,
    pub(super) last: u64,
    since: Time,
}

/// A node's clients want to see a state that is not older than this.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) from: usize,
    /// Its number at that node.
    pub(super) number: u64,
    /// Its number at the leader.
    begun: u64,
    /// What was in the log when it came.
    pub(super) index: u64,
    since: Time,
}

/// A state on its way.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub(super) last: Place,
    pub(super) text: String,
    /// So much has arrived.
    pub(super) at: usize,
}

impl Leader {
    pub(super) fn new(me: usize, nodes: usize, log: &Log, logged: Sessions, now: Time) -> Leader {
        // The last entry is the leader's first: it is sent to begin with.
        let link = Link { next: log.last_index(), ..Link::default() };
        Leader {
            me,
            links: alloc::vec![link; nodes],
            reads: VecDeque::new(),
            reads_begun: 0,
            logged,
            asked_at: None,
            asked_events: 0,
            batch: 0,
            since: now,
        }
    }

    /// Everyone but the leader.
    pub(super) fn others(&self) -> impl Iterator<Item = usize> + use<> {
        let me = self.me;
        (0..self.links.len()).filter(move |&peer| peer != me)
    }

    /// What is committed once `who` holds the log up to `end`, too: what a majority holds, provided that this reaches into the
    /// leader's own term (section 5.4.2: an older entry is not committed by count, only by what comes on top of it).
    pub(super) fn commit_with(&self, who: usize, end: u64, log: &Log, (term, commit): (u64, u64)) -> u64 {
        if log.last_index() == commit {
            return commit;
        }
        let holds = self.links.iter().enumerate().map(|(peer, link)| match peer {
            peer if peer == self.me => log.last_index(),
            peer if peer == who => end,
            _ => link.matched,
        });
        let mut holds: SmallVec<[u64; 8]> = holds.collect();
        let (_, held, _) = holds.select_nth_unstable_by(self.links.len() / 2, |one, other| other.cmp(one));
        if *held > commit && log.term(*held) == Some(term) { *held } else { commit }
    }

    /// A life of a node speaks. What another one held, wanted and was told says nothing of this one: it may hold less, and it
    /// numbers its own reads, of which none may be granted because one of the same number was asked before.
    pub(super) fn meet(&mut self, node: usize, life: u64) {
        let link = &mut self.links[node];
        if link.life.is_some_and(|known| known != life) {
            (link.matched, link.transfer, link.waits, link.granted) = (0, None, None, 0);
            self.reads.retain(|read| read.from != node);
        }
        link.life = Some(life);
    }

    /// A node's clients wait for the entry at `index`.
    pub(super) fn wait(&mut self, node: usize, index: u64, now: Time) {
        let waits = self.links[node].waits.get_or_insert(Waits { first: index, last: index, since: now });
        waits.last = waits.last.max(index);
    }

    /// A node wants to read.
    pub(super) fn read(&mut self, from: usize, number: u64, index: u64, now: Time) {
        self.reads_begun += 1;
        self.reads.push_back(Read { from, number, begun: self.reads_begun, index, since: now });
    }

    /// Whether a majority has been the leader's since this read came: the leader, whoever wanted to read, as it said so in
    /// this term, and those who have answered since.
    fn is_confirmed(&self, read: &Read) -> bool {
        let is_sure = |&peer: &usize| peer == read.from || self.links[peer].confirmed >= read.begun;
        1 + self.others().filter(is_sure).count() > self.links.len() / 2
    }

    /// The last read of a node that may be granted when so much is committed there.
    pub(super) fn grantable(&self, node: usize, commit: u64) -> Option<(u64, u64)> {
        let fits = |read: &&Read| read.from == node && read.index <= commit && self.is_confirmed(read);
        self.reads.iter().rfind(fits).map(|read| (read.number, read.index))
    }

    /// A node has been told so much.
    pub(super) fn tell(&mut self, node: usize, commit: u64, granted: Option<(u64, u64)>) {
        let link = &mut self.links[node];
        link.waits = link
            .waits
            .filter(|waits| waits.last > commit)
            .map(|waits| Waits { first: waits.first.max(commit + 1), ..waits });
        if let Some((number, _)) = granted {
            link.granted = number;
            self.reads.retain(|read| read.from != node || read.number > number);
        }
    }

    /// Since when a node's clients have waited for what cannot be told yet, when so much is committed there.
    fn waits_since(&self, node: usize, commit: u64) -> Option<Time> {
        let waits = self.links[node].waits.filter(|waits| waits.last > commit).map(|waits| waits.since);
        let is_open = |read: &&Read| read.from == node && (read.index > commit || !self.is_confirmed(read));
        let read = self.reads.iter().find(is_open).map(|read| read.since);
        waits.into_iter().chain(read).min()
    }

    /// Whether there is news that a node's clients wait for, when so much is committed there.
    pub(super) fn can_answer(&self, node: usize, commit: u64) -> bool {
        let waits = self.links[node].waits;
        waits.is_some_and(|waits| waits.first <= commit) || self.grantable(node, commit).is_some()
    }

    /// Whether the leader's own clients wait for more than has been asked.
    pub(super) fn wants_report(&self, log: &Log, commit: u64) -> bool {
        self.waits_since(self.me, commit).is_some() && self.reached(log).count() < self.links.len() / 2
    }

    /// Those who have answered all that can be asked, or are about to answer.
    fn reached(&self, log: &Log) -> impl Iterator<Item = usize> {
        let last = log.last_index();
        self.others().filter(move |&peer| {
            let link = &self.links[peer];
            link.asked.is_some() || link.matched >= last && link.confirmed >= self.reads_begun
        })
    }

    /// When how many more are to be asked.
    pub(super) fn asks_due(&self, log: &Log, ballot: (u64, u64), round: Duration) -> Option<(Time, usize)> {
        let half = self.links.len() / 2;
        let reached: SmallVec<[usize; 8]> = self.reached(log).collect();
        if reached.len() >= half {
            return None;
        }
        let (mut is_waited_for, mut insider) = (false, None);
        for node in (0..self.links.len()).filter(|&node| self.is_waiting(node)) {
            let Some(since) = self.waits_since(node, self.commit_with(node, log.last_index(), log, ballot))
            else {
                continue;
            };
            is_waited_for = true;
            if node == self.me || reached.contains(&node) {
                insider = insider.into_iter().chain([since]).min();
            }
        }
        let is_small = self.events(log) - self.asked_events < self.batch;
        let round_trip = self.links.iter().filter_map(|link| link.round_trip).min().unwrap_or_default();
        let gap = if is_small { round.max(round_trip * SMALL_BATCH_WAIT) } else { round };
        let next = self.asked_at.map_or(Time::ZERO, |at| at + gap);
        let few = (is_waited_for && reached.len() + 1 < half).then_some((next, half - 1 - reached.len()));
        let all = insider.map(|since| (next.max(since + round), half - reached.len()));
        // Of two at once the larger one comes first: else few would be asked again and again, and all never.
        all.into_iter().chain(few).min_by_key(|(at, _)| *at)
    }

    /// How many entries and reads there have been.
    fn events(&self, log: &Log) -> u64 {
        log.last_index() + self.reads_begun
    }

    /// Somebody has been asked, so that all there is may be settled.
    pub(super) fn note_asks(&mut self, log: &Log, now: Time) {
        let events = self.events(log);
        if events > self.asked_events {
            self.batch = events - self.asked_events;
        }
        (self.asked_at, self.asked_events) = (Some(now), events);
    }

    fn is_waiting(&self, node: usize) -> bool {
        self.links[node].waits.is_some() || self.reads.iter().any(|read| read.from == node)
    }

    /// Whom to ask next: somebody who has answered so far, lacks little, and is not about to be told something anyway.
    pub(super) fn candidate(&self, log: &Log, round: Duration) -> Option<usize> {
        let reached: SmallVec<[usize; 8]> = self.reached(log).collect();
        let nodes = self.links.len();
        self.others().filter(|peer| !reached.contains(peer)).min_by_key(|&peer| {
            let link = &self.links[peer];
            let is_told_anyway = self.is_waiting(peer) && round.is_zero();
            (link.misses, link.is_fed, is_told_anyway, (peer + nodes - self.me) % nodes)
        })
    }

    /// When the majority will have been silent for too long.
    pub(super) fn quorum_ends(&self) -> Option<Time> {
        let half = (self.links.len() / 2).checked_sub(1)?;
        let mut heard: SmallVec<[Time; 8]> =
            self.others().map(|peer| self.links[peer].heard_at.unwrap_or(self.since)).collect();
        let (_, heard, _) = heard.select_nth_unstable_by(half, |one, other| other.cmp(one));
        Some((*heard).max(self.since) + QUORUM_PATIENCE)
    }
}

impl Link {
    /// How long an answer is waited for.
    pub(super) fn patience(&self) -> Duration {
        let usual = self.round_trip.map_or(FIRST_PATIENCE, |round_trip| round_trip * 3);
        (usual.max(MIN_PATIENCE) * (1 << self.misses.min(4))).min(MAX_PATIENCE)
    }

    /// When its silence is to be noticed.
    pub(super) fn patience_ends(&self) -> Option<Time> {
        self.asked.map(|asked| asked.at + self.patience())
    }

    /// It has not answered in time: what it was sent may be lost.
    pub(super) fn miss(&mut self) {
        self.missed = self.asked.take();
        self.misses += 1;
        self.next = self.matched + 1;
    }

    /// It reports after having seen the message of this number.
    pub(super) fn hear(&mut self, now: Time, ack: u64) {
        (self.heard_at, self.misses) = (Some(now), 0);
        let missed = self.missed.take_if(|missed| missed.n <= ack);
        if let Some(asked) = self.asked.take_if(|asked| asked.n <= ack).or(missed) {
            let sample = now.since(asked.at);
            self.round_trip = Some(self.round_trip.map_or(sample, |usual| (usual * 7 + sample) / 8));
            self.confirmed = self.confirmed.max(asked.reads);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figure 8: a majority holds an entry of an older term, but not yet one of the leader's own, so whoever lacks both may
    /// still be elected and cut the first one back.
    #[test]
    fn an_entry_of_an_older_term_is_committed_only_with_one_of_the_leaders_own() {
        let mut log = Log::default();
        for term in [1, 2, 4] {
            log.append((term, 0, 0, protocol::Json::NULL));
        }
        let mut leader = Leader::new(0, 5, &log, Sessions::new(5), Time::ZERO);
        let commit = |leader: &Leader| leader.commit_with(0, 3, &log, (4, 1));
        for peer in [1, 2, 3] {
            leader.links[peer].matched = 2;
        }
        assert_eq!(commit(&leader), 1, "by count alone it would be 2");
        leader.links[1].matched = 3;
        assert_eq!(commit(&leader), 1);
        let with_part = leader.commit_with(2, 2, &log, (4, 1));
        assert_eq!(with_part, 1, "whoever is sent a part of the log holds no more than that");
        leader.links[2].matched = 3;
        assert_eq!(commit(&leader), 3, "its own, and with it all before");
    }
}
