use super::*;
use judge::history;
use judge::{Demands, Workload};
use std::fmt::Write;

/// What operations did, an invocation and a completion of each, by process 0, 1, 2, …
fn written(ops: &[(&str, &str, String, String)]) -> String {
    let mut text = String::new();
    for (number, (f, outcome, asked, done)) in ops.iter().enumerate() {
        for (half, kind, value) in [(0, "invoke", asked), (1, *outcome, done)] {
            let index = 2 * number + half;
            let head = format!("{{:index {index}, :time {index}000000, :type :{kind}, :process {number}");
            let _ = writeln!(text, "{head}, :f :{f}, :value [{value}]}}");
        }
    }
    text
}

fn send(offset: u64, message: &str) -> (&'static str, &'static str, String, String) {
    let done = format!("[:send \"k\" [{offset} {message}]]");
    ("send", "ok", format!("[:send \"k\" {message}]"), done)
}

fn poll(pairs: &str) -> (&'static str, &'static str, String, String) {
    ("poll", "ok", "[:poll]".to_owned(), format!("[:poll {{\"k\" [{pairs}]}}]"))
}

fn drawn(ops: &[(&str, &str, String, String)]) -> String {
    let nodes = ["n0", "n1"].map(str::to_owned).to_vec();
    let demands = Demands { nodes, concurrency: 2, ..Demands::new(Workload::Kafka) };
    let history = history::read(&written(ops)).unwrap();
    let view = View::new(&demands, &history);
    let logs = view.troubled();
    order(&view, &logs[0])
}

#[track_caller]
fn has(svg: &str, text: &str, count: usize) {
    assert_eq!(svg.matches(text).count(), count, "{text} in {svg}");
}

#[test]
fn what_was_written_and_read_where_is_drawn_with_what_became_of_it() {
    let unknown = |outcome, message: &str| {
        let value = format!("[:send \"k\" {message}]");
        ("send", outcome, value.clone(), value)
    };
    let svg = drawn(&[
        send(0, "1"),
        send(5, "\"<2>\""),
        unknown("info", "3"),
        unknown("fail", "4"),
        poll("[0 1] [7 3] [8 4]"),
    ]);
    has(&svg, "4 offsets, 5 operations", 1);
    has(&svg, "L: lost-write", 1);
    has(&svg, "U: unseen", 0);
    has(&svg, "class=\"send ok trouble\"", 1);
    has(&svg, "class=\"send ok\"", 1);
    has(&svg, "class=\"send info\"", 1);
    has(&svg, "class=\"send fail\"", 1);
    has(&svg, "send 3: info", 1);
    has(&svg, "send 4: fail", 1);
    has(&svg, "class=\"poll ok\"", 3);
    has(&svg, "class=\"nothing trouble\"", 1);
    has(&svg, "<title>\"&lt;2&gt;\" at offset 5 (lost-write)</title>", 1);
    has(&svg, "<2>", 0);
    has(&svg, "⋯", 0);
    has(&svg, "<title>op 9, process 4 at n0: ok poll", 1);
}

#[test]
fn of_a_long_log_the_places_around_the_trouble_are_shown_and_of_many_operations_those_that_touch_it() {
    let mut ops: Vec<_> = (0..500).map(|offset| send(10 * offset, &offset.to_string())).collect();
    let pairs = |range: std::ops::Range<u64>| {
        let pairs = range.filter(|offset| *offset != 300).map(|offset| format!("[{} {offset}]", 10 * offset));
        pairs.collect::<Vec<_>>().join(" ")
    };
    ops.push(poll(&pairs(0..500)));
    ops.extend((0..200).map(|_| poll(&pairs(295..299))));
    ops.push(poll(&pairs(299..302)));
    let svg = drawn(&ops);
    has(&svg, &format!("{MAX_COLUMNS} of 500 offsets, {MAX_ROWS} of 702 operations"), 1);
    has(&svg, "<path class=\"row\"", MAX_ROWS);
    has(&svg, "<g><title>offset ", MAX_COLUMNS);
    has(&svg, ">3000</text>", 1);
    has(&svg, "⋯", 2);
    has(&svg, "class=\"nothing trouble\"", 2);
    has(&svg, "class=\"send ok trouble\"", 1);
}

#[test]
fn long_offsets_are_told_apart_by_their_ends() {
    let svg = drawn(&[send(1_700_000_000_000_000_001, "1"), send(1_700_000_000_000_000_002, "2")]);
    has(&svg, ">…000000000001</text>", 1);
    has(&svg, ">…000000000002</text>", 1);
    has(&svg, "<title>offset 1700000000000000002</title>", 1);
    has(&svg, "U: unseen", 1);
}
