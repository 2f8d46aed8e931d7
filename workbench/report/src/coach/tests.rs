use super::*;
use crate::challenged::Demand;
use bench::options::{Fault, Options};
use machines::{Broadcast, Time};
use std::time::Duration;
use worlds::{Program, simulated, spawn};

/// A naive node in this process: what beginners write, in the one way that its name says.
struct Naive {
    way: &'static str,
    me: usize,
    nodes: usize,
    values: Vec<i64>,
    total: i64,
    count: u64,
}

impl Naive {
    fn say(
        &self,
        dest: &str,
        mut body: serde_json::Value,
        to: Option<&serde_json::Value>,
        out: &mut Vec<u8>,
    ) {
        if let Some(request) = to {
            body["in_reply_to"] = request["msg_id"].clone();
        }
        let message = serde_json::json!({"src": format!("n{}", self.me), "dest": dest, "body": body});
        out.extend_from_slice(format!("{message}\n").as_bytes());
    }

    /// Passes a value on.
    fn share(&self, value: i64, out: &mut Vec<u8>) {
        let others: Vec<usize> = match self.way {
            "line" => (self.me + 1..self.nodes).take(1).chain(self.me.checked_sub(1)).collect(),
            "own" => Vec::new(),
            _ => (0..self.nodes).filter(|node| *node != self.me).collect(),
        };
        let times = if self.way == "retries" { 30 } else { 1 };
        for _ in 0..times {
            for other in &others {
                self.say(
                    &format!("n{other}"),
                    serde_json::json!({"type": "share", "value": value}),
                    None,
                    out,
                );
            }
        }
    }

    fn take(&mut self, value: i64, out: &mut Vec<u8>) {
        if !self.values.contains(&value) {
            self.values.push(value);
            self.share(value, out);
        }
    }
}

impl Program for Naive {
    fn on_line(&mut self, _: Time, line: &[u8], out: &mut Vec<u8>) {
        let message: serde_json::Value = serde_json::from_slice(line).unwrap();
        let (src, body) = (message["src"].as_str().unwrap(), &message["body"]);
        let kind = body["type"].as_str().unwrap();
        self.count += u64::from(src.starts_with('c'));
        if self.way == "dies" && self.count > 20 && self.me == 1 {
            return;
        }
        let mut answer = serde_json::json!({"type": format!("{kind}_ok")});
        match kind {
            "broadcast" => self.take(body["message"].as_i64().unwrap(), out),
            "share" => {
                self.take(body["value"].as_i64().unwrap(), out);
                if self.way == "acknowledges" {
                    self.say(src, answer, Some(&serde_json::json!({"msg_id": 1})), out);
                }
                return;
            }
            "share_ok" => return,
            "add" => self.total += body["delta"].as_i64().unwrap(),
            "read" if body.get("key").is_none() && self.way == "sum" => answer["value"] = self.total.into(),
            "read" => answer["messages"] = self.values.clone().into(),
            "generate" => answer["id"] = self.count.into(),
            "send" => answer["offset"] = self.count.into(),
            "poll" => answer["msgs"] = serde_json::json!({}),
            "list_committed_offsets" => answer["offsets"] = serde_json::json!({}),
            _ => {}
        }
        self.say(src, answer, Some(body), out);
    }

    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}

fn run(workload: Workload, nodes: usize, latency_ms: u64, way: &'static str) -> Record {
    let mut options = Options { rate: 50.0, seed: 1, ..Options::new(workload, nodes) };
    (options.time_limit, options.latency.mean_ms) = (Duration::from_secs(4), latency_ms);
    let naive = move |me| Naive { way, me, nodes, values: Vec::new(), total: 0, count: 0 };
    simulated::run(options, Box::new(move |me, _| Box::new(naive(me))))
}

/// A challenge whose limits on messages and latency were missed.
fn missed() -> Challenged {
    let demand = |words: &str| Demand {
        challenge: "3d",
        words: words.to_owned(),
        shortfall: String::new(),
        of_latency: None,
        limit: 0.0,
        measured: None,
        is_met: false,
    };
    Challenged { names: vec!["3d"], by_name: true, demands: vec![demand("messages"), demand("latency")] }
}

fn said(record: &Record, challenged: &Challenged) -> Vec<String> {
    coach(record, Some(&record.judge()), challenged)
}

