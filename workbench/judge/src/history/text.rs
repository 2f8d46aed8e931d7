//! `history.edn` and `history.txt`: a history as Maelstrom stores it (§8.3, §14), and back.

use crate::history::{History, Kind, Op, Process};
use edn::{self, ReadError, Value};
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};

/// Writes `history.edn`: a map a line.
pub fn write_edn(history: &History, out: &mut impl Write) -> io::Result<()> {
    for op in &history.ops {
        write_edn_line(op, out)?;
    }
    Ok(())
}

/// Writes `history.txt`: a row a line, its columns separated by tabs.
pub fn write_text(history: &History, out: &mut impl Write) -> io::Result<()> {
    for op in &history.ops {
        writeln!(out, "{}", text_line(op))?;
    }
    Ok(())
}

/// The operation as `history.txt` and the log show it, without a newline.
pub fn text_line(op: &Op) -> String {
    let mut line = format!("{}\t:{}\t:{}\t{}", op.process.to_value(), op.kind.name(), op.f, op.value);
    if let Some(error) = &op.error {
        line.push('\t');
        line.push_str(&edn::print_bare(error));
    }
    line
}

/// The same bytes as `op.to_value()` would print, without the copy: most of a history is the values of its reads.
fn write_edn_line(op: &Op, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{{:index {}, :time {}, :type :{}, ", op.index, op.time_ns, op.kind.name())?;
    write!(out, ":process {}, :f :{}, :value {}", op.process.to_value(), op.f, op.value)?;
    if op.is_final {
        write!(out, ", :final? true")?;
    }
    for (key, value) in &op.extra {
        write!(out, ", :{key} {value}")?;
    }
    if let Some(error) = &op.error {
        write!(out, ", :error {error}")?;
    }
    if let Some(class) = op.exception {
        write!(out, ", :exception {{:via [{{:type {class}}}]}}")?;
    }
    writeln!(out, "}}")
}

/// Reads a `history.edn`, ours or Maelstrom's. Indices are checked to be dense; what Maelstrom adds beyond what we keep
/// (stack traces) is dropped.
pub fn read(text: &str) -> Result<History, HistoryError> {
    let mut names = Names::default();
    let mut history = History::default();
    for (number, line) in text.lines().enumerate() {
        let error = |reason| HistoryError { line: number + 1, reason };
        if line.trim().is_empty() {
            continue;
        }
        let value = edn::read(line).map_err(|reason| error(Reason::Syntax(reason)))?;
        let op = read_op(value, &mut names).map_err(|key| error(Reason::Key(key)))?;
        if op.index != history.ops.len() {
            return Err(error(Reason::Key("index")));
        }
        history.ops.push(op);
    }
    Ok(history)
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
    Key(&'static str),
}

impl Display for HistoryError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Syntax(error) => write!(f, "line {}: {error}", self.line),
            Reason::Key(key) => write!(f, "line {}: no usable :{key}", self.line),
        }
    }
}

impl std::error::Error for HistoryError {}

/// Reads one operation, or says which of its keys is amiss.
fn read_op(value: Value, names: &mut Names) -> Result<Op, &'static str> {
    let Value::Map(entries) = value else { return Err("index") };
    let mut op = Op {
        index: usize::MAX,
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
    let mut seen = 0;
    for (key, value) in entries {
        let key = keyword(&key).ok_or("index")?;
        match key {
            "index" => op.index = unsigned(&value).and_then(|n| n.try_into().ok()).ok_or("index")?,
            "time" => op.time_ns = unsigned(&value).ok_or("time")?,
            "type" => op.kind = kind(&value).ok_or("type")?,
            "process" => op.process = process(&value).ok_or("process")?,
            "f" => op.f = keyword(&value).and_then(|name| names.lasting(name)).ok_or("f")?,
            "value" => op.value = value,
            "final?" => op.is_final = value == Value::Bool(true),
            "error" => op.error = Some(value),
            "exception" => op.exception = names.lasting(&exception_class(&value)),
            key => op.extra.push((names.lasting(key).ok_or("f")?, value)),
        }
        seen += usize::from(REQUIRED.contains(&key));
    }
    if seen < REQUIRED.len() { Err("index, :time, :type, :process, :f") } else { Ok(op) }
}

/// The name of a keyword. A string will not do: written as a keyword it might not be one any more.
fn keyword(value: &Value) -> Option<&str> {
    if let Value::Keyword(name) = value { Some(name) } else { None }
}

const REQUIRED: [&str; 5] = ["index", "time", "type", "process", "f"];

fn unsigned(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|integer| integer.try_into().ok())
}

fn kind(value: &Value) -> Option<Kind> {
    let kinds = [Kind::Invoke, Kind::Ok, Kind::Fail, Kind::Info];
    kinds.into_iter().find(|kind| keyword(value) == Some(kind.name()))
}

fn process(value: &Value) -> Option<Process> {
    match keyword(value) {
        Some("nemesis") => Some(Process::Nemesis),
        _ => unsigned(value).map(Process::Client),
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
mod tests {
    use super::*;

    const LINES: &str = "\
{:index 0, :time 0, :type :info, :process :nemesis, :f :start-partition, :value :one}
{:index 1, :time 5, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {\"n0\" #{\"n1\"}}]}
{:index 2, :time 7, :type :invoke, :process 3, :f :read, :value nil, :final? true}
{:index 3, :time 9, :type :info, :process 3, :f :read, :value nil, :final? true, :error \"indeterminate: bad\", \
:exception {:via [{:type clojure.lang.ExceptionInfo}]}}
{:index 4, :time 9, :type :invoke, :process 4, :f :assign, :value [\"1\"], :seek-to-beginning? true}
";

    #[test]
    fn every_key_survives_being_written_and_read() {
        let history = read(LINES).unwrap();
        let mut written = Vec::new();
        write_edn(&history, &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), LINES);
        let by_value: String = history.ops.iter().map(|op| op.to_value().to_string() + "\n").collect();
        assert_eq!(by_value, LINES);
    }

    #[test]
    fn rows_have_tabs_and_bare_errors() {
        let history = read(LINES).unwrap();
        let mut written = Vec::new();
        write_text(&history, &mut written).unwrap();
        let expected = "\
:nemesis\t:info\t:start-partition\t:one
:nemesis\t:info\t:start-partition\t[:isolated {\"n0\" #{\"n1\"}}]
3\t:invoke\t:read\tnil
3\t:info\t:read\tnil\tindeterminate: bad
4\t:invoke\t:assign\t[\"1\"]
";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn names_are_keywords_and_strings_are_none() {
        let line = "{:index 0, :time 0, :type :ok, :process 0, :f :read}";
        assert!(read(line).is_ok());
        for (word, text) in
            [(":f :read", ":f \"read it\""), (":type :ok", ":type \"ok\""), (":index 0", "\"index\" 0")]
        {
            assert!(read(&line.replace(word, text)).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_history_is_refused_with_its_line() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        let line = "{:index 0, :time 0, :type :ok, :process 0, :f :read}\n";
        assert_eq!(error("{:index"), "line 1: unexpected end at byte 7");
        assert_eq!(error(&line.repeat(2)), "line 2: no usable :index");
        assert_eq!(
            error("{:index 0, :time 0, :type :maybe, :process 0, :f :read}"),
            "line 1: no usable :type"
        );
        assert_eq!(error("{:index 0}"), "line 1: no usable :index, :time, :type, :process, :f");
        assert_eq!(error("[]"), "line 1: no usable :index");
    }
}
