use crate::txn::testing::{check, concurrent, judge};
use crate::{Validity, Workload};

fn types(workload: Workload, model: &str, history: &str) -> Vec<String> {
    judge(workload, model, history).1
}

#[test]
fn the_finding_names_sessions_and_the_way() {
    let history = "0 invoke txn []\n 1 invoke txn []\n 2 invoke txn []\n 0 ok txn [[:w 1 1]]\n \
                   1 ok txn [[:r 1 1] [:w 2 1]]\n 2 ok txn [[:r 2 1] [:r 1 nil]]";
    let verdict = check(Workload::TxnRwRegister, "causal-cerone", history);
    assert_eq!(
        verdict.findings[0].explanation,
        "op 5 of process 2 read key 1 as it was before op 3 of process 0 wrote it; \
         op 4 of process 1 read what op 3 of process 0 wrote to key 1; \
         op 5 of process 2 read what op 4 of process 1 wrote to key 2 (Maelstrom's checker does not look for this)"
    );
}

#[test]
fn what_was_missed_orders_writes_that_nothing_else_does() {
    // Of Biswas and Enea, figure 2: 1 comes before 2 in the session, and who has seen 2 by way of key 1 reads 1.
    let history = "0 invoke txn []\n 0 ok txn [[:w 0 1]]\n 0 invoke txn []\n 1 invoke txn []\n 0 ok txn [[:w 0 2]]\n \
                   1 ok txn [[:r 0 2] [:w 1 1]]\n 2 invoke txn []\n 2 ok txn [[:r 0 1] [:r 1 1]]";
    assert_eq!(types(Workload::TxnRwRegister, "read-atomic", history), Vec::<String>::new());
    assert_eq!(types(Workload::TxnRwRegister, "causal-cerone", history), ["causal-violation-process"]);
    let verdict = check(Workload::TxnRwRegister, "causal-cerone", history);
    let told = &verdict.findings[0].explanation;
    assert!(told.contains("yet op 7 of process 2 read key 0 from op 1 of process 0"), "{told}");
    assert!(
        told.contains("op 4 of process 0 followed op 1 of process 0 in the session of process 0"),
        "{told}"
    );
}

#[test]
fn what_happened_in_doubt_has_happened_if_it_was_seen() {
    let history = concurrent(&[
        "info [[:w 1 1] [:w 2 1]]",
        "ok [[:r 1 1] [:r 2 nil]]",
        "ok [[:w 3 1]]",
        "ok [[:r 3 1]]",
    ]);
    assert_eq!(types(Workload::TxnRwRegister, "read-atomic", &history), ["fractured-read"]);
}

#[test]
fn stronger_models_without_sessions_ask_only_what_reading_shows() {
    // Key 1 was read in two orders, each by somebody who had seen both: with nothing known of the order of its writes.
    let circle = [
        "ok [[:w 1 1]]",
        "ok [[:w 1 2]]",
        "ok [[:r 1 1] [:w 2 1]]",
        "ok [[:r 1 2] [:w 3 1]]",
        "ok [[:r 2 1] [:r 1 2] [:w 4 1]]",
        "ok [[:r 3 1] [:r 1 1] [:w 5 1]]",
    ];
    for model in ["causal-cerone", "snapshot-isolation", "serializable"] {
        assert_eq!(
            types(Workload::TxnRwRegister, model, &concurrent(&circle)),
            ["causal-violation"],
            "{model}"
        );
    }
    let session = "0 invoke txn []\n 0 ok txn [[:w 1 1]]\n 0 invoke txn []\n 0 ok txn [[:r 1 nil]]";
    assert_eq!(judge(Workload::TxnRwRegister, "serializable", session).0, Validity::True);
    assert_eq!(types(Workload::TxnRwRegister, "read-atomic", session), ["fractured-read-process"]);
}

#[test]
fn lists_show_all_who_appended_to_them() {
    let history = concurrent(&[
        "ok [[:append 1 1] [:append 2 1]]",
        "ok [[:append 1 2]]",
        "ok [[:r 1 [1 2]] [:r 2 nil]]",
        "ok [[:r 2 [1]]]",
    ]);
    assert_eq!(types(Workload::TxnListAppend, "read-atomic", &history), ["fractured-read"]);
}

#[test]
fn many_sessions_are_followed_in_several_passes() {
    // Forty processes pass a value on, each in a key of its own; the last has seen the first's, and misses its other key.
    let mut steps = vec!["ok [[:w 0 1] [:w 100 1]]".to_owned()];
    steps.extend((1..40).map(|key| format!("ok [[:r {} 1] [:w {key} 1]]", key - 1)));
    steps.push("ok [[:r 39 1] [:r 100 nil]]".to_owned());
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    for model in ["causal-cerone", "serializable"] {
        let types = types(Workload::TxnRwRegister, model, &concurrent(&steps));
        assert!(types.contains(&"causal-violation".to_owned()), "{model}: {types:?}");
    }
    assert_eq!(judge(Workload::TxnRwRegister, "read-atomic", &concurrent(&steps)).0, Validity::True);
}
