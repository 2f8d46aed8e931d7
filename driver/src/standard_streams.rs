//! stdin, stdout and stderr as what they are: a pipe can be asked not to block, a file never blocks for long, and a
//! terminal belongs to others too.
//!
//! Pipes and sockets are made non-blocking, which whoever shares them notices; so it is undone at the end. Everything
//! else is left as it is: there, poll(2) says whether a read would block. epoll knows no regular files and no
//! `/dev/null` (`EPERM`), as these are always ready; such a stream is simply not registered.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IoSlice, IsTerminal, Read, Write};
use std::os::fd::{AsFd, AsRawFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::Errno;

/// A stream of this process, for as long as it is being served.
#[derive(Debug)]
pub(crate) struct Stream {
    file: File,
    /// Whether a call on it fails with `WouldBlock` where it would block.
    never_blocks: bool,
    /// Whether that is this process's doing.
    is_changed: bool,
    is_widened: bool,
    is_terminal: bool,
}

impl Stream {
    /// stdin.
    pub(crate) fn input() -> io::Result<Stream> {
        Stream::new(io::stdin())
    }

    /// stdout.
    pub(crate) fn output() -> io::Result<Stream> {
        Stream::new(io::stdout())
    }

    fn new(original: impl AsFd) -> io::Result<Stream> {
        let file = File::from(original.as_fd().try_clone_to_owned()?);
        let never_blocks =
            matches!(FileType::from_raw_mode(fstat(&file)?.st_mode), FileType::Fifo | FileType::Socket);
        let flags = fcntl_getfl(&file)?;
        let is_changed = never_blocks && !flags.contains(OFlags::NONBLOCK);
        if is_changed {
            fcntl_setfl(&file, flags | OFlags::NONBLOCK)?;
        }
        let is_terminal = file.is_terminal();
        Ok(Stream { file, never_blocks, is_changed, is_widened: false, is_terminal })
    }

    /// Asks to be told when the stream is ready. False: it always is.
    pub(crate) fn register(&self, registry: &Registry, token: Token, interest: Interest) -> io::Result<bool> {
        match registry.register(&mut SourceFd(&self.file.as_raw_fd()), token, interest) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes that back.
    pub(crate) fn deregister(&self, registry: &Registry) -> io::Result<()> {
        registry.deregister(&mut SourceFd(&self.file.as_raw_fd()))
    }

    /// Reads what there is; `WouldBlock` if there is nothing yet. A terminal that has hung up has come to its end.
    pub(crate) fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        if !self.never_blocks && !is_ready(&self.file, PollFlags::IN) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match (&self.file).read(space) {
            Err(error) if self.is_terminal && error.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(0),
            outcome => outcome,
        }
    }

    /// Makes more room in a pipe, once, so that long answers go out with fewer calls, and more can come in during a sync.
    /// Where that is not to be had, it is as well.
    pub(crate) fn widen(&mut self) {
        #[cfg(target_os = "linux")]
        if !std::mem::replace(&mut self.is_widened, true) {
            let _ = rustix::pipe::fcntl_setpipe_size(&self.file, WIDE_PIPE);
        }
    }

    /// Writes what there is room for; `WouldBlock` if there is none.
    pub(crate) fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (&self.file).write_vectored(slices)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.is_changed
            && let Ok(flags) = fcntl_getfl(&self.file)
        {
            // If that fails, there is nobody left to tell.
            let _ = fcntl_setfl(&self.file, flags - OFlags::NONBLOCK);
        }
    }
}

/// stderr, for whoever watches. A node does not depend on anybody doing so: while stderr is full, lines are left out.
#[derive(Debug)]
pub(crate) struct Diagnostics {
    name: &'static str,
}

impl Diagnostics {
    /// Diagnostics of the program `name`.
    pub(crate) fn new(name: &'static str) -> Self {
        Diagnostics { name }
    }

    /// Says a line.
    pub(crate) fn say(&mut self, text: impl Display) {
        let stderr = io::stderr();
        if is_ready(&stderr, PollFlags::OUT) {
            let line = format!("{}: {text}\n", self.name);
            let _ = stderr.lock().write_all(line.as_bytes());
        }
    }

    /// Says what is wrong with a line of input, and shows its beginning.
    pub(crate) fn complain(&mut self, problem: impl Display, line: &[u8]) {
        let shown = String::from_utf8_lossy(&line[..line.len().min(MAX_SHOWN)]);
        let ellipsis = if line.len() > MAX_SHOWN { "…" } else { "" };
        self.say(format_args!("ignored a line, {problem}: {}{ellipsis}", shown.escape_debug()));
    }
}

/// Prints to stdout, to whomever that reaches.
pub(crate) fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Whether somebody sits at a keyboard and is expected to type messages.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// Asks whether a call would go through without blocking, or fail at once.
fn is_ready(stream: &impl AsFd, flags: PollFlags) -> bool {
    let mut streams = [PollFd::new(stream, flags)];
    poll(&mut streams, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
}

/// What a pipe may hold unless an administrator says otherwise (pipe(7), `pipe-max-size`).
#[cfg(target_os = "linux")]
const WIDE_PIPE: usize = 1 << 20;

/// So much of a bad line is shown.
const MAX_SHOWN: usize = 200;
