use super::Subject;
use super::cycle::Cycle;
use super::packed::unpacked;
use super::page;
use super::picture::Offsets;
use super::proof;
use super::row::Fate;
use super::traffic::{Counts, MAX_EVENTS, Traffic};
use super::{chains, faults, words};
use bench::network::{Entry, Event, Journal};
use bench::options::{Fault, Options, Workload};
use bench::run::Record;
use judge::Results;
use judge::{History, Kind, Op, Process};
use machines::{Broadcast, Time, Txn};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use worlds::{Program, Spawn, simulated, spawn};

/// Tells every other node of a value, once, and so loses it where a link is cut.
struct Flood {
    me: String,
    others: Vec<String>,
    seen: BTreeSet<i64>,
}

impl Program for Flood {
    fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let message: Value = serde_json::from_slice(line).unwrap();
        let body = &message["body"];
        let mut fields = json!({});
        match body["type"].as_str().unwrap() {
            "init" => {
                self.me = body["node_id"].as_str().unwrap().into();
                let names = body["node_ids"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                self.others = names.filter(|name| *name != self.me).map(Into::into).collect();
            }
            "broadcast" | "gossip" => {
                self.seen.extend(body["message"].as_i64());
                if body["type"] == "broadcast" {
                    let gossip =
                        json!({"type": "gossip", "message": body["message"], "note": "</script><b>"});
                    self.others.iter().for_each(|other| say(&self.me, other, &gossip, stdout));
                }
            }
            "read" => fields = json!({"messages": self.seen}),
            _ => {}
        }
        if body["type"] != "gossip" {
            fields["type"] = format!("{}_ok", body["type"].as_str().unwrap()).into();
            fields["in_reply_to"] = body["msg_id"].clone();
            say(&self.me, message["src"].as_str().unwrap(), &fields, stdout);
        }
    }

    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}

fn say(src: &str, dest: &str, body: &Value, stdout: &mut Vec<u8>) {
    stdout.extend_from_slice(json!({"src": src, "dest": dest, "body": body}).to_string().as_bytes());
    stdout.push(b'\n');
}

fn flood() -> Spawn {
    Box::new(|_, _| Box::new(Flood { me: String::new(), others: Vec::new(), seen: BTreeSet::new() }))
}

/// Five nodes under partitions.
fn partitioned(workload: Workload, programs: Spawn) -> (Record, Results) {
    let mut options = Options::new(workload, 5);
    options.time_limit = Duration::from_secs(10);
    options.rate = 20.0;
    options.nemesis = vec![Fault::Partition];
    options.nemesis_interval = Duration::from_secs(2);
    options.latency.mean_ms = 20;
    options.seed = 1;
    let record = simulated::run(options, programs);
    let results = record.judge();
    (record, results)
}

fn traffic(record: &Record) -> Traffic {
    Traffic::new(&record.options, &record.journal, record.start.unwrap(), None)
}

/// The data that a page carries.
fn data(page: &str) -> Value {
    let begin = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
    serde_json::from_str(&page[begin..begin + page[begin..].find("</script>").unwrap()]).unwrap()
}

#[test]
fn a_chain_is_a_tree_that_reaches_every_node_if_the_nodes_keep_their_promise() {
    let (record, _) = partitioned(Workload::Broadcast, spawn::<Broadcast>(Default::default()));
    let traffic = traffic(&record);
    assert!(traffic.chains.values.len() > 50);
    for chains::Chain { atom, steps } in &traffic.chains.values {
        let mut holders = BTreeSet::from([traffic.rows[steps[0]].dest]);
        for row in steps[1..].iter().map(|&step| &traffic.rows[step]) {
            assert!(holders.contains(&row.src), "{atom}: a step from who does not have it");
            if row.dest < traffic.nodes && row.fate == Fate::Delivered {
                assert!(holders.insert(row.dest), "{atom}: a step to who has it");
            }
        }
        assert_eq!(holders, (0..5).collect(), "{atom}");
    }
}

