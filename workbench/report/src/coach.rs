//! Why a run came out as it did, where its messages and operations show it beyond doubt: a few rules, each of which states what
//! was counted. No guesses: a rule that does not apply says nothing.

use super::challenged::Challenged;
use super::faults;
use super::mentions;
use super::moment::at;
use super::proof::node;
use super::row::{Fate, Row};
use super::summed::{last_reads, shared_ids};
use super::text::{listed, thousands};
use super::traffic::Traffic;
use bench::network::{Entry, Event};
use bench::options::Workload;
use bench::run::{NodeRecord, Record, Slip};
use edn::Value;
use judge::history::{History, Kind, Op, Process};
use judge::{Results, Validity};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// Entries of the journal that are looked at: more of the same would teach nothing.
const MAX_ENTRIES: usize = 400_000;
/// A message that was sent so often and never answered is a retry.
const RETRIES: u64 = 10;
/// Requests in vain after which a node counts as dead.
const IN_VAIN: usize = 2;
/// Values slower than this waited for something.
const SLOW_MS: i64 = 1_000;

/// What can be learned from a run, a sentence each, the plainest first.
pub fn coach(record: &Record, results: Option<&Results>, challenged: &Challenged) -> Vec<String> {
    let Some(results) = results else { return Vec::new() };
    let is_missed =
        |word: &str| challenged.demands.iter().any(|demand| !demand.is_met && demand.words.contains(word));
    let (too_many, too_slow) = (is_missed("messages"), is_missed("latency"));
    let is_wrong = results.valid != Validity::True;
    let mut lines = Vec::new();
    lines.extend(
        gone_silent(record)
            .map(|(who, requests)| format!("{who}; {} requests were in vain", thousands(requests as i64))),
    );
    let is_known = !record.journal.entries.is_empty();
    let talk = is_known.then(|| Talk::listen(record));
    if let Some(talk) = &talk {
        lines.extend(is_wrong.then(|| talk.nobody_spoke(record)).flatten());
        // Where nobody ever answers and all is well, what was heard is said in some other way.
        lines.extend((is_wrong || too_many || talk.answers > 0).then(|| talk.retries(record)).flatten());
        lines.extend(too_many.then(|| talk.copies(record)).flatten());
        lines.extend(too_many.then(|| talk.acknowledgements()).flatten());
    }
    if is_known && too_slow {
        lines.extend(hops(record));
    }
    if is_wrong {
        lines.extend(only_own(record));
        lines.extend(same_ids(record));
        lines.extend(same_offsets(record));
        lines.extend(own_sums(record));
        lines.extend(stale(record));
    }
    lines.extend(partitions(record, &results.value));
    lines
}

/// What nodes said to each other, counted.
#[derive(Default)]
struct Talk {
    messages: u64,
    answers: u64,
    answer_types: BTreeMap<String, u64>,
    /// Mentions of values that clients brought.
    mentions: u64,
    values: usize,
    /// How often the same was said, by sender, recipient and a digest of what.
    said: BTreeMap<(usize, usize, u64), u64>,
    /// Who answered whom.
    answered: HashSet<(usize, usize)>,
    with_services: u64,
}

impl Talk {
    fn listen(record: &Record) -> Talk {
        let mut talk = Talk::default();
        let workload = record.options.workload;
        let place: HashMap<&str, usize> =
            record.options.nodes.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let mut brought = HashSet::new();
        let sent = record.journal.entries.iter().filter(|entry| entry.event == Event::Send).take(MAX_ENTRIES);
        for Entry { src, dest, body, .. } in sent {
            let body = &*body.text();
            match (place.get(src.as_ref()), place.get(dest.as_ref())) {
                (Some(&src), Some(&dest)) if src != dest => {
                    talk.hear(src, dest, body);
                    mentions::mentioned(workload, body, &mut |atom| {
                        talk.mentions += u64::from(brought.contains(&atom));
                    });
                }
                (None, Some(_)) => brought.extend(mentions::brought(workload, body)),
                (Some(_), None) => talk.with_services += u64::from(!dest.starts_with('c')),
                _ => {}
            }
        }
        talk.values = brought.len();
        talk
    }

