//! The lines on a node's stdin and stdout (Maelstrom behaviour §3.2, §3.4, §3.5).
//!
//! A body passes through byte for byte: what one node wrote is what the other one reads, numbers of any length included.

use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A message as a node wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outgoing<'a> {
    pub(super) src: Cow<'a, str>,
    pub(super) dest: Cow<'a, str>,
    pub(super) body: &'a str,
    /// There is something behind the message.
    pub(super) has_more: bool,
}

/// Why a line is no message. In Maelstrom, and so here, nothing that the node writes after it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadLine {
    /// Not JSON.
    NotJson(String),
    /// JSON, but not of a message's shape.
    Malformed(String),
    /// `src` is nobody in this network.
    UnknownSource(String),
    /// `dest` is nobody in this network, and never was.
    UnknownDestination(String),
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadLine::NotJson(why) => write!(
                f,
                "it is not JSON ({why}). Only messages may go to stdout, one JSON object a line; write all else to stderr"
            ),
            BadLine::Malformed(why) => write!(
                f,
                "it is not a message ({why}). A message is an object with the keys `src`, `dest` (strings) and `body` \
                 (an object)"
            ),
            BadLine::UnknownSource(name) => {
                write!(f, "its `src` is {name:?}, and nobody here is called that")
            }
            BadLine::UnknownDestination(name) => {
                write!(f, "its `dest` is {name:?}, and nobody here is called that")
            }
        }
    }
}

/// Reads a line of a node's stdout. Only its first JSON value counts, as in Maelstrom.
pub(super) fn read(line: &[u8]) -> Result<Outgoing<'_>, BadLine> {
    let mut input = serde_json::Deserializer::from_slice(line);
    let envelope = Envelope::deserialize(&mut input).map_err(|error| {
        if error.is_data() && std::str::from_utf8(line).is_ok() {
            BadLine::Malformed(error.to_string())
        } else {
            BadLine::NotJson(hint(line).unwrap_or_else(|| error.to_string()))
        }
    })?;
    let missing = |key| BadLine::Malformed(format!("it has no `{key}`"));
    let src = envelope.src.ok_or_else(|| missing("src"))?;
    let dest = envelope.dest.ok_or_else(|| missing("dest"))?;
    let body = match envelope.body.map(RawValue::get) {
        None | Some("null") => "{}",
        Some(body) if body.starts_with('{') => body,
        Some(_) => return Err(BadLine::Malformed("its `body` is not an object".into())),
    };
    Ok(Outgoing { src, dest, body, has_more: input.end().is_err() })
}

/// What is wrong with a line that is not JSON, if it is one of the usual slips.
fn hint(line: &[u8]) -> Option<String> {
    if line.starts_with(b"\xef\xbb\xbf") {
        return Some(
            "it begins with a byte order mark, EF BB BF, which is not shown: write UTF-8 without one".into(),
        );
    }
    let text = match std::str::from_utf8(line) {
        Ok(text) => text.trim(),
        Err(error) => {
            let place = error.valid_up_to();
            return Some(format!("byte {} of it, {:#04x}, is not UTF-8", place + 1, line[place]));
        }
    };
    let hint = match text {
        "" => "the line is empty",
        "{" | "[" => "the line ends there: a message must be on one line, not pretty-printed",
        _ if text.starts_with("{'") => "single quotes: that is a Python dict, which json.dumps makes JSON of",
        _ if ["NaN", "Infinity"].iter().any(|word| text.contains(word)) => "JSON has no NaN and no Infinity",
        _ => return None,
    };
    Some(hint.into())
}

/// The line that a node reads.
pub(super) fn write(id: u64, src: &str, dest: &str, body: &str) -> Vec<u8> {
    const PUNCTUATION: usize = r#"{"id":18446744073709551615,"src":"","dest":"","body":}"#.len() + 1;
    let mut line = Vec::with_capacity(PUNCTUATION + src.len() + dest.len() + body.len());
    line.extend_from_slice(b"{\"id\":");
    line.extend_from_slice(id.to_string().as_bytes());
    line.extend_from_slice(b",\"src\":");
    write_name(&mut line, src);
    line.extend_from_slice(b",\"dest\":");
    write_name(&mut line, dest);
    line.extend_from_slice(b",\"body\":");
    line.extend_from_slice(body.as_bytes());
    line.extend_from_slice(b"}\n");
    line
}

fn write_name(line: &mut Vec<u8>, name: &str) {
    serde_json::to_writer(line, name).expect("a string is written to memory");
}

