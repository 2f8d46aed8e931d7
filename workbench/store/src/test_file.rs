//! `test.edn`: what was asked of a run and what became of it, so that with its history and its messages it can be judged
//! and shown again as on the first day.
//!
//! Maelstrom keeps this in `test.jepsen`, a binary file. Ours is a map in EDN, for people and for `analyze`:
//!
//! | keys | what they say |
//! | --- | --- |
//! | `:name` to `:seed` | what was asked for; times are in seconds |
//! | `:command`, `:challenge` | the words that ask for it again, for a shell; the challenge that they name |
//! | `:machine`, `:round`, `:fan-out` | what ran on the nodes, in virtual time; the machine's own pace is `nil` |
//! | `:start-nanos`, `:duration-nanos` | when the first operation might begin and how long it all took, since the run began |
//! | `:messages`, `:node-records` | what was counted; zeros and the like are left out of the latter |
//! | `:crash`, `:last-words`, `:interrupted?` | why it broke off, if it did, and what nodes said last |
//! | `:valid?` | the verdict when it was run |
//!
//! Keys that are not known are passed over, and those that came later than a store may be missing from it.

mod fields;
mod options;
mod outcome;

use bench::network::Journal;
use bench::run::{Crash, Record};
use edn::{self, Value};
use fields::{Fields, count, from_seconds, seconds};
use judge::Validity;
use judge::history::History;
use worlds::scenario::{OurMachine, Scenario};

/// A run and where it came from.
#[derive(Debug)]
pub struct StoredRun {
    /// How it came about.
    pub origin: Origin,
    /// The run. What `test.edn` has of it lacks the history and the entries of the journal.
    pub record: Record,
    /// The verdict when it was run, if it came to one.
    pub verdict: Option<Validity>,
}

/// How a run came about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The command that asks for it again; older stores do not know it.
    pub command: Option<String>,
    /// The challenge that was asked for by its name.
    pub challenge: Option<String>,
    /// The run as a scenario, if it took place in virtual time.
    pub scenario: Option<Scenario>,
}

/// The map that `test.edn` holds.
pub fn value(record: &Record, origin: &Origin, verdict: Option<Validity>) -> Value {
    let scenario = origin.scenario.as_ref();
    let crash = record.crash.as_ref();
    let pace = [
        ("command", optional(origin.command.as_deref())),
        ("challenge", optional(origin.challenge.as_deref())),
        ("machine", optional(scenario.map(|scenario| Value::keyword(scenario.machine.name())))),
        ("round", optional(scenario.and_then(|scenario| scenario.round).map(seconds))),
        ("fan-out", optional(scenario.and_then(|scenario| scenario.fan_out).map(Value::count))),
    ];
    let end = [
        ("crash", optional(crash.map(|crash| crash.reason.as_str()))),
        ("last-words", optional(crash.and_then(|crash| crash.last_words.as_deref()))),
        ("interrupted?", record.interrupted.into()),
        ("valid?", optional(verdict)),
    ];
    let entries = options::entries(&record.options).into_iter().chain(pace);
    let entries = entries.chain(outcome::entries(record)).chain(end);
    Value::Map(entries.map(|(key, value)| (Value::keyword(key), value)).collect())
}

/// Reads such a map; otherwise, which of its keys is amiss.
pub fn read(text: &str) -> Result<StoredRun, String> {
    let value = edn::read(text).map_err(|error| error.to_string())?;
    let fields = Fields(&value);
    let options = options::read(&fields)?;
    let text = |value: &Value| value.as_text().map(str::to_owned);
    let (reason, last_words) = (fields.optional("crash", text)?, fields.optional("last-words", text)?);
    // A machine that is not ours is not known here; nothing but its run's files is needed.
    let machine = fields.optional("machine", |name| Some(machine(name)))?.flatten();
    let (round, fan_out) = (fields.optional("round", from_seconds)?, fields.optional("fan-out", count)?);
    let scenario = |machine| Scenario { machine, round, fan_out, options: options.clone() };
    let origin = Origin {
        command: fields.optional("command", text)?,
        challenge: fields.optional("challenge", text)?,
        scenario: machine.map(scenario),
    };
    let record = Record {
        history: History::default(),
        journal: Journal::of_sums(outcome::statistics(&fields)?),
        start: outcome::start(&fields)?,
        duration: outcome::duration(&fields)?,
        nodes: outcome::nodes(&fields, &options)?,
        extinctions: 0,
        crash: reason.map(|reason| Crash { last_words, ..Crash::new(None, reason) }),
        interrupted: fields.optional("interrupted?", boolean)?.unwrap_or_default(),
        options,
    };
    Ok(StoredRun { origin, record, verdict: fields.optional("valid?", validity)? })
}

fn optional(value: Option<impl Into<Value>>) -> Value {
    value.map(Into::into).unwrap_or_default()
}

fn machine(value: &Value) -> Option<OurMachine> {
    OurMachine::ALL.into_iter().find(|machine| value.as_name() == Some(machine.name()))
}

fn boolean(value: &Value) -> Option<bool> {
    if let Value::Bool(bool) = value { Some(*bool) } else { None }
}

fn validity(value: &Value) -> Option<Validity> {
    let all = [Validity::True, Validity::Unknown, Validity::False];
    all.into_iter().find(|validity| *value == Value::from(*validity))
}

#[cfg(test)]
mod tests;
