//! How the broadcast machine's cost and latency grow with the cluster, in virtual time.
//!
//! The load is the same for all sizes, so what a node does must not grow: a few messages a round on each of its links, of
//! which all but the inner nodes of the tree have one, and each value once over each link.

use crate::frontier::{Load, Measurement, Tabular, measure};
use machines::{Broadcast, Machine};
use std::fmt;
use std::time::Duration;

/// Sizes of interest.
pub const NODES: [usize; 5] = [5, 25, 100, 400, 1000];

/// The load, but for the number of nodes.
pub const LOAD: Load = Load { latency_ms: 20, ..Load::CHALLENGE_3D };

/// What was measured, one row for each size.
#[derive(Clone, Debug)]
pub struct Scaling {
    /// The seed of all runs.
    pub seed: u64,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What was measured for one size.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The load, with the size.
    pub load: Load,
    /// What it cost.
    pub measured: Measurement,
    /// How long the simulation took, by a clock on the wall. That is no property of the machine, and different each
    /// time.
    pub took: Option<Duration>,
}

impl Row {
    /// Measures a cluster of this size. Fails with the reason if the run is not valid.
    pub fn measure(nodes: usize, seed: u64) -> Result<Row, String> {
        let load = Load { nodes, ..LOAD };
        let measured = measure::run(load, &Broadcast::default_config(), seed)?;
        Ok(Row { load, measured, took: None })
    }

    /// Messages that a node sends in a second, on average.
    pub fn messages_per_node_second(&self) -> f64 {
        self.measured.messages as f64 / self.load.nodes as f64 / self.load.time_limit.as_secs_f64()
    }

    /// Bytes of bodies that it takes to bring a value to a node.
    pub fn bytes_per_value_node(&self) -> f64 {
        self.measured.bytes as f64 / self.load.nodes as f64 / self.measured.values as f64
    }
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Load { latency_ms, rate, time_limit, .. } = LOAD;
        let (seconds, seed) = (time_limit.as_secs(), self.seed);
        writeln!(f, "{latency_ms} ms latency, {rate} operations a second for {seconds} s; seed {seed}\n")?;
        let is_timed = self.rows.iter().any(|row| row.took.is_some());
        let titles = ["nodes", "msgs/op", "msgs/node/s", "bytes/value/node", "median ms", "max ms", "took s"];
        let mut table = Tabular::new(&titles[..titles.len() - usize::from(!is_timed)]);
        for row in &self.rows {
            let took = row.took.map(|took| format!("{:.2}", took.as_secs_f64()));
            let cells = [
                row.load.nodes.to_string(),
                format!("{:.3}", row.measured.messages_per_operation),
                format!("{:.2}", row.messages_per_node_second()),
                format!("{:.1}", row.bytes_per_value_node()),
                format!("{:.0}", row.measured.median_ms),
                format!("{:.0}", row.measured.longest_ms),
            ];
            table.row(cells.into_iter().chain(took));
        }
        table.fmt(f)
    }
}
