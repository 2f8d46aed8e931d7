//! How long a message is under way (Maelstrom behaviour §4.2).

use crate::options::{Latency, LatencyDistribution};
use fastrand::Rng;
use std::time::Duration;

/// Draws the latency of one message between two participants.
///
/// Anything with a client at either end takes no time at all; all else, a node's messages to itself included, is one draw
/// in whole milliseconds. A mean of 0 means no latency, whatever the distribution: it is for the command line to refuse
/// what Maelstrom cannot do.
pub(super) fn draw(latency: Latency, touches_client: bool, rng: &mut Rng) -> Duration {
    if touches_client || latency.mean_ms == 0 {
        return Duration::ZERO;
    }
    let millis = match latency.distribution {
        LatencyDistribution::Constant => latency.mean_ms,
        LatencyDistribution::Uniform => rng.u64(0..latency.mean_ms.saturating_mul(2)),
        LatencyDistribution::Exponential => exponential(latency.mean_ms as f64, rng) as u64,
    };
    Duration::from_millis(millis)
}

fn exponential(mean: f64, rng: &mut Rng) -> f64 {
    -mean * (1.0 - rng.f64()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u64 = 20_000;

    fn draws(distribution: LatencyDistribution, mean_ms: u64) -> Vec<u64> {
        let mut rng = Rng::with_seed(7);
        let latency = Latency { mean_ms, distribution };
        (0..DRAWS).map(|_| draw(latency, false, &mut rng).as_millis() as u64).collect()
    }

    #[test]
    fn a_client_at_either_end_means_no_latency() {
        let latency = Latency { mean_ms: 100, distribution: LatencyDistribution::Constant };
        assert_eq!(draw(latency, true, &mut Rng::with_seed(1)), Duration::ZERO);
        assert_eq!(draw(latency, false, &mut Rng::with_seed(1)), Duration::from_millis(100));
    }

    #[test]
    fn uniform_latencies_reach_both_ends_of_their_range_and_leave_out_twice_the_mean() {
        let draws = draws(LatencyDistribution::Uniform, 10);
        assert_eq!((draws.iter().min(), draws.iter().max()), (Some(&0), Some(&19)));
        let mean = draws.iter().sum::<u64>() as f64 / DRAWS as f64;
        assert!((9.3..9.7).contains(&mean), "a mean of 9.5 ms, not {mean}");
    }

    #[test]
    fn exponential_latencies_have_the_mean_asked_for_less_the_truncation() {
        let draws = draws(LatencyDistribution::Exponential, 100);
        let mean = draws.iter().sum::<u64>() as f64 / DRAWS as f64;
        assert!((97.0..102.0).contains(&mean), "a mean of 99.5 ms, not {mean}");
        let late = draws.iter().filter(|millis| **millis >= 300).count() as f64 / DRAWS as f64;
        assert!((0.04..0.06).contains(&late), "e^-3 of the messages take three times the mean, not {late}");
    }

    #[test]
    fn a_mean_of_zero_is_no_latency_in_every_distribution() {
        for distribution in
            [LatencyDistribution::Constant, LatencyDistribution::Uniform, LatencyDistribution::Exponential]
        {
            assert!(draws(distribution, 0).iter().all(|millis| *millis == 0));
        }
    }
}
