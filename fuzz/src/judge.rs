//! A whole test of nodes that say anything. The workbench never panics, comes to a verdict, and what it stores can be read
//! back and judged the same.
//!
//! An input is what the nodes say: the workload, and then
//!
//! ```text
//! kafka
//! send {"type":"send_ok","offset":3}
//! send {"type":"error","code":11}
//! poll {"type":"poll_ok","msgs":{"k":[[3,4]]}}
//! !{"src":"n1","dest":"lin-kv","body":{"type":"read","key":1,"msg_id":1}}
//! ```
//!
//! A request is answered with the bodies given for its type, one after the other, over and over. Lines after `!` are said
//! as they are, one at each request.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use bench::options::{Options, Workload};
use bench::run::Record;
use judge::history;
use judge::history::History;
use judge::{Results, analyze};
use machines::Time;
use protocol::Message;
use worlds::{Program, simulated};

/// Runs a test of such nodes, stores it, and judges what was stored.
pub fn judge(script: &[u8]) {
    let Some((options, script)) = read(script) else { return };
    let record = simulated::run(options, Box::new(move |_, _| Box::new(Parrot::new(script.clone()))));
    let results = verdict(&record, &record.history);
    let stored = store(&record.history);
    let restored = history::read(&stored).unwrap_or_else(|error| panic!("{error}: {stored}"));
    assert_eq!(store(&restored), stored);
    assert_eq!(verdict(&record, &restored).value, results.value);
}

/// The workload's name, and what follows in the input.
pub(crate) fn workload(input: &[u8]) -> Option<(Workload, &[u8])> {
    let end = input.iter().position(|&byte| byte == b'\n')?;
    let workload = Workload::ALL.into_iter().find(|workload| workload.name().as_bytes() == &input[..end])?;
    Some((workload, &input[end + 1..]))
}

/// A test as short as it may be.
pub(crate) fn options(workload: Workload) -> Options {
    Options {
        concurrency: 4,
        time_limit: Duration::from_secs(1),
        rate: 40.0,
        recovery: Duration::from_secs(1),
        key_count: 2,
        consistency_models: vec!["read-atomic".to_owned(), "strict-serializable".to_owned()],
        ..Options::new(workload, 2)
    }
}

fn store(history: &History) -> String {
    let mut stored = Vec::new();
    history::write_edn(history, &mut stored).expect("memory takes it");
    history::write_text(history, &mut Vec::new()).expect("memory takes it");
    String::from_utf8(stored).expect("text")
}

fn verdict(record: &Record, history: &History) -> Results {
    let results = analyze(&record.options.demands(), history, &record.net_stats());
    edn::pretty(&results.value);
    edn::json::pretty(&results.value);
    results.findings.iter().for_each(|finding| drop(format!("{finding:?}")));
    results
}

/// What the nodes say.
struct Script {
    answers: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    asides: Vec<Vec<u8>>,
}

fn read(input: &[u8]) -> Option<(Options, Rc<Script>)> {
    let (workload, lines) = workload(input)?;
    let mut script = Script { answers: BTreeMap::new(), asides: Vec::new() };
    for line in lines.split(|&byte| byte == b'\n') {
        if let Some(aside) = line.strip_prefix(b"!") {
            script.asides.push(aside.to_vec());
        } else if let Some(space) = line.iter().position(|&byte| byte == b' ') {
            script.answers.entry(line[..space].to_vec()).or_default().push(line[space + 1..].to_vec());
        }
    }
    Some((options(workload), Rc::new(script)))
}

/// A node that says what the script has for it.
struct Parrot {
    script: Rc<Script>,
    heard: usize,
}

impl Parrot {
    fn new(script: Rc<Script>) -> Parrot {
        Parrot { script, heard: 0 }
    }

    fn answer(&self, message: &Message<'_>) -> Option<Vec<u8>> {
        let body = match self.script.answers.get(message.body.kind().as_bytes()) {
            Some(bodies) => &*bodies[self.heard % bodies.len()],
            None if message.body.kind() == "init" => br#"{"type":"init_ok"}"#,
            None => return None,
        };
        let head = format!(r#"{{"src":"{}","dest":"{}","body":"#, message.dest, message.src);
        let mut line = head.into_bytes();
        match (message.body.msg_id, body.strip_prefix(b"{")) {
            (Some(id), Some(fields)) => {
                line.extend_from_slice(format!(r#"{{"in_reply_to":{id},"#).as_bytes());
                line.extend_from_slice(fields);
            }
            _ => line.extend_from_slice(body),
        }
        line.extend_from_slice(b"}\n");
        Some(line)
    }
}

impl Program for Parrot {
    fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
        // What another node says is passed on, even without a type.
        let Ok(message) = Message::decode(line) else { return };
        if let Some(aside) = self.script.asides.get(self.heard) {
            stdout.extend_from_slice(aside);
            stdout.push(b'\n');
        }
        stdout.extend(self.answer(&message).unwrap_or_default());
        self.heard += 1;
    }

    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}
