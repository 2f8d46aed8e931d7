use super::judge::DEFAULT_NODES;
use super::*;
use crate::arguments::{self, NotParsed, TestArguments};
use bench::options::{Fault, Latency, LatencyDistribution, Topology};
use std::ffi::OsString;

fn arguments(line: &str) -> Result<TestArguments, NotParsed> {
    let words: Vec<OsString> = line.split('|').filter(|word| !word.is_empty()).map(OsString::from).collect();
    arguments::parse("test", &words)
}

/// Words are separated by bars.
#[track_caller]
fn resolved(line: &str) -> Options {
    options(&arguments(line).unwrap().run, || 7).unwrap()
}

#[track_caller]
fn mistakes(line: &str) -> Vec<String> {
    match arguments(line) {
        Ok(arguments) => options(&arguments.run, || 7).unwrap_err(),
        Err(NotParsed::Wrong(mistakes)) => mistakes,
        Err(NotParsed::Help(_)) => panic!("help"),
    }
}

#[test]
fn a_bare_test_has_the_published_defaults() {
    let options = resolved("");
    assert_eq!(options.workload, Workload::LinKv);
    assert_eq!(options.nodes, DEFAULT_NODES);
    assert_eq!(options.concurrency, 5);
    assert_eq!(options.time_limit, Duration::from_secs(60));
    assert_eq!(options.rate, 5.0);
    assert_eq!(options.latency, Latency { mean_ms: 0, distribution: LatencyDistribution::Constant });
    assert_eq!(options.nemesis, []);
    assert_eq!(options.nemesis_interval, Duration::from_secs(10));
    assert_eq!(options.topology, Topology::Grid);
    assert_eq!(options.availability, None);
    assert_eq!(options.consistency_models, ["strict-serializable"]);
    assert_eq!((options.key_count, options.max_txn_length, options.max_writes_per_key), (10, 4, 16));
    assert_eq!(options.seed, 7);
}

#[test]
fn nodes_come_from_the_file_then_the_count_or_list_then_single_names() {
    assert_eq!(resolved("--node-count|3").nodes, ["n0", "n1", "n2"]);
    assert_eq!(resolved("--node-count|2|--nodes|a,b|-n|x|-ny").nodes, ["n0", "n1", "x", "y"]);
    assert_eq!(resolved("--nodes|a, b ,c|--node=z").nodes, ["a", "b", "c", "z"]);
    assert_eq!(resolved("-n|only").nodes, ["only"]);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, b"first\nsecond\n\n").unwrap();
    let path = file.path().display().to_string();
    assert_eq!(resolved(&format!("--nodes-file|{path}|--node-count|1")).nodes, ["first", "second", "n0"]);
}

#[test]
fn concurrency_is_a_number_or_a_multiple_of_the_nodes() {
    assert_eq!(resolved("--node-count|3|--concurrency|4n").concurrency, 12);
    assert_eq!(resolved("--node-count|3|--concurrency|4").concurrency, 4);
    for wrong in ["n", "-1", "+2", "2m", "0", "", "99999999999999999999n", "1.5"] {
        let lines = mistakes(&format!("--concurrency={wrong}"));
        assert_eq!(lines.len(), 1, "{wrong}: {lines:?}");
    }
}

#[test]
fn options_and_words_for_the_program_may_be_mixed_in_every_spelling() {
    let parsed = arguments("one|-wecho|--bin=/bin/x|two|--rate=10|--|--three|-w|four").unwrap();
    assert_eq!(parsed.bin_arguments, ["one", "two", "--three", "-w", "four"]);
    assert_eq!(parsed.run.workload, "echo");
    assert_eq!(parsed.run.rate, "10");
    assert_eq!(resolved("-w|echo|-w|broadcast").workload, Workload::Broadcast);
    assert_eq!(resolved("--username|root|--password=x|--no-ssh|--strict-host-key-checking").nodes.len(), 5);
}

