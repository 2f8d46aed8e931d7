//! JSON to values and back.
//!
//! Numbers are where JSON readers cheat: many turn a long integer into a float. Two different ids would then look the same,
//! and a verdict would be wrong. Here integers of up to 64 bits, which is to say nearly all, are read in one fast pass;
//! that pass gives up at the first other number, and a second, exact one starts over from the text itself.

use super::Value;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

/// Arrays and objects nested deeper than this are refused, as serde_json itself does.
const MAX_DEPTH: usize = 127;

/// Reads a JSON text. Objects become maps sorted by key, in which a repeated key has its last value.
pub fn parse(text: &str) -> Result<Value, serde_json::Error> {
    match serde_json::from_str::<Fast>(text) {
        Ok(Fast(value)) => Ok(value),
        Err(_) => exact(serde_json::from_str(text)?, 0),
    }
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

/// A value without numbers that need care.
struct Fast(Value);

impl<'de> Deserialize<'de> for Fast {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fast, D::Error> {
        deserializer.deserialize_any(FastVisitor).map(Fast)
    }
}

struct FastVisitor;

impl<'de> Visitor<'de> for FastVisitor {
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
        Ok(Value::Integer(integer))
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Value, E> {
        i64::try_from(integer).map(Value::Integer).map_err(|_| E::custom("needs the exact pass"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(E::custom("needs the exact pass"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(Fast(element)) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Value::Vector(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, Fast(value))) = map.next_entry::<String, Fast>()? {
            entries.insert(key, value);
        }
        Ok(Value::Map(entries.into_iter().map(|(key, value)| (Value::text(key), value)).collect()))
    }
}

/// Reads `raw` number by number. Each level scans its text once more, so the cost is bounded by size times `MAX_DEPTH`.
fn exact(raw: &RawValue, depth: usize) -> Result<Value, serde_json::Error> {
    if depth > MAX_DEPTH {
        return Err(serde_json::Error::custom("nested too deeply"));
    }
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text)?;
            elements
                .into_iter()
                .map(|element| exact(element, depth + 1))
                .collect::<Result<_, _>>()
                .map(Value::Vector)
        }
        Some(b'{') => {
            let entries: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            let entries =
                entries.into_iter().map(|(key, value)| Ok((Value::text(key), exact(value, depth + 1)?)));
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        Some(b'-' | b'0'..=b'9') => number(text),
        _ => serde_json::from_str::<Fast>(text).map(|Fast(value)| value),
    }
}

fn number(text: &str) -> Result<Value, serde_json::Error> {
    if text.contains(['.', 'e', 'E']) {
        text.parse().map(Value::Float).map_err(serde_json::Error::custom)
    } else {
        Ok(Value::from_digits(text))
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
