//! The rules of the house that cargo can be asked about (README, "The house").
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

mod imports;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use imports::Imports;
use serde_json::Value;

/// What cargo, asked about the workspace, prints.
fn cargo(arguments: &[&str]) -> String {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output =
        Command::new(env!("CARGO")).args(arguments).args(["--manifest-path", manifest]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Pairs of a crate of ours and another one that it depends on in any way, also for its tests.
fn house() -> Vec<(String, String)> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_string();
    let packages = metadata["packages"].as_array().unwrap();
    let is_ours = |dependency: &Value| !dependency["path"].is_null();
    packages
        .iter()
        .flat_map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            dependencies.iter().filter(|it| is_ours(it)).map(move |it| (name(package), name(it)))
        })
        .collect()
}

/// What stands on what: a crate may use those that stand before it in its row, and nothing else of ours.
const LAYERS: [&[&str]; 2] = [
    &["protocol", "machines", "driver"],
    &["protocol", "machines", "edn", "judge", "bench", "worlds", "store", "report", "workbench"],
];

/// Crates that nobody stands on: they may look at everything.
const ONLOOKERS: [&str; 2] = ["benches", "mutants"];

/// What of the layers below even so is not for everyone: the judge knows nothing of nodes, and store and report are siblings.
const BARRED: [(&str, &str); 5] = [
    ("edn", "protocol"),
    ("edn", "machines"),
    ("judge", "protocol"),
    ("judge", "machines"),
    ("report", "store"),
];

fn may_use(from: &str, to: &str) -> bool {
    let place = |row: &&[&str], name: &str| row.iter().position(|crate_| *crate_ == name);
    let stands_on = |row: &&[&str]| place(row, to).zip(place(row, from)).is_some_and(|(to, from)| to < from);
    ONLOOKERS.contains(&from) || LAYERS.iter().any(stands_on) && !BARRED.contains(&(from, to))
}

#[test]
fn every_crate_stands_on_those_below_it_and_on_no_others() {
    let house = house();
    let known = |name: &str| house.iter().any(|(from, _)| from == name);
    assert!(
        LAYERS[1][1..].iter().all(|name| *name == "edn" || known(name)),
        "this test could not fail: {house:?}"
    );
    for (from, to) in &house {
        assert!(may_use(from, to), "{from} depends on {to}");
    }
    assert!(!may_use("judge", "bench") && !may_use("driver", "worlds") && !may_use("store", "report"));
}

#[test]
fn protocol_and_machines_cannot_name_a_clock() {
    for name in ["protocol", "machines"] {
        let root = format!("{}/../{name}/src/lib.rs", env!("CARGO_MANIFEST_DIR"));
        let source = fs::read_to_string(root).unwrap();
        assert!(source.lines().any(|line| line == "#![no_std]"), "{name}");
        assert!(!source.contains("extern crate std"), "{name}");
    }
}

#[test]
fn nothing_that_protocol_and_machines_are_built_on_brings_the_standard_library_in() {
    let tree = ["tree", "--package", "machines", "--edges", "normal", "--prefix", "none", "--format"];
    let listed = cargo(&[&tree[..], &["{p} [{f}]"]].concat());
    assert!(listed.lines().any(|line| line.starts_with("protocol ")), "{listed}");
    for line in listed.lines() {
        let features = line.split_once('[').map_or("", |(_, features)| features.trim_end_matches(']'));
        assert!(!features.split(',').any(|feature| feature == "std"), "{line}");
    }
}

#[test]
fn nodes_stand_on_the_crates_that_the_drivers_docs_list_and_on_no_others() {
    let tree = ["tree", "--locked", "--package", "driver", "--edges", "normal,build", "--prefix", "none"];
    // What is built elsewhere differs by a crate or two.
    let listed = cargo(
        &[&tree[..], &["--target", "x86_64-unknown-linux-gnu", "--format", "{p}", "--no-dedupe"]].concat(),
    );
    let names = listed.lines().filter_map(|line| line.split(' ').next());
    let linked: BTreeSet<&str> =
        names.filter(|name| !["driver", "machines", "protocol"].contains(name)).collect();
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let table = docs.split_once("# What a node stands on").unwrap().1;
    let rows = table.lines().filter_map(|line| line.strip_prefix("//! | ")?.split_once(" |"));
    let documented =
        rows.flat_map(|(crates, _)| crates.split(", ")).filter_map(|name| name.strip_prefix('`'));
    assert_eq!(linked, documented.map(|name| name.trim_end_matches('`')).collect());
}

#[test]
fn no_crate_of_ours_can_be_unsafe() {
    let house = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let manifest = |folder: &str| fs::read_to_string(format!("{house}/{folder}/Cargo.toml")).unwrap();
    for root in ["", "fuzz"] {
        assert!(manifest(root).contains("unsafe_code = \"forbid\""), "{root:?}");
    }
    let layers =
        ["edn", "judge", "bench", "worlds", "store", "report", "cli"].map(|name| format!("workbench/{name}"));
    let others = ["protocol", "machines", "driver", "benches"].map(str::to_owned);
    for folder in others.iter().chain(&layers) {
        assert!(
            manifest(folder).contains("[lints]\nworkspace = true"),
            "{folder} takes the workspace's lints"
        );
    }
}

/// Crates of the workspace, and the folders that they live in.
const CRATES: [&str; 12] = [
    "protocol",
    "machines",
    "driver",
    "benches",
    "fuzz",
    "workbench/edn",
    "workbench/judge",
    "workbench/bench",
    "workbench/worlds",
    "workbench/store",
    "workbench/report",
    "workbench/cli",
];

#[test]
fn no_file_imports_one_that_imports_it_not_even_through_others() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let circle_in = |name: &&str| Imports::read(&house.join(name).join("src/lib.rs")).circle();
    let circles: Vec<_> = CRATES.iter().filter_map(|name| Some((name, circle_in(name)?))).collect();
    assert!(circles.is_empty(), "{circles:?}");
    let engine = Imports::read(&house.join("machines/src/lib.rs"));
    assert!(engine.count() > 20, "this test could not fail: {engine:?}");
}

#[test]
fn a_circle_is_found_wherever_it_is_planted() {
    let straight = [("a", "use crate::b::B;"), ("b", "use super::a;"), ("", "mod a;\nmod b;")];
    assert_eq!(Imports::of(&straight).circle().unwrap(), ["crate::a", "crate::b", "crate::a"]);
    let through_a_third = [
        ("", "mod a; mod b; mod c; pub use c::C;"),
        ("a", "use crate::{b::{self, B as Other}, d::D};"),
        ("b", "fn f() { super::c::g() }"),
        ("b::inner", "use crate::C;"),
        ("c", "use crate::a::{A, B};"),
    ];
    assert_eq!(Imports::of(&through_a_third).circle().unwrap().len(), 4);
    let handed_on = [("", "pub use a::A;"), ("a", "use crate::b::B;"), ("b", "pub(crate) use crate::A;")];
    assert_eq!(Imports::of(&handed_on).circle().unwrap().len(), 3);
    let in_one_room =
        [("", "use a::A;"), ("a", "use crate::Root;\nuse inner::I;"), ("a::inner", "use super::A;")];
    assert_eq!(Imports::of(&in_one_room).circle(), None);
    let under_test =
        [("", ""), ("a", "#[cfg(test)]\nuse crate::b::B;"), ("b", "use crate::a::A; // crate::b")];
    assert_eq!(Imports::of(&under_test).circle(), None);
}
