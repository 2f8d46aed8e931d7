use super::super::testing::{self, demands};
use super::*;
use crate::Workload;

fn check(text: &str) -> Verdict {
    testing::check(&demands(Workload::Kafka), text, super::check)
}

/// Sends one after the other, by process 0, and acknowledged at these offsets: `k 1 @ 0` is message 1 of key k at offset 0.
fn sends(sends: &[&str]) -> String {
    let send = |line: &&str| {
        let (key, rest) = line.split_once(' ').unwrap();
        let (message, offset) = rest.split_once(" @ ").unwrap();
        format!(
            "0 invoke send [[:send \"{key}\" {message}]]\n0 ok send [[:send \"{key}\" [{offset} {message}]]]\n"
        )
    };
    sends.iter().map(send).collect()
}

fn poll(process: usize, messages: &str) -> String {
    format!("{process} invoke poll [[:poll]]\n{process} ok poll [[:poll {{{messages}}}]]\n")
}

#[track_caller]
fn assert_valid(history: &str) {
    let verdict = check(history);
    assert_eq!(verdict.valid, Validity::True, "{}", verdict.value);
    assert_eq!(verdict.findings, vec![]);
}

#[track_caller]
fn assert_invalid(history: &str, types: &str) -> Finding {
    let verdict = check(history);
    assert_eq!(verdict.value.get("bad-error-types").unwrap().to_string(), types, "{}", verdict.value);
    assert_eq!(verdict.valid, Validity::False);
    verdict.findings[0].clone()
}

#[test]
fn a_log_that_is_read_from_end_to_end_is_valid() {
    let history =
        sends(&["k 1 @ 0", "k 2 @ 1"]) + &poll(1, "\"k\" [[0 1]]") + &poll(1, "\"k\" [[1 2]]") + &poll(1, "");
    assert_valid(&history);
    let expected = "{:valid? true, :worst-realtime-lag {:time 0, :process nil, :key nil, :lag 0.0}, \
                    :bad-error-types (), :error-types (), :info-txn-causes ()}";
    assert_eq!(check(&history).value.to_string(), expected);
}

#[test]
fn sparse_and_huge_offsets_are_legal() {
    assert_valid(
        &(sends(&["k 1 @ 7", "k 2 @ 9000000000000000000"])
            + &poll(1, "\"k\" [[7 1] [9000000000000000000 2]]")),
    );
    assert_valid(
        &(sends(&["k 1 @ 5", "k 2 @ 9223372036854775807"])
            + &poll(1, "\"k\" [[5 1] [9223372036854775807 2]]")),
    );
}

#[test]
fn keys_that_come_with_an_empty_list_are_legal() {
    assert_valid(&(sends(&["k 1 @ 0"]) + &poll(1, "\"k\" [[0 1]], \"l\" []")));
}

#[test]
fn an_indefinite_send_may_have_happened_or_not() {
    let indefinite = "3 invoke send [[:send \"k\" 9]]\n3 info send [[:send \"k\" 9]] ! :net-timeout\n";
    assert_valid(&(sends(&["k 1 @ 0"]) + indefinite + &poll(1, "\"k\" [[0 1] [4 9]]")));
    let history = sends(&["k 1 @ 0"]) + indefinite + &poll(1, "\"k\" [[0 1]]");
    assert_valid(&history);
    assert_eq!(check(&history).value.get("info-txn-causes").unwrap().to_string(), "(:net-timeout)");
}

#[test]
fn committed_messages_are_read_again_by_whoever_is_assigned_the_key_anew() {
    let assign = |keys: &str| format!("1 invoke assign {keys}\n1 ok assign {keys}\n");
    let history = sends(&["k 1 @ 0", "l 1 @ 0"]) + &assign("[\"k\"]") + &poll(1, "\"k\" [[0 1]]");
    let forgot = history.clone()
        + &assign("[\"l\"]")
        + &poll(1, "\"l\" [[0 1]]")
        + &assign("[\"k\"]")
        + &poll(1, "\"k\" [[0 1]]");
    assert_valid(&forgot);
    // A key that stays assigned is not forgotten.
    let kept = history + &assign("[\"k\" \"l\"]") + &poll(1, "\"k\" [[0 1]], \"l\" [[0 1]]");
    assert_invalid(&kept, "(:nonmonotonic-poll)");
}

