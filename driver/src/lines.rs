//! Bytes to lines, sans IO: whoever has bytes puts them into [`Lines::space`]; [`Lines::take`] lends them out again
//! line by line, where they lie.
//!
//! Nothing is copied but the piece of a line that is left at the end of the buffer, and no byte is searched for a newline
//! twice, however many pieces a line comes in. A line that is longer than the limit is dropped piece by piece, so that
//! memory is bounded whatever comes.

use memchr::memchr;

/// The longest line that is taken, its newline not counted.
pub(crate) const MAX_LINE: usize = 64 << 20;

/// What a pipe holds on Linux: a full one is emptied in one go.
pub(crate) const READ_SIZE: usize = 64 << 10;

/// A buffer of bytes that came in.
///
/// `bytes[start..filled]` is what is not yet taken; up to `searched` there is no newline in it.
#[derive(Debug)]
pub(crate) struct Lines {
    bytes: Vec<u8>,
    start: usize,
    searched: usize,
    filled: usize,
    max_line: usize,
    /// The line that is coming in is too long and forgotten up to here.
    is_skipping: bool,
    is_ended: bool,
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// All of it, without its newline.
    Whole(&'a [u8]),
    /// There was one, longer than the limit.
    TooLong,
}

impl Lines {
    /// An empty buffer for lines of up to `max_line` bytes.
    pub(crate) fn new(max_line: usize) -> Self {
        Lines {
            bytes: vec![0; READ_SIZE],
            start: 0,
            searched: 0,
            filled: 0,
            max_line,
            is_skipping: false,
            is_ended: false,
        }
    }

    /// Room for more, never none. To be asked for only when [`Lines::take`] has nothing to give: that is what keeps the
    /// buffer within the limit.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        debug_assert!(self.searched == self.filled, "there are lines to take first");
        let held = self.filled - self.start;
        if self.bytes.len() - self.filled < READ_SIZE / 4 {
            if self.start < held.max(READ_SIZE / 4) {
                let length = (self.bytes.len() * 2).min(self.max_line + READ_SIZE);
                self.bytes.resize(length.max(held + READ_SIZE / 4), 0);
            }
            self.bytes.copy_within(self.start..self.filled, 0);
            (self.start, self.searched, self.filled) = (0, held, held);
        }
        &mut self.bytes[self.filled..]
    }

    /// Says that `length` bytes were put into the space.
    pub(crate) fn put(&mut self, length: usize) {
        self.filled += length;
        assert!(self.filled <= self.bytes.len(), "more bytes than there was space");
    }

    /// Says that there will be no more: what is left is the last line, with a newline or without.
    pub(crate) fn end(&mut self) {
        self.is_ended = true;
    }

    /// Whether there will be no more.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// The next complete line.
    pub(crate) fn take(&mut self) -> Option<Line<'_>> {
        match memchr(b'\n', &self.bytes[self.searched..self.filled]) {
            Some(distance) => Some(self.cut(self.searched + distance, 1)),
            None if self.is_ended && (self.start < self.filled || self.is_skipping) => {
                Some(self.cut(self.filled, 0))
            }
            None => {
                self.searched = self.filled;
                self.forget();
                None
            }
        }
    }

    fn cut(&mut self, end: usize, newline_length: usize) -> Line<'_> {
        let start = self.start;
        self.start = end + newline_length;
        self.searched = self.start;
        let is_skipped = std::mem::take(&mut self.is_skipping);
        if is_skipped || end - start > self.max_line {
            Line::TooLong
        } else {
            Line::Whole(&self.bytes[start..end])
        }
    }

    /// Lets go of what nobody will need: a line that is too long, and the memory that a long one took.
    fn forget(&mut self) {
        if self.filled - self.start > self.max_line {
            self.is_skipping = true;
        }
        if self.is_skipping || self.start == self.filled {
            (self.start, self.searched, self.filled) = (0, 0, 0);
            if self.bytes.len() > KEPT_SIZE {
                self.bytes = vec![0; READ_SIZE];
            }
        }
    }
}

/// A larger buffer is given back as soon as it is empty.
const KEPT_SIZE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts `input` in, in pieces of `piece` bytes, and takes whatever can be taken after each of them.
    fn taken(max_line: usize, piece: usize, input: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(max_line);
        let mut taken = Vec::new();
        let owned = |line: Line<'_>| match line {
            Line::Whole(bytes) => Some(bytes.to_vec()),
            Line::TooLong => None,
        };
        for piece in input.chunks(piece) {
            lines.space()[..piece.len()].copy_from_slice(piece);
            lines.put(piece.len());
            taken.extend(std::iter::from_fn(|| lines.take().map(owned)));
        }
        lines.end();
        taken.extend(std::iter::from_fn(|| lines.take().map(owned)));
        taken
    }

    fn whole(lines: &[&str]) -> Vec<Option<Vec<u8>>> {
        lines.iter().map(|line| Some(line.as_bytes().to_vec())).collect()
    }

    #[test]
    fn lines_are_the_same_whatever_pieces_they_come_in() {
        let input = b"one\n\ntwo\nthree and more\nlast";
        let wanted = whole(&["one", "", "two", "three and more", "last"]);
        for piece in 1..=input.len() {
            assert_eq!(taken(100, piece, input), wanted, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_final_newline_does_not_make_an_empty_line() {
        assert_eq!(taken(100, 2, b"one\n"), whole(&["one"]));
        assert_eq!(taken(100, 2, b""), whole(&[]));
    }

    #[test]
    fn a_line_of_the_limit_passes_and_one_byte_more_is_refused_and_the_next_one_passes() {
        let input = b"1234567\n12345678\n123456789\nnext\n1234567890123456789012345678901234567890\nlast\n";
        let mut wanted = whole(&["1234567", "12345678", "", "next", "", "last"]);
        wanted[2] = None;
        wanted[4] = None;
        for piece in 1..=input.len() {
            assert_eq!(taken(8, piece, input), wanted, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_also_at_the_end() {
        for piece in 1..20 {
            assert_eq!(taken(8, piece, b"fine\n123456789"), [Some(b"fine".to_vec()), None]);
        }
    }

    #[test]
    fn long_lines_grow_the_buffer_and_it_shrinks_again() {
        let line = vec![b'x'; 5 << 20];
        let mut lines = Lines::new(MAX_LINE);
        for piece in line.chunks(READ_SIZE / 4) {
            lines.space()[..piece.len()].copy_from_slice(piece);
            lines.put(piece.len());
            assert_eq!(lines.take(), None);
        }
        lines.space()[0] = b'\n';
        lines.put(1);
        assert_eq!(lines.take(), Some(Line::Whole(&line)));
        assert_eq!(lines.take(), None);
        assert_eq!(lines.bytes.len(), READ_SIZE);
    }

    #[test]
    fn a_line_without_end_is_not_held_in_memory() {
        let mut lines = Lines::new(1 << 20);
        for _ in 0..1000 {
            let space = lines.space();
            let length = space.len();
            assert!(length >= READ_SIZE / 4);
            lines.put(length);
            assert_eq!(lines.take(), None);
            assert!(lines.bytes.len() <= (1 << 20) + READ_SIZE);
        }
        lines.space()[..3].copy_from_slice(b"\nx\n");
        lines.put(3);
        assert_eq!(lines.take(), Some(Line::TooLong));
        assert_eq!(lines.take(), Some(Line::Whole(b"x")));
    }
}
