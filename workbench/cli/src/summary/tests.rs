use super::*;
use crate::challenged::challenged;
use crate::read_scenario;
use bench::run::{Muted, Oddity, Slip};
use machines::Time;
use std::borrow::Cow;
use worlds::simulated;

fn simulated(words: &str) -> Record {
    let scenario = read_scenario(&format!("{words} --seed 1")).unwrap();
    simulated::run(scenario.options.clone(), scenario.programs())
}

fn summary_of(record: &Record) -> String {
    let (results, origin) = (record.judge(), Origin::default());
    let challenged = challenged(&record.options, &results.value, None);
    let told = Told::new(record, Some(&results), &challenged, &origin);
    let directory = Path::new("store/broadcast/now");
    let (results, told, around) = (&results, &told, Around::default());
    summary(
        &Subject { results, record, told, verdict_before: None, around, origin: &origin, directory },
        Paint::plain(),
    )
}

#[test]
fn a_summary_says_what_was_run_and_the_figures_of_the_challenge() {
    let record =
        simulated("-w broadcast --node-count 5 --latency 10 --rate 100 --time-limit 5 --nemesis partition");
    let text = summary_of(&record);
    let mut lines = text.lines().skip(1);
    let title =
        "broadcast: 5 nodes, 5 clients, 5 s at 100 op/s, 10 ms latency, partitions every 10 s, seed 1";
    assert_eq!(lines.next(), Some(title));
    assert_eq!(lines.nth(1), Some("  verdict         valid"));
    for row in ["operations", "availability", "messages", "partitions", "stable latency", "store", "report"] {
        assert!(text.contains(&format!("\n  {row:<16}")), "no {row} in\n{text}");
    }
    let cut = record.journal.statistics.cut;
    assert!(text.ends_with("Everything looks good! ヽ(‘ー`)ノ"), "{text}");
    assert!(cut > 0 && text.contains(&format!("dropped {cut} messages")), "{text}");
}

#[test]
fn a_title_says_that_there_are_no_faults_only_if_nothing_at_all_is_wrong() {
    let titled = |words: &str| title(&read_scenario(&format!("-w echo --seed 1 {words}")).unwrap().options);
    let load = "echo: 5 nodes, 5 clients, 60 s at 5 op/s, 0 ms latency";
    assert_eq!(titled(""), format!("{load}, no faults, seed 1"));
    assert_eq!(titled("--loss 0.1 --slow 3ms"), format!("{load}, loss 0.1, slow by up to 3.0 ms, seed 1"));
    assert_eq!(
        titled("--nemesis kill --drift 0.01"),
        format!("{load}, kills every 10 s, drift 0.01, seed 1")
    );
}

#[test]
fn findings_and_oddities_follow_the_figures_with_control_characters_defused() {
    let mut record = simulated("-w broadcast --node-count 1 --rate 20 --time-limit 2 --availability total");
    let broken = record.history.ops.iter_mut().find(|op| op.kind == judge::history::Kind::Ok).unwrap();
    broken.kind = judge::history::Kind::Fail;
    let (slip, example) = (Slip::Late, "{}".to_owned());
    record.nodes[0].oddities = vec![Oddity { slip, count: 1, time: Time::ZERO, example }];
    record.nodes[0].muted = Some(Muted {
        time: Time::from_millis(1500),
        line_number: 7,
        line: "\x1b[2Jboo".to_owned(),
        reason: "it is not JSON".to_owned(),
    });
    let text = summary_of(&record);
    for part in [
        "✗ availability: 1 of ",
        " at n0: ",
        "! n0 wrote a line that is no message, at 1.",
        "line 7: \u{fffd}[2Jboo",
        "n0 wrote an answer after its client had given up",
        " … but n0 was mute from 1.",
    ] {
        assert!(text.contains(part), "no \"{part}\" in\n{text}");
    }
}

#[test]
fn whatever_is_wrong_the_summary_fits_a_screen() {
    let mut record = simulated("-w broadcast --node-count 5 --rate 100 --time-limit 5 --nemesis partition");
    for op in record.history.ops.iter_mut().filter(|op| op.f == "read" && op.is_client()) {
        let values: Option<Vec<Value>> = op.value.items().map(|values| values.map(Cow::into_owned).collect());
        if let Some(values) = values {
            op.value = Value::Vector(values[..values.len() / 2].to_vec());
        }
    }
    for node in &mut record.nodes {
        let odd = |slip| Oddity { slip, count: 7, time: Time::ZERO, example: "{\"x\": 1} ".repeat(40) };
        node.oddities = Slip::ALL.map(odd).to_vec();
    }
    let text = summary_of(&record);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() <= HEIGHT, "{} lines:\n{text}", lines.len());
    assert!(lines.iter().all(|line| line.chars().count() <= crate::screen::WIDTH), "{text}");
    assert!(text.contains(" values lost") && text.contains("more, in the report"), "{text}");
}