    fn hear(&mut self, src: usize, dest: usize, body: &str) {
        self.messages += 1;
        let Ok(serde_json::Value::Object(mut body)) = serde_json::from_str(body) else { return };
        if body.get("in_reply_to").is_some_and(|number| !number.is_null()) {
            self.answers += 1;
            let kind = body.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
            *self.answer_types.entry(kind.to_owned()).or_default() += 1;
            self.answered.insert((src, dest));
            return;
        }
        body.remove("msg_id");
        let digest = BuildHasherDefault::<DefaultHasher>::default()
            .hash_one(serde_json::Value::Object(body).to_string());
        *self.said.entry((src, dest, digest)).or_default() += 1;
    }

    fn nobody_spoke(&self, record: &Record) -> Option<String> {
        let shares = !matches!(record.options.workload, Workload::Echo | Workload::UniqueIds);
        let alone = record.options.nodes.len() < 2 || self.messages + self.with_services > 0;
        (shares && !alone).then(|| "nodes never said anything to each other, nor to a service".to_owned())
    }

    /// The worst case of somebody who says the same again and again to somebody who answers nothing.
    fn retries(&self, record: &Record) -> Option<String> {
        let unanswered =
            self.said.iter().filter(|((src, dest, _), _)| !self.answered.contains(&(*dest, *src)));
        let ((src, dest, _), times) =
            unanswered.max_by_key(|((src, dest, digest), times)| (**times, *src, *dest, *digest))?;
        let [src, dest] = [src, dest].map(|node| &record.options.nodes[*node]);
        (*times >= RETRIES).then(|| {
            format!(
                "{src} sent {dest} the same message {} times, and {dest} never answered {src} anything",
                thousands(*times as i64)
            )
        })
    }

    fn copies(&self, record: &Record) -> Option<String> {
        let others = record.options.nodes.len().checked_sub(1)? as f64;
        let copies = self.mentions as f64 / self.values.max(1) as f64;
        (self.values > 0 && copies > 1.5 * others).then(|| {
            format!(
                "each value was sent about {} times between nodes; {others} times reach everyone",
                thousands(copies.round() as i64)
            )
        })
    }

    fn acknowledgements(&self) -> Option<String> {
        let share = 100 * self.answers / self.messages.max(1);
        let (kind, _) = self.answer_types.iter().max_by_key(|(_, count)| **count)?;
        (share >= 45).then(|| {
            format!(
                "{share} % of the messages between nodes are answers, mostly {kind}: they only acknowledge"
            )
        })
    }
}

/// Nodes that answered nothing any more, though nothing had been done to them, since when, and how many requests were in vain.
pub(super) fn gone_silent(record: &Record) -> Option<(String, usize)> {
    let mut last_ok: Vec<Option<u64>> = vec![None; record.nodes.len()];
    let mut in_vain = vec![0; record.nodes.len()];
    for op in record.history.ops.iter().filter(|op| op.is_client() && op.kind != Kind::Invoke) {
        let node = node(record, op)?;
        if op.kind == Kind::Ok {
            (last_ok[node], in_vain[node]) = (Some(op.time_ns), 0);
        } else if timed_out(op) {
            in_vain[node] += 1;
        }
    }
    // Who was silenced, stopped, or answered in a way that nobody could take for an answer is another matter.
    let slips = [Slip::NoReplyTo, Slip::OddReplyTo, Slip::UnknownReplyTo];
    let harmed = |node: &NodeRecord| {
        node.muted.is_some() || node.kills + node.pauses > 0 || slips.iter().any(|slip| node.count(*slip) > 0)
    };
    // And so is whoever could not ask the others.
    let last_fault_us = faults::faults(&record.history, i64::MAX).iter().map(|fault| fault.to_us).max();
    let is_recent = |node: usize| {
        last_fault_us.is_some_and(|us| us >= last_ok[node].map_or(0, super::traffic::whole_micros))
    };
    let silent = record
        .nodes
        .iter()
        .enumerate()
        .filter(|(node, of_run)| in_vain[*node] >= IN_VAIN && !harmed(of_run) && !is_recent(*node));
    let silent: Vec<usize> = silent.map(|(node, _)| node).collect();
    let names: Vec<&str> = silent.iter().map(|node| record.options.nodes[*node].as_str()).collect();
    let requests: usize = silent.iter().map(|node| in_vain[*node]).sum();
    let since = silent.iter().filter_map(|node| last_ok[*node]).min();
    let since = match since {
        Some(ns) => format!(
            "after {}",
            at(record, record.start.unwrap_or_default() + std::time::Duration::from_nanos(ns))
        ),
        None => "at all".to_owned(),
    };
    (!silent.is_empty()).then(|| (format!("{} answered nothing {since}", listed(&names)), requests))
}