#[test]
fn an_offset_with_two_messages_is_inconsistent() {
    let history = sends(&["k 1 @ 0", "l 3 @ 0"])
        + "2 invoke send [[:send \"k\" 2]]\n2 ok send [[:send \"k\" [0 2]]]\n"
        + &poll(1, "\"k\" [[0 1]], \"l\" [[0 3]]")
        + &poll(3, "\"k\" [[0 2]]");
    let finding = assert_invalid(&history, "(:inconsistent-offsets)");
    assert_eq!(finding.explanation, "offset 0 of key \"k\" holds [1,2]");
    assert_eq!(finding.evidence.iter().map(|e| e.index).collect::<Vec<_>>(), [1, 7, 5, 9]);
}

#[test]
fn a_message_at_two_offsets_is_a_duplicate() {
    let finding = assert_invalid(&(sends(&["k 1 @ 0"]) + &poll(1, "\"k\" [[0 1] [1 1]]")), "(:duplicate)");
    assert_eq!(finding.explanation, "message 1 of key \"k\" is at offsets [0,1]");
}

#[test]
fn a_message_whose_send_failed_must_not_be_seen() {
    let failed = "0 invoke send [[:send \"k\" 1]]\n0 fail send [[:send \"k\" 1]]\n";
    let finding = assert_invalid(&(failed.to_owned() + &poll(1, "\"k\" [[0 1]]")), "(:G1a)");
    assert_eq!(finding.evidence.iter().map(|e| e.index).collect::<Vec<_>>(), [1, 3]);
    assert_valid(&(failed.to_owned() + &sends(&["k 2 @ 0"]) + &poll(1, "\"k\" [[0 2]]")));
}

/// Appendix B, example 9.
#[test]
fn a_message_behind_one_that_was_seen_is_lost_and_others_are_unseen() {
    let sent = sends(&["k 1 @ 0", "k 2 @ 1", "k 3 @ 2"]);
    let finding = assert_invalid(
        &(sent.clone() + &poll(1, "\"k\" [[0 1]]") + &poll(3, "\"k\" [[2 3]]")),
        "(:lost-write :unseen)",
    );
    assert_eq!(
        finding.to_string(),
        "lost-write: message 2 of key \"k\" was acknowledged at offset 1, but no poll has it, though polls have 3 that is \
         further on\n    op 3, process 0 at n0: ok send [[\"send\",\"k\",[1,2]]]\n    op 9, process 3 at n0: ok poll [[\"poll\",{\"k\":[[2,3]]}]]"
    );
    let history = sent + &poll(1, "\"k\" [[0 1]]");
    assert_invalid(&history, "(:unseen)");
    let unseen = check(&history).value.get("unseen").unwrap().to_string();
    assert_eq!(unseen, "{:time 7000000, :unseen {\"k\" 2}, :messages {\"k\" (2 3)}}");
}

#[test]
fn a_process_must_not_jump_over_messages() {
    let sent = sends(&["k 1 @ 0", "k 2 @ 10", "k 3 @ 20"]);
    let everything = poll(3, "\"k\" [[0 1] [10 2] [20 3]]");
    let finding = assert_invalid(
        &(sent.clone() + &everything + &poll(1, "\"k\" [[0 1]]") + &poll(1, "\"k\" [[20 3]]")),
        "(:poll-skip)",
    );
    assert_eq!(
        finding.explanation,
        "process 1 polled offset 20 of key \"k\" after 0, jumping over what was sent there: 2"
    );
    assert_invalid(&(sent.clone() + &everything + &poll(1, "\"k\" [[0 1] [20 3]]")), "(:int-poll-skip)");
    // Another process may begin anywhere.
    assert_valid(&(sent + &everything + &poll(1, "\"k\" [[0 1]]") + &poll(2, "\"k\" [[20 3]]")));
}

#[test]
fn a_process_must_not_go_back() {
    let sent = sends(&["k 1 @ 0", "k 2 @ 10"]);
    let both = poll(1, "\"k\" [[0 1] [10 2]]");
    assert_invalid(&(sent.clone() + &both + &poll(1, "\"k\" [[10 2]]")), "(:nonmonotonic-poll)");
    assert_invalid(&(sent + &poll(1, "\"k\" [[10 2] [0 1]]")), "(:int-nonmonotonic-poll)");
}

