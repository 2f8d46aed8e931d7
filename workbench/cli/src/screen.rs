//! Text that fits a screen: lines of limited width, and no more of them than are seen at once.

/// Columns of a line. Terminals are at least 80 wide and mostly wider.
pub(super) const WIDTH: usize = 100;
/// Lines that are seen at once, a shell's prompt included.
pub(super) const HEIGHT: usize = 24;

/// Paragraphs, as many as there is room for.
#[derive(Debug)]
pub(super) struct Screen {
    lines: Vec<String>,
    room: usize,
    left_out: usize,
}

impl Screen {
    /// An empty screen with so many lines.
    pub(super) fn new(room: usize) -> Screen {
        Screen { lines: Vec::new(), room, left_out: 0 }
    }

    /// Adds a paragraph of at most `most` lines behind a mark. What there is no room for is counted. The mark may be
    /// coloured; it takes two columns.
    pub(super) fn add(&mut self, mark: &str, text: &str, most: usize) {
        if self.room == 0 {
            self.left_out += 1;
            return;
        }
        let mut lines = wrapped(text, WIDTH - 2);
        let room = most.min(self.room);
        if lines.len() > room {
            lines.truncate(room);
            if let Some(last) = lines.last_mut() {
                last.push_str(" …");
            }
        }
        self.room -= lines.len();
        for (number, line) in lines.into_iter().enumerate() {
            self.lines.push(if number == 0 { format!("{mark} {line}") } else { format!("  {line}") });
        }
    }

    /// The lines, and how many paragraphs found no room.
    pub(super) fn into_lines(self) -> (Vec<String>, usize) {
        (self.lines, self.left_out)
    }
}

/// Breaks lines between words, or within a word that is longer than a line. Lines that follow are indented as the first.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrapped_line(line, width)).collect()
}

fn wrapped_line(line: &str, width: usize) -> Vec<String> {
    let indent: String = line.chars().take_while(|character| *character == ' ').collect();
    let mut lines = vec![indent.clone()];
    let mut length = indent.len();
    for word in line.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let is_first = length == indent.len();
        if !is_first && length + 1 + word.len() > width {
            lines.push(indent.clone());
            length = indent.len();
        } else if !is_first {
            lines.last_mut().expect("there is a line").push(' ');
            length += 1;
        }
        while length + word.len() > width {
            let rest = word.split_off(width.saturating_sub(length).max(1));
            lines.last_mut().expect("there is a line").extend(word);
            lines.push(indent.clone());
            (word, length) = (rest, indent.len());
        }
        length += word.len();
        lines.last_mut().expect("there is a line").extend(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_keep_their_indentation() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("a\n  bb cc dd", 7), ["a", "  bb cc", "  dd"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("", 4), Vec::<String>::new());
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut screen = Screen::new(2);
        screen.add("✗", &"word ".repeat(60), 1);
        screen.add("!", "two", 9);
        screen.add("!", "three", 9);
        let (lines, left_out) = screen.into_lines();
        assert!(lines[0].starts_with("✗ word word") && lines[0].ends_with(" …"), "{lines:?}");
        assert_eq!((&*lines[1], left_out), ("! two", 1));
    }
}
