//! The rules of the house that cargo can be asked about (README, "The house").
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

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

#[test]
fn what_travels_knows_nobody_and_what_nodes_do_knows_only_that() {
    let allowed = [
        ("machines", "protocol"),
        ("driver", "machines"),
        ("driver", "protocol"),
        ("workbench", "machines"),
        ("workbench", "protocol"),
    ];
    let house = house();
    assert!(house.iter().any(|(from, to)| (&**from, &**to) == allowed[0]), "this test could not fail");
    for (from, to) in &house {
        assert!(
            ["benches", "mutants"].contains(&&**from) || allowed.contains(&(from, to)),
            "{from} depends on {to}"
        );
    }
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
    for folder in ["protocol", "machines", "driver", "workbench", "benches"] {
        assert!(
            manifest(folder).contains("[lints]\nworkspace = true"),
            "{folder} takes the workspace's lints"
        );
    }
}
