//! How far a text goes on: byte by byte as long as that is likely to be short, as a processor guesses such ends well and goes
//! on with what is behind; and then eight bytes at a time.
//!
//! A word of eight bytes is turned into one in which a byte's highest bit says that it is a mark, by subtractions from all
//! bytes at once. A borrow comes only from a byte that is a mark itself, and disturbs only what is behind that, so the
//! *first* mark is always right; and nothing else is asked for.
//!
//! (Known since Mycroft, 1987; see Warren, *Hacker's Delight*, section 6-1.)

/// Every byte is 1.
const ONES: u64 = u64::MAX / 255;

/// The highest bit of every byte.
const HIGH: u64 = ONES << 7;

/// Most strings are not longer.
const SHORT: usize = 16;

/// How far there is no quote, no backslash and no control character: so far a string goes on.
#[inline]
pub(crate) fn plain_length(text: &[u8]) -> usize {
    let is_mark = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < b' ';
    if let Some(length) = text.iter().take(SHORT).position(is_mark) {
        return length;
    }
    let mut at = SHORT.min(text.len());
    while let Some(word) = text[at..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) {
        let found = zeros(word ^ every(b'"')) | zeros(word ^ every(b'\\')) | less(word, b' ');
        if found & HIGH != 0 {
            break;
        }
        at += size_of::<u64>();
    }
    at + text[at..].iter().position(is_mark).unwrap_or(text.len() - at)
}

/// How far there is no comma, no closing bracket and no white space: so far a number or a word goes on.
#[inline]
pub(crate) fn scalar_length(text: &[u8]) -> usize {
    let is_mark = |&byte: &u8| byte <= b' ' || byte == b',' || byte | 0x20 == b'}';
    text.iter().position(is_mark).unwrap_or(text.len())
}

/// How far there are digits.
#[inline]
pub(crate) fn digits_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len())
}

const fn every(byte: u8) -> u64 {
    ONES * byte as u64
}

/// Marks bytes that are zero.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// Marks bytes that are less than `limit`, which is 128 at the most.
const fn less(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(every(limit)) & !word
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// Asserts that `length` stops at the first byte that `is_mark`, whatever is before and behind.
    #[track_caller]
    fn stops_at(length: fn(&[u8]) -> usize, is_mark: fn(u8) -> bool) {
        let plain: Vec<u8> = (0..=255).filter(|&byte| !is_mark(byte)).collect();
        assert!(plain.contains(&b'7'));
        for distance in 0..50 {
            let before: Vec<u8> = plain.iter().copied().cycle().skip(distance * 13).take(distance).collect();
            assert_eq!(length(&before), distance);
            for byte in 0..=255 {
                for behind in [0, b'7', b'"', 0xff] {
                    let text =
                        [&before[..], &[byte, behind, b'7', behind, b'7', 0x80, b',', behind, 0xff]].concat();
                    let wanted = text.iter().position(|&byte| is_mark(byte)).unwrap_or(text.len());
                    assert_eq!(length(&text), wanted, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_string_goes_on_to_a_quote_a_backslash_or_a_control_character() {
        stops_at(plain_length, |byte| byte == b'"' || byte == b'\\' || byte < b' ');
    }

    #[test]
    fn a_number_goes_on_to_a_comma_a_closing_bracket_or_white_space() {
        stops_at(scalar_length, |byte| matches!(byte, b',' | b']' | b'}' | 0..=b' '));
    }

    #[test]
    fn digits_go_on_to_anything_else() {
        stops_at(digits_length, |byte| !byte.is_ascii_digit());
    }
}
