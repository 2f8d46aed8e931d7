//! `g-set` (Maelstrom behaviour §9.4): a set that only grows.

use super::*;
use crate::generator::{Draft, OncePerThread};
use edn::Packer;

/// The g-set workload.
#[derive(Default)]
pub(super) struct GSet {
    next_element: i64,
    final_reads: OncePerThread,
    reads: Packer,
}

const ADD_OK: Schema = Schema::closed("add_ok", &[]);
const READ_OK: Schema = Schema::closed("read_ok", &[("value", Shape::List)]);

impl Workload for GSet {
    fn rules(&self) -> Rules {
        Rules { keeps_clients: false, timeout: TIMEOUT, failures: Failures::Untold, has_final_phase: true }
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        choice.on_any(|rng| {
            if rng.bool() {
                return Draft::new("read", Value::Nil);
            }
            self.next_element += 1;
            Draft::new("add", self.next_element - 1)
        })
    }

    /// Unlike in other workloads, these reads are not marked as final.
    fn draw_last(&mut self, choice: &mut Choice<'_>) -> Drawn {
        self.final_reads.draw(choice, || Draft::new("read", Value::Nil))
    }

    fn begin(&mut self, _: u64, op: &Op) -> Step {
        Step::Call(match op.f {
            "read" => Call { request: Request::new("read"), schema: READ_OK },
            _ => Call { request: Request::new("add").with("element", &op.value), schema: ADD_OK },
        })
    }

    fn answer(&mut self, _: u64, op: &Op, reply: Reply) -> Result<Step, Malformed> {
        Ok(Step::Ok(match op.f {
            "read" => self.reads.pack(reply.take("value")),
            _ => op.value.clone(),
        }))
    }
}
