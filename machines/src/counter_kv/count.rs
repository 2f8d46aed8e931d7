//! Counting: the sum of all keys, none of it older than the reads that ask for it.

use alloc::string::String;
use alloc::vec::Vec;

use protocol::counter::Reply;
use protocol::{Code, Json};

use super::value::{Value, mark_key, sum_key};
use super::{Call, MAX_WAITING, REST, STORE};
use crate::service::Failure;
use crate::{Cluster, Context, Ticket, Time};

/// See the documentation of [`super`].
#[derive(Clone, Debug)]
pub(super) struct Count {
    mark_key: String,
    life: u64,
    /// Marks made in this life.
    marks: u64,
    /// Clients that wait for the next count.
    waiting: Vec<Ticket>,
    /// Clients that wait for the count under way. None: there is none.
    served: Vec<Ticket>,
    stage: Stage,
    /// When to ask again for what could not be had.
    retry_at: Option<Time>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The mark is not known to be made.
    Marking,
    /// What is known adds up to `sum`. So many keys are `missing`; of those, calls about the `failed` have failed.
    Reading { sum: i128, missing: usize, failed: Vec<usize> },
}

impl Count {
    pub(super) fn new(cluster: &Cluster, life: u64) -> Count {
        Count {
            mark_key: mark_key(cluster.name(cluster.me())),
            life,
            marks: 0,
            waiting: Vec::new(),
            served: Vec::new(),
            stage: Stage::Marking,
            retry_at: None,
        }
    }

    /// How many clients wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.served.len()
    }

    /// Takes a `read`, to be answered by a count that begins after it.
    pub(super) fn read(&mut self, context: &mut Context<'_, Call>, ticket: Ticket) {
        if self.waiting() >= MAX_WAITING {
            let text = "too many wait for this node to read the counter";
            return context.refuse(ticket, Code::TemporarilyUnavailable, text);
        }
        self.waiting.push(ticket);
        self.begin(context);
    }

    /// A mark has come to its end.
    pub(super) fn on_mark(&mut self, context: &mut Context<'_, Call>, marked: Result<(), Failure>) {
        if marked.is_err() {
            return self.rest(context);
        }
        let all = (0..context.cluster.size()).collect();
        self.stage = Stage::Reading { sum: 0, missing: context.cluster.size(), failed: all };
        self.go_on(context);
    }

    /// What the node at `position` has saved.
    pub(super) fn on_total(
        &mut self,
        context: &mut Context<'_, Call>,
        position: usize,
        found: Result<Json<'_>, Failure>,
    ) {
        let Stage::Reading { sum, missing, failed } = &mut self.stage else { return };
        let total = match found {
            Ok(json) => Value::read(json).map(|value| value.total),
            Err(Failure::KeyMissing) => Some(0),
            Err(_) => None,
        };
        let Some(total) = total else {
            failed.push(position);
            return self.rest(context);
        };
        // Only the totals of a hundred thousand nodes at their limit come to more than there is room for.
        *sum = sum.saturating_add(total);
        *missing -= 1;
        if *missing == 0 {
            let answer = Reply::ReadOk { value: *sum };
            self.served.drain(..).for_each(|ticket| context.reply(ticket, &answer));
            self.begin(context);
        }
    }

    /// Asks again, if it is time to.
    pub(super) fn on_tick(&mut self, context: &mut Context<'_, Call>) {
        if self.retry_at.take_if(|retry_at| *retry_at <= context.now).is_some() {
            self.go_on(context);
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.retry_at
    }

    /// Begins a count, if somebody waits for one and none is under way.
    fn begin(&mut self, context: &mut Context<'_, Call>) {
        if self.served.is_empty() && !self.waiting.is_empty() {
            core::mem::swap(&mut self.served, &mut self.waiting);
            self.stage = Stage::Marking;
            self.go_on(context);
        }
    }

    /// Asks for what is neither known nor asked for.
    fn go_on(&mut self, context: &mut Context<'_, Call>) {
        let Stage::Reading { failed, .. } = &mut self.stage else { return self.mark(context) };
        let mut to_ask = core::mem::take(failed);
        to_ask.retain(|&position| {
            let key = sum_key(context.cluster.name(position));
            STORE.read(context, Json::trusted(&key), Call::Read(position)).is_err()
        });
        if !to_ask.is_empty() {
            *failed = to_ask;
            self.rest(context);
        }
    }

    fn mark(&mut self, context: &mut Context<'_, Call>) {
        self.marks += 1;
        let mark = alloc::format!("[{},{}]", self.life, self.marks);
        if STORE.write(context, Json::trusted(&self.mark_key), Json::trusted(&mark), Call::Mark).is_err() {
            self.rest(context);
        }
    }

    fn rest(&mut self, context: &Context<'_, Call>) {
        self.retry_at.get_or_insert(context.now + REST);
    }
}
