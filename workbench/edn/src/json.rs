//! JSON to values and back.
//!
//! Numbers are where JSON readers cheat: many turn a long integer into a float. Two different ids would then look the same,
//! and a verdict would be wrong. Here integers of up to 64 bits, which is to say nearly all, are read in one fast pass;
//! that pass gives up at the first other number, and a second, exact one starts over: it sets those numbers aside, reads the
//! rest in the same way, and puts them back. Both are linear in the length of the text, whatever that is.

use super::Value;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Formatter};

/// Reads a JSON text. Objects become maps sorted by key, in which a repeated key has its last value. Nesting deeper than
/// serde_json's limit of 127 is an error.
pub fn parse(text: &str) -> Result<Value, serde_json::Error> {
    read(text, &mut Numbers::default()).or_else(|_| {
        let (plain, aside) = set_aside(text);
        read(&plain, &mut Numbers { seen: 0, aside: aside.into() })
    })
}

fn read(text: &str, numbers: &mut Numbers<'_>) -> Result<Value, serde_json::Error> {
    let mut input = serde_json::Deserializer::from_str(text);
    let value = Reader(numbers).deserialize(&mut input)?;
    input.end()?;
    Ok(value)
}

/// Why a text is not JSON.
pub use serde_json::Error as JsonError;

/// Reads texts of JSON one after the other, each with the offset in bytes at which it begins. If all there is is one array,
/// its elements take its place.
pub fn parse_all(text: &str) -> Result<Vec<(usize, Value)>, JsonError> {
    let elements: Vec<&RawValue> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text)?,
        false => serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>()?,
    };
    let position = |element: &RawValue| element.get().as_ptr() as usize - text.as_ptr() as usize;
    elements.into_iter().map(|element| Ok((position(element), parse(element.get())?))).collect()
}

/// Reads the JSON that a text begins with, whatever follows.
pub fn parse_first(text: &str) -> Result<Option<Value>, JsonError> {
    let first: Option<&RawValue> = serde_json::Deserializer::from_str(text).into_iter().next().transpose()?;
    first.map(|raw| parse(raw.get())).transpose()
}

/// `value` as JSON, over several lines. Keywords become strings; numbers that JSON cannot express become `null`.
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("values have no parts that cannot be JSON")
}

/// `value` as JSON, on one line: for people, who know JSON and not EDN.
pub fn compact(value: &Value) -> String {
    serde_json::to_string(value).expect("values have no parts that cannot be JSON")
}

/// A message body as histories show it: its own keys become keywords, those inside its fields stay strings. `:type` comes
/// first and `:in_reply_to` last, the others between them in order.
pub fn keywordize(body: Value) -> Value {
    let Value::Map(entries) = body else { return body };
    let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (keyword(key), value)).collect();
    entries.sort_by_key(|(key, _)| match key.as_name() {
        Some("type") => 0,
        Some("in_reply_to") => 2,
        _ => 1,
    });
    Value::Map(entries)
}

fn keyword(key: Value) -> Value {
    match key {
        Value::Text(text) => Value::Keyword(Cow::Owned(text.to_string())),
        other => other,
    }
}

/// Numbers in the order in which they stand in a text.
#[derive(Default)]
struct Numbers<'t> {
    /// How many have been read.
    seen: usize,
    /// Those that are read from their own words, each with how many numbers stand before it.
    aside: VecDeque<(usize, &'t str)>,
}

impl Numbers<'_> {
    /// The next number: this one, unless another was set aside in its place.
    fn take(&mut self, integer: i64) -> Value {
        let place = self.seen;
        self.seen += 1;
        let is_aside = self.aside.front().is_some_and(|(at, _)| *at == place);
        match is_aside.then(|| self.aside.pop_front()).flatten() {
            Some((_, digits)) if digits.contains(['.', 'e', 'E']) => {
                Value::Float(digits.parse().unwrap_or(f64::NAN))
            }
            Some((_, digits)) => Value::from_digits(digits),
            None => Value::Integer(integer),
        }
    }
}

/// The text with zeros in place of all numbers but short integers, and those numbers.
fn set_aside(text: &str) -> (String, Vec<(usize, &str)>) {
    let (mut plain, mut aside) = (String::with_capacity(text.len()), Vec::new());
    let (mut copied, mut at, mut count) = (0, 0, 0);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let end = at + bytes[at..].iter().take_while(is_part).count();
                if needs_care(&text[at..end]) {
                    plain.extend([&text[copied..at], "0"]);
                    aside.push((count, &text[at..end]));
                    copied = end;
                }
                (at, count) = (end, count + 1);
            }
            _ => at += 1,
        }
    }
    plain.push_str(&text[copied..]);
    (plain, aside)
}

