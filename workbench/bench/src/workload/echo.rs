//! `echo` (Maelstrom behaviour §9.1): say it back.

use super::*;
use crate::generator::Draft;
use edn::json;

/// The echo workload.
pub(super) struct Echo;

const ECHO_OK: Schema = Schema::closed("echo_ok", &[("echo", Shape::Any)]);

impl Workload for Echo {
    fn rules(&self) -> Rules {
        Rules {
            keeps_clients: false,
            timeout: TIMEOUT,
            failures: Failures::Told { harmless: &[] },
            has_final_phase: false,
        }
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        choice.on_each(|rng| Draft::new("echo", &*format!("Please echo {}", rng.u8(..128))))
    }

    fn begin(&mut self, _: u64, op: &Op) -> Step {
        Step::Call(Call { request: Request::new("echo").with("echo", &op.value), schema: ECHO_OK })
    }

    /// The checker looks at the whole body.
    fn answer(&mut self, _: u64, _: &Op, reply: Reply) -> Result<Step, Malformed> {
        Ok(Step::Ok(json::keywordize(reply.into_body())))
    }
}