#[test]
fn the_proof_of_a_lost_value_names_the_messages_that_were_dropped() {
    let (record, results) = partitioned(Workload::Broadcast, flood());
    let mut proofs = proof::proofs(&record, &results);
    let traffic = traffic(&record);
    proof::locate(&mut proofs, &record, &traffic, &[]);
    let proof = proofs.first().unwrap();
    assert_eq!(proof.kind, "lost");
    let chain = &traffic.chains.values[proof.chain.unwrap()];
    assert!(proof.words.contains(&format!("alue {} ", chain.atom)), "{}", proof.words);
    let is_cut = |&&step: &&usize| traffic.rows[step].fate == Fate::Cut;
    let dropped = chain.steps.iter().filter(is_cut).count();
    assert!(dropped > 0);
    assert!(proof.whereabouts.as_ref().unwrap().contains("dropped"));
    // The request of the broadcast and its answer, and those of reads.
    let kinds: BTreeSet<&str> =
        proof.rows.iter().map(|&row| traffic.types[traffic.rows[row].kind].as_str()).collect();
    assert!(
        kinds.is_superset(&BTreeSet::from(["broadcast", "broadcast_ok", "read", "read_ok"])),
        "{kinds:?}"
    );
}

#[test]
fn a_value_whose_holders_were_all_killed_was_last_where_the_last_of_them_was() {
    let mut options = Options::new(Workload::Broadcast, 3);
    options.time_limit = Duration::from_secs(10);
    options.rate = 20.0;
    options.nemesis = vec![Fault::Kill];
    options.nemesis_interval = Duration::from_secs(1);
    let record = simulated::run(options, spawn::<Broadcast>(Default::default()));
    let results = record.judge();
    let mut proofs = proof::proofs(&record, &results);
    let faults = faults::faults(&record.history, i64::MAX);
    proof::locate(&mut proofs, &record, &traffic(&record), &faults);
    let told: Vec<&String> = proofs.iter().filter_map(|proof| proof.whereabouts.as_ref()).collect();
    assert!(!told.is_empty(), "nothing is on disk, so kills lose values");
    assert!(told.iter().any(|words| words.contains("which was killed at")), "{told:?}");
}

#[test]
fn whatever_nodes_write_stays_inside_the_data() {
    let (record, results) = partitioned(Workload::Broadcast, flood());
    let command = "workbench test -w broadcast --bin '</script><b>' --seed 1";
    let page = page::report(&Subject { command: Some(command), ..Subject::new(&record, Some(&results)) });
    assert!(page.contains("--bin &#x27;&lt;&#x2f;script&gt;&lt;b&gt;&#x27; --seed 1"), "how to run it again");
    assert_eq!(page.matches("</script>").count(), 2);
    let texts = unpacked(data(&page)["messages"]["texts"].as_str().unwrap());
    let bodies = serde_json::from_slice::<Value>(&texts).unwrap()["body"].as_array().unwrap().clone();
    assert!(bodies.iter().any(|body| body.as_str().unwrap().contains("</script><b>")));
    assert!(page.contains("<h1>Invalid</h1>"));
}

#[test]
fn the_same_record_gives_the_same_page_and_another_seed_another() {
    let page = |seed| {
        let options =
            Options { seed, time_limit: Duration::from_secs(2), ..Options::new(Workload::Broadcast, 3) };
        let record = simulated::run(options, spawn::<Broadcast>(Default::default()));
        let results = record.judge();
        page::report(&Subject::new(&record, Some(&results)))
    };
    assert_eq!(page(7), page(7));
    assert_ne!(page(7), page(8));
}

#[test]
fn a_run_that_broke_off_has_a_page_that_says_why() {
    let (mut record, _) = partitioned(Workload::Broadcast, flood());
    let last_words = Some("n1 said: <oops>".to_owned());
    record.crash =
        Some(bench::run::Crash { last_words, ..bench::run::Crash::new(Some(1), "node n1 ended by itself") });
    let page = page::report(&Subject::new(&record, None));
    assert!(page.contains("No verdict") && page.contains("Node n1 ended by itself."));
    assert!(page.contains("n1 said: &lt;oops&gt;"));
}

