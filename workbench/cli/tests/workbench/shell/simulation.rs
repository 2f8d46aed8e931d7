//! `workbench sim`: the same shell around virtual time.

use super::bench::{Ran, shell, workbench};
use std::collections::BTreeMap;

const HARD: &str = "sim -w broadcast --node-count 5 --rate 50 --latency 20 --latency-dist exponential --nemesis partition \
                    --nemesis-interval 2 --time-limit 10 --log-net-recv --seed";

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let [first, second, other] = ["7", "7", "8"].map(|seed| workbench(&format!("{HARD} {seed}")));
    first.expect(0, &["Everything looks good!", "stable latency", "partitions"]);
    other.expect(0, &["Everything looks good!"]);
    let [first, second, other] = [first, second, other].map(|ran| content(&ran));
    for (file, content) in &first {
        assert!(*content == second[file], "{file} differs");
        assert!(*content != other[file] || file.starts_with("results"), "{file} is the same");
    }
    assert_eq!(first.len(), second.len());
    assert!(first.contains_key("net-journal/messages.jsonl"));
}

/// All files of a run. The log ends with the name of the store, which is the time of day.
fn content(ran: &Ran) -> BTreeMap<String, Vec<u8>> {
    let mut files = ran.files();
    let log = ran.file("jepsen.log").replace(&ran.store_name(), "");
    files.insert("jepsen.log".to_owned(), log.into_bytes());
    files
}

#[test]
fn a_run_names_the_command_that_gives_the_same_bytes_once_more() {
    for words in [
        "-w broadcast --node-count 3 --round 90ms --fanout 2 --rate 20 --latency 7 --time-limit 3 --topology tree3",
        "-w kafka --nodes one,two --concurrency 2n --rate 50 --time-limit 3 --swarm --seed 4",
        "-w pn-counter --machine counter-kv --node-count 2 --rate 20 --time-limit 3 --swarm --seed 2",
    ] {
        let ran = workbench(&format!("sim {words}"));
        let command = ran.told("command");
        assert!(command.starts_with("workbench sim -w "), "{command}");
        let (ran, again) = (content(&ran), content(&shell(&command)));
        let others: Vec<&String> = ran.keys().filter(|file| again.get(*file) != Some(&ran[*file])).collect();
        assert!(others.is_empty(), "{command}: {others:?}");
    }
}

#[test]
fn every_machine_that_is_there_passes_its_workload() {
    for workload in ["echo", "unique-ids", "broadcast"] {
        let words = format!("sim -w {workload} --node-count 3 --time-limit 5 --rate 100 --nemesis partition");
        workbench(&words).expect(0, &["Everything looks good!"]);
    }
}

#[test]
fn a_round_can_be_chosen_and_must_make_sense() {
    let quick = "sim -w broadcast --node-count 3 --time-limit 2 --rate 20 --round";
    workbench(&format!("{quick} 1.5s")).expect(0, &["Everything looks good!"]);
    workbench(&format!("{quick} 90ms --fanout 1")).expect(0, &["Everything looks good!"]);
    for wrong in ["1", "0s", "-1s", "fast", "NaNs"] {
        workbench(&format!("{quick} {wrong}")).expect(254, &["--round"]);
    }
}

#[test]
fn the_frontier_and_the_scaling_are_tables() {
    let titles = "msgs/op  model  ratio  median ms";
    workbench("frontier --rounds 400ms,1.5s --seeds 1")
        .expect(0, &["25 nodes", titles, "\n     400", "\n    1500"]);
    workbench("scaling --nodes 3,7").expect(0, &["msgs/node/s", "\n    3", "\n    7"]);
    workbench("frontier -w lin-kv --rounds 50ms --seeds 1")
        .expect(0, &["8/(λT)", "write: median ms", "  50  "]);
    workbench("frontier -w kafka").expect(254, &["kafka", "lin-kv"]);
    workbench("frontier --rounds soon").expect(254, &["--rounds soon"]);
    workbench("frontier --seeds 0").expect(254, &["--seeds"]);
    workbench("scaling --nodes 0").expect(254, &["--nodes 0"]);
}

#[test]
fn a_sweep_sums_up_its_seeds_and_leaves_a_summary_for_programs() {
    let words =
        "sim -w broadcast --node-count 3 --time-limit 2 --rate 50 --nemesis partition --seed 5 --seeds 6";
    let [alone, together] = ["1", "3"].map(|threads| workbench(&format!("{words} --threads {threads}")));
    alone.expect(0, &["6 seeds", "6 valid, 0 unknown", "msgs-per-op", "median", "times real time"]);
    assert!(!alone.has_file("history.edn"), "a sweep keeps no runs");
    for file in ["sweep.edn", "sweep.json"] {
        assert!(alone.file(file) == together.file(file), "{file} depends on the number of threads");
    }
    assert!(alone.file("sweep.edn").contains(":seed 10"));
    workbench(&format!("{words} --seeds 0")).expect(254, &["--seeds 0"]);
    workbench(&format!("{words} --threads 0")).expect(254, &["--threads 0"]);
    workbench(&format!("{words} --machine counter"))
        .expect(254, &["--machine counter", "must be one of broadcast"]);
}

#[test]
fn a_swarm_chooses_its_faults_by_itself_and_its_first_run_can_be_replayed() {
    let words = "sim -w echo --node-count 2 --time-limit 5 --rate 50 --seed 3 --swarm";
    let (alone, again) = (workbench(words), workbench(words));
    assert!(alone.expect(0, &["Everything looks good!"]).file("history.edn") == again.file("history.edn"));
    for wrong in ["--nemesis kill", "--loss 0.1", "--drift 0.1", "--slow 1ms", "--service-faults"] {
        workbench(&format!("{words} {wrong}")).expect(254, &["--swarm draws the faults by itself"]);
    }
    workbench("sim -w echo --loss 1.1").expect(254, &["--loss 1.1"]);
}

#[test]
fn failing_seeds_are_named_with_the_command_that_replays_each() {
    let strict = "sim -w txn-rw-register --node-count 2 --concurrency 2n --rate 20 --time-limit 1 --seed 1";
    let sweep = workbench(&format!("{strict} --seeds 2 --no-shrink"));
    sweep.expect(1, &["0 valid, 0 unknown, 2 invalid", "seed 1 is invalid", "seed 2 is invalid"]);
    for seed in [1, 2] {
        let link = format!("href=\"seeds/{seed}/report.html\"");
        assert!(sweep.file("sweep.html").replace("&#x2f;", "/").contains(&link), "{link}");
        assert!(sweep.file(&format!("seeds/{seed}/report.html")).contains("<h1>Invalid</h1>"));
        assert!(!sweep.file(&format!("seeds/{seed}/jepsen.log")).is_empty());
    }
    let replay = sweep.stdout.lines().filter_map(|line| line.trim().strip_prefix("workbench ")).next_back();
    let replay = replay.expect("a command").to_owned();
    assert!(replay.ends_with("--seed 2"), "{replay}");
    workbench(&replay).expect(1, &["Analysis invalid!"]);
}
