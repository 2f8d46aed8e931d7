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
            return Err(Malformed::Shape(format!("{} in a transaction is not a list", json::compact(&step))));
        };
        let name = match parts.first().and_then(Value::as_text) {
            Some("r") => "r",
            Some(name) if name == self.write => self.write,
            _ => {
                return Err(Malformed::Shape(format!(
                    "{} in a transaction does what is unknown",
                    json::compact(&Value::Vector(parts))
                )));
            }
        };
        if parts.len() != 3 {
            return Err(Malformed::Shape(format!(
                "{} in a transaction has not three parts",
                json::compact(&Value::Vector(parts))
            )));
        }
        if name == "r" && self.write == "append" && !Shape::List.fits(&parts[2]) {
            return Err(Malformed::Shape(format!(
                "{} in a transaction does not read a list",
                json::compact(&Value::Vector(parts))
            )));
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

    /// A node may say what it read, and nothing else: its reply is the transaction that it was asked for, with the values
    /// of its reads. Maelstrom takes whatever it says for what it did, so that there a node which keeps nothing and replies
    /// with an empty list is strictly serializable.
    fn answer(&mut self, _: u64, op: &Op, reply: Reply) -> Result<Step, Malformed> {
        let steps = match reply.take("txn") {
            Value::Vector(steps) => steps,
            _ => Vec::new(),
        };
        let steps: Result<Vec<Value>, Malformed> = steps.into_iter().map(|step| self.step(step)).collect();
        let steps = steps?;
        let asked = op.value.elements().unwrap_or_default();
        match difference(asked, &steps) {
            Some(why) => Err(Malformed::Other(why)),
            None => Ok(Step::Ok(Value::Vector(steps))),
        }
    }
}

/// Where the steps of a reply are not those that were asked for.
fn difference(asked: &[Value], done: &[Value]) -> Option<String> {
    if asked.len() != done.len() {
        let steps = |count: usize| if count == 1 { "1 step".to_owned() } else { format!("{count} steps") };
        let (asked, done) = (steps(asked.len()), steps(done.len()));
        return Some(format!("a transaction of {asked} was answered with {done}"));
    }
    let parts = |step: &Value| step.elements().map(<[Value]>::to_vec).unwrap_or_default();
    let is_it = |asked: &Value, done: &Value| {
        let (asked, done) = (parts(asked), parts(done));
        let is_read = asked.first().and_then(Value::as_name) == Some("r");
        let compared = if is_read { 2 } else { 3 };
        asked.get(..compared) == done.get(..compared)
    };
    let (asked, done) = asked.iter().zip(done).find(|(asked, done)| !is_it(asked, done))?;
    Some(format!("the step {} was answered with {}", json::compact(asked), json::compact(done)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use edn::json;

    fn txn(write: &'static str) -> Txn {
        Txn { pool: KeyPool::new(10, 16), longest: 4, write }
    }

    /// What comes of an answer to this transaction.
    fn answer(write: &'static str, asked: &str, body: &str) -> Result<String, Malformed> {
        let mut txn = txn(write);
        let op = crate::testing::invocation("txn", edn::read(asked).unwrap());
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
    fn a_reply_is_the_transaction_with_the_values_of_its_reads() {
        let said = r#"{"type":"txn_ok","txn":[["r",3,5],["w",4,1]],"in_reply_to":1}"#;
        assert_eq!(answer("w", "[[:r 3 nil] [:w 4 1]]", said).as_deref(), Ok("[[:r 3 5] [:w 4 1]]"));
        let said = r#"{"type":"txn_ok","txn":[["r",3,[1]],["r",4,null],["append",3,2]],"in_reply_to":1}"#;
        let asked = "[[:r 3 nil] [:r 4 nil] [:append 3 2]]";
        assert_eq!(answer("append", asked, said).as_deref(), Ok("[[:r 3 [1]] [:r 4 nil] [:append 3 2]]"));
    }

    #[test]
    fn a_reply_to_another_transaction_is_told_as_such() {
        for steps in
            ["null", "[]", r#"[["w",4,1]]"#, r#"[["w",4,1],["r",3,null]]"#, r#"[["r",9,null],["w",4,1]]"#]
        {
            let said = format!(r#"{{"type":"txn_ok","txn":{steps},"in_reply_to":1}}"#);
            let came = answer("w", "[[:r 3 nil] [:w 4 1]]", &said);
            assert!(matches!(came, Err(Malformed::Other(_))), "{steps}: {came:?}");
        }
        let said = r#"{"type":"txn_ok","txn":[["w",4,2]],"in_reply_to":1}"#;
        let why = r#"the step ["w",4,1] was answered with ["w",4,2]"#;
        assert_eq!(answer("w", "[[:w 4 1]]", said), Err(Malformed::Other(why.into())));
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
            assert!(matches!(answer(write, "[[:r 3 nil]]", &said), Err(Malformed::Shape(_))), "{said}");
        }
    }
}
