//! Runs of honest nodes leave results and histories of the shape that Maelstrom 0.2.4 gives them: the same keys, nested in
//! the same way, with the same kinds of numbers. The recordings are in `tests/recorded`.

use super::{judge, options, run};
use bench::options::Workload;
use bench::run::Record;
use edn::{self, Value};
use judge::history;
use machines::{Log, Machine};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use worlds::{simulated, spawn};

fn recorded(workload: Workload, kind: &str) -> String {
    let name = format!("../judge/tests/recorded/{}.{kind}", workload.name());
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a recording")
}

/// A run without anything wrong. The log is one that lags, as the recorded one does.
fn honest(workload: Workload, seed: u64) -> Record {
    match workload {
        Workload::Kafka => simulated::run(options(workload, seed), spawn::<Log>(Log::default_config())),
        _ => run(options(workload, seed), ""),
    }
}

/// Several, so that everything happens that can.
fn honest_runs(workload: Workload) -> impl Iterator<Item = Record> {
    // A read before the first write, which fails, is not in every run.
    let seeds = if workload == Workload::LinKv { 20 } else { 3 };
    (0..seeds).map(move |seed| honest(workload, seed))
}

/// A value without what differs from run to run. Of many elements of a kind one is kept.
fn shape(value: &Value) -> String {
    let each = |elements: &[Value]| {
        let shapes: BTreeSet<String> = elements.iter().map(shape).collect();
        shapes.into_iter().collect::<Vec<_>>().join(" ")
    };
    match value {
        Value::Integer(_) | Value::BigInteger(_) => "integer".into(),
        Value::Float(_) => "float".into(),
        Value::Text(_) => "string".into(),
        Value::Bool(_) | Value::Nil | Value::Keyword(_) | Value::Symbol(_) => value.to_string(),
        Value::List(elements) => format!("({})", each(elements)),
        Value::Vector(elements) => format!("[{}]", each(elements)),
        Value::Integers(_) => "[integer]".into(),
        Value::Set(elements) => format!("#{{{}}}", each(elements)),
        Value::Tagged(tagged) => format!("#{} {}", tagged.0, shape(&tagged.1)),
        Value::Map(entries) => {
            // Keywords are the names of fields, other keys are data. The order of a map means nothing.
            let entries: BTreeSet<String> =
                entries.iter().map(|(key, value)| format!("{} {}", shape(key), shape(value))).collect();
            format!("{{{}}}", entries.into_iter().collect::<Vec<_>>().join(", "))
        }
    }
}

/// The shapes of a history's operations, by how they are called and how they end.
fn shapes(lines: impl Iterator<Item = Value>) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut shapes: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for op in lines {
        let of = |key| op.get(key).map(ToString::to_string).unwrap_or_default();
        shapes.entry((of("f"), of("type"))).or_default().insert(shape(&op));
    }
    shapes
}

#[test]
fn results_have_the_shape_of_recorded_ones() {
    for workload in Workload::ALL {
        let results = judge(&honest(workload, 1), "strict-serializable").value;
        let recorded = edn::read(&recorded(workload, "results.edn")).expect("a recording can be read");
        for part in ["perf", "timeline", "exceptions", "availability", "net", "workload", "valid?"] {
            // Which operation came last differs from run to run.
            let any_f =
                |shape: String| shape.replace(":f :read", ":f :write").replace(":f :cas", ":f :write");
            let shape_of = |results: &Value| results.get(part).map(shape).map(any_f);
            assert_eq!(shape_of(&results), shape_of(&recorded), "{part} of {}", workload.name());
        }
    }
}

#[test]
fn operations_have_the_shape_of_recorded_ones() {
    for workload in Workload::ALL {
        let ops = honest_runs(workload).flat_map(|record| record.history.ops);
        let ours = shapes(ops.map(|op| op.to_value()));
        let recorded = recorded(workload, "history.edn");
        let recorded = shapes(recorded.lines().map(|line| edn::read(line).expect("an operation a line")));
        for (kind, wanted) in recorded {
            let had = &ours[&kind];
            assert!(wanted.is_subset(had), "{} {kind:?}: {wanted:#?}\nand ours {had:#?}", workload.name());
        }
    }
}

#[test]
fn rows_of_text_have_the_columns_of_recorded_ones() {
    let columns = |text: &str| -> BTreeSet<(usize, String)> {
        let row = |line: &str| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells.len(), cells[1..3].join(" "))
        };
        text.lines().map(row).collect()
    };
    for workload in Workload::ALL {
        let mut text = Vec::new();
        for record in honest_runs(workload) {
            history::write_text(&record.history, &mut text).expect("memory takes everything");
        }
        let ours = columns(&String::from_utf8(text).expect("text"));
        let recorded = recorded(workload, "history.txt");
        // The last line of a recording may be cut off.
        let whole = &recorded[..=recorded.rfind('\n').expect("lines")];
        let recorded = columns(whole);
        assert!(recorded.is_subset(&ours), "{}: {recorded:?}\nand ours {ours:?}", workload.name());
    }
}
