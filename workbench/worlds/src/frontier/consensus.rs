//! The same for registers by consensus: what an operation costs and how long a write takes, for many lengths of a round, beside
//! an idealised leader.
//!
//! **The model.** Once a round of T each of the others reports to the leader of n nodes, and is told something: 2(n − 1) messages,
//! which the λT operations of that round share:
//!
//! ```text
//! msgs/op = 2 (n − 1) / (λT)
//! ```
//!
//! No round is shorter than a round trip, which is then T. In short rounds the measured cost is lower, since whoever has nothing to
//! say, and need not be asked, is left alone. In long ones it is higher: what one round is asked is answered between rounds, and
//! everyone hears of a leader five times a second. So rounds beyond 200 ms, a heartbeat's length, gain nothing. λ is what came
//! about: twenty clients that wait for their answers do not bring about any load.

use super::Tabular;
use crate::simulated;
use crate::spawn;
use bench::options::{Latency, LatencyDistribution, Options, Workload};
use judge::figures::Figure;
use judge::{Kind, Validity};
use machines::LinKv;
use machines::consensus::Pace;
use std::fmt;
use std::time::Duration;

/// The lengths of a round that are of interest 10 ms apart, in milliseconds.
pub const ROUNDS_MS: [u64; 6] = [0, 20, 50, 100, 150, 200];

const NODES: usize = 5;
const CLIENTS: usize = 4 * NODES;
const LATENCY_MS: u64 = 10;
const RATE: f64 = 100.0;
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// What was measured, one row for each length of a round.
#[derive(Clone, Debug)]
pub struct Consensus {
    /// How many runs there are of each length, with seeds 1, 2, 3, …
    pub seeds: u64,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What was measured for one length of a round: means over all seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The length.
    pub round: Duration,
    /// Messages between nodes per operation of a client.
    pub messages_per_operation: f64,
    /// Operations done in a second.
    pub rate: f64,
    /// How long half, 95 % and all of the writes took at the most.
    pub latencies_ms: [f64; 3],
}

impl Row {
    /// Measures rounds of this length. Fails with the reason if a run is not valid.
    pub fn measure(round: Duration, seeds: u64) -> Result<Row, String> {
        let rows = (1..=seeds).map(|seed| run(round, seed)).collect::<Result<Vec<Row>, _>>()?;
        let mean = |figure: &dyn Fn(&Row) -> f64| rows.iter().map(figure).sum::<f64>() / rows.len() as f64;
        Ok(Row {
            round,
            messages_per_operation: mean(&|row| row.messages_per_operation),
            rate: mean(&|row| row.rate),
            latencies_ms: [0, 1, 2].map(|which| mean(&|row| row.latencies_ms[which])),
        })
    }

    /// What the model says of this length and the load that came about.
    pub fn model(&self) -> f64 {
        let round = self.round.max(Duration::from_millis(2 * LATENCY_MS)).as_secs_f64();
        2.0 * (NODES - 1) as f64 / (self.rate * round)
    }
}

fn run(round: Duration, seed: u64) -> Result<Row, String> {
    let options = Options {
        time_limit: TIME_LIMIT,
        rate: RATE,
        concurrency: CLIENTS,
        latency: Latency { mean_ms: LATENCY_MS, distribution: LatencyDistribution::Constant },
        seed,
        ..Options::new(Workload::LinKv, NODES)
    };
    let record = simulated::run(options, spawn::<LinKv>(Pace { round }));
    let results = record.judge();
    if record.crash.is_some() || results.valid != Validity::True {
        let why = results.findings.first().map_or("no verdict", |finding| &finding.explanation);
        return Err(format!("lin-kv, rounds of {round:?}, seed {seed}: {why}"));
    }
    let ops = &record.history.ops;
    let pairs = record.history.pairs();
    let done =
        |at: usize| pairs[at].filter(|&end| ops[end].is_client_completion() && ops[end].kind != Kind::Info);
    let begun = |at: &usize| ops[*at].kind == Kind::Invoke && ops[*at].is_client();
    let operations = (0..ops.len()).filter(begun).filter(|&at| done(at).is_some()).count();
    let writes = (0..ops.len()).filter(begun).filter(|&at| ops[at].f == "write");
    let mut took: Vec<u64> = writes.filter_map(|at| Some(ops[done(at)?].time_ns - ops[at].time_ns)).collect();
    took.sort_unstable();
    let missing = || format!("lin-kv, rounds of {round:?}, seed {seed}: nothing was ever written");
    let quantile = |percent: usize| took.get((took.len() * percent / 100).min(took.len().wrapping_sub(1)));
    let latency = |percent| quantile(percent).map(|&ns| ns as f64 / 1e6).ok_or_else(missing);
    Ok(Row {
        round,
        messages_per_operation: Figure::MessagesPerOperation.of(&results.value).ok_or_else(missing)?,
        rate: operations as f64 / TIME_LIMIT.as_secs_f64(),
        latencies_ms: [latency(50)?, latency(95)?, latency(100)?],
    })
}

impl fmt::Display for Consensus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "lin-kv: {NODES} nodes, {CLIENTS} clients, {LATENCY_MS} ms latency, {RATE} operations a second asked for, for {} s; \
             means of seeds 1 to {}\n",
            TIME_LIMIT.as_secs(),
            self.seeds
        )?;
        let titles = ["round ms", "msgs/op", "8/(λT)", "done/s", "write: median ms", "95 % ms", "max ms"];
        let mut table = Tabular::new(&titles);
        for row in &self.rows {
            let [median, high, longest] = row.latencies_ms;
            table.row([
                row.round.as_millis().to_string(),
                format!("{:.3}", row.messages_per_operation),
                format!("{:.3}", row.model()),
                format!("{:.0}", row.rate),
                format!("{median:.0}"),
                format!("{high:.0}"),
                format!("{longest:.0}"),
            ]);
        }
        table.fmt(f)
    }
}