fn timed_out(op: &Op) -> bool {
    let is_it = |error: &Value| {
        error.as_name().is_some_and(|text| text == "net-timeout" || text.ends_with("no reply in time"))
    };
    op.error.as_ref().is_some_and(is_it)
}

/// How many messages, one after another, a value takes to its last node.
fn hops(record: &Record) -> Option<String> {
    let latency_ms = record.options.latency.mean_ms;
    let traffic = Traffic::new(&record.options, &record.journal, record.start.unwrap_or_default(), None);
    let mut depths: Vec<u64> =
        traffic.chains.values.iter().filter_map(|chain| depth(&traffic, &chain.steps)).collect();
    depths.sort_unstable();
    let median = *depths.get(depths.len() / 2)?;
    (latency_ms > 0 && median > 2).then(|| {
        let total = thousands((median * latency_ms) as i64);
        format!(
            "the way of a value to its last node is {median} messages long, one after another: {median} × {latency_ms} ms = {total} ms"
        )
    })
}

/// The longest way in a chain that reached every node; none if it did not.
fn depth(traffic: &Traffic, steps: &[usize]) -> Option<u64> {
    let mut depth: Vec<Option<u64>> = vec![None; traffic.nodes];
    let rows = steps.iter().map(|step| &traffic.rows[*step]);
    for Row { src, dest, .. } in rows.filter(|row| row.fate == Fate::Delivered && row.dest < traffic.nodes) {
        let above = if *src < traffic.nodes { depth[*src]? + 1 } else { 0 };
        depth[*dest].get_or_insert(above);
    }
    depth.into_iter().collect::<Option<Vec<u64>>>()?.into_iter().max()
}

/// Sets of which every node only ever showed what it had been given itself.
fn only_own(record: &Record) -> Option<String> {
    let add = match record.options.workload {
        Workload::Broadcast => "broadcast",
        Workload::GSet => "add",
        _ => return None,
    };
    let mut given: Vec<HashSet<&Value>> = vec![HashSet::new(); record.nodes.len()];
    let ops = || record.history.ops.iter().filter(|op| op.is_client());
    for op in ops().filter(|op| op.f == add && op.kind == Kind::Invoke) {
        given[node(record, op)?].insert(&op.value);
    }
    let mut reads = ops().filter(|op| op.f == "read" && op.kind == Kind::Ok).peekable();
    reads.peek()?;
    let is_own = |op: &Op| {
        let given = node(record, op).map(|node| &given[node]);
        given.is_some_and(|given| op.value.items().into_iter().flatten().all(|value| given.contains(&*value)))
    };
    let givers = given.iter().filter(|given| !given.is_empty()).count();
    (record.nodes.len() > 1 && givers > 1 && reads.all(is_own)).then(|| {
        "reads never saw a value that another node had been given: nodes show only their own".to_owned()
    })
}

/// Ids that different nodes gave out.
fn same_ids(record: &Record) -> Option<String> {
    if record.options.workload != Workload::UniqueIds {
        return None;
    }
    let shared = shared_ids(record);
    let across = |nodes: &&Vec<usize>| nodes.iter().collect::<BTreeSet<_>>().len() > 1;
    let count = shared.values().filter(across).count();
    (count > 0 && count == shared.len()).then(|| {
        "the same ids come from different nodes, never twice from one: with the node's own name in an id, no other node gives it out".to_owned()
    })
}

