//! The hooks of a cluster, on a node that passes on what it is told and keeps time.

use super::*;
use crate::Program;
use bench::network::Event;

/// Tells all others, once, 50 ms after a client told it (`{"type":"tell"}`); says how often it was told (`count`).
#[derive(Default)]
struct Gossip {
    me: String,
    peers: Vec<String>,
    told: u64,
    tells_at: Option<Time>,
}

impl Program for Gossip {
    fn on_line(&mut self, now: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let message: serde_json::Value = serde_json::from_slice(line).unwrap();
        let (src, body) = (message["src"].as_str().unwrap(), &message["body"]);
        let answer = match body["type"].as_str().unwrap() {
            "init" => {
                self.me = body["node_id"].as_str().unwrap().into();
                let names =
                    body["node_ids"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().into());
                self.peers = names.filter(|name| *name != self.me).collect();
                "\"type\":\"init_ok\"".to_string()
            }
            "tell" => {
                self.tells_at = Some(now + Duration::from_millis(50));
                "\"type\":\"tell_ok\"".into()
            }
            "told" => {
                self.told += 1;
                return;
            }
            _ => format!("\"type\":\"count_ok\",\"count\":{}", self.told),
        };
        let (me, id) = (&self.me, &body["msg_id"]);
        let line =
            format!("{{\"src\":\"{me}\",\"dest\":\"{src}\",\"body\":{{{answer},\"in_reply_to\":{id}}}}}\n");
        stdout.extend_from_slice(line.as_bytes());
    }

