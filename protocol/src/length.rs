//! How long strings, arrays and objects are, and how deep, in text that is known to be JSON.

use crate::find::plain_length;

/// Length of a string, quotes included.
// Out of the way, so that what steps over numbers is short.
#[inline(never)]
pub(crate) fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    loop {
        at += plain_length(&text[at..]);
        match text.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at = (at + 2).min(text.len()),
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

/// Length of an array or an object, with all that is in it.
#[inline(never)]
pub(crate) fn nest_length(text: &[u8]) -> usize {
    let (mut at, mut level) = (0, 0_usize);
    while at < text.len() {
        match text[at] {
            b'"' => at += string_length(&text[at..]),
            b'[' | b'{' => (at, level) = (at + 1, level + 1),
            b']' | b'}' if level <= 1 => return at + 1,
            b']' | b'}' => (at, level) = (at + 1, level - 1),
            _ => at += flat_length(&text[at..]),
        }
    }
    text.len()
}

/// How many arrays and objects are open at once in a text, at the most.
pub(crate) fn depth(text: &[u8]) -> usize {
    let (mut at, mut level, mut deepest) = (0, 0_usize, 0);
    while at < text.len() {
        match text[at] {
            b'"' => at += string_length(&text[at..]),
            b'[' | b'{' => (at, level) = (at + 1, level + 1),
            b']' | b'}' => (at, level) = (at + 1, level.saturating_sub(1)),
            _ => at += flat_length(&text[at..]),
        }
        deepest = deepest.max(level);
    }
    deepest
}

/// How far there is no bracket and no quote. A block at a time, which compilers turn into vector instructions.
fn flat_length(text: &[u8]) -> usize {
    const BLOCK: usize = 32;
    // Curly brackets and square ones are the same but for one bit.
    let is_mark = |&byte: &u8| (byte == b'"') | (byte | b' ' == b'{') | (byte | b' ' == b'}');
    let has_none = |block: &&[u8]| !block.iter().fold(false, |found, byte| found | is_mark(byte));
    let blocks = text.chunks_exact(BLOCK).take_while(has_none).count() * BLOCK;
    blocks + text[blocks..].iter().position(is_mark).unwrap_or(text.len() - blocks)
}
