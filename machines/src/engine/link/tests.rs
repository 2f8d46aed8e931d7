use super::*;
use crate::engine::sent::MAX_SENT;
use alloc::vec::Vec;
use smallvec::smallvec;

const ROUND: Duration = Duration::from_millis(400);
const HOLD: Duration = Duration::from_millis(800);

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn patience_ends(link: &Link) -> Option<Time> {
    link.patience_ends(ROUND, HOLD)
}

/// A link over which so many deltas are on their way, each with one more update of origin 0, sent 10 ms apart.
fn with_flights(count: u64) -> Link {
    let mut link = Link::default();
    for number in 1..=count {
        assert_eq!(link.launch(at(10 * number), smallvec![(0, number)]), number);
    }
    link
}

/// A link whose round trips have all taken so long.
fn with_round_trip(round_trip: Duration) -> Link {
    let mut link = Link::default();
    for number in 1..=50 {
        let sent_at = at(1000 * number);
        link.launch(sent_at, smallvec![]);
        link.acknowledge(sent_at + round_trip + millis(300), number, Some(millis(300)), ROUND);
    }
    link
}

#[test]
fn an_acknowledgement_frees_all_flights_up_to_it_and_teaches_what_they_brought() {
    let mut link = with_flights(5);
    assert_eq!((link.known.get(0), link.sent.get(0)), (0, 5));
    assert_eq!(link.acknowledge(at(100), 3, Some(millis(7)), ROUND), Some(at(30)), "when the third was sent");
    assert_eq!((link.known.get(0), link.sent.get(0), link.flights.len()), (3, 5, 2));
    assert_eq!(link.acknowledge(at(101), 3, Some(millis(7)), ROUND), None, "it is no news any more");
    assert_eq!(link.acknowledge(at(101), 2, Some(millis(7)), ROUND), None, "nor is an older one");
    assert_eq!((link.known.get(0), link.flights.len()), (3, 2));
    assert_eq!(link.acknowledge(at(102), 9, None, ROUND), None, "all are freed, but none is timed");
    assert_eq!((link.known.get(0), link.flights.len()), (5, 0));
    assert_eq!(patience_ends(&link), None);
}

#[test]
fn no_more_than_so_many_deltas_are_in_flight() {
    let mut link = with_flights(MAX_FLIGHTS as u64 - 1);
    assert!(link.has_room());
    link.launch(at(0), smallvec![]);
    assert!(!link.has_room());
    link.acknowledge(at(0), 1, None, ROUND);
    assert!(link.has_room());
}

#[test]
fn only_the_first_delta_of_a_stream_is_anchored() {
    let mut link = Link::default();
    assert!(link.is_anchored());
    link.launch(at(0), smallvec![]);
    assert!(!link.is_anchored());
    link.acknowledge(at(1), 1, None, ROUND);
    assert!(!link.is_anchored());
    link.restart();
    assert!(link.is_anchored());
}

#[test]
fn a_miss_begins_the_stream_anew_from_what_the_peer_surely_holds() {
    let mut link = with_flights(5);
    link.acknowledge(at(100), 2, None, ROUND);
    link.told.raise(0, 4);
    link.miss();
    assert_eq!((link.known.get(0), link.sent.get(0), link.told.get(0)), (2, 2, 0));
    assert!(link.is_anchored() && link.has_room() && !link.is_out_of_reach());
    assert_eq!(link.launch(at(200), smallvec![(0, 5)]), 6, "numbers are never used again");
}

#[test]
fn an_acknowledgement_that_comes_after_patience_has_ended_tells_how_long_it_takes() {
    let mut link = with_flights(2);
    link.miss();
    link.miss();
    assert!(link.is_out_of_reach() && link.flights() == 0);
    link.launch(at(3000), smallvec![(0, 2)]);
    assert_eq!(link.acknowledge(at(3020), 1, Some(millis(10)), ROUND), Some(at(10)));
    assert!(!link.is_out_of_reach());
    assert_eq!(
        (link.known.get(0), link.flights()),
        (0, 1),
        "what it brought will be acknowledged with the rest"
    );
    assert!(link.round_trip.timeout(ROUND) > INITIAL_TIMEOUT, "the network is slower than was thought");
    assert_eq!(link.acknowledge(at(3030), 1, Some(millis(10)), ROUND), None, "that is known by now");
    assert_eq!(link.acknowledge(at(3030), 3, None, ROUND), None);
    assert_eq!((link.known.get(0), link.flights()), (2, 0));
}

#[test]
fn of_what_has_been_given_up_little_is_remembered() {
    let mut link = Link::default();
    for round in 0..10 {
        (0..MAX_FLIGHTS).for_each(|_| _ = link.launch(at(round), smallvec![]));
        assert!(!link.has_room());
        link.restart();
        assert!(link.has_room());
        assert_eq!((link.flights(), link.given_up.len()), (0, MAX_SENT));
    }
}

