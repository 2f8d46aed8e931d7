//! Runs that once failed: each file in `tests/regressions` is one, and must be valid ever after.
//!
//! A file is what `workbench sim --seeds` leaves as `regression.txt` when a seed fails: the words of a command line, and
//! comments after `#`. A file may have several lines, each a run.

use std::fs;
use std::path::Path;

use workbench::read_scenario;
use worlds::sweep::{Outcome, Verdict, record};

#[test]
fn what_was_mended_stays_mended() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workbench/regressions");
    let mut runs = 0;
    for entry in fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("it can be read").path();
        let text = fs::read_to_string(&path).expect("a regression is a text");
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let scenario =
                read_scenario(line).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", path.display()));
            let outcome = Outcome::of(&record(scenario.options.clone(), scenario.programs()));
            assert_eq!(outcome.verdict, Verdict::Valid, "{}: {line}\n{:?}", path.display(), outcome.why);
            runs += 1;
        }
    }
    assert!(runs > 0, "there are no regressions to try");
}
