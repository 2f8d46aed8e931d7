//! HTTP for pages on this computer, that no client can stall, starve or fill up.
//!
//! What is served is a function from a [`Request`] to a [`Response`]; this module is all that knows of HTTP. One thread
//! polls every socket, and a few others call the function, so that an answer that takes long holds up nobody else.
//!
//! Why no client can keep others out: there are at most [`MAX_CONNECTIONS`], each with bounded buffers. When one more comes,
//! the one that has been idle for longest, of those that are not being answered, makes room. A good client says what it
//! wants as soon as it is connected, and so is never the idlest; one that says nothing, or half of it, or does not read what
//! it asked for, soon is. Where no one comes, time limits do the same. A connection carries one request, so there is no
//! state between two of them.
//!
//! Why no page of another origin can read what is shown here: its browser says by which name it knows us, and only our own
//! are answered (else a name of its own could be made to lead here, "DNS rebinding"); requests that change something must
//! come from a page of ours; and every answer forbids to be embedded, sniffed or framed.

mod connection;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub(crate) use request::{Method, Request};
pub(crate) use response::Response;

use connection::{Connection, Turn};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use request::Names;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Connections at a time.
const MAX_CONNECTIONS: usize = 64;
/// Answers that are made at a time.
const WORKERS: usize = 4;
/// Connections that are taken before the others have their turn again.
const ACCEPTED_AT_ONCE: usize = 64;
/// News taken from the system at a time.
const EVENTS: usize = 256;
/// Descriptors that are needed for anything but connections.
const OWN_DESCRIPTORS: u64 = 24;
/// Until it is tried again when there was no descriptor for a connection.
const RETRY: Duration = Duration::from_millis(50);

const LISTENER: Token = Token(usize::MAX);
const ANSWERS: Token = Token(usize::MAX - 1);

/// What is served.
pub(crate) type Routes<'a> = &'a (dyn Fn(&Request) -> Response + Sync);

/// A server that has an address, and answers nobody yet.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    names: Names,
}

impl Server {
    /// Listens at this name or address; port 0 is any that is free.
    pub(crate) fn bind(host: &str, port: u16) -> io::Result<Server> {
        let mut outcome = Err(io::Error::new(io::ErrorKind::NotFound, "it has no address"));
        for address in (host, port).to_socket_addrs()? {
            outcome = TcpListener::bind(address);
            if outcome.is_ok() {
                break;
            }
        }
        let listener = outcome?;
        let address = listener.local_addr()?;
        Ok(Server { listener, address, names: Names::new(host, address.ip()) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers whoever asks, until the process ends or the system gives out.
    pub(crate) fn serve(self, routes: Routes<'_>) -> io::Result<Infallible> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), ANSWERS)?);
        let (jobs, undone) = mpsc::channel();
        let (answers, answered) = mpsc::channel();
        let undone = Mutex::new(undone);
        thread::scope(|scope| {
            let mut workers = 0;
            for _ in 0..WORKERS {
                let (answers, waker, undone) = (answers.clone(), Arc::clone(&waker), &undone);
                let work = move || work(undone, &answers, &waker, routes);
                match thread::Builder::new().name("answers".to_owned()).spawn_scoped(scope, work) {
                    Ok(_) => workers += 1,
                    Err(error) if workers == 0 => return Err(error),
                    Err(_) => {}
                }
            }
            let reception = Reception {
                poll,
                server: self,
                capacity: capacity(),
                connections: BTreeMap::new(),
                next: 0,
                is_asked: false,
                is_crowded: false,
                again: Vec::new(),
                waiting: VecDeque::new(),
                idle_workers: workers,
                jobs,
                answered,
            };
            // Dropping `jobs` on the way out ends the workers.
            reception.run()
        })
    }
}

/// How many connections there may be: each has a socket and perhaps a file.
fn capacity() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let raised = setrlimit(Resource::Nofile, raised).map_or(limit.current, |()| limit.maximum);
    let room =
        raised.map_or(MAX_CONNECTIONS as u64, |descriptors| descriptors.saturating_sub(OWN_DESCRIPTORS) / 2);
    usize::try_from(room).unwrap_or(MAX_CONNECTIONS).clamp(1, MAX_CONNECTIONS)
}

/// Makes answers until nobody can ask any more.
fn work(
    jobs: &Mutex<Receiver<(usize, Request)>>,
    answers: &Sender<(usize, Response)>,
    waker: &Waker,
    routes: Routes<'_>,
) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((connection, request)) = job else { return };
        let is_heard = answers.send((connection, routes(&request))).is_ok() && waker.wake().is_ok();
        if !is_heard {
            return;
        }
    }
}