#[test]
fn an_en_dash_makes_a_word_for_the_program() {
    let parsed = arguments("-w|echo|\u{2013}-nemesis|partition").unwrap();
    assert_eq!(parsed.bin_arguments, ["\u{2013}-nemesis", "partition"]);
    assert_eq!(resolved("-w|echo|\u{2013}-nemesis|partition").nemesis, []);
}

#[test]
fn lists_may_have_blanks_around_their_commas() {
    assert_eq!(resolved("--nemesis|partition , partition").nemesis, [Fault::Partition]);
    assert_eq!(resolved("--nemesis|pause,kill").nemesis, [Fault::Pause, Fault::Kill]);
    let models = ["read-committed", "causal-cerone"];
    assert_eq!(resolved("--consistency-models|read-committed,causal-cerone").consistency_models, models);
    assert_eq!(resolved("--consistency-models|read-committed , causal-cerone").consistency_models, models);
}

#[test]
fn models_that_are_none_are_refused_before_the_run() {
    for text in ["read-commited", ",", "read-committed,serialisable"] {
        let lines = mistakes(&format!("-w|txn-rw-register|--consistency-models|{text}"));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("Failed to validate \"--consistency-models"), "{lines:?}");
    }
}

#[test]
fn every_wrong_value_is_named_in_a_line_of_its_own() {
    let lines = mistakes("-w|nonsense|--rate|-1|--time-limit|0|--latency|1.5|--topology|ring|--seed|x");
    let starts = [
        "Failed to validate \"--workload nonsense\": Must be one of broadcast, echo,",
        "Failed to validate \"--time-limit 0\": ",
        "Failed to validate \"--rate -1\": ",
        "Error while parsing option \"--latency 1.5\": ",
        "Failed to validate \"--topology ring\": ",
        "Error while parsing option \"--seed x\": ",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line} does not start with {start}");
    }
}

#[test]
fn values_out_of_range_are_refused() {
    for wrong in [
        "--nemesis|crash",
        "--nemesis|partition,stop",
        "--nemesis-interval|0",
        "--nemesis-interval|NaN",
        "--availability|1.1",
        "--availability|most",
        "--rate|inf",
        "--rate|NaN",
        "--time-limit|9999999999999999",
        "--latency|-1",
        "--latency-dist|normal",
        "--node-count|0",
        "--node-count|1000000000",
        "--nodes|a,a",
        "--nodes|a,lin-kv",
        "--nodes|,",
        "--key-count|0",
        "--max-txn-length|1000000000",
        "--max-writes-per-key|9999999999999",
        "--nodes-file|/does/not/exist",
    ] {
        let lines = mistakes(wrong);
        assert_eq!(lines.len(), 1, "{wrong}: {lines:?}");
    }
}

#[test]
fn spread_latencies_without_a_mean_are_refused() {
    assert_eq!(mistakes("--latency-dist|uniform").len(), 1);
    assert_eq!(mistakes("--latency-dist|exponential|--latency|0").len(), 1);
    let latency = Latency { mean_ms: 10, distribution: LatencyDistribution::Exponential };
    assert_eq!(resolved("--latency-dist|exponential|--latency|10").latency, latency);
}

#[test]
fn unknown_options_and_missing_values_are_named_as_in_clojure() {
    assert_eq!(mistakes("--bogus"), ["Unknown option: \"--bogus\""]);
    assert_eq!(mistakes("-x"), ["Unknown option: \"-x\""]);
    assert_eq!(mistakes("-w"), ["Missing required argument for \"-w, --workload NAME\""]);
    assert_eq!(mistakes("--rate"), ["Missing required argument for \"--rate HZ\""]);
}

#[test]
fn help_is_help() {
    let Err(NotParsed::Help(text)) = arguments("--help") else { panic!("not help") };
    assert!(text.contains("--nemesis-interval"), "{text}");
}
