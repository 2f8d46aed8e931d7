//! Our readers and printers against files that Maelstrom 0.2.4 wrote.

use super::push;
use edn::Value;
use judge::history;
use judge::{Demands, History, Kind, MessageCounts, NetStats, Workload, analyze};
use std::path::{Path, PathBuf};

fn recorded(suffix: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let entries = std::fs::read_dir(directory).expect("the recordings are part of the tests");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable directory").path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(suffix));
    paths.sort();
    assert_eq!(paths.len(), 10, "one recording for each workload");
    paths
}

#[test]
fn results_are_read_and_printed_to_the_same_bytes() {
    for path in recorded(".results.edn") {
        let text = std::fs::read_to_string(&path).unwrap();
        let results = edn::read(&text).unwrap();
        assert_eq!(edn::pretty(&results) + "\n", text, "{}", path.display());
    }
}

#[test]
fn histories_are_read_and_printed_to_the_same_bytes() {
    for path in recorded(".history.edn") {
        let text = std::fs::read_to_string(&path).unwrap();
        let history = history::read(&text).unwrap();
        let mut printed = Vec::new();
        history::write_edn(&history, &mut printed).unwrap();
        assert_eq!(String::from_utf8(printed).unwrap(), text, "{}", path.display());

        let mut printed = Vec::new();
        history::write_text(&history, &mut printed).unwrap();
        let head = std::fs::read_to_string(path.with_extension("txt")).unwrap();
        let printed = String::from_utf8(printed).unwrap();
        assert_eq!(&printed[..head.len()], head, "{}", path.display());
    }
}

/// What Maelstrom counted.
fn count(results: &Value, path: [&str; 3]) -> usize {
    let found = path.iter().try_fold(results, |value, key| value.get(key)).and_then(Value::as_integer);
    found.expect("a count").try_into().expect("counts are not negative")
}

/// A history in which as many operations of each kind end in each way as Maelstrom counted.
fn history_by_numbers(results: &Value) -> History {
    let mut history = History::default();
    let by_f = results.get("stats").and_then(|stats| stats.get("by-f")).expect("statistics");
    let Value::Map(kinds) = by_f else { panic!("by-f is no map") };
    for (f, _) in kinds {
        let f = f.as_name().expect("a keyword").to_owned().leak();
        for (outcome, key) in [(Kind::Ok, "ok-count"), (Kind::Fail, "fail-count"), (Kind::Info, "info-count")]
        {
            let ended = by_f.get(f).and_then(|counts| counts.get(key)).and_then(Value::as_integer);
            for _ in 0..ended.expect("a count") {
                push(&mut history, 0, Kind::Invoke, f, Value::Nil);
                push(&mut history, 0, outcome, f, Value::Nil);
            }
        }
    }
    history
}

/// All parts of the results but the workload's own are determined by how many operations ended how, and how many messages
/// there were: fractions in single precision, counts by kind, what is valid for its shape alone.
#[test]
fn from_the_same_counts_come_the_same_results() {
    for path in recorded(".results.edn") {
        let recorded = edn::read(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let counts = |class| {
            let of = |key| count(&recorded, ["net", class, key]);
            MessageCounts { send: of("send-count"), recv: of("recv-count"), msg: of("msg-count") }
        };
        let net = NetStats { all: counts("all"), clients: counts("clients"), servers: counts("servers") };
        let history = history_by_numbers(&recorded);
        let ours = analyze(&Demands::new(Workload::Echo), &history, &net).value;
        for part in ["perf", "timeline", "exceptions", "stats", "availability", "net"] {
            let print = |results: &Value| results.get(part).map(edn::pretty);
            assert_eq!(print(&ours), print(&recorded), "{part} of {}", path.display());
        }
    }
}

/// The recordings are the beginnings of histories that Maelstrom found valid. (The beginning of a kafka history is not one:
/// its last messages have yet to be polled.)
#[test]
fn what_maelstrom_found_valid_is_valid() {
    for workload in Workload::ALL.into_iter().filter(|workload| *workload != Workload::Kafka) {
        let name = format!("tests/recorded/{}.history.edn", workload.name());
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let demands = Demands { concurrency: 20, ..Demands::new(workload) };
        let results = analyze(&demands, &history::read(&text).unwrap(), &NetStats::default());
        assert_eq!(results.value.get("workload").and_then(|part| part.get("valid?")), Some(&true.into()));
    }
}