#[test]
fn a_circle_of_transactions_is_laid_out_with_an_arrow_from_each_to_the_next() {
    let mut options = Options::new(Workload::TxnRwRegister, 2);
    options.time_limit = Duration::from_secs(5);
    options.rate = 200.0;
    let record = simulated::run(options, spawn::<Txn>(<Txn as machines::Machine>::default_config()));
    let results = record.judge();
    let proofs = proof::proofs(&record, &results);
    let cycles: Vec<&Cycle> = proofs.iter().filter_map(|proof| proof.cycle.as_ref()).collect();
    assert!(!cycles.is_empty(), "two nodes that do not wait for each other are not strictly serializable");
    for cycle in cycles {
        is_drawn_well(cycle);
    }
}

/// Nothing covers anything else or leaves the drawing, and arrows go from box to box.
#[track_caller]
fn is_drawn_well(cycle: &Cycle) {
    let boxes = &cycle.transactions;
    assert_eq!(cycle.edges.len(), boxes.len());
    let is_near = |transaction: &super::cycle::Transaction, x: f64, y: f64| {
        let (right, bottom) = (transaction.left + transaction.width, transaction.top + transaction.height);
        (transaction.left - 4.0..=right + 4.0).contains(&x)
            && (transaction.top - 4.0..=bottom + 4.0).contains(&y)
    };
    for (number, one) in boxes.iter().enumerate() {
        assert!(one.left >= 0.0 && one.left + one.width <= cycle.width);
        assert!(one.top >= 0.0 && one.top + one.height <= cycle.height);
        for line in &one.operations {
            assert!(is_near(one, line.x, line.y) && is_near(one, line.x, line.y - 11.0), "{line:?}");
        }
        for other in &boxes[number + 1..] {
            let beside = one.left + one.width < other.left || other.left + other.width < one.left;
            assert!(beside || one.top + one.height < other.top || other.top + other.height < one.top);
        }
        let edge = &cycle.edges[number];
        let numbers: Vec<f64> =
            edge.path.split(['M', 'Q', ' ']).filter_map(|number| number.parse().ok()).collect();
        assert!(is_near(one, numbers[0], numbers[1]), "{number}: {}", edge.path);
        assert!(
            is_near(&boxes[(number + 1) % boxes.len()], numbers[4], numbers[5]),
            "{number}: {}",
            edge.path
        );
        assert!((12.0..cycle.height).contains(&edge.label.y), "{number}: {:?}", edge.label);
        assert!(boxes.iter().all(|transaction| !is_near(transaction, edge.label.x, edge.label.y - 4.0)));
    }
}

/// A case of so many transactions, which all did so much.
fn circle(transactions: usize, operations: usize) -> edn::Value {
    let value = "[:append 7 \"<&\\u0001\"] ".repeat(operations);
    let op = format!("{{:index 3, :process 1, :value [{value}]}} ");
    let step = "{:type :rw, :key \"k\"} ";
    edn::read(&format!("{{:cycle [{}] :steps ({})}}", op.repeat(transactions + 1), step.repeat(transactions)))
        .unwrap()
}

#[test]
fn circles_of_every_size_have_room_and_larger_ones_are_left_to_words() {
    for transactions in 2..=24 {
        for operations in [0, 1, 3, 6, 20] {
            is_drawn_well(&Cycle::new(&circle(transactions, operations)).unwrap());
        }
    }
    assert_eq!(Cycle::new(&circle(25, 1)), None);
    let shortened = Cycle::new(&circle(2, 20)).unwrap();
    assert_eq!(shortened.transactions[0].operations.len(), 6);
    assert_eq!(shortened.transactions[0].operations[5].text, "and 15 more");
}

#[test]
fn a_circle_can_stand_alone() {
    let svg = Cycle::new(&circle(2, 1)).unwrap().svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
    assert!(svg.contains("fill: #15161a") && !svg.contains("var(--"), "{svg}");
    assert!(svg.contains("&lt;&amp;") && !svg.contains('\u{1}'), "{svg}");
}

fn op(index: usize, process: u64, value: &str) -> Op {
    Op {
        index,
        time_ns: 0,
        kind: Kind::Ok,
        process: Process::Client(process),
        f: "txn",
        value: edn::read(value).unwrap(),
        is_final: false,
        error: None,
        exception: None,
        extra: Vec::new(),
    }
}

