//! What nodes wrote to stderr, and what they thought, as a page has it: lines with their moments; and how a failing run's prospects
//! became worse.

use super::packed::{Numbers, packed};
use super::text::cut;
use super::traffic::micros;
use bench::run::Said;
use machines::Time;
use serde::Serialize;
use worlds::too_late::TooLate;

/// Lines that a page has. Of more, the first half and the last are there.
pub const MAX_LINES: usize = 150_000;
/// Longer lines are cut, in bytes.
const MAX_LINE: usize = 400;

/// Lines, each of a node at a moment.
#[derive(Serialize)]
pub(super) struct Told {
    count: usize,
    /// Lines in the middle that are not there.
    left_out: usize,
    /// Their columns, packed: moment, node.
    columns: String,
    /// Their texts, packed: JSON strings.
    texts: String,
}

impl Told {
    pub(super) fn new<'a>(said: impl ExactSizeIterator<Item = &'a Said> + Clone, start: Time) -> Told {
        let all = said.len();
        let left_out = all.saturating_sub(MAX_LINES);
        let is_kept = |position: usize| {
            left_out == 0 || position < MAX_LINES / 2 || position >= MAX_LINES / 2 + left_out
        };
        let kept =
            || said.clone().enumerate().filter(|(position, _)| is_kept(*position)).map(|(_, said)| said);
        let mut columns = Numbers::default();
        columns.differences(kept().map(|said| micros(said.time, start)));
        columns.column(kept().map(|said| said.node as i64));
        let texts: Vec<String> = kept().map(|said| cut(&said.text, MAX_LINE)).collect();
        let texts = serde_json::to_vec(&texts).expect("strings can be JSON");
        Told { count: all - left_out, left_out, columns: columns.packed(), texts: packed(&texts) }
    }
}

/// How a failing run's prospects became worse.
#[derive(Serialize)]
pub(super) struct Worsening {
    /// Moments, in microseconds, and the share of continuations that failed.
    moments: Vec<(i64, f64)>,
    of: u64,
    /// When failing became certain.
    certain_us: Option<i64>,
    #[serde(skip)]
    pub(super) words: String,
}

impl Worsening {
    pub(super) fn new(too_late: &TooLate, start: Time) -> Worsening {
        let share = |moment: &worlds::too_late::Moment| moment.failed as f64 / moment.of.max(1) as f64;
        let moments = too_late.moments.iter().map(|moment| (micros(moment.time, start), share(moment)));
        let of = too_late.moments.first().map_or(0, |moment| moment.of);
        let certain_us = too_late.certain().map(|moment| micros(moment.time, start));
        let first = too_late.moments.first().map_or(0.0, |moment| 100.0 * share(moment));
        let kind = &too_late.kind;
        let words = match certain_us {
            Some(us) => format!(
                "From {:.3} s on every continuation that was tried fails with “{kind}”, too.",
                us as f64 / 1e6
            ),
            None => "At no moment did every continuation that was tried fail in the same way.".to_owned(),
        };
        let words = format!(
            "The run was played again up to each of these moments, and from there with {of} other seeds. From its very beginning {first:.0} % of them fail with “{kind}”. {words}"
        );
        Worsening { moments: moments.collect(), of, certain_us, words }
    }
}
