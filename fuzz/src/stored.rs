//! What the workbench stores and reads again: EDN, JSON, histories, journals and what was asked of runs, its own,
//! Maelstrom's, and whatever somebody made of them.

use std::time::Duration;

use bench::network::{Journal, Statistics};
use bench::options::Options;
use bench::run::Record;
use edn::{self, Value, json};
use judge::history::{self, History};
use judge::{Check, NetStats, Patience, Validity, Workload, analyze};
use machines::Time;
use report::{Subject, messages, page};
use store::{StoredRun, journal, test_file};

use super::judge::{options, workload};

/// A text that is EDN, or JSON, or neither: what can be read is printed so that the same is read again.
pub fn edn(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    if let Ok(value) = edn::read(text) {
        same_again(&value);
    }
    if let Ok(value) = json::parse(text) {
        same_again(&value);
        same_as_others_read(&value, text);
    }
}

fn same_again(value: &Value) {
    let printed = value.to_string();
    let again = edn::read(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    assert_eq!(&again, value, "{printed}");
    assert_eq!(again.to_string(), printed);
    let pretty = edn::pretty(value);
    assert_eq!(edn::read(&pretty).as_ref(), Ok(value), "{pretty}");
    edn::print_bare(value);
    json::pretty(value);
}

/// Asserts that serde_json sees the same, but for what it rounds: long integers, and the last digit of fractions.
fn same_as_others_read(value: &Value, text: &str) {
    let Ok(mut other) = serde_json::from_str::<serde_json::Value>(text) else { return };
    if !any(value, &|number| matches!(number, Value::BigInteger(_) | Value::Float(_))) {
        integers_only(&mut other);
        assert_eq!(serde_json::to_value(value).expect("JSON"), other);
    }
}

/// Takes -0 for the integer that it is to EDN: serde_json reads a fraction, which alone can have that sign.
fn integers_only(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Number(number) if number.as_f64() == Some(0.0) => *value = 0.into(),
        serde_json::Value::Array(elements) => elements.iter_mut().for_each(integers_only),
        serde_json::Value::Object(entries) => entries.values_mut().for_each(integers_only),
        _ => {}
    }
}

/// Whether there is such a value anywhere in this one.
fn any(value: &Value, is_such: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::Map(entries) => entries.iter().any(|(key, value)| any(key, is_such) || any(value, is_such)),
        value => is_such(value) || value.elements().is_some_and(|all| all.iter().any(|it| any(it, is_such))),
    }
}

/// A workload and a stored history: what can be read is judged, and written so that the same is read again.
pub fn history(input: &[u8]) {
    let Some((workload, text)) = workload(input) else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let Ok(read) = history::read(text) else { return };
    let mut written = Vec::new();
    history::write_edn(&read, &mut written).expect("memory takes it");
    let written = String::from_utf8(written).expect("text");
    let again = history::read(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    // A breach of form is told with its line, and lines may be others now; all else stays.
    let judged = [&read, &again].map(|it| analyze(&options(workload).demands(), it, &NetStats::default()));
    let [results, again] = &judged;
    assert_eq!((again.valid, again.findings.len()), (results.valid, results.findings.len()));
}

/// The name of a check, and a history that anybody may have made: what can be read is judged, or refused in words, the same
/// while it is read and afterwards, and written so that the same is read again.
pub fn foreign(input: &[u8]) {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else { return };
    let Some(check) = str::from_utf8(&input[..end]).ok().and_then(Check::named) else { return };
    let Ok(text) = str::from_utf8(&input[end + 1..]) else { return };
    let read = match history::read(text) {
        Ok(read) => read,
        Err(error) => return assert!(error.to_string().starts_with("line ")),
    };
    let demands = options(Workload::TxnListAppend).demands();
    let results = judge::check(check, &demands, &read, Patience::default());
    assert!(
        results.valid != Validity::Unknown || !results.findings.is_empty(),
        "unknown, and nobody says why"
    );
    let taped = judge::check_text(check, &demands, text, Patience::default()).expect("it was read before");
    assert_eq!((taped.results.valid, &taped.results.findings), (results.valid, &results.findings));
    edn::pretty(&results.value);
    edn::json::pretty(&results.value);
    results.findings.iter().for_each(|finding| drop(format!("{finding}")));
    let mut written = Vec::new();
    history::write_edn(&read, &mut written).expect("memory takes it");
    let written = String::from_utf8(written).expect("text");
    if let Ok(again) = history::read(&written) {
        assert_eq!(judge::check(check, &demands, &again, Patience::default()).valid, results.valid);
    }
}

/// A workload and a stored journal: what can be read is shown, and written so that the same is read again.
pub fn journal(input: &[u8]) {
    let Some((workload, text)) = workload(input) else { return };
    let start = Time::from_millis(20);
    let Ok(read) = journal::read(text, start, Statistics::default()) else { return };
    let mut written = Vec::new();
    journal::write(&read, start, &mut written).expect("memory takes it");
    let again = journal::read(&written[..], start, Statistics::default());
    let again = again.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&written)));
    assert_eq!(again.entries, read.entries);
    let record = record(options(workload), read, start);
    page::report(&Subject::new(&record, None));
    messages::messages(&record);
}

/// A run of nothing but messages.
fn record(options: Options, journal: Journal, start: Time) -> Record {
    Record {
        options,
        history: History::default(),
        journal,
        start: Some(start),
        duration: Duration::from_secs(1),
        nodes: Vec::new(),
        crash: None,
        extinctions: 0,
        interrupted: true,
    }
}

/// What was asked of a run, and what became of it: what can be read is judged and shown, and written so that the same is
/// read again.
pub fn test_file(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    let Ok(run) = test_file::read(text) else { return };
    let written = edn::pretty(&test_file::value(&run.record, &run.origin, run.verdict));
    let again = test_file::read(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(format!("{again:?}"), format!("{run:?}"));
    let StoredRun { record, .. } = run;
    let results = record.judge();
    page::report(&Subject::new(&record, Some(&results)));
}
