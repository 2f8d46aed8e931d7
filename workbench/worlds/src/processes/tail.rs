//! The first and the last lines of a stream, kept for the report on a node that crashed (§3.4): a Go panic's cause is its
//! first line, a Python exception's its last.

use std::collections::VecDeque;

/// Lines kept of the beginning of each stream.
const FIRST_KEPT: usize = 8;
/// Lines kept of its end.
const LAST_KEPT: usize = 24;
/// Bytes kept of each of them.
const BYTES_KEPT: usize = 1 << 10;

/// The first 8 and the last 24 lines of a stream.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    first: Vec<Vec<u8>>,
    last: VecDeque<Vec<u8>>,
    count: usize,
}

impl Tail {
    /// Remembers a line, and forgets one if there are too many.
    pub fn push(&mut self, line: &[u8]) {
        self.count += 1;
        let line = &line[..line.len().min(BYTES_KEPT)];
        if self.first.len() < FIRST_KEPT {
            return self.first.push(line.to_vec());
        }
        let is_full = self.last.len() == LAST_KEPT;
        let mut kept = if is_full { self.last.pop_front().unwrap_or_default() } else { Vec::new() };
        kept.clear();
        kept.extend_from_slice(line);
        self.last.push_back(kept);
    }

    /// The lines that are kept, oldest first, in printable form; where some are missing, a line says how many.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let missing = self.count - self.first.len() - self.last.len();
        let gap = (missing > 0).then(|| format!("… {missing} more lines …"));
        let printed =
            |line: &Vec<u8>| String::from_utf8_lossy(line).chars().map(printable).collect::<String>();
        self.first.iter().map(printed).chain(gap).chain(self.last.iter().map(printed))
    }

    /// Whether the stream was silent.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Nodes must not be able to play with the reader's terminal.
fn printable(character: char) -> char {
    if character.is_control() && character != '\t' { '\u{fffd}' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_lines_are_kept_in_order_and_long_ones_are_cut() {
        let mut tail = Tail::default();
        assert!(tail.is_empty());
        for number in 0..100 {
            tail.push(format!("line {number}").as_bytes());
        }
        let lines: Vec<String> = tail.lines().collect();
        assert_eq!(lines.len(), FIRST_KEPT + 1 + LAST_KEPT);
        assert_eq!((&*lines[0], &*lines[7]), ("line 0", "line 7"));
        assert_eq!(lines[8], "… 68 more lines …");
        assert_eq!((&*lines[9], &*lines[32]), ("line 76", "line 99"));
        tail.push(&[b'x'; 1 << 20]);
        assert_eq!(tail.lines().last().unwrap().len(), BYTES_KEPT);
    }

    #[test]
    fn escape_sequences_are_defused() {
        let mut tail = Tail::default();
        tail.push(b"\x1b[2Jgone\xff");
        assert_eq!(tail.lines().last().unwrap(), "\u{fffd}[2Jgone\u{fffd}");
    }
}
