//! A queue of texts in one piece of memory.

use alloc::collections::VecDeque;
use alloc::string::String;

/// More room than this is given back when nothing is left.
const KEPT_BYTES: usize = 1 << 16;

/// Texts one after another. They are added at the end, taken back there, looked up by position, and forgotten
/// from the front.
///
/// What has been forgotten is cut off once it is half of all, so each byte is moved once on average.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    bytes: String,
    /// Where each text ends, counted from the first byte that ever was.
    ends: VecDeque<u64>,
    /// Where the first one starts, counted the same way.
    start: u64,
    /// How many bytes have been cut off.
    cut: u64,
}

impl Texts {
    /// Adds what `write` appends.
    pub(crate) fn push(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.bytes);
        self.ends.push_back(self.cut + self.bytes.len() as u64);
    }

    /// The texts `first..end` in one.
    pub(crate) fn get(&self, first: usize, end: usize) -> &str {
        &self.bytes[self.place(first)..self.place(end)]
    }

    /// Forgets the first `count`, or all if there are less.
    pub(crate) fn forget(&mut self, count: usize) {
        let count = count.min(self.ends.len());
        self.start = self.cut + self.place(count) as u64;
        self.ends.drain(..count);
        let forgotten = self.place(0);
        if forgotten > self.bytes.len() / 2 {
            self.bytes.drain(..forgotten);
            self.cut = self.start;
        }
        if self.ends.is_empty() {
            self.bytes.shrink_to(KEPT_BYTES);
            self.ends.shrink_to(KEPT_BYTES / size_of::<u64>());
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Takes back all but the first `count`.
    pub(crate) fn truncate(&mut self, count: usize) {
        if count < self.ends.len() {
            self.bytes.truncate(self.place(count));
            self.ends.truncate(count);
        }
    }

    /// Where in memory the first `count` end.
    fn place(&self, count: usize) -> usize {
        let end = count.checked_sub(1).map_or(self.start, |last| self.ends[last]);
        (end - self.cut) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_position_whatever_has_been_forgotten() {
        let mut texts = Texts::default();
        let text = |number: usize| alloc::format!("{number},");
        let (mut first, mut end) = (0, 0);
        for step in 0..2000 {
            texts.push(|out| out.push_str(&text(end)));
            end += 1;
            let forgotten = step % 7 * (step % 3) / 4;
            texts.forget(forgotten);
            first = (first + forgotten).min(end);
            for position in first..end {
                assert_eq!(texts.get(position - first, position - first + 1), text(position));
            }
            assert_eq!(texts.get(0, end - first), (first..end).map(text).collect::<String>());
            assert!(texts.bytes.len() <= 2 * texts.get(0, end - first).len());
        }
    }

    #[test]
    fn memory_that_is_not_needed_is_given_back() {
        let mut texts = Texts::default();
        (0..100_000).for_each(|_| texts.push(|out| out.push_str("something")));
        texts.forget(usize::MAX);
        assert!(texts.bytes.capacity() <= KEPT_BYTES && texts.ends.capacity() <= KEPT_BYTES);
    }
}
