//! What a challenge demands of a run, as plain data: which challenge a run is one of is for others to say.

use serde::Serialize;

/// The challenges that a run's flags are those of, and what they demand of its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Challenged {
    /// Their names, if there are any: `3d and 3e`.
    pub name: Option<String>,
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
    /// Whether it is about the latency of half of the values, or of all.
    pub of_latency: Option<&'static str>,
    /// The figure must be less than this.
    pub limit: f64,
    /// What was measured.
    pub measured: Option<f64>,
    /// Whether the demand is met.
    pub is_met: bool,
}
