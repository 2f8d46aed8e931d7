//! What is said to a peer once more, and how much of that there may be.
//!
//! What a peer is sent for the first time is bounded by what others have said. What it is sent again is not: whoever says that
//! it has lost everything, in a new life or with a complaint or with silence, has a hundred bytes answered with all that there
//! is. So for what is repeated, updates and vectors alike, a link pays from a token bucket (Turner, *New directions in
//! communications*, 1986; here in the form of the generic cell rate algorithm, ITU-T I.371). While it is empty, no stream
//! begins anew, and answers are bare. A stream that goes on repeats nothing, so it never waits.
//!
//! The bucket is deep enough for what the network loses. A whole stream costs no more than a bucketful, however much it
//! repeats. So whoever has lost everything gets it back at once, even if it is lost once more on its way, and after that twice
//! a minute.

use core::time::Duration;

use super::vector::{Span, Vector};
use crate::Time;

/// So many bytes a second may be repeated.
const BYTES_PER_SECOND: u64 = 128 << 10;

/// So much at once: 3.75 MiB.
const DEPTH: Duration = Duration::from_secs(30);

/// About so many bytes long is an entry of a vector as it travels.
const ENTRY_BYTES: u64 = 32;

/// What has been said over a link, in all lives of the peer, and when the repetitions among that will have been paid for.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
    said: Vector,
    paid_at: Time,
    /// When the stream that goes on will have been paid for at the latest.
    stream_paid_at: Time,
}

impl Repeats {
    /// From when on things may be repeated.
    pub(super) fn open_at(&self) -> Time {
        self.paid_at - DEPTH
    }

    /// A stream begins at `now`.
    pub(super) fn begin(&mut self, now: Time) {
        self.stream_paid_at = self.paid_at.max(now) + DEPTH;
    }

    /// A run of so many bytes is said at `now`.
    pub(super) fn run(&mut self, now: Time, span: &Span, bytes: usize) {
        let repeated = self.said.get(span.origin).min(span.last).saturating_sub(span.first - 1);
        let count = span.last - (span.first - 1);
        // No run is longer than the longest message, and no count than what it counts.
        let bytes = (bytes as u128 * u128::from(repeated) / u128::from(count)) as u64;
        let paid_at = (self.paid_at.max(now) + time(bytes)).min(self.stream_paid_at);
        self.paid_at = self.paid_at.max(paid_at);
        self.said.raise(span.origin, span.last);
    }

    /// A vector of so many entries is said at `now`.
    pub(super) fn vector(&mut self, now: Time, entries: usize) {
        self.paid_at = self.paid_at.max(now) + time(entries as u64 * ENTRY_BYTES);
    }
}

/// How long it takes to pay for so many bytes.
fn time(bytes: u64) -> Duration {
    Duration::from_micros(bytes.saturating_mul(1_000_000) / BYTES_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { origin: 3, first: 1, last: 4 };

    fn at(seconds: u64) -> Time {
        Time::from_millis(1_000 * seconds)
    }

    fn with_stream() -> Repeats {
        let mut repeats = Repeats::default();
        repeats.begin(at(100));
        repeats.run(at(100), &SPAN, 1 << 30);
        repeats
    }

    #[test]
    fn what_is_said_for_the_first_time_costs_nothing() {
        let mut repeats = with_stream();
        assert_eq!(repeats.open_at(), at(100) - DEPTH, "the bucket is full");
        repeats.run(at(100), &Span { first: 5, last: 9, ..SPAN }, 1 << 30);
        assert_eq!(repeats.open_at(), at(100) - DEPTH);
    }

    #[test]
    fn a_bucketful_is_repeated_at_once_and_then_so_much_a_second() {
        let mut repeats = with_stream();
        repeats.run(at(100), &SPAN, 15 << 18);
        assert_eq!(repeats.open_at(), at(100), "just so");
        repeats.vector(at(100), 4 << 10);
        assert_eq!(repeats.open_at(), at(101));
        repeats.begin(at(101));
        repeats.run(at(101), &SPAN, 128 << 10);
        assert_eq!(repeats.open_at(), at(102));
    }

    #[test]
    fn of_a_run_only_the_part_counts_that_was_said_before() {
        let mut repeats = with_stream();
        repeats.run(at(100), &Span { first: 4, last: 5, ..SPAN }, 1 << 20);
        assert_eq!(repeats.open_at(), at(104) - DEPTH, "half of it");
    }

    #[test]
    fn a_stream_costs_no_more_than_a_bucketful_however_long_it_is() {
        let mut repeats = with_stream();
        for _ in 0..10 {
            repeats.run(at(100), &SPAN, usize::MAX);
        }
        assert_eq!(repeats.open_at(), at(100));
        repeats.begin(at(110));
        repeats.run(at(110), &SPAN, usize::MAX);
        assert_eq!(repeats.open_at(), at(130));
    }
}