#[test]
fn an_answer_counts_for_its_own_request_and_those_before_it() {
    let mut link = with_round_trip(millis(100));
    let first = link.ask(at(100_000));
    (0..3).for_each(|_| link.miss());
    let second = link.ask(at(100_500));
    link.answer(at(100_501), second + 1, ROUND);
    assert!(link.is_out_of_reach(), "that was never asked");
    link.answer(at(100_800), first, ROUND);
    assert!(!link.is_out_of_reach(), "late, but an answer");
    assert!(link.round_trip.smoothed > Some(millis(100)), "and timed by its own request");
    link.answer(at(100_900), second, ROUND);
    assert!(link.asks.len() == 0 && patience_ends(&link).is_none());
    (0..100).for_each(|number| _ = link.ask(at(101_000 + number)));
    assert_eq!(link.asks.len(), MAX_SENT);
}

#[test]
fn what_a_former_life_was_asked_no_answer_counts_for() {
    let mut link = Link::default();
    link.hear(70, None);
    let to_the_former = link.ask(at(0));
    let to_whoever_lives = link.ask(at(10));
    assert!(
        link.hear(70, None) && !link.hear(71, Some(to_whoever_lives)),
        "it may have been heard before 70 began"
    );
    let to_a_later_one = link.ask(at(20));
    assert!(link.hear(71, Some(to_a_later_one)));
    let to_whoever_lives = to_a_later_one;
    link.answer(at(20), to_whoever_lives, ROUND);
    assert_eq!(patience_ends(&link), None);
    assert!(!link.hear(70, Some(to_the_former)), "it is dead");
}

#[test]
fn two_misses_are_out_of_reach_until_the_peer_answers() {
    let mut link = with_flights(1);
    link.miss();
    assert!(!link.is_out_of_reach());
    link.miss();
    assert!(link.is_out_of_reach());
    link.miss();
    assert!(link.reached(at(70)), "it had been out of reach");
    assert!(!link.is_out_of_reach() && !link.reached(at(80)));
    assert_eq!(link.reached_at, at(80));
}

#[test]
fn whoever_is_suspected_is_out_of_reach_after_one_miss_and_whoever_is_said_to_be_lost_at_once() {
    let mut link = with_flights(1);
    assert!(!link.is_suspect());
    link.suspect(false);
    assert!(link.is_suspect() && !link.is_out_of_reach());
    link.miss();
    assert!(link.is_out_of_reach());
    link.reached(at(70));
    assert!(!link.is_suspect());
    link.suspect(true);
    link.suspect(false);
    assert!(link.is_out_of_reach());
}

#[test]
fn what_the_peer_says_is_surely_held_and_a_guess_is_not() {
    let mut link = Link::default();
    link.sent.raise(1, 7);
    link.learn(0, 3);
    link.drop_guess();
    assert_eq!((link.sent.get(0), link.sent.get(1)), (3, 0));
    link.launch(at(0), smallvec![(1, 5)]);
    link.drop_guess();
    assert_eq!(link.sent.get(1), 5, "what is in flight is no guess");
}

#[test]
fn deltas_are_taken_in_order_and_those_of_an_earlier_number_are_old() {
    let mut link = Link::default();
    assert!(!link.is_next(1) && !link.is_old(1), "the first must be anchored");
    link.accept(at(5), 3);
    assert_eq!(link.owes_since, Some(at(5)));
    assert!(link.is_old(3) && link.is_old(1) && link.is_next(4));
    assert!(!link.is_old(4) && !link.is_next(5));
}

#[test]
fn one_complaint_is_enough_until_a_delta_follows_again() {
    let mut link = Link::default();
    assert!(link.complain() && !link.complain());
    link.accept(at(0), 1);
    assert!(link.complain());
}

#[test]
fn another_life_is_met_anew_once_it_answers_and_not_before() {
    let mut link = with_flights(3);
    assert!(link.hear(70, None), "the first one that is heard");
    link.acknowledge(at(40), 2, None, ROUND);
    link.accept(at(40), 9);
    assert!(link.hear(70, None));
    let asked = link.ask(at(45));
    assert!(!link.hear(71, None) && !link.hear(71, Some(asked + 1)), "anyone can say so");
    assert_eq!((link.known.get(0), link.is_next(10)), (2, true));

    assert!(link.hear(71, Some(asked)));
    link.answer(at(50), asked, ROUND);
    assert_eq!((link.life, link.known.get(0), link.sent.get(0)), (Some(71), 0, 0));
    assert!(link.is_anchored() && link.accepted().is_none() && patience_ends(&link).is_none());
    assert_eq!(link.reached_at, at(50));
    assert_eq!(link.launch(at(50), smallvec![]), 4, "numbers are never used again");
    assert!(!link.hear(70, None) && !link.hear(70, Some(asked)), "a late message, or 71 was one: who knows?");
}

