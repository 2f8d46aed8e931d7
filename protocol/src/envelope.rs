//! The envelope: one message a line, `{"src":…,"dest":…,"body":{"type":…,"msg_id":…,"in_reply_to":…,…}}`
//! (Maelstrom `doc/protocol.md`, "Messages").
//!
//! Decoding goes on as long as the line is JSON, whatever its shape: what is of the wrong shape is noted and skipped,
//! so that even a bad message mostly tells whom to send the error.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use crate::json::{FromJson, Json, Text, ToJson};
use crate::vocabulary::{Encode, Unfit};

/// A message number: any integer of 64 bits, signed or not.
pub type MessageId = i128;

/// A message, borrowed from its line.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Who sent it.
    pub src: Text<'a>,
    /// Whom it is for.
    pub dest: Text<'a>,
    /// What it says.
    pub body: Body<'a>,
}

/// The body of a message: what all bodies have, and the other fields as they came.
#[derive(Clone, Debug, Default)]
pub struct Body<'a> {
    kind: Option<Text<'a>>,
    /// The sender's number for this message, which a reply must name.
    pub msg_id: Option<MessageId>,
    /// The number of the message that this one answers.
    pub in_reply_to: Option<MessageId>,
    fields: SmallVec<[(Text<'a>, Json<'a>); 4]>,
}

/// A line that is not a message, and what could be made out of it all the same.
#[derive(Debug)]
pub struct Broken<'a> {
    /// What is wrong.
    pub problem: Problem,
    /// The sender, if there is one.
    pub src: Option<Text<'a>>,
    /// The receiver, if there is one.
    pub dest: Option<Text<'a>>,
    /// The message's number, if it has one.
    pub msg_id: Option<MessageId>,
    /// Whether it is an answer or an error, which nobody should answer in turn.
    pub is_answer: bool,
}

/// What is wrong with a line.
#[derive(Debug)]
pub enum Problem {
    /// It is not JSON; the text says where.
    Syntax(serde_json::Error),
    /// It is JSON, but not an object.
    NotAnObject,
    /// This key is missing or of the wrong type.
    BadKey(&'static str),
}

impl<'a> Message<'a> {
    /// Reads a line. Anything but exactly one JSON object of the right shape, white space around it aside, is broken.
    pub fn decode(line: &'a [u8]) -> Result<Message<'a>, Broken<'a>> {
        let mut parts = Parts::default();
        let mut deserializer = serde_json::Deserializer::from_slice(line);
        let outcome =
            Object(EnvelopeEntry(&mut parts)).deserialize(&mut deserializer).and_then(|is_object| {
                parts.is_object = is_object;
                deserializer.end()
            });
        match outcome {
            Ok(()) => parts.into_message(),
            Err(error) => Err(parts.into_broken(Problem::Syntax(error))),
        }
    }
}

impl<'a> Body<'a> {
    /// The body's `type`.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    /// The field under `key`, as a `T`. Of a repeated key the last one counts.
    pub fn field<T: FromJson<'a>>(&self, key: &'static str) -> Result<T, Unfit> {
        match self.fields.iter().rev().find(|(name, _)| **name == *key) {
            Some((_, json)) => T::from_json(*json),
            None => T::absent(),
        }
        .ok_or(Unfit::BadField(key))
    }

    /// All fields but `type`, `msg_id` and `in_reply_to`, as written.
    pub fn fields(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.fields.iter().map(|(key, json)| (&**key, *json))
    }

    /// Appends `,"key":value` unless the value counts as absent.
    pub fn write_field(key: &'static str, value: &impl ToJson, out: &mut Vec<u8>) {
        if value.is_absent() {
            return;
        }
        out.extend_from_slice(b",\"");
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\":");
        value.to_json(out);
    }
}

/// Appends a message as a line, newline included.
pub fn write_message(
    (src, dest): (&str, &str),
    (msg_id, in_reply_to): (Option<MessageId>, Option<MessageId>),
    body: &impl Encode,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"src\":");
    src.to_json(out);
    out.extend_from_slice(b",\"dest\":");
    dest.to_json(out);
    out.extend_from_slice(b",\"body\":{\"type\":\"");
    out.extend_from_slice(body.kind().as_bytes());
    out.push(b'"');
    Body::write_field("msg_id", &msg_id, out);
    Body::write_field("in_reply_to", &in_reply_to, out);
    body.encode_fields(out);
    out.extend_from_slice(b"}}\n");
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Syntax(error) => write!(f, "not JSON: {error}"),
            Problem::NotAnObject => f.write_str("not a JSON object"),
            Problem::BadKey(key) => write!(f, "`{key}` is missing or of the wrong type"),
        }
    }
}

