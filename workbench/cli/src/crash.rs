//! Why a run came to no verdict, in plain words (§1.3, §3.7): which node, how it ended, what it said last, where its log is.

use super::console::defused;
use super::screen::{WIDTH, wrapped};
use bench::run::Crash;
use std::fmt::Write;
use std::path::Path;
use worlds::processes::{NodeReport, Tail};

/// Nodes whose last words are shown; when all of them crash they mostly do so for the same reason.
const NODES_SHOWN: usize = 3;
/// Lines shown of its stderr, and of its stdout.
const LINES_OF_STDERR: usize = 11;
const LINES_OF_STDOUT: usize = 4;
/// Characters shown of a line.
const LONGEST_LINE: usize = 94;

/// The whole report: why there is no verdict, what nodes said last, and what else they did that may explain it.
pub(super) fn report(crash: Option<&Crash>, notes: &[String], page: &Path) -> String {
    let mut text = String::from("The test crashed; there is no verdict.");
    if let Some(crash) = crash {
        let _ = write!(text, "\nReason: {}", crash.reason);
        let last_words = crash.last_words.iter().map(|words| format!("\n\n{words}"));
        text.extend(last_words);
    }
    for note in notes {
        let lines = wrapped(&defused(note.clone()), WIDTH - 2).join("\n  ");
        let _ = write!(text, "\n\n! {lines}");
    }
    let _ = write!(text, "\n\n  report          {}", page.display());
    text
}

/// What the nodes that may be to blame said last; none if none of them is known.
pub(super) fn last_words(crash: &Crash, nodes: &[NodeReport]) -> Option<String> {
    let mut text = String::new();
    let blamed = crash.node.and_then(|node| nodes.get(node));
    let others = nodes
        .iter()
        .filter(|node| node.exit.is_some() && blamed.is_none_or(|blamed| blamed.name != node.name));
    let mut suspects = blamed.into_iter().chain(others);
    for node in suspects.by_ref().take(NODES_SHOWN) {
        describe(node, &mut text);
    }
    let more: Vec<&str> = suspects.map(|node| node.name.as_str()).collect();
    if !more.is_empty() {
        let _ = write!(text, "\n\nThese exited by themselves, too: {}", more.join(", "));
    }
    let text = text.trim_start();
    (!text.is_empty()).then(|| text.to_owned())
}

fn describe(node: &NodeReport, text: &mut String) {
    let fate = match &node.exit {
        Some(status) => format!("exited by itself ({status})"),
        None => "was still running".to_owned(),
    };
    let _ = write!(text, "\n\nNode {} {fate}.", node.name);
    // Why a node failed is on stderr, as a rule; what it wrote to stdout were messages.
    lines("stderr", &node.stderr, LINES_OF_STDERR, text);
    lines("stdout", &node.stdout, LINES_OF_STDOUT, text);
    let _ = write!(text, "\n  All of its stderr is in {}", node.log.display());
}

/// The first and the last lines of a stream, `most` in all.
fn lines(stream: &str, tail: &Tail, most: usize, text: &mut String) {
    if tail.is_empty() {
        let _ = write!(text, "\n  It wrote nothing to {stream}.");
        return;
    }
    let kept: Vec<String> = tail.lines().collect();
    // Node.js shows the line of the source first, then the error, then the way to it.
    let (first, last) = (most - most / 2 - 1, most / 2);
    if kept.len() <= most {
        let _ = write!(text, "\n  All that it wrote to {stream}:");
        kept.iter().for_each(|line| line_of(line, text));
        return;
    }
    let _ = write!(text, "\n  Its first and its last lines on {stream}:");
    kept[..first].iter().for_each(|line| line_of(line, text));
    line_of("…", text);
    kept[kept.len() - last..].iter().for_each(|line| line_of(line, text));
}

fn line_of(line: &str, text: &mut String) {
    let shown: String = line.chars().take(LONGEST_LINE).collect();
    let cut = if shown.len() < line.len() { "…" } else { "" };
    let _ = write!(text, "\n    {shown}{cut}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, exit: Option<&str>, stderr: &[u8]) -> NodeReport {
        let mut tail = Tail::default();
        tail.push(stderr);
        let log = format!("node-logs/{name}.log").into();
        let exit = exit.map(str::to_owned);
        NodeReport { name: name.to_owned(), exit, stdout: Tail::default(), stderr: tail, log }
    }

    #[test]
    fn the_blamed_node_comes_first_and_those_that_live_are_left_out() {
        let exited = Some("exit status: 1");
        let nodes = [node("n0", None, b"fine"), node("n1", exited, b"me too"), node("n2", None, b"oops")];
        let mut crash = Crash::new(Some(2), "node n2 did not answer init");
        crash.last_words = last_words(&crash, &nodes);
        let expected = "\
The test crashed; there is no verdict.
Reason: node n2 did not answer init

Node n2 was still running.
  All that it wrote to stderr:
    oops
  It wrote nothing to stdout.
  All of its stderr is in node-logs/n2.log

Node n1 exited by itself (exit status: 1).
  All that it wrote to stderr:
    me too
  It wrote nothing to stdout.
  All of its stderr is in node-logs/n1.log

! n2 is slow

  report          there/report.html";
        assert_eq!(
            report(Some(&crash), &["n2 is slow".to_owned()], Path::new("there/report.html")),
            expected
        );
    }

    #[test]
    fn of_a_long_panic_both_the_first_and_the_last_lines_are_shown() {
        let mut tail = Tail::default();
        (0..100).for_each(|line| tail.push(format!("line {line}").as_bytes()));
        let mut text = String::new();
        lines("stderr", &tail, LINES_OF_STDERR, &mut text);
        assert!(text.contains("line 0\n") && text.contains("line 4\n    …\n    line 95\n"), "{text}");
        assert!(text.ends_with("line 99"), "{text}");
    }

    #[test]
    fn when_all_nodes_exit_a_few_are_described_and_the_others_named() {
        let nodes: Vec<NodeReport> =
            (0..5).map(|index| node(&format!("n{index}"), Some("signal: 6"), b"x")).collect();
        let text = last_words(&Crash::new(None, ""), &nodes).unwrap();
        assert_eq!(text.matches("All that it wrote to stderr").count(), NODES_SHOWN);
        assert!(last_words(&Crash::new(None, ""), &[]).is_none());
        assert!(text.ends_with("These exited by themselves, too: n3, n4"), "{text}");
    }
}
