//! The bugs: mistakes that somebody might make, each in one place.

/// A bug.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// The machine that it is looked for in; others may have it too.
    pub machine: &'static str,
    /// What is wrong.
    pub name: &'static str,
    /// The file of `machines` that it is in.
    pub file: &'static str,
    /// What is right. It stands there once.
    pub code: &'static str,
    /// What the bug makes of it.
    pub instead: &'static str,
}

/// All of them.
pub const BUGS: &[Bug] = &[
    Bug {
        machine: "unique-ids",
        name: "an id does not tell the life of its node",
        file: "unique_ids.rs",
        code: r#"alloc::format!("\"{:x}.{seed:x}.", cluster.me())"#,
        instead: r#"alloc::format!("\"{:x}.", cluster.me())"#,
    },
    Bug {
        machine: "unique-ids",
        name: "the count has eight bits",
        file: "unique_ids.rs",
        code: "self.count += 1;",
        instead: "self.count = (self.count + 1) & 0xff;",
    },
    Bug {
        machine: "unique-ids",
        name: "the time, in milliseconds, stands for a count",
        file: "unique_ids.rs",
        code: "self.count += 1;",
        instead: "self.count = context.now.as_nanos() / 1_000_000;",
    },
    Bug {
        machine: "broadcast",
        name: "a node never acknowledges",
        file: "engine/speak.rs",
        code: "link.accepted().map(|accepted| accepted.number)",
        instead: "None",
    },
    Bug {
        machine: "broadcast",
        name: "news from one neighbour is not passed on to the others",
        file: "engine/receive.rs",
        code: "self.note_news(now, Some(from));",
        instead: "",
    },
    Bug {
        machine: "broadcast",
        name: "a stream begins anew with what was sent last, not with what the peer holds",
        file: "engine/link.rs",
        code: "self.sent = self.known.clone();\n        self.told = Vector::default();",
        instead: "self.told = Vector::default();",
    },
    Bug {
        machine: "broadcast",
        name: "an update that is here already is taken once more",
        file: "engine/receive.rs",
        code: "held + 1 - first",
        instead: "0",
    },
    Bug {
        machine: "broadcast",
        name: "a delta is taken though something before it is missing",
        file: "engine/receive.rs",
        code: "!follows || !is_gapless",
        instead: "false",
    },
    Bug {
        machine: "broadcast",
        name: "updates are numbered on after a restart as if they were the same",
        file: "engine/mod.rs",
        code: "nonce(start.origin)",
        instead: "0",
    },
    Bug {
        machine: "broadcast",
        name: "a node that comes back from nothing passes for the one that it was",
        file: "engine/link.rs",
        code: "self.life.is_some_and(|known| known != life)",
        instead: "false",
    },
    Bug {
        machine: "counter",
        name: "two states of an origin merge by adding them up",
        file: "counter.rs",
        code: "Total { added: self.added.max(other.added), subtracted: self.subtracted.max(other.subtracted) }",
        instead: "Total { added: self.added + other.added, subtracted: self.subtracted + other.subtracted }",
    },
    Bug {
        machine: "counter",
        name: "the kept sum forgets what was subtracted",
        file: "counter.rs",
        code: "self.sum += joined.net() - held.net();",
        instead: "self.sum += joined.added as i128 - held.added as i128;",
    },
    Bug {
        machine: "counter",
        name: "a run that overlaps with what is here passes for an old one",
        file: "engine/receive.rs",
        code: "last > held",
        instead: "first > held",
    },
    Bug {
        machine: "counter-kv",
        name: "a save that had no answer is counted once more when it is found",
        file: "counter_kv/own_key.rs",
        code: "value.life == self.life",
        instead: "false",
    },
    Bug {
        machine: "counter-kv",
        name: "a read does without a mark",
        file: "counter_kv/count.rs",
        code: "self.stage = Stage::Marking;\n            self.go_on(context);",
        instead: "self.on_mark(context, Ok(()));",
    },
    Bug {
        machine: "counter-kv",
        name: "a save acknowledges adds that came after it was sent",
        file: "counter_kv/own_key.rs",
        code: "self.waiting.partition_point(|(_, first)| *first <= save)",
        instead: "self.waiting.len()",
    },
    Bug {
        machine: "counter-kv",
        name: "saves are numbered on after a restart as if they were the same",
        file: "counter_kv.rs",
        code: "start.life >> 11",
        instead: "0",
    },
    Bug {
        machine: "log",
        name: "a poll shows what is not stable",
        file: "log/store.rs",
        code: "log.entries.partition_point(|entry| Some(entry.offset) <= log.visible)",
        instead: "log.entries.len()",
    },
    Bug {
        machine: "log",
        name: "an offset is only above those that the node itself gave",
        file: "log/store.rs",
        code: "self.logs[key].entries.last()",
        instead: "self.logs[key].entries.iter().rfind(|entry| entry.offset % self.nodes == self.me)",
    },
    Bug {
        machine: "log",
        name: "messages from others are not put in order",
        file: "log/store.rs",
        code: "appended.into_iter().for_each(|(key, first)| self.put_in_order(key, first));",
        instead: "drop(appended);",
    },
    Bug {
        machine: "log",
        name: "an update is stable before those below have it",
        file: "engine/settle.rs",
        code: "below.chain([self.held.get(origin)]).min().unwrap_or(0)",
        instead: "self.held.get(origin)",
    },
    Bug {
        machine: "log",
        name: "a report on stability counts though its delta is not taken",
        file: "engine/receive.rs",
        code: "matches!(delta, Delta::News | Delta::Taken)",
        instead: "true",
    },
    Bug {
        machine: "log",
        name: "what a lost message told of stability is not told again",
        file: "engine/speak.rs",
        code: "purpose.shows_vector() && self.is_behind(peer)",
        instead: "false",
    },
    Bug {
        machine: "txn",
        name: "stamps are not raised above those of others",
        file: "txn/store.rs",
        code: "self.counter = self.counter.max(counter);",
        instead: "self.counter = if origin.position == 0 { counter } else { self.counter };",
    },
    Bug {
        machine: "txn",
        name: "the write that comes last wins",
        file: "txn/store.rs",
        code: "stamp > register.stamp",
        instead: "true",
    },
    Bug {
        machine: "txn",
        name: "of equal counters the first to come wins",
        file: "txn/store.rs",
        code: "stamp > register.stamp",
        instead: "stamp.0 > register.stamp.0",
    },
    Bug {
        machine: "txn",
        name: "a transaction travels without its other writes",
        file: "txn/store.rs",
        code: "write_entry(&register.key, value.as_str(), text);",
        instead: "if text.ends_with(&alloc::format!(\"[{counter}\")) { write_entry(&register.key, value.as_str(), text); }",
    },
    Bug {
        machine: "txn",
        name: "what is left of stable transactions is not told to a node that starts anew",
        file: "txn/store.rs",
        code: "first > last",
        instead: "true",
    },
    Bug {
        machine: "txn",
        name: "a delta is taken though its causes are missing",
        file: "engine/receive.rs",
        code: "!follows || !is_gapless",
        instead: "!is_gapless",
    },
];
