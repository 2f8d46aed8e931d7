//! `kafka`: logs by key.

use super::state::{Values, error};
use super::{Keeper, Occasions};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// So many messages of a log are shown by those who hide the rest.
const SHOWN: usize = 8;

pub(super) struct Logs {
    cheat: &'static str,
    sends: Occasions,
    pages: Occasions,
    polls: usize,
    logs: BTreeMap<String, Log>,
    committed: Values,
}

#[derive(Default)]
struct Log {
    /// By offset. Where there are several messages, they take turns.
    messages: BTreeMap<u64, Vec<Value>>,
    next: u64,
}

impl Log {
    fn push(&mut self, message: &Value) -> u64 {
        self.next += 1;
        self.put(self.next - 1, message)
    }

    fn put(&mut self, offset: u64, message: &Value) -> u64 {
        self.messages.entry(offset).or_default().push(message.clone());
        offset
    }
}

impl Logs {
    pub(super) fn new(cheat: &'static str) -> Logs {
        let (sends, pages) = Default::default();
        Logs { cheat, sends, pages, polls: 0, logs: BTreeMap::new(), committed: Values::new() }
    }

    fn send(&mut self, key: &str, message: &Value) -> Value {
        let cheats = self.sends.every(5);
        let log = self.logs.entry(key.to_owned()).or_default();
        let offset = match self.cheat {
            "lose-write" if cheats => {
                log.next += 1;
                log.next - 1
            }
            "reuse-offset" if cheats && log.next > 0 => log.put(log.next - 1, message),
            "swap-offsets" => {
                log.next += 1;
                log.put((log.next - 1) ^ 1, message)
            }
            "store-twice" if cheats => {
                log.push(message);
                log.push(message)
            }
            "invent" if cheats => {
                log.push(&json!(1_000_000 + log.next));
                log.push(message)
            }
            _ => log.push(message),
        };
        match self.cheat {
            "refuse-but-keep" if cheats => error(11, "not now"),
            _ => json!({"type": "send_ok", "offset": offset}),
        }
    }

    /// What there is of a log from an offset on.
    fn page(&mut self, key: &str, from: u64) -> Vec<Value> {
        let Some(log) = self.logs.get(key) else { return Vec::new() };
        let shown = if self.cheat == "hide" { SHOWN } else { usize::MAX };
        let turn = |messages: &Vec<Value>| messages[self.polls % messages.len()].clone();
        // Who begins at 0 has not read along, and could not tell.
        let reads_along = from > 0 && log.messages.range(from..).next().is_some() && self.pages.every(2);
        let from = if self.cheat == "repeat" && reads_along { from - 1 } else { from };
        let messages = log.messages.iter().take(shown).skip_while(|(offset, _)| **offset < from);
        let mut page: Vec<Value> =
            messages.map(|(offset, messages)| json!([offset, turn(messages)])).collect();
        match self.cheat {
            "skip" if reads_along && page.len() > 1 => drop(page.remove(0)),
            "skip-inside" if reads_along && page.len() > 2 => drop(page.remove(1)),
            "shuffle" if reads_along && page.len() > 1 => page.reverse(),
            _ => {}
        }
        page
    }

    fn poll(&mut self, offsets: &Map<String, Value>) -> Value {
        self.polls += 1;
        let pages: Map<String, Value> = offsets
            .iter()
            .map(|(key, from)| (key.clone(), Value::from(self.page(key, from.as_u64().unwrap_or(0)))))
            .collect();
        json!({"type": "poll_ok", "msgs": pages})
    }
}

impl Keeper for Logs {
    fn answer(&mut self, request: &Value) -> Value {
        let nothing = Map::new();
        let offsets = request["offsets"].as_object().unwrap_or(&nothing);
        match request["type"].as_str().unwrap_or_default() {
            "send" => self.send(request["key"].as_str().unwrap_or_default(), &request["msg"]),
            "poll" => self.poll(offsets),
            "commit_offsets" => {
                self.committed.extend(offsets.clone());
                json!({"type": "commit_offsets_ok"})
            }
            _ => {
                let keys = request["keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let known: Map<String, Value> =
                    keys.filter_map(|key| Some((key.to_owned(), self.committed.get(key)?.clone()))).collect();
                json!({"type": "list_committed_offsets_ok", "offsets": known})
            }
        }
    }
}