#[derive(Default)]
struct Envelope<'a> {
    src: Option<Cow<'a, str>>,
    dest: Option<Cow<'a, str>>,
    body: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// A closed schema; the last of several equal keys counts.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "src" => envelope.src = Some(map.next_value::<Text<'de>>()?.0),
                "dest" => envelope.dest = Some(map.next_value::<Text<'de>>()?.0),
                "body" => envelope.body = Some(map.next_value()?),
                "id" if is_integer(map.next_value::<&RawValue>()?.get()) => {}
                "id" => return Err(de::Error::custom("its `id` is not an integer")),
                other => {
                    return Err(de::Error::custom(format_args!("there is no place for a key {other:?}")));
                }
            }
        }
        Ok(envelope)
    }
}

/// A string, borrowed unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

fn is_integer(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(line: &str) -> Result<String, BadLine> {
        read(line.as_bytes()).map(|message| message.body.to_owned())
    }

    #[test]
    fn a_body_passes_through_byte_for_byte() {
        let text = r#"{ "type": "x",  "n": 100000000000000000000000.50, "a":1, "a":2, "s":"\u00e9" }"#;
        assert_eq!(body(&format!(r#"{{"src":"n1","dest":"n2","body":{text}}}"#)).as_deref(), Ok(text));
    }

    #[test]
    fn a_missing_or_null_body_is_an_empty_one() {
        assert_eq!(body(r#"{"src":"n1","dest":"n2"}"#).as_deref(), Ok("{}"));
        assert_eq!(body(r#"{"src":"n1","dest":"n2","body":null}"#).as_deref(), Ok("{}"));
    }

    #[test]
    fn only_the_first_value_of_a_line_counts() {
        assert_eq!(body(r#" {"src":"n1","dest":"n2","body":{}} trailing { text"#).as_deref(), Ok("{}"));
    }

    #[test]
    fn an_id_may_be_any_integer_and_nothing_else() {
        for id in ["0", "-1", "123456789012345678901234567890"] {
            assert!(body(&format!(r#"{{"id":{id},"src":"a","dest":"b","body":{{}}}}"#)).is_ok(), "{id}");
        }
        for id in ["null", "1.0", "1e3", "\"1\"", "[]"] {
            let refused = body(&format!(r#"{{"id":{id},"src":"a","dest":"b","body":{{}}}}"#));
            assert!(matches!(refused, Err(BadLine::Malformed(_))), "{id}: {refused:?}");
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_names_may_be_escaped() {
        let line = br#"{"src":"x","dest":"b","src":"n\u0031"}"#;
        assert_eq!(read(line).map(|message| message.src.into_owned()).as_deref(), Ok("n1"));
    }

    #[test]
    fn what_is_no_message_is_told_apart_from_what_is_not_json() {
        for line in ["", "  ", "hello", "{\"src\":", "{\"src\":\"a\",}"] {
            assert!(matches!(body(line), Err(BadLine::NotJson(_))), "{line:?}");
        }
        for line in [
            "1 {}",
            "[]",
            "null",
            r#"{"dest":"b","body":{}}"#,
            r#"{"src":"a","body":{}}"#,
            r#"{"src":1,"dest":"b","body":{}}"#,
            r#"{"src":null,"dest":"b","body":{}}"#,
            r#"{"src":"a","dest":"b","body":[]}"#,
            r#"{"src":"a","dest":"b","body":"x"}"#,
            r#"{"src":"a","dest":"b","body":{},"extra":1}"#,
        ] {
            assert!(matches!(body(line), Err(BadLine::Malformed(_))), "{line:?}: {:?}", body(line));
        }
    }

    #[test]
    fn usual_slips_are_called_by_their_names() {
        let why = |line: &[u8]| read(line).unwrap_err().to_string();
        assert!(why(b"\xef\xbb\xbf{}").contains("byte order mark"));
        assert!(why(b"{\"src\":\"\xff\"}").contains("byte 9 of it, 0xff, is not UTF-8"));
        assert!(why(b"{").contains("on one line"));
        assert!(why(b"{'src': 'n0'}").contains("json.dumps"));
        assert!(why(br#"{"src":"n0","dest":"c1","body":{"echo":NaN}}"#).contains("NaN"));
        assert!(["", "{", "debug"].iter().all(|line| why(line.as_bytes()).contains("not JSON")));
        let sent = |line: &str| read(line.as_bytes()).unwrap().has_more;
        assert!(sent(r#"{"src":"a","dest":"b"}{"src":"a","dest":"b"}"#));
        assert!(!sent("{\"src\":\"a\",\"dest\":\"b\"} \r"));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_an_error_and_not_a_panic() {
        assert!(read(b"{\"src\":\"\xff\",\"dest\":\"b\",\"body\":{}}").is_err());
        assert!(read(b"{\"src\":\"a\",\"dest\":\"b\",\"body\":{\"x\":\"\xff\"}}").is_err());
    }

    #[test]
    fn a_line_for_a_node_carries_the_id() {
        let line = write(17, "c3", "n\"1", r#"{"type":"echo"}"#);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"id\":17,\"src\":\"c3\",\"dest\":\"n\\\"1\",\"body\":{\"type\":\"echo\"}}\n"
        );
    }
}
