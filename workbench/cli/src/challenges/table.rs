//! The table itself: the published flags, the limits, and our targets.

use super::Challenge;

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
    flags: &'static str,
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
    flags: &'static str,
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
const FLAGS_3D: &str = "--node-count 25 --time-limit 20 --rate 100 --latency 100";
/// The same under partitions.
const FLAGS_3D_PARTITIONED: &str =
    "--node-count 25 --time-limit 20 --rate 100 --latency 100 --nemesis partition";
/// 4's.
const FLAGS_4: &str = "--node-count 3 --rate 100 --time-limit 20 --nemesis partition";
/// Nodes die, stand still and are cut off, now and then all of them.
const FLAGS_KILL: &str = "--node-count 3 --concurrency 2n --time-limit 20 --rate 100 --nemesis kill,pause,partition \
     --nemesis-interval 2";
/// 5b's and 5c's.
const FLAGS_5BC: &str = "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000";

/// The challenges, in their order, and then what is beyond them.
pub const CHALLENGES: [Challenge; 35] = [
    plain("1", "echo", ["echo", "echo"], "--node-count 1 --time-limit 10", NONE),
    plain(
        "2",
        "unique ids, partitions",
        ["unique-ids", "unique-ids"],
        "--node-count 3 --time-limit 30 --rate 1000 --availability total --nemesis partition",
        NONE,
    ),
    broadcast("3a", "broadcast, one node", "--node-count 1 --time-limit 20 --rate 10", (NONE, NONE)),
    broadcast("3b", "broadcast, five nodes", "--node-count 5 --time-limit 20 --rate 10", (NONE, NONE)),
    broadcast(
        "3c",
        "broadcast, partitions",
        "--node-count 5 --time-limit 20 --rate 10 --nemesis partition",
        (NONE, NONE),
    ),
    broadcast("3d", "broadcast, quick and cheap", FLAGS_3D, FIGURES_3D),
    slowly(broadcast("3e", "broadcast, cheaper still", FLAGS_3D, FIGURES_3E)),
    plain("4", "counter, partitions", ["g-counter", "counter"], FLAGS_4, messages(0.15)),
    plain(
        "5a",
        "log, one node",
        ["kafka", "log"],
        "--node-count 1 --concurrency 2n --time-limit 20 --rate 1000",
        SILENCE,
    ),
    plain("5b", "log, two nodes", ["kafka", "log"], FLAGS_5BC, messages(0.03)),
    plain("5c", "log, efficiently", ["kafka", "log"], FLAGS_5BC, messages(0.03)),
    plain(
        "6a",
        "transactions, one node",
        ["txn-rw-register", "txn"],
        "--node-count 1 --time-limit 20 --rate 1000 --concurrency 2n \
         --consistency-models read-uncommitted --availability total",
        SILENCE,
    ),
    plain(
        "6b",
        "read uncommitted",
        ["txn-rw-register", "txn"],
        "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000 --consistency-models read-uncommitted",
        messages(0.1),
    ),
    plain(
        "6b",
        "read uncommitted, partitions",
        ["txn-rw-register", "txn"],
        "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000 \
         --consistency-models read-uncommitted --availability total --nemesis partition",
        messages(0.1),
    ),
    plain(
        "6c",
        "read committed, partitions",
        ["txn-rw-register", "txn"],
        "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000 \
         --consistency-models read-committed --availability total --nemesis partition",
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
        "--node-count 5 --concurrency 2n --time-limit 20 --rate 1000 --latency 100 --nemesis partition",
        messages(0.15),
    ),
    plain(
        "6-causal",
        "no fractured reads, causal order",
        ["txn-rw-register", "txn"],
        "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000 \
         --consistency-models 'read-atomic , causal-cerone' --availability total --nemesis partition",
        messages(0.1),
    ),
    plain("g-set", "a set, partitions", ["g-set", "g-set"], FLAGS_4, messages(0.15)),
    durable(broadcast(
        "3-kill",
        "broadcast, nodes die",
        "--node-count 5 --time-limit 20 --rate 50 --latency 10 --nemesis kill,pause,partition \
         --nemesis-interval 2",
        (NONE, NONE),
    )),
    durable(plain("4-kill", "a counter, nodes die", ["g-counter", "counter"], FLAGS_KILL, NONE)),
    durable(plain("5-kill", "logs, nodes die", ["kafka", "log"], FLAGS_KILL, NONE)),
    durable(plain(
        "6-kill",
        "transactions, nodes die",
        ["txn-rw-register", "txn"],
        "--node-count 3 --concurrency 2n --time-limit 20 --rate 100 \
         --consistency-models 'read-atomic , causal-cerone' --nemesis kill,pause,partition --nemesis-interval 2",
        NONE,
    )),
    plain(
        "lin-kv",
        "linearizable registers",
        ["lin-kv", "lin-kv"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100",
        messages(5.6),
    ),
    in_rounds(plain(
        "lin-kv",
        "the same in rounds, 10 ms apart",
        ["lin-kv", "lin-kv"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100 --latency 10",
        messages(1.6),
    )),
    plain(
        "lin-kv",
        "the same, partitions",
        ["lin-kv", "lin-kv"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100 --latency 10 --nemesis partition",
        NONE,
    ),
    durable(plain(
        "lin-kv",
        "the same, nodes die",
        ["lin-kv", "lin-kv"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100 --latency 10 --nemesis kill,partition",
        NONE,
    )),
    in_rounds(plain(
        "txn-strict",
        "strictly serializable lists",
        ["txn-list-append", "txn-strict"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100 --latency 10 \
         --consistency-models strict-serializable",
        messages(1.6),
    )),
    plain(
        "txn-strict",
        "the same, partitions",
        ["txn-list-append", "txn-strict"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100 --latency 10 --nemesis partition \
         --consistency-models strict-serializable",
        NONE,
    ),
    durable(plain(
        "txn-strict",
        "the same, nodes die",
        ["txn-list-append", "txn-strict"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100 --latency 10 \
         --nemesis kill,partition --consistency-models strict-serializable",
        NONE,
    )),
    plain(
        "txn-strict",
        "registers, partitions",
        ["txn-rw-register", "txn-strict"],
        "--node-count 5 --concurrency 4n --time-limit 20 --rate 100 --latency 10 --nemesis partition \
         --consistency-models strict-serializable",
        NONE,
    ),
];
