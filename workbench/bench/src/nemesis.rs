//! The nemesis: what goes wrong, when, and to whom (Maelstrom behaviour §8, §17.2).
//!
//! Partitions have a schedule of their own, kills and pauses share another. On each the first fault comes at once; each
//! later operation a uniform 0 to 2 × interval after the one before. Every fault takes turns with its repair: a partition
//! and its healing, a kill of some nodes and a start of all, a pause of some and a resumption of all. Where kills and
//! pauses mix, each turn is one or the other's with the same probability, so that nodes may be paused while others are
//! down.
//!
//! One-way links and latency spikes are not Maelstrom's. Each has a schedule of its own, and draws nothing when it is not
//! asked for.
//!
//! Each fault draws whom it hits, among kinds of choices that are equally likely. With few nodes some of them hit nobody
//! at all, which is Maelstrom's way and ours.

mod grudge;
mod victims;
mod words;

pub use grudge::{Grudge, Target, isolated, one_way};
pub use victims::Victims;
pub use words::words;

use crate::options::Fault;
use edn::Value;
use fastrand::Rng;
use machines::Time;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The schedule of faults.
#[derive(Debug)]
pub struct Nemesis {
    interval: Duration,
    tracks: Vec<Track>,
    rng: Rng,
}

/// Faults that share a schedule.
#[derive(Debug)]
struct Track {
    switches: Vec<Switch>,
    /// None until its first operation, which is due at once.
    next: Option<Time>,
}

/// A fault and whether it is on.
#[derive(Debug)]
struct Switch {
    fault: Fault,
    is_on: bool,
}

/// What the nemesis does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It cuts links, those that [`Target::grudge`] names.
    Cut(Target),
    /// It heals all links.
    Heal,
    /// It kills nodes (`SIGKILL`).
    Kill(Victims),
    /// It starts all nodes that are down, with nothing but their name.
    Start,
    /// It stops nodes in their tracks (`SIGSTOP`).
    Pause(Victims),
    /// It lets all nodes go on (`SIGCONT`).
    Resume,
    /// It cuts some links in one direction, those that [`one_way`] names.
    CutOneWay,
    /// It mends those links. (A partition that cuts some of them as well is mended there too.)
    MendOneWay,
    /// It makes messages to and from nodes take longer.
    Spike(Victims),
    /// It lets messages take as long as usual.
    Calm,
}

/// Which faults share a schedule.
const TRACKS: [&[Fault]; 4] =
    [&[Fault::Partition], &[Fault::Pause, Fault::Kill], &[Fault::OneWayLink], &[Fault::LatencySpike]];
/// A latency spike adds at least and at most so much, in milliseconds.
const SPIKE_MS: RangeInclusive<u64> = 50..=1_000;

impl Nemesis {
    /// A nemesis that has done nothing yet and will do these things.
    pub fn new(faults: &[Fault], interval: Duration, rng: Rng) -> Nemesis {
        let chosen = |fault: &&Fault| faults.contains(fault);
        let switch = |fault: &Fault| Switch { fault: *fault, is_on: false };
        let tracks = TRACKS.iter().map(|members| members.iter().filter(chosen).map(switch).collect());
        let tracks = tracks.filter(|switches: &Vec<Switch>| !switches.is_empty());
        Nemesis { interval, tracks: tracks.map(|switches| Track { switches, next: None }).collect(), rng }
    }

    /// Draws from these from now on.
    pub fn reseed(&mut self, rng: Rng) {
        self.rng = rng;
    }

    /// Whether it will do anything by itself.
    pub fn has_faults(&self) -> bool {
        !self.tracks.is_empty()
    }

    /// When its next action is due; none if that is at once.
    pub fn next(&self) -> Option<Time> {
        self.tracks.iter().map(|track| track.next).min().flatten()
    }

