//! `net-journal/messages.jsonl`: all that happened on the network, a JSON object a line, in the order in which it happened.
//!
//! ```text
//! {"id":7,"event":"send","time":20415000,"src":"n0","dest":"n1","body":{"type":"gossip","message":3}}
//! {"id":7,"event":"receive","time":30415000}
//! ```
//!
//! A message is told in full when it is sent; what becomes of it later (`receive`, `cut`, `lost`; a copy's fate is one
//! more line) refers to its number, so `grep '^{"id":7,'` finds all of it. Bodies are what nodes wrote, byte for byte.
//! Times are nanoseconds on the clock of `history.edn`, and so negative before the first operation; an operation begins
//! in the very nanosecond in which its request is sent.

use bench::network::{Entry, Event, Journal, Statistics};
use machines::Time;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

/// Longer lines are refused. Nodes may write half as much in a line.
const LONGEST_LINE: u64 = 128 << 20;

/// A line. Keys that are not known are passed over.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    id: u64,
    event: Event,
    time: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    src: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    dest: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
}

/// Writes the entries of a journal. `start` is the moment from which the history's times count.
pub fn write(journal: &Journal, start: Time, out: &mut impl Write) -> io::Result<()> {
    for entry in &journal.entries {
        let mut line = Line {
            id: entry.id,
            event: entry.event,
            time: nanos_since(start, entry.time),
            src: None,
            dest: None,
            body: None,
        };
        if entry.event == Event::Send {
            (line.src, line.dest) = (Some((*entry.src).into()), Some((*entry.dest).into()));
        }
        let body = entry.body.text();
        if entry.event == Event::Send {
            line.body = Some(serde_json::from_str(&body).expect("the network takes nothing but JSON"));
        }
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads the entries of a journal. What is counted of the run is known from elsewhere.
///
/// The memory it takes is bounded by the longest line and by what a journal keeps; what no network can have done is
/// refused, with the number of its line.
pub fn read(mut input: impl BufRead, start: Time, statistics: Statistics) -> io::Result<Journal> {
    let mut reader = Reader::new(start, statistics);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let has_room = reader.take(&line).map_err(|reason| {
            io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {reason}"))
        })?;
        if !has_room {
            break;
        }
    }
    Ok(reader.journal)
}

fn nanos_since(start: Time, time: Time) -> i64 {
    let nanos = i128::from(time.as_nanos()) - i128::from(start.as_nanos());
    i64::try_from(nanos).expect("a run takes less than three centuries")
}

/// Makes entries of lines.
struct Reader {
    start: Time,
    journal: Journal,
    names: HashSet<Arc<str>>,
    /// Where each message was sent, among the entries.
    sent: HashMap<u64, usize>,
}

impl Reader {
    fn new(start: Time, statistics: Statistics) -> Reader {
        let mut journal = Journal::new();
        journal.statistics = statistics;
        Reader { start, journal, names: HashSet::new(), sent: HashMap::new() }
    }

    /// Takes a line, and says whether there is room for another, or what is wrong with this one. Lines without anything
    /// are passed over.
    fn take(&mut self, line: &[u8]) -> Result<bool, String> {
        if line.len() as u64 == LONGEST_LINE {
            return Err(format!("it is longer than {} MiB", LONGEST_LINE >> 20));
        }
        if line.trim_ascii().is_empty() {
            return Ok(true);
        }
        // Its number is said already, and by ourselves.
        let place = |error: serde_json::Error| error.to_string().replace(" at line 1 ", " at ");
        let line: Line<'_> = serde_json::from_slice(line.trim_ascii_end()).map_err(place)?;
        let time = self.time(line.time)?;
        let entry = match line.event {
            Event::Send => self.sent(time, line)?,
            event => {
                let sent = self.sent.get(&line.id);
                let &sent = sent.ok_or_else(|| format!("no message {} was sent before", line.id))?;
                Entry { time, event, ..self.journal.entries[sent].clone() }
            }
        };
        Ok(self.journal.keep(entry))
    }

    fn sent(&mut self, time: Time, line: Line<'_>) -> Result<Entry, String> {
        let Line { id, event, src: Some(src), dest: Some(dest), body: Some(body), .. } = line else {
            return Err("a message that is sent has a `src`, a `dest` and a `body`".to_owned());
        };
        if !body.get().starts_with('{') {
            return Err("its `body` is not an object".to_owned());
        }
        if self.sent.insert(id, self.journal.entries.len()).is_some() {
            return Err(format!("another message {id} was sent before"));
        }
        let (src, dest) = (self.name(&src), self.name(&dest));
        let body = self.journal.body(id, &src, &body.get().into());
        Ok(Entry { time, event, id, src, dest, body })
    }

    fn time(&self, nanos: i64) -> Result<Time, String> {
        let since_beginning = i128::from(self.start.as_nanos()) + i128::from(nanos);
        let nanos = u64::try_from(since_beginning).map_err(|_| "its `time` is before the run began")?;
        Ok(Time::from_nanos(nanos))
    }

    /// Each name is kept once.
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.names.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::{Fault, Hazards, Options, Workload};
    use bench::run::Record;
    use judge::Kind;
    use std::time::Duration;
    use worlds::scenario::Scenario;
    use worlds::simulated;

    const START: Time = Time::from_millis(30);
    const LINES: &str = r#"{"id":0,"event":"send","time":-30000000,"src":"n\"0","dest":"n1","body":{ "type":"x", "n":1.50}}
{"id":1,"event":"send","time":-5,"src":"n1","dest":"n\"0","body":{}}
{"id":0,"event":"receive","time":0}
{"id":1,"event":"lost","time":7}
{"id":0,"event":"cut","time":9223372036854775807}
"#;

    fn options(workload: Workload, nodes: usize, seconds: u64) -> Options {
        Options { time_limit: Duration::from_secs(seconds), seed: 1, ..Options::new(workload, nodes) }
    }

    fn run(options: Options) -> Record {
        let scenario = Scenario::new(options.clone()).expect("a machine serves this workload");
        simulated::run(options, scenario.programs())
    }

    fn read_text(text: &str) -> io::Result<Journal> {
        read(text.as_bytes(), START, Statistics::default())
    }

    fn written(journal: &Journal, start: Time) -> String {
        let mut text = Vec::new();
        write(journal, start, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn every_event_survives_being_read_and_written() {
        let journal = read_text(LINES).unwrap();
        assert_eq!(written(&journal, START), LINES);
        assert_eq!(journal.entries[4].body.text(), r#"{ "type":"x", "n":1.50}"#);
        assert_eq!(journal.entries[1].time, Time::from_nanos(29_999_995));
    }

    #[test]
    fn what_a_network_went_through_is_the_same_once_it_was_written_and_read() {
        let mut options = options(Workload::Broadcast, 3, 5);
        (options.latency.mean_ms, options.rate) = (5, 50.0);
        (options.nemesis, options.nemesis_interval) =
            (vec![Fault::Partition, Fault::Kill], Duration::from_secs(1));
        options.hazards = Hazards { loss: 0.2, duplication: 0.2, ..Hazards::default() };
        let record = run(options);
        let (journal, start) = (&record.journal, record.start.unwrap());
        let text = written(journal, start);
        let again = read(text.as_bytes(), start, journal.statistics).unwrap();
        assert_eq!(again.entries, journal.entries);
        assert_eq!(again.left_out(), 0);
        let happened = |event| journal.entries.iter().any(|entry| entry.event == event);
        assert!([Event::Send, Event::Receive, Event::Cut, Event::Lost].into_iter().all(happened));
    }

    #[test]
    fn an_operation_of_the_history_leads_to_its_request() {
        let record = run(Options { rate: 10.0, ..options(Workload::Echo, 1, 1) });
        let text = written(&record.journal, record.start.unwrap());
        for op in record.history.ops.iter().filter(|op| op.kind == Kind::Invoke) {
            let (time, value) = (format!("\"time\":{},", op.time_ns), op.value.to_string());
            let mut sent_then = text.lines().filter(|line| line.contains(&time));
            assert!(sent_then.any(|line| line.contains(&format!("\"echo\":{value}"))), "{op:?}");
        }
        let requests = text.matches("\"type\":\"echo\"").count();
        assert_eq!(requests, record.history.ops.len() / 2, "each body is there once");
    }

    #[test]
    fn what_no_network_can_have_done_is_refused_with_its_line() {
        let refused = |from: &str, to: &str| {
            assert!(LINES.contains(from), "{from}");
            read_text(&LINES.replacen(from, to, 1)).unwrap_err().to_string()
        };
        assert_eq!(
            refused("{\"id\":0,\"event\":\"receive\"", "{\"id\":9,\"event\":\"receive\""),
            "line 3: no message 9 was sent before"
        );
        assert_eq!(refused("{\"id\":1", "\n{\"id\":0"), "line 3: another message 0 was sent before");
        assert_eq!(refused("-30000000", "-30000001"), "line 1: its `time` is before the run began");
        assert_eq!(
            refused(",\"body\":{}", ""),
            "line 2: a message that is sent has a `src`, a `dest` and a `body`"
        );
        assert_eq!(refused("\"body\":{}", "\"body\":[]"), "line 2: its `body` is not an object");
        assert!(
            refused("\"lost\"", "\"eaten\"")
                .starts_with("line 4: unknown variant `eaten`, expected one of `send`")
        );
        assert!(refused("\"time\":0}\n", "").starts_with("line 3: "));
        assert_eq!(
            refused("9223372036854775807}\n", "9223372036854"),
            "line 5: EOF while parsing an object at column 42"
        );
    }

    #[test]
    fn keys_may_be_in_any_order_and_more_than_we_know() {
        let text = r#"

{"body":{},"dest":"a","src":"b","time":1,"event":"send","colour":["red"],"id":18446744073709551615}
"#;
        assert_eq!(read_text(text).unwrap().entries.len(), 1);
    }
}
