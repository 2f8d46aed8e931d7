//! Every flag that Maelstrom's `test` takes (§1.2), each in its own spelling: what the run then is, or what is said.

use super::bench::{Ran, misbehave, shell, workbench, workbench_with};

/// A run that is over at once: no operations, a fraction of a second. What is tested is what it was asked to do.
fn run(words: &str) -> Ran {
    let common = "test -w echo --rate 0 --time-limit 1 --seed 1 --bin";
    let words: Vec<&str> = common
        .split(' ')
        .chain([misbehave()])
        .chain(words.split('|').filter(|word| !word.is_empty()))
        .collect();
    workbench_with(&words)
}

#[test]
fn flags_do_what_they_say_in_every_spelling() {
    // Words are separated by bars. After the arrow: what the first lines of the log or the run's files have to say.
    let cases = [
        ("--node-count|2", ["echo: 2 nodes, 2 clients", ":nodes [\"n0\" \"n1\"]"]),
        ("--nodes|a, b", ["echo: 2 nodes", ":nodes [\"a\" \"b\"]"]),
        ("-n|x|-ny|--node=z", ["echo: 3 nodes", ":nodes [\"x\" \"y\" \"z\"]"]),
        ("--node-count=1|-nx|--nodes|ignored", ["echo: 2 nodes", ":nodes [\"n0\" \"x\"]"]),
        ("--node-count|2|--concurrency|4n", ["2 nodes, 8 clients", ":concurrency 8"]),
        ("--concurrency=3", ["5 nodes, 3 clients", ":nodes [\"n1\" \"n2\" \"n3\" \"n4\" \"n5\"]"]),
        ("-wunique-ids|--rate=0.0", ["unique-ids: 5 nodes", ":name \"unique-ids\""]),
        (
            "--latency|7|--latency-dist|uniform",
            ["7 ms latency (uniform)", ":latency {:mean 7, :dist :uniform}"],
        ),
        (
            "--nemesis|kill , pause|--nemesis-interval|2.5",
            ["kills and pauses every 2.5 s", ":nemesis [:kill :pause]"],
        ),
        ("--availability|total", ["total availability", ":availability :total"]),
        ("--availability=0.5", ["availability 0.5", ":availability 0.5"]),
        ("--consistency-models|causal , PRAM", ["echo", ":consistency-models [\"causal\" \"PRAM\"]"]),
        (
            "--topology|tree3|--key-count|3|--max-txn-length|2|--max-writes-per-key|5",
            [":topology :tree3", ":key-count 3, :max-txn-length 2, :max-writes-per-key 5"],
        ),
        ("--loss|0.1|--service-faults", ["loss 0.1", ":hazards {:loss 0.1, "]),
        ("--init-timeout|9|--recovery|0.5", ["no faults", ":init-timeout 9.0, :recovery 0.5"]),
        (
            "--username|me|--password=x|--ssh-private-key|k|--no-ssh|--strict-host-key-checking",
            ["echo", ":name"],
        ),
        ("first|--log-stderr|second|--|-w|--bin", ["first second -w --bin", ":name \"echo\""]),
        ("--test-count|1|--log-net-send|--log-net-recv", [":send #0 c0 -> n1", ":recv #0 c0 -> n1"]),
    ];
    std::thread::scope(|scope| {
        for chunk in cases.chunks(4) {
            scope.spawn(move || {
                for (words, texts) in chunk {
                    let ran = run(words);
                    // Where there were no operations, nothing was judged.
                    assert_eq!(ran.status, 2, "{words}: {}", ran.stdout);
                    let said = [ran.file("jepsen.log"), ran.file("test.edn")].concat();
                    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
                    texts
                        .iter()
                        .for_each(|text| assert!(said.contains(text), "{words}: no {text} in {said}"));
                }
            });
        }
    });
}

