//! `--nemesis kill` and `pause` over real processes: that they truly die, come back, stand still and go on.

use super::bench::{Ran, misbehave, workbench_with};

/// Two seconds of echo against one node under this fault, which comes every fifth of a second.
fn run(mode: &str, fault: &str) -> Ran {
    let mut words = vec!["test", "-w", "echo", "--bin", misbehave(), mode, "--node-count", "1"];
    words.extend(["--time-limit", "2", "--rate", "100", "--concurrency", "8", "--seed", "3"]);
    words.extend(["--nemesis", fault, "--nemesis-interval", "0.2"]);
    workbench_with(&words)
}

/// The history's lines: time in ms, what, and the whole line.
fn history(ran: &Ran) -> Vec<(u64, String)> {
    let text = ran.file("history.edn");
    let time_ns = |line: &str| word_after(line, ":time ").parse::<u64>().expect("a time is a number");
    text.lines().map(|line| (time_ns(line) / 1_000_000, line.to_owned())).collect()
}

fn word_after<'a>(line: &'a str, key: &str) -> &'a str {
    line.split(key).nth(1).and_then(|rest| rest.split(',').next()).expect("every operation has this key")
}

/// From each operation `from` that hit the node to the next operation `to`, in ms.
fn spans(history: &[(u64, String)], from: &str, to: &str) -> Vec<(u64, u64)> {
    let hits = history.iter().enumerate().filter(|(_, (_, line))| line.contains(from));
    hits.map(|(index, (time, _))| {
        let next = history[index..].iter().find(|(_, line)| line.contains(to));
        (*time, next.map_or(u64::MAX, |(time, _)| *time))
    })
    .collect()
}

/// Operations that began in one of these spans, and those of them that ended there with an answer. A node may still be
/// at a message when the signal reaches it, so the first moment of a span does not count.
fn during(history: &[(u64, String)], spans: &[(u64, u64)]) -> (usize, usize) {
    let inside = |from: u64, to: u64| spans.iter().any(|(start, end)| start + 20 < from && to < *end);
    let (mut begun, mut answered) = (0, 0);
    let mut open = std::collections::BTreeMap::new();
    for (time, line) in history.iter().filter(|(_, line)| line.contains(":f :echo")) {
        let process = word_after(line, ":process ");
        if line.contains(":type :invoke") {
            open.insert(process, *time);
            begun += usize::from(inside(*time, *time));
        } else if line.contains(":type :ok") {
            answered += usize::from(inside(open[process], *time));
        }
    }
    (begun, answered)
}

#[test]
fn a_killed_node_is_gone_and_another_process_takes_its_place() {
    let ran = run("hello", "kill");
    ran.expect(0, &["Everything looks good!", "kills every 0.2 s", "  kills "]);
    let history = history(&ran);
    let spans = spans(&history, ":f :kill, :value {\"n0\" :killed}", ":f :start, :value :all");
    let (begun, answered) = during(&history, &spans);
    assert!(begun > 0 && answered == 0, "{begun} begun, {answered} answered while the node was down");
    assert!(history.iter().any(|(_, line)| line.contains(":f :start, :value {\"n0\" :started}")));

    let log = ran.file("node-logs/n0.log");
    let mut processes: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("hello from ")).collect();
    let restarts = spans.iter().filter(|(_, end)| *end < u64::MAX).count();
    assert_eq!(processes.len(), 1 + restarts, "one log holds the words of every life:\n{log}");
    processes.sort_unstable();
    processes.dedup();
    assert_eq!(processes.len(), 1 + restarts, "each life is a process of its own");
    let alive =
        std::process::Command::new("ps").args(["-o", "pid=,stat=", "-p", &processes.join(",")]).output();
    assert_eq!(String::from_utf8_lossy(&alive.unwrap().stdout), "", "all of them are gone and reaped");
}

#[test]
fn a_paused_node_stands_still_and_goes_on_where_it_was() {
    let ran = run("hello", "pause");
    ran.expect(0, &["Everything looks good!", "pauses every 0.2 s", "  pauses "]);
    let history = history(&ran);
    let spans = spans(&history, ":f :pause, :value {\"n0\" :paused}", ":f :resume, :value :all");
    let (begun, answered) = during(&history, &spans);
    assert!(begun > 0 && answered == 0, "{begun} begun, {answered} answered while the node stood still");
    assert_eq!(ran.file("node-logs/n0.log").lines().count(), 1, "it is the same process all the time");
}

#[test]
fn a_node_that_ends_by_itself_is_a_crash_whatever_the_nemesis_does_to_others() {
    run("exit-later", "pause").expect(255, &["Node n0", "exit status: 0"]);
}
