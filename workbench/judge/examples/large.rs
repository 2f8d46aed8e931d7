//! Prints a large history of transactions, the same each time, to measure how long it takes to judge it:
//!
//! ```sh
//! cargo run --release -p judge --example large -- list-append 1000000 > large.edn
//! time workbench check -w list-append large.edn
//! ```
//!
//! Ten clients do what a strictly serializable store would: one to four steps a transaction, on ten keys at a time, each of which
//! gives way to a new one after sixteen writes.

use edn::Value;
use fastrand::Rng;
use judge::{Kind, Op, Process, history};
use std::io::{self, BufWriter, Write};

const CLIENTS: usize = 10;
const KEYS: i64 = 10;
const WRITES: i64 = 16;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let write = match arguments.next().as_deref() {
        Some("list-append") => "append",
        Some("rw-register") => "w",
        _ => return Err(io::Error::other("the first argument is list-append or rw-register")),
    };
    let count = arguments.next().and_then(|count| count.parse().ok());
    let count = count.ok_or_else(|| io::Error::other("the second argument is how many transactions"))?;
    let mut world = World {
        rng: Rng::with_seed(1),
        write,
        keys: (0..KEYS).map(|key| (key, 0)).collect(),
        next_key: KEYS,
        out: BufWriter::new(io::stdout().lock()),
        events: 0,
    };
    world.run(count)
}

struct World<W: Write> {
    rng: Rng,
    write: &'static str,
    /// The keys in use, and how many values were written to each: they are numbered from one.
    keys: Vec<(i64, i64)>,
    next_key: i64,
    out: W,
    events: usize,
}

impl<W: Write> World<W> {
    /// Transactions that overlap: each takes effect where it begins, and ends when its client has its next turn.
    fn run(&mut self, count: usize) -> io::Result<()> {
        let mut open: Vec<Option<Value>> = vec![None; CLIENTS];
        for _ in 0..count {
            let client = self.rng.usize(0..CLIENTS);
            if let Some(done) = open[client].take() {
                self.tell(client, Kind::Ok, done)?;
            }
            let (asked, done) = self.transaction();
            self.tell(client, Kind::Invoke, asked)?;
            open[client] = Some(done);
        }
        for (client, done) in open.into_iter().enumerate() {
            done.map_or(Ok(()), |done| self.tell(client, Kind::Ok, done))?;
        }
        self.out.flush()
    }

    /// What is asked for, and what it comes to.
    fn transaction(&mut self) -> (Value, Value) {
        let (mut asked, mut done) = (Vec::new(), Vec::new());
        for _ in 0..self.rng.usize(1..=4) {
            let place = self.rng.usize(0..self.keys.len());
            let (key, written) = self.keys[place];
            let step = |name, value| Value::Vector(vec![Value::keyword(name), key.into(), value]);
            if self.rng.bool() {
                asked.push(step("r", Value::Nil));
                done.push(step("r", self.state(written)));
                continue;
            }
            let write = step(self.write, (written + 1).into());
            asked.push(write.clone());
            done.push(write);
            self.keys[place].1 += 1;
            if written + 1 == WRITES {
                self.keys[place] = (self.next_key, 0);
                self.next_key += 1;
            }
        }
        (Value::Vector(asked), Value::Vector(done))
    }

    /// What a key holds after so many writes.
    fn state(&self, written: i64) -> Value {
        match (written, self.write) {
            (0, _) => Value::Nil,
            (_, "append") => Value::Vector((1..=written).map(Value::from).collect()),
            _ => written.into(),
        }
    }

    fn tell(&mut self, client: usize, kind: Kind, value: Value) -> io::Result<()> {
        let op = Op {
            index: self.events,
            time_ns: self.events as u64 * 1_000,
            kind,
            process: Process::Client(client as u64),
            f: "txn",
            value,
            is_final: false,
            error: None,
            exception: None,
            extra: Vec::new(),
        };
        self.events += 1;
        history::write_edn(&history::History::new(vec![op]), &mut self.out)
    }
}
