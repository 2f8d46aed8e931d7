//! The search over all orders of all messages (`machines/tests/exhaustive`) finds a broken variant of each machine, with the
//! fewest events that show it.
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

// The search is written for machines of this name.
extern crate mutants as machines;

#[path = "../../../../machines/tests/exhaustive/bags.rs"]
mod bags;
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
use scopes::{LARGE, SMALL, Scope};
use search::Outcome;

/// How a bug was found.
struct Find {
    scope: &'static Scope,
    outcome: Outcome,
}

/// Looks for a bug in some searches of its machine, until it is found.
fn find(
    number: usize,
    bug: &Bug,
    scopes: impl IntoIterator<Item = &'static Scope>,
    most: usize,
) -> Option<Find> {
    turn_on(Some(number));
    let is_of_its_machine = |scope: &&Scope| scope.name.split(',').next() == Some(bug.machine);
    let outcomes = scopes
        .into_iter()
        .filter(is_of_its_machine)
        .map(|scope| Find { scope, outcome: (scope.search)(most) });
    let found = { outcomes }.find(|find| find.outcome.broken.is_some());
    turn_on(None);
    found
}

/// What a find shows, in a line.
fn row(bug: &Bug, find: Option<&Find>) -> String {
    let Bug { machine, name, .. } = bug;
    let Some(Find { scope, outcome }) = find else {
        return format!("{:>8} {:>7}  {machine}: {name}", "–", "–");
    };
    let broken = outcome.broken.as_deref().unwrap_or_default();
    let events = broken.lines().count() - 1;
    let why = broken.lines().next().unwrap_or_default();
    format!("{:>8} {events:>7}  {machine}: {name}: {why} ({})", outcome.states, scope.name)
}

#[test]
fn a_broken_variant_of_each_machine_is_found_at_once() {
    for machine in ["broadcast", "counter", "counter-kv", "log", "txn"] {
        let found =
            BUGS.iter().enumerate().filter(|(_, bug)| bug.machine == machine).find_map(|(number, bug)| {
                find(number, bug, SMALL, 1000).inspect(|find| println!("{}", row(bug, Some(find))))
            });
        assert!(found.is_some(), "no bug of {machine} is found");
    }
}

#[test]
#[ignore = "takes minutes: `just exhaust`"]
fn most_bugs_are_found_somewhere() {
    println!("  states  events  bug");
    let mut found = 0;
    for (number, bug) in BUGS.iter().enumerate() {
        let find = find(number, bug, SMALL.iter().chain(LARGE), 200_000);
        println!("{}", row(bug, find.as_ref()));
        found += usize::from(find.is_some());
    }
    assert!(found >= BUGS.len() * 3 / 4, "only {found} of {} bugs are found", BUGS.len());
}
