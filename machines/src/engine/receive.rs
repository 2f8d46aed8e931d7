//! Listening: taking a message apart.

use core::mem;
use core::time::Duration;

use protocol::List;
use protocol::gossip::{Count, Gossip, Run};
use smallvec::SmallVec;

use super::place::Place;
use super::speak::Purpose;
use super::vector::{MAX_ORIGINS, Source, Vector};
use super::{Engine, Origin, Replicated};
use crate::Context;

/// No origin makes more updates than this; a peer that says so is lying.
const MAX_NUMBER: u64 = 1 << 53;

/// What became of a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delta {
    /// There was none.
    Absent,
    /// It was here before.
    Old,
    /// It does not follow on what is held, or makes no sense.
    Unfit,
    /// It must wait for what others say of themselves.
    PutOff,
    /// It was taken, and had nothing that was not here.
    Taken,
    /// It was taken and had news.
    News,
}

/// What else a message calls for.
#[derive(Clone, Copy, Debug)]
struct Call {
    /// An answer at once, to the request of this number.
    ask: Option<u64>,
    /// The peer's stream to begin anew.
    again: bool,
    /// What the peer lacks to be sent at once, now that it is known.
    shows_lack: bool,
    /// The sender has brought updates.
    brings_runs: bool,
}

/// A run that has been read, but not taken yet.
pub(super) struct ReadRun<'a, D: Replicated> {
    node: u32,
    incarnation: u64,
    first: u64,
    last: u64,
    updates: D::Run<'a>,
}

impl<D: Replicated> Engine<D> {
    /// Takes what the node at `from` says.
    pub fn on_gossip<C>(&mut self, context: &mut Context<'_, C>, from: usize, gossip: Gossip<'_>) {
        let Gossip::Gossip {
            me,
            you,
            n,
            ack,
            held_ms,
            wait_ms,
            vector,
            own,
            ask,
            answer,
            again,
            under,
            lost,
            settled,
            runs,
        } = gossip;
        let now = context.now;
        let round = self.rounds.length();
        let link = self.links.entry(from).or_default();
        let was_out_of_reach = link.is_out_of_reach();
        let had_missed = link.has_missed();
        if !link.hear(me, answer.filter(|_| you == Some(self.life))) {
            return self.challenge(context, from, me, ask);
        }
        let place = Place::read(under, from, self.overlay.size());
        link.hear_own(now, own, had_missed || link.place != place);
        self.tree.has_changed |= link.place != place;
        let former = mem::replace(&mut link.place, place);
        let is_mistaken = you.is_some_and(|you| you != self.life);
        if is_mistaken {
            // Whatever this life has told the peer, the peer has forgotten, or will when it hears of this life.
            link.restart();
        }
        if you == Some(self.life) {
            link.knows_me = true;
            let held = held_ms.map(Duration::from_millis);
            let sent = ack.and_then(|number| link.acknowledge(now, number, held, round));
            if let Some(number) = answer {
                link.answer(now, number, round);
            }
            if let (Some(sent), Some(wait_ms), true) = (sent, wait_ms, self.tree.parent == Some(from)) {
                self.rounds.align(sent, Duration::from_millis(wait_ms));
            }
        }
        let is_regained = was_out_of_reach && !link.is_out_of_reach();
        self.tree.has_changed |= is_regained;
        let brings_runs = runs.is_some();
        let has_met_others = runs.iter().flat_map(|runs| runs.iter()).any(|run| run.0 as usize != from);
        let delta = match n {
            Some(number) => {
                let runs = runs.as_deref().unwrap_or_default();
                // What follows on a delta for a former life may leave out what that life told the sender.
                let may_follow = !is_mistaken;
                self.take_delta(context, from, (number, may_follow), vector.as_ref(), runs)
            }
            None => Delta::Absent,
        };
        self.learn_vector(from, vector.as_ref(), again.is_some());
        if let Some(number) = answer.filter(|_| you == Some(self.life)) {
            self.hearsay.hear_answer(from, number, own);
        }
        if delta == Delta::News {
            self.note_news(now, Some(from));
        }
        if matches!(delta, Delta::News | Delta::Taken)
            && let Some(settled) = settled
        {
            self.take_settled(now, from, &settled);
        }
        // Even if it brought nothing: what was recovered has waited for a peer to report it to.
        self.review_settled(now);
        // What a plain delta's vector shows can wait for the round, if that is not far.
        let shows_lack = is_regained || answer.is_some() || vector.is_some() && self.rounds.is_far(now);
        let mut call = Call { ask, again: again.is_some(), shows_lack, brings_runs };
        let link = &self.links[&from];
        let is_child = self.is_child(from, link);
        let has_come = is_child && former != link.place;
        call.shows_lack |= has_come;
        match self.overlay.parent(from) == Some(self.me) {
            true if is_child && is_regained => self.hear_back(context, has_come || has_met_others),
            false if has_come => self.hear_found(context, from),
            _ => {}
        }
        self.hear_of_tree(context, from, (ask.is_some(), n.is_some()), lost.as_deref().unwrap_or_default());
        self.respond(context, from, delta, call);
        self.review_hearsay(context);
        self.tell_place(context);
    }

