//! Replays the corpora of the fuzzers (`fuzz/`) that aim at the workbench, each input of each target, without a fuzzer.

#[path = "../../../../fuzz/src/command_line.rs"]
#[expect(unreachable_pub, reason = "the fuzzers call these, too")]
mod command_line;
#[path = "../../../../fuzz/src/judge.rs"]
#[expect(unreachable_pub, reason = "the fuzzers call these, too")]
mod judge;
#[path = "../../../../fuzz/src/replay.rs"]
#[expect(unreachable_pub, reason = "the fuzzers call these, too")]
mod replay;
#[path = "../../../../fuzz/src/stored.rs"]
#[expect(unreachable_pub, reason = "the fuzzers call these, too")]
mod stored;

use replay::replay;

#[test]
fn nodes_that_say_whatever_was_ever_found_are_judged_and_their_stored_runs_too() {
    replay("judge", judge::judge);
}

#[test]
fn every_command_line_ever_found_is_understood_or_its_mistakes_are_told() {
    replay("command_line", command_line::command_line);
}

#[test]
fn every_value_ever_found_is_printed_as_it_was_read() {
    replay("edn", stored::edn);
}

#[test]
fn every_journal_ever_found_is_shown_and_stored_as_it_was_read() {
    replay("journal", stored::journal);
}

#[test]
fn every_test_file_ever_found_is_judged_and_stored_as_it_was_read() {
    replay("test_file", stored::test_file);
}

#[test]
fn every_history_ever_found_is_judged_and_stored_as_it_was_read() {
    replay("history", stored::history);
}

#[test]
fn every_foreign_history_ever_found_is_judged_or_refused_in_words() {
    replay("foreign", stored::foreign);
}
