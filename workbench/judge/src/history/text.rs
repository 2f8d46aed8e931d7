//! `history.edn` and `history.txt`: a history as Maelstrom stores it (§8.3, §14).

use crate::history::{History, Op};
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::read;

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
}