/// Behind the string that begins here.
fn end_of_string(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Whether this is a number (RFC 8259, section 6) that is no short integer. What is no number at all is left to the reader.
fn needs_care(token: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = token.split_once(['e', 'E']).map_or((token, None), |(n, e)| (n, Some(e)));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(w, f)| (w, Some(f)));
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = digits(unsigned)
        && (unsigned == "0" || !unsigned.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    let is_short = fraction.is_none() && exponent.is_none() && unsigned.len() <= 18 && token != "-0";
    is_number && !is_short
}

/// Reads a value. A number that needs care and was not set aside is an error.
struct Reader<'n, 't>(&'n mut Numbers<'t>);

impl<'de> DeserializeSeed<'de> for Reader<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("JSON whose numbers are integers of at most 64 bits")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<Value, E> {
        Ok(self.0.take(integer))
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Value, E> {
        let integer = i64::try_from(integer).map_err(|_| E::custom("needs the exact pass"))?;
        Ok(self.0.take(integer))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(E::custom("needs the exact pass"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element_seed(Reader(self.0))? {
            elements.push(element);
        }
        Ok(Value::Vector(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            entries.insert(key, map.next_value_seed(Reader(self.0))?);
        }
        Ok(Value::Map(entries.into_iter().map(|(key, value)| (Value::text(key), value)).collect()))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Nil => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Integer(integer) => serializer.serialize_i64(*integer),
            Value::BigInteger(digits) => {
                let digits = RawValue::from_string(digits.to_string()).map_err(serde::ser::Error::custom)?;
                digits.serialize(serializer)
            }
            Value::Float(float) => serializer.serialize_f64(*float),
            Value::Text(text) | Value::Symbol(text) => serializer.serialize_str(text),
            Value::Keyword(name) => serializer.serialize_str(name),
            Value::List(elements) | Value::Vector(elements) | Value::Set(elements) => {
                serializer.collect_seq(elements)
            }
            Value::Integers(integers) => serializer.collect_seq(integers.iter()),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    match key.as_name() {
                        Some(name) => map.serialize_entry(name, value)?,
                        None => map.serialize_entry(&key.to_string(), value)?,
                    }
                }
                map.end()
            }
            Value::Tagged(tagged) => tagged.1.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_reads(json: &str, edn: &str) {
        assert_eq!(parse(json).unwrap().to_string(), edn);
    }

    #[test]
    fn integers_of_any_length_are_exact_and_never_floats() {
        assert_reads("9223372036854775807", "9223372036854775807");
        assert_reads("9223372036854775808", "9223372036854775808N");
        assert_reads("[1, 100000000000000000000000000001]", "[1 100000000000000000000000000001N]");
        assert_reads("{\"a\": [-9223372036854775809]}", "{\"a\" [-9223372036854775809N]}");
        assert_reads("-0", "0");
    }

    #[test]
    fn floats_are_never_integers_and_are_rounded_correctly() {
        assert_reads("[1.0, 1e2, 1e300, 1E999]", "[1.0 100.0 1.0E300 ##Inf]");
        let Value::Float(float) = parse("8.41e21").unwrap() else { panic!("not a float") };
        assert_eq!(float.to_bits(), 8.41e21f64.to_bits());
    }

    #[test]
    fn objects_are_sorted_and_the_last_of_equal_keys_wins() {
        let sorted = "{\"a\" {\"x\" nil, \"y\" true}, \"b\" 3}";
        assert_reads("{\"b\":1,\"a\":{\"y\":true,\"x\":null},\"b\":3}", sorted);
        // The same by way of the exact pass.
        assert_reads("[{\"b\":1.5,\"a\":{\"y\":true,\"x\":null},\"b\":3}]", &format!("[{sorted}]"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "[1,]", "[1.5,]", "{1:2}", "01", "1.", "nul", "\"a", "1 2", "[0.5] 2"] {
            assert!(parse(text).is_err(), "{text} was read");
        }
    }

    #[test]
    fn no_depth_of_nesting_exhausts_the_stack() {
        assert!(parse(&"[".repeat(200_000)).is_err());
        assert!(parse(&format!("{}0.5{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
        assert!(parse(&format!("{}0.5{}", "[".repeat(100), "]".repeat(100))).is_ok());
    }

    #[test]
    fn numbers_that_need_care_are_told_from_what_looks_like_them() {
        assert_reads(
            "{\"1.5\":\"-2.5\\\"3.5\",\"b\":[-0,7,1.50,-1E-2,8]}",
            "{\"1.5\" \"-2.5\\\"3.5\", \"b\" [0 7 1.5 -0.01 8]}",
        );
        for text in [
            "[1.5, 01.5]",
            "[1.5, .5]",
            "[1.5, 1.e5]",
            "[1.5, 1e]",
            "[1.5, 1-2]",
            "[1.5, --1]",
            "[1.5, +1]",
            "[1.5, \"]",
        ] {
            assert!(parse(text).is_err(), "{text} was read");
        }
    }

    /// What is left unread is nobody's work: a level more is not a pass more.
    #[test]
    fn deep_and_long_texts_are_read_in_linear_time() {
        let nested = |inner: &str| format!("[0.5,{}{inner}{}]", "[".repeat(120), "]".repeat(120));
        let long = "1,".repeat(2_000_000) + "1";
        let (shallow, deep) = (format!("[0.5,{long}]"), nested(&long));
        assert!(parse(&shallow).is_ok() && parse(&deep).is_ok());
        assert!(parse(&"[".repeat(20_000_000)).is_err());
        assert!(parse(&format!("[0.5,{}", "[".repeat(20_000_000))).is_err());
    }

    #[test]
    fn a_body_prints_as_histories_show_it() {
        let body = parse(r#"{"in_reply_to":1,"echo":{"a":1},"type":"echo_ok"}"#).unwrap();
        assert_eq!(keywordize(body).to_string(), r#"{:type "echo_ok", :echo {"a" 1}, :in_reply_to 1}"#);
    }

    #[test]
    fn values_become_json_again() {
        let value = Value::map([
            ("valid?", Value::keyword("unknown")),
            ("range", Value::Vector(vec![Value::from_digits("18446744073709551616"), Value::Float(0.5)])),
            ("by", Value::Map(vec![(Value::Float(0.5), Value::Nil), (3.into(), "x".into())])),
        ]);
        let json = r#"{"valid?":"unknown","range":[18446744073709551616,0.5],"by":{"0.5":null,"3":"x"}}"#;
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
    }

    #[test]
    fn an_infinite_number_becomes_null() {
        assert_eq!(serde_json::to_string(&Value::Float(f64::INFINITY)).unwrap(), "null");
    }
}
