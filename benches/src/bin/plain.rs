//! What a good programmer writes in an hour: the measure that the `processes` bench holds the nodes to.
//!
//! Lines are decoded by structs that serde derives and that borrow from them, replies are written by serde_json into a
//! buffer, and the buffer goes out when there is no further line to be read. One process, no other nodes, no errors, no
//! clock: a line that it does not understand ends it. It serves whichever workload it is asked for.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead, BufReader, BufWriter, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a pipe holds.
const BUFFER: usize = 64 << 10;

#[derive(Deserialize)]
struct Envelope<'a> {
    src: &'a str,
    dest: &'a str,
    #[serde(borrow)]
    body: Body<'a>,
}

#[derive(Deserialize)]
struct Body<'a> {
    r#type: &'a str,
    msg_id: u64,
    #[serde(borrow)]
    echo: Option<&'a RawValue>,
    message: Option<i64>,
    delta: Option<i64>,
    key: Option<&'a str>,
    msg: Option<i64>,
    value: Option<i64>,
    txn: Option<Vec<Operation<'a>>>,
}

/// Action, key, value.
type Operation<'a> = (&'a str, i64, Option<i64>);

#[derive(Serialize)]
struct Reply<'a> {
    src: &'a str,
    dest: &'a str,
    body: Answer<'a>,
}

#[derive(Default, Serialize)]
struct Answer<'a> {
    r#type: &'static str,
    in_reply_to: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<&'a [i64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn: Option<Vec<Operation<'a>>>,
}

/// All that any of the workloads keeps.
#[derive(Default)]
struct State {
    values: Vec<i64>,
    total: i64,
    logs: HashMap<String, Vec<i64>>,
    registers: HashMap<i64, i64>,
    keys: HashMap<String, i64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut input = BufReader::with_capacity(BUFFER, io::stdin().lock());
    let mut output = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let mut state = State::default();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let request: Envelope<'_> = serde_json::from_slice(&line)?;
        let body = state.answer(request.body).ok_or("a request that makes no sense")?;
        serde_json::to_writer(&mut output, &Reply { src: request.dest, dest: request.src, body })?;
        output.write_all(b"\n")?;
        if !input.buffer().contains(&b'\n') {
            output.flush()?;
        }
        line.clear();
    }
    Ok(())
}

impl State {
    fn answer<'a>(&'a mut self, request: Body<'a>) -> Option<Answer<'a>> {
        let mut answer = Answer { in_reply_to: request.msg_id, ..Answer::default() };
        answer.r#type = match request.r#type {
            "init" => "init_ok",
            "echo" => {
                answer.echo = request.echo;
                "echo_ok"
            }
            "broadcast" => {
                self.values.push(request.message?);
                "broadcast_ok"
            }
            "read" => {
                answer.messages = Some(&self.values);
                "read_ok"
            }
            "add" => {
                self.total += request.delta?;
                "add_ok"
            }
            "send" => {
                answer.offset = Some(self.send(request.key?, request.msg?));
                "send_ok"
            }
            "write" => {
                self.write(request.key?, request.value?);
                "write_ok"
            }
            "txn" => {
                answer.txn = Some(self.run(request.txn?));
                "txn_ok"
            }
            _ => return None,
        };
        Some(answer)
    }

    fn send(&mut self, key: &str, message: i64) -> usize {
        if !self.logs.contains_key(key) {
            self.logs.insert(key.to_string(), Vec::new());
        }
        let log = self.logs.get_mut(key).expect("it has just been put there");
        log.push(message);
        log.len() - 1
    }

    fn write(&mut self, key: &str, value: i64) {
        match self.keys.get_mut(key) {
            Some(held) => *held = value,
            None => drop(self.keys.insert(key.to_string(), value)),
        }
    }

    fn run<'a>(&mut self, mut operations: Vec<Operation<'a>>) -> Vec<Operation<'a>> {
        for (action, key, value) in &mut operations {
            match (*action, *value) {
                ("w", Some(value)) => drop(self.registers.insert(*key, value)),
                _ => *value = self.registers.get(key).copied(),
            }
        }
        operations
    }
}