    fn on_wake(&mut self, now: Time, stdout: &mut Vec<u8>) {
        if self.tells_at.take_if(|time| *time <= now).is_some() {
            for peer in &self.peers {
                let me = &self.me;
                let line =
                    format!("{{\"src\":\"{me}\",\"dest\":\"{peer}\",\"body\":{{\"type\":\"told\"}}}}\n");
                stdout.extend_from_slice(line.as_bytes());
            }
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.tells_at
    }
}

fn gossips(seed: u64) -> Cluster {
    Cluster::new(3, Duration::from_millis(100), seed, Box::new(|_, _| Box::new(Gossip::default())))
}

fn counts(cluster: &mut Cluster) -> Vec<String> {
    (0..3).map(|node| cluster.ask(node, r#"{"type":"count"}"#).to_string()).collect()
}

fn has_count(body: &str, count: u64) -> bool {
    body.contains(&format!("\"count\":{count},"))
}

#[test]
fn time_jumps_to_the_next_event_and_stops_when_everybody_is_quiet() {
    let mut cluster = gossips(1);
    assert!(cluster.is_quiet());
    let start = cluster.now();
    assert!(start < Time::from_millis(20), "{start:?}");
    let told = cluster.request(0, r#"{"type":"tell"}"#);
    assert_eq!(cluster.answer(told).map(|answer| answer.time), Some(start));
    assert!(!cluster.is_quiet());
    let quiet = cluster.run_until_quiet(Duration::from_secs(5)).unwrap();
    assert_eq!(quiet, start + Duration::from_millis(150));
    assert_eq!(cluster.messages_between_servers(), 2);
}

#[test]
fn a_cut_goes_one_way_and_can_be_mended() {
    let mut cluster = gossips(2);
    cluster.cut(0, 1);
    cluster.request(0, r#"{"type":"tell"}"#);
    cluster.run_for(Duration::from_secs(1));
    let before = counts(&mut cluster);
    assert!(has_count(&before[1], 0) && has_count(&before[2], 1), "{before:?}");
    cluster.mend(0, 1);
    cluster.request(0, r#"{"type":"tell"}"#);
    cluster.run_for(Duration::from_secs(1));
    let after = counts(&mut cluster);
    assert!(has_count(&after[1], 1) && has_count(&after[2], 2), "{after:?}");
    assert_eq!(cluster.journal().statistics.cut, 1);
}

#[test]
fn a_partition_cuts_between_groups_and_not_inside() {
    let mut cluster = gossips(3);
    cluster.partition(&[&[0, 1], &[2]]);
    for node in 0..3 {
        cluster.request(node, r#"{"type":"tell"}"#);
    }
    cluster.run_for(Duration::from_secs(1));
    let counts = counts(&mut cluster);
    assert!(has_count(&counts[0], 1) && has_count(&counts[1], 1) && has_count(&counts[2], 0), "{counts:?}");
    assert_eq!(cluster.journal().statistics.cut, 4);
}

#[test]
fn a_paused_node_reads_later_what_came_meanwhile() {
    let mut cluster = gossips(4);
    cluster.pause(1);
    cluster.request(0, r#"{"type":"tell"}"#);
    let asked = cluster.request(1, r#"{"type":"count"}"#);
    cluster.run_for(Duration::from_secs(1));
    assert!(cluster.answer(asked).is_none() && !cluster.is_quiet());
    cluster.resume(1);
    cluster.run_until_quiet(Duration::from_secs(1)).unwrap();
    assert!(has_count(&cluster.answer(asked).unwrap().body, 0));
    assert!(has_count(&counts(&mut cluster)[1], 1));
}

#[test]
fn a_restarted_node_has_forgotten_everything_and_has_another_seed() {
    let seeds = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = seeds.clone();
    let spawn: Spawn = Box::new(move |node, seed| {
        seen.borrow_mut().push((node, seed));
        Box::new(Gossip::default())
    });
    let mut cluster = Cluster::new(3, Duration::from_millis(100), 5, spawn);
    cluster.request(0, r#"{"type":"tell"}"#);
    cluster.run_for(Duration::from_secs(1));
    let init = cluster.restart(1);
    cluster.run_for(Duration::from_secs(1));
    assert!(cluster.answer(init).unwrap().body.contains("init_ok"));
    let counts = counts(&mut cluster);
    assert!(has_count(&counts[1], 0) && has_count(&counts[2], 1), "{counts:?}");
    let seeds = seeds.borrow();
    assert!(seeds.len() == 4 && seeds[3].0 == 1 && seeds[3].1 != seeds[1].1, "{seeds:?}");
}

#[test]
fn the_same_seed_gives_the_same_journal_and_another_seed_another_one() {
    let journal = |seed| {
        let mut cluster = gossips(seed);
        let faults = cluster.faults_mut();
        (faults.loss, faults.duplication) = (0.2, 0.2);
        (faults.delay, faults.longest_delay) = (0.5, Duration::from_secs(1));
        for round in 0..50 {
            cluster.request(round % 3, r#"{"type":"tell"}"#);
            cluster.run_for(Duration::from_millis(70));
        }
        cluster.run_until_quiet(Duration::from_secs(9)).unwrap();
        cluster.journal().entries.clone()
    };
    assert_eq!(journal(6), journal(6));
    assert_ne!(journal(6), journal(7));
    assert!(journal(6).iter().any(|entry| entry.event == Event::Lost), "a message was lost");
}

#[test]
fn services_are_there_and_answer() {
    /// Asks `lin-tso` for a timestamp and passes on what it says.
    #[derive(Default)]
    struct Asks {
        client: String,
    }
    impl Program for Asks {
        fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
            let message: serde_json::Value = serde_json::from_slice(line).unwrap();
            let (src, body) = (message["src"].as_str().unwrap(), &message["body"]);
            let (dest, fields) = match body["type"].as_str().unwrap() {
                "init" => (src, "\"type\":\"init_ok\",\"in_reply_to\":1".to_string()),
                "ask" => {
                    self.client = src.into();
                    ("lin-tso", "\"type\":\"ts\",\"msg_id\":1".into())
                }
                _ => (&*self.client, format!("\"type\":\"ask_ok\",\"ts\":{},\"in_reply_to\":2", body["ts"])),
            };
            let line = format!("{{\"src\":\"n0\",\"dest\":\"{dest}\",\"body\":{{{fields}}}}}\n");
            stdout.extend_from_slice(line.as_bytes());
        }
        fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}
        fn deadline(&self) -> Option<Time> {
            None
        }
    }
    let mut cluster =
        Cluster::new(1, Duration::from_millis(10), 1, Box::new(|_, _| Box::new(Asks::default())));
    let start = cluster.now();
    assert!(cluster.ask(0, r#"{"type":"ask"}"#).contains("\"ts\":0"));
    assert_eq!(cluster.now(), start + Duration::from_millis(20), "there and back");
    assert_eq!(cluster.messages_between_servers(), 2);
}

#[test]
#[should_panic(expected = "n0 wrote")]
fn a_node_that_writes_what_is_no_message_fails_the_test() {
    struct Chatty;
    impl Program for Chatty {
        fn on_line(&mut self, _: Time, _: &[u8], stdout: &mut Vec<u8>) {
            stdout.extend_from_slice(b"hello\n");
        }
        fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}
        fn deadline(&self) -> Option<Time> {
            None
        }
    }
    Cluster::new(1, Duration::ZERO, 1, Box::new(|_, _| Box::new(Chatty)));
}

/// Asks `seq-kv` for each client's request, under the same number, and passes the answer on.
struct Asker;

impl Program for Asker {
    fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let message: serde_json::Value = serde_json::from_slice(line).unwrap();
        let (body, me) = (&message["body"], &message["dest"]);
        let (dest, answer) = match (body["type"].as_str().unwrap(), message["src"].as_str().unwrap()) {
            ("init", _) => ("c0", format!("{{\"type\":\"init_ok\",\"in_reply_to\":{}}}", body["msg_id"])),
            (_, "seq-kv") => ("c0", body.to_string()),
            _ => ("seq-kv", body.to_string()),
        };
        let line = format!("{{\"src\":{me},\"dest\":\"{dest}\",\"body\":{answer}}}\n");
        stdout.extend_from_slice(line.as_bytes());
    }
    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}
    fn deadline(&self) -> Option<Time> {
        None
    }
}

fn askers() -> Cluster {
    Cluster::new(2, Duration::from_millis(100), 8, Box::new(|_, _| Box::new(Asker)))
}

#[test]
fn services_answer_over_the_network() {
    let mut cluster = askers();
    let start = cluster.now();
    let written = cluster.request(0, r#"{"type":"write","key":"x","value":5}"#);
    cluster.run_for(Duration::from_secs(1));
    let answer = cluster.answer(written).unwrap();
    assert!(answer.body.contains("write_ok"), "{answer:?}");
    assert_eq!(answer.time, start + Duration::from_millis(200));
    assert_eq!(cluster.messages_between_servers(), 2);
    assert!(cluster.ask(0, r#"{"type":"read","key":"x"}"#).contains("\"value\":5"));
}

#[test]
fn messages_of_services_are_spared_unless_they_are_to_suffer_too() {
    let mut cluster = askers();
    cluster.faults_mut().loss = 1.0;
    cluster.ask(0, r#"{"type":"write","key":"x","value":5}"#);
    cluster.faults_mut().reach_services = true;
    let lost = cluster.request(0, r#"{"type":"write","key":"x","value":6}"#);
    cluster.run_for(Duration::from_secs(1));
    assert_eq!(cluster.answer(lost), None);
    assert_eq!(cluster.journal().statistics.lost, 1);
}