#[test]
fn sends_of_a_process_must_not_go_back() {
    let finding = assert_invalid(
        &(sends(&["k 1 @ 5", "k 2 @ 3"]) + &poll(1, "\"k\" [[3 2] [5 1]]")),
        "(:nonmonotonic-send)",
    );
    assert_eq!(finding.explanation, "process 0 sent to offset 3 of key \"k\" after 5");
    // Two processes may.
    let other = "1 invoke send [[:send \"k\" 2]]\n1 ok send [[:send \"k\" [3 2]]]\n";
    assert_valid(&(sends(&["k 1 @ 5"]) + other + &poll(2, "\"k\" [[3 2] [5 1]]")));
    // Where a send of unknown outcome went is known once a poll has seen it; until then it may be anywhere.
    let unknown = "0 invoke send [[:send \"k\" 2]]\n0 info send [[:send \"k\" 2]] ! :net-timeout\n";
    let sent = sends(&["k 1 @ 5"]) + unknown;
    assert_invalid(&(sent.clone() + &poll(1, "\"k\" [[3 2] [5 1]]")), "(:nonmonotonic-send)");
    assert_valid(&(sent + &poll(1, "\"k\" [[5 1]]")));
}

#[test]
fn a_message_that_was_seen_before_it_was_sent_is_a_cycle() {
    let finding = assert_invalid(&(poll(1, "\"k\" [[0 1]]") + &sends(&["k 1 @ 0"])), "(:G1c-realtime)");
    assert_eq!(
        finding.explanation,
        "op 3 began after op 1 had ended; op 1 read what op 3 wrote to key \"k\""
    );
}

#[test]
fn a_message_that_nobody_sent_is_unknown_and_does_not_void_the_rest() {
    let history = sends(&["k 1 @ 0"]) + &poll(1, "\"k\" [[0 1] [1 77]]");
    let verdict = check(&history);
    assert_eq!((verdict.valid, verdict.findings[0].kind), (Validity::Unknown, "phantom"));
    assert_invalid(&(history + &sends(&["k 2 @ 2"])), "(:unseen)");
}

#[test]
fn what_the_last_poll_is_the_first_to_show_has_been_seen() {
    let unknown = "0 invoke send [[:send \"l\" 2]]\n0 info send [[:send \"l\" 2]] ! :net-timeout\n";
    assert_valid(&(sends(&["k 1 @ 0"]) + unknown + &poll(1, "\"k\" [[0 1]], \"l\" [[7 2]]")));
}

#[test]
fn a_history_without_sends_and_polls_is_invalid() {
    assert_invalid("0 invoke crash nil\n0 info crash nil", "(:empty-transaction-graph)");
    assert_invalid(&poll(0, ""), "(:empty-transaction-graph)");
}

#[test]
fn the_worst_lag_is_that_of_the_poll_that_missed_the_oldest_message() {
    let history = "@0 1 invoke assign [\"k\"]\n@1 1 ok assign [\"k\"]\n@10 0 invoke send [[:send \"k\" 1]]\n\
                   @20 0 ok send [[:send \"k\" [0 1]]]\n@520 1 invoke poll [[:poll]]\n@530 1 ok poll [[:poll {}]]\n\
                   @540 1 invoke poll [[:poll]]\n@550 1 ok poll [[:poll {\"k\" [[0 1]]}]]";
    let lag = check(history).value.get("worst-realtime-lag").unwrap().to_string();
    assert_eq!(lag, "{:time 0.52, :process 1, :key \"k\", :lag 0.5}");
}