/// Offsets that two nodes gave to different messages.
fn same_offsets(record: &Record) -> Option<String> {
    let mut givers: BTreeMap<(String, i64), BTreeSet<usize>> = BTreeMap::new();
    let sends = record.history.ops.iter().filter(|op| op.f == "send" && op.kind == Kind::Ok);
    for op in sends {
        let Some([_, key, sent]) = op.value.elements().and_then(<[Value]>::first).and_then(Value::elements)
        else {
            continue;
        };
        let Some(offset) = sent.elements().and_then(<[Value]>::first).and_then(Value::as_integer) else {
            continue;
        };
        givers.entry((key.as_text()?.to_owned(), offset)).or_default().insert(node(record, op)?);
    }
    let mut twice = givers.iter().filter(|(_, nodes)| nodes.len() > 1);
    let ((key, offset), nodes) = twice.next()?;
    let names: Vec<&str> = nodes.iter().map(|node| record.options.nodes[*node].as_str()).collect();
    let more = match twice.count() {
        0 => String::new(),
        more => format!(" (and {} more offsets)", thousands(more as i64)),
    };
    Some(format!(
        "{} both gave offset {offset} of key {key} away{more}: each counts by itself",
        listed(&names)
    ))
}

/// Nodes of which the last read is what they themselves took, and no more.
fn own_sums(record: &Record) -> Option<String> {
    if !matches!(record.options.workload, Workload::GCounter | Workload::PnCounter) || record.nodes.len() < 2
    {
        return None;
    }
    let mut took = vec![0; record.nodes.len()];
    for op in record.history.ops.iter().filter(|op| op.f == "add" && op.kind == Kind::Ok) {
        took[node(record, op)?] += op.value.as_integer()?;
    }
    let all: i64 = took.iter().sum();
    let own = last_reads(record).into_iter().filter(|(node, read)| {
        read.value.as_integer() == Some(took[*node]) && took[*node] != 0 && took[*node] != all
    });
    let names: Vec<&str> = own.map(|(node, _)| record.options.nodes[node].as_str()).collect();
    (!names.is_empty()).then(|| {
        format!("what {} showed in the end is exactly the sum of the adds that {} took: those of the others never came", listed(&names), if names.len() == 1 { "it" } else { "each" })
    })
}

/// Old states that `seq-kv` showed.
fn stale(record: &Record) -> Option<String> {
    let stale: u64 = record.nodes.iter().map(|node| node.stale_answers).sum();
    (stale > 0).then(|| {
        format!("seq-kv answered {} times with an old state, as it may: it is sequential, not linearizable. Whoever writes something new first sees the newest", thousands(stale as i64))
    })
}

/// Whether the values that took longest all waited for a partition.
fn partitions(record: &Record, results: &Value) -> Option<String> {
    let workload = results.get("workload")?;
    let worst = workload.get("worst-stale")?.elements()?;
    let slow = worst.iter().filter_map(|stale| {
        let latency_ms = stale.get("stable-latency")?.as_integer().filter(|ms| *ms >= SLOW_MS)?;
        let known_us = stale.get("known")?.get("time")?.as_integer()? / 1_000;
        Some((known_us, known_us + latency_ms * 1_000))
    });
    let slow: Vec<(i64, i64)> = slow.collect();
    let end_us = i64::try_from(record.duration.as_micros()).ok()?;
    let faults = faults::faults(&record.history, end_us);
    let waited = |(from_us, to_us): &(i64, i64)| {
        faults.iter().any(|fault| {
            fault.name == "partition"
                && fault.from_us <= *to_us
                && fault.to_us >= *from_us
                && fault.to_us <= to_us + 1_000_000
        })
    };
    (!slow.is_empty() && is_partitioned(&record.history) && slow.iter().all(waited)).then(|| {
        "the values that took longest were all under way during a partition, and were there soon after it"
            .to_owned()
    })
}

fn is_partitioned(history: &History) -> bool {
    history.ops.iter().any(|op| op.process == Process::Nemesis && op.f == "start-partition")
}

#[cfg(test)]
mod tests;
