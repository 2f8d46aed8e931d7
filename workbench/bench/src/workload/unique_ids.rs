//! `unique-ids` (Maelstrom behaviour §9.2): ids that nobody else gets.

use super::*;
use crate::generator::Draft;

/// The unique-ids workload.
pub(super) struct UniqueIds;

const GENERATE_OK: Schema = Schema::closed("generate_ok", &[("id", Shape::Any)]);

impl Workload for UniqueIds {
    fn rules(&self) -> Rules {
        Rules {
            keeps_clients: true,
            timeout: TIMEOUT,
            failures: Failures::Told { harmless: &[] },
            has_final_phase: false,
        }
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        choice.on_any(|_| Draft::new("generate", Value::Nil))
    }

    fn begin(&mut self, _: u64, _: &Op) -> Step {
        Step::Call(Call { request: Request::new("generate"), schema: GENERATE_OK })
    }

    fn answer(&mut self, _: u64, _: &Op, reply: Reply) -> Result<Step, Malformed> {
        Ok(Step::Ok(reply.take("id")))
    }
}
