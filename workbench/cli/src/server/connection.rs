//! One client: its request as it comes in, its answer as it goes out.

use super::request::{self, Head, MAX_HEAD_BYTES, Names, Refusal, Request};
use super::response::{Body, Response};
use mio::net::TcpStream;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// A whole request must be there by then.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// Some of an answer must be read within this.
const STALL_TIME: Duration = Duration::from_secs(10);
/// Whoever has its answer has so long to hang up.
const GOODBYE_TIME: Duration = Duration::from_secs(1);
/// Bytes that are written before the others have their turn.
const WRITTEN_AT_ONCE: usize = 1 << 20;
/// Bytes that are read at a time.
const CHUNK: usize = 16 << 10;

/// One client.
#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    state: State,
    /// Whether only the answer's head is wanted.
    is_head_only: bool,
    /// When something last came in or went out.
    progress: Instant,
    deadline: Option<Instant>,
}

#[derive(Debug)]
enum State {
    /// What has come of the request, and its head, once that is understood.
    Reading { input: Vec<u8>, head: Option<Head> },
    /// The request is here, and nobody has taken it yet.
    Asked(Request),
    /// Somebody makes the answer.
    Answered,
    /// What goes out, how much of it is written, and what follows.
    Writing { output: Vec<u8>, written: usize, file: Option<(File, u64)> },
    /// All is said. To close now, with bytes unread, would take the answer back from the client's system.
    Goodbye,
}

/// How a client's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has to do something now.
    Over,
    /// So have we, but it is others' turn.
    More,
    /// Its request is here.
    Asked,
    /// There is nothing more to be done for it.
    Ended,
}

impl Connection {
    /// Somebody who has just come.
    pub(super) fn new(socket: TcpStream, now: Instant) -> Connection {
        let state = State::Reading { input: Vec::new(), head: None };
        Connection { socket, state, is_head_only: false, progress: now, deadline: Some(now + REQUEST_TIME) }
    }

    /// When it is closed if nothing happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// When something last came in or went out.
    pub(super) fn progress(&self) -> Instant {
        self.progress
    }

    /// Whether it waits for us.
    pub(super) fn is_being_answered(&self) -> bool {
        matches!(self.state, State::Asked(_) | State::Answered)
    }

    /// Its request, once.
    pub(super) fn take_request(&mut self) -> Option<Request> {
        match std::mem::replace(&mut self.state, State::Answered) {
            State::Asked(request) => Some(request),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Gives it its answer.
    pub(super) fn answer(&mut self, response: Response, now: Instant) {
        let mut output = response.head().into_bytes();
        let file = match response.body {
            _ if self.is_head_only => None,
            Body::Bytes(bytes) => {
                output.extend(bytes);
                None
            }
            Body::File(file, length) => Some((file, length)),
        };
        self.state = State::Writing { output, written: 0, file };
        self.deadline = Some(now + STALL_TIME);
    }

    /// Reads or writes what is possible.
    pub(super) fn attend(&mut self, names: &Names, now: Instant) -> Turn {
        let turn = match self.state {
            State::Reading { .. } => self.read(names, now),
            State::Asked(_) | State::Answered => Ok(Turn::Over),
            State::Writing { .. } => self.write(now),
            State::Goodbye => self.listen(),
        };
        match turn {
            Ok(turn) => turn,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Turn::Over,
            Err(_) => Turn::Ended,
        }
    }

    fn read(&mut self, names: &Names, now: Instant) -> io::Result<Turn> {
        let mut chunk = [0; CHUNK];
        loop {
            let count = match self.socket.read(&mut chunk) {
                Ok(0) => return Ok(Turn::Ended),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => count?,
            };
            self.progress = now;
            match self.take(&chunk[..count], names) {
                Ok(None) => {}
                Ok(Some(request)) => {
                    self.state = State::Asked(request);
                    self.deadline = None;
                    return Ok(Turn::Asked);
                }
                Err((status, text)) => {
                    self.answer(Response::words(status, text), now);
                    return self.write(now);
                }
            }
        }
    }

    /// Adds what came in to the request. What comes behind its body is ignored: this is the only one.
    fn take(&mut self, bytes: &[u8], names: &Names) -> Result<Option<Request>, Refusal> {
        let State::Reading { input, head } = &mut self.state else { return Ok(None) };
        let seen = input.len();
        input.extend_from_slice(bytes);
        if head.is_none() {
            let end = request::end_of_head(input, seen);
            if end.unwrap_or(input.len()) > MAX_HEAD_BYTES {
                return Err((431, "Those headers are longer than 16 KiB."));
            }
            let Some(end) = end else { return Ok(None) };
            let read = request::read_head(&input[..end], names)?;
            input.drain(..end);
            self.is_head_only = read.is_head_only;
            if read.expects_word && input.len() < read.body_bytes {
                // A client that does not get the word sends the body all the same, after a while.
                let _ = self.socket.write(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            *head = Some(read);
        }
        match head {
            Some(head) if input.len() >= head.body_bytes => {
                input.truncate(head.body_bytes);
                Ok(Some(Request { body: std::mem::take(input), ..head.request.clone() }))
            }
            _ => Ok(None),
        }
    }

    fn write(&mut self, now: Instant) -> io::Result<Turn> {
        let State::Writing { output, written, file } = &mut self.state else { return Ok(Turn::Over) };
        let mut room = WRITTEN_AT_ONCE;
        loop {
            if *written == output.len() && !refill(output, written, file)? {
                break;
            }
            match self.socket.write(&output[*written..]) {
                Ok(0) => return Ok(Turn::Ended),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => {
                    let count = count?;
                    *written += count;
                    room = room.saturating_sub(count);
                }
            }
            (self.progress, self.deadline) = (now, Some(now + STALL_TIME));
            if room == 0 {
                return Ok(Turn::More);
            }
        }
        self.socket.shutdown(Shutdown::Write)?;
        (self.state, self.deadline) = (State::Goodbye, Some(now + GOODBYE_TIME));
        self.listen()
    }

    /// Whatever it still says is not read: it only has to hang up.
    fn listen(&mut self) -> io::Result<Turn> {
        let mut chunk = [0; CHUNK];
        for _ in 0..WRITTEN_AT_ONCE / CHUNK {
            match self.socket.read(&mut chunk) {
                Ok(0) => return Ok(Turn::Ended),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                count => drop(count?),
            }
        }
        Ok(Turn::More)
    }
}

/// Takes the next piece of the file. False if all of it was written; a file that has shrunk cannot be.
fn refill(output: &mut Vec<u8>, written: &mut usize, file: &mut Option<(File, u64)>) -> io::Result<bool> {
    let Some((source, left)) = file.as_mut().filter(|(_, left)| *left > 0) else { return Ok(false) };
    output.clear();
    *written = 0;
    let count = source.take((*left).min(4 * CHUNK as u64)).read_to_end(output)?;
    *left -= count as u64;
    if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(true) }
}
