//! Why a run came to no verdict, in plain words (§1.3, §3.7): which node, how it ended, what it said last, where its log is.

use bench::run::Crash;
use std::fmt::Write;
use worlds::processes::{NodeReport, Tail};

/// Nodes whose last words are shown; when all of them crash they mostly do so for the same reason.
const NODES_SHOWN: usize = 3;

/// The whole report.
pub(super) fn report(crash: Option<&Crash>) -> String {
    let mut text = String::from("The test crashed; there is no verdict.");
    if let Some(crash) = crash {
        let _ = write!(text, "\nReason: {}", crash.reason);
        let last_words = crash.last_words.iter().map(|words| format!("\n\n{words}"));
        text.extend(last_words);
    }
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
    last_lines("stdout", &node.stdout, text);
    last_lines("stderr", &node.stderr, text);
    let _ = write!(text, "\n  All of its stderr is in {}", node.log.display());
}

fn last_lines(stream: &str, tail: &Tail, text: &mut String) {
    if tail.is_empty() {
        let _ = write!(text, "\n  It wrote nothing to {stream}.");
        return;
    }
    let _ = write!(text, "\n  Its last lines on {stream}:");
    for line in tail.lines() {
        let _ = write!(text, "\n    {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, exit: Option<&str>, stderr: &[u8]) -> NodeReport {
        let mut tail = Tail::default();
        tail.push(stderr);
        let log = format!("node-logs/{name}.log").into();
        let exit = exit.map(str::to_owned);
        NodeReport { name: name.to_owned(), exit, stdout: Tail::default(), stderr: tail, log, dropped: 0 }
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
  It wrote nothing to stdout.
  Its last lines on stderr:
    oops
  All of its stderr is in node-logs/n2.log

Node n1 exited by itself (exit status: 1).
  It wrote nothing to stdout.
  Its last lines on stderr:
    me too
  All of its stderr is in node-logs/n1.log";
        assert_eq!(report(Some(&crash)), expected);
    }

    #[test]
    fn when_all_nodes_exit_a_few_are_described_and_the_others_named() {
        let nodes: Vec<NodeReport> =
            (0..5).map(|index| node(&format!("n{index}"), Some("signal: 6"), b"x")).collect();
        let text = last_words(&Crash::new(None, ""), &nodes).unwrap();
        assert_eq!(text.matches("Its last lines on stderr").count(), NODES_SHOWN);
        assert!(last_words(&Crash::new(None, ""), &[]).is_none());
        assert!(text.ends_with("These exited by themselves, too: n3, n4"), "{text}");
    }
}
