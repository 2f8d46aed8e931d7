//! The receiver's rules, one test each.

use super::*;
use crate::options::LatencyDistribution;

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn micros(micros: u64) -> Time {
    Time::from_nanos(micros * 1_000)
}

/// A network with 100 ms of latency, two nodes, a service and a client.
struct Small {
    network: Network,
    a: Participant,
    b: Participant,
    service: Participant,
    client: Participant,
}

fn small() -> Small {
    let latency = Latency { mean_ms: 100, distribution: LatencyDistribution::Constant };
    let mut network = Network::new(latency, Rng::with_seed(1));
    let a = network.register("n0", Role::Node(0));
    let b = network.register("n1", Role::Node(1));
    let service = network.register("lin-kv", Role::Service(0));
    let client = network.register("c0", Role::Client(0));
    Small { network, a, b, service, client }
}

/// Runs the network up to and including `end`: who got what when.
fn run(network: &mut Network, end: Time) -> Vec<(Time, Participant, String)> {
    let mut delivered = Vec::new();
    while let Some(now) = network.deadline().filter(|deadline| *deadline <= end) {
        while let Some(message) = network.poll(now) {
            delivered.push((now, message.dest, message.body.to_string()));
        }
    }
    delivered
}

fn times(delivered: &[(Time, Participant, String)]) -> Vec<Time> {
    delivered.iter().map(|(time, ..)| *time).collect()
}

#[test]
fn only_messages_that_touch_no_client_take_time() {
    let Small { a, b, service, client, .. } = small();
    for (src, dest, expected) in
        [(a, b, 100), (b, service, 100), (service, a, 100), (b, b, 100), (client, a, 0), (a, client, 0)]
    {
        let mut network = small().network;
        network.send(at(5), src, dest, "{}");
        assert_eq!(times(&run(&mut network, at(1_000))), [at(5 + expected)], "{src:?} to {dest:?}");
    }
}

#[test]
fn a_client_waits_while_the_receiver_waits_for_a_server() {
    let Small { mut network, a, b, client, .. } = small();
    network.send(at(0), b, a, "server");
    network.send(at(10), client, a, "client");
    let delivered = run(&mut network, at(1_000));
    assert_eq!(delivered, [(at(100), a, "server".into()), (at(100), a, "client".into())]);
}

#[test]
fn a_client_overtakes_a_server_that_is_queued_but_not_taken() {
    let Small { mut network, a, b, client, .. } = small();
    network.send(at(0), b, a, "first");
    network.send(at(5), b, a, "second");
    network.send(at(10), client, a, "client");
    let order: Vec<String> = run(&mut network, at(1_000)).into_iter().map(|(.., body)| body).collect();
    assert_eq!(order, ["first", "client", "second"]);
}

#[test]
fn a_wait_is_cut_to_whole_milliseconds() {
    let Small { mut network, a, b, .. } = small();
    network.send(micros(0), b, a, "first");
    network.send(micros(300), b, a, "second");
    network.send(micros(1_700), b, a, "third");
    // Taken at 100 ms with 0.3 ms to go, so at once; then at 100 ms with 1.7 ms to go, so 1 ms later.
    assert_eq!(times(&run(&mut network, at(1_000))), [at(100), at(100), at(101)]);
}

#[test]
fn the_cut_is_tested_when_a_message_is_taken_and_never_again() {
    let Small { mut network, a, b, .. } = small();
    network.send(at(0), b, a, "taken before the cut");
    network.send(at(1), b, a, "taken during the cut");
    network.cut(a, b);
    assert_eq!(run(&mut network, at(100)), [(at(100), a, "taken before the cut".into())]);
    network.heal();
    assert_eq!(run(&mut network, at(1_000)), []);
    assert_eq!(network.journal.statistics.cut, 1);
}

