//! A node's own key: what it holds, what is to be saved there, and who waits for that.

use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;

use protocol::counter::Reply;
use protocol::{Code, Json};

use super::value::{Value, is_sound, sum_key};
use super::{Call, MAX_WAITING, REST, STORE};
use crate::service::Failure;
use crate::{Cluster, Context, Ticket, Time};

/// See the documentation of [`super`].
#[derive(Clone, Debug)]
pub(super) struct OwnKey {
    key: String,
    life: u64,
    /// What the key was last known to hold; nothing, if there is no such key.
    held: Option<Value>,
    /// The sum of all that was taken, saved or not.
    total: i128,
    /// Attempts to save in this life.
    saves: u64,
    stage: Stage,
    /// Clients whose adds are not known to be saved, each with the first attempt that includes its `add`. Ascending.
    waiting: VecDeque<(Ticket, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What the key holds is not known, and will be looked at then.
    Unknown { look_at: Time },
    /// It is being looked at.
    Looking,
    /// It holds what it was last known to hold, as far as this node can tell.
    Known,
    /// A save is in flight.
    Saving,
}

impl OwnKey {
    /// Nothing is known yet: the node may have lived before.
    pub(super) fn new(cluster: &Cluster, life: u64, now: Time) -> OwnKey {
        OwnKey {
            key: sum_key(cluster.name(cluster.me())),
            life,
            held: None,
            total: 0,
            saves: 0,
            stage: Stage::Unknown { look_at: now },
            waiting: VecDeque::new(),
        }
    }

    /// Takes an `add`, to be answered when it is saved.
    pub(super) fn add(&mut self, context: &mut Context<'_, Call>, ticket: Ticket, delta: i64) {
        if self.waiting.len() >= MAX_WAITING {
            let text = "too many wait for this node to save what it counts";
            return context.refuse(ticket, Code::TemporarilyUnavailable, text);
        }
        let total = self.total + i128::from(delta);
        if !is_sound(total) {
            // Going on without the excess would be a wrong sum for good, and a wrong sum is worse than none.
            let text = "this node has counted as far as it can: the total would pass 2^109";
            return context.refuse(ticket, Code::Abort, text);
        }
        self.total = total;
        self.waiting.push_back((ticket, self.saves + 1));
        self.save(context);
    }

    /// A save has come to its end.
    pub(super) fn on_save(
        &mut self,
        context: &mut Context<'_, Call>,
        value: Value,
        saved: Result<(), Failure>,
    ) {
        // Even a definite refusal proves nothing: it may be about a duplicate of a request that was carried out.
        if saved.is_err() {
            return self.rest(context);
        }
        self.learn(context, Some(value));
        self.save(context);
    }

    /// A look has come to its end.
    pub(super) fn on_look(&mut self, context: &mut Context<'_, Call>, found: Result<Json<'_>, Failure>) {
        let found = match found {
            Ok(json) => Value::read(json).map(Some),
            Err(Failure::KeyMissing) => Some(None),
            Err(_) => None,
        };
        match found {
            Some(found) => {
                self.learn(context, found);
                self.save(context);
            }
            None => self.rest(context),
        }
    }

    /// Looks, if it is time to.
    pub(super) fn on_tick(&mut self, context: &mut Context<'_, Call>) {
        if self.deadline().is_none_or(|deadline| deadline > context.now) {
            return;
        }
        self.stage = Stage::Looking;
        if STORE.read(context, Json::trusted(&self.key), Call::Look).is_err() {
            self.rest(context);
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match self.stage {
            // Before anybody asks anything the store need not even be there.
            Stage::Unknown { look_at } if !self.waiting.is_empty() => Some(look_at),
            _ => None,
        }
    }

    /// How many clients wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What was taken and what of that is saved, as far as this life knows.
    pub(super) fn tell(&self, words: &mut dyn fmt::Write) -> fmt::Result {
        let saved = self.held.map_or(0, |held| held.total);
        write!(words, "took {}, saved {saved}", self.total)
    }

    /// The key held this, at some time since it held what it was last known to hold; or before, in which case that stays.
    fn learn(&mut self, context: &mut Context<'_, Call>, found: Option<Value>) {
        self.stage = Stage::Known;
        let is_own = |value: &Value| value.life == self.life;
        match (found, self.held) {
            (Some(found), held) if is_own(&found) => {
                if held.filter(is_own).is_none_or(|held| held.save < found.save) {
                    self.held = Some(found);
                }
                self.acknowledge(context, found.save);
            }
            // Once this life has saved no former life can: what shows another state shows the past.
            (_, Some(held)) if is_own(&held) => {}
            (None, _) => {}
            (Some(found), held) => {
                // Nothing of this life is in there: it goes on top.
                self.total += found.total - held.map_or(0, |held| held.total);
                self.held = Some(found);
            }
        }
    }

    /// Saves what is not saved, if nothing is in flight.
    fn save(&mut self, context: &mut Context<'_, Call>) {
        if self.stage != Stage::Known || self.waiting.is_empty() {
            return;
        }
        self.saves += 1;
        let value = Value { total: self.total, life: self.life, save: self.saves };
        let (expected, wanted) = (self.held.map(Value::write), value.write());
        let expected = expected.as_deref().map(Json::trusted);
        let key = Json::trusted(&self.key);
        self.stage = Stage::Saving;
        if STORE.compare_and_set(context, key, expected, Json::trusted(&wanted), Call::Save(value)).is_err() {
            self.rest(context);
        }
    }

    /// All that the attempt of this number includes is saved.
    fn acknowledge(&mut self, context: &mut Context<'_, Call>, save: u64) {
        let saved = self.waiting.partition_point(|(_, first)| *first <= save);
        for (ticket, _) in self.waiting.drain(..saved) {
            context.reply(ticket, &Reply::AddOk {});
        }
    }

    fn rest(&mut self, context: &Context<'_, Call>) {
        self.stage = Stage::Unknown { look_at: context.now + REST };
    }
}
