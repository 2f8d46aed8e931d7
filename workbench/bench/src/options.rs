//! What a run is asked to do: the options of `test` and `sim`, after parsing (Maelstrom behaviour §1.2).

use crate::script::Scripted;
use judge::Demands;
use std::time::Duration;

pub use judge::{Availability, Workload};

/// A run's options. Everything that the run draws at random follows from `seed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What clients do and what is checked.
    pub workload: Workload,
    /// Names of the nodes, in order.
    pub nodes: Vec<String>,
    /// Number of client threads.
    pub concurrency: usize,
    /// Length of the main phase.
    pub time_limit: Duration,
    /// Client operations per second over the whole cluster; 0 for none at all.
    pub rate: f64,
    /// Latency of messages that touch no client.
    pub latency: Latency,
    /// Faults to inject.
    pub nemesis: Vec<Fault>,
    /// Mean gap between nemesis operations.
    pub nemesis_interval: Duration,
    /// Faults by hand, in the order of their moments.
    pub script: Vec<Scripted>,
    /// What goes wrong all the time.
    pub hazards: Hazards,
    /// The disks on which nodes keep what they must not forget; none, and they keep nothing. Only virtual time has them:
    /// processes have a real one.
    pub disks: Option<Disks>,
    /// Neighbours suggested to the nodes of `broadcast`.
    pub topology: Topology,
    /// What share of the operations must be ok.
    pub availability: Option<Availability>,
    /// Models that a transactional history is held to, by name.
    pub consistency_models: Vec<String>,
    /// Keys active at one time (`txn-*`, `kafka`).
    pub key_count: usize,
    /// Longest transaction (`txn-*`).
    pub max_txn_length: usize,
    /// Writes to a key before a fresh one takes its place (`txn-*`, `kafka`).
    pub max_writes_per_key: i64,
    /// How long nodes may take to answer `init`.
    pub init_timeout: Duration,
    /// How long nodes have to recover before the final phase.
    pub recovery: Duration,
    /// How long the analysis may take before there is no verdict; as long as it needs, if nobody says.
    pub analysis_timeout: Option<Duration>,
    /// Where all randomness comes from.
    pub seed: u64,
    /// What else goes to the main log.
    pub log: LogOptions,
}

impl Options {
    /// Maelstrom's defaults (§1.2) for `nodes` nodes `n0`, `n1`, …, one client thread each, and seed 0.
    pub fn new(workload: Workload, nodes: usize) -> Options {
        Options {
            workload,
            nodes: (0..nodes).map(|node| format!("n{node}")).collect(),
            concurrency: nodes,
            time_limit: Duration::from_secs(60),
            rate: 5.0,
            latency: Latency { mean_ms: 0, distribution: LatencyDistribution::Constant },
            nemesis: Vec::new(),
            nemesis_interval: Duration::from_secs(10),
            script: Vec::new(),
            hazards: Hazards::default(),
            disks: None,
            topology: Topology::Grid,
            availability: None,
            consistency_models: vec!["strict-serializable".to_owned()],
            key_count: 10,
            max_txn_length: 4,
            max_writes_per_key: 16,
            init_timeout: INIT_TIMEOUT,
            recovery: RECOVERY,
            analysis_timeout: None,
            seed: 0,
            log: LogOptions::default(),
        }
    }

    /// What the history of such a run is held to.
    pub fn demands(&self) -> Demands {
        Demands {
            consistency_models: self.consistency_models.clone(),
            availability: self.availability,
            nodes: self.nodes.clone(),
            concurrency: self.concurrency,
            ..Demands::new(self.workload)
        }
    }
}

/// How long nodes may take to answer `init`, unless the command line says otherwise (§3.3).
pub const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long nodes have to recover before the final phase, unless the command line says otherwise (§2, step 8).
pub const RECOVERY: Duration = Duration::from_secs(10);

/// What else goes to the main log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Lines that nodes write to stderr.
    pub stderr: bool,
    /// Messages as they enter the network.
    pub net_send: bool,
    /// Messages as they are delivered.
    pub net_recv: bool,
}

/// Latency of messages that touch no client (§4.2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Mean, in milliseconds.
    pub mean_ms: u64,
    /// How single latencies spread around it.
    pub distribution: LatencyDistribution,
}

/// How single latencies spread around their mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyDistribution {
    /// Always the mean.
    Constant,
    /// A uniform integer in `0 .. 2 × mean`.
    Uniform,
    /// Exponential, cut to whole milliseconds.
    Exponential,
}