    /// Its next action, taken now.
    pub fn act(&mut self, now: Time) -> Action {
        let earliest = self.next();
        let is_due = |index: &usize| self.tracks[*index].next == earliest;
        let due: Vec<usize> = (0..self.tracks.len()).filter(is_due).collect();
        let track = &mut self.tracks[due[draw(&mut self.rng, due.len())]];
        track.next = Some(now + self.interval.mul_f64(2.0 * self.rng.f64()));
        let count = track.switches.len();
        let switch = &mut track.switches[draw(&mut self.rng, count)];
        switch.is_on = !switch.is_on;
        if !switch.is_on {
            return repair(switch.fault);
        }
        match switch.fault {
            Fault::Partition => Action::Cut(Target::ALL[self.rng.usize(..4)]),
            Fault::Kill => Action::Kill(Victims::ALL[self.rng.usize(..6)]),
            Fault::Pause => Action::Pause(Victims::ALL[self.rng.usize(..6)]),
            Fault::OneWayLink => Action::CutOneWay,
            Fault::LatencySpike => Action::Spike(Victims::ALL[self.rng.usize(..6)]),
        }
    }

    /// What it does in the end, so that nothing is broken any more.
    pub fn repairs(&self) -> Vec<Action> {
        let switches = self.tracks.iter().flat_map(|track| &track.switches);
        switches.map(|switch| repair(switch.fault)).collect()
    }

    /// Whom nobody hears in this partition of `size` nodes.
    pub fn grudge(&mut self, target: Target, size: usize) -> Grudge {
        target.grudge(size, &mut self.rng)
    }

    /// Whom nobody hears over links that work one way only, among `size` nodes.
    pub fn one_way(&mut self, size: usize) -> Grudge {
        one_way(size, &mut self.rng)
    }

    /// How much longer messages take in a spike.
    pub fn spike(&mut self) -> Duration {
        Duration::from_millis(self.rng.u64(SPIKE_MS))
    }

    /// Whom a kill, a pause or a spike hits, of `size` nodes.
    pub fn victims(&mut self, victims: Victims, size: usize) -> Vec<usize> {
        victims.draw(size, &mut self.rng)
    }
}

impl Action {
    /// The operation's name in the history.
    pub fn name(self) -> &'static str {
        match self {
            Action::Cut(_) => "start-partition",
            Action::Heal => "stop-partition",
            Action::Kill(_) => "kill",
            Action::Start => "start",
            Action::Pause(_) => "pause",
            Action::Resume => "resume",
            Action::CutOneWay => "start-one-way-link",
            Action::MendOneWay => "stop-one-way-link",
            Action::Spike(_) => "start-latency-spike",
            Action::Calm => "stop-latency-spike",
        }
    }

    /// The operation's value when it begins.
    pub fn value(self) -> Value {
        match self {
            Action::Cut(target) => Value::keyword(target.name()),
            Action::Heal | Action::CutOneWay | Action::MendOneWay => Value::Nil,
            Action::Kill(victims) | Action::Pause(victims) | Action::Spike(victims) => victims.value(),
            Action::Start | Action::Resume | Action::Calm => Victims::All.value(),
        }
    }
}

/// What undoes a fault.
fn repair(fault: Fault) -> Action {
    match fault {
        Fault::Partition => Action::Heal,
        Fault::Kill => Action::Start,
        Fault::Pause => Action::Resume,
        Fault::OneWayLink => Action::MendOneWay,
        Fault::LatencySpike => Action::Calm,
    }
}

