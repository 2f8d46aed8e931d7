//! Runs in virtual time, seed after seed, find the bugs: a checker, a node that fails, or what it costs gives each away.
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

extern crate machines as honest;
extern crate mutants as machines;

mod components;
mod host;
#[path = "../../../../machines/tests/consensus/invariants.rs"]
#[allow(dead_code, reason = "what only the tests of machines need")]
mod invariants;
#[path = "../../../../machines/tests/consensus/load.rs"]
#[allow(dead_code, reason = "what only the tests of machines need")]
mod load;
mod scenarios;
mod storm;
#[path = "../../../../machines/tests/consensus/trouble.rs"]
mod trouble;
#[path = "../../../../machines/tests/consensus/world.rs"]
#[allow(dead_code, reason = "what only the tests of machines need")]
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use machines::{BUGS, Bug, turn_on};
use scenarios::{Scenario, scenario};
use worlds::sweep::{Outcome, Verdict, record};

/// What gives a machine away in the run of this seed, if anything does.
fn suspicion(machine: &str, bug: Option<usize>, seed: u64) -> Option<String> {
    turn_on(bug);
    let Scenario { options, spawn, most_messages } = scenario(machine, seed);
    let outcome = catch_unwind(AssertUnwindSafe(|| Outcome::of(&record(options, spawn))));
    let Ok(outcome) = outcome else { return Some("a node fails".to_string()) };
    let messages = outcome.messages_per_operation.unwrap_or_default();
    // That nothing succeeds is nobody's bug where a majority was dead to the end.
    let had_no_chance = outcome.why.as_ref().is_some_and(|why| why.starts_with("stats: "));
    match outcome.verdict {
        Verdict::Valid if messages > most_messages => Some(format!("{messages:.2} messages an operation")),
        verdict if verdict == Verdict::Valid || had_no_chance => {
            let looks = [storm::storm, components::components];
            let look = || looks.iter().find_map(|look| look(machine, seed));
            catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| Some("a node fails".to_string()))
        }
        _ => outcome.why,
    }
}

/// How many seeds it takes to find a bug, and what gives it away.
fn hunt(number: usize, bug: &Bug, most_seeds: u64) -> Option<(u64, String)> {
    (0..most_seeds).find_map(|seed| suspicion(bug.machine, Some(number), seed).map(|why| (seed + 1, why)))
}

/// Hunts these bugs, by number, on all processors, and prints a table. The names of those that got away.
fn hunt_all(bugs: &[usize], most_seeds: u64) -> Vec<&'static str> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = std::iter::from_fn(|| bugs.get(next.fetch_add(1, Ordering::Relaxed)).copied());
        mine.map(|number| (number, hunt(number, &BUGS[number], most_seeds))).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    found.sort_by_key(|(number, _)| *number);
    println!("seeds  bug, and what gives it away");
    for (number, found) in &found {
        let Bug { machine, name, .. } = BUGS[*number];
        let (seeds, why) =
            found.as_ref().map_or(("–".to_string(), "nothing"), |(seeds, why)| (seeds.to_string(), why));
        println!("{seeds:>5}  {machine}: {name}: {why}");
    }
    let got_away = found.iter().filter(|(_, found)| found.is_none());
    got_away.map(|(number, _)| BUGS[*number].name).collect()
}

/// Bugs that take a hundred seeds and more: a few are not worth the time.
const RARE: &[&str] = &[
    "a node away from home does not ask whether it can return",
    "a root that may be gone is offered to strangers",
    "a report on stability counts though its delta is not taken",
    "what a lost message told of stability is not told again",
];

#[test]
fn a_few_seeds_find_nearly_every_bug() {
    let is_rare = |number: &usize| RARE.contains(&BUGS[*number].name);
    let bugs: Vec<usize> = (0..BUGS.len()).filter(|number| !is_rare(number)).collect();
    assert_eq!(bugs.len(), BUGS.len() - RARE.len());
    let got_away = hunt_all(&bugs, 60);
    assert!(got_away.is_empty(), "{got_away:?} got away");
}

#[test]
#[ignore = "takes minutes: `just hunt`"]
fn a_thousand_seeds_find_every_bug() {
    let bugs: Vec<usize> = (0..BUGS.len()).collect();
    let got_away = hunt_all(&bugs, 1000);
    assert!(got_away.is_empty(), "{got_away:?} got away");
}

#[test]
fn what_ships_is_never_suspected() {
    let durable = ["durable broadcast", "durable counter", "durable log", "durable txn"];
    let others = ["unique-ids", "broadcast", "counter", "counter-kv", "log", "txn", "lin-kv", "txn-strict"];
    for machine in others.into_iter().chain(durable) {
        for seed in 0..10 {
            assert_eq!(suspicion(machine, None, seed), None, "{machine}, seed {seed}");
        }
    }
}
