//! Printing values as Clojure does, so that our files and Maelstrom's can be compared line by line (§14).

use super::Value;
use std::fmt::{self, Display, Formatter, Write};

impl Display for Value {
    /// On one line, readable by [`super::read()`].
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self, Strings::Quoted, f)
    }
}

/// On one line with strings as they are, as `history.txt` and the log show errors. Not readable again.
pub fn print_bare(value: &Value) -> String {
    let mut out = String::new();
    write(value, Strings::Bare, &mut out).expect("writing to a string cannot fail");
    out
}

/// How strings are shown.
#[derive(Clone, Copy)]
enum Strings {
    Quoted,
    Bare,
}

fn write(value: &Value, strings: Strings, out: &mut impl Write) -> fmt::Result {
    match value {
        Value::Nil => out.write_str("nil"),
        Value::Bool(bool) => write!(out, "{bool}"),
        Value::Integer(integer) => write!(out, "{integer}"),
        Value::BigInteger(digits) => write!(out, "{digits}N"),
        Value::Float(float) => write_float(*float, out),
        Value::Text(text) => match strings {
            Strings::Quoted => write_quoted(text, out),
            Strings::Bare => out.write_str(text),
        },
        Value::Keyword(name) => write!(out, ":{name}"),
        Value::Symbol(name) => out.write_str(name),
        Value::List(elements) => write_elements("(", elements, ")", strings, out),
        Value::Vector(elements) => write_elements("[", elements, "]", strings, out),
        Value::Set(elements) => write_elements("#{", elements, "}", strings, out),
        Value::Integers(integers) => {
            out.write_char('[')?;
            for (position, integer) in integers.iter().enumerate() {
                let gap = if position > 0 { " " } else { "" };
                write!(out, "{gap}{integer}")?;
            }
            out.write_char(']')
        }
        Value::Map(entries) => write_entries(entries, strings, out),
        Value::Tagged(tagged) => {
            let (tag, value) = &**tagged;
            write!(out, "#{tag}{}", gap_after_tag(tag, value))?;
            write(value, strings, out)
        }
    }
}

/// Records (`#name.space.Record{…}`) print without a gap, other tagged values (`#inst "…"`) with one.
pub(super) fn gap_after_tag(tag: &str, value: &Value) -> &'static str {
    if tag.contains('.') && matches!(value, Value::Map(_)) { "" } else { " " }
}

fn write_elements(
    open: &str,
    elements: &[Value],
    close: &str,
    strings: Strings,
    out: &mut impl Write,
) -> fmt::Result {
    out.write_str(open)?;
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            out.write_char(' ')?;
        }
        write(element, strings, out)?;
    }
    out.write_str(close)
}

fn write_entries(entries: &[(Value, Value)], strings: Strings, out: &mut impl Write) -> fmt::Result {
    out.write_char('{')?;
    for (position, (key, value)) in entries.iter().enumerate() {
        if position > 0 {
            out.write_str(", ")?;
        }
        write(key, strings, out)?;
        out.write_char(' ')?;
        write(value, strings, out)?;
    }
    out.write_char('}')
}

/// As Java prints a double: plain decimals from 0.001 up to 10 million, else one digit before the point and an exponent.
fn write_float(float: f64, out: &mut impl Write) -> fmt::Result {
    if float.is_nan() {
        return out.write_str("##NaN");
    }
    if float.is_infinite() {
        return out.write_str(if float > 0.0 { "##Inf" } else { "##-Inf" });
    }
    if float == 0.0 || (1e-3..1e7).contains(&float.abs()) {
        return write!(out, "{float:?}");
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("the format always has an exponent");
    let fraction = if mantissa.contains('.') { "" } else { ".0" };
    write!(out, "{mantissa}{fraction}E{exponent}")
}

fn write_quoted(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    let mut plain_from = 0;
    for (position, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\t' => "\\t",
            b'\r' => "\\r",
            0x0c => "\\f",
            0x08 => "\\b",
            _ => continue,
        };
        out.write_str(&text[plain_from..position])?;
        out.write_str(escaped)?;
        plain_from = position + 1;
    }
    out.write_str(&text[plain_from..])?;
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_java_prints_them() {
        for (float, printed) in [
            (1.0, "1.0"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.20253165, "0.20253165"),
            (14.059718576, "14.059718576"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (0.00012345, "1.2345E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (-1.25e300, "-1.25E300"),
            (f64::NAN, "##NaN"),
            (f64::NEG_INFINITY, "##-Inf"),
        ] {
            assert_eq!(Value::Float(float).to_string(), printed);
        }
    }

    #[test]
    fn single_precision_fractions_print_with_their_own_digits() {
        assert_eq!(Value::single(526.0 / 237.0).to_string(), "2.2194092");
        assert_eq!(Value::single(48.0 / 237.0).to_string(), "0.20253165");
        assert_eq!(Value::single(1.0).to_string(), "1.0");
        assert_eq!(Value::single(1e-5).to_string(), "1.0E-5");
    }

    #[test]
    fn only_a_record_follows_its_tag_without_a_gap() {
        for printed in ["#a.B{:c 1}", "#a.B 5", "#a.B c", "#inst {}"] {
            assert_eq!(super::super::read(printed).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn collections_and_strings_print_on_one_line() {
        let value = Value::Map(vec![
            (Value::keyword("a"), Value::Vector(vec![Value::Nil, true.into(), "q\"\\\n\u{1F600}".into()])),
            ("k".into(), Value::Set(vec![Value::List(vec![]), Value::from_digits("18446744073709551616")])),
        ]);
        let printed = "{:a [nil true \"q\\\"\\\\\\n\u{1F600}\"], \"k\" #{() 18446744073709551616N}}";
        assert_eq!(value.to_string(), printed);
    }

    #[test]
    fn bare_strings_are_not_quoted_at_any_depth() {
        let error = Value::Vector(vec![Value::keyword("crash"), "went away".into()]);
        assert_eq!(print_bare(&error), "[:crash went away]");
    }
}
