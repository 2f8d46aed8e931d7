//! The few shapes of JSON that the vocabularies are made of, and how each is read and written.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::iter;
use core::ops::Deref;

use serde::de::{Deserialize, Deserializer, Visitor};
use smallvec::SmallVec;

use crate::cursor::Cursor;
use crate::find::plain_length;
use crate::json::Json;

impl<'a> Json<'a> {
    /// The value as a `T`, if it is one.
    pub fn parse<T: FromJson<'a>>(self) -> Option<T> {
        T::from_json(self)
    }

    /// The elements, if it is an array.
    pub fn elements(self) -> Option<impl Iterator<Item = Json<'a>>> {
        let mut cursor = Cursor::new(self);
        cursor.enter(b'[')?;
        Some(iter::from_fn(move || if cursor.goes_on(b']') { cursor.value() } else { None }).fuse())
    }
}

/// A string: a slice of the line, or its own if it was written with escapes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(Cow::Borrowed(text))
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// A JSON array of `T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub SmallVec<[T; 8]>);

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = smallvec::IntoIter<[T; 8]>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        List(items.into_iter().collect())
    }
}

/// A JSON object with arbitrary keys, each with a `T`, in the order written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<'a, T>(pub SmallVec<[(Text<'a>, T); 8]>);

impl<'a, T> Deref for Entries<'a, T> {
    type Target = [(Text<'a>, T)];
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T> FromIterator<(Text<'a>, T)> for Entries<'a, T> {
    fn from_iter<I: IntoIterator<Item = (Text<'a>, T)>>(entries: I) -> Self {
        Entries(entries.into_iter().collect())
    }
}

/// What can stand as a field of a body, or within one.
pub trait FromJson<'a>: Sized {
    /// What a value is; `None` if it is of another shape.
    fn from_json(json: Json<'a>) -> Option<Self>;

    /// The same of the value that is next: what has an inside goes through it instead of first finding its end.
    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        Self::from_json(cursor.value()?)
    }

    /// What an absent field means; `None` if it must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// What can be written as a field of a body.
pub trait ToJson {
    /// Appends the JSON text.
    fn to_json(&self, out: &mut Vec<u8>);

    /// Whether the field is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<'a> FromJson<'a> for Json<'a> {
    fn from_json(json: Json<'a>) -> Option<Self> {
        Some(json)
    }
}

impl ToJson for Json<'_> {
    fn to_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

/// An optional field: absent and `null` mean the same.
impl<'a, T: FromJson<'a>> FromJson<'a> for Option<T> {
    fn from_json(json: Json<'a>) -> Option<Self> {
        if json == Json::NULL { Some(None) } else { T::from_json(json).map(Some) }
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.to_json(out),
            None => Json::NULL.to_json(out),
        }
    }
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

macro_rules! integers {
    ($($integer:ty)*) => { $(
        impl FromJson<'_> for $integer {
            fn from_json(json: Json<'_>) -> Option<Self> {
                json.as_str().parse().ok()
            }
        }

        impl ToJson for $integer {
            fn to_json(&self, out: &mut Vec<u8>) {
                match u64::try_from(*self) {
                    // Nearly all are, and short divisions are faster than long ones.
                    Ok(short) => out.extend_from_slice(itoa::Buffer::new().format(short).as_bytes()),
                    Err(_) => out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes()),
                }
            }
        }
    )* };
}
integers!(u64 i64 u32 u128 i128);

impl FromJson<'_> for bool {
    fn from_json(json: Json<'_>) -> Option<Self> {
        json.as_str().parse().ok()
    }
}

impl ToJson for bool {
    fn to_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl<'a> FromJson<'a> for Text<'a> {
    fn from_json(json: Json<'a>) -> Option<Self> {
        let inner = json.as_str().strip_prefix('"')?.strip_suffix('"')?;
        let is_escaped = inner.as_bytes().contains(&b'\\');
        if is_escaped { serde_json::from_str(json.as_str()).ok() } else { Some(Text::from(inner)) }
    }
}

impl ToJson for Text<'_> {
    fn to_json(&self, out: &mut Vec<u8>) {
        (**self).to_json(out);
    }
}

impl ToJson for str {
    fn to_json(&self, out: &mut Vec<u8>) {
        if plain_length(self.as_bytes()) < self.len() {
            return out.extend(serde_json::to_vec(self).expect("a string is always JSON"));
        }
        out.push(b'"');
        out.extend_from_slice(self.as_bytes());
        out.push(b'"');
    }
}

impl<'a, T: FromJson<'a>> FromJson<'a> for List<T> {
    fn from_json(json: Json<'a>) -> Option<Self> {
        Self::read(&mut Cursor::new(json))
    }

    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let mut list = SmallVec::new();
        cursor.enter(b'[')?;
        while cursor.goes_on(b']') {
            list.push(T::read(cursor)?);
        }
        Some(List(list))
    }
}

impl<T: ToJson> ToJson for List<T> {
    fn to_json(&self, out: &mut Vec<u8>) {
        sequence(b'[', b']', self.iter(), out, |element, out| element.to_json(out));
    }
}

impl<'a, T: FromJson<'a>> FromJson<'a> for Entries<'a, T> {
    fn from_json(json: Json<'a>) -> Option<Self> {
        Self::read(&mut Cursor::new(json))
    }

    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let mut entries = SmallVec::new();
        cursor.enter(b'{')?;
        while cursor.goes_on(b'}') {
            let key = Text::read(cursor)?;
            cursor.enter(b':')?;
            entries.push((key, T::read(cursor)?));
        }
        Some(Entries(entries))
    }
}

impl<T: ToJson> ToJson for Entries<'_, T> {
    fn to_json(&self, out: &mut Vec<u8>) {
        sequence(b'{', b'}', self.iter(), out, |(key, value), out| {
            key.to_json(out);
            out.push(b':');
            value.to_json(out);
        });
    }
}

macro_rules! tuples {
    ($($(($name:ident, $position:tt))*;)*) => { $(
        /// An array of fixed length.
        impl<'a, $($name: FromJson<'a>),*> FromJson<'a> for ($($name),*) {
            fn from_json(json: Json<'a>) -> Option<Self> {
                Self::read(&mut Cursor::new(json))
            }

            fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
                cursor.enter(b'[')?;
                let tuple = ($(if cursor.goes_on(b']') { $name::read(cursor)? } else { return None }),*);
                (!cursor.goes_on(b']')).then_some(tuple)
            }
        }

        /// An array of fixed length.
        impl<$($name: ToJson),*> ToJson for ($($name),*) {
            fn to_json(&self, out: &mut Vec<u8>) {
                sequence(b'[', b']', [$(&self.$position as &dyn ToJson),*].into_iter(), out, |item, out| item.to_json(out));
            }
        }
    )* };
}
tuples! {
    (A, 0) (B, 1);
    (A, 0) (B, 1) (C, 2);
    (A, 0) (B, 1) (C, 2) (D, 3);
    (A, 0) (B, 1) (C, 2) (D, 3) (E, 4);
}

/// Writes `items` between `open` and `close`, with commas.
pub(crate) fn sequence<T>(
    open: u8,
    close: u8,
    items: impl Iterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(open);
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(close);
}
