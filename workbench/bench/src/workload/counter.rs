//! `pn-counter` and `g-counter` (Maelstrom behaviour §9.5): a number to which everybody adds.

use super::*;
use crate::generator::{Draft, OncePerThread};
use fastrand::Rng;

/// Both counter workloads.
pub(super) struct Counter {
    may_shrink: bool,
    final_reads: OncePerThread,
}

const ADD_OK: Schema = Schema::closed("add_ok", &[]);
const READ_OK: Schema = Schema::closed("read_ok", &[("value", Shape::Integer)]);

impl Counter {
    /// A counter to which negative numbers are added too, or one that only grows.
    pub(super) fn new(may_shrink: bool) -> Counter {
        Counter { may_shrink, final_reads: OncePerThread::default() }
    }

    /// Half reads, half adds of -5 to 4. A counter that only grows passes over what would make it shrink and draws again,
    /// so two thirds of its operations are reads.
    fn operation(&self, rng: &mut Rng) -> Draft {
        loop {
            if rng.bool() {
                return Draft::new("read", Value::Nil);
            }
            let delta = rng.i64(-5..5);
            if self.may_shrink || delta >= 0 {
                return Draft::new("add", delta);
            }
        }
    }
}

impl Workload for Counter {
    fn rules(&self) -> Rules {
        Rules { keeps_clients: false, timeout: TIMEOUT, failures: Failures::Untold, has_final_phase: true }
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        choice.on_any(|rng| self.operation(rng))
    }

    fn draw_last(&mut self, choice: &mut Choice<'_>) -> Drawn {
        self.final_reads.draw(choice, || Draft::new("read", Value::Nil).marked_final())
    }

    fn begin(&mut self, _: u64, op: &Op) -> Step {
        Step::Call(match op.f {
            "read" => Call { request: Request::new("read"), schema: READ_OK },
            _ => Call { request: Request::new("add").with("delta", &op.value), schema: ADD_OK },
        })
    }

    fn answer(&mut self, _: u64, op: &Op, reply: Reply) -> Result<Step, Malformed> {
        Ok(Step::Ok(match op.f {
            "read" => reply.take("value"),
            _ => op.value.clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(may_shrink: bool) -> (usize, Vec<usize>) {
        let (counter, mut rng) = (Counter::new(may_shrink), Rng::with_seed(4));
        let (mut reads, mut adds) = (0, vec![0; 10]);
        for _ in 0..30_000 {
            match counter.operation(&mut rng).value.as_integer() {
                None => reads += 1,
                Some(delta) => adds[(delta + 5) as usize] += 1,
            }
        }
        (reads, adds)
    }

    #[test]
    fn half_of_a_pn_counters_operations_are_adds_of_minus_5_to_4() {
        let (reads, adds) = shares(true);
        assert!((14_500..15_500).contains(&reads), "{reads}");
        assert!(adds.iter().all(|count| (1_350..1_650).contains(count)), "{adds:?}");
    }

    #[test]
    fn a_third_of_a_g_counters_operations_are_adds_of_0_to_4() {
        let (reads, adds) = shares(false);
        assert!((19_500..20_500).contains(&reads), "{reads}");
        assert!(adds[..5].iter().all(|count| *count == 0), "{adds:?}");
        assert!(adds[5..].iter().all(|count| (1_850..2_150).contains(count)), "{adds:?}");
    }
}