#[test]
fn a_message_still_queued_when_the_cut_ends_is_delivered() {
    let Small { mut network, a, b, .. } = small();
    network.send(at(0), b, a, "keeps the receiver busy");
    network.cut(a, b);
    network.send(at(50), b, a, "sent during the cut");
    network.heal();
    assert_eq!(run(&mut network, at(1_000)).len(), 2);
    assert_eq!(network.journal.statistics.cut, 0);
}

#[test]
fn a_cut_goes_one_way_and_spares_clients() {
    let Small { mut network, a, b, client, .. } = small();
    network.cut(a, b);
    network.send(at(0), b, a, "lost");
    network.send(at(0), a, b, "arrives");
    network.send(at(0), client, a, "arrives too");
    let arrived: Vec<Participant> =
        run(&mut network, at(1_000)).into_iter().map(|(_, dest, _)| dest).collect();
    assert_eq!(arrived, [a, b]);
    let events: Vec<Event> = network.journal.entries.iter().map(|entry| entry.event).collect();
    assert_eq!(events.iter().filter(|event| **event == Event::Cut).count(), 1);
}

#[test]
fn a_dropped_message_is_sent_but_not_received() {
    let Small { mut network, a, b, .. } = small();
    network.cut(a, b);
    network.send(at(0), b, a, "{}");
    run(&mut network, at(1_000));
    let statistics = network.journal.statistics;
    assert_eq!(
        (statistics.servers.sent, statistics.servers.received, statistics.servers.messages()),
        (1, 0, 1)
    );
    assert_eq!(statistics.all(), statistics.servers);
}

#[test]
fn a_node_whose_name_begins_with_c_passes_for_a_client() {
    let Small { mut network, a, .. } = small();
    let carl = network.register("carl", Role::Node(2));
    network.send(at(0), a, carl, "{}");
    assert_eq!(run(&mut network, at(0)).len(), 1, "it has no latency");
    assert_eq!(network.journal.statistics.clients.sent, 1);
    network.cut(carl, a);
    network.send(at(0), a, carl, "{}");
    assert_eq!(run(&mut network, at(0)).len(), 0, "but it can be cut off");
}

#[test]
fn a_message_between_clients_and_nodes_counts_for_clients() {
    let Small { mut network, a, service, client, .. } = small();
    network.send(at(0), client, a, "{}");
    network.send(at(0), a, client, "{}");
    network.send(at(0), a, service, "{}");
    run(&mut network, at(1_000));
    let statistics = network.journal.statistics;
    assert_eq!(statistics.clients, Count { sent: 2, received: 2 });
    assert_eq!(statistics.servers, Count { sent: 1, received: 1 });
}

#[test]
fn a_client_that_does_not_receive_keeps_its_messages_for_later() {
    let Small { mut network, a, client, .. } = small();
    network.set_receiving(at(0), client, false);
    network.send(at(1), a, client, "late");
    assert_eq!(network.deadline(), None);
    assert_eq!(network.in_flight(), 0);
    network.set_receiving(at(9), client, true);
    assert_eq!(run(&mut network, at(1_000)), [(at(9), client, "late".into())]);
}

