//! Rounds: when a node speaks, and how it finds out when it should.
//!
//! A node does not react to updates; it speaks once a round of fixed length, with all that has come up since. How long
//! a value takes then hangs on how the rounds of neighbours lie to each other: a message that reaches a node just after
//! its round waits for a whole one. No clock is shared, so a child cannot know when its parent's round is. But the
//! parent knows how long the child's message waited, and says so with its next acknowledgement; the child, who knows
//! when it sent that message, shifts its own round by the difference, until its messages come a few milliseconds early.
//!
//! A child that has not been told yet speaks soon after it has something to say: its first messages cost more, but no
//! value waits for two rounds. If the parent's round is far, the parent answers the first of them at once: that costs one
//! message and saves those that the child would send until the round. If it is near, the round itself will tell.

use core::time::Duration;

use crate::Time;

/// A round is not shorter, or a node would be at it all the time, and not longer, so that a few of them fit into a
/// [`Time`].
const MIN_LENGTH: Duration = Duration::from_millis(1);
const MAX_LENGTH: Duration = Duration::from_secs(86_400);

/// A node's rounds: moments that lie `length` apart.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    length: Duration,
    /// Any one of the moments.
    anchor: Time,
    aligned: bool,
    /// How far they have been moved to lead others.
    ahead: Duration,
}

impl Rounds {
    /// Rounds that begin now. Only the root's need no alignment: the others go by them.
    pub(crate) fn new(length: Duration, now: Time, is_root: bool) -> Self {
        Rounds {
            length: length.clamp(MIN_LENGTH, MAX_LENGTH),
            anchor: now,
            aligned: is_root,
            ahead: Duration::ZERO,
        }
    }

    /// From now on others go by these rounds, as they did by those of the parent that is gone, a latency away: they are
    /// put where its were.
    pub(crate) fn lead(&mut self, latency: Duration) {
        let ahead = latency + self.margin();
        self.anchor += ahead;
        (self.aligned, self.ahead) = (true, ahead);
    }

    /// From now on these rounds go by a parent's again.
    pub(crate) fn follow(&mut self) {
        let back = self.length.as_nanos() as u64
            - core::mem::take(&mut self.ahead).as_nanos() as u64 % self.length.as_nanos() as u64;
        self.anchor += Duration::from_nanos(back);
    }

    /// Time between two rounds.
    pub(crate) fn length(&self) -> Duration {
        self.length
    }

    /// Whether the parent's rounds are known.
    pub(crate) fn aligned(&self) -> bool {
        self.aligned
    }

    /// The first round after `time`.
    pub(crate) fn after(&self, time: Time) -> Time {
        let length = self.length.as_nanos() as u64;
        let into_round = (time.as_nanos() % length + length - self.anchor.as_nanos() % length) % length;
        time + Duration::from_nanos(length - into_round)
    }

    /// Whether most of the round is still to come.
    pub(crate) fn is_far(&self, now: Time) -> bool {
        self.after(now).since(now) > self.length * 3 / 4
    }

    /// The message that was sent at `sent` waited at the parent, for its round, for `wait`.
    ///
    /// The first such news is taken at its word. Later ones move the rounds by all of the error if messages came too
    /// late, which costs whole rounds, and by a quarter of it if they came too early, which costs little and may be
    /// chance.
    pub(crate) fn align(&mut self, sent: Time, wait: Duration) {
        // Only where in a round it leads to matters, so a wait of many rounds, if there were one, cannot lead far away.
        let wait = Duration::from_nanos((wait.as_nanos() % self.length.as_nanos()) as u64);
        let ideal = sent + wait + self.length - self.margin();
        if !self.aligned {
            self.aligned = true;
            self.anchor = ideal;
            return;
        }
        let length = self.length;
        let late_by = self.after(ideal).since(ideal);
        let early_by = length - late_by;
        if late_by <= length / 2 {
            self.anchor = self.anchor + length - late_by;
        } else {
            self.anchor += early_by / 4;
        }
    }

    /// How early a message should be: more than the jitter of a busy machine, little beside a round.
    fn margin(&self) -> Duration {
        self.length / 40
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: Duration = Duration::from_millis(400);

    #[test]
    fn rounds_are_a_length_apart_and_strictly_later() {
        let rounds = Rounds::new(ROUND, Time::from_millis(1030), true);
        assert_eq!(rounds.after(Time::from_millis(0)), Time::from_millis(230));
        assert_eq!(rounds.after(Time::from_millis(229)), Time::from_millis(230));
        assert_eq!(rounds.after(Time::from_millis(230)), Time::from_millis(630));
    }

    /// A parent whose rounds are at 0, 400, … in the child's time, behind a link of 100 ms.
    fn wait_at_parent(sent: Time) -> Duration {
        let arrival = sent + Duration::from_millis(100);
        Rounds::new(ROUND, Time::ZERO, true).after(arrival).since(arrival)
    }

    #[test]
    fn the_first_answer_aligns_at_once_to_a_few_milliseconds_before_the_parents_round() {
        for start_ms in [0, 77, 299, 301, 399] {
            let sent = Time::from_millis(start_ms);
            let mut rounds = Rounds::new(ROUND, sent, false);
            rounds.align(sent, wait_at_parent(sent));
            assert_eq!(wait_at_parent(rounds.after(sent)), Duration::from_millis(10));
        }
    }

    #[test]
    fn a_late_message_moves_the_rounds_at_once_and_an_early_one_bit_by_bit() {
        let mut rounds = Rounds::new(ROUND, Time::from_millis(303), false);
        rounds.aligned = true;
        rounds.align(Time::from_millis(303), wait_at_parent(Time::from_millis(303)));
        assert_eq!(rounds.after(Time::from_millis(400)), Time::from_millis(690));
        let mut rounds = Rounds::new(ROUND, Time::from_millis(250), false);
        rounds.aligned = true;
        rounds.align(Time::from_millis(250), wait_at_parent(Time::from_millis(250)));
        assert_eq!(rounds.after(Time::from_millis(400)), Time::from_millis(660));
    }
}
