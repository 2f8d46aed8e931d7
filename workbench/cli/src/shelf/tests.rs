use super::*;
use std::os::unix::fs::symlink;

/// A store with two runs, and a secret beside it.
fn shelf() -> (tempfile::TempDir, Shelf) {
    let temporary = tempfile::tempdir().unwrap();
    let store = temporary.path().join("store");
    for (run, valid) in [("echo/20260101T000000.000Z", "true"), ("kafka/20260102T000000.000Z", "false")] {
        let directory = store.join(run);
        fs::create_dir_all(directory.join("node-logs")).unwrap();
        fs::write(directory.join("results.edn"), format!("{{:valid? {valid}}}\n")).unwrap();
        fs::write(directory.join("report.html"), "the report").unwrap();
        fs::write(directory.join("jepsen.log"), "now\tINFO\t[main] workbench: Testing <it>\n").unwrap();
    }
    symlink("echo/20260101T000000.000Z", store.join("latest")).unwrap();
    fs::write(temporary.path().join("secret"), "secret").unwrap();
    symlink(temporary.path(), store.join("out")).unwrap();
    symlink("../secret", store.join("leak")).unwrap();
    (temporary, Shelf::new(store))
}

fn text(answer: Response) -> String {
    answer.into_text()
}

#[test]
fn two_runs_of_one_program_can_be_compared() {
    let (_temporary, shelf) = shelf();
    for (run, because) in
        [("20260103T000000.000Z", "It lost a value."), ("20260104T000000.000Z", "All is well.")]
    {
        let directory = shelf.root.join("broadcast").join(run);
        fs::create_dir_all(&directory).unwrap();
        let words =
            format!("{{\"because\": \"{because}\", \"command\": \"workbench test --bin ./mine.py\"}}");
        fs::write(directory.join("results.json"), words).unwrap();
    }
    let runs = text(shelf.answer("/"));
    assert!(runs.contains("mine.py") && runs.contains("It lost a value."), "{runs}");
    let both = "/compare/broadcast/20260104T000000.000Z/broadcast/20260103T000000.000Z";
    assert_eq!(runs.matches(both).count(), 1, "{runs}");
    let page = text(shelf.answer(both));
    assert!(page.contains("It lost a value.") && page.contains("All is well."), "{page}");
    for path in ["/compare/broadcast/../secret", "/compare/a/b/c/d", "/compare/broadcast/x"] {
        assert!(text(shelf.answer(path)).starts_with("There is nothing here"), "{path}");
    }
}

#[test]
fn runs_are_listed_newest_first_with_their_verdicts_and_reports() {
    let (_temporary, shelf) = shelf();
    let page = text(shelf.answer("/"));
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
    assert!(place("kafka/20260102T000000.000Z/report.html") < place("echo/20260101T000000.000Z/report.html"));
    assert!(place("class=\"invalid\"") < place("class=\"valid\""));
    assert!(page.contains("&lt;it&gt;") && !page.contains("<it>"));
    assert!(page.contains(">2026-01-02, 00:00:00</a>"), "{page}");
    let not_times = ["20260102", "2026010é000000", "20260102T00000", "20260102Txx0000", ""];
    assert_eq!(not_times.map(when), [None, None, None, None, None]);
}

#[test]
fn files_and_directories_of_a_run_are_shown_also_through_the_links_of_the_store() {
    let (_temporary, shelf) = shelf();
    assert_eq!(text(shelf.answer("/echo/20260101T000000.000Z/report.html")), "the report");
    assert_eq!(text(shelf.answer("/latest/report.html")), "the report");
    assert!(text(shelf.answer("/latest/")).contains("node-logs/"));
    assert!(shelf.answer("/latest").head().contains("Location: /latest/\r\n"));
    assert_eq!(text(shelf.answer("/echo/2026%30101T000000.000Z/report.html")), "the report");
}

#[test]
fn no_path_leads_out_of_the_store() {
    let (temporary, shelf) = shelf();
    let absolute = temporary.path().join("secret").display().to_string();
    for path in [
        "/../secret",
        "/%2e%2e/secret",
        "/echo/../../secret",
        "/echo/%2E%2E/%2e%2e/secret",
        "/..%2fsecret",
        "/..%5csecret",
        "/out/secret",
        "/leak",
        "/out/",
        "//secret",
        "/secret%00.html",
        "/%",
        "/%zz",
        "/%+1",
        "/%ff",
        &absolute,
        &format!("/{absolute}"),
        &format!("/%2f{absolute}"),
    ] {
        assert!(shelf.answer(path).head().starts_with("HTTP/1.1 404 "), "{path}");
    }
}

#[test]
fn a_redirect_never_leads_to_another_server() {
    let (temporary, shelf) = shelf();
    fs::create_dir_all(temporary.path().join("store/evil.example")).unwrap();
    fs::create_dir_all(temporary.path().join("store/a\r\nb: c")).unwrap();
    for (path, location) in [
        ("//evil.example", "/evil.example/"),
        ("///evil.example", "/evil.example/"),
        ("/a%0d%0ab:%20c", "/a%0D%0Ab%3A%20c/"),
    ] {
        let head = shelf.answer(path).head();
        assert!(head.contains(&format!("Location: {location}\r\n")), "{path}: {head}");
    }
}

#[test]
fn the_verdict_of_long_results_is_read_from_their_end() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("results.edn");
    let long = "x".repeat(2 << 20);
    for (end, expected) in [
        ("\n :valid? false}\n", Some("invalid")),
        ("\n :valid? :unknown}", Some("unknown")),
        ("\n :valid? true}", Some("valid")),
        ("\n :valid? true}\n :valid? false}", Some("invalid")),
        ("\n      :valid? true}", None),
        ("\n :valid? true\"}", None),
    ] {
        fs::write(&path, format!("{{:a \"{long}\",{end}")).unwrap();
        assert_eq!(verdict_at_end(&path), expected, "{end}");
    }
}

#[test]
fn pipes_in_place_of_files_are_not_waited_for() {
    let temporary = tempfile::tempdir().unwrap();
    let run = "echo/20261126T140359.123Z";
    let directory = temporary.path().join(run);
    fs::create_dir_all(&directory).unwrap();
    for file in ["results.edn", "results.json", "jepsen.log", "test.edn", "report.html"] {
        assert!(std::process::Command::new("mkfifo").arg(directory.join(file)).status().unwrap().success());
    }
    let shelf = Shelf::new(temporary.path());
    assert!(text(shelf.answer("/")).contains("echo"));
    assert!(text(shelf.answer(&format!("/{run}/"))).contains("results.edn"));
    assert!(text(shelf.answer(&format!("/{run}/results.edn"))).contains("nothing here"), "it is no file");
}

#[test]
fn an_empty_store_and_none_at_all_have_an_empty_list() {
    let temporary = tempfile::tempdir().unwrap();
    assert!(text(Shelf::new(temporary.path()).answer("/")).contains("No runs"));
    assert!(text(Shelf::new(temporary.path().join("store")).answer("/")).contains("No runs"));
}