#[test]
fn what_makes_no_sense_is_said_line_by_line_with_status_254() {
    let missing = "Expected a --bin PATH_TO_BINARY to test";
    for (words, lines) in [
        ("test -w echo", vec![missing]),
        (
            "test --bogus --more=3 -x",
            vec!["Unknown option: \"--bogus\"", "Unknown option: \"--more\"", "Unknown option: \"-x\""],
        ),
        ("test --bin", vec!["Missing required argument for \"--bin FILE\""]),
        ("test -w", vec!["Missing required argument for \"-w, --workload NAME\""]),
        (
            "test --bin x --rate fast",
            vec!["Error while parsing option \"--rate fast\": Must be a number from 0 to 1000000"],
        ),
        (
            "test --bin x --rate -1",
            vec!["Failed to validate \"--rate -1\": Must be a number from 0 to 1000000"],
        ),
        (
            "test --bin x --nemesis rain",
            vec![
                "Failed to validate \"--nemesis rain\": Faults must be of partition, kill, pause, one-way-link, latency-spike",
            ],
        ),
        (
            "test --bin x --time-limit 0",
            vec!["Failed to validate \"--time-limit 0\": Must be a positive integer"],
        ),
        (
            "test --time-limit 0",
            vec!["Failed to validate \"--time-limit 0\": Must be a positive integer", missing],
        ),
        (
            "test -w echo --bin x --test-count 0",
            vec!["Failed to validate \"--test-count 0\": Must be a positive integer"],
        ),
        ("test --bin x --leave-db-running=yes", vec!["Option takes no value: \"--leave-db-running\""]),
        ("test --bin x --nodes a,a", vec!["Two nodes are called \"a\""]),
    ] {
        assert_eq!(workbench(words).expect(254, &[]).stderr.lines().collect::<Vec<_>>(), lines, "{words}");
    }
}

#[test]
fn every_command_helps_whoever_asks_even_among_mistakes() {
    for words in [
        "test -h",
        "test --bogus --help",
        "test -hw echo",
        "sim --help",
        "analyze -h",
        "demo -h",
        "thresholds -h",
        "serve -h",
        "challenge -h",
        "new -h",
    ] {
        workbench(words).expect(0, &["Usage: workbench ", "Examples:\n  workbench "]);
    }
    workbench("completions -h").expect(0, &["Usage: workbench ", "Examples:\n  source <(workbench "]);
    workbench("frontier -h").expect(0, &["Usage: workbench ", "Examples:\n  workbench "]);
    workbench("scaling -h").expect(0, &["Example:\n  workbench "]);
}

#[test]
fn names_of_nodes_come_from_a_file_too() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first\n\n second \n").unwrap();
    let ran = run(&format!("--nodes-file|{}|--node-count|1|-n|last", file.path().display()));
    let nodes = ":nodes [\"first\" \"second\" \"n0\" \"last\"]";
    assert!(ran.expect(2, &["4 nodes, 4 clients"]).file("test.edn").contains(nodes));
    workbench("test --bin x --nodes-file /nowhere")
        .expect(254, &["Failed to validate \"--nodes-file /nowhere\": No such"]);
}

/// Processes whose command line has this word.
fn processes_with(word: &str) -> Vec<i32> {
    let listed =
        std::process::Command::new("ps").args(["-e", "-o", "pid=,args="]).output().expect("there is a ps");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let lines = text.lines().filter(|line| line.split_whitespace().any(|argument| argument == word));
    lines.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
}

#[test]
fn nodes_are_left_running_only_for_whoever_asks() {
    for (flag, expected) in [("", 0), ("--leave-db-running", 1)] {
        let tag = format!("left-{}-{expected}", std::process::id());
        run(&format!("-n|n1|{flag}|stubborn|{tag}")).expect(2, &[]);
        let left = processes_with(&tag);
        assert_eq!(left.len(), expected, "{flag}");
        for process in left.into_iter().filter_map(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
        }
    }
}

#[test]
fn the_log_has_maelstroms_lines_or_lines_of_json() {
    let plain = run("").file("jepsen.log");
    let line = plain.lines().find(|line| line.contains("Testing echo")).unwrap();
    let [time, level, rest] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert_eq!((level, rest.split(": ").next()), ("INFO", Some("[main] workbench")));
    let digits: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(digits, "0000-00-00 00:00:00,000{GMT}");

    let json = run("--logging-json").file("jepsen.log");
    for line in json.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let keys: Vec<&String> = entry.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["level", "message", "thread", "timestamp"]);
    }
    assert!(json.contains("Testing echo"));
}

#[test]
fn a_run_names_the_words_that_asked_for_it_and_the_seed_that_it_had() {
    let words = "test -w echo --node-count 1 --rate 20 --time-limit 1 --test-count 2 --bin";
    let given: Vec<&str> = words.split(' ').chain([misbehave(), "it's", "--", "--round"]).collect();
    let ran = workbench_with(&given);
    let (seed, command) = (ran.told("seed"), ran.told("command"));
    let expected =
        format!("workbench {words} {} 'it'\\''s' --seed {seed} --test-count 1 -- --round", misbehave());
    assert_eq!(command, expected);
    let again = shell(&command);
    again.expect(0, &["Everything looks good!"]);
    assert_eq!((again.told("seed"), again.told("command")), (seed, command));
}
