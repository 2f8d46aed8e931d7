//! Runs by the hundred, and what is asked of each.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bench::options::{Fault, Latency, LatencyDistribution, Options, Workload};
use bench::run::Record;
use judge::history::{Kind, Op};
use judge::{Results, Validity};
use worlds::{Spawn, simulated};

/// A challenge's flags, with so many nodes, client threads and operations a second.
pub(crate) fn flags(workload: Workload, nodes: usize, concurrency: usize, rate: f64) -> Options {
    Options { time_limit: Duration::from_secs(20), rate, concurrency, ..Options::new(workload, nodes) }
}

/// The same with `--nemesis partition`, faults so far apart on average.
pub(crate) fn partitioned(options: Options, interval: Duration) -> Options {
    Options { nemesis: vec![Fault::Partition], nemesis_interval: interval, ..options }
}

/// Latencies that now and then overtake each other.
pub(crate) fn exponential(mean_ms: u64) -> Latency {
    let constant = Latency { mean_ms, distribution: LatencyDistribution::Constant };
    match mean_ms {
        0 => constant,
        _ => Latency { distribution: LatencyDistribution::Exponential, ..constant },
    }
}

/// A run that is over and valid.
pub(crate) struct Judged {
    pub(crate) record: Record,
}

/// Carries out a run and asserts that it is valid.
#[track_caller]
pub(crate) fn run_valid(options: Options, spawn: Spawn) -> Judged {
    let seed = options.seed;
    let record = simulated::run(options, spawn);
    assert_eq!(record.crash, None, "seed {seed}");
    assert!(record.nodes.iter().all(|node| node.muted.is_none()), "seed {seed}: {:?}", record.nodes);
    let results = judge(&record, &record.options);
    assert_eq!(results.valid, Validity::True, "seed {seed}: {:#?}", results.findings);
    Judged { record }
}

/// What the checkers say if other things are asked of a run.
pub(crate) fn judge(record: &Record, options: &Options) -> Results {
    judge::analyze(&options.demands(), &record.history, &record.net_stats())
}

impl Judged {
    /// What clients' operations came to.
    pub(crate) fn completions(&self) -> impl Iterator<Item = &Op> {
        self.record.history.ops.iter().filter(|op| op.is_client_completion())
    }

    /// Asserts that every operation of these kinds was ok, and that there were some of each.
    #[track_caller]
    pub(crate) fn assert_all_ok(&self, kinds: &[&'static str]) {
        let mut begun: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ok = BTreeMap::new();
        for op in self.record.history.ops.iter().filter(|op| op.is_client() && kinds.contains(&op.f)) {
            match op.kind {
                Kind::Invoke => *begun.entry(op.f).or_default() += 1,
                Kind::Ok => *ok.entry(op.f).or_default() += 1,
                Kind::Fail | Kind::Info => {}
            }
        }
        assert_eq!(begun, ok, "seed {}: begun, and ok", self.record.options.seed);
        assert_eq!(begun.len(), kinds.len(), "{begun:?}");
    }

    /// Messages between servers an operation, as challenges count them.
    pub(crate) fn messages_per_operation(&self) -> f64 {
        let begun = self.record.history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Invoke);
        self.record.journal.statistics.servers.messages() as f64 / begun.count() as f64
    }

    /// Asserts that a run took no more messages between servers an operation than that.
    #[track_caller]
    pub(crate) fn assert_cheap(&self, limit: f64) {
        let ratio = self.messages_per_operation();
        assert!(ratio <= limit, "seed {}: {ratio} messages an operation", self.record.options.seed);
    }
}

/// Does something with each seed, on all processors, and adds up what comes out.
pub(crate) fn sweep<const N: usize>(seeds: Range<u64>, each: impl Fn(u64) -> [u64; N] + Sync) -> [u64; N] {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut sums = [0; N];
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| seeds.contains(seed))
        {
            sums = add(sums, each(seed));
        }
        sums
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let sums = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        sums.fold([0; N], add)
    })
}

fn add<const N: usize>(sums: [u64; N], more: [u64; N]) -> [u64; N] {
    std::array::from_fn(|position| sums[position] + more[position])
}
