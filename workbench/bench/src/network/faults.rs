//! What goes wrong on the way between two nodes, beyond partitions: loss, duplication, messages held up.
//!
//! Maelstrom's network loses, repeats and reorders nothing; all of this is off by default. A fault is data here, so that
//! a new one is a new field and a line in [`Faults::fate`].

use crate::options::Hazards;
use fastrand::Rng;
use std::time::Duration;

/// What may happen to each message that crosses from one node to another. Messages of clients, those that a node sends to
/// itself and, if nothing else is asked for, those of services are spared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Probability that a message vanishes.
    pub loss: f64,
    /// Probability that a message arrives twice, each copy with its own latency.
    pub duplication: f64,
    /// Probability that a message, or a copy of it, is held up before it joins the recipient's queue. As the recipient
    /// does not see it until then, later messages overtake it: this is what reorders.
    pub delay: f64,
    /// The longest that a message is held up; the time is uniform from 0 up to this.
    pub longest_delay: Duration,
    /// Whether messages between nodes and services suffer too.
    pub reach_services: bool,
}

/// Messages of a run that are held up are held up for at most this long: long enough to be overtaken by the traffic of a
/// round, and short beside the time that a client waits.
const LONGEST_DELAY: Duration = Duration::from_millis(300);

/// What becomes of one message: how long each copy of it is held up. No copy: it is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) copies: [Option<Duration>; 2],
}

impl Faults {
    /// The fate of the next message between two nodes. Draws nothing for faults that are off, so that a seed means the
    /// same run with and without them.
    pub(super) fn fate(&self, rng: &mut Rng) -> Fate {
        if happens(self.loss, rng) {
            return Fate { copies: [None, None] };
        }
        let twice = happens(self.duplication, rng);
        Fate { copies: [Some(self.hold_up(rng)), twice.then(|| self.hold_up(rng))] }
    }

    fn hold_up(&self, rng: &mut Rng) -> Duration {
        if happens(self.delay, rng) { self.longest_delay.mul_f64(rng.f64()) } else { Duration::ZERO }
    }
}

impl From<&Hazards> for Faults {
    fn from(hazards: &Hazards) -> Faults {
        Faults {
            loss: hazards.loss,
            duplication: hazards.duplication,
            delay: hazards.reordering,
            longest_delay: LONGEST_DELAY,
            reach_services: hazards.reach_services,
        }
    }
}

impl Fate {
    /// A message that nothing happens to.
    pub(super) const UNHARMED: Fate = Fate { copies: [Some(Duration::ZERO), None] };

    /// The same, but for being held up longer by so much.
    pub(super) fn after(self, lag: Duration) -> Fate {
        Fate { copies: self.copies.map(|copy| copy.map(|hold_up| hold_up + lag)) }
    }
}

fn happens(probability: f64, rng: &mut Rng) -> bool {
    probability > 0.0 && rng.f64() < probability
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_faults_nothing_happens_and_nothing_is_drawn() {
        let (mut rng, untouched) = (Rng::with_seed(3), Rng::with_seed(3));
        assert_eq!(Faults::default().fate(&mut rng), Fate::UNHARMED);
        assert_eq!(rng.get_seed(), untouched.get_seed());
    }

    #[test]
    fn each_fault_happens_as_often_as_asked_for() {
        let faults = Faults {
            loss: 0.2,
            duplication: 0.5,
            delay: 0.25,
            longest_delay: Duration::from_millis(40),
            ..Faults::default()
        };
        let mut rng = Rng::with_seed(11);
        let fates: Vec<Fate> = (0..10_000).map(|_| faults.fate(&mut rng)).collect();
        let lost = fates.iter().filter(|fate| fate.copies == [None, None]).count();
        let twice = fates.iter().filter(|fate| fate.copies[1].is_some()).count();
        let late: Vec<_> =
            fates.iter().filter_map(|fate| fate.copies[0]).filter(|held| !held.is_zero()).collect();
        assert!((1_850..2_150).contains(&lost), "{lost} lost");
        assert!((3_800..4_200).contains(&twice), "{twice} duplicated");
        assert!((1_850..2_150).contains(&late.len()), "{} held up", late.len());
        assert!(late.iter().all(|held| *held < faults.longest_delay));
    }
}