#[track_caller]
fn says(record: &Record, part: &str) {
    let lines = said(record, &missed());
    assert!(lines.iter().any(|line| line.contains(part)), "no \"{part}\" in {lines:#?}");
}

#[test]
fn nothing_is_said_of_a_good_run_nor_of_limits_that_are_met() {
    let record = run(Workload::Broadcast, 5, 0, "all");
    assert_eq!(said(&record, &Challenged::default()), Vec::<String>::new());
    let lone = run(Workload::Broadcast, 1, 0, "own");
    assert_eq!(said(&lone, &missed()), Vec::<String>::new());
}

#[test]
fn copies_acknowledgements_and_hops_explain_limits_that_were_missed() {
    // Everyone who hears a value for the first time tells everyone: 4 times 5 messages a value, where 4 would do.
    says(
        &run(Workload::Broadcast, 5, 0, "all"),
        "each value was sent about 20 times between nodes; 4 times reach everyone",
    );
    says(
        &run(Workload::Broadcast, 5, 0, "acknowledges"),
        "50 % of the messages between nodes are answers, mostly share_ok",
    );
    says(&run(Workload::Broadcast, 6, 50, "line"), " messages long, one after another: ");
}

#[test]
fn nodes_that_keep_to_themselves_are_told_so() {
    let record = run(Workload::Broadcast, 3, 0, "own");
    says(&record, "nodes never said anything to each other, nor to a service");
    says(&record, "reads never saw a value that another node had been given");
}

#[test]
fn the_same_again_and_again_without_an_answer_is_a_retry() {
    says(&run(Workload::Broadcast, 3, 0, "retries"), "the same message 30 times, and n");
}

#[test]
fn a_node_that_answers_nothing_any_more_is_named_with_the_time() {
    let record = run(Workload::Broadcast, 3, 0, "dies");
    says(&record, "n1 answered nothing after ");
    let paused = |mut record: Record| {
        record.nodes[1].pauses = 1;
        record
    };
    let lines = said(&paused(record), &missed());
    assert!(
        !lines.iter().any(|line| line.contains("answered nothing")),
        "a paused node cannot answer: {lines:?}"
    );
}

#[test]
fn of_nodes_that_were_cut_off_to_the_end_nothing_is_said_nor_of_heartbeats() {
    let mut waited = 0;
    for seed in 0..4 {
        let options = Options { rate: 100.0, concurrency: 20, seed, ..Options::new(Workload::LinKv, 5) };
        let nemesis_interval = Duration::from_secs(3);
        let options = Options { nemesis: vec![Fault::Partition], nemesis_interval, ..options };
        let record = simulated::run(options, spawn::<machines::LinKv>(Default::default()));
        waited += record.history.ops.iter().filter(|op| super::timed_out(op)).count();
        let results = record.judge();
        let lines = coach(&record, Some(&results), &Challenged::default());
        assert_eq!(lines, Vec::<String>::new(), "seed {seed}");
        assert_eq!(crate::notes::headline(&record, Some(&results)), None);
    }
    assert!(waited > 30, "some waited in vain: {waited}");
}

#[test]
fn ids_offsets_and_sums_show_that_nodes_count_by_themselves() {
    says(
        &run(Workload::UniqueIds, 3, 0, "all"),
        "with the node's own name in an id, no other node gives it out",
    );
    says(&run(Workload::Kafka, 2, 0, "all"), ": each counts by itself");
    says(&run(Workload::GCounter, 2, 0, "sum"), "is exactly the sum of the adds that ");
}

#[test]
fn old_states_of_seq_kv_are_told_where_something_is_wrong() {
    let mut record = run(Workload::GCounter, 2, 0, "sum");
    record.nodes[0].stale_answers = 7;
    says(&record, "seq-kv answered 7 times with an old state, as it may");
}

#[test]
fn values_that_waited_for_a_partition_are_told_apart_from_slow_ones() {
    let mut options = Options { rate: 50.0, seed: 3, ..Options::new(Workload::Broadcast, 5) };
    (options.time_limit, options.nemesis) = (Duration::from_secs(20), vec![Fault::Partition]);
    let record = simulated::run(options, spawn::<Broadcast>(Default::default()));
    says(&record, "were all under way during a partition");
}
