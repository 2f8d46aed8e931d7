//! Which key a transaction touches next, and how (Maelstrom behaviour §9.7).

use fastrand::Rng;
use std::collections::BTreeMap;

/// The keys in use: a fixed number at a time. Each is written a limited number of times, always with a new value, and is
/// then replaced by a fresh one.
pub(super) struct KeyPool {
    active: Vec<i64>,
    written: BTreeMap<i64, i64>,
    most_writes: i64,
}

/// One access to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read { key: i64 },
    Write { key: i64, value: i64 },
}

impl KeyPool {
    pub(super) fn new(key_count: usize, most_writes: i64) -> KeyPool {
        let active = (0..key_count.max(1) as i64).collect();
        KeyPool { active, written: BTreeMap::new(), most_writes: most_writes.max(1) }
    }

    /// The next access: half are reads. The values of a key are 1, 2, 3, …, so no two writes are the same.
    pub(super) fn draw(&mut self, rng: &mut Rng) -> Access {
        loop {
            let position = self.position(rng);
            let key = self.active[position];
            if rng.bool() {
                return Access::Read { key };
            }
            let written = self.written.entry(key).or_insert(0);
            if *written < self.most_writes {
                *written += 1;
                return Access::Write { key, value: *written };
            }
            self.written.remove(&key);
            self.active[position] = self.active.iter().max().map_or(0, |newest| newest + 1);
        }
    }

    /// Each position is picked twice as often as the one before it. Counting coin tosses from the end, and starting over
    /// when they lead past the beginning, is exactly that.
    fn position(&self, rng: &mut Rng) -> usize {
        loop {
            let skipped = rng.u64(..).trailing_zeros() as usize;
            if skipped < self.active.len() {
                return self.active.len() - 1 - skipped;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Appendix B, example 12.
    #[test]
    fn each_position_is_picked_twice_as_often_as_the_one_before() {
        let (pool, mut rng) = (KeyPool::new(10, 16), Rng::with_seed(1));
        let mut picked = [0.0; 10];
        for _ in 0..200_000 {
            picked[pool.position(&mut rng)] += 1.0 / 200_000.0;
        }
        for (position, share) in picked.into_iter().enumerate() {
            let expected = 2f64.powi(position as i32 + 1) / 2046.0;
            assert!(
                (share - expected).abs() < 0.1 * expected + 0.0005,
                "{position}: {share}, not {expected}"
            );
        }
    }

    #[test]
    fn a_pool_of_one_or_of_very_many_keys_works() {
        let mut rng = Rng::with_seed(1);
        assert!((0..100).all(|_| KeyPool::new(1, 16).position(&mut rng) == 0));
        assert!((0..100).all(|_| KeyPool::new(5_000, 16).position(&mut rng) > 4_900));
    }

    #[test]
    fn values_count_up_and_a_key_that_is_written_full_is_replaced_for_good() {
        let (mut pool, mut rng) = (KeyPool::new(3, 4), Rng::with_seed(2));
        let mut written: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        let (mut reads, mut last_seen) = (0, BTreeSet::new());
        for draw in 0..2_000 {
            let key = match pool.draw(&mut rng) {
                Access::Read { key } => {
                    reads += 1;
                    key
                }
                Access::Write { key, value } => {
                    written.entry(key).or_default().push(value);
                    key
                }
            };
            if draw >= 1_990 {
                last_seen.insert(key);
            }
        }
        // A key that is full has the access drawn again, read or write: to every 4 writes there are 5 reads.
        assert!((1_030..1_190).contains(&reads), "{reads}");
        assert!(written.values().all(|values| *values == [1, 2, 3, 4][..values.len()]));
        assert!(written.len() > 200 && *last_seen.first().unwrap() > 100, "{last_seen:?}");
    }
}