impl fmt::Display for Broken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

/// What has been read so far, right or wrong.
#[derive(Default)]
struct Parts<'a> {
    src: Option<Text<'a>>,
    dest: Option<Text<'a>>,
    body: Body<'a>,
    problem: Option<Problem>,
    is_object: bool,
    has_body: bool,
}

impl<'a> Parts<'a> {
    fn into_message(mut self) -> Result<Message<'a>, Broken<'a>> {
        let problem = match self.problem.take() {
            _ if !self.is_object => Some(Problem::NotAnObject),
            None if self.has_body && self.body.kind.is_none() => Some(Problem::BadKey("type")),
            None if !self.has_body => Some(Problem::BadKey("body")),
            problem => problem,
        };
        match (self.src, self.dest, problem) {
            (Some(src), Some(dest), None) => Ok(Message { src, dest, body: self.body }),
            (src, dest, problem) => {
                let absent = if src.is_none() { "src" } else { "dest" };
                Err(Parts { src, dest, ..self }.into_broken(problem.unwrap_or(Problem::BadKey(absent))))
            }
        }
    }

    fn into_broken(self, problem: Problem) -> Broken<'a> {
        let is_answer = self.body.in_reply_to.is_some() || self.body.kind() == "error";
        Broken { problem, src: self.src, dest: self.dest, msg_id: self.body.msg_id, is_answer }
    }

    /// The string that `json` should be.
    fn text(&mut self, key: &'static str, json: Json<'a>) -> Option<Text<'a>> {
        self.note(key, Text::from_json(json))
    }

    /// The message number that `json` should be.
    fn id(&mut self, key: &'static str, json: Json<'a>) -> Option<MessageId> {
        let sign = json.as_str().starts_with('-') as usize;
        let is_64_bits = json.as_str().len() - sign <= 20;
        self.note(key, MessageId::from_json(json).filter(|_| is_64_bits))
    }

    fn note<T>(&mut self, key: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.problem.get_or_insert(Problem::BadKey(key));
        }
        value
    }
}

/// Where the entries of an object go.
trait Entry<'de> {
    fn read<A: MapAccess<'de>>(&mut self, key: Text<'de>, map: &mut A) -> Result<(), A::Error>;
}

struct EnvelopeEntry<'p, 'a>(&'p mut Parts<'a>);

impl<'de> Entry<'de> for EnvelopeEntry<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, key: Text<'de>, map: &mut A) -> Result<(), A::Error> {
        let parts = &mut *self.0;
        match &*key {
            "src" => parts.src = parts.text("src", map.next_value()?),
            "dest" => parts.dest = parts.text("dest", map.next_value()?),
            "body" => {
                parts.body = Body::default();
                parts.has_body = map.next_value_seed(Object(BodyEntry(parts)))?;
            }
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

struct BodyEntry<'p, 'a>(&'p mut Parts<'a>);

impl<'de> Entry<'de> for BodyEntry<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, key: Text<'de>, map: &mut A) -> Result<(), A::Error> {
        let parts = &mut *self.0;
        match &*key {
            "type" => parts.body.kind = parts.text("type", map.next_value()?),
            "msg_id" => parts.body.msg_id = parts.id("msg_id", map.next_value()?),
            "in_reply_to" => parts.body.in_reply_to = parts.id("in_reply_to", map.next_value()?),
            _ => parts.body.fields.push((key, map.next_value()?)),
        }
        Ok(())
    }
}

/// An object whose entries go to `E`; yields whether it was an object at all. Anything else is skipped.
struct Object<E>(E);

impl<'de, E: Entry<'de>> DeserializeSeed<'de> for Object<E> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: Entry<'de>> Visitor<'de> for Object<E> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<bool, A::Error> {
        while let Some(key) = map.next_key()? {
            self.0.read(key, &mut map)?;
        }
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_str<X>(self, _: &str) -> Result<bool, X> {
        Ok(false)
    }

    fn visit_u64<X>(self, _: u64) -> Result<bool, X> {
        Ok(false)
    }

    fn visit_i64<X>(self, _: i64) -> Result<bool, X> {
        Ok(false)
    }

    fn visit_f64<X>(self, _: f64) -> Result<bool, X> {
        Ok(false)
    }

    fn visit_bool<X>(self, _: bool) -> Result<bool, X> {
        Ok(false)
    }

    fn visit_unit<X>(self) -> Result<bool, X> {
        Ok(false)
    }
}
