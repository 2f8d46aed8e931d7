//! How late the loop was: the difference between the moment something was due and the moment it was done.
//!
//! A wall-time verdict is only worth something if the bench itself kept time, so every run states its own lag.

use std::time::Duration;

/// Lateness above which a run's latency figures are not to be trusted.
pub const WORRYING: Duration = Duration::from_millis(20);

/// A histogram of latenesses in microseconds. Buckets double every four, so a quantile is at most a quarter too high.
#[derive(Clone, Debug)]
pub struct Lag {
    counts: [u64; BUCKETS],
    total: u64,
    max: Duration,
}

/// Four buckets for each power of two of a 64-bit number.
const BUCKETS: usize = 64 * 4;

impl Default for Lag {
    fn default() -> Lag {
        Lag { counts: [0; BUCKETS], total: 0, max: Duration::ZERO }
    }
}

impl Lag {
    /// Counts one event that was handled so late.
    pub fn record(&mut self, lateness: Duration) {
        self.counts[bucket_of(lateness)] += 1;
        self.total += 1;
        self.max = self.max.max(lateness);
    }

    /// The worst.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The lateness that this share of the events stayed within, rounded up to its bucket's end.
    pub fn quantile(&self, share: f64) -> Duration {
        let wanted = (self.total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && *count > 0 {
                return end_of(bucket).min(self.max);
            }
        }
        self.max
    }
}

fn bucket_of(lateness: Duration) -> usize {
    let micros = u64::try_from(lateness.as_micros()).unwrap_or(u64::MAX);
    if micros < 4 {
        return micros as usize;
    }
    let power = micros.ilog2() as usize;
    let quarter = (micros >> (power - 2)) as usize & 3;
    power * 4 + quarter
}

fn end_of(bucket: usize) -> Duration {
    if bucket < 8 {
        return Duration::from_micros(bucket as u64 + 1);
    }
    let (power, quarter) = (bucket / 4, bucket as u128 % 4);
    let end = (5 + quarter) << (power - 2);
    Duration::from_micros(u64::try_from(end).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lateness_lies_below_its_buckets_end_and_not_far_below() {
        for micros in (0..5000).chain([1 << 20, 123_456_789, u64::MAX >> 10]) {
            let lateness = Duration::from_micros(micros);
            let end = end_of(bucket_of(lateness));
            assert!(lateness < end, "{micros}");
            assert!(end.as_micros() <= u128::from(micros) * 5 / 4 + 1, "{micros} in a bucket up to {end:?}");
        }
        assert_eq!(bucket_of(Duration::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let mut lag = Lag::default();
        assert_eq!(lag.quantile(0.99), Duration::ZERO);
        for micros in 1..=1000 {
            lag.record(Duration::from_micros(micros));
        }
        assert_eq!(lag.max(), Duration::from_micros(1000));
        assert_eq!(lag.quantile(1.0), Duration::from_micros(1000));
        let median = lag.quantile(0.5).as_micros();
        assert!((500..=625).contains(&median), "{median}");
    }
}
