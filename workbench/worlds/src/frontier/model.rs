//! The idealised star that messages in rounds are held against.
//!
//! n nodes, the first of which is the hub, speak in rounds of length T. All leaves speak at the same moment, exactly one
//! latency L before the hub's round: nothing waits at the hub. A leaf speaks only if it has news of its own; the hub
//! speaks to every leaf, since in a busy cluster it has news for each. No message only acknowledges, none is lost.
//!
//! **Cost.** Broadcasts come at random, λ of them per node and second, so a leaf has news with probability 1 − e^(−λT).
//! A round takes (n − 1) messages down and (n − 1)(1 − e^(−λT)) up, and sees T × rate operations:
//!
//! ```text
//! msgs/op = (n − 1) (1 + 1 − e^(−λT)) / (T × rate)
//! ```
//!
//! Nothing that keeps the same staleness can send less: every node must hear at least once a round, and every node with
//! news must speak once a round. (A node that speaks to several others in turn only replaces the hub.)
//!
//! **Latency.** A value waits for U at its origin, uniform between 0 and T, and then crosses two links: U + 2L. But
//! Maelstrom's *stable latency* ends when the last read without the value begins (§9.4), some time before the value is
//! everywhere. Until the very end n − 2 of the n nodes lack it, so that last read is earlier by E, exponential with mean
//! n / (n − 2) / (reads per second). The model's latency is the quantile of U + 2L − E, and at most T + 2L.
//!
//! That is no lower bound: measured latencies lie below it, by up to about one L. The model knows nothing of a read that
//! waits behind a server's message in flight, and so sees the value though it began before the value was there (see
//! [`super`]).

use super::measure::Load;
use std::time::Duration;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Star {
    /// The load.
    pub load: Load,
    /// T.
    pub round: Duration,
}

impl Star {
    /// Messages between nodes per operation of a client.
    pub fn messages_per_operation(&self) -> f64 {
        let (nodes, round) = (self.load.nodes as f64, self.round.as_secs_f64());
        let broadcasts = self.half_rate() / nodes;
        let has_news = 1.0 - (-broadcasts * round).exp();
        (nodes - 1.0) * (1.0 + has_news) / (round * self.load.rate)
    }

    /// The stable latency that this share of the values stays below.
    pub fn latency_ms(&self, quantile: f64) -> f64 {
        let (round, links) = (self.round.as_secs_f64(), 2.0 * self.load.latency_ms as f64 / 1000.0);
        // By bisection: the share is 0 at the left end, 1 at the right one, and rises between them.
        let (mut low, mut high) = (-links, round);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if self.share_below(middle) < quantile { low = middle } else { high = middle }
        }
        (high + links) * 1000.0
    }

    /// P(U − E ≤ x), where no latency is below zero.
    fn share_below(&self, x: f64) -> f64 {
        let round = self.round.as_secs_f64();
        let gap = self.mean_gap();
        // The part of U up to x is below whatever E is; of the rest, whatever E reaches.
        let certain = x.max(0.0);
        (certain + gap * ((-(certain - x) / gap).exp() - (-(round - x) / gap).exp())) / round
    }

    /// The mean of E, in seconds.
    fn mean_gap(&self) -> f64 {
        let nodes = self.load.nodes as f64;
        nodes / (nodes - 2.0).max(1.0) / self.half_rate()
    }

    /// Broadcasts in a second, and as many reads.
    fn half_rate(&self) -> f64 {
        self.load.rate / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn star(round_ms: u64) -> Star {
        Star { load: Load::CHALLENGE_3D, round: Duration::from_millis(round_ms) }
    }

    /// Round, messages per operation, median, 95 %, longest: from a simulation of the same star.
    const SIMULATED: [(u64, f64, f64, f64, f64); 6] = [
        (200, 1.61, 278.0, 378.0, 398.0),
        (300, 1.17, 323.0, 468.0, 497.0),
        (350, 1.05, 349.0, 512.0, 547.0),
        (390, 0.96, 373.0, 554.0, 585.0),
        (1000, 0.46, 667.0, 1129.0, 1195.0),
        (1550, 0.31, 936.0, 1634.0, 1743.0),
    ];

    #[test]
    fn the_formulas_agree_with_a_simulation_of_the_model() {
        for (round_ms, cost, median, high, longest) in SIMULATED {
            let star = star(round_ms);
            let off = (star.messages_per_operation() / cost - 1.0).abs();
            assert!(off < 0.04, "{round_ms} ms: {} messages", star.messages_per_operation());
            for (quantile, simulated) in [(0.5, median), (0.95, high), (1.0, longest)] {
                let latency = star.latency_ms(quantile);
                assert!(
                    (latency - simulated).abs() < 25.0,
                    "{round_ms} ms, {quantile}: {latency} {simulated}"
                );
            }
        }
    }

    #[test]
    fn a_longer_round_is_cheaper_and_slower() {
        let stars: Vec<Star> = (1..100).map(|tenths| star(tenths * 100)).collect();
        for pair in stars.windows(2) {
            assert!(pair[0].messages_per_operation() > pair[1].messages_per_operation());
            assert!([0.5, 0.95, 1.0].into_iter().all(|q| pair[0].latency_ms(q) < pair[1].latency_ms(q)));
        }
    }

    #[test]
    fn quantiles_rise_to_a_round_and_two_links() {
        let star = star(350);
        let quantiles = [0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0].map(|quantile| star.latency_ms(quantile));
        assert!(quantiles.windows(2).all(|pair| pair[0] < pair[1]), "{quantiles:?}");
        assert!((quantiles[6] - 550.0).abs() < 0.5, "{quantiles:?}");
    }
}
