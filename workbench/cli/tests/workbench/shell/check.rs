//! `workbench check`: histories by themselves, as verdicts, as exit statuses and as pages.

use super::bench::workbench_with;
use std::fs;
use std::path::Path;

const FRACTURED: &str = "{:process 0, :type :invoke, :f :txn, :value [[:w 1 1] [:w 2 1]]}
{:process 0, :type :ok, :f :txn, :value [[:w 1 1] [:w 2 1]]}
{:process 1, :type :invoke, :f :txn, :value [[:r 1 nil] [:r 2 nil]]}
{:process 1, :type :ok, :f :txn, :value [[:r 1 1] [:r 2 nil]]}
";
const REGISTER: &str = r#"[{"process": 1, "type": "invoke", "f": "write", "value": 5},
 {"process": 1, "type": "ok", "f": "write", "value": 5},
 {"process": 2, "type": "invoke", "f": "read", "value": null},
 {"process": 2, "type": "ok", "f": "read", "value": 5}]"#;

fn written(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    fs::write(&path, text).expect("there is room for a history");
    path.display().to_string()
}

#[test]
fn the_verdict_is_the_exit_status() {
    let home = tempfile::tempdir().unwrap();
    let fractured = written(home.path(), "fractured.edn", FRACTURED);
    let register = written(home.path(), "register.json", REGISTER);
    let check = |model: &str, file: &str| {
        workbench_with(&["check", "-w", "rw-register", "--consistency-models", model, file])
    };
    check("read-committed", &fractured).expect(0, &["verdict     valid", "4 events"]);
    check("read-atomic", &fractured)
        .expect(1, &["verdict     invalid", "fractured-read", "op 3 of process 1"]);
    check("causal", &fractured)
        .expect(0, &["under causal nothing that a checker here looks for is prohibited"]);
    workbench_with(&["check", "-w", "cas-register", &register]).expect(0, &["verdict     valid"]);
    let wrong = written(
        home.path(),
        "wrong.json",
        &REGISTER.replace("\"read\", \"value\": 5", "\"read\", \"value\": 6"),
    );
    workbench_with(&["check", "-w", "register", &register, &wrong])
        .expect(1, &["verdict     valid", "op 3 read 6"]);
}

#[test]
fn what_is_no_history_is_not_judged_and_its_line_is_told() {
    let home = tempfile::tempdir().unwrap();
    let check =
        |text: &str| workbench_with(&["check", "-w", "register", &written(home.path(), "history", text)]);
    check("").expect(2, &["verdict     unknown", "clients did nothing"]);
    check("{:process 1, :type :invoke, :f :pop}")
        .expect(2, &["line 1, index 0: :f :pop is an operation of register"]);
    check("{:process 1, :type :invoke\n}\n{:process 1").expect(2, &["not a history", "line 3: "]);
    workbench_with(&["check", "-w", "register", "nowhere.edn"]).expect(255, &["Cannot check nowhere.edn"]);
}

#[test]
fn words_that_make_no_sense_are_told() {
    let check = |words: &[&str]| workbench_with(&[&["check"], words].concat());
    check(&[]).expect(254, &["Missing -w", "list-append", "Missing FILE"]);
    check(&["-w", "regster", "x"]).expect(254, &["-w \"regster\": must be one of bank,"]);
    check(&["-w", "rw-register", "--consistency-models", ",", "x"])
        .expect(254, &["no consistency model is named"]);
    check(&["-w", "register", "--analysis-timeout", "soon", "x"])
        .expect(254, &["must be a number of seconds"]);
}

#[test]
fn verdicts_are_lines_of_json_and_pages_too() {
    let home = tempfile::tempdir().unwrap();
    let fractured = written(home.path(), "fractured.edn", FRACTURED);
    let pages = home.path().join("pages");
    let report = pages.display().to_string();
    let words = [
        "check",
        "-w",
        "rw-register",
        "--consistency-models",
        "causal-cerone",
        "--json",
        "--report",
        &report,
    ];
    let ran = workbench_with(&[&words[..], &[&fractured]].concat());
    ran.expect(1, &["\"valid?\":false", "\"kind\":\"fractured-read\""]);
    assert_eq!(ran.stdout.lines().count(), 1);
    let page = fs::read_to_string(pages.join("report.html")).unwrap();
    assert!(page.contains("invalid") && page.contains("line 4: op 3, process 1"), "{page}");
    for file in ["results.edn", "results.json", "timeline.html", "history.txt"] {
        assert!(pages.join(file).exists(), "{file}");
    }
}

#[test]
fn the_directory_of_a_run_is_judged_as_the_run_was() {
    let ran =
        super::bench::workbench("sim -w txn-list-append --node-count 2 --time-limit 2 --rate 20 --seed 1");
    ran.expect(0, &[]);
    let directory = ran.path("history.edn").parent().unwrap().display().to_string();
    workbench_with(&["check", "-w", "txn-list-append", &directory]).expect(0, &["verdict     valid"]);
}
