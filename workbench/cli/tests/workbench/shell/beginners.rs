//! What people do in their first hours, each with a small node in two languages that makes just that mistake: what the
//! terminal says then, within one screen. Where an interpreter is missing, its half is left out.

use super::bench::{Ran, workbench_with};
use std::path::Path;
use std::process::{Command, Stdio};

/// Lines of a screen, and its columns.
const HEIGHT: usize = 24;
const WIDTH: usize = 100;

/// A mistake, the load under which it shows, the status, and what must be said.
struct Mistake {
    name: &'static str,
    load: &'static str,
    status: i32,
    said: &'static [&'static str],
}

const ECHO: &str = "-w echo --node-count 1 --concurrency 4 --rate 20 --time-limit 1";
/// For nodes that never answer `init`: long enough to start an interpreter on a busy machine.
const ECHO_BRIEFLY: &str = "-w echo --node-count 1 --rate 20 --time-limit 1 --init-timeout 10";
const BROADCAST: &str = "-w broadcast --node-count 3 --rate 30 --time-limit 1 --recovery 0.1";

const fn mistake(
    name: &'static str,
    load: &'static str,
    status: i32,
    said: &'static [&'static str],
) -> Mistake {
    Mistake { name, load, status, said }
}

const MISTAKES: [Mistake; 16] = [
    mistake(
        "log-on-stdout",
        ECHO,
        0,
        &[
            "n0 wrote a line that is no message",
            "line 4: got echo",
            "not JSON",
            "stderr",
            "good! ヽ(‘ー`)ノ … but n0 was mute from",
        ],
    ),
    mistake(
        "no-newline",
        ECHO_BRIEFLY,
        255,
        &["did not answer init in time", "no newline at its end", "init_ok"],
    ),
    mistake(
        "text-for-number",
        ECHO,
        1,
        &[
            "answers whose in_reply_to is no integer",
            "where echo_ok with \"in_reply_to\":1 was waited for",
            "no echo ever succeeded",
        ],
    ),
    mistake(
        "no-reply-to",
        ECHO,
        1,
        &["messages without in_reply_to to clients", "\"in_reply_to\":1 was waited for"],
    ),
    mistake(
        "id-of-message",
        ECHO,
        1,
        &["answers to requests that there never were", "\"in_reply_to\":1 was waited for"],
    ),
    mistake("field-too-many", ECHO, 0, &["answers that are not what was asked for", "\"node\"", "no place"]),
    mistake("byte-order-mark", ECHO_BRIEFLY, 255, &["byte order mark", "EF BB BF"]),
    mistake("two-on-a-line", ECHO, 0, &["a line with more on it than one message"]),
    mistake("repr", ECHO, 0, &["line 4: {", "not JSON", "n0 was mute from"]),
    mistake("crash", ECHO, 255, &["Node n0 exited by itself (exit status: 1)", "Error", "node-logs/n0.log"]),
    mistake("hang", ECHO, 0, &["good! ヽ(‘ー`)ノ … but n0 answered nothing after"]),
    mistake(
        "same-ids",
        "-w unique-ids --node-count 3 --rate 100 --time-limit 1",
        1,
        &["ids were given out more than once, by n0, n1 and n2", "with the node's own name in an id"],
    ),
    mistake(
        "keeps-to-itself",
        BROADCAST,
        1,
        &["values lost", "nodes never said anything to each other", "nodes show only their own", "reached n"],
    ),
    mistake("retries", BROADCAST, 1, &["the same message 20 times", "never answered"]),
    mistake(
        "lost-sum",
        "-w g-counter --node-count 2 --rate 50 --time-limit 1 --recovery 0.1",
        1,
        &["too few", "is exactly the sum of the adds that"],
    ),
    mistake(
        "empty-txn",
        "-w txn-list-append --node-count 1 --rate 50 --time-limit 1",
        1,
        &["transactions were answered with something else than was asked for", "was answered with 0 steps"],
    ),
];

/// Languages: what runs them, and the node.
const LANGUAGES: [(&str, &str); 2] = [("python3", "node.py"), ("node", "node.js")];

fn is_there(interpreter: &str) -> bool {
    let quiet =
        Command::new(interpreter).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn node(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workbench/beginners").join(name);
    path.display().to_string()
}

fn run(interpreter: &str, node: &str, mistake: &str, load: &str) -> Ran {
    let mut words = vec!["test", "--bin", interpreter, "--seed", "1", "--init-timeout", "60"];
    words.extend(load.split(' '));
    words.extend(["--", node, mistake]);
    workbench_with(&words)
}

/// What follows the last line of the log.
fn screen(ran: &Ran) -> Vec<&str> {
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let is_log = |line: &&str| ["INFO [", "WARN [", "FATAL ["].iter().any(|level| line.starts_with(level));
    let begin = lines.iter().rposition(is_log).map_or(0, |last| last + 1);
    lines[begin..].to_vec()
}

fn check(interpreter: &str, file: &str, Mistake { name, load, status, said }: &Mistake) {
    let ran = run(interpreter, &node(file), name, load);
    assert_eq!(ran.status, *status, "{file} {name}:\n{}", ran.stdout);
    // Lines are broken to fit, so that what is said may go on in the next.
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let missing = said.iter().find(|said| !text.contains(**said));
    assert_eq!(missing, None, "{file} {name}:\n{}", ran.stdout);
    let screen = screen(&ran);
    assert!(screen.len() <= HEIGHT, "{file} {name}: {} lines\n{}", screen.len(), ran.stdout);
    let is_wide = |line: &&str| line.chars().count() > WIDTH && !line.contains("store/");
    assert_eq!(screen.into_iter().find(is_wide), None, "{file} {name}");
}

#[test]
fn each_mistake_is_told_within_one_screen_in_two_languages() {
    std::thread::scope(|scope| {
        for (interpreter, file) in LANGUAGES.into_iter().filter(|(interpreter, _)| is_there(interpreter)) {
            // Most of the time they wait for answers that never come.
            for mistakes in MISTAKES.chunks(4) {
                scope.spawn(move || mistakes.iter().for_each(|mistake| check(interpreter, file, mistake)));
            }
        }
    });
}

#[test]
fn output_that_is_never_flushed_is_told_apart_from_silence() {
    if is_there("python3") {
        let load = "-w echo --node-count 1 --rate 20 --time-limit 1 --init-timeout 1";
        let ran = run("python3", &node("node.py"), "no-flush", load);
        let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(ran.status, 255);
        assert!(
            text.contains("n0 wrote nothing at all to stdout") && text.contains("flushed after every line"),
            "{text}"
        );
        assert!(text.contains("--init-timeout SECONDS"), "{text}");
    }
}

#[test]
fn offsets_that_two_nodes_gave_are_told_as_such() {
    if is_there("python3") {
        let load = "-w kafka --node-count 2 --concurrency 2n --rate 100 --time-limit 2 --recovery 0.1";
        let ran = run("python3", &node("node.py"), "same-offsets", load);
        ran.expect(1, &["both gave offset", "each counts by itself"]);
    }
}
