//! `txn-rw-register` and `txn-list-append` (Maelstrom behaviour §9.8, §9.9): transactions.

use super::key_pool::{Access, KeyPool};
use super::*;
use crate::generator::Draft;
use fastrand::Rng;

/// Both transactional workloads.
pub(super) struct Txn {
    pool: KeyPool,
    longest: usize,
    /// What a transaction does that does not read: `w`rite or `append`.
    write: &'static str,
}

const TXN_OK: Schema = Schema::closed("txn_ok", &[("txn", Shape::List)]);

impl Txn {
    pub(super) fn new(options: &Options, write: &'static str) -> Txn {
        let pool = KeyPool::new(options.key_count, options.max_writes_per_key);
        Txn { pool, longest: options.max_txn_length.max(1), write }
    }

    fn operation(&mut self, rng: &mut Rng) -> Draft {
        let length = rng.usize(1..=self.longest);
        let steps = (0..length).map(|_| {
            let (name, key, value) = match self.pool.draw(rng) {
                Access::Read { key } => ("r", key, Value::Nil),
                Access::Write { key, value } => (self.write, key, Value::Integer(value)),
            };
            Value::Vector(vec![Value::keyword(name), Value::Integer(key), value])
        });
        Draft::new("txn", Value::Vector(steps.collect()))
    }

    /// A step of a reply, as histories have it.
    fn step(&self, step: Value) -> Result<Value, Malformed> {
        let Value::Vector(mut parts) = step else {
            return Err(Malformed(format!("{step} in a transaction is not a list")));
        };
        let name = match parts.first().and_then(Value::as_text) {
            Some("r") => "r",
            Some(name) if name == self.write => self.write,
            _ => {
                return Err(Malformed(format!(
                    "{} in a transaction does what is unknown",
                    Value::Vector(parts)
                )));
            }
        };
        if parts.len() != 3 {
            return Err(Malformed(format!("{} in a transaction has not three parts", Value::Vector(parts))));
        }
        if name == "r" && self.write == "append" && !Shape::List.fits(&parts[2]) {
            return Err(Malformed(format!("{} in a transaction does not read a list", Value::Vector(parts))));
        }
        parts[0] = Value::keyword(name);
        Ok(Value::Vector(parts))
    }
}

impl Workload for Txn {
    fn rules(&self) -> Rules {
        let failures = Failures::Told { harmless: &[] };
        Rules { keeps_clients: true, timeout: TIMEOUT, failures, has_final_phase: false }
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        choice.on_any(|rng| self.operation(rng))
    }

    fn begin(&mut self, _: u64, op: &Op) -> Step {
        Step::Call(Call { request: Request::new("txn").with("txn", &op.value), schema: TXN_OK })
    }

    /// What the node says that it did is what it did: it is not compared with what it was asked to do.
    fn answer(&mut self, _: u64, _: &Op, reply: Reply) -> Result<Step, Malformed> {
        let Value::Vector(steps) = reply.take("txn") else { return Ok(Step::Ok(Value::Vector(Vec::new()))) };
        let steps: Result<Vec<Value>, Malformed> = steps.into_iter().map(|step| self.step(step)).collect();
        Ok(Step::Ok(Value::Vector(steps?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edn::json;

    fn txn(write: &'static str) -> Txn {
        Txn { pool: KeyPool::new(10, 16), longest: 4, write }
    }

    fn answer(write: &'static str, body: &str) -> Result<String, Malformed> {
        let mut txn = txn(write);
        let draft = txn.operation(&mut Rng::with_seed(1));
        let op = crate::testing::invocation(draft.f, draft.value);
        let reply = TXN_OK.accept(json::parse(body).unwrap())?;
        match txn.answer(0, &op, reply)? {
            Step::Ok(value) => Ok(value.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn transactions_are_one_to_four_steps_long_and_half_of_the_steps_are_reads() {
        let (mut txn, mut rng) = (txn("w"), Rng::with_seed(3));
        let (mut lengths, mut reads) = ([0; 5], 0);
        for _ in 0..8_000 {
            let steps = txn.operation(&mut rng).value;
            let steps = steps.elements().unwrap();
            lengths[steps.len()] += 1;
            reads += steps.iter().filter(|step| step.to_string().starts_with("[:r ")).count();
        }
        assert!(
            lengths[0] == 0 && lengths[1..].iter().all(|count| (1_850..2_150).contains(count)),
            "{lengths:?}"
        );
        assert!((9_600..10_400).contains(&reads), "{reads} of 20,000 steps");
    }

    #[test]
    fn a_reply_is_taken_at_its_word() {
        let said = r#"{"type":"txn_ok","txn":[["r",3,5],["w","x",null]],"in_reply_to":1}"#;
        assert_eq!(answer("w", said).as_deref(), Ok("[[:r 3 5] [:w \"x\" nil]]"));
        let said = r#"{"type":"txn_ok","txn":[["r",3,[1]],["r",4,null],["append",3,2]],"in_reply_to":1}"#;
        assert_eq!(answer("append", said).as_deref(), Ok("[[:r 3 [1]] [:r 4 nil] [:append 3 2]]"));
        let said = r#"{"type":"txn_ok","txn":null,"in_reply_to":1}"#;
        assert_eq!(answer("w", said).as_deref(), Ok("[]"));
    }

    #[test]
    fn a_reply_whose_steps_have_another_form_is_malformed() {
        for (write, steps) in [
            ("w", r#"[["r",3]]"#),
            ("w", r#"[["append",3,1]]"#),
            ("w", r#"[{"r":3}]"#),
            ("w", r#"[[1,3,4]]"#),
            ("append", r#"[["w",3,1]]"#),
            ("append", r#"[["r",3,1]]"#),
        ] {
            let said = format!(r#"{{"type":"txn_ok","txn":{steps},"in_reply_to":1}}"#);
            assert!(answer(write, &said).is_err(), "{said}");
        }
    }
}
