//! Schedules that once broke the engine, found at random and then trimmed by hand: too rare to be found again each time.

use crate::world::World;
use crate::{Event, happen};
use Event::{Deliver, Lose, Restart, Wait};

fn broadcast(node: usize, value: &str) -> Event {
    Event::Broadcast(node, value.to_string())
}

/// Lets all that happen to nodes whose rounds take so long; then everything is as the twins say, and all recover.
fn run(size: usize, fan_out: usize, round_ms: u64, events: &[Event]) {
    let mut world = World::new(size, fan_out, round_ms);
    events.iter().for_each(|event| happen(&mut world, event));
    world.assert_recovery();
}

/// The hub's acknowledgement, for the former life, was taken for a sign that the hub knows of the new one.
#[test]
fn a_node_whose_hub_spoke_to_its_former_life_only_asks() {
    run(2, 1, 1500, &[broadcast(1, "1"), Wait(1), Deliver(0), Restart(1)]);
}

/// The new life's first answer is lost, and a late acknowledgement of the former one lets the hub think that all is well.
#[test]
fn a_node_whose_neighbour_never_heard_of_it_asks_even_if_it_was_asked_first() {
    let before =
        [Wait(150), broadcast(0, "1"), Wait(200), Deliver(0), Deliver(0), Wait(440), Wait(81), Wait(353)];
    let after = [Deliver(19), Deliver(0), Restart(2), Wait(176), Deliver(29), Lose(11)];
    run(3, 1, 350, &[before.as_slice(), &after].concat());
}

/// The former life's last delta, which is late, covers all that the hub holds, so the hub had nothing to send that would
/// have shown that there is a new life, and that it lacks this delta.
#[test]
fn whoever_is_thought_to_have_come_back_is_asked() {
    let former = [broadcast(1, "1"), Wait(1), Deliver(0), broadcast(1, "2"), Wait(30), Lose(0), Wait(900)];
    let new = [Restart(1), Wait(1400), Deliver(3), Lose(2), Deliver(2), Wait(750), Deliver(2)];
    run(2, 1, 350, &[former.as_slice(), &new].concat());
}

/// Node 1 knows that the hub holds "0", but not "0" itself, when it turns to node 2 in the hub's place: it guesses that
/// node 2 holds "0" too. Then it gets "0", and what it makes next must not reach node 2 without.
#[test]
fn what_is_guessed_of_a_stranger_is_no_excuse_for_a_gap() {
    let informed = [broadcast(0, "0"), broadcast(1, "1"), Wait(1), Lose(0), broadcast(1, "2"), Wait(30)];
    let alone =
        [Deliver(0), Deliver(0), Lose(0), Wait(319), Wait(400), Wait(400), Lose(1), Deliver(3), Lose(3)];
    let helped = [Deliver(0), broadcast(1, "3"), Wait(260), Deliver(5)];
    run(3, 2, 350, &[informed.as_slice(), &alone, &helped].concat());
}
