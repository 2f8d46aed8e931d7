//! Command lines that make no sense, and requests for help: what is printed, and the status.

use super::bench::workbench;

#[test]
fn without_a_command_the_commands_are_listed() {
    for words in ["", "--help", "nonsense"] {
        let ran = workbench(words);
        assert!(ran.expect(254, &["Usage: workbench COMMAND", "sim, test"]).stdout.lines().count() == 2);
    }
}

#[test]
fn help_of_a_command_lists_its_flags() {
    workbench("test --help").expect(0, &["--nemesis-interval", "--bin", "--log-net-send", "--seed"]);
    workbench("sim -h").expect(0, &["--nemesis-interval", "--seed"]);
}

#[test]
fn every_mistake_is_a_line_of_its_own() {
    let ran = workbench("test -w nonsense --rate x --test-count 0");
    let lines: Vec<&str> = ran.expect(254, &[]).stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("Failed to validate \"--workload nonsense\": Must be one of "));
    assert_eq!(lines[3], "Expected a --bin PATH_TO_BINARY to test");
}

#[test]
fn a_missing_program_and_unknown_options_are_named() {
    assert_eq!(
        workbench("test -w echo").expect(254, &[]).stdout,
        "Expected a --bin PATH_TO_BINARY to test\n"
    );
    assert_eq!(workbench("test --bogus").expect(254, &[]).stdout, "Unknown option: \"--bogus\"\n");
}

#[test]
fn spread_latencies_of_zero_are_refused() {
    workbench("test -w echo --bin /bin/true --latency-dist exponential").expect(254, &["--latency"]);
}
