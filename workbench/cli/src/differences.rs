//! Where the workbench is like Maelstrom and where it is kinder: the traps of §16 one by one, and what else differs.
//!
//! A kinder workbench must not be a milder judge: no checker accepts a history that Maelstrom's would reject, but for three
//! that it rejects by mistake, marked so in the second table. Where ours is stricter, the finding or the table says so. What
//! is kinder spares a node what is the harness's fault, says more, or refuses a slip before the run instead of in it.
//!
//! | § 16 | Maelstrom | here | shown by |
//! | --- | --- | --- | --- |
//! | 1 | `--node-count` numbers nodes from `n0`; without any flag there are `n1` to `n5` | same | `a_bare_test_has_the_published_defaults` |
//! | 2 | every message that a node gets has an `id` of the network's | same | `a_line_for_a_node_carries_the_id` |
//! | 3 | after a line that is no message, a message to nobody, or an answer to a client that is gone, nothing a node writes is read | the same for the first two, and the summary says which line it was; a late answer is only dropped, and noted | `one_bad_line_silences_a_node_and_the_record_says_which_and_why`, `an_answer_after_its_client_has_gone_is_dropped_and_does_not_silence_the_node` |
//! | 4 | a node that exits, with whatever status, makes the whole run a crash | same, but at once and with the node's last words, not after the time limit | `a_node_that_exits_later_crashes_the_test_even_with_status_0` |
//! | 5 | nodes start in step with nobody and may write to peers and services that are not there yet | kinder: all are registered before the first node is started | `an_honest_cluster_answers_everything` |
//! | 6 | clients have no latency but wait behind servers' messages at their node | same | `a_client_waits_while_the_receiver_waits_for_a_server` |
//! | 7 | messages to itself and to services take time; services and clients are never cut off | same | `only_messages_that_touch_no_client_take_time`, `a_cut_goes_one_way_and_spares_clients` |
//! | 8 | whether a link is cut is decided when a message is taken, before its latency | same | `the_cut_is_tested_when_a_message_is_taken_and_never_again` |
//! | 9 | the first partition is there from the beginning | same; so are the first kill or pause | `partitions_start_at_once_and_are_healed_before_the_final_phase` |
//! | 10 | of three nodes or fewer some partitions cut nothing, and one kind cuts one way | same | `the_share_of_starts_that_cut_nothing_depends_on_the_number_of_nodes`, `a_ring_of_three_has_links_that_work_one_way_only` |
//! | 11 | workloads without a final phase end as they are, perhaps partitioned | same | `without_a_final_phase_nothing_is_healed` |
//! | 12 | `--latency-dist uniform` or `exponential` without a latency crashes in the middle of the run | kinder: refused before it | `spread_latencies_of_zero_are_refused` |
//! | 13 | a kind of operation that never succeeded makes a run invalid | same | `a_kind_of_operation_that_never_succeeds_is_invalid` |
//! | 14 | in counters and `g-set` every error, even a definite one, is an unknown outcome, and costs a client | same | `errors_come_to_what_the_table_says` |
//! | 15 | counters: only final reads are judged; one that timed out is not | same | `only_final_reads_count` |
//! | 16 | `broadcast`, `g-set`: values read twice or never added are not noticed; without any stable value the verdict is unknown | same | `odd_reads_are_legal`, `nothing_added_is_unknown` |
//! | 17 | there are as many final reads as clients, so with fewer clients than nodes some nodes are never asked | same | `sets_and_counters_are_read_once_by_each_thread_in_the_end` |
//! | 18 | `echo`: a definite error is a mismatch, a timeout is nothing | same | `a_refusal_is_a_mismatch`, `replies_that_never_come_are_not_mismatches` |
//! | 19 | `lin-kv` wants twice as many clients as nodes and at most ten nodes; reads of nothing and errors are never wrong; only the first group reads | same, but for the number of nodes: more than ten do | `lin_kv_needs_two_threads_a_node`, `reads_of_nothing_and_refusals_are_never_wrong`, `in_lin_kv_only_the_first_group_reads_and_two_thirds_of_the_changes_are_comparisons` |
//! | 20 | `lin-kv` waits for an answer for 1 s or ten latencies, all others for 5 s | same | `clients_wait_as_long_as_maelstroms_do` |
//! | 21 | a reply with a field too many is no answer, unless it is an error or `init_ok` | same, and the note says which field | `a_reply_may_have_the_fields_of_its_schema_and_no_others` |
//! | 22 | `--consistency-models a,b` is one model of an odd name, and the verdict unknown | kinder: two models | `lists_may_have_blanks_around_their_commas` |
//! | 23 | transactions: replies are not compared with requests; a value that nobody wrote is ignored in registers and the end of the analysis in lists | stricter: a reply that is not the transaction asked for makes the run invalid, and so does, from read committed up, a value that nobody wrote; below that, of lists, the verdict is unknown | `a_reply_to_another_transaction_is_told_as_such`, `who_is_answered_with_something_else_cannot_trust_the_node`, `a_value_out_of_thin_air_was_never_written`, `what_cannot_be_judged_is_unknown` |
//! | 24 | registers hardly ever show G0, so `read-uncommitted` asks for almost nothing | same | `writes_that_follow_reads_order_versions` |
//! | 25 | two transactions that found no value and wrote one lost an update, which only stronger models than read committed mind | same | `two_updates_of_the_same_absence_lose_one` |
//! | 26 | `internal` is allowed under `read-committed` and `repeatable-read` | same | `a_transaction_that_disagrees_with_itself_is_internal` |
//! | 27 | transactions that have nothing to do with each other: registers are invalid, lists unknown | same | `transactions_that_have_nothing_to_do_with_each_other_are_invalid`, `what_depends_on_itself_or_fails_after_a_success_is_something_to_judge` |
//! | 28 | `kafka`: messages that were acknowledged and never polled make a run invalid; the final polls end after 10 s | same | `a_message_behind_one_that_was_seen_is_lost_and_others_are_unseen`, `the_final_phase_gives_up_after_ten_seconds` |
//! | 29 | `kafka`: whoever is assigned a key begins at the committed offset, not behind it, and reads that message again | same | `committed_messages_are_read_again_by_whoever_is_assigned_the_key_anew`, `an_assigned_key_goes_on_where_it_was_or_where_it_was_committed_or_at_the_beginning` |
//! | 30 | `kafka`: `--availability total` cannot be met, because clients crash; `--max-txn-length` is ignored | same | `clients_crash_every_30_seconds_and_the_first_soon` |
//! | 31 | `seq-kv` may acknowledge a write that changes nothing today, and refuse a comparison by yesterday's value | same; but no client is ever shown a state older than one that it has seen | `in_seq_kv_a_write_of_an_old_value_may_have_no_effect`, `in_seq_kv_no_source_ever_sees_time_go_backwards_however_far_it_lags` |
//! | 32 | the two replicas of `lww-kv` never tell each other anything | kinder: they agree in the end | `the_replicas_of_lww_kv_differ_at_first_and_agree_in_the_end` |
//! | 33 | services do not answer what they do not know | same; the log has a warning | `an_unknown_type_gets_no_answer_at_all` |
//! | 34 | `cas` with `create_if_not_exists` on a key that is missing ignores `from`; `lww-kv` does not know it | same | `create_if_not_exists_ignores_from_and_needs_a_missing_key` |
//! | 35 | `msgs-per-op` divides by all operations, reads included, and counts `init` | same | `an_echo_run_takes_two_messages_an_operation_and_two_to_begin` |
//! | 36 | a node whose name begins with `c` is taken for a client | same | `a_node_whose_name_begins_with_c_passes_for_a_client` |
//! | 37 | 10 s to recover and the final phase come on top of the time limit | same; `--recovery` sets another time | `the_final_phase_comes_ten_seconds_after_the_main_phase_with_one_read_a_thread` |
//! | 38 | only an unknown outcome ends a process, and perhaps its client | same | `a_timeout_renews_the_process_and_the_client_but_a_read_merely_fails` |
//! | 39 | quantiles are not interpolated | same | `quantiles_are_not_interpolated` |
//! | 40 | the first node gets up to twice the load of the others | same | `on_an_idle_system_thread_0_has_twice_the_share_of_the_others` |
//! | 41 | `1` and `1.0` differ, in `in_reply_to`, offsets and values | same | `an_answer_to_another_question_or_with_a_float_for_a_number_is_ignored`, `lists_may_be_null_and_objects_may_not_and_integers_are_not_floats` |
//!
//! | beyond § 16: Maelstrom | here | shown by |
//! | --- | --- | --- |
//! | what a node does not read, or writes without a newline, is kept without limit | limited: 16 MiB unread, lines of 64 MiB | `floods_do_not_hold_up_the_run` |
//! | only a node's own process is killed; a grandchild that holds the pipes hangs the run | all that descends from it is, as far as the system can tell | `a_grandchild_that_holds_the_pipes_is_stopped_too` |
//! | nodes are killed at the end | their stdin is closed, then they get SIGTERM, then they are killed | `at_the_end_stdin_is_closed_then_sigterm_comes_and_there_is_time_to_write_a_profile` |
//! | nodes outlive a harness that is killed | they die with it | `nodes_die_with_a_workbench_that_is_killed` |
//! | what nodes send is kept without limit until it arrives | a node that has 64 MiB on their way has to wait | `a_flood_into_a_long_latency_is_not_read` |
//! | `kafka`: data that the very last operation is the first to show, of a key without an acknowledged send, count as unseen | they were seen, so the run is valid: milder | `what_the_last_poll_is_the_first_to_show_has_been_seen` |
//! | `kafka`: an empty list of a key between two polls makes Jepsen forget where a process was | the client asks for what comes next, so what is repeated or jumped over is: stricter | `an_empty_poll_does_not_make_a_process_forget_where_it_was` |
//! | `kafka`: an assignment makes Jepsen forget what a process had sent | assignments are about polls, sends go forward all the same: stricter | `an_assignment_does_not_excuse_sends_that_go_back` |
//! | `kafka`: negative offsets are dropped | they are offsets: stricter | `negative_offsets_are_offsets` |
//! | `kafka`: offsets may be longer than 64 bits | they are malformed | `every_operation_is_known_and_has_its_form`, `offsets_beyond_64_bits_are_malformed` |
//! | `txn-rw-register`: a transaction that reads what it writes only later is G1c, and only where somebody else reads it | it is a future read, under the same models, always: stricter | `a_transaction_that_reads_what_it_writes_only_later_reads_ahead` |
//! | `txn-rw-register`: whether registers are serializable is told by circles of dependencies alone | where there are at most 2,000 transactions an order is looked for, too: stricter | `registers_are_judged_as_trying_every_order_judges_them` |
//! | transactions: `read-atomic`, `causal-cerone` and what is above them are looked for in circles of dependencies | these two are decided exactly, with sessions (`fractured-read`, `causal-violation`): stricter | `lists_are_judged_as_trying_every_order_judges_them`, `the_finding_names_sessions_and_the_way` |
//! | transactions: who read nothing is bound to nothing; `nil` and the empty list differ | newer Elle's rule: nothing is what was there, and another value then is internal; an empty list is nothing: stricter, and milder on `[]` then `nil` | `a_transaction_that_disagrees_with_itself_is_internal`, `two_appends_to_the_same_list_lose_one` |
//! | `txn-list-append`: an update is lost only if the list was read before the append | also if what was there shows in a read after it: stricter | `two_appends_to_the_same_list_lose_one` |
//! | `txn-list-append`: of reads that disagree the last of the longest is the order of all | what stood before what in any read, but for what is in dispute: milder under `read-uncommitted`, where disagreement is allowed | `where_reads_disagree_only_what_no_order_explains_is_held_against_anybody` |
//! | `txn-list-append`: that a transaction's own appends are in the wrong order is noticed only between others' | `reversed-appends`, under all models: stricter | `what_a_transaction_appended_stands_in_the_order_in_which_it_did` |
//! | transactions: an element that nobody appended, or a value that several wrote, ends the analysis | it is left out, and the verdict is unknown only if nothing else is wrong | `a_doubt_does_not_hide_what_is_certain`, `what_cannot_be_judged_is_unknown` |
//! | what a checker does not know in a history is passed over | such a history is not judged, and the line is told | `nothing_is_judged_that_is_no_history_and_all_that_is_amiss_is_counted` |
//! | a run without operations is valid | there is no verdict | `what_judged_nothing_is_unknown` |
//! | names of models are looked at when the run is over | before it; those that prohibit nothing here are warned of | `models_that_are_none_are_refused_before_the_run`, `names_that_are_none_and_no_names_are_objected_to` |
//! | `kafka`: huge offsets, empty lists and messages that nobody sent end the analysis | the first two are legal up to 64 bits, the last are named, and what else is wrong counts | `sparse_and_huge_offsets_are_legal`, `keys_that_come_with_an_empty_list_are_legal`, `a_message_that_nobody_sent_is_unknown_and_does_not_void_the_rest` |
//! | the search for cycles ends after a second a component | it ends with the analysis: after steps that take seconds, or `--analysis-timeout`, and then the verdict is unknown unless something else is wrong | `a_large_component_is_decided_in_time`, `an_analysis_that_takes_too_long_is_unknown_and_says_why` |
//! | the published command of 6c has an en dash for a hyphen, which goes to the program | the same, with a warning | `a_flag_with_an_en_dash_goes_to_the_program_with_a_warning` |
//! | of several wrong flags some are found only in the run | all are named before it | `every_mistake_is_a_line_of_its_own_where_errors_go` |
//! | `net-journal/` is binary | it is text: `messages.jsonl`, a JSON object a line, each body once | `every_event_survives_being_read_and_written`, `an_operation_of_the_history_leads_to_its_request` |
//! | `test.jepsen` is binary | `test.edn` is a map, with the command that asks for the run again | `everything_survives_being_written_and_read`, `a_run_names_the_command_that_gives_the_same_bytes_once_more` |
//! | `analyze` reads `test.jepsen`, and finds a verdict even for a run that crashed | it reads `test.edn`, and a run that crashed has none | `a_run_that_broke_off_has_no_verdict_later_either` |
//! | `analyze` says what it finds | also what was found when the run was run, if that was something else | `an_edited_history_gets_another_verdict_and_another_report` |
//! | the whole results map is printed at the end | a summary that fits a screen; the map with `--results`, and in `results.edn` | `whatever_is_wrong_the_summary_fits_a_screen` |
//! | answers to nobody, of another form, or to requests that services do not know are passed over without a word | the same; how many there were and the first of each kind are told | `nodes_that_slip_in_the_same_way_are_told_together_with_the_first_case` |
//! | a run in which a node was mute may be valid | the same, and the closing line says so | `a_mute_node_is_in_the_headline` |
//! | `demo` runs example programs in Ruby and others | it runs ours, through the challenges | `challenges_run_one_after_another_with_a_table_at_the_end` |
//!
//! New here: `check`, `--analysis-timeout`, `--seed`, `--init-timeout`, `--recovery`, virtual time, findings in words, and faults that Maelstrom's network
//! does not know ([`bench::network::Faults`]). Not here: binary files, `elle/sccs/`
//! and `elle/incompatible-order/`, a directory of plots of lag for each thread and each key (three plots have them all),
//! `serve`'s archives, `doc`.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// The rows of the first table, and of both: each row's cells.
    fn rows() -> Vec<Vec<&'static str>> {
        let table = include_str!("differences.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
        table.map(|line| line.trim_end_matches(" |").split(" | ").collect()).collect()
    }

    fn functions(directory: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                functions(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let names =
                    text.lines().filter_map(|line| line.trim().strip_prefix("fn ")?.strip_suffix("() {"));
                found.extend(names.map(str::to_owned));
            }
        }
    }

    #[test]
    fn all_41_traps_are_decided_one_by_one() {
        let numbers: Vec<usize> = rows().iter().filter_map(|row| row[0].parse().ok()).collect();
        assert_eq!(numbers, (1..=41).collect::<Vec<_>>());
    }

    #[test]
    fn three_rows_are_milder_and_no_more() {
        let is_milder = |row: &&Vec<&str>| row.iter().any(|cell| cell.contains("milder"));
        assert_eq!(rows().iter().filter(is_milder).count(), 3);
    }

    #[test]
    fn every_row_names_tests_that_are_there() {
        let mut known = BTreeSet::new();
        functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut known);
        for row in rows().iter().filter(|row| row.len() > 2 && !row[0].starts_with(['-', '§', 'b'])) {
            let tests = row.last().unwrap().split(", ").map(|name| name.trim_matches('`'));
            tests.for_each(|test| assert!(known.contains(test), "no test is called {test}: {row:?}"));
        }
    }
}
