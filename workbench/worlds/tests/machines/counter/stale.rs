//! Whether `seq-kv` did what makes a counter in it hard.

use std::collections::BTreeMap;

use bench::network::{Entry, Event, Journal};

/// How often `seq-kv` showed what a key held before, by the answers that it sent, in the order in which it sent them.
pub(crate) fn stale_reads(journal: &Journal) -> usize {
    let sent = |entry: &&Entry| entry.event == Event::Send;
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("bodies are JSON");
    let mut requests = BTreeMap::new();
    let mut newest = BTreeMap::new();
    let mut stale = 0;
    for entry in journal.entries.iter().filter(sent) {
        let body = json(&entry.body.text());
        if &*entry.dest == "seq-kv" {
            requests.insert((entry.src.clone(), body["msg_id"].to_string()), body);
        } else if &*entry.src == "seq-kv" {
            let request = &requests[&(entry.dest.clone(), body["in_reply_to"].to_string())];
            let key = request["key"].to_string();
            match body["type"].as_str() {
                Some("cas_ok") => drop(newest.insert(key, request["to"].clone())),
                Some("read_ok") => stale += usize::from(newest[&key] != body["value"]),
                Some("error") if request["type"] == "read" => stale += usize::from(newest.contains_key(&key)),
                _ => {}
            }
        }
    }
    stale
}
