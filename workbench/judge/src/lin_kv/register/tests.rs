use super::*;
use crate::testing::any_order_explains;
use proptest::prelude::*;
use std::ops::Range;

/// What a register holds after an action; none if it cannot happen now.
fn apply<'a>(action: Action<'a>, state: &'a Value) -> Option<&'a Value> {
    match action {
        Action::Read(value) => (value == state).then_some(state),
        Action::Write(value) => Some(value),
        Action::CompareAndSet(from, to) => (from == state).then_some(to),
    }
}

static VALUES: [Value; 3] = [Value::Integer(0), Value::Integer(1), Value::Integer(2)];

fn action((kind, a, b): (u8, usize, usize)) -> Action<'static> {
    match kind {
        0 => Action::Read(&VALUES[a]),
        1 => Action::Write(&VALUES[a]),
        _ => Action::CompareAndSet(&VALUES[a], &VALUES[b]),
    }
}

#[test]
fn reads_in_progress_do_not_multiply_what_must_be_searched() {
    let write = |value: usize, start| Call { action: Action::Write(&VALUES[value]), start, end: None };
    let read = |number: usize| {
        let action = Action::Read(&VALUES[number % 2]);
        Call { action, start: 10 + number, end: Some(1000 + number) }
    };
    let mut calls = vec![write(0, 0), write(1, 1)];
    calls.extend((0..60).map(read));
    assert_eq!(judge(&calls, &Patience::default()).validity(), Validity::True);
    // The last read finds what nobody wrote.
    calls.push(Call { action: Action::Read(&VALUES[2]), start: 100, end: Some(2000) });
    assert_eq!(judge(&calls, &Patience::default()).validity(), Validity::False);
}

/// A call is its action, where it starts, how long it takes, and whether it ends.
type Plan = ((u8, usize, usize), usize, usize, bool);

/// Nearly all calls end, or half of them.
fn plans(count: Range<usize>) -> impl Strategy<Value = Vec<Plan>> {
    let of = move |ends: f64| {
        let plan = ((0u8..3, 0usize..3, 0usize..3), 0usize..12, 1usize..8, proptest::bool::weighted(ends));
        proptest::collection::vec(plan, count.clone())
    };
    prop_oneof![of(0.8), of(0.5)]
}

fn calls(plans: &[Plan]) -> Vec<Call<'static>> {
    let call = |(number, &(what, start, length, ends)): (usize, &Plan)| {
        // Distinct indices: position in time, times 64, plus the call's number; ends come after starts of a moment.
        let end = (start + length) * 64 + 32 + number;
        Call { action: action(what), start: start * 64 + number, end: ends.then_some(end) }
    };
    let mut calls: Vec<Call<'_>> = plans.iter().enumerate().map(call).collect();
    calls.sort_by_key(|call| call.start);
    calls
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn the_verdict_is_that_of_trying_every_order(plans in plans(1..7)) {
        let calls = calls(&plans);
        let spans: Vec<_> = calls.iter().map(|call| (call.start, call.end)).collect();
        let is_linearizable = any_order_explains(&spans, &&Value::Nil, &|number, state| {
            apply(calls[number].action, state).into_iter().collect()
        });
        let expected = if is_linearizable { Validity::True } else { Validity::False };
        let patience = Patience::default();
        prop_assert_eq!(judge(&calls, &patience).validity(), expected, "{:?}", calls);
        let in_depth = depth::search(&Board::new(&calls, Economy::All), usize::MAX, &patience);
        prop_assert_eq!(matches!(in_depth, Breadth::Linearizable(_)), is_linearizable, "{:?}", calls);
        // If calls without end may take effect more than once, nothing becomes wrong that was right.
        let lavish = breadth::search(&Board::new(&calls, Economy::Lavish), usize::MAX, &patience);
        prop_assert!(!is_linearizable || matches!(lavish, Breadth::Linearizable(_)), "{:?}", calls);
    }
    /// Of more calls than can be put in every order.
    #[test]
    fn what_is_needless_makes_no_difference(plans in plans(8..20)) {
        let calls = calls(&plans);
        let patience = Patience::default();
        let is_linearizable = |economy| {
            let outcome = breadth::search(&Board::new(&calls, economy), usize::MAX, &patience);
            matches!(outcome, Breadth::Linearizable(_))
        };
        let plain = is_linearizable(Economy::None);
        prop_assert_eq!(is_linearizable(Economy::All), plain, "{:?}", calls);
        let in_depth = depth::search(&Board::new(&calls, Economy::All), usize::MAX, &patience);
        prop_assert_eq!(matches!(in_depth, Breadth::Linearizable(_)), plain, "{:?}", calls);
    }
}