/// What a view of a history shows.
fn viewed<T>(text: &str, look: impl FnOnce(&View<'_>) -> T) -> T {
    let (demands, history) = (demands(Workload::Kafka), testing::history(text));
    look(&View::new(&demands, &history))
}

#[test]
fn each_poll_lags_on_every_key_that_its_process_was_assigned() {
    let history = "@0 1 invoke assign [\"k\" \"l\"]\n@0 1 ok assign [\"k\" \"l\"]\n@10 0 invoke send [[:send \"k\" 1]]\n\
                   @20 0 ok send [[:send \"k\" [0 1]]]\n@30 0 invoke send [[:send \"l\" 1]]\n\
                   @40 0 ok send [[:send \"l\" [0 1]]]\n@100 1 invoke poll [[:poll]]\n\
                   @110 1 ok poll [[:poll {\"l\" [[0 1]]}]]\n@120 1 invoke poll [[:poll]]\n\
                   @130 1 ok poll [[:poll {\"k\" [[0 1]]}]]";
    let lags = viewed(history, |view| {
        let mut lags = Vec::new();
        view.lags(|lag| lags.push((lag.poll.index, lag.key.to_string(), lag.lag_ns / 1_000_000)));
        lags.sort();
        lags
    });
    let (k, l) = ("\"k\"".to_owned(), "\"l\"".to_owned());
    assert_eq!(lags, [(6, k.clone(), 80), (6, l.clone(), 0), (8, k, 0), (8, l, 0)]);
}

#[test]
fn a_message_is_unseen_from_its_acknowledgement_to_the_first_poll_that_has_it() {
    let early = "@1 0 invoke send [[:send \"k\" 9]]\n@2 1 invoke poll [[:poll]]\n@3 1 ok poll [[:poll {\"k\" [[9 9]]}]]\n\
                 @4 0 ok send [[:send \"k\" [9 9]]]\n";
    let failed = "0 invoke send [[:send \"k\" 5]]\n0 fail send [[:send \"k\" 5]]\n";
    let history = early.to_owned()
        + &sends(&["k 1 @ 10", "k 2 @ 11", "l 1 @ 0"])
        + failed
        + &poll(1, "\"k\" [[9 9] [10 1]]")
        + &poll(2, "\"k\" [[10 1]]");
    let courses = viewed(&history, |view| {
        let told = |(key, course): (&Value, Vec<(u64, u64)>)| {
            let course = course.into_iter().map(|(time, count)| (time / 1_000_000, count));
            (key.to_string(), course.collect::<Vec<_>>())
        };
        view.unseen().into_iter().map(told).collect::<Vec<_>>()
    });
    let expected = [("\"k\"".to_owned(), vec![(5, 1), (7, 2), (13, 1)]), ("\"l\"".to_owned(), vec![(9, 1)])];
    assert_eq!(courses, expected);
}

#[test]
fn a_log_in_trouble_says_which_messages_are_and_who_had_to_do_with_them() {
    let unknown = "3 invoke send [[:send \"k\" 9]]\n3 info send [[:send \"k\" 9]] ! :net-timeout\n";
    let history =
        sends(&["fine 1 @ 0", "k 1 @ 0", "k 2 @ 10", "k 3 @ 20", "k 4 @ 20", "k 5 @ 40", "k 6 @ 50"])
            + unknown
            + &poll(1, "\"fine\" [[0 1]], \"k\" [[0 1] [20 3] [20 4] [30 1] [40 5]]")
            + &poll(2, "\"fine\" [[0 1]]");
    viewed(&history, |view| {
        let logs = view.troubled();
        assert_eq!(logs.iter().map(|log| log.key.to_string()).collect::<Vec<_>>(), ["\"k\""]);
        let text = |values: &[&Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(text(&logs[0].offsets), "0 10 20 30 40 50");
        let trouble: Vec<(String, &str)> =
            logs[0].trouble.iter().map(|(message, kind)| (message.to_string(), *kind)).collect();
        let expected = [
            ("1", "duplicate"),
            ("2", "lost-write"),
            ("3", "inconsistent-offsets"),
            ("4", "inconsistent-offsets"),
            ("6", "unseen"),
        ];
        assert_eq!(trouble, expected.map(|(message, kind)| (message.to_owned(), kind)));
        let places =
            |access: &Access<'_>| access.messages.iter().map(|(place, _)| *place).collect::<Vec<_>>();
        let accesses: Vec<_> =
            logs[0].accesses.iter().map(|access| (access.is_send, places(access))).collect();
        let mut expected: Vec<_> = [0, 1, 2, 2, 4, 5].map(|place| (true, vec![Some(place)])).into();
        expected.push((true, vec![None]));
        expected.push((false, [0, 2, 2, 3, 4].map(Some).into()));
        assert_eq!(accesses, expected);
    });
}

#[test]
fn an_empty_poll_does_not_make_a_process_forget_where_it_was() {
    let three = sends(&["k 1 @ 0", "k 2 @ 1", "k 3 @ 2"]) + &poll(2, "\"k\" [[0 1] [1 2] [2 3]]");
    let after =
        |next: &str| three.clone() + &poll(1, "\"k\" [[0 1]]") + &poll(1, "\"k\" []") + &poll(1, next);
    assert_invalid(&after("\"k\" [[0 1]]"), "(:nonmonotonic-poll)");
    assert_invalid(&after("\"k\" [[2 3]]"), "(:poll-skip)");
    assert_valid(&after("\"k\" [[1 2]]"));
}

#[test]
fn an_assignment_does_not_excuse_sends_that_go_back() {
    let assignment = "0 invoke assign [\"l\"]\n0 ok assign [\"l\"]\n";
    let history = sends(&["k 1 @ 5"]) + assignment + &sends(&["k 2 @ 3"]) + &poll(1, "\"k\" [[3 2] [5 1]]");
    assert_invalid(&history, "(:nonmonotonic-send)");
}

#[test]
fn negative_offsets_are_offsets() {
    let history = sends(&["k 1 @ -5", "k 2 @ 3"]) + &poll(1, "\"k\" [[-5 1] [-4 1] [3 2]]");
    assert_invalid(&history, "(:duplicate)");
}
