//! The command that asks for a run once more, as one types it into a shell.

use std::ffi::OsString;
use worlds::processes::Binary;
use worlds::scenario::{OurMachine, Scenario};

/// A run in virtual time. The command gives the same run, byte for byte.
pub(super) fn of_simulation(scenario: &Scenario) -> String {
    let program = match scenario.machine {
        OurMachine::Foreign(foreign) => foreign.name,
        _ => "workbench",
    };
    format!("{program} sim {scenario}")
}

/// A run of processes: the words that asked for it, and `more` flags of ours, which overrule them. The command gives a
/// run in which everything random is drawn in the same way.
pub(super) fn of_test(words: &[OsString], more: impl IntoIterator<Item = String>) -> String {
    // What comes after `--` is for the program.
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let (ours, of_program) = (words[..end].iter().map(text), words[end..].iter().map(text));
    shell("test", ours.chain(more).chain(of_program))
}

/// What the program under test is given, behind all else.
pub(super) fn of_program(binary: &Binary) -> String {
    if binary.arguments.is_empty() {
        return String::new();
    }
    format!(" -- {}", shell_words::join(&binary.arguments))
}

/// A word as a shell reads it.
pub(super) fn quoted(word: &str) -> String {
    shell_words::quote(word).into_owned()
}

fn shell(command: &str, words: impl Iterator<Item = String>) -> String {
    words.fold(format!("workbench {command}"), |line, word| format!("{line} {}", shell_words::quote(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_scenario;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        let words = ["-w", "echo", "--bin", "my node", "--nodes", "a,b", "--", "it's", "", "$HOME"];
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        assert_eq!(
            of_test(&words, ["--seed".to_owned(), "3".to_owned()]),
            r"workbench test -w echo --bin 'my node' --nodes a,b --seed 3 -- 'it'\''s' '' '$HOME'"
        );
    }

    #[test]
    fn a_simulation_is_asked_for_by_its_scenario() {
        let words = "-w broadcast --node-count 3 --loss 0.1 --slow 3ms --seed 7";
        let scenario = read_scenario(words).unwrap();
        assert_eq!(of_simulation(&scenario), format!("workbench sim {words}"));
    }
}
