use super::*;
use crate::testing::history;
use crate::{Demands, NetStats, Workload, analyze};

fn told(name: &str, text: &str) -> String {
    let results = refusal(Check::named(name).unwrap(), &history(text));
    results.map_or_else(String::new, |results| {
        assert_eq!(results.valid, Validity::Unknown);
        results.findings[0].explanation.clone()
    })
}

#[test]
fn each_process_does_one_thing_after_another() {
    for (text, line, what) in [
        ("0 ok read 5", 1, "ends that nobody began"),
        ("0 invoke read nil\n 0 ok read 5\n 0 ok read 5", 3, "ends that nobody began"),
        ("0 invoke read nil\n 0 invoke write 5", 2, "before what it began at op 0 has ended"),
        ("0 invoke read nil\n 0 info read nil\n 0 invoke write 5", 3, "goes on after op 1"),
        ("0 invoke read nil\n 0 info read nil\n 0 ok read 5", 3, "ends that nobody began"),
        ("0 invoke read nil\n 0 ok write 5", 2, "began :read at op 0, and :write ends"),
    ] {
        let told = told("register", text);
        assert!(
            told.starts_with(&format!("line {line}, index {}: ", line - 1)) && told.contains(what),
            "{told}"
        );
    }
    // Answers alone say nothing about time, and Elle takes them.
    assert_eq!(told("rw-register", "0 ok txn [[:w 1 1]]\n 1 ok txn [[:r 1 1]]"), "");
    // The nemesis has its own ways.
    assert_eq!(told("register", "nemesis info kill :one\n nemesis info kill nil\n 0 invoke read nil"), "");
}

#[test]
fn every_operation_is_known_and_has_its_form() {
    for (name, text, what) in [
        (
            "txn-rw-register",
            "0 invoke read nil",
            ":f :read is an operation of txn-rw-register, which has txn",
        ),
        ("txn-rw-register", "0 invoke txn [[:append 1 1]]", "does what is unknown: it can be :r or :w"),
        ("list-append", "0 invoke txn [[:r 1]]", "has not three parts"),
        ("list-append", "0 invoke txn 5", "5 is not a list of steps"),
        ("list-append", "0 invoke txn [[:r 1 nil]]\n 0 ok txn [[:r 1 5]]", "does not read a list"),
        ("lin-kv", "0 invoke write 5", "5 is not a key and a value"),
        ("lin-kv", "0 invoke cas [1 5]", "5 is not the old and the new value"),
        ("register", "0 invoke cas 5", "5 is not the old and the new value"),
        ("g-counter", "0 invoke add nil", "nil is not an integer"),
        ("broadcast", "0 invoke read nil\n 0 ok read 5", "5 is not a list of what was read"),
        ("kafka", "0 invoke poll [[:pull]]", "is neither [:send key message]"),
        (
            "kafka",
            "0 invoke send [[:send \"k\" 1]]\n 0 ok send [[:send \"k\" [1180591620717411303424 1]]]",
            "the offset 1180591620717411303424N is not an integer of at most 64 bits",
        ),
        ("bank", "0 invoke read nil\n 0 ok read 5", "5 is not a map of accounts"),
    ] {
        let told = told(name, text);
        assert!(told.contains(what), "{name}: {told}");
    }
}

#[test]
fn nothing_is_judged_that_is_no_history_and_all_that_is_amiss_is_counted() {
    let text = "0 invoke txn [[:w 1 1]]\n".to_owned() + &"1 invoke txn [[:w 1 1]]\n".repeat(20);
    let results = analyze(&Demands::new(Workload::TxnRwRegister), &history(&text), &NetStats::default());
    assert_eq!((results.valid, results.findings.len()), (Validity::Unknown, MAX_TOLD));
    assert_eq!(results.findings[MAX_TOLD - 1].more, 19 - MAX_TOLD);
    assert!(results.findings.iter().all(|finding| finding.kind == "malformed"));
}
