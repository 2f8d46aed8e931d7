//! Data of a page in few bytes: whole numbers as varints (LEB128 after zigzag), deflated, in base64. Browsers unpack deflate by
//! themselves (`DecompressionStream`), and nothing in base64 can end a script element.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;

/// How hard to look for repetitions: beyond this, pages of millions of messages take seconds longer and are hardly smaller.
const LEVEL: u8 = 5;

/// Bytes, packed.
pub(crate) fn packed(bytes: &[u8]) -> String {
    STANDARD.encode(compress_to_vec(bytes, LEVEL))
}

/// Whole numbers, one column after another; small ones are short.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Vec<u8>);

impl Numbers {
    /// Adds a column.
    pub(crate) fn column(&mut self, numbers: impl Iterator<Item = i64>) {
        numbers.for_each(|number| self.push(number));
    }

    /// Adds a column in which each number is its difference from the one before.
    pub(crate) fn differences(&mut self, numbers: impl Iterator<Item = i64>) {
        let mut before = 0_i64;
        self.column(numbers.map(|number| number.wrapping_sub(std::mem::replace(&mut before, number))));
    }

    /// All columns, packed.
    pub(crate) fn packed(&self) -> String {
        packed(&self.0)
    }

    fn push(&mut self, number: i64) {
        let mut rest = ((number << 1) ^ (number >> 63)) as u64;
        while rest >= 0x80 {
            self.0.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }
}

/// What was packed, for tests.
#[cfg(test)]
pub(crate) fn unpacked(text: &str) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(&STANDARD.decode(text).unwrap()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_and_sign_are_one_byte_to_ten() {
        let mut numbers = Numbers::default();
        numbers.column([0, -1, 1, 63, -64, 64, i64::MAX, i64::MIN].into_iter());
        numbers.differences([1000, 1001, 1001].into_iter());
        let bytes = unpacked(&numbers.packed());
        assert_eq!(bytes[..7], [0, 1, 2, 126, 127, 0x80, 1]);
        assert_eq!(bytes.len(), 7 + 10 + 10 + 2 + 1 + 1);
        assert_eq!(bytes[bytes.len() - 4..], [0xd0, 0x0f, 2, 0]);
    }
}
