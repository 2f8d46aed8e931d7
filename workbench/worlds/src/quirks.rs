//! What is wrong with a simulated computer for good: its clock, and how long it takes over what it reads.
//!
//! A clock that drifts shows `past + elapsed × (1 + drift)`; all of it in integers, so that it shows the same on every
//! machine that this runs on. The inverse is rounded up: at the moment that [`Quirks::until`] names, the clock shows what
//! was waited for, and not a nanosecond before.

use bench::options::Hazards;
use fastrand::Rng;
use std::time::Duration;

const MILLION: i128 = 1_000_000;
/// One node in so many is slow.
const SLOW_ODDS: u8 = 3;

/// The quirks of one computer; by default it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    /// How much faster its clock runs than the world's, in millionths; negative if slower.
    drift_ppm: i32,
    /// How long it takes over a line.
    pub(super) per_line: Duration,
}

impl Quirks {
    /// Draws the quirks of one computer. Nothing is drawn for hazards that are off.
    pub(super) fn draw(hazards: &Hazards, rng: &mut Rng) -> Quirks {
        let most = i32::try_from(hazards.drift_ppm).unwrap_or(i32::MAX);
        let drift_ppm = if most == 0 { 0 } else { rng.i32(-most..=most) };
        let is_slow = !hazards.slowness.is_zero() && rng.u8(..SLOW_ODDS) == 0;
        let per_line = if is_slow { hazards.slowness.mul_f64(rng.f64()) } else { Duration::ZERO };
        Quirks { drift_ppm, per_line }
    }

    /// How far the clock goes while so much time passes.
    pub(super) fn shown(&self, elapsed: Duration) -> Duration {
        nanos(elapsed.as_nanos() as i128 * self.speed() / MILLION)
    }

    /// How much time passes until the clock has gone so far.
    pub(super) fn until(&self, shown: Duration) -> Duration {
        let speed = self.speed();
        nanos((shown.as_nanos() as i128 * MILLION + speed - 1) / speed)
    }

    /// How many nanoseconds the clock goes while a million pass.
    fn speed(&self) -> i128 {
        (MILLION + i128::from(self.drift_ppm)).max(1)
    }
}

fn nanos(nanos: i128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_drifts_shows_what_was_waited_for_exactly_then() {
        for drift_ppm in [-500_000, -333_333, -1, 0, 1, 7, 333_333, 500_000] {
            let quirks = Quirks { drift_ppm, ..Quirks::default() };
            for shown in [0, 1, 2, 999, 1_000_003, 20_000_000_001].map(Duration::from_nanos) {
                let until = quirks.until(shown);
                assert!(quirks.shown(until) >= shown, "{drift_ppm} {shown:?}");
                let before = until.saturating_sub(Duration::from_nanos(1));
                assert!(until.is_zero() || quirks.shown(before) < shown, "{drift_ppm} {shown:?}");
            }
        }
        let fast = Quirks { drift_ppm: 10_000, ..Quirks::default() };
        assert_eq!(fast.shown(Duration::from_secs(100)), Duration::from_secs(101));
    }

    #[test]
    fn nothing_is_drawn_for_hazards_that_are_off() {
        let (mut rng, untouched) = (Rng::with_seed(1), Rng::with_seed(1));
        assert_eq!(Quirks::draw(&Hazards::default(), &mut rng), Quirks::default());
        assert_eq!(rng.get_seed(), untouched.get_seed());
    }
}
