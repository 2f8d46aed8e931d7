//! The figures of broadcast. Virtual time is exact, so tables are compared to the byte with those in `tests/tables`:
//! whoever changes what the machine costs sees by how much. `just golden` writes them anew.
//!
//! The bounds are the project's own, far below those of the challenges. They hold for the mean of several seeds, or for
//! every one of them, as each test says.

use std::fmt::Write;
use std::time::Duration;

use bench::options::LatencyDistribution;
use expect_test::expect_file;
use machines::{Broadcast, Machine};
use worlds::frontier::consensus::{self, Consensus};
use worlds::frontier::{Frontier, Load, Measurement, Row};
use worlds::scaling::{self, Scaling};

const SEEDS: u64 = 10;

fn default_round() -> Duration {
    Broadcast::default_config().round
}

#[track_caller]
fn measure(load: Load, round: Duration) -> Row {
    Row::measure(load, round, SEEDS).expect("every run is valid")
}

fn cost(measured: &Measurement) -> f64 {
    measured.messages_per_operation
}

#[test]
fn consensus_costs_what_it_did() {
    let rounds = consensus::ROUNDS_MS.map(Duration::from_millis);
    let rows = rounds.map(|round| consensus::Row::measure(round, 2).expect("every run is valid"));
    let frontier = Consensus { seeds: 2, rows: rows.to_vec() };
    expect_file!["tables/consensus.txt"].assert_eq(&frontier.to_string());
}

#[test]
fn the_frontier_is_where_it_was() {
    let mut rounds = [50, 100, 200, 500, 1000, 1500].map(Duration::from_millis).to_vec();
    rounds.push(default_round());
    rounds.sort();
    let frontier = Frontier::measure(Load::CHALLENGE_3D, &rounds, 3).expect("every run is valid");
    expect_file!["tables/frontier.txt"].assert_eq(&frontier.to_string());
}

/// Rounds may be shorter than a round trip, and latencies far from what was expected: a network that is slow is not taken for
/// one that is cut.
#[test]
fn on_slow_networks_nodes_cost_what_they_did() {
    let mut table =
        String::from("25 nodes, 100 operations a second for 20 s, default rounds; mean of 3 seeds\n\n");
    writeln!(
        table,
        "{:>12}  {:>7}  {:>8}  {:>9}  {:>6}",
        "distribution", "mean ms", "messages", "median ms", "max ms"
    )
    .expect("a string takes any text");
    for distribution in [LatencyDistribution::Constant, LatencyDistribution::Exponential] {
        for latency_ms in [10, 100, 300, 500, 1000] {
            let load = Load { latency_ms, distribution, ..Load::CHALLENGE_3D };
            let row = Row::measure(load, default_round(), 3).expect("every run is valid");
            writeln!(
                table,
                "{:>12}  {latency_ms:>7}  {:>8.0}  {:>9.0}  {:>6.0}",
                distribution.name(),
                row.mean(|run| run.messages as f64),
                row.mean(|run| run.median_ms),
                row.mean(|run| run.longest_ms),
            )
            .expect("a string takes any text");
        }
    }
    expect_file!["tables/latencies.txt"].assert_eq(&table);
}

#[test]
fn small_clusters_cost_what_they_did() {
    let rows = [5, 25].map(|nodes| scaling::Row::measure(nodes, 1).expect("the run is valid"));
    let scaling = Scaling { seed: 1, rows: rows.to_vec() };
    expect_file!["tables/scaling.txt"].assert_eq(&scaling.to_string());
}

/// What partitions cost beyond health: the search for another tree, probes of those out of reach, and the way home.
#[test]
fn partitions_cost_what_they_did() {
    let mut table = String::from(
        "100 operations a second for 20 s; messages an operation, healthy and with partitions: median (worst)\n\n",
    );
    writeln!(table, "{:>5}  {:>7}  {:>5}  {:>7}  {:>13}", "nodes", "round", "seeds", "healthy", "partitions")
        .expect("a string takes any text");
    let long = Duration::from_millis(1600);
    for (nodes, round, seeds) in
        [(5, default_round(), 10), (25, default_round(), 15), (25, long, 15), (100, default_round(), 1)]
    {
        let load = Load { nodes, ..Load::CHALLENGE_3D };
        let healthy = Row::measure(load, round, 1).expect("the run is valid").mean(cost);
        let troubled = Load { partitions: true, ..load };
        let row = Row::measure(troubled, round, seeds).expect("every run is valid");
        let (median, worst) = (row.median(cost), row.worst(cost));
        writeln!(
            table,
            "{nodes:>5}  {:>7}  {seeds:>5}  {healthy:>7.3}  {:>13}",
            format!("{round:?}"),
            format!("{median:.3} ({worst:.3})")
        )
        .expect("a string takes any text");
        assert!(median <= 2.0 * healthy, "{nodes} nodes: {median}");
    }
    expect_file!["tables/partitions.txt"].assert_eq(&table);
}

#[test]
fn challenge_3d_takes_1_2_messages_an_operation_and_380_ms() {
    let row = measure(Load::CHALLENGE_3D, default_round());
    assert!(row.mean(cost) <= 1.2, "{}", row.mean(cost));
    assert!(row.worst(|run| run.median_ms) < 380.0);
    assert!(row.worst(|run| run.longest_ms) < 570.0);
}

#[test]
fn challenge_3e_takes_0_36_messages_an_operation_and_950_ms() {
    let row = measure(Load::CHALLENGE_3D, Duration::from_millis(1500));
    assert!(row.mean(cost) <= 0.36, "{}", row.mean(cost));
    assert!(row.worst(|run| run.median_ms) < 950.0);
    assert!(row.worst(|run| run.longest_ms) < 1800.0);
}

#[test]
fn challenge_3b_takes_two_messages_an_operation() {
    let row = measure(Load::CHALLENGE_3B, default_round());
    assert!(row.worst(cost) <= 2.0, "{}", row.worst(cost));
    assert!(row.worst(|run| run.longest_ms) < 450.0);
}

/// That a run is valid means that nothing was lost; that there are as many stable values as there were broadcasts, that
/// all of them were there in the end.
#[test]
fn under_partitions_nothing_is_lost_and_all_is_stable_in_the_end() {
    let load = Load { partitions: true, ..Load::CHALLENGE_3D };
    for round in [default_round(), Duration::from_millis(1500)] {
        for run in measure(load, round).measured {
            assert_eq!(run.values, run.broadcasts, "rounds of {round:?}");
            assert!(run.values > 900);
        }
    }
}

/// What a node does must not grow with the cluster.
#[test]
fn a_node_of_a_large_cluster_costs_no_more_than_one_of_a_small_cluster() {
    let [small, large] = [25, 200].map(|nodes| scaling::Row::measure(nodes, 1).expect("the run is valid"));
    assert!(large.messages_per_node_second() <= 1.1 * small.messages_per_node_second());
    assert!(large.bytes_per_value_node() <= 1.5 * small.bytes_per_value_node());
    let hops = 4.0 * scaling::LOAD.latency_ms as f64;
    assert!(large.measured.longest_ms <= small.measured.longest_ms + hops);
}
