//! Fly.io's challenges (§15), and a few runs beyond them: the flags that are published, the program that solves each, what
//! its figures have to stay below, and what we want of ourselves.
//!
//! This is the one place where they are: `workbench demo` runs them, and each recipe `just test-…` is a `demo` of some.

use judge::figures::{Figure, Threshold};

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
    /// All other flags.
    pub flags: &'static [&'static str],
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

/// No figure matters.
const NONE: [Option<f64>; 3] = [None; 3];

/// Only messages between servers per operation matter.
const fn messages(per_operation: f64) -> [Option<f64>; 3] {
    [Some(per_operation), None, None]
}

/// Messages between servers per operation, and the median and the longest stable latency in milliseconds.
const fn figures(messages: f64, median_ms: f64, longest_ms: f64) -> [Option<f64>; 3] {
    [Some(messages), Some(median_ms), Some(longest_ms)]
}

/// A lone node has nobody to talk to.
const SILENCE: [Option<f64>; 3] = messages(0.001);

const fn broadcast(
    name: &'static str,
    about: &'static str,
    flags: &'static [&'static str],
    (demanded, target): ([Option<f64>; 3], [Option<f64>; 3]),
) -> Challenge {
    let (workload, program, arguments) = ("broadcast", "broadcast", &[]);
    Challenge { name, about, workload, program, arguments, flags, demanded, target }
}

/// Challenges that name no figures.
const fn plain(
    name: &'static str,
    about: &'static str,
    [workload, program]: [&'static str; 2],
    flags: &'static [&'static str],
    target: [Option<f64>; 3],
) -> Challenge {
    Challenge { name, about, workload, program, arguments: &[], flags, demanded: NONE, target }
}

/// The same in rounds of 1.6 s.
const fn slowly(challenge: Challenge) -> Challenge {
    Challenge { arguments: &["--round", "1600ms"], ..challenge }
}

/// The same with a memory that outlives its node.
const fn durable(challenge: Challenge) -> Challenge {
    Challenge { arguments: &["--data", "{data}"], ..challenge }
}

/// The same with rounds of 50 ms between the questions of a leader.
const fn in_rounds(challenge: Challenge) -> Challenge {
    Challenge { arguments: &["--round", "50ms"], ..challenge }
}

/// 3d's figures: what is demanded, and what we want.
const FIGURES_3D: ([Option<f64>; 3], [Option<f64>; 3]) =
    (figures(30.0, 400.0, 600.0), figures(1.2, 380.0, 570.0));
/// 3e's.
const FIGURES_3E: ([Option<f64>; 3], [Option<f64>; 3]) =
    (figures(20.0, 1000.0, 2000.0), figures(0.36, 950.0, 1800.0));

/// 3d's and 3e's flags.
const FLAGS_3D: &[&str] = &["--node-count", "25", "--time-limit", "20", "--rate", "100", "--latency", "100"];
/// The same under partitions.
const FLAGS_3D_PARTITIONED: &[&str] = &[
    "--node-count",
    "25",
    "--time-limit",
    "20",
    "--rate",
    "100",
    "--latency",
    "100",
    "--nemesis",
    "partition",
];
/// 4's.
const FLAGS_4: &[&str] =
    &["--node-count", "3", "--rate", "100", "--time-limit", "20", "--nemesis", "partition"];
/// Nodes die, stand still and are cut off, now and then all of them.
const FLAGS_KILL: &[&str] = &[
    "--node-count",
    "3",
    "--concurrency",
    "2n",
    "--time-limit",
    "20",
    "--rate",
    "100",
    "--nemesis",
    "kill,pause,partition",
    "--nemesis-interval",
    "2",
];
/// 5b's and 5c's.
const FLAGS_5BC: &[&str] =
    &["--node-count", "2", "--concurrency", "2n", "--time-limit", "20", "--rate", "1000"];

