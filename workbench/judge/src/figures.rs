//! Whether a broadcast run was as cheap and as quick as wanted: the figures that challenges 3d and 3e limit (§15), read
//! from the results of a run, ours or Maelstrom's.
//!
//! A challenge demands that a figure stays *below* a number; what this project wants of itself is stricter. Both are
//! shown side by side and both must be met, so that a change that makes things worse is noticed long before a challenge
//! is lost.

use std::fmt;

use edn::Value;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Messages between servers per operation of a client: `:net :servers :msgs-per-op`.
    MessagesPerOperation,
    /// Half of the values were visible everywhere after this: `:workload :stable-latencies`, 0.5.
    MedianLatency,
    /// All of them were, after this: `:workload :stable-latencies`, 1.
    LongestLatency,
}

/// What somebody wants of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The figure.
    pub figure: Figure,
    /// The challenge's number: the figure must be less.
    pub demanded: Option<f64>,
    /// Our own number: the figure must be less.
    pub target: Option<f64>,
}

/// A figure, and what was wanted of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// What was wanted.
    pub threshold: Threshold,
    /// What the run shows; nothing if its results do not tell.
    pub measured: Option<f64>,
}

/// Judgements as a table.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a>(pub &'a [Judgement]);

/// Holds results against thresholds.
pub fn judge(results: &Value, thresholds: &[Threshold]) -> Vec<Judgement> {
    let judged = |&threshold: &Threshold| Judgement { threshold, measured: threshold.figure.of(results) };
    thresholds.iter().map(judged).collect()
}

impl Figure {
    /// All figures, in the order in which they are shown.
    pub const ALL: [Figure; 3] =
        [Figure::MessagesPerOperation, Figure::MedianLatency, Figure::LongestLatency];

    /// The figure of a run with these results.
    pub fn of(self, results: &Value) -> Option<f64> {
        match self {
            Figure::MessagesPerOperation => number(results.get("net")?.get("servers")?.get("msgs-per-op")?),
            Figure::MedianLatency => stable_latency_ms(results, 0.5),
            Figure::LongestLatency => stable_latency_ms(results, 1.0),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Figure::MessagesPerOperation => "server messages per operation",
            Figure::MedianLatency => "median latency (ms)",
            Figure::LongestLatency => "longest latency (ms)",
        }
    }
}

impl Judgement {
    /// Whether the figure is below the challenge's number, if that has one.
    pub fn limit(&self) -> Option<bool> {
        self.threshold.demanded.map(|limit| self.is_below(limit))
    }

    /// Whether it is below our own number, if that is held against it.
    pub fn target(&self) -> Option<bool> {
        self.threshold.target.map(|target| self.is_below(target))
    }

    fn is_below(&self, number: f64) -> bool {
        self.measured.is_some_and(|measured| measured < number)
    }

    /// Whether the figure is below both numbers. One that is not there is not below any.
    pub fn is_met(&self) -> bool {
        [self.limit(), self.target()].into_iter().flatten().all(|is_met| is_met)
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measured = |number: Option<f64>| number.map_or("none".to_string(), shown);
        let limit =
            |number: Option<f64>| number.map_or(String::new(), |number| format!("< {}", shown(number)));
        writeln!(f, "{:30} {:>10} {:>12} {:>12}", "", "measured", "demanded", "our target")?;
        for judgement in self.0 {
            let Threshold { figure, demanded, target } = judgement.threshold;
            let (measured, demanded, target) = (measured(judgement.measured), limit(demanded), limit(target));
            let verdict = match judgement.is_met() {
                _ if demanded.is_empty() && target.is_empty() => "",
                true => "met",
                false => "MISSED",
            };
            writeln!(f, "{:30} {measured:>10} {demanded:>12} {target:>12}   {verdict}", figure.name())?;
        }
        Ok(())
    }
}

/// The stable latency that this share of the values stays below or at.
pub fn stable_latency_ms(results: &Value, quantile: f64) -> Option<f64> {
    number(quantile_of(results.get("workload")?.get("stable-latencies")?, quantile)?)
}

/// The value of a map from quantiles: integers and fractions are both found among its keys.
fn quantile_of(quantiles: &Value, quantile: f64) -> Option<&Value> {
    let Value::Map(entries) = quantiles else { return None };
    entries.iter().find(|(key, _)| number(key) == Some(quantile)).map(|(_, value)| value)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// At most three digits after the point: more would only be noise.
fn shown(number: f64) -> String {
    let digits = format!("{number:.3}");
    digits.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS: &str = "{:net {:all {:msgs-per-op 99.0} :servers {:msgs-per-op 1.1876543}}
        :workload {:stable-latencies {0 0, 0.5 361, 0.95 540, 0.99 560, 1 566}} :valid? true}";

    fn judgements(results: &str, demanded: [f64; 3], target: [f64; 3]) -> Vec<Judgement> {
        let thresholds: Vec<Threshold> = Figure::ALL
            .into_iter()
            .zip(demanded.into_iter().zip(target))
            .map(|(figure, (demanded, target))| Threshold {
                figure,
                demanded: Some(demanded),
                target: Some(target),
            })
            .collect();
        judge(&edn::read(results).unwrap(), &thresholds)
    }

    #[test]
    fn the_figures_are_those_between_servers_and_those_of_stable_values() {
        let results = edn::read(RESULTS).unwrap();
        assert_eq!(
            Figure::ALL.map(|figure| figure.of(&results)),
            [Some(1.1876543), Some(361.0), Some(566.0)]
        );
    }

    #[test]
    fn what_is_below_both_numbers_is_met() {
        let judgements = judgements(RESULTS, [30.0, 400.0, 600.0], [1.2, 380.0, 570.0]);
        assert!(judgements.iter().all(Judgement::is_met), "{}", Table(&judgements));
    }

    #[test]
    fn each_number_can_be_missed_on_its_own_and_equal_is_not_below() {
        let demanded = [30.0, 361.0, 600.0];
        let target = [1.2, 380.0, 566.0];
        let met: Vec<bool> = judgements(RESULTS, demanded, target).iter().map(Judgement::is_met).collect();
        assert_eq!(met, [true, false, false]);
    }

    #[test]
    fn a_number_that_nobody_named_cannot_be_missed() {
        let threshold = Threshold { figure: Figure::MedianLatency, demanded: None, target: None };
        assert!(Judgement { threshold, measured: None }.is_met());
    }

    #[test]
    fn results_without_a_figure_miss_it() {
        let judgements =
            judgements("{:workload {:valid? :unknown}}", [30.0, 400.0, 600.0], [1.2, 380.0, 570.0]);
        assert!(judgements.iter().all(|judgement| judgement.measured.is_none() && !judgement.is_met()));
        assert!(Table(&judgements).to_string().contains("none"));
    }

    #[test]
    fn the_results_of_a_real_run_are_understood() {
        let results = edn::read(include_str!("../tests/recorded/broadcast.results.edn")).unwrap();
        assert!(Figure::ALL.iter().all(|figure| figure.of(&results).is_some()));
    }

    #[test]
    fn the_table_names_what_was_missed() {
        let judgements = judgements(RESULTS, [30.0, 400.0, 600.0], [1.0, 380.0, 570.0]);
        let table = Table(&judgements).to_string();
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1][4..], ["1.188", "<", "30", "<", "1", "MISSED"]);
        assert_eq!(lines[2][3..], ["361", "<", "400", "<", "380", "met"]);
    }
}
