//! Many integers in little room: reads of everything, of which a history may have tens of thousands.
//!
//! Each is kept as its difference from the one before, in as few bytes as that takes (LEB128, signs zigzag): values that nodes
//! hold in about the order in which they were given take a byte each, where a [`Value`] takes thirty-two.

use super::Value;
use std::borrow::Cow;

/// Integers, in order. See above.
#[derive(Clone, Debug)]
pub struct Integers {
    count: usize,
    bytes: Box<[u8]>,
}

impl Integers {
    /// None if something else is among them.
    pub(super) fn of(elements: &[Value]) -> Option<Integers> {
        let (mut bytes, mut before) = (Vec::new(), 0);
        for element in elements {
            let integer = element.as_integer()?;
            let difference = integer.wrapping_sub(before);
            let mut zigzag = (difference.wrapping_shl(1) ^ (difference >> 63)) as u64;
            while zigzag >= 0x80 {
                bytes.push(zigzag as u8 | 0x80);
                zigzag >>= 7;
            }
            bytes.push(zigzag as u8);
            before = integer;
        }
        Some(Integers { count: elements.len(), bytes: bytes.into() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        let (mut rest, mut before) = (self.bytes.iter(), 0_i64);
        std::iter::from_fn(move || {
            let (mut zigzag, mut shift) = (0_u64, 0);
            loop {
                let byte = *rest.next()?;
                zigzag |= u64::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    break;
                }
                shift += 7;
            }
            let difference = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
            before = before.wrapping_add(difference);
            Some(before)
        })
    }
}

/// The elements of a collection, whatever it is kept as.
pub(super) enum Items<'a> {
    Plain(std::slice::Iter<'a, Value>),
    Integers(Box<dyn Iterator<Item = i64> + 'a>),
}

impl<'a> Iterator for Items<'a> {
    type Item = Cow<'a, Value>;

    fn next(&mut self) -> Option<Cow<'a, Value>> {
        match self {
            Items::Plain(elements) => elements.next().map(Cow::Borrowed),
            Items::Integers(integers) => integers.next().map(|integer| Cow::Owned(Value::Integer(integer))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn what_grows_slowly_takes_a_byte_each() {
        let elements: Vec<Value> = (1_000_000..1_001_000).map(Value::Integer).collect();
        let integers = Integers::of(&elements).unwrap();
        assert!(integers.bytes.len() < 1_010);
    }

    #[test]
    fn only_long_vectors_of_integers_are_packed() {
        let long = |last: &str| crate::read(&format!("[{}{last}]", "1 ".repeat(100))).unwrap().packed();
        assert!(matches!(long("2"), Value::Integers(_)));
        assert!(matches!(long("nil"), Value::Vector(_)));
        assert!(matches!(crate::read("[1 2]").unwrap().packed(), Value::Vector(_)));
    }

    proptest! {
        #[test]
        fn they_are_the_vector_that_they_were(integers in proptest::collection::vec(any::<i64>(), 64..80), other in any::<i64>()) {
            let plain = Value::Vector(integers.iter().copied().map(Value::Integer).collect());
            let packed = plain.clone().packed();
            prop_assert!(matches!(packed, Value::Integers(_)));
            for (one, other) in [(&packed, &plain), (&plain, &packed), (&packed, &packed.clone())] {
                prop_assert_eq!(one, other);
            }
            let hasher = RandomState::new();
            prop_assert_eq!(hasher.hash_one(&plain), hasher.hash_one(&packed));
            prop_assert_eq!(packed.to_string(), plain.to_string());
            prop_assert_eq!(crate::pretty(&packed), crate::pretty(&plain));
            prop_assert_eq!(crate::json::pretty(&packed), crate::json::pretty(&plain));
            let items: Vec<i64> = packed.items().unwrap().filter_map(|item| item.as_integer()).collect();
            prop_assert_eq!(&items, &integers);
            let mut changed = integers;
            changed[7] = other;
            let changed = Value::Vector(changed.into_iter().map(Value::Integer).collect());
            prop_assert_eq!(packed.cmp(&changed), plain.cmp(&changed));
            prop_assert_eq!(changed.cmp(&packed), changed.cmp(&plain));
        }
    }
}
