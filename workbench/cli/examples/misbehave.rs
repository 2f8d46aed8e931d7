//! A node for the workbench's own tests: simple, right for one node, and a bad child process in the one way that its
//! argument names. Those that lie to their clients are in the example `zoo`.
//!
//! `cargo test` builds it; it is not among the programs that ship.

use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::process::{Command, exit};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    begin(&mode);
    let mut node = Node { mode, id: Value::Null, requests: 0, values: Vec::new() };
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Ok(message) = serde_json::from_str(&line) else { continue };
        node.on_message(&message);
    }
    if node.mode == "stubborn" {
        forever();
    }
}

/// What goes wrong before the first message.
#[expect(clippy::zombie_processes, reason = "a grandchild that nobody waits for is the point")]
fn begin(mode: &str) {
    match mode {
        "exit" => {
            eprintln!("cannot open the database");
            exit(3);
        }
        "hello" => eprintln!("hello from {}", std::process::id()),
        "stubborn" => {
            let ignored = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal_hook::consts::SIGTERM, ignored)
                .expect("SIGTERM can be caught");
        }
        "grandchild" => {
            let child = Command::new("sleep").arg("600").spawn().expect("there is a sleep");
            eprintln!("grandchild {}", child.id());
        }
        "daemon" => {
            Command::new("setsid").args(["sleep", "600"]).spawn().expect("there is a setsid");
        }
        "flood-stdout" => drop(thread::spawn(|| flood(&mut io::stdout()))),
        "flood-stderr" => drop(thread::spawn(|| flood(&mut io::stderr()))),
        _ => {}
    }
}

struct Node {
    mode: String,
    id: Value,
    /// Requests answered, the one at hand included, but not `init`.
    requests: i64,
    values: Vec<Value>,
}

impl Node {
    fn on_message(&mut self, message: &Value) {
        let request = &message["body"];
        let kind = request["type"].as_str().unwrap_or_default();
        if kind == "init" {
            self.id = request["node_id"].clone();
            if self.mode != "mute" {
                self.reply(message, json!({"type": "init_ok"}));
            }
            if self.mode == "deaf" {
                forever();
            }
            return;
        }
        if kind == "chat" {
            return self.reply(message, json!({"type": "chat"}));
        }
        self.requests += 1;
        let body = match kind {
            "echo" => json!({"type": "echo_ok", "echo": request["echo"]}),
            "generate" => json!({"type": "generate_ok", "id": self.requests}),
            "topology" => json!({"type": "topology_ok"}),
            "broadcast" => {
                self.values.push(request["message"].clone());
                json!({"type": "broadcast_ok"})
            }
            "read" => json!({"type": "read_ok", "messages": self.values}),
            _ => json!({"type": "error", "code": 10, "text": "no such request"}),
        };
        self.answer(message, body);
    }

    /// Answers a request, with what goes wrong around answers.
    fn answer(&self, message: &Value, mut body: Value) {
        match self.mode.as_str() {
            "exit-later" if self.requests == 3 => {
                eprintln!("assertion failed: something");
                exit(0);
            }
            "junk" if self.requests == 3 => println!("DEBUG got a message"),
            "unknown-destination" if self.requests == 3 => {
                println!("{}", json!({"src": self.id, "dest": "nobody", "body": {"type": "hello"}}));
            }
            "extra-key" if self.requests == 3 => body["debug"] = json!(true),
            "twice" => self.reply(message, body.clone()),
            "freeze" if self.requests == 3 => {
                let me = rustix::process::getpid();
                rustix::process::kill_process(me, rustix::process::Signal::STOP).expect("nobody objects");
            }
            // It answers what it hears from itself, for ever.
            "chatter" if self.requests <= 8 => {
                self.reply(&json!({"src": self.id, "dest": self.id}), json!({"type": "chat"}));
            }
            _ => {}
        }
        self.reply(message, body);
    }

    fn reply(&self, message: &Value, mut body: Value) {
        body["in_reply_to"] = message["body"]["msg_id"].clone();
        let reply = json!({"src": message["dest"], "dest": message["src"], "body": body});
        let mut stdout = io::stdout().lock();
        if writeln!(stdout, "{reply}").and_then(|()| stdout.flush()).is_err() {
            exit(0);
        }
    }
}

fn flood(stream: &mut dyn Write) {
    while writeln!(stream, "nobody wants to read this line, and there are many more of it").is_ok() {}
}

fn forever() -> ! {
    loop {
        thread::park();
    }
}
