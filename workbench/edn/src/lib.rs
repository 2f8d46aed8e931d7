//! EDN values: what operations carry, what checkers report, what `history.edn` and `results.edn` hold.
//!
//! JSON from a node becomes one of these with nothing lost that a verdict could hang on: integers and floats stay
//! apart, integers of any length are exact, strings are never confused with keywords. Equality and order are structural
//! (`1` ≠ `1.0` ≠ `"1"`), as Clojure's `=` has it.
//!
//! It stands on serde_json, for JSON. It must never know what the values are about: histories, checkers, files.
//!
//! ```
//! let value = edn::read("{:f :read, :value [1 2.0 nil]}")?;
//! assert_eq!(value.get("value").map(ToString::to_string).as_deref(), Some("[1 2.0 nil]"));
//! assert_eq!(edn::json::pretty(&edn::read("[1 nil]")?), "[\n  1,\n  null\n]");
//! # Ok::<(), edn::ReadError>(())
//! ```

mod integers;
pub mod json;
mod pretty;
mod print;
mod read;

pub use integers::{Integers, Packer};
pub use pretty::pretty;
pub use print::print_bare;
pub use read::{ReadError, Values, read, read_all};

use integers::Items;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An EDN value.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `nil`, JSON's `null`.
    #[default]
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of at most 64 bits, signed.
    Integer(i64),
    /// A longer integer: its canonical decimal digits, with a sign if negative. Printed with the suffix `N`.
    BigInteger(Box<str>),
    /// A floating-point number. Equal to another by its bits, so that `NaN` is equal to itself.
    Float(f64),
    /// A string.
    Text(Arc<str>),
    /// `:name`, without the colon here.
    Keyword(Cow<'static, str>),
    /// `(a b)`.
    List(Vec<Value>),
    /// `[a b]`, JSON's array.
    Vector(Vec<Value>),
    /// A vector of nothing but integers, in little room: see [`Packer`]. Whoever looks into a value that may be one asks for [`Value::items`].
    Integers(Integers),
    /// `{k v, …}`, in the order given. Maps that come from JSON are sorted by key, and a repeated key keeps its last value.
    Map(Vec<(Value, Value)>),
    /// `#{a b}`, in the order given.
    Set(Vec<Value>),
    /// A bare word: class names in exceptions that others' runs have stored.
    Symbol(Arc<str>),
    /// `#tag value`: records and exceptions that others' runs have stored.
    Tagged(Box<(Arc<str>, Value)>),
}

impl Value {
    /// The keyword `:name`.
    pub const fn keyword(name: &'static str) -> Value {
        Value::Keyword(Cow::Borrowed(name))
    }

    /// A string.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// The integer with these decimal digits (perhaps signed), whatever its length. `digits` must be such.
    pub fn from_digits(digits: &str) -> Value {
        if let Ok(integer) = digits.parse() {
            return Value::Integer(integer);
        }
        let (sign, magnitude) = match digits.strip_prefix('-') {
            Some(magnitude) => ("-", magnitude),
            None => ("", digits.strip_prefix('+').unwrap_or(digits)),
        };
        Value::BigInteger(format!("{sign}{}", magnitude.trim_start_matches('0')).into())
    }

    /// The number that prints like this 32-bit float, as Maelstrom prints its fractions.
    pub fn single(float: f32) -> Value {
        // The shortest digits that identify the 32-bit float also identify the 64-bit one that is closest to them.
        Value::Float(float.to_string().parse().unwrap_or(f64::from(float)))
    }

