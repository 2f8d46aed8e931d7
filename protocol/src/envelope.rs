//! The envelope: one message a line, `{"src":…,"dest":…,"body":{"type":…,"msg_id":…,"in_reply_to":…,…}}`
//! (Maelstrom `doc/protocol.md`, "Messages").
//!
//! Decoding goes on as long as the line is JSON, whatever its shape: what is of the wrong shape is noted and skipped,
//! so that even a bad message mostly tells whom to send the error.

mod scan;

use alloc::vec::Vec;
use core::fmt;
use core::mem;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::de::Read;
use smallvec::SmallVec;

use crate::json::Json;
use crate::shapes::{FromJson, Text, ToJson};

/// A message number: any integer of 64 bits, signed or not.
pub type MessageId = i128;

/// A message, borrowed from its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Who sent it.
    pub src: Text<'a>,
    /// Whom it is for.
    pub dest: Text<'a>,
    /// What it says.
    pub body: Body<'a>,
}

/// The body of a message: what all bodies have, and the other fields as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    kind: Text<'a>,
    /// The sender's number for this message, which a reply must name.
    pub msg_id: Option<MessageId>,
    /// The number of the message that this one answers.
    pub in_reply_to: Option<MessageId>,
    fields: Fields<'a>,
    /// How deep the deepest of them is nested, if that is deeper than ordinary messages are.
    depth: Option<usize>,
}

/// A field of what a client asks is nested at most so deep. What nodes make of it, for each other and for other clients, wraps
/// a value in up to four levels more, and that must stay within [`MAX_DEPTH`].
pub const MAX_REQUEST_DEPTH: usize = 100;

/// A field of any message is nested at most so deep. With envelope and body around it that is as deep as serde_json reads,
/// 127 levels, and of the readers in wide use it is the one that gives up first: what is deeper than that could be stored
/// and sent, but not be read.
pub const MAX_DEPTH: usize = 125;

type Fields<'a> = SmallVec<[(Text<'a>, Json<'a>); 4]>;

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

/// A body is not in a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// No message has this type.
    UnknownType,
    /// The type is known, but this field is missing or of another shape.
    BadField(&'static str),
    /// A field is nested deeper than it may be.
    TooDeep {
        /// So deep.
        depth: usize,
        /// It may be so deep.
        limit: usize,
    },
}

impl<'a> Message<'a> {
    /// Reads a line. Anything but exactly one JSON object of the right shape, white space around it aside, is broken.
    pub fn decode(line: &'a [u8]) -> Result<Message<'a>, Broken<'a>> {
        // One look at all of the line is cheaper than one at each string.
        match str::from_utf8(line).ok().and_then(scan::message) {
            Some(message) => Ok(message),
            None => Message::decode_by_serde(line),
        }
    }

    /// Reads a line of any kind with serde_json, which decides what a message is. [`Message::decode`] does the same, but
    /// takes a short cut where it can.
    #[cold]
    pub fn decode_by_serde(line: &'a [u8]) -> Result<Message<'a>, Broken<'a>> {
        let mut parts = Parts::default();
        // What is no text all the way is read as far as it is.
        let outcome = match str::from_utf8(line) {
            Ok(text) => parts.read(serde_json::Deserializer::from_str(text)),
            Err(_) => parts.read(serde_json::Deserializer::from_slice(line)),
        };
        match outcome {
            Ok(()) => parts.into_message(),
            Err(error) => {
                if error.is_eof() {
                    parts.distrust_last_number(line);
                }
                Err(parts.into_broken(Problem::Syntax(error)))
            }
        }
    }
}

impl<'a> Body<'a> {
    /// The body's `type`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The field under `key`, as a `T`. Of a repeated key the last one counts.
    pub fn field<T: FromJson<'a>>(&self, key: &'static str) -> Result<T, Unfit> {
        match self.fields.iter().rev().find(|(name, _)| **name == *key) {
            Some((_, json)) => json.parse(),
            None => T::absent(),
        }
        .ok_or(Unfit::BadField(key))
    }

    /// Sees that no field is nested deeper than `limit`, which is [`MAX_REQUEST_DEPTH`] or [`MAX_DEPTH`].
    pub fn within(&self, limit: usize) -> Result<(), Unfit> {
        match self.depth.filter(|&depth| depth > limit) {
            Some(depth) => Err(Unfit::TooDeep { depth, limit }),
            None => Ok(()),
        }
    }

    /// All fields but `type`, `msg_id` and `in_reply_to`, as written.
    pub fn fields(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.fields.iter().map(|(key, json)| (&**key, *json))
    }

    /// Appends a field unless its value counts as absent. The key comes as written, `,"key":`, since one piece is written
    /// faster than three.
    #[inline]
    pub fn write_field(key: &'static str, value: &impl ToJson, out: &mut Vec<u8>) {
        if !value.is_absent() {
            out.extend_from_slice(key.as_bytes());
            value.to_json(out);
        }
    }
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

