//! The last lines of a stream, kept for the report on a node that crashed (§3.4).

use std::collections::VecDeque;

/// Lines kept of each stream.
const LINES_KEPT: usize = 32;
/// Bytes kept of each of them.
const BYTES_KEPT: usize = 1 << 10;

/// The last 32 lines of a stream.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    lines: VecDeque<Vec<u8>>,
}

impl Tail {
    /// Remembers a line, and forgets one if there are too many.
    pub fn push(&mut self, line: &[u8]) {
        let mut kept = if self.lines.len() < LINES_KEPT {
            Vec::new()
        } else {
            self.lines.pop_front().unwrap_or_default()
        };
        kept.clear();
        kept.extend_from_slice(&line[..line.len().min(BYTES_KEPT)]);
        self.lines.push_back(kept);
    }

    /// The lines, oldest first, in printable form.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.lines.iter().map(|line| String::from_utf8_lossy(line).chars().map(printable).collect())
    }

    /// Whether the stream was silent.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
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
    fn the_last_lines_are_kept_in_order_and_long_ones_are_cut() {
        let mut tail = Tail::default();
        assert!(tail.is_empty());
        for number in 0..100 {
            tail.push(format!("line {number}").as_bytes());
        }
        let lines: Vec<String> = tail.lines().collect();
        assert_eq!(lines.len(), LINES_KEPT);
        assert_eq!(lines[0], "line 68");
        assert_eq!(lines[31], "line 99");
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
