//! Fly.io's challenges (§15), and a few runs beyond them: the flags that are published, the program that solves each, what
//! its figures have to stay below, and what we want of ourselves.
//!
//! This is the one place where they are: `workbench demo` runs them, and each recipe `just test-…` is a `demo` of some.

mod table;

use judge::figures::{Figure, Threshold};

pub use table::CHALLENGES;

/// One run of one challenge. Challenges that are several runs have several of these, under one name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Challenge {
    /// Its number; what is beyond the challenges has a word after it, or instead.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub about: &'static str,
    /// The workload.
    pub workload: &'static str,
    /// Our program for it.
    pub program: &'static str,
    /// The words after `--`, which the program gets.
    pub arguments: &'static [&'static str],
    /// All other flags, as a shell reads them.
    pub flags: &'static str,
    /// What the challenge demands of the figures, in the order of [`Figure::ALL`].
    pub demanded: [Option<f64>; 3],
    /// What we want of ourselves.
    pub target: [Option<f64>; 3],
}

impl Challenge {
    /// Whether Fly.io set it; the others are beyond what is asked.
    pub fn is_set(&self) -> bool {
        self.name.len() <= 2
    }

    /// The words of its flags.
    pub fn words(&self) -> Vec<String> {
        shell_words::split(self.flags).expect("every quotation in the table ends")
    }

    /// What the challenge itself holds its figures to.
    pub fn limits(&self) -> Vec<Threshold> {
        let limits = self.thresholds().into_iter().filter(|threshold| threshold.demanded.is_some());
        limits.map(|threshold| Threshold { target: None, ..threshold }).collect()
    }

    /// What our own program for it is held to: the limits, and our targets.
    pub fn thresholds(&self) -> Vec<Threshold> {
        let wanted = self.demanded.into_iter().zip(self.target);
        let thresholds = Figure::ALL.into_iter().zip(wanted);
        let thresholds =
            thresholds.map(|(figure, (demanded, target))| Threshold { figure, demanded, target });
        thresholds.filter(|threshold| threshold.demanded.or(threshold.target).is_some()).collect()
    }
}

/// What a challenge asks, in a sentence.
pub fn asks(name: &str) -> &'static str {
    match name {
        "1" => "Echo: say back what you are told.",
        "2" => "Unique ids: three nodes hand out ids, none twice, also while they cannot reach each other.",
        "3a" => "Broadcast, one node: remember the numbers you are told, and say all of them when asked.",
        "3b" => "Broadcast, five nodes: numbers told to one node show up at all of them.",
        "3c" => "Broadcast under partitions: messages are dropped now and then; no number may be lost.",
        "3d" => "Broadcast, 25 nodes, 100 ms apart: few messages, and quickly.",
        "3e" => "Broadcast, the same load: fewer messages still; it may take longer.",
        "4" => {
            "Counter: three nodes keep a sum, under partitions; the last reads must be exact. seq-kv may be used."
        }
        "5a" => "Log, one node: append to logs, give offsets, poll from an offset, commit.",
        "5b" => "Log, two nodes: the same. lin-kv may be used.",
        "5c" => "Log, two nodes, efficiently: as 5b, with as few messages as you can.",
        "6a" => "Transactions, one node: read and write registers, always available.",
        "6b" => "Transactions, two nodes: read uncommitted, always available, also under partitions.",
        "6c" => "Transactions, two nodes: read committed, always available, under partitions.",
        _ => CHALLENGES.iter().find(|challenge| challenge.name == name).map_or("", |found| found.about),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_challenge_is_there_in_its_order_and_6b_twice() {
        let set: Vec<&str> = CHALLENGES
            .iter()
            .filter(|challenge| challenge.is_set())
            .map(|challenge| challenge.name)
            .collect();
        let names = ["1", "2", "3a", "3b", "3c", "3d", "3e", "4", "5a", "5b", "5c", "6a", "6b", "6b", "6c"];
        assert_eq!(set, names);
    }

    #[test]
    fn what_we_want_of_ourselves_is_never_less_than_what_is_demanded() {
        for challenge in CHALLENGES {
            for (demanded, target) in challenge.demanded.into_iter().zip(challenge.target) {
                assert!(demanded.is_none_or(|demanded| target.is_some_and(|target| target <= demanded)));
            }
        }
    }
}
