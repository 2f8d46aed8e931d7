//! What nodes did that the run passed over, whatever the verdict: a line that is no message, answers to nobody, messages that
//! were never read. Each of these explains many a timeout, and Maelstrom says it only in passing, if at all.
//!
//! The terminal and the page say the same sentences.

use super::moment::at;
use super::text::{cut, listed};
use super::{blind, coach};
use bench::options::Workload;
use bench::run::{NodeRecord, Oddity, Record, Slip};
use edn::Value;
use judge::Results;

/// What casts doubt on a run as a whole, in a few words, for its last line and the top of its page: a node that nobody
/// heard any more, or that answered nothing any more, a kind of operation that never succeeded, reads that never saw a write.
pub fn headline(record: &Record, results: Option<&Results>) -> Option<String> {
    let mut words = Vec::new();
    let mute: Vec<&NodeRecord> = record.nodes.iter().filter(|node| node.muted.is_some()).collect();
    if let Some(since) = mute.iter().filter_map(|node| Some(node.muted.as_ref()?.time)).min() {
        let was = if mute.len() == 1 { "was" } else { "were" };
        words.push(format!("{} {was} mute from {} on", names(&mute), at(record, since)));
    }
    words.extend(coach::gone_silent(record).map(|(who, _)| who));
    if let Some(results) = results {
        let never = never_succeeded(&results.value);
        if !never.is_empty() {
            words.push(format!("no {} ever succeeded", never.join(" and no ")));
        }
    }
    words.extend(blind::no_read_saw_a_write(&record.history).then(|| "no read ever saw a write".to_owned()));
    (!words.is_empty()).then(|| words.join("; "))
}

/// A paragraph for each thing that was odd about nodes.
pub fn notes(record: &Record) -> Vec<String> {
    let mut notes = mute(record);
    notes.extend(Slip::ALL.into_iter().filter_map(|slip| slipped(record, slip)));
    notes.extend(silent(record));
    notes.extend(unfinished(record));
    let nodes = || record.nodes.iter();
    let of =
        |count: u64, thing: &str| if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") };
    notes.extend(
        nodes().filter(|node| node.stdout_closed).map(|node| format!("{} closed its stdout", node.name)),
    );
    notes.extend(nodes().filter(|node| node.unread > 0).map(|node| {
        let dropped = of(node.unread, "message");
        format!("{} did not read its stdin: {dropped} to it had to be thrown away", node.name)
    }));
    notes.extend(nodes().filter(|node| node.backlog > 0 && node.unread == 0).map(|node| {
        let left = of(node.backlog, "message");
        format!("{} fell behind: at the end, {left} still waited for it to read them", node.name)
    }));
    notes.extend(nothing_asked(record));
    notes
}

/// Models that transactions are held to in vain.
fn nothing_asked(record: &Record) -> Option<String> {
    let options = &record.options;
    let toothless = judge::toothless(&options.consistency_models).join(", ");
    let counts = matches!(options.workload, Workload::TxnListAppend | Workload::TxnRwRegister);
    let note = format!("under {toothless} nothing that a checker here looks for is prohibited");
    (counts && !toothless.is_empty()).then_some(note)
}

/// Nodes that wrote what is no message, those with the same reason together.
fn mute(record: &Record) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&NodeRecord>)> = Vec::new();
    for node in &record.nodes {
        let Some(muted) = &node.muted else { continue };
        match groups.iter_mut().find(|(reason, _)| *reason == muted.reason) {
            Some((_, nodes)) => nodes.push(node),
            None => groups.push((&muted.reason, vec![node])),
        }
    }
    let told = groups.into_iter().filter_map(|(reason, nodes)| {
        let muted = nodes.first()?.muted.as_ref()?;
        let since = at(record, muted.time);
        Some(format!(
            "{} wrote a line that is no message, at {since}; nothing that came after it was read.\n    line {}: {}\n    {reason}",
            names(&nodes), muted.line_number, shown(&muted.line)
        ))
    });
    told.collect()
}

/// How often which nodes slipped in this way, and the first time.
fn slipped(record: &Record, slip: Slip) -> Option<String> {
    let has = |node: &&NodeRecord| node.count(slip) > 0;
    let nodes: Vec<&NodeRecord> = record.nodes.iter().filter(has).collect();
    let oddities = nodes.iter().flat_map(|node| &node.oddities).filter(|oddity| oddity.slip == slip);
    let count: u64 = oddities.clone().map(|oddity| oddity.count).sum();
    let Oddity { time, example, .. } = oddities.min_by_key(|oddity| oddity.time)?;
    let (one, many) = match slip {
        Slip::Late => ("an answer after its client had given up", "answers after their clients had given up"),
        Slip::Repeated => ("a second answer to a request", "more answers to requests that had one"),
        Slip::NoReplyTo => {
            ("a message without in_reply_to to a client", "messages without in_reply_to to clients")
        }
        Slip::OddReplyTo => {
            ("an answer whose in_reply_to is no integer", "answers whose in_reply_to is no integer")
        }
        Slip::UnknownReplyTo => {
            ("an answer to a request that there never was", "answers to requests that there never were")
        }
        Slip::Malformed => {
            ("an answer that is not what was asked for", "answers that are not what was asked for")
        }
        Slip::TextAfter => (
            "a line with more on it than one message, which is all that was read",
            "lines with more on them than one message, which is all that was read",
        ),
        Slip::Unserved => (
            "a request that its service does not know, and so does not answer",
            "requests that their service does not know, and so does not answer",
        ),
        Slip::Unreadable => {
            ("a message that its client cannot read", "messages that their clients cannot read")
        }
        Slip::Unheard => (
            "a message to a client that had asked nothing, and had no room for it",
            "messages to clients that had asked nothing, and had no room for them",
        ),
        Slip::HadToWait => (
            "faster than the network delivers, and once had to wait",
            "faster than the network delivers, and had to wait again and again",
        ),
        Slip::SpokeInPause => (
            "something while it was paused, so that the pause does not count",
            "something in pauses, so that those do not count",
        ),
    };
    let what = if count == 1 { one.to_owned() } else { format!("{count} {many}") };
    let (names, time) = (names(&nodes), at(record, *time));
    let first = if count == 1 { "It came" } else { "The first came" };
    Some(format!("{names} wrote {what}. {first} at {time}:\n    {}", shown(example)))
}