/// The challenges, in their order, and then what is beyond them.
pub const CHALLENGES: [Challenge; 35] = [
    plain("1", "echo", ["echo", "echo"], &["--node-count", "1", "--time-limit", "10"], NONE),
    plain(
        "2",
        "unique ids, partitions",
        ["unique-ids", "unique-ids"],
        &[
            "--node-count",
            "3",
            "--time-limit",
            "30",
            "--rate",
            "1000",
            "--availability",
            "total",
            "--nemesis",
            "partition",
        ],
        NONE,
    ),
    broadcast(
        "3a",
        "broadcast, one node",
        &["--node-count", "1", "--time-limit", "20", "--rate", "10"],
        (NONE, NONE),
    ),
    broadcast(
        "3b",
        "broadcast, five nodes",
        &["--node-count", "5", "--time-limit", "20", "--rate", "10"],
        (NONE, NONE),
    ),
    broadcast(
        "3c",
        "broadcast, partitions",
        &["--node-count", "5", "--time-limit", "20", "--rate", "10", "--nemesis", "partition"],
        (NONE, NONE),
    ),
    broadcast("3d", "broadcast, quick and cheap", FLAGS_3D, FIGURES_3D),
    slowly(broadcast("3e", "broadcast, cheaper still", FLAGS_3D, FIGURES_3E)),
    plain("4", "counter, partitions", ["g-counter", "counter"], FLAGS_4, messages(0.15)),
    plain(
        "5a",
        "log, one node",
        ["kafka", "log"],
        &["--node-count", "1", "--concurrency", "2n", "--time-limit", "20", "--rate", "1000"],
        SILENCE,
    ),
    plain("5b", "log, two nodes", ["kafka", "log"], FLAGS_5BC, messages(0.03)),
    plain("5c", "log, efficiently", ["kafka", "log"], FLAGS_5BC, messages(0.03)),
    plain(
        "6a",
        "transactions, one node",
        ["txn-rw-register", "txn"],
        &[
            "--node-count",
            "1",
            "--time-limit",
            "20",
            "--rate",
            "1000",
            "--concurrency",
            "2n",
            "--consistency-models",
            "read-uncommitted",
            "--availability",
            "total",
        ],
        SILENCE,
    ),
    plain(
        "6b",
        "read uncommitted",
        ["txn-rw-register", "txn"],
        &[
            "--node-count",
            "2",
            "--concurrency",
            "2n",
            "--time-limit",
            "20",
            "--rate",
            "1000",
            "--consistency-models",
            "read-uncommitted",
        ],
        messages(0.1),
    ),
    plain(
        "6b",
        "read uncommitted, partitions",
        ["txn-rw-register", "txn"],
        &[
            "--node-count",
            "2",
            "--concurrency",
            "2n",
            "--time-limit",
            "20",
            "--rate",
            "1000",
            "--consistency-models",
            "read-uncommitted",
            "--availability",
            "total",
            "--nemesis",
            "partition",
        ],
        messages(0.1),
    ),
    plain(
        "6c",
        "read committed, partitions",
        ["txn-rw-register", "txn"],
        &[
            "--node-count",
            "2",
            "--concurrency",
            "2n",
            "--time-limit",
            "20",
            "--rate",
            "1000",
            "--consistency-models",
            "read-committed",
            "--availability",
            "total",
            "--nemesis",
            "partition",
        ],
        messages(0.1),
    ),
    broadcast("3d-partitions", "3d under partitions", FLAGS_3D_PARTITIONED, (NONE, NONE)),
    slowly(broadcast("3e-partitions", "3e under partitions", FLAGS_3D_PARTITIONED, (NONE, NONE))),
    plain("4-pn", "a counter that also shrinks", ["pn-counter", "counter"], FLAGS_4, messages(0.15)),
    plain("4-kv", "as it is set: kept in seq-kv", ["g-counter", "counter-kv"], FLAGS_4, NONE),
    plain("4-kv", "the same, also shrinking", ["pn-counter", "counter-kv"], FLAGS_4, NONE),
    plain(
        "5-far",
        "five logs, 100 ms apart, partitions",
        ["kafka", "log"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "2n",
            "--time-limit",
            "20",
            "--rate",
            "1000",
            "--latency",
            "100",
            "--nemesis",
            "partition",
        ],
        messages(0.15),
    ),
    plain(
        "6-causal",
        "no fractured reads, causal order",
        ["txn-rw-register", "txn"],
        &[
            "--node-count",
            "2",
            "--concurrency",
            "2n",
            "--time-limit",
            "20",
            "--rate",
            "1000",
            "--consistency-models",
            "read-atomic , causal-cerone",
            "--availability",
            "total",
            "--nemesis",
            "partition",
        ],
        messages(0.1),
    ),
    plain("g-set", "a set, partitions", ["g-set", "g-set"], FLAGS_4, messages(0.15)),
    durable(broadcast(
        "3-kill",
        "broadcast, nodes die",
        &[
            "--node-count",
            "5",
            "--time-limit",
            "20",
            "--rate",
            "50",
            "--latency",
            "10",
            "--nemesis",
            "kill,pause,partition",
            "--nemesis-interval",
            "2",
        ],
        (NONE, NONE),
    )),
    durable(plain("4-kill", "a counter, nodes die", ["g-counter", "counter"], FLAGS_KILL, NONE)),
    durable(plain("5-kill", "logs, nodes die", ["kafka", "log"], FLAGS_KILL, NONE)),
    durable(plain(
        "6-kill",
        "transactions, nodes die",
        ["txn-rw-register", "txn"],
        &[
            "--node-count",
            "3",
            "--concurrency",
            "2n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--consistency-models",
            "read-atomic , causal-cerone",
            "--nemesis",
            "kill,pause,partition",
            "--nemesis-interval",
            "2",
        ],
        NONE,
    )),
    plain(
        "lin-kv",
        "linearizable registers",
        ["lin-kv", "lin-kv"],
        &["--node-count", "5", "--concurrency", "4n", "--time-limit", "20", "--rate", "100"],
        messages(5.6),
    ),
    in_rounds(plain(
        "lin-kv",
        "the same in rounds, 10 ms apart",
        ["lin-kv", "lin-kv"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "4n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--latency",
            "10",
        ],
        messages(1.6),
    )),
    plain(
        "lin-kv",
        "the same, partitions",
        ["lin-kv", "lin-kv"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "4n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--latency",
            "10",
            "--nemesis",
            "partition",
        ],
        NONE,
    ),
    durable(plain(
        "lin-kv",
        "the same, nodes die",
        ["lin-kv", "lin-kv"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "4n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--latency",
            "10",
            "--nemesis",
            "kill,partition",
        ],
        NONE,
    )),
    in_rounds(plain(
        "txn-strict",
        "strictly serializable lists",
        ["txn-list-append", "txn-strict"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "4n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--latency",
            "10",
            "--consistency-models",
            "strict-serializable",
        ],
        messages(1.6),
    )),
    plain(
        "txn-strict",
        "the same, partitions",
        ["txn-list-append", "txn-strict"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "4n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--latency",
            "10",
            "--nemesis",
            "partition",
            "--consistency-models",
            "strict-serializable",
        ],
        NONE,
    ),
    durable(plain(
        "txn-strict",
        "the same, nodes die",
        ["txn-list-append", "txn-strict"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "4n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--latency",
            "10",
            "--nemesis",
            "kill,partition",
            "--consistency-models",
            "strict-serializable",
        ],
        NONE,
    )),
    plain(
        "txn-strict",
        "registers, partitions",
        ["txn-rw-register", "txn-strict"],
        &[
            "--node-count",
            "5",
            "--concurrency",
            "4n",
            "--time-limit",
            "20",
            "--rate",
            "100",
            "--latency",
            "10",
            "--nemesis",
            "partition",
            "--consistency-models",
            "strict-serializable",
        ],
        NONE,
    ),
];

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
