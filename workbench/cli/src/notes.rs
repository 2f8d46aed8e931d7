//! What was odd about single nodes, whatever the verdict: a line that is no message, answers that came too late, messages
//! that nobody read (§3.5). Each of these explains many a timeout, and Maelstrom says it only in passing.

use super::words::counted;
use bench::run::{NodeRecord, Record};
use judge::Results;
use std::path::PathBuf;
use worlds::processes::NodeReport;

/// One line for each oddity. In virtual time there are no processes, and `processes` is empty.
pub(super) fn notes(record: &Record, processes: &[NodeReport]) -> Vec<String> {
    let of_run = record.nodes.iter().flat_map(of_node);
    let of_processes = processes.iter().filter(|node| node.dropped > 0).map(|node| {
        let dropped = counted(node.dropped as usize, "message");
        format!("{} did not read its stdin: {dropped} to it had to be thrown away", node.name)
    });
    of_run.chain(of_processes).collect()
}

fn of_node(node: &NodeRecord) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(muted) = &node.muted {
        let seconds = muted.time.as_nanos() as f64 / 1e9;
        notes.push(format!(
            "{} wrote a line that is no message, {seconds:.3} s into the run; nothing it wrote after that was read.\n    \
             line {}: {}\n    {}",
            node.name, muted.line_number, muted.line, muted.reason
        ));
    }
    if node.late_answers > 0 {
        let answers = counted(node.late_answers as usize, "answer");
        notes.push(format!("{} sent {answers} to clients that had given up already", node.name));
    }
    if node.stdout_closed {
        notes.push(format!("{} closed its stdout", node.name));
    }
    notes
}

/// Logs of the nodes that the findings are about: there the reason may be.
pub(super) fn logs(results: &Results, processes: &[NodeReport]) -> Vec<PathBuf> {
    let names: Vec<&String> = results
        .findings
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter_map(|op| op.node.as_ref())
        .collect();
    let concerned = processes.iter().filter(|node| names.contains(&&node.name));
    concerned.map(|node| node.log.clone()).collect()
}
