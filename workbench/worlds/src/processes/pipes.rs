//! The two ends of a child's pipes, neither of which ever blocks the loop or grows without bound.
//!
//! [`LineReader`] splits what a child writes into lines (§3.4, §3.6), [`Outbox`] holds what a child has not read yet
//! (§3.2). Maelstrom queues without limit in both directions; here a node that never reads, or writes one endless line,
//! costs a stated amount of memory and is spoken of in the log.

use mio::unix::pipe::{Receiver, Sender};
use std::io::{self, Read, Write};

/// Most bytes that wait for a node which does not read its stdin. One line that is longer still passes if it is alone.
pub(super) const UNREAD_LIMIT: usize = 16 << 20;
/// Longest line of stdout; what follows in it is thrown away, up to the next newline.
pub(super) const STDOUT_LINE_LIMIT: usize = 64 << 20;
/// Longest line of stderr; what follows in it is thrown away, up to the next newline.
pub(super) const STDERR_LINE_LIMIT: usize = 1 << 20;
/// Most bytes read from one pipe before the others, and timers, get their turn.
const READ_BUDGET: usize = 64 << 10;
/// A buffer that grew past this for one long line is given back after it.
const KEPT_CAPACITY: usize = 1 << 20;

/// What a read left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadState {
    /// Nothing more for now; the poll will tell.
    Drained,
    /// The budget was used up: read again soon, the poll will not tell.
    More,
    /// The other end is closed.
    Closed,
}

/// Splits a stream of bytes into lines.
#[derive(Debug, Default)]
pub(super) struct LineSplitter {
    line_limit: usize,
    partial: Vec<u8>,
    skipping: bool,
}

impl LineSplitter {
    pub(super) fn new(line_limit: usize) -> LineSplitter {
        LineSplitter { line_limit, ..LineSplitter::default() }
    }

    /// Gives every line that `bytes` completes to `on_line`, without its newline.
    pub(super) fn push(&mut self, mut bytes: &[u8], on_line: &mut impl FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.skipping {
                self.skipping = false;
            } else if self.partial.is_empty() && line.len() <= self.line_limit {
                on_line(line);
            } else {
                self.extend(line, on_line);
                if self.skipping {
                    self.skipping = false;
                } else {
                    self.flush(on_line);
                }
            }
        }
        if !self.skipping {
            self.extend(bytes, on_line);
        }
    }

    /// Gives what came after the last newline, if anything did: the stream is over.
    pub(super) fn finish(&mut self, on_line: &mut impl FnMut(&[u8])) {
        if !self.partial.is_empty() {
            self.flush(on_line);
        }
    }

    /// What came after the last newline.
    pub(super) fn unfinished(&self) -> &[u8] {
        &self.partial
    }

    /// Adds to the unfinished line; past the limit its head goes out and its tail will be skipped.
    fn extend(&mut self, bytes: &[u8], on_line: &mut impl FnMut(&[u8])) {
        let room = self.line_limit - self.partial.len();
        if bytes.len() <= room {
            self.partial.extend_from_slice(bytes);
            return;
        }
        self.partial.extend_from_slice(&bytes[..room]);
        self.flush(on_line);
        self.skipping = true;
    }

    fn flush(&mut self, on_line: &mut impl FnMut(&[u8])) {
        on_line(&self.partial);
        self.partial.clear();
        self.partial.shrink_to(KEPT_CAPACITY);
    }
}

/// A child's stdout or stderr, read line by line.
#[derive(Debug)]
pub(super) struct LineReader {
    pub(super) pipe: Receiver,
    splitter: LineSplitter,
}

impl LineReader {
    pub(super) fn new(pipe: Receiver, line_limit: usize) -> io::Result<LineReader> {
        pipe.set_nonblocking(true)?;
        Ok(LineReader { pipe, splitter: LineSplitter::new(line_limit) })
    }

    /// What came after the last newline, as much of it as people read; none if there is nothing.
    pub(super) fn unfinished(&self) -> Option<String> {
        const LONGEST: usize = 160;
        let text = self.splitter.unfinished();
        let text = String::from_utf8_lossy(&text[..text.len().min(LONGEST)]);
        (!text.trim().is_empty()).then(|| text.into_owned())
    }