#[test]
fn a_stream_that_begins_anew_waits_for_what_has_been_repeated_and_one_that_goes_on_does_not() {
    let mut link = Link::default();
    let span = Span { origin: 0, first: 1, last: 1 };
    link.note_said(at(0), [(&span, 1 << 30)].into_iter(), 0);
    link.note_said(at(0), [(&span, 1 << 30)].into_iter(), 0);
    assert!(link.may_repeat(at(0)) && link.open_at() == Time::ZERO);
    link.note_said(at(0), [(&span, 1 << 30)].into_iter(), 0);
    assert_eq!((link.may_repeat(at(0)), link.open_at()), (false, at(30_000)));
    link.launch(at(0), smallvec![(0, 1)]);
    assert_eq!(link.open_at(), Time::ZERO);
    link.hear(70, None);
    let asked = link.ask(at(0));
    assert!(link.hear(71, Some(asked)));
    assert_eq!(link.open_at(), at(30_000), "whoever lives");
}

#[test]
fn patience_lasts_for_as_long_as_the_peer_may_take_and_a_round_trip() {
    let link = with_flights(3);
    assert_eq!(patience_ends(&link), Some(at(10) + HOLD + INITIAL_TIMEOUT), "for want of a better estimate");
    assert_eq!(link.patience_ends(2 * ROUND, HOLD), Some(at(10) + HOLD + 2 * ROUND));
    let mut link = with_round_trip(millis(200));
    link.launch(at(100_000), smallvec![]);
    assert_eq!(patience_ends(&link), Some(at(100_000) + HOLD + millis(200) + ROUND / 8));
    link.ask(at(100_100));
    link.ask(at(100_200));
    assert_eq!(patience_ends(&link), Some(at(100_100) + millis(200) + ROUND / 8), "asked, it need not wait");
    link.miss();
    assert_eq!(patience_ends(&link), None, "until it is asked again");
}

#[test]
fn what_was_last_tried_with_a_peer_is_its_answer_or_the_last_question() {
    let mut link = with_round_trip(millis(20));
    link.ask(at(101_000));
    assert_eq!(link.tried_at(), at(101_000));
    link.miss();
    let number = link.ask(at(102_000));
    assert_eq!(link.tried_at(), at(102_000), "though the first was missed");
    link.answer(at(102_020), number, ROUND);
    assert_eq!(link.tried_at(), at(102_020));
}

#[test]
fn the_round_trip_is_without_the_time_that_the_peer_held_the_delta() {
    assert_eq!(with_round_trip(millis(200)).round_trip.smoothed, Some(millis(200)));
    assert_eq!(with_round_trip(millis(0)).round_trip.smoothed, Some(millis(0)));
}

/// One more round trip, which took so long.
fn take(link: &mut Link, round_trip: Duration) {
    let sent_at = link.round_trip.sampled_at;
    link.round_trip.sample((sent_at, sent_at + round_trip), Duration::ZERO, ROUND);
}

#[test]
fn round_trips_that_have_become_longer_widen_the_timeout_and_one_outlier_hardly_does() {
    let mut steady = with_round_trip(millis(100));
    let before = steady.round_trip.timeout(ROUND);
    assert_eq!(before, millis(100) + ROUND / 8);
    take(&mut steady, millis(9000));
    let after_an_outlier = steady.round_trip.timeout(ROUND);
    assert!(after_an_outlier < before * 3 / 2, "{after_an_outlier:?}");
    (0..20).for_each(|_| take(&mut steady, millis(900)));
    let alarmed = steady.round_trip.timeout(ROUND);
    assert!(alarmed > millis(900), "{alarmed:?}");
    (0..40).for_each(|_| take(&mut steady, millis(100)));
    let calm = steady.round_trip.timeout(ROUND);
    assert!(calm < millis(160), "{calm:?}");
}

#[test]
fn a_peer_that_stands_still_at_first_is_not_waited_for_much_longer_than_any_other() {
    let mut link = Link::default();
    link.launch(at(0), smallvec![]);
    link.acknowledge(at(9000), 1, Some(millis(0)), ROUND);
    let timeout = link.round_trip.timeout(ROUND);
    assert!(timeout <= 2 * INITIAL_TIMEOUT, "{timeout:?}");
}

#[test]
fn what_a_peer_answers_all_at_once_after_it_stood_still_is_one_outlier() {
    let mut link = with_round_trip(millis(100));
    let before = link.round_trip.timeout(ROUND);
    let asked: Vec<u64> = (0..MAX_SENT as u64).map(|number| link.ask(at(100_000 + 500 * number))).collect();
    asked.into_iter().for_each(|number| link.answer(at(110_000), number, ROUND));
    let timeout = link.round_trip.timeout(ROUND);
    assert!(timeout < before * 2, "{timeout:?}, and {before:?} before");
}

#[test]
fn a_forsaken_peer_needs_nothing_and_stands_nowhere() {
    let mut link = with_flights(1);
    link.place = Place::Home;
    link.must_hear = true;
    link.behind_since = Some(at(0));
    (0..4).for_each(|_| link.miss());
    link.forsake();
    assert!(!link.is_out_of_reach() && !link.must_hear);
    assert_eq!((link.place.clone(), link.behind_since, patience_ends(&link)), (Place::Unknown, None, None));
}
