//! The controls above a run's page in the lab: what was asked for, to be asked for otherwise.

use serde::Serialize;

/// The controls.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lab {
    /// The run as the words of `workbench sim`.
    pub words: String,
    /// What runs: value, name, whether it does now.
    pub machines: Vec<(String, String, bool)>,
    /// Sliders.
    pub sliders: Vec<Slider>,
    /// Switches: name, label, whether it is on.
    pub switches: Vec<(&'static str, &'static str, bool)>,
    /// How latencies are spread, and whether they are now.
    pub distributions: Vec<(&'static str, bool)>,
    /// What is broken and mended by hand, a line each.
    pub script: String,
    /// The nodes, by name.
    pub nodes: Vec<String>,
    /// Runs to begin with: what they show, and their words.
    pub examples: Vec<(&'static str, &'static str)>,
    /// What is wrong with what was asked for; then the page is not about a run.
    pub mistakes: Vec<String>,
}

/// A number to choose.
#[derive(Clone, Debug, Serialize)]
pub struct Slider {
    /// The field's name.
    pub name: &'static str,
    /// What it is, for people.
    pub label: &'static str,
    /// From where to where, and in which steps.
    pub least: f64,
    /// …
    pub most: f64,
    /// …
    pub step: f64,
    /// Its value now.
    pub value: f64,
    /// What it counts.
    pub unit: &'static str,
}