    /// Reads what is there, a budget at most. A read error counts as the end of the stream.
    pub(super) fn read(&mut self, scratch: &mut [u8], on_line: &mut impl FnMut(&[u8])) -> ReadState {
        let mut budget = READ_BUDGET;
        loop {
            match self.pipe.read(scratch) {
                Ok(count) if count > 0 => {
                    self.splitter.push(&scratch[..count], on_line);
                    budget = budget.saturating_sub(count);
                    if budget == 0 {
                        return ReadState::More;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return ReadState::Drained,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    self.splitter.finish(on_line);
                    return ReadState::Closed;
                }
            }
        }
    }
}

/// A child's stdin, and what it has not read yet.
#[derive(Debug)]
pub(super) struct Outbox<W = Sender> {
    pub(super) pipe: W,
    limit: usize,
    queue: Vec<u8>,
    /// How much of the queue's front the pipe has taken already.
    written: usize,
}

impl<W: Write> Outbox<W> {
    /// `pipe` must not block.
    pub(super) fn new(pipe: W, limit: usize) -> Outbox<W> {
        Outbox { pipe, limit, queue: Vec::new(), written: 0 }
    }

    /// Queues a line, if there is room.
    pub(super) fn push(&mut self, line: &[u8]) -> Result<(), Full> {
        let waiting = self.queue.len() - self.written;
        if waiting > 0 && waiting + line.len() > self.limit {
            return Err(Full);
        }
        self.queue.extend_from_slice(line);
        Ok(())
    }

    /// Writes what the pipe takes. An error means that nobody will ever read what is left.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while self.written < self.queue.len() {
            match self.pipe.write(&self.queue[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.compact();
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        self.queue.clear();
        self.written = 0;
        self.queue.shrink_to(KEPT_CAPACITY);
        Ok(())
    }

    /// Lines that wait to be read, the one that was begun included.
    pub(super) fn lines(&self) -> u64 {
        self.queue[self.written..].iter().filter(|byte| **byte == b'\n').count() as u64
    }

    /// Moves the rest to the front once that is worth it: each byte moves at most once for each byte written.
    fn compact(&mut self) {
        if self.written > self.queue.len() / 2 {
            self.queue.drain(..self.written);
            self.written = 0;
        }
    }
}

/// The outbox has no room for this line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

#[cfg(test)]
mod tests {
    use super::*;

    fn split(limit: usize, chunks: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut splitter = LineSplitter::new(limit);
        let mut on_line = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
        chunks.iter().for_each(|chunk| splitter.push(chunk.as_bytes(), &mut on_line));
        splitter.finish(&mut on_line);
        lines
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let text = "one\n\ntwo and a half\nthree";
        let expected = ["one", "", "two and a half", "three"].map(String::from).to_vec();
        assert_eq!(split(100, &[text]), expected);
        for cut in 0..text.len() {
            assert_eq!(split(100, &[&text[..cut], &text[cut..]]), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_past_the_limit_is_cut_and_the_next_one_is_whole() {
        let expected = ["ab", "abcd", "abcd", "ok"].map(String::from).to_vec();
        let text = "ab\nabcd\nabcdefghij\nok\n";
        for cut in 0..text.len() {
            assert_eq!(split(4, &[&text[..cut], &text[cut..]]), expected, "cut at {cut}");
        }
    }

    /// Takes `room` bytes, then would block.
    struct Tight {
        taken: Vec<u8>,
        room: usize,
    }

    impl Write for Tight {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.taken.extend_from_slice(&bytes[..count]);
            self.room -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_comes_back_gets_every_byte_in_order() {
        let mut outbox = Outbox::new(Tight { taken: Vec::new(), room: 0 }, 1000);
        let mut expected = Vec::new();
        for number in 0..50 {
            let line = format!("line {number}\n");
            expected.extend_from_slice(line.as_bytes());
            assert_eq!(outbox.push(line.as_bytes()), Ok(()));
            outbox.pipe.room += 7;
            assert!(outbox.flush().is_ok());
        }
        outbox.pipe.room = 1000;
        assert!(outbox.flush().is_ok());
        assert_eq!(outbox.pipe.taken, expected);
    }

    #[test]
    fn a_full_outbox_refuses_and_one_long_line_alone_passes() {
        let mut outbox = Outbox::new(Tight { taken: Vec::new(), room: 0 }, 10);
        assert_eq!(outbox.push(&[b'x'; 50]), Ok(()));
        assert_eq!(outbox.push(b"y"), Err(Full));
        outbox.pipe.room = 50;
        assert!(outbox.flush().is_ok());
        assert_eq!(outbox.push(b"y"), Ok(()));
    }
}
