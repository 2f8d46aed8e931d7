//! Our readers and printers against files that Maelstrom 0.2.4 wrote.

use std::path::{Path, PathBuf};
use workbench::edn;
use workbench::store::history;

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
