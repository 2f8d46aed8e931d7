//! Histories as people have them: those that we, Jepsen and Maelstrom store, and those that others' tools write.
//!
//! EDN or JSON, as a stream of maps, a map a line, or one collection of them; with comments, tagged records, byte-order
//! marks. What a history does without is filled in: indices and times that are missing, the names of clients that are no
//! numbers. What it has that nobody needs (stack traces) is dropped. Indices may have gaps, as where somebody has taken lines
//! out, but must grow. Operations are then numbered anew.

use super::{History, Kind, Op, Place, Process};
use edn::{ReadError, Value, json};
use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};

/// Reads a history.
pub fn read(text: &str) -> Result<History, HistoryError> {
    let mut history = History::default();
    let mut places = Vec::new();
    let mut are_places_needed = false;
    Reader::new(text).each(&mut |op, place, _| {
        are_places_needed |= place.line != history.ops.len() + 1 || place.index != history.ops.len() as u64;
        places.push(place);
        history.push(op);
    })?;
    history.places = if are_places_needed { places } else { Vec::new() };
    Ok(history)
}

/// Whether a text is JSON and not EDN: in a map of JSON the first key is a string, and a colon follows.
fn is_json(text: &str) -> bool {
    let rest = text.trim_start().trim_start_matches('[').trim_start();
    let Some(key) = rest.strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix('"')) else {
        return false;
    };
    key.split_once('"').is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
}

fn malformed(error: &json::JsonError) -> HistoryError {
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or_default().to_owned();
    HistoryError { line: error.line(), reason: Reason::Json(words) }
}

fn syntax(lines: &mut Lines<'_>, error: ReadError) -> HistoryError {
    let (line, start) = lines.find(error.position);
    HistoryError { line, reason: Reason::Syntax(ReadError { position: error.position - start, ..error }) }
}

/// Numbers of lines, for positions that only grow.
struct Lines<'a> {
    text: &'a str,
    position: usize,
    line: usize,
}

impl Lines<'_> {
    fn number(&mut self, position: usize) -> usize {
        let position = position.max(self.position);
        let passed = &self.text.as_bytes()[self.position..position];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.position = position;
        self.line
    }

    /// The line of a position, and where that line begins.
    fn find(&mut self, position: usize) -> (usize, usize) {
        let line = self.number(position);
        let before = self.text.as_bytes()[..self.position].iter();
        (line, before.clone().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1))
    }
}

/// Why a text is not a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryError {
    line: usize,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Syntax(ReadError),
    Json(String),
    NoOperation,
    Key(&'static str),
    /// An index that is not beyond the one before.
    Index(u64, u64),
    Names,
}

impl Display for HistoryError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.reason {
            Reason::Syntax(error) => write!(f, "{error}"),
            Reason::Json(error) => write!(f, "{error}"),
            Reason::NoOperation => {
                write!(f, "not an operation: a map such as {{:type :invoke, :process 0, :f :read}}")
            }
            Reason::Key(key) => write!(f, "no usable :{key}{}", due(key)),
            Reason::Index(index, before) => {
                write!(f, "index {index} comes after {before}: indices must grow, though they may have gaps")
            }
            Reason::Names => write!(f, "too many different names to be a history"),
        }
    }
}

/// What a key must hold.
fn due(key: &str) -> &'static str {
    match key {
        "type" => ": it must be :invoke, :ok, :fail or :info",
        "process" => ": it must be there, and not nil",
        "time" => ": it must be a number of nanoseconds",
        "index" => ": it must be an integer, not negative",
        _ => ": it must be a keyword",
    }
}

impl std::error::Error for HistoryError {}

/// Reads operations one by one.
pub(crate) struct Reader<'t> {
    text: &'t str,
    is_json: bool,
    /// How many operations there were, and the index and the time of the last.
    count: usize,
    last_index: Option<u64>,
    last_time_ns: u64,
    names: Names,
    /// Processes that are not numbers.
    processes: HashMap<Value, u64>,
}

