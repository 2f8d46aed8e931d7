//! Many integers in little room: reads of everything, of which a history may have tens of thousands.
//!
//! Each is kept as its difference from the one before, in as few bytes as that takes (LEB128, signs zigzag): values that nodes
//! hold in about the order in which they were given take a byte each, where a [`Value`] takes thirty-two.
//!
//! Whoever is read again and again shows what it showed before, and a little more. So integers are kept in pieces, and pieces
//! that are alike are kept once. Where one ends depends on the integer that it ends with and on nothing before it: the same
//! integers fall into the same pieces wherever they stand (as files do in low-bandwidth file systems: Muthitacharoen et al.,
//! SOSP 2001).

use super::Value;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// Vectors of fewer integers than this are left as they are.
const WORTH_PACKING: usize = 64;

/// Integers in a piece: about so many, and never more than eight times as many.
const PIECE: u64 = 1 << 10;

/// Integers, in order. See above.
#[derive(Clone, Debug)]
pub struct Integers {
    count: usize,
    pieces: Arc<[Piece]>,
}

/// Some integers that follow each other, packed.
type Piece = Arc<[u8]>;

/// Packs vectors of integers, and keeps what they have in common once.
#[derive(Debug, Default)]
pub struct Packer {
    pieces: HashSet<Piece>,
}

impl Packer {
    /// The same value, in less room if it is a long vector of integers.
    pub fn pack(&mut self, value: Value) -> Value {
        match &value {
            Value::Vector(elements) if elements.len() >= WORTH_PACKING => {
                self.integers(elements).map_or(value, Value::Integers)
            }
            _ => value,
        }
    }

    /// None if something else is among them.
    fn integers(&mut self, elements: &[Value]) -> Option<Integers> {
        let (mut pieces, mut bytes, mut before, mut length) = (Vec::new(), Vec::new(), 0, 0);
        for element in elements {
            let integer = element.as_integer()?;
            write(&mut bytes, integer.wrapping_sub(before));
            (before, length) = (integer, length + 1);
            if ends_piece(integer) || length == 8 * PIECE {
                pieces.push(self.piece(&bytes));
                bytes.clear();
                (before, length) = (0, 0);
            }
        }
        if !bytes.is_empty() {
            pieces.push(self.piece(&bytes));
        }
        Some(Integers { count: elements.len(), pieces: pieces.into() })
    }

    fn piece(&mut self, bytes: &[u8]) -> Piece {
        if let Some(known) = self.pieces.get(bytes) {
            return known.clone();
        }
        let piece = Piece::from(bytes);
        self.pieces.insert(piece.clone());
        piece
    }
}

/// Whether a piece ends with this integer: one of so many does, whatever stands around it.
fn ends_piece(integer: i64) -> bool {
    const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;
    (integer as u64).wrapping_mul(SCATTER) >> (u64::BITS - PIECE.trailing_zeros()) == 0
}

fn write(bytes: &mut Vec<u8>, difference: i64) {
    let mut zigzag = (difference.wrapping_shl(1) ^ (difference >> 63)) as u64;
    while zigzag >= 0x80 {
        bytes.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    bytes.push(zigzag as u8);
}

impl Integers {
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
        self.pieces.iter().flat_map(|piece| unpacked(piece))
    }
}

/// The integers of a piece.
fn unpacked(piece: &[u8]) -> impl Iterator<Item = i64> + '_ {
    let (mut rest, mut before) = (piece.iter(), 0_i64);
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
        let integers = Packer::default().integers(&elements).unwrap();
        assert!(integers.pieces.iter().map(|piece| piece.len()).sum::<usize>() < 1_020);
    }

    /// A hundred reads of ten thousand integers, the later ones with more at their ends, or sorted and with more in between.
    #[test]
    fn what_many_have_in_common_is_kept_once() {
        let logs = (0_i64..100).map(|read| (0..10_000 + 20 * read).collect());
        let sets = (0_i64..100).map(|read| (0_i64..12_000).filter(|i| i % 100 < 83 + read / 6).collect());
        for mut reads in [Box::new(logs) as Box<dyn Iterator<Item = Vec<i64>>>, Box::new(sets)] {
            let mut packer = Packer::default();
            let all = reads
                .by_ref()
                .map(|read| packer.integers(&read.into_iter().map(Value::Integer).collect::<Vec<_>>()));
            let all: Vec<Integers> = all.map(Option::unwrap).collect();
            let bytes: usize = packer.pieces.iter().map(|piece| piece.len()).sum();
            assert!(
                bytes < 300_000,
                "{bytes} bytes for {} integers",
                all.iter().map(Integers::len).sum::<usize>()
            );
        }
    }

    #[test]
    fn only_long_vectors_of_integers_are_packed() {
        let long = |last: &str| {
            crate::read(&format!("[{}{last}]", "1 ".repeat(100)))
                .map(|value| Packer::default().pack(value))
                .unwrap()
        };
        assert!(matches!(long("2"), Value::Integers(_)));
        assert!(matches!(long("nil"), Value::Vector(_)));
        assert!(matches!(Packer::default().pack(crate::read("[1 2]").unwrap()), Value::Vector(_)));
    }

    proptest! {
        #[test]
        fn they_are_the_vector_that_they_were(
            integers in proptest::collection::vec(prop_oneof![any::<i64>(), Just(0)], 64..80), other in any::<i64>()
        ) {
            let plain = Value::Vector(integers.iter().copied().map(Value::Integer).collect());
            let packed = Packer::default().pack(plain.clone());
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
