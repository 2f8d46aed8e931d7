//! What a challenge demands of a run, as plain data: which challenge a run is one of is for others to say.
//!
//! These are the limits that whoever set the challenge names. What this project wants of its own programs is no part of them.

use judge::{Results, Validity};
use serde::Serialize;

/// The challenges that a run's flags are those of, and what they demand of its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Challenged {
    /// Their names, if there are any: those that have these flags, or the one that was asked for.
    pub names: Vec<&'static str>,
    /// Whether the run was asked for by the name of the challenge, and not by its flags.
    pub by_name: bool,
    /// What they demand, and how the run did.
    pub demands: Vec<Demand>,
}

/// A challenge's demand, and how the run did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Demand {
    /// The challenge.
    pub challenge: &'static str,
    /// What is demanded and what was measured, in words.
    pub words: String,
    /// What was measured and what it must be: `median latency 459 ms, must be below 400 ms`.
    pub shortfall: String,
    /// Whether it is about the latency of half of the values, or of all.
    pub of_latency: Option<&'static str>,
    /// The figure must be less than this.
    pub limit: f64,
    /// What was measured.
    pub measured: Option<f64>,
    /// Whether the demand is met.
    pub is_met: bool,
}

/// Whether a run passed a challenge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The challenge.
    pub challenge: &'static str,
    /// Why it did not; none if it did.
    pub missed: Option<String>,
}

impl Challenged {
    /// `3d and 3e`
    pub fn name(&self) -> Option<String> {
        (!self.names.is_empty()).then(|| self.names.join(" and "))
    }

    /// How each challenge came out. A run without results passed none.
    pub fn outcomes(&self, results: Option<&Results>, why: &str) -> Vec<Outcome> {
        let is_valid = results.is_some_and(|results| results.valid == Validity::True);
        let outcome = |challenge: &&'static str| {
            let challenge: &'static str = challenge;
            let missed = self.demands.iter().filter(|demand| demand.challenge == challenge && !demand.is_met);
            let missed: Vec<&str> = missed.map(|demand| demand.shortfall.as_str()).collect();
            let missed = match (is_valid, missed.is_empty()) {
                (false, _) => Some(why.trim_end_matches('.').to_owned()),
                (true, false) => Some(missed.join("; ")),
                (true, true) => None,
            };
            Outcome { challenge, missed }
        };
        self.names.iter().map(outcome).collect()
    }
}

impl Outcome {
    /// `PASSED`, or `NOT passed: ` and why.
    pub fn words(&self) -> String {
        match &self.missed {
            None => "PASSED".to_owned(),
            Some(why) => format!("NOT passed: {why}"),
        }
    }
}