/// Processes without a number get those from here on.
const UNNUMBERED: u64 = 1 << 48;

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str) -> Reader<'t> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Reader {
            text,
            is_json: is_json(text),
            count: 0,
            last_index: None,
            last_time_ns: 0,
            names: Names::default(),
            processes: HashMap::new(),
        }
    }

    /// Tells of each operation, numbered by its place among them, where it stands in the file, and at which byte it begins.
    pub(crate) fn each(&mut self, tell: &mut impl FnMut(Op, Place, usize)) -> Result<(), HistoryError> {
        let mut lines = Lines { text: self.text, position: 0, line: 1 };
        if self.is_json {
            for (position, value) in json::parse_all(self.text).map_err(|error| malformed(&error))? {
                let (op, place) = self.take(value, lines.number(position))?;
                tell(op, place, position);
            }
            return Ok(());
        }
        for value in edn::read_all(self.text) {
            let (position, value) = value.map_err(|error| syntax(&mut lines, error))?;
            let (op, place) = self.take(value, lines.number(position))?;
            tell(op, place, position);
        }
        Ok(())
    }

    /// The operation that begins at a byte where one was read before, with its number.
    pub(crate) fn again(&self, position: usize, number: usize) -> Op {
        let text = &self.text[position..];
        let value = match self.is_json {
            true => json::parse_first(text).ok().flatten(),
            false => edn::read_all(text).next().and_then(Result::ok).map(|(_, value)| value),
        };
        let value = value.expect("what was read once can be read again");
        let nobody = Value::Vector(vec![Value::count(number)]);
        let map = if let Value::Tagged(tagged) = &value { &tagged.1 } else { &value };
        let named = self.processes.get(map.get("process").unwrap_or(&nobody)).copied();
        let names = Names(self.names.0.clone());
        let mut again = Reader { names, processes: HashMap::new(), count: number, last_index: None, ..*self };
        let (mut op, _) = again.read_op(value).expect("what was an operation once is one again");
        op.index = number;
        op.process = named.map_or(op.process, Process::Client);
        op
    }

    fn take(&mut self, value: Value, line: usize) -> Result<(Op, Place), HistoryError> {
        let (op, index) = self.read_op(value).map_err(|reason| HistoryError { line, reason })?;
        let index = index.unwrap_or_else(|| self.last_index.map_or(0, |before| before + 1));
        if let Some(before) = self.last_index.filter(|before| *before >= index) {
            return Err(HistoryError { line, reason: Reason::Index(index, before) });
        }
        let op = Op { index: self.count, ..op };
        (self.count, self.last_index, self.last_time_ns) = (self.count + 1, Some(index), op.time_ns);
        Ok((op, Place { line, index }))
    }

    /// Reads one operation and its index, or says what is amiss.
    fn read_op(&mut self, value: Value) -> Result<(Op, Option<u64>), Reason> {
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
            time_ns: self.last_time_ns,
            kind: Kind::Invoke,
            process: Process::Nemesis,
            f: "",
            value: Value::Nil,
            is_final: false,
            error: None,
            exception: None,
            extra: Vec::new(),
        };
        let (mut index, mut kind, mut process) = (None, None, None);
        for (key, value) in entries {
            let key = self.name(&key).ok_or(Reason::NoOperation)?;
            match key {
                "index" => index = unsigned(&value).map(Some).ok_or(Reason::Key("index"))?,
                "time" => op.time_ns = time(&value).ok_or(Reason::Key("time"))?,
                "type" => kind = Some(self.kind(&value).ok_or(Reason::Key("type"))?),
                "process" => process = Some(value),
                "f" if value == Value::Nil => {}
                "f" => op.f = self.lasting(&value, Reason::Key("f"))?,
                "value" => op.value = without_tag(value),
                "final?" => op.is_final = value == Value::Bool(true),
                "error" => op.error = Some(value),
                "exception" => op.exception = self.names.lasting(&exception_class(&value)),
                key => {
                    let key = self.names.lasting(key).ok_or(Reason::Names)?;
                    op.extra.push((key, value));
                }
            }
        }
        op.kind = kind.ok_or(Reason::Key("type"))?;
        op.process = self.process(process, op.kind)?;
        Ok((op, index))
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
        let name = self.name(value).ok_or(reason)?;
        self.names.lasting(name).ok_or(Reason::Names)
    }

    fn kind(&self, value: &Value) -> Option<Kind> {
        let kinds = [Kind::Invoke, Kind::Ok, Kind::Fail, Kind::Info];
        let name = self.name(value)?;
        kinds.into_iter().find(|kind| name == kind.name())
    }

    /// Whoever did it. Nobody is somebody else each time.
    fn process(&mut self, value: Option<Value>, kind: Kind) -> Result<Process, Reason> {
        let next = UNNUMBERED + self.processes.len() as u64;
        match value {
            Some(value) if self.name(&value) == Some("nemesis") => Ok(Process::Nemesis),
            Some(value) => Ok(Process::Client(match unsigned(&value) {
                Some(number) if number < UNNUMBERED => number,
                _ if value == Value::Nil => return Err(Reason::Key("process")),
                _ => *self.processes.entry(value).or_insert(next),
            })),
            None if kind == Kind::Invoke => Err(Reason::Key("process")),
            None => {
                let nobody = Value::count(self.count);
                self.processes.insert(Value::Vector(vec![nobody]), next);
                Ok(Process::Client(next))
            }
        }
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

/// Names for as long as the program runs, each stored once: operations hold them as static strings.
#[derive(Default)]
struct Names(Vec<&'static str>);

/// More distinct names than any workload has; a file with more is no history.
const MAX_NAMES: usize = 256;

impl Names {
    fn lasting(&mut self, name: &str) -> Option<&'static str> {
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

#[cfg(test)]
mod tests;