#[test]
fn of_a_log_that_was_jumped_in_the_offsets_between_are_marked() {
    let mut history = History::default();
    history.push(op(0, 0, r#"[["send" "k" [3 30]] [:send "k" [5 50]] [:send "other" [4 40]]]"#));
    history.push(op(1, 1, r#"[[:poll {"k" [[1 10] [3 30] [5 50] [9 90]]}]]"#));
    history.push(op(2, 2, r#"[[:poll {"k" [[1 10] [9 90]]}]]"#));
    let case = edn::read(r#"{:key "k" :skipped (30 50) :offsets [1 9]}"#).unwrap();
    let offsets = Offsets::new(&history, &case, Some(2)).unwrap();
    let entries: Vec<(i64, &str, &str)> =
        offsets.entries.iter().map(|entry| (entry.offset, entry.message.as_str(), entry.class)).collect();
    assert_eq!(entries, [(1, "10", "edge"), (3, "30", "skipped"), (5, "50", "skipped"), (9, "90", "edge")]);
}

#[test]
fn a_node_that_was_killed_is_down_until_it_is_started_again_however_often_it_is_killed() {
    let mut history = History::default();
    for (seconds, f, value) in [
        (1, "kill", ":one"),
        (1, "kill", r#"{"n1" :killed}"#),
        (2, "kill", ":all"),
        (2, "kill", r#"{"n1" :killed "n2" :killed}"#),
        (4, "start", ":all"),
        (5, "start", r#"{"n1" :started "n2" :started}"#),
    ] {
        let time_ns = seconds * 1_000_000_000;
        let value = edn::read(value).unwrap();
        history.push(Op {
            time_ns,
            f,
            value,
            process: Process::Nemesis,
            kind: Kind::Info,
            ..op(0, 0, "nil")
        });
    }
    let faults = faults::faults(&history, i64::MAX);
    let found: Vec<_> =
        faults.iter().map(|fault| (fault.nodes.join(" "), fault.from_us, fault.to_us)).collect();
    assert_eq!(found, [("n1".into(), 1_000_000, 4_000_000), ("n2".into(), 2_000_000, 4_000_000)]);
}

fn entry(event: Event, id: u64, time_us: u64, src: &str, dest: &str) -> Entry {
    let body = r#"{"type":"gossip"}"#;
    Entry {
        time: Time::from_nanos(time_us * 1000),
        event,
        id,
        src: src.into(),
        dest: dest.into(),
        body: body.into(),
    }
}

fn journal(entries: Vec<Entry>) -> Journal {
    let mut journal = Journal::new();
    journal.entries = entries;
    journal
}

#[test]
fn of_a_long_journal_every_message_is_shown_and_those_at_its_beginning_or_around_what_matters_in_full() {
    let options = Options::new(Workload::Broadcast, 2);
    let events = MAX_EVENTS as u64 * 2;
    let journal = journal((0..events).map(|id| entry(Event::Send, id, id, "n0", "n1")).collect());
    let at_first = Traffic::new(&options, &journal, Time::ZERO, None);
    assert_eq!((at_first.rows.len(), at_first.in_full), (events as usize, 0..MAX_EVENTS));
    let focus_us = MAX_EVENTS as i64 + 7;
    let around = Traffic::new(&options, &journal, Time::ZERO, Some(focus_us));
    let full = &around.rows[around.in_full.clone()];
    assert!(full[0].sent_us < focus_us && focus_us < full.last().unwrap().sent_us);
    assert_eq!((full.len(), around.rows.len(), around.one_in), (MAX_EVENTS, events as usize, 1));
    let columns = unpacked(&around.columns);
    let sizes = (columns.len(), around.columns.len());
    assert!(sizes.0 >= 6 * events as usize && sizes.1 < events as usize / 4, "{sizes:?} for {events}");
}

#[test]
fn a_copy_of_a_message_is_a_row_of_its_own_beside_its_original() {
    let options = Options::new(Workload::Broadcast, 2);
    let journal = journal(vec![
        entry(Event::Send, 0, 10, "n0", "n1"),
        entry(Event::Send, 1, 20, "n1", "n0"),
        entry(Event::Receive, 0, 30, "n0", "n1"),
        entry(Event::Cut, 0, 40, "n0", "n1"),
    ]);
    let traffic = Traffic::new(&options, &journal, Time::ZERO, None);
    let rows: Vec<_> = traffic.rows.iter().map(|row| (row.id, row.sent_us, row.end_us, row.fate)).collect();
    assert_eq!(
        rows,
        [(0, 10, Some(30), Fate::Delivered), (0, 10, Some(40), Fate::Cut), (1, 20, None, Fate::Underway)]
    );
    let counts = Counts::new(&options, &journal, Time::ZERO, 96);
    assert_eq!((counts.by_type["gossip"].servers, counts.by_type["gossip"].dropped), (2, 1));
    let busy = |counts: &[u64]| counts.iter().position(|count| *count > 0);
    assert_eq!((busy(&counts.over_time.delivered), busy(&counts.over_time.dropped)), (Some(30), Some(40)));
}

#[test]
fn a_fault_lasts_from_its_beginning_to_its_mending_or_to_the_end() {
    let (record, _) = partitioned(Workload::Broadcast, flood());
    let faults = faults::faults(&record.history, i64::MAX);
    assert!(faults.iter().all(|fault| fault.nodes.is_empty()));
    assert!(!faults.is_empty());
    assert!(faults.iter().all(|fault| fault.name == "partition" && fault.from_us < fault.to_us));
    assert!(faults[0].what.contains(" | "), "{}", faults[0].what);
    assert!(faults.windows(2).all(|pair| pair[0].to_us <= pair[1].from_us));
}

#[test]
fn the_load_is_told_in_words() {
    let (record, _) = partitioned(Workload::Broadcast, flood());
    assert_eq!(
        words::load(&record.options),
        "5 nodes, 5 clients, 20 operations a second for 10 s, 20 ms between nodes, partitions every 2 s."
    );
}

#[test]
fn a_run_leaves_maelstroms_files_beside_the_report() {
    let (record, results) = partitioned(Workload::Broadcast, flood());
    let root = tempfile::tempdir().unwrap();
    super::write(root.path(), &Subject::new(&record, Some(&results))).unwrap();
    for png in ["latency-raw.png", "latency-quantiles.png", "rate.png"] {
        let bytes = std::fs::read(root.path().join(png)).unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{png}");
        let size = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((size(16), size(20)), (900, 400), "{png}");
    }
    let svg = std::fs::read_to_string(root.path().join("messages.svg")).unwrap();
    assert!(svg.contains("stroke-dasharray") && !svg.contains("init_ok") && !svg.contains("<b>"));
    let timeline = std::fs::read_to_string(root.path().join("timeline.html")).unwrap();
    let ended = record.history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Ok).count();
    assert_eq!(timeline.matches("<div class=\"ok\"").count(), ended);
}

#[test]
fn a_history_that_says_any_time_is_drawn_all_the_same() {
    let (mut record, _) = partitioned(Workload::Broadcast, flood());
    let last = record.history.ops.iter().rposition(|op| op.is_client() && op.kind == Kind::Invoke).unwrap();
    record.history.ops[last..].iter_mut().for_each(|op| op.time_ns = u64::MAX);
    record.duration = Duration::from_nanos(u64::MAX);
    let directory = tempfile::tempdir().unwrap();
    super::write(directory.path(), &Subject::new(&record, None)).unwrap();
    assert!(directory.path().join("rate.png").exists());
}

#[test]
fn the_page_of_a_sweep_names_the_runs_at_the_ends_and_how_to_replay_them() {
    let mut options = Options { rate: 20.0, seed: 5, ..Options::new(Workload::Broadcast, 3) };
    options.time_limit = Duration::from_secs(2);
    let scenario = worlds::scenario::Scenario::new(options).expect("a machine serves this workload");
    let plan = worlds::sweep::Plan { seeds: 4, ..worlds::sweep::Plan::new(scenario.options.clone()) };
    let sweep = worlds::sweep::run(&plan, &|| scenario.programs(), |_| {});
    let scenario_of = |seed| {
        let options = Options { seed, ..scenario.options.clone() };
        worlds::scenario::Scenario { options, ..scenario.clone() }
    };
    let directory = |seed| format!("seeds/{seed}");
    let replay = super::sweep::Replay { scenario: &scenario_of, directory: &directory };
    let page = super::sweep::report(&sweep, &replay, None);
    assert!(page.contains("<h1>All 4 valid</h1>"));
    for seed in 5..9 {
        assert!(page.contains(&format!("--seed {seed}")), "{seed}");
    }
}
