//! No workload at all.

use super::*;

/// What a run does that cannot do what it was asked to.
pub(crate) struct Idle;

impl Workload for Idle {
    fn rules(&self) -> Rules {
        let failures = Failures::Untold;
        Rules { keeps_clients: true, timeout: TIMEOUT, failures, has_final_phase: false }
    }

    fn draw(&mut self, _: &mut Choice<'_>) -> Drawn {
        Drawn::Done
    }

    fn begin(&mut self, _: u64, op: &Op) -> Step {
        Step::Ok(op.value.clone())
    }

    fn answer(&mut self, _: u64, op: &Op, _: Reply) -> Result<Step, Malformed> {
        Ok(Step::Ok(op.value.clone()))
    }
}