impl LatencyDistribution {
    /// All kinds.
    pub const ALL: [LatencyDistribution; 3] =
        [LatencyDistribution::Constant, LatencyDistribution::Uniform, LatencyDistribution::Exponential];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            LatencyDistribution::Constant => "constant",
            LatencyDistribution::Uniform => "uniform",
            LatencyDistribution::Exponential => "exponential",
        }
    }

    /// The distribution of this name.
    pub fn named(name: &str) -> Option<LatencyDistribution> {
        LatencyDistribution::ALL.into_iter().find(|distribution| distribution.name() == name)
    }
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Links between nodes are cut (§8).
    Partition,
    /// Nodes are killed and started again with nothing but their name (§17.2).
    Kill,
    /// Nodes are stopped in their tracks, and go on later (§17.2).
    Pause,
    /// Some links drop what they carry, each in one direction. Not among Maelstrom's faults.
    OneWayLink,
    /// Messages to and from some nodes take long. Not among Maelstrom's faults.
    LatencySpike,
}

impl Fault {
    /// All kinds, in the order in which people are told of them.
    pub const ALL: [Fault; 5] =
        [Fault::Partition, Fault::Kill, Fault::Pause, Fault::OneWayLink, Fault::LatencySpike];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Partition => "partition",
            Fault::Kill => "kill",
            Fault::Pause => "pause",
            Fault::OneWayLink => "one-way-link",
            Fault::LatencySpike => "latency-spike",
        }
    }
}

/// What goes wrong all the time, beyond Maelstrom's faults. All of it is off by default, and then nothing is drawn for
/// it: a seed means the same run as before.
///
/// What befalls messages ends with the main phase, like the nemesis's doings. What is wrong with nodes stays; only
/// virtual time has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hazards {
    /// Probability that a message between nodes vanishes.
    pub loss: f64,
    /// Probability that it arrives twice.
    pub duplication: f64,
    /// Probability that it is held up for a while, so that later ones overtake it.
    pub reordering: f64,
    /// Whether messages to and from services suffer as well.
    pub reach_services: bool,
    /// Nodes' clocks run too fast or too slow by up to so many millionths.
    pub drift_ppm: u32,
    /// Some nodes take up to so long over each line that they read.
    pub slowness: Duration,
}

/// What the nodes' disks are like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disks {
    /// How long a sync takes at the most.
    pub sync: Duration,
    /// What becomes of what was not synced when its node dies.
    pub unsynced: Unsynced,
    /// Probability that a disk is full when it is written to, in the main phase. The node then ends, and is started again when
    /// somebody has made room.
    pub full: f64,
}

impl Default for Disks {
    /// A good one, that promises nothing which it need not.
    fn default() -> Disks {
        Disks { sync: Duration::from_millis(1), unsynced: Unsynced::Any, full: 0.0 }
    }
}

/// What becomes of what was not synced when its node dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// It is there all the same, as after the death of a process only.
    Kept,
    /// It is gone.
    Lost,
    /// Some of it is there, maybe with holes.
    Torn,
    /// Any of these, each time anew.
    Any,
}

impl Unsynced {
    /// All kinds.
    pub const ALL: [Unsynced; 4] = [Unsynced::Any, Unsynced::Kept, Unsynced::Lost, Unsynced::Torn];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Unsynced::Kept => "kept",
            Unsynced::Lost => "lost",
            Unsynced::Torn => "torn",
            Unsynced::Any => "any",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Unsynced> {
        Unsynced::ALL.into_iter().find(|unsynced| unsynced.name() == name)
    }
}

/// Neighbours suggested to the nodes of `broadcast` (§9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Maelstrom's")]
pub enum Topology {
    Grid,
    Line,
    /// A complete tree in which each node has at most this many children.
    Tree(usize),
    Total,
}

impl Topology {
    const ALL: [Topology; 6] = [
        Topology::Grid,
        Topology::Line,
        Topology::Tree(2),
        Topology::Tree(3),
        Topology::Tree(4),
        Topology::Total,
    ];

    /// The name on the command line.
    pub fn name(self) -> String {
        match self {
            Topology::Grid => "grid".into(),
            Topology::Line => "line".into(),
            Topology::Tree(children) => format!("tree{children}"),
            Topology::Total => "total".into(),
        }
    }

    /// The topology of this name; `tree` alone is `tree2`.
    pub fn named(name: &str) -> Option<Topology> {
        let name = if name == "tree" { "tree2" } else { name };
        Topology::ALL.into_iter().find(|topology| topology.name() == name)
    }
}
