//! What somebody types: a command line is understood, or each of its mistakes is told in a line; a scenario is printed as the
//! words that lead to it again. Nothing is carried out.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use workbench::read_scenario;

/// Reads words, one a line.
pub fn command_line(words: &[u8]) {
    // A flag whose value is a file that is read: the fuzzer's own machine is not to be read from end to end.
    if words.windows(5).any(|window| window == b"-file") {
        return;
    }
    if let Ok(scenario) = read_scenario(&String::from_utf8_lossy(words)) {
        assert_eq!(read_scenario(&scenario.to_string()).as_ref(), Ok(&scenario), "{scenario}");
    }
    let words = words.split(|&byte| byte == b'\n').map(|word| OsString::from_vec(word.to_vec()));
    for mistake in workbench::mistakes(words) {
        assert!(!mistake.trim().is_empty() && !mistake.contains('\n'), "{mistake:?}");
    }
}