/// One of so many; nothing is drawn where there is no choice, so that a seed means the same partitions ever after.
fn draw(rng: &mut Rng, count: usize) -> usize {
    if count == 1 { 0 } else { rng.usize(..count) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_share_of_starts_that_cut_nothing_depends_on_the_number_of_nodes() {
        for (size, expected) in [(1, 1.0), (2, 0.5), (3, 0.25), (4, 0.0), (5, 0.0), (25, 0.0)] {
            let mut nemesis =
                Nemesis::new(&[Fault::Partition], Duration::from_secs(1), Rng::with_seed(size as u64));
            let idle = (0..4_000).filter(|_| {
                nemesis.tracks[0].switches[0].is_on = false;
                let Action::Cut(target) = nemesis.act(Time::ZERO) else { panic!("a start") };
                nemesis.grudge(target, size).iter().all(BTreeSet::is_empty)
            });
            let share = idle.count() as f64 / 4_000.0;
            assert!((share - expected).abs() < 0.03, "{share} of the starts cut nothing among {size} nodes");
        }
    }

    #[test]
    fn starts_and_stops_take_turns_with_gaps_of_the_interval_on_average() {
        let mut nemesis = Nemesis::new(&[Fault::Partition], Duration::from_secs(10), Rng::with_seed(5));
        assert_eq!(nemesis.next(), None, "the first start is due at once");
        let (mut now, mut longest) = (Time::ZERO, Duration::ZERO);
        for turn in 0..2_000 {
            let action = nemesis.act(now);
            assert_eq!(matches!(action, Action::Cut(_)), turn % 2 == 0);
            let next = nemesis.next().unwrap();
            longest = longest.max(next.since(now));
            now = next;
        }
        let mean = now.as_nanos() as f64 / 2e12;
        assert!((9.6..10.4).contains(&mean), "{mean} s");
        assert!((19.0..20.0).contains(&longest.as_secs_f64()), "{longest:?}");
    }

    /// The first `count` actions, each with its time.
    fn actions(faults: &[Fault], seed: u64, count: usize) -> Vec<(Time, Action)> {
        let mut nemesis = Nemesis::new(faults, Duration::from_secs(10), Rng::with_seed(seed));
        let mut act = || {
            let now = nemesis.next().unwrap_or_default();
            (now, nemesis.act(now))
        };
        std::iter::repeat_with(&mut act).take(count).collect()
    }

    #[test]
    fn every_fault_takes_turns_with_its_repair_whatever_it_is_mixed_with() {
        let all = [Fault::Partition, Fault::Kill, Fault::Pause];
        let actions = actions(&all, 3, 2_000);
        for (fault, undone) in [("start-partition", "stop-partition"), ("kill", "start"), ("pause", "resume")]
        {
            let names = actions.iter().map(|(_, action)| action.name());
            let turns: Vec<&str> = names.filter(|name| [fault, undone].contains(name)).collect();
            assert!(turns.len() > 400, "{fault}: {}", turns.len());
            assert!(
                turns
                    .chunks(2)
                    .all(|pair| pair[0] == fault && pair.get(1).is_none_or(|name| *name == undone))
            );
        }
    }

    #[test]
    fn partitions_have_a_schedule_of_their_own_and_kills_and_pauses_share_one() {
        for (faults, tracks) in [
            (&[Fault::Kill, Fault::Pause][..], 1.0),
            (&[Fault::Partition, Fault::Pause][..], 2.0),
            (&[Fault::Partition, Fault::Kill, Fault::Pause][..], 2.0),
        ] {
            let actions = actions(faults, 4, 4_000);
            let at_once = actions.iter().filter(|(time, _)| *time == Time::ZERO).count();
            assert_eq!(at_once as f64, tracks, "each schedule begins at once");
            let mean_ms = actions.last().unwrap().0.as_nanos() as f64 / 4e9;
            assert!((9_600.0 / tracks..10_400.0 / tracks).contains(&mean_ms), "{mean_ms} ms: {faults:?}");
        }
    }

    #[test]
    fn all_choices_of_victims_are_equally_likely() {
        let actions = actions(&[Fault::Kill], 5, 12_000);
        for choice in Victims::ALL {
            let count = actions.iter().filter(|(_, action)| *action == Action::Kill(choice)).count();
            assert!((900..1_100).contains(&count), "{choice:?}: {count} of 6000");
        }
    }

    #[test]
    fn in_the_end_links_are_healed_then_nodes_resumed_then_started() {
        let repairs = |faults: &[Fault]| Nemesis::new(faults, Duration::ZERO, Rng::with_seed(0)).repairs();
        let all = [Fault::Kill, Fault::Partition, Fault::Pause];
        assert_eq!(repairs(&all), [Action::Heal, Action::Resume, Action::Start]);
        assert_eq!(repairs(&[Fault::Kill]), [Action::Start]);
    }
}
