//! An operation as it stands in a file, before it is known what came before it.

use super::error::Reason;
use super::{Kind, Op, Process};
use edn::Value;

/// Processes without a number get those from here on.
pub(super) const UNNUMBERED: u64 = 1 << 48;

/// All that an operation says of itself.
pub(super) struct Draft {
    /// Without its number, and perhaps without its time and its client.
    pub(super) op: Op,
    /// The index that it has in the file.
    pub(super) index: Option<u64>,
    pub(super) has_time: bool,
    pub(super) who: Who,
    /// The byte at which it begins, and the line of that byte, counted from where the part begins that it belongs to.
    pub(super) position: usize,
    pub(super) line: usize,
}

/// Who did an operation.
pub(super) enum Who {
    Known,
    /// A client that is no number.
    Named(Value),
    /// Nobody is somebody else each time.
    Nobody,
}

/// How operations are written.
pub(super) struct Form {
    is_json: bool,
    names: Names,
}

impl Form {
    pub(super) fn new(is_json: bool) -> Form {
        Form { is_json, names: Names::default() }
    }

    /// A name. In EDN a string will not do: written as a keyword it might not be one any more. JSON has nothing else.
    fn name<'v>(&self, value: &'v Value) -> Option<&'v str> {
        match value {
            Value::Keyword(name) => Some(name),
            Value::Text(text) if self.is_json && is_word(text) => Some(text),
            _ => None,
        }
    }

    fn lasting(&mut self, value: &Value, reason: Reason) -> Result<&'static str, Reason> {
        let Some(name) = self.name(value) else { return Err(reason) };
        self.names.lasting(name).ok_or(Reason::Names)
    }

    fn kind(&self, value: &Value) -> Option<Kind> {
        let kinds = [Kind::Invoke, Kind::Ok, Kind::Fail, Kind::Info];
        let name = self.name(value)?;
        kinds.into_iter().find(|kind| name == kind.name())
    }

    fn process(&self, value: Option<Value>, kind: Kind) -> Result<(Process, Who), Reason> {
        let client = Process::Client(UNNUMBERED);
        match value {
            Some(value) if self.name(&value) == Some("nemesis") => Ok((Process::Nemesis, Who::Known)),
            Some(Value::Nil) => Err(Reason::Key("process")),
            Some(value) => Ok(match unsigned(&value) {
                Some(number) if number < UNNUMBERED => (Process::Client(number), Who::Known),
                _ => (client, Who::Named(value)),
            }),
            None if kind == Kind::Invoke => Err(Reason::Key("process")),
            None => Ok((client, Who::Nobody)),
        }
    }
}

impl Draft {
    /// Reads an operation, or says what is amiss.
    pub(super) fn read(value: Value, form: &mut Form) -> Result<Draft, Reason> {
        let entries = match value {
            Value::Map(entries) => entries,
            Value::Tagged(tagged) => match *tagged {
                (_, Value::Map(entries)) => entries,
                _ => return Err(Reason::NoOperation),
            },
            _ => return Err(Reason::NoOperation),
        };
        let mut op = Op {
            index: 0,
            time_ns: 0,
            kind: Kind::Invoke,
            process: Process::Nemesis,
            f: "",
            value: Value::Nil,
            is_final: false,
            error: None,
            exception: None,
            extra: Vec::new(),
        };
        let (mut index, mut has_time, mut kind, mut process) = (None, false, None, None);
        for (key, value) in entries {
            let key = form.name(&key).ok_or(Reason::NoOperation)?;
            match key {
                "index" => index = unsigned(&value).map(Some).ok_or(Reason::Key("index"))?,
                "time" => (op.time_ns, has_time) = (time(&value).ok_or(Reason::Key("time"))?, true),
                "type" => kind = Some(form.kind(&value).ok_or(Reason::Key("type"))?),
                "process" => process = Some(value),
                "f" if value == Value::Nil => {}
                "f" => op.f = form.lasting(&value, Reason::Key("f"))?,
                "value" => op.value = without_tag(value),
                "final?" => op.is_final = value == Value::Bool(true),
                "error" => op.error = Some(value),
                "exception" => op.exception = form.names.lasting(&exception_class(&value)),
                key => {
                    let key = form.names.lasting(key).ok_or(Reason::Names)?;
                    op.extra.push((key, value));
                }
            }
        }
        op.kind = kind.ok_or(Reason::Key("type"))?;
        let who;
        (op.process, who) = form.process(process, op.kind)?;
        Ok(Draft { op, index, has_time, who, position: 0, line: 0 })
    }
}

/// Pairs of a key and a value are records to those who keep keys apart (`#jepsen.independent/tuple [1 2]`).
fn without_tag(value: Value) -> Value {
    match value {
        Value::Tagged(tagged) if tagged.1.elements().is_some_and(|pair| pair.len() == 2) => tagged.1,
        value => value,
    }
}

/// Whether a text can be printed as a keyword, and read again.
fn is_word(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_?!*+<>=/.".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

fn unsigned(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|integer| integer.try_into().ok())
}

/// Nanoseconds. What comes before the beginning is at the beginning, and fractions are cut off.
fn time(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(integer) => Some((*integer).try_into().unwrap_or(0)),
        Value::Float(float) if float.is_finite() => Some(*float as u64),
        _ => None,
    }
}

/// The class of an exception, which Maelstrom stores with its whole chain of causes.
fn exception_class(exception: &Value) -> String {
    let cause = exception.get("via").and_then(Value::elements).and_then(<[Value]>::first);
    let class = cause.and_then(|cause| cause.get("type")).unwrap_or(&Value::Nil);
    edn::print_bare(class)
}

/// Names for as long as the program runs: operations hold them as static strings. Each is stored once for each part of a text.
#[derive(Default)]
pub(super) struct Names(Vec<&'static str>);

/// More distinct names than any workload has; a file with more is no history.
const MAX_NAMES: usize = 256;

impl Names {
    pub(super) fn lasting(&mut self, name: &str) -> Option<&'static str> {
        if let Some(known) = self.0.iter().find(|known| **known == name) {
            return Some(known);
        }
        if self.0.len() == MAX_NAMES {
            return None;
        }
        let name: &'static str = String::leak(name.to_owned());
        self.0.push(name);
        Some(name)
    }
}