/// What has been read so far, as written: of a repeated key the last one counts, so nothing is judged before the end.
#[derive(Default)]
struct Parts<'a> {
    is_object: bool,
    has_body: bool,
    src: Option<Json<'a>>,
    dest: Option<Json<'a>>,
    kind: Option<Json<'a>>,
    msg_id: Option<Json<'a>>,
    in_reply_to: Option<Json<'a>>,
    fields: Fields<'a>,
}

impl<'a> Parts<'a> {
    fn read<R: Read<'a>>(&mut self, mut line: serde_json::Deserializer<R>) -> serde_json::Result<()> {
        self.is_object = Object(EnvelopeEntry(self)).deserialize(&mut line)?;
        line.end()
    }

    fn into_message(mut self) -> Result<Message<'a>, Broken<'a>> {
        self.message().map_err(|problem| self.into_broken(problem))
    }

    fn message(&mut self) -> Result<Message<'a>, Problem> {
        if !self.is_object {
            return Err(Problem::NotAnObject);
        }
        let src = text("src", self.src)?;
        let dest = text("dest", self.dest)?;
        if !self.has_body {
            return Err(Problem::BadKey("body"));
        }
        let body = Body {
            kind: text("type", self.kind)?,
            msg_id: number("msg_id", self.msg_id)?,
            in_reply_to: number("in_reply_to", self.in_reply_to)?,
            depth: self
                .fields
                .iter()
                .map(|(_, json)| json.depth())
                .max()
                .filter(|&depth| depth > scan::MAX_LEVELS),
            fields: mem::take(&mut self.fields),
        };
        Ok(Message { src, dest, body })
    }

    fn into_broken(self, problem: Problem) -> Broken<'a> {
        let is_error = text("type", self.kind).is_ok_and(|kind| &*kind == "error");
        Broken {
            problem,
            src: text("src", self.src).ok(),
            dest: text("dest", self.dest).ok(),
            msg_id: number("msg_id", self.msg_id).ok().flatten(),
            is_answer: is_error || self.in_reply_to.is_some_and(|id| id != Json::NULL),
        }
    }

    /// Forgets a body, as another one follows.
    fn clear_body(&mut self) {
        let Parts { is_object, src, dest, .. } = mem::take(self);
        *self = Parts { is_object, src, dest, ..Parts::default() };
    }

    /// The line ended too early. If it ended in a number, that may have lost digits: no number is better than a wrong one.
    fn distrust_last_number(&mut self, line: &[u8]) {
        if line.trim_ascii_end().last().is_some_and(u8::is_ascii_digit) {
            self.msg_id = None;
        }
    }
}

/// The string that must be under `key`.
fn text<'a>(key: &'static str, json: Option<Json<'a>>) -> Result<Text<'a>, Problem> {
    json.and_then(Json::parse).ok_or(Problem::BadKey(key))
}

/// The message number that may be under `key`. `null` counts as absent: the services answer a message without a number
/// that way.
fn number(key: &'static str, json: Option<Json<'_>>) -> Result<Option<MessageId>, Problem> {
    let Some(json) = json.filter(|&json| json != Json::NULL) else { return Ok(None) };
    let id = json.parse::<i64>().map(MessageId::from).or_else(|| json.parse::<u64>().map(MessageId::from));
    id.map(Some).ok_or(Problem::BadKey(key))
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
            "src" => parts.src = Some(map.next_value()?),
            "dest" => parts.dest = Some(map.next_value()?),
            "body" => {
                parts.clear_body();
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
            "type" => parts.kind = Some(map.next_value()?),
            "msg_id" => parts.msg_id = Some(map.next_value()?),
            "in_reply_to" => parts.in_reply_to = Some(map.next_value()?),
            _ => parts.fields.push((key, map.next_value()?)),
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