    /// A map with keywords for keys, in this order.
    pub fn map<const N: usize>(entries: [(&'static str, Value); N]) -> Value {
        Value::Map(entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect())
    }

    /// A count.
    pub fn count(count: usize) -> Value {
        Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The value under `key` (a keyword's name, or a string key) of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(entries) = self else { return None };
        let found = entries.iter().find(|(k, _)| match k {
            Value::Keyword(name) => name == key,
            Value::Text(text) => &**text == key,
            _ => false,
        });
        found.map(|(_, value)| value)
    }

    /// The elements of a list, vector or set; `nil` has none. For [`Value::Integers`] see [`Value::items`].
    pub fn elements(&self) -> Option<&[Value]> {
        match self {
            Value::List(elements) | Value::Vector(elements) | Value::Set(elements) => Some(elements),
            Value::Nil => Some(&[]),
            _ => None,
        }
    }

    /// The same one by one, however they are kept.
    pub fn items(&self) -> Option<impl Iterator<Item = Cow<'_, Value>>> {
        match self {
            Value::Integers(integers) => Some(Items::Integers(Box::new(integers.iter()))),
            _ => self.elements().map(|elements| Items::Plain(elements.iter())),
        }
    }

    /// A vector's elements compared with those of another.
    fn cmp_items(&self, other: &Value) -> Ordering {
        let items =
            |value: &'_ Value| value.items().into_iter().flatten().map(Cow::into_owned).collect::<Vec<_>>();
        items(self).cmp(&items(other))
    }

    /// The integer, if it is one of at most 64 bits.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of a keyword, or the text of a string: replies say `"w"` where histories say `:w`.
    pub fn as_name(&self) -> Option<&str> {
        match self {
            Value::Keyword(name) => Some(name),
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Nil => 0,
            Value::Bool(_) => 1,
            Value::Integer(_) | Value::BigInteger(_) => 2,
            Value::Float(_) => 3,
            Value::Text(_) => 4,
            Value::Keyword(_) => 5,
            Value::List(_) => 6,
            Value::Vector(_) | Value::Integers(_) => 7,
            Value::Map(_) => 8,
            Value::Set(_) => 9,
            Value::Symbol(_) => 10,
            Value::Tagged(_) => 11,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        use Value::*;
        match (self, other) {
            (Bool(a), Bool(b)) => a.cmp(b),
            (Integer(a), Integer(b)) => a.cmp(b),
            (BigInteger(a), BigInteger(b)) => compare_digits(a, b),
            (Integer(_), BigInteger(digits)) => negative_if(!digits.starts_with('-')),
            (BigInteger(digits), Integer(_)) => negative_if(digits.starts_with('-')),
            (Float(a), Float(b)) => a.total_cmp(b),
            (Text(a), Text(b)) | (Symbol(a), Symbol(b)) => a.cmp(b),
            (Keyword(a), Keyword(b)) => a.cmp(b),
            (List(a), List(b)) | (Vector(a), Vector(b)) | (Set(a), Set(b)) => a.cmp(b),
            (Integers(_), Integers(_) | Vector(_)) | (Vector(_), Integers(_)) => self.cmp_items(other),
            (Map(a), Map(b)) => a.cmp(b),
            (Tagged(a), Tagged(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Value::Nil => {}
            Value::Bool(bool) => bool.hash(state),
            Value::Integer(integer) => integer.hash(state),
            Value::BigInteger(digits) => digits.hash(state),
            Value::Float(float) => float.to_bits().hash(state),
            Value::Text(text) | Value::Symbol(text) => text.hash(state),
            Value::Keyword(name) => name.hash(state),
            Value::List(elements) | Value::Vector(elements) | Value::Set(elements) => elements.hash(state),
            Value::Integers(integers) => integers.iter().map(Value::Integer).collect::<Vec<_>>().hash(state),
            Value::Map(entries) => entries.hash(state),
            Value::Tagged(tagged) => tagged.hash(state),
        }
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Value {
        Value::Integer(integer)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::Bool(bool)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

fn negative_if(less: bool) -> Ordering {
    if less { Ordering::Less } else { Ordering::Greater }
}

fn compare_digits(a: &str, b: &str) -> Ordering {
    match (a.strip_prefix('-'), b.strip_prefix('-')) {
        (None, None) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        (Some(a), Some(b)) => b.len().cmp(&a.len()).then_with(|| b.cmp(a)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}
