//! How far the broadcast machine is from the best that messages in rounds can do: its cost and latency for many lengths of
//! a round, under challenge 3d's flags (§15) and in virtual time, beside those of an idealised [`model`].
//!
//! A longer round costs fewer messages and more time. For a given round the model sends as few messages as can be, so
//! the ratio of the two costs is what remains to be gained; in a run of 20 s some
//! of that is only its beginning and its end.
//!
//! Latencies are *lower* than the model's, by about one latency of a link, and that is Maelstrom's accounting. A node that
//! has a message on its way to it serves no client until that is there (§4): a read that comes while the news is under
//! way waits for it and sees it, so the last read *without* a value begins before the value is sent to the leaves, not
//! before it arrives. Broadcasts wait the same way, and are accepted when the hub's message has come.

pub mod consensus;
pub mod measure;
pub mod model;
mod tabular;

pub use measure::{Load, Measurement};
pub use model::Star;

use machines::Broadcast;
use machines::Machine;
use machines::engine::Pace;
use std::fmt;
use std::time::Duration;

pub use tabular::Tabular;

/// The lengths of a round that are of interest at challenge 3d's latency, in milliseconds.
pub const ROUNDS_MS: [u64; 11] = [100, 200, 300, 350, 400, 430, 500, 750, 1000, 1500, 1600];

/// Runs for each length of a round, with seeds 1, 2, 3, …
pub const SEEDS: u64 = 5;

/// What was measured, one row for each length of a round.
#[derive(Clone, Debug)]
pub struct Frontier {
    /// The load of all runs.
    pub load: Load,
    /// How many runs there are of each length.
    pub seeds: u64,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What was measured for one length of a round.
#[derive(Clone, Debug)]
pub struct Row {
    /// The length.
    pub round: Duration,
    /// Over all seeds.
    pub measured: Vec<Measurement>,
}

impl Frontier {
    /// Measures rounds of these lengths, each with so many seeds. Fails with the reason if a run is not valid.
    pub fn measure(load: Load, rounds: &[Duration], seeds: u64) -> Result<Frontier, String> {
        let rows = rounds.iter().map(|&round| Row::measure(load, round, seeds)).collect::<Result<_, _>>()?;
        Ok(Frontier { load, seeds, rows })
    }
}

impl Row {
    /// Measures rounds of this length with seeds 1, 2, 3, …
    pub fn measure(load: Load, round: Duration, seeds: u64) -> Result<Row, String> {
        let pace = Pace { round, ..Broadcast::default_config() };
        let measured = (1..=seeds).map(|seed| measure::run(load, &pace, seed)).collect::<Result<_, _>>()?;
        Ok(Row { round, measured })
    }

    /// Mean of a figure over all seeds.
    pub fn mean(&self, figure: impl Fn(&Measurement) -> f64) -> f64 {
        self.measured.iter().map(figure).sum::<f64>() / self.measured.len() as f64
    }

    /// The figure that half of the seeds kept to.
    pub fn median(&self, figure: impl Fn(&Measurement) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.measured.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }

    /// The highest that a figure got with any seed.
    pub fn worst(&self, figure: impl Fn(&Measurement) -> f64) -> f64 {
        self.measured.iter().map(figure).fold(f64::NEG_INFINITY, f64::max)
    }
}

impl fmt::Display for Frontier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; seeds 1 to {}: mean (worst)\n", self.load, self.seeds)?;
        let mut table = Tabular::new(&[
            "round ms",
            "msgs/op",
            "model",
            "ratio",
            "median ms",
            "model",
            "95 % ms",
            "model",
            "max ms",
            "model",
        ]);
        for row in &self.rows {
            let model = Star { load: self.load, round: row.round };
            let both = |digits: usize, figure: fn(&Measurement) -> f64| {
                format!("{:.digits$} ({:.digits$})", row.mean(figure), row.worst(figure))
            };
            let cost = model.messages_per_operation();
            table.row([
                row.round.as_millis().to_string(),
                both(3, |measured| measured.messages_per_operation),
                format!("{cost:.3}"),
                format!("{:.2}", row.mean(|measured| measured.messages_per_operation) / cost),
                both(0, |measured| measured.median_ms),
                format!("{:.0}", model.latency_ms(0.5)),
                both(0, |measured| measured.high_ms),
                format!("{:.0}", model.latency_ms(0.95)),
                both(0, |measured| measured.longest_ms),
                format!("{:.0}", model.latency_ms(1.0)),
            ]);
        }
        table.fmt(f)
    }
}