/// Nodes that said nothing at all, where that is why there is no verdict.
fn silent(record: &Record) -> Option<String> {
    record.crash.as_ref()?;
    let is_silent =
        |node: &&NodeRecord| node.lines == 0 && node.unfinished.is_none() && node.exited.is_none();
    let nodes: Vec<&NodeRecord> = record.nodes.iter().filter(is_silent).collect();
    let its = if nodes.len() == 1 { "its" } else { "their" };
    (!nodes.is_empty()).then(|| {
        format!(
            "{} wrote nothing at all to stdout. Most languages keep what is written to a pipe in a buffer: {its} output has \
             to be flushed after every line. A program that starts slowly gets more time with --init-timeout SECONDS",
            names(&nodes)
        )
    })
}

fn unfinished(record: &Record) -> Vec<String> {
    let unfinished = record.nodes.iter().filter_map(|node| Some((node, node.unfinished.as_ref()?)));
    unfinished
        .map(|(node, text)| {
            format!(
                "{}'s last line has no newline at its end, so it was not read: each message has to end with one.\n    {}",
                node.name,
                shown(text)
            )
        })
        .collect()
}

/// Kinds of operations that were tried and never succeeded, but for those that need not.
fn never_succeeded(results: &Value) -> Vec<&str> {
    let Some(Value::Map(by_f)) = results.get("stats").and_then(|stats| stats.get("by-f")) else {
        return Vec::new();
    };
    let never =
        by_f.iter().filter(|(_, counts)| counts.get("ok-count").and_then(Value::as_integer) == Some(0));
    never
        .filter_map(|(f, _)| f.as_name())
        .filter(|f| !["crash", "debug-topic-partitions"].contains(f))
        .collect()
}

/// `n0`, `n0 and n1`, `n0, n1 and 3 others`.
pub(super) fn names(nodes: &[&NodeRecord]) -> String {
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    listed(&names)
}

/// What nodes wrote, without what nobody can see and on one line.
fn shown(text: &str) -> String {
    let text: String = text
        .trim_end()
        .chars()
        .map(|c| if c.is_control() || c == '\u{feff}' { '\u{fffd}' } else { c })
        .collect();
    cut(&text, LONGEST)
}

/// Bytes of a quotation.
const LONGEST: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::{Options, Workload};
    use bench::run::Muted;
    use machines::Echo;
    use machines::Time;
    use worlds::{simulated, spawn};

    fn record() -> Record {
        simulated::run(Options::new(Workload::Echo, 3), spawn::<Echo>(()))
    }

    fn odd(slip: Slip, count: u64, example: &str) -> Oddity {
        Oddity { slip, count, time: Time::from_millis(4_203), example: example.to_owned() }
    }

    #[test]
    fn a_run_without_oddities_has_no_notes_and_no_headline() {
        let record = record();
        assert!(notes(&record).is_empty());
        assert_eq!(headline(&record, Some(&record.judge())), None);
    }

    #[test]
    fn nodes_that_slip_in_the_same_way_are_told_together_with_the_first_case() {
        let mut record = record();
        record.start = Some(Time::from_millis(3));
        record.nodes[0].oddities = vec![odd(Slip::OddReplyTo, 3, "{\"in_reply_to\":1.0}")];
        record.nodes[2].oddities =
            vec![Oddity { time: Time::from_millis(9_000), ..odd(Slip::OddReplyTo, 1, "x") }];
        let notes = notes(&record);
        let expected = "n0 and n2 wrote 4 answers whose in_reply_to is no integer. The first came at 4.200 s:\n    {\"in_reply_to\":1.0}";
        assert_eq!(notes, [expected]);
    }

    #[test]
    fn a_mute_node_is_in_the_headline() {
        let mut record = record();
        record.start = Some(Time::ZERO);
        let reason = "it is not JSON".to_owned();
        let muted =
            Muted { time: Time::from_millis(4_203), line_number: 7, line: "DEBUG\u{1b}[2J".into(), reason };
        record.nodes[1].muted = Some(muted);
        let results = record.judge();
        assert_eq!(headline(&record, Some(&results)).as_deref(), Some("n1 was mute from 4.203 s on"));
        assert!(notes(&record)[0].contains("line 7: DEBUG\u{fffd}[2J"), "{:?}", notes(&record));
    }

    #[test]
    fn an_operation_that_never_succeeds_is_in_the_headline() {
        let results =
            edn::read("{:stats {:by-f {:read {:ok-count 0}, :add {:ok-count 1}, :crash {:ok-count 0}}}}")
                .unwrap();
        assert_eq!(never_succeeded(&results), ["read"]);
    }
}