/// The thread that talks to everybody.
struct Reception {
    server: Server,
    poll: Poll,
    capacity: usize,
    /// By their tokens, which are never used again.
    connections: BTreeMap<usize, Connection>,
    next: usize,
    /// Whether somebody may want to be let in.
    is_asked: bool,
    /// Whether more of them may wait than one turn lets in.
    is_crowded: bool,
    /// Connections that had more to do than one turn allows.
    again: Vec<usize>,
    /// Connections whose requests no worker has taken yet, in order.
    waiting: VecDeque<usize>,
    idle_workers: usize,
    jobs: Sender<(usize, Request)>,
    answered: Receiver<(usize, Response)>,
}

impl Reception {
    fn run(mut self) -> io::Result<Infallible> {
        self.poll.registry().register(&mut self.server.listener, LISTENER, Interest::READABLE)?;
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let timeout = self.timeout(Instant::now());
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = Instant::now();
            for key in std::mem::take(&mut self.again) {
                self.attend(key, now);
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.is_asked = true,
                    ANSWERS => {}
                    Token(key) if event.is_error() || event.is_write_closed() => self.close(key),
                    Token(key) => self.attend(key, now),
                }
            }
            self.hand_out_answers(now);
            self.connections
                .retain(|_, connection| connection.deadline().is_none_or(|deadline| deadline > now));
            self.accept(now);
            self.hand_out_work();
        }
    }

    fn timeout(&self, now: Instant) -> Option<Duration> {
        if self.is_crowded || !self.again.is_empty() {
            return Some(Duration::ZERO);
        }
        let deadline = self.connections.values().filter_map(Connection::deadline).min();
        let until =
            deadline.map(|deadline| deadline.saturating_duration_since(now) + Duration::from_millis(1));
        until.into_iter().chain(self.is_asked.then_some(RETRY)).min()
    }

    /// Lets in who waits at the door, as long as there is somebody who can make room.
    fn accept(&mut self, now: Instant) {
        let mut accepted = 0;
        self.is_crowded = false;
        while self.is_asked && accepted < ACCEPTED_AT_ONCE {
            if self.connections.len() >= self.capacity && !self.close_idlest() {
                return;
            }
            match self.server.listener.accept() {
                Ok((mut socket, _)) => {
                    accepted += 1;
                    let key = self.next;
                    self.next += 1;
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    if self.poll.registry().register(&mut socket, Token(key), interest).is_ok() {
                        self.connections.insert(key, Connection::new(socket, now));
                        self.attend(key, now);
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => self.is_asked = false,
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                    // No descriptors, mostly.
                    _ if self.close_idlest() => {}
                    _ => return,
                },
            }
        }
        self.is_crowded = self.is_asked;
    }

    /// False if everybody is being answered.
    fn close_idlest(&mut self) -> bool {
        let open = self.connections.iter().filter(|(_, connection)| !connection.is_being_answered());
        let idlest = open.min_by_key(|(_, connection)| connection.progress()).map(|(key, _)| *key);
        idlest.map(|key| self.close(key)).is_some()
    }

    fn close(&mut self, key: usize) {
        self.connections.remove(&key);
    }

    fn attend(&mut self, key: usize, now: Instant) {
        let Some(connection) = self.connections.get_mut(&key) else { return };
        match connection.attend(&self.server.names, now) {
            Turn::Over => {}
            Turn::More => self.again.push(key),
            Turn::Asked => self.waiting.push_back(key),
            Turn::Ended => self.close(key),
        }
    }

    /// Whoever is gone is not worth an answer.
    fn hand_out_work(&mut self) {
        while self.idle_workers > 0
            && let Some(key) = self.waiting.pop_front()
        {
            if let Some(request) = self.connections.get_mut(&key).and_then(Connection::take_request) {
                self.idle_workers -= 1;
                self.jobs.send((key, request)).expect("workers live as long as they can be asked");
            }
        }
    }

    fn hand_out_answers(&mut self, now: Instant) {
        while let Ok((key, response)) = self.answered.try_recv() {
            self.idle_workers += 1;
            if let Some(connection) = self.connections.get_mut(&key) {
                connection.answer(response, now);
                self.attend(key, now);
            }
        }
    }
}
