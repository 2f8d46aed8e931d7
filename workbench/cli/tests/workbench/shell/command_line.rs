//! Command lines that make no sense, and requests for help: what is printed, where, and the status.

use super::bench::workbench;

#[test]
fn without_a_command_there_is_a_page_that_says_how_to_begin() {
    for (words, status) in [("", 254), ("--help", 0), ("help", 0)] {
        let ran = workbench(words);
        ran.expect(
            status,
            &["Usage: workbench COMMAND", "workbench challenge 3d --bin ./my-node", "\n  sim "],
        );
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn what_is_misspelt_is_understood() {
    workbench("tset -w echo").expect(254, &["There is no command \"tset\". Did you mean \"test\"?"]);
    workbench("help chalenge").expect(254, &["Did you mean \"challenge\"?"]);
    workbench("test --nod-count 3")
        .expect(254, &["Unknown option: \"--nod-count\". Did you mean \"--node-count\"?"]);
    workbench("test -w brodcast --bin x").expect(254, &["Must be one of", "Did you mean \"broadcast\"?"]);
    workbench("test -w echo --bin x --nemesis partitions").expect(254, &["Did you mean \"partition\"?"]);
    workbench("test -w txn-rw-register --bin x --consistency-models read-commited")
        .expect(254, &["Did you mean \"read-committed\"?"]);
    workbench("challenge 3f").expect(254, &["There is no challenge \"3f\""]);
}

#[test]
fn help_of_a_command_lists_its_flags() {
    for words in ["test --help", "help test"] {
        workbench(words).expect(0, &["--nemesis-interval", "--bin", "--log-net-send", "--seed", "--shrink"]);
    }
    workbench("sim -h").expect(0, &["--nemesis-interval", "--seed"]);
}

#[test]
fn wherever_there_is_a_verdict_it_may_be_given_a_time() {
    for words in
        ["test -w echo --bin x", "sim -w echo", "challenge 1 --bin /bin/true", "analyze", "check -w set x"]
    {
        let ran = workbench(&format!("{words} --analysis-timeout soon"));
        ran.expect(254, &["--analysis-timeout \"soon\": must be a number of seconds, more than none"]);
    }
}

#[test]
fn every_mistake_is_a_line_of_its_own_where_errors_go() {
    let ran = workbench("test -w nonsense --rate x --test-count 0");
    let lines: Vec<&str> = ran.expect(254, &[]).stderr.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(ran.stdout, "");
    assert!(lines[0].starts_with("Failed to validate \"--workload nonsense\": Must be one of "));
    assert_eq!(lines[3], "Expected a --bin PATH_TO_BINARY to test");
}

#[test]
fn a_missing_program_and_unknown_options_are_named() {
    assert_eq!(
        workbench("test -w echo").expect(254, &[]).stderr,
        "Expected a --bin PATH_TO_BINARY to test\n"
    );
    assert_eq!(workbench("test --bogus").expect(254, &[]).stderr, "Unknown option: \"--bogus\"\n");
}

#[test]
fn a_workload_that_cannot_be_run_is_refused_before_anything_starts() {
    let ran = workbench("test --bin /bin/true");
    ran.expect(254, &["Expected a -w WORKLOAD: ", "it is lin-kv, as with Maelstrom", "Try --concurrency 2n"]);
    assert!(!ran.has_file("test.edn"), "nothing was started");
}

#[test]
fn spread_latencies_of_zero_are_refused() {
    workbench("test -w echo --bin /bin/true --latency-dist exponential").expect(254, &["--latency"]);
}