    /// Says what cannot wait for a round.
    fn respond<C>(&mut self, context: &mut Context<'_, C>, from: usize, delta: Delta, call: Call) {
        let Some(link) = self.links.get_mut(&from) else { return };
        if call.again {
            link.restart();
        }
        let complain = delta == Delta::Unfit && link.complain();
        let link = &self.links[&from];
        let is_behind = self.is_behind(from);
        let behind_since = link.behind_since.or(self.is_in_use(from, link).then_some(context.now));
        self.links.entry(from).and_modify(|link| link.behind_since = behind_since.filter(|_| is_behind));
        if complain {
            self.speak(context, from, Purpose::Complain(call.ask));
        } else if let Some(number) = call.ask {
            self.speak(context, from, Purpose::Answer(number));
        } else if is_behind && (call.again || call.shows_lack) {
            self.speak(context, from, Purpose::News);
        }
        // Whatever was waited for from above has come; and what a stranger brings has been under way for long.
        let is_from_above = self.tree.parent == Some(from);
        let has_come = call.brings_runs && is_from_above && delta == Delta::Taken;
        if has_come || delta == Delta::News && !self.is_child(from, &self.links[&from]) {
            self.pass_on(context, is_from_above);
        }
    }

    /// Takes a delta whole, or not at all.
    fn take_delta<C>(
        &mut self,
        context: &mut Context<'_, C>,
        from: usize,
        (number, may_follow): (u64, bool),
        vector: Option<&List<Count>>,
        runs: &[Run<'_>],
    ) -> Delta {
        let Some(link) = self.links.get_mut(&from) else { return Delta::Unfit };
        if link.is_old(number) {
            link.owes_since.get_or_insert(context.now);
            return Delta::Old;
        }
        let is_next = may_follow && link.is_next(number);
        let Some(read) = self.read_runs(from, runs) else { return Delta::Unfit };
        let follows = match vector {
            Some(vector) => self.holds_base(from, vector, &read),
            None => is_next,
        };
        let is_gapless = read.iter().all(|run| self.is_gapless(run));
        if !follows || !is_gapless {
            return Delta::Unfit;
        }
        if self.puts_off(context.now, from, &read) {
            return Delta::PutOff;
        }
        self.make_room(runs.iter().map(|(.., payload)| payload.as_str().len()).sum());
        let mut has_news = false;
        for run in read {
            let last = run.last;
            // Those before it may have taken the last room.
            if !self.concerns(from, (run.node, run.incarnation, last)) {
                continue;
            }
            let source = self.source(from, run.node);
            let (position, is_news) = self.take_run(run, source);
            has_news |= is_news;
            self.links.entry(from).and_modify(|link| link.learn(position, last));
        }
        self.links.entry(from).and_modify(|link| link.accept(context.now, number));
        if has_news { Delta::News } else { Delta::Taken }
    }

    /// Takes what is new of a run that follows on what is held. Returns its origin's position, and whether anything was.
    pub(super) fn take_run(&mut self, run: ReadRun<'_, D>, source: Source) -> (usize, bool) {
        let ReadRun { node, incarnation, first, last, updates } = run;
        let (position, forgotten) = self.origins.enter(node, incarnation, source);
        if let Some(forgotten) = forgotten {
            self.laid_by.raise(forgotten, self.held.forget(forgotten));
            let Engine { recorded, settled, stable, cuts, .. } = self;
            [recorded, settled, stable]
                .into_iter()
                .chain(cuts)
                .for_each(|vector| _ = vector.forget(forgotten));
        }
        // Its node may have insisted on it.
        self.held.raise(position, self.laid_by.forget(position));
        let held = self.held.get(position);
        let is_news = last > held;
        if is_news {
            self.data.take_run(Origin { position, node, incarnation }, held + 1 - first, updates);
            self.held.raise(position, last);
            self.unsettled.push(position);
        }
        (position, is_news)
    }

    /// Whether a run leaves out nothing that is not held.
    pub(super) fn is_gapless(&self, run: &ReadRun<'_, D>) -> bool {
        run.first <= self.count_held(run.node, run.incarnation) + 1
    }

    /// Reads all runs of a delta before any is taken, in order of their origins, without those that do not concern this
    /// replica; `None` if one makes no sense.
    fn read_runs<'a>(&self, from: usize, runs: &[Run<'a>]) -> Option<SmallVec<[ReadRun<'a, D>; 8]>> {
        let mut read: SmallVec<[ReadRun<'a, D>; 8]> = SmallVec::new();
        // More runs than there can be origins are not worth the memory of reading them.
        let runs = runs.get(..MAX_ORIGINS.min(runs.len())).filter(|some| some.len() == runs.len())?;
        for &run in runs {
            let run = ReadRun::read(run)?;
            if self.concerns(from, (run.node, run.incarnation, run.last)) {
                read.push(run);
            }
        }
        read.sort_by_key(ReadRun::origin);
        let is_once_each = read.windows(2).all(|pair| pair[0].origin() != pair[1].origin());
        is_once_each.then_some(read)
    }

    /// Whether to mind what the node at `from` says of an origin: not if there is no room for that, and not if it claims
    /// to know more of this replica's own updates than this replica, who alone makes them, or has done so of a neighbour.
    fn concerns(&self, from: usize, (node, incarnation, count): Count) -> bool {
        let origin = (node, incarnation);
        let is_known_better = self.origins.get(0) == origin || self.hearsay.is_false(from, origin);
        (!is_known_better || count <= self.count_held(node, incarnation))
            && self.origins.admits(node, incarnation, self.source(from, node))
    }

    /// What the peer at `from` is for a node's words. That goes by the overlay, wherever nodes stand now: what was of no
    /// concern when the peer said it, it takes for known.
    fn source(&self, from: usize, node: u32) -> Source {
        let node = node as usize;
        let is_on_the_way = self.overlay.parent(self.me) == Some(from)
            || node < self.overlay.size() && self.overlay.ancestors(node).any(|above| above == from);
        match is_on_the_way {
            _ if node == from => Source::Itself,
            true => Source::Way,
            false => Source::Hearsay,
        }
    }

    /// Whether this replica holds what the sender of `vector` holds, but for `runs`.
    fn holds_base(&self, from: usize, vector: &[Count], runs: &[ReadRun<'_, D>]) -> bool {
        vector.iter().filter(|&&entry| self.concerns(from, entry)).all(|&(node, incarnation, count)| {
            let run = runs.binary_search_by_key(&(node, incarnation), ReadRun::origin);
            self.count_held(node, incarnation) >= run.map_or(count, |run| runs[run].first - 1)
        })
    }

    pub(super) fn count_held(&self, node: u32, incarnation: u64) -> u64 {
        self.origins.find(node, incarnation).map_or(0, |position| self.held.get(position))
    }

    /// The peer holds all that its vector says. If nothing is on its way there, it holds nothing else, whatever had been
    /// guessed. What this replica has nothing of need not be known: there is nothing of it to send.
    ///
    /// A complaint says that it holds no more than that, though it took the deltas that brought it: it has forgotten an
    /// incarnation, or would not hear of it.
    fn learn_vector(&mut self, from: usize, vector: Option<&List<Count>>, is_complaint: bool) {
        let (Some(link), Some(vector)) = (self.links.get_mut(&from), vector) else { return };
        if is_complaint {
            link.known = Vector::default();
        }
        for &(node, incarnation, count) in vector.iter() {
            if let Some(origin) = self.origins.find(node, incarnation) {
                link.learn(origin, count);
            }
        }
        link.drop_guess();
    }
}

impl<'a, D: Replicated> ReadRun<'a, D> {
    /// Reads a run; `None` if it makes no sense.
    pub(super) fn read((node, incarnation, first, last, payload): Run<'a>) -> Option<Self> {
        let count = last.checked_sub(first)?.checked_add(1)?;
        let is_sound = first > 0 && last <= MAX_NUMBER;
        let updates = D::read_run(count, payload).filter(|_| is_sound)?;
        Some(ReadRun { node, incarnation, first, last, updates })
    }

    pub(super) fn origin(&self) -> (u32, u64) {
        (self.node, self.incarnation)
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }
}
