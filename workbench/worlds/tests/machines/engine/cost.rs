//! What it costs while nothing is wrong: messages and latencies in virtual time are exact, so they are asserted.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use machines::engine::Pace;
use protocol::gossip::Gossip;
use protocol::{Decode, List, Message};

use super::world::{TARGETS, World};

/// What a message of the engine says, as the test needs it.
struct Said {
    /// `(value, whether it is news)` would need the data; here only what travels.
    values: Vec<u64>,
    acknowledges: bool,
}

fn parse(body: &str) -> Said {
    let line = format!(r#"{{"src":"n0","dest":"n1","body":{body}}}"#);
    let message = Message::decode(line.as_bytes()).expect("nodes send messages");
    let Gossip::Gossip { ack, runs, .. } = Gossip::decode(&message.body).expect("nodes send gossip");
    let values = runs
        .iter()
        .flat_map(|runs| runs.iter())
        .flat_map(|run| run.4.parse::<List<u64>>().expect("integers"));
    Said { values: values.collect(), acknowledges: ack.is_some() }
}

#[test]
fn each_value_crosses_each_link_of_a_healthy_tree_once() {
    for (size, fan_out) in [(5, 24), (25, 24), (40, 3)] {
        let mut world = World::with_pace(size, 20, 5, Pace { fan_out, ..Pace::default() });
        let start = world.cluster.now();
        world.load(200, 20, &mut Rng::with_seed(5));
        world.assert_settled("healthy");
        let mut crossings: BTreeMap<(String, u64), usize> = BTreeMap::new();
        for message in world.gossip_since(start) {
            let mut ends = [message.src.to_string(), message.dest.to_string()];
            ends.sort();
            for value in parse(&message.body.text()).values {
                *crossings.entry((ends.join("–"), value)).or_default() += 1;
            }
        }
        let links = size - 1;
        assert_eq!(
            crossings.len(),
            links * world.accepted().len(),
            "{size} nodes: every link carries every value"
        );
        assert!(crossings.values().all(|&times| times == 1), "{size} nodes: and carries it once");
    }
}

#[test]
fn a_message_without_news_is_the_one_acknowledgement_that_ends_a_burst() {
    let mut world = World::new(25, 20, 9);
    world.assert_settled("greeted");
    for burst in 0..5 {
        let start = world.cluster.now();
        world.broadcast(burst * 5);
        world.assert_settled("burst");
        let said: Vec<Said> =
            world.gossip_since(start).iter().map(|message| parse(&message.body.text())).collect();
        let (news, rest): (Vec<Said>, Vec<Said>) = said.into_iter().partition(|said| !said.values.is_empty());
        assert_eq!(news.len(), 24, "one message a link brings the value");
        assert_eq!(rest.len(), 24, "and one a link acknowledges it");
        assert!(rest.iter().all(|said| said.acknowledges));
    }
}

#[test]
fn an_idle_cluster_greets_once_and_is_silent_for_good() {
    let mut world = World::new(25, 20, 9);
    world.run_ms(60_000);
    assert!(world.cluster.is_quiet());
    assert!(world.cluster.messages_between_servers() <= 4 * 24);
}

#[test]
fn rounds_keep_their_promise_while_all_is_well() {
    for (round_ms, latency_ms) in [(350, 100), (430, 0), (200, 50), (1500, 100)] {
        let pace = Pace { round: Duration::from_millis(round_ms), ..Pace::default() };
        let mut world = World::with_pace(25, latency_ms, 3, pace);
        let mut rng = Rng::with_seed(3);
        let all: Vec<usize> = (0..25).collect();
        // Long enough for every leaf to have been told when to speak.
        world.load(200, 20, &mut rng);
        let bound = Duration::from_millis(round_ms + 2 * latency_ms + round_ms / 20 + 10);
        for _ in 0..30 {
            world.run_ms(rng.u64(..round_ms));
            let value = world.broadcast(rng.usize(..25));
            let took = world.time_until(&all, &[value].into(), 2 * bound);
            assert!(took.is_some_and(|took| took <= bound), "rounds of {round_ms} ms: {took:?} > {bound:?}");
        }
    }
}

#[test]
fn a_lost_message_costs_one_round() {
    let (round_ms, latency_ms) = (Pace::default().round.as_millis() as u64, 50);
    let mut losses = 0;
    for seed in 0..20 {
        let mut world = World::new(25, latency_ms, seed);
        let mut rng = Rng::with_seed(seed);
        world.load(100, 20, &mut rng);
        // The hub speaks to every leaf every round: one message of it to one leaf is lost.
        world.cluster.cut(0, 7);
        let cut_before = world.cluster.journal().statistics.cut;
        let mut values = Vec::new();
        while world.cluster.journal().statistics.cut == cut_before {
            values.push(world.broadcast(rng.usize(..25)));
            world.run_ms(20);
        }
        world.cluster.mend(0, 7);
        losses += 1;
        let lost_at = world.cluster.now();
        while !world.holds(7, &values.iter().copied().collect()) {
            world.broadcast(rng.usize(..25));
            world.run_ms(10);
        }
        let took = world.cluster.now().since(lost_at).as_millis() as u64;
        assert!(took <= round_ms + 3 * latency_ms + 30, "seed {seed}: {took} ms");
    }
    assert_eq!(losses, 20);
}

#[test]
fn duplicates_cost_nothing() {
    let sent = |duplication: f64| {
        let mut world = World::new(25, 20, 4);
        world.cluster.faults_mut().duplication = duplication;
        world.load(300, 20, &mut Rng::with_seed(4));
        world.assert_settled("duplicated");
        assert_eq!(world.cluster.journal().statistics.duplicated > 100, duplication > 0.0);
        world.gossip_since(machines::Time::ZERO).len()
    };
    assert!(sent(1.0) <= sent(0.0) * 21 / 20);
}

#[test]
fn in_a_tree_a_value_waits_for_one_round_and_not_for_one_a_level() {
    let (round_ms, latency_ms, depth) = (Pace::default().round.as_millis() as u64, 20, 4);
    let pace = Pace { fan_out: 3, ..Pace::default() };
    let mut world = World::with_pace(100, latency_ms, 6, pace);
    let mut rng = Rng::with_seed(6);
    world.load(600, 10, &mut rng);
    // Up and down again, half as much for waiting in vain for the news of a parent that has none, a margin a level.
    let bound = Duration::from_millis(round_ms + 3 * depth * latency_ms + round_ms / 40 * depth + 30);
    let all: Vec<usize> = (0..100).collect();
    for _ in 0..10 {
        world.load(10, 20, &mut rng);
        let value = world.broadcast(rng.usize(..100));
        let took = world.time_until(&all, &[value].into(), 3 * bound);
        assert!(took.is_some_and(|took| took <= bound), "{took:?} > {bound:?}");
    }
}

#[test]
fn when_the_trouble_is_over_the_star_is_taken_back() {
    let mut world = World::new(25, 20, 8);
    let mut rng = Rng::with_seed(8);
    world.load(50, 20, &mut rng);
    (1..25).for_each(|leaf| world.cluster.cut(0, leaf));
    world.load(200, 20, &mut rng);
    let among_leaves = |world: &World, start| {
        let gossip = world.gossip_since(start);
        gossip.iter().filter(|message| &*message.src != "n0" && &*message.dest != "n0").count()
    };
    assert!(among_leaves(&world, machines::Time::ZERO) > 200, "they have helped each other");
    world.cluster.heal();
    // Who stands under another leaf goes home when it next asks there.
    world.load(350, 20, &mut rng);
    let start = world.cluster.now();
    world.load(200, 20, &mut rng);
    assert_eq!(among_leaves(&world, start), 0);
    world.assert_settled("after the trouble");
}

/// Whoever has been cut off has something to say to everybody, and so have all others: three messages a link. Now and then many
/// come home in the same second.
#[test]
fn a_second_after_a_heal_takes_three_messages_a_link_and_seldom_a_fourth() {
    let (mut heals, mut busy) = (0, 0);
    for (size, latency_ms, seeds) in [(25, 0, 16), (25, 100, 16), (100, 20, 1)] {
        for most in busiest_seconds(size, latency_ms, seeds) {
            assert!(most <= 4 * (size - 1), "{size} nodes, {latency_ms} ms: {most} messages in a second");
            heals += 1;
            busy += usize::from(most > 3 * (size - 1));
        }
    }
    assert!(busy * 20 <= heals, "{busy} of {heals} heals took more than three messages a link in a second");
}

/// For two sides to meet takes a dozen messages, whatever their size. With four links that is three a link, before anybody
/// has come home.
#[test]
fn a_second_after_a_heal_of_five_nodes_takes_three_messages_a_link_and_at_worst_five() {
    let busiest = busiest_seconds(5, 20, 40);
    let busy = busiest.iter().filter(|&&most| most > 3 * 4).count();
    assert!(busiest.iter().all(|&most| most <= 5 * 4), "{busiest:?}");
    assert!(busy * 5 <= busiest.len(), "{busy} of {} heals took more than a dozen", busiest.len());
}

/// How many messages nodes sent in the busiest of the seconds after each heal.
fn busiest_seconds(size: usize, latency_ms: u64, seeds: u64) -> Vec<usize> {
    let heals = TARGETS.iter().flat_map(|target| (0..seeds).map(move |seed| (*target, seed)));
    let busiest = heals.map(|(target, seed)| {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new(size, latency_ms, seed);
        world.load(3 * size, 20, &mut rng);
        world.cut(&target.grudge(size, &mut rng));
        world.load(200, 30, &mut rng);
        world.run_ms(rng.u64(1000..3000));
        world.cluster.heal();
        let seconds = (0..8).map(|_| {
            let start = world.cluster.now();
            world.run_ms(1000);
            world.gossip_since(start).len()
        });
        seconds.max().unwrap_or_default()
    });
    busiest.collect()
}
