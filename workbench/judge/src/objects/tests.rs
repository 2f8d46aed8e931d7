use super::*;
use crate::testing::{any_order_explains, history};
use crate::{Check, Demands, Patience, Workload, check};
use proptest::prelude::*;

#[track_caller]
fn assert_verdict(name: &str, text: &str, expected: Validity) {
    let demands = Demands::new(Workload::LinKv);
    let results = check(Check::named(name).unwrap(), &demands, &history(text), Patience::default());
    assert_eq!(results.valid, expected, "{name}: {text}\n{:?}", results.findings);
    assert_eq!(results.findings.is_empty(), expected == Validity::True, "{:?}", results.findings);
}

/// Two enqueued one after the other, and then something more.
const TWO: &str = "0 invoke enqueue 1\n 0 ok enqueue 1\n 0 invoke enqueue 2\n 0 ok enqueue 2\n ";

#[test]
fn queues_give_what_they_were_given_once_and_one_of_them_in_order() {
    let dequeued = |value: u8| format!("{TWO} 1 invoke dequeue nil\n 1 ok dequeue {value}\n");
    assert_verdict("fifo-queue", &dequeued(1), Validity::True);
    assert_verdict("fifo-queue", &dequeued(2), Validity::False);
    for name in ["fifo-queue", "unordered-queue"] {
        assert_verdict(name, &dequeued(3), Validity::False);
        let again = dequeued(1) + "1 invoke dequeue nil\n 1 ok dequeue 1\n";
        assert_verdict(name, &again, Validity::False);
        assert_verdict(name, &again.replace("ok dequeue", "fail dequeue"), Validity::True);
    }
    assert_verdict("unordered-queue", &dequeued(2), Validity::True);
}

#[test]
fn what_nobody_saw_end_may_have_taken_anything() {
    let lost =
        format!("{TWO} 1 invoke dequeue nil\n 1 info dequeue nil\n 2 invoke dequeue nil\n 2 ok dequeue 2\n");
    assert_verdict("fifo-queue", &lost, Validity::True);
    assert_verdict("unordered-queue", &lost, Validity::True);
    assert_verdict("fifo-queue", "0 invoke enqueue 1\n 0 info enqueue 1\n", Validity::True);
    assert_verdict("fifo-queue", "0 invoke enqueue 1\n 0 fail enqueue 1\n", Validity::Unknown);
}

#[test]
fn a_set_is_read_as_a_whole() {
    let read = |values: &str| {
        format!("0 invoke add 1\n 0 ok add 1\n 1 invoke add 2\n 2 invoke read nil\n 2 ok read {values}\n")
    };
    assert_verdict("linearizable-set", &read("#{1}"), Validity::True);
    assert_verdict("linearizable-set", &read("[2 1]"), Validity::True);
    assert_verdict("linearizable-set", &read("#{2}"), Validity::False);
}

#[test]
fn transactions_on_registers_happen_at_one_moment() {
    let read = |x: u8, y: u8| {
        format!(
            "0 invoke txn [[:write :x 1] [:write :y 2]]\n 0 ok txn [[:write :x 1] [:write :y 2]]\n \
             1 invoke txn [[:w :x 3] [:w :y 4]]\n 2 invoke txn [[:r :x nil] [:read :y nil]]\n 2 ok txn [[:r :x {x}] [:read :y {y}]]\n"
        )
    };
    assert_verdict("multi-register", &read(1, 2), Validity::True);
    assert_verdict("multi-register", &read(3, 4), Validity::True);
    assert_verdict("multi-register", &read(1, 4), Validity::False);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn the_verdict_is_that_of_trying_every_order(
        plans in proptest::collection::vec((any::<bool>(), 0i64..3, 0usize..12, 1usize..8, 0u8..5), 1..7),
        is_fifo in any::<bool>()
    ) {
        let mut events = Vec::new();
        for (process, &(enqueues, value, start, length, ends)) in plans.iter().enumerate() {
            let (f, asked) = if enqueues { ("enqueue", value.to_string()) } else { ("dequeue", "nil".to_owned()) };
            events.push((start * 32 + process, format!("{process} invoke {f} {asked}\n")));
            if ends > 0 {
                events.push(((start + length) * 32 + 16 + process, format!("{process} ok {f} {value}\n")));
            }
        }
        events.sort();
        let text: String = events.into_iter().map(|(_, line)| line).collect();
        let (history, demands) = (history(&text), Demands::new(Workload::LinKv));
        let context = Context::new(&demands, &history);
        let object = if is_fifo { Object::FifoQueue } else { Object::UnorderedQueue };
        let invokes = history.ops.iter().filter(|op| op.kind == Kind::Invoke);
        let calls: Vec<Call<'_>> = invokes.filter_map(|op| call(&context, op)).collect();
        let spans: Vec<_> = calls.iter().map(|call| (call.start, call.end)).collect();
        let is_explained = any_order_explains(&spans, &State::new(), &|number, state| {
            after(object, state, &calls[number])
        });
        let expected = Validity::from(is_explained);
        prop_assert_eq!(super::check(&context, object).valid, expected, "{}", text);
    }
}
