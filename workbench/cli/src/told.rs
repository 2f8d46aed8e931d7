//! What a run came to, in words and figures: the terminal shows a screen of it, `results.json` has it all for programs, and
//! `serve` lists runs by it.

use super::verdict::Exit;
use bench::run::Record;
use judge::figures::Figure;
use judge::{Finding, Results, Validity};
use report::{Challenged, Demand, Outcome, coach, notes, words};
use serde::Serialize;
use std::fmt::{self, Display, Formatter};
use store::Origin;
use worlds::processes::{Lag, NodeReport};

/// What a run came to.
#[derive(Debug)]
pub(super) struct Concluded {
    /// Its status, which is Maelstrom's whatever else was demanded.
    pub(super) exit: Exit,
    /// None if somebody interrupted it.
    pub(super) told: Option<Told>,
    /// The run itself.
    pub(super) record: Option<Record>,
    /// What was printed of it in the end.
    pub(super) summary: String,
}

/// What there is of a run besides its record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around<'a> {
    /// What became of the processes; none in virtual time and afterwards.
    pub(super) processes: &'a [NodeReport],
    /// How late the workbench was. Not at all in virtual time.
    pub(super) lag: Option<&'a Lag>,
    /// Whether to print the whole results map.
    pub(super) shows_results: bool,
}

/// All that there is to tell.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Told {
    /// `valid`, `invalid`, `unknown`, or `none`.
    pub(super) verdict: &'static str,
    /// Why, in a sentence or two.
    pub(super) because: String,
    /// What casts doubt on the run as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) doubt: Option<String>,
    /// The challenges that it is one of.
    pub(super) challenges: Vec<Challenge>,
    /// The figures that challenges limit, where they are known.
    pub(super) figures: Figures,
    /// What stands in the way of a valid verdict.
    pub(super) findings: Vec<Found>,
    /// What explains it.
    pub(super) explained: Vec<String>,
    /// What nodes did that was passed over.
    pub(super) notes: Vec<String>,
    /// Why it broke off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crash: Option<Crash>,
    /// The command that asks for it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<String>,
}

/// Whether a challenge was passed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Challenge {
    pub(super) name: &'static str,
    pub(super) passed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missed: Option<String>,
    pub(super) limits: Vec<Limit>,
}

/// A limit that a challenge sets.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Limit {
    words: String,
    below: f64,
    measured: Option<f64>,
    met: bool,
}

/// Figures, where results tell them.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Figures {
    pub(super) messages_per_operation: Option<f64>,
    pub(super) median_latency_ms: Option<f64>,
    pub(super) longest_latency_ms: Option<f64>,
}

/// A finding.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Found {
    pub(super) kind: &'static str,
    what: String,
    evidence: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

/// Why a run broke off.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Crash {
    reason: String,
    pub(super) last_words: Option<String>,
}

impl Told {
    /// What there is to tell. A run that broke off has no results.
    pub(super) fn new(
        record: &Record,
        results: Option<&Results>,
        challenged: &Challenged,
        origin: &Origin,
    ) -> Told {
        let because = words::because(record, results);
        let outcomes = challenged.outcomes(results, &because).into_iter();
        let figure = |figure: Figure| results.and_then(|results| figure.of(&results.value));
        let crash = record.crash.as_ref();
        Told {
            verdict: match results.map(|results| results.valid) {
                None => "none",
                Some(Validity::True) => "valid",
                Some(Validity::False) => "invalid",
                Some(Validity::Unknown) => "unknown",
            },
            doubt: notes::headline(record, results),
            challenges: outcomes.map(|outcome| Challenge::new(outcome, &challenged.demands)).collect(),
            figures: Figures {
                messages_per_operation: figure(Figure::MessagesPerOperation),
                median_latency_ms: figure(Figure::MedianLatency),
                longest_latency_ms: figure(Figure::LongestLatency),
            },
            findings: results
                .map(|results| results.findings.iter().map(Found::from).collect())
                .unwrap_or_default(),
            explained: coach::coach(record, results, challenged),
            notes: notes::notes(record),
            crash: crash
                .map(|crash| Crash { reason: crash.reason.clone(), last_words: crash.last_words.clone() }),
            command: origin.command.clone(),
            because,
        }
    }
}

impl Challenge {
    fn new(outcome: Outcome, demands: &[Demand]) -> Challenge {
        let Outcome { challenge: name, missed } = outcome;
        let limits = demands.iter().filter(|demand| demand.challenge == name).map(|demand| Limit {
            words: demand.words.clone(),
            below: demand.limit,
            measured: demand.measured,
            met: demand.is_met,
        });
        Challenge { name, passed: missed.is_none(), missed, limits: limits.collect() }
    }

    /// `3d: PASSED`
    pub(super) fn words(&self) -> String {
        match &self.missed {
            None => "PASSED".to_owned(),
            Some(missed) => format!("NOT passed: {missed}"),
        }
    }
}

impl Display for Found {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.what)?;
        self.evidence.iter().try_for_each(|evidence| write!(f, "\n    {evidence}"))
    }
}

impl From<&Finding> for Found {
    fn from(finding: &Finding) -> Found {
        Found {
            kind: finding.kind,
            what: finding.explanation.clone(),
            evidence: finding.evidence.iter().map(ToString::to_string).collect(),
            more: finding.more,
        }
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