#[test]
fn refused_lines_spend_a_number_but_are_not_journalled() {
    let Small { mut network, a, client, .. } = small();
    assert_eq!(network.send_line(at(0), br#"{"src":"n0","dest":"n1","body":{}}"#).map(|sent| sent.id), Ok(0));
    let nobody = network.send_line(at(0), br#"{"src":"n0","dest":"n7","body":{}}"#);
    assert_eq!(nobody, Err(Refusal::Bad(BadLine::UnknownDestination("n7".into()))));
    assert!(matches!(network.send_line(at(0), b"debug"), Err(Refusal::Bad(BadLine::NotJson(_)))));
    network.close(client);
    let late = network.send_line(at(0), br#"{"src":"n0","dest":"c0","body":{}}"#);
    assert_eq!(late, Err(Refusal::ClientGone("c0".into())));
    let spoofed = network.send_line(at(0), br#"{"src":"c0","dest":"n0","body":{}}"#);
    assert_eq!(spoofed, Err(Refusal::Bad(BadLine::UnknownSource("c0".into()))));
    assert_eq!(network.send(at(0), a, a, "{}"), 5);
    assert_eq!(network.journal.entries.len(), 2);
}

#[test]
fn closing_a_participant_forgets_what_was_on_its_way() {
    let Small { mut network, a, b, .. } = small();
    network.send(at(0), a, b, "held");
    network.send(at(0), a, b, "queued");
    network.close(b);
    assert_eq!((network.deadline(), network.in_flight()), (None, 0));
}

#[test]
fn loss_and_duplication_strike_between_nodes_only() {
    let Small { mut network, a, b, service, client } = small();
    network.faults.loss = 1.0;
    for (src, dest) in [(client, a), (a, client), (a, service), (service, a), (a, a), (a, b)] {
        network.send(at(0), src, dest, "{}");
    }
    assert_eq!(run(&mut network, at(10_000)).len(), 5);
    assert_eq!(network.journal.statistics.lost, 1);
    network.faults = Faults { duplication: 1.0, ..Faults::default() };
    network.send(at(20_000), a, b, "{}");
    assert_eq!(run(&mut network, at(30_000)).len(), 2);
    assert_eq!(network.journal.statistics.duplicated, 1);
}

#[test]
fn a_message_that_is_held_up_is_overtaken() {
    let Small { mut network, a, b, .. } = small();
    network.faults = Faults { delay: 1.0, longest_delay: Duration::from_secs(10), ..Faults::default() };
    network.send(at(0), a, b, "early");
    network.faults = Faults::default();
    network.send(at(1), a, b, "late");
    assert_eq!(network.in_flight(), 2);
    let order: Vec<String> = run(&mut network, at(20_000)).into_iter().map(|(.., body)| body).collect();
    assert_eq!(order, ["late", "early"]);
    assert_eq!(network.journal.statistics.delayed, 1);
}

#[test]
fn a_journal_without_entries_still_counts() {
    let Small { mut network, a, b, .. } = small();
    network.journal.keep_statistics_only();
    network.send(at(0), a, b, "{}");
    run(&mut network, at(1_000));
    assert!(network.journal.entries.is_empty());
    assert_eq!(network.journal.statistics.servers, Count { sent: 1, received: 1 });
}

#[test]
fn what_is_on_its_way_is_charged_to_the_node_that_caused_it_until_it_has_arrived() {
    let Small { mut network, a, b, service, .. } = small();
    let body: Arc<str> = "x".repeat(1 << 20).into();
    let mut sent = 0;
    while !network.is_overdrawn(a) {
        network.send(at(0), a, b, body.clone());
        sent += 1;
    }
    assert_eq!(sent, MAX_BYTES_ON_THE_WAY >> 20, "a flood ends there");
    assert!(!network.is_overdrawn(b), "and nobody else has to wait");
    run(&mut network, at(10_000));
    assert!(!network.is_overdrawn(a));
    (0..sent).for_each(|_| {
        network.send(at(10_000), service, a, body.clone());
    });
    assert!(network.is_overdrawn(a), "who asks a service pays for its answers");
    network.discard(a);
    assert!(!network.is_overdrawn(a));
    (0..sent).for_each(|_| {
        network.send(at(10_000), a, b, body.clone());
    });
    network.cut(b, a);
    run(&mut network, at(20_000));
    assert!(!network.is_overdrawn(a), "what is dropped is on its way no more");
}

#[test]
fn what_no_client_waits_for_is_counted_and_not_kept() {
    let Small { mut network, a, client, .. } = small();
    network.set_receiving(at(0), client, false);
    let body: Arc<str> = "x".repeat(1 << 18).into();
    (0..1_000).for_each(|_| {
        network.send(at(0), a, client, body.clone());
    });
    assert_eq!(network.unheard(a), 997);
    assert!(!network.is_overdrawn(a));
    network.set_receiving(at(1), client, true);
    assert_eq!(run(&mut network, at(1_000)).len(), 3, "those that were kept are read");
}
