//! The searches over all orders of all messages (`machines/tests/exhaustive`, `machines/tests/consensus/search`) find a broken
//! variant of each machine, with the fewest events that show it.
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

// The search is written for machines of this name.
extern crate mutants as machines;

#[path = "../../../../machines/tests/exhaustive/bags.rs"]
mod bags;
#[path = "../../../../machines/tests/consensus/search/mod.rs"]
mod consensus;
#[path = "../../../../machines/tests/exhaustive/counter_kv.rs"]
mod counter_kv;
#[path = "../../../../machines/tests/exhaustive/durable.rs"]
mod durable;
#[path = "../../../../machines/tests/exhaustive/fingerprint.rs"]
mod fingerprint;
#[path = "../../../../machines/tests/exhaustive/log.rs"]
mod log;
#[path = "../../../../machines/tests/exhaustive/scopes.rs"]
mod scopes;
#[path = "../../../../machines/tests/exhaustive/search.rs"]
mod search;
#[path = "../../../../machines/tests/exhaustive/store.rs"]
mod store;
#[path = "../../../../machines/tests/exhaustive/subject.rs"]
mod subject;
#[path = "../../../../machines/tests/exhaustive/txn.rs"]
mod txn;
#[path = "../../../../machines/tests/exhaustive/world.rs"]
mod world;

use machines::{BUGS, Bug, turn_on};
use scopes::{LARGE, SMALL};

/// A search of all that can happen within a scope, or of its first so many states.
struct Scope {
    name: &'static str,
    search: Box<dyn Fn(usize) -> Find>,
}

impl Scope {
    /// What runs on the nodes, as names of scopes begin.
    fn machine(&self) -> &str {
        self.name.split([',', ':']).next().unwrap_or_default()
    }
}

/// What a search has found.
struct Find {
    states: usize,
    /// What is wrong, and then what led there, line by line.
    broken: Option<String>,
}

/// The searches of all machines, the small ones first.
fn scopes() -> Vec<Scope> {
    let mut scopes = Vec::new();
    for (machines, consensus) in [(SMALL, consensus::scopes::SMALL), (LARGE, consensus::scopes::LARGE)] {
        scopes.extend(machines.iter().map(|scope| Scope {
            name: scope.name,
            search: Box::new(|most| {
                let search::Outcome { states, broken, .. } = (scope.search)(most);
                Find { states, broken }
            }),
        }));
        scopes.extend(consensus.iter().map(|scope| Scope {
            name: scope.name,
            search: Box::new(|most| {
                let consensus::Outcome { states, broken, .. } = consensus::search(scope, most);
                Find { states, broken }
            }),
        }));
    }
    scopes
}

/// Looks for a bug in the searches of its machine, until it is found; in which, and what was found.
fn find<'s>(number: usize, bug: &Bug, scopes: &'s [Scope], most: usize) -> Option<(&'s Scope, Find)> {
    turn_on(Some(number));
    let mut scopes = scopes.iter().filter(|scope| scope.machine() == bug.machine);
    let found = scopes.find_map(|scope| {
        let find = (scope.search)(most);
        find.broken.is_some().then_some((scope, find))
    });
    turn_on(None);
    found
}

/// What a find shows, in a line.
fn row(bug: &Bug, find: Option<&(&Scope, Find)>) -> String {
    let Bug { machine, name, .. } = bug;
    let Some((scope, Find { states, broken })) = find else {
        return format!("{:>8} {:>7}  {machine}: {name}", "–", "–");
    };
    let broken = broken.as_deref().unwrap_or_default();
    let events = broken.lines().count() - 1;
    let why = broken.lines().next().unwrap_or_default();
    format!("{states:>8} {events:>7}  {machine}: {name}: {why} ({})", scope.name)
}

#[test]
fn a_broken_variant_of_each_machine_is_found_at_once() {
    let scopes = scopes();
    for machine in ["broadcast", "counter", "counter-kv", "lin-kv", "log", "txn"] {
        let found =
            BUGS.iter().enumerate().filter(|(_, bug)| bug.machine == machine).find_map(|(number, bug)| {
                find(number, bug, &scopes, 1000).inspect(|find| println!("{}", row(bug, Some(find))))
            });
        assert!(found.is_some(), "no bug of {machine} is found");
    }
}

#[test]
#[ignore = "takes minutes: `just exhaust`"]
fn most_bugs_are_found_somewhere() {
    println!("  states  events  bug");
    let (scopes, mut found, mut sought) = (scopes(), 0, 0);
    // Clusters of two or three have hardly a tree.
    let is_of_trees = |bug: &Bug| ["engine/tree.rs", "engine/lost.rs"].contains(&bug.file);
    let is_searched =
        |bug: &Bug| !is_of_trees(bug) && scopes.iter().any(|scope| scope.machine() == bug.machine);
    for (number, bug) in BUGS.iter().enumerate().filter(|(_, bug)| is_searched(bug)) {
        let find = find(number, bug, &scopes, 200_000);
        println!("{}", row(bug, find.as_ref()));
        found += usize::from(find.is_some());
        sought += 1;
    }
    // Of consensus' bugs two thirds need longer logs, finer time or more states than these.
    assert!(found >= sought / 2, "only {found} of {sought} bugs are found");
}
