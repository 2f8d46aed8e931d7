//! A node's binary as somebody with pipes sees it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::{Value, json};

pub(crate) const ECHO: &str = env!("CARGO_BIN_EXE_echo");
pub(crate) const UNIQUE_IDS: &str = env!("CARGO_BIN_EXE_unique-ids");
pub(crate) const BROADCAST: &str = env!("CARGO_BIN_EXE_broadcast");

/// A binary and what its clients ask.
pub(crate) struct Binary {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    /// A request that is answered at once, whoever else is there, and does not make the next answer longer.
    pub(crate) request: &'static str,
    /// A sound request of every type it knows.
    pub(crate) words: &'static [&'static str],
    /// The service whose answers some of these wait for.
    pub(crate) service: Option<&'static str>,
    /// Whether it has anything to say to other nodes.
    pub(crate) gossips: bool,
    /// Requests of the right type with something wrong about a field.
    pub(crate) wrong: &'static [&'static str],
}

/// All that ship.
pub(crate) const ALL: [Binary; 8] = [
    Binary {
        path: ECHO,
        name: "echo",
        request: r#"{"type":"echo","echo":"hi"}"#,
        words: &[r#"{"type":"echo","echo":"hi"}"#],
        service: None,
        gossips: false,
        wrong: &[r#"{"type":"echo"}"#],
    },
    Binary {
        path: UNIQUE_IDS,
        name: "unique-ids",
        request: r#"{"type":"generate"}"#,
        words: &[r#"{"type":"generate"}"#],
        service: None,
        gossips: false,
        wrong: &[],
    },
    Binary {
        path: BROADCAST,
        name: "broadcast",
        request: r#"{"type":"broadcast","message":7}"#,
        words: &[
            r#"{"type":"broadcast","message":7}"#,
            r#"{"type":"topology","topology":{"n1":["n2","n9"],"n9":["n1","n1"]}}"#,
            r#"{"type":"read"}"#,
        ],
        service: None,
        gossips: true,
        wrong: &[r#"{"type":"broadcast"}"#],
    },
    Binary {
        path: env!("CARGO_BIN_EXE_g-set"),
        name: "g-set",
        request: r#"{"type":"add","element":7}"#,
        words: &[r#"{"type":"add","element":7}"#, r#"{"type":"read"}"#],
        service: None,
        gossips: true,
        wrong: &[r#"{"type":"add"}"#, r#"{"type":"add","delta":7}"#],
    },
    Binary {
        path: env!("CARGO_BIN_EXE_counter"),
        name: "counter",
        request: r#"{"type":"add","delta":-7}"#,
        words: COUNTER_WORDS,
        service: None,
        gossips: true,
        wrong: WRONG_ADDS,
    },
    Binary {
        path: env!("CARGO_BIN_EXE_counter-kv"),
        name: "counter-kv",
        // Everything else waits for the service.
        request: r#"{"type":"add","delta":0}"#,
        words: COUNTER_WORDS,
        service: Some("seq-kv"),
        gossips: false,
        wrong: WRONG_ADDS,
    },
    Binary {
        path: env!("CARGO_BIN_EXE_log"),
        name: "log",
        request: r#"{"type":"send","key":"k","msg":7}"#,
        words: &[
            r#"{"type":"send","key":"k","msg":7}"#,
            r#"{"type":"poll","offsets":{"k":0,"no such key":0}}"#,
            r#"{"type":"commit_offsets","offsets":{"k":0}}"#,
            r#"{"type":"list_committed_offsets","keys":["k","k"]}"#,
        ],
        service: None,
        gossips: true,
        wrong: &[
            r#"{"type":"send","key":"k"}"#,
            r#"{"type":"send","msg":7}"#,
            r#"{"type":"send","key":1,"msg":7}"#,
            r#"{"type":"send","key":null,"msg":7}"#,
            r#"{"type":"send","key":["k"],"msg":7}"#,
            r#"{"type":"poll"}"#,
            r#"{"type":"poll","offsets":[]}"#,
            r#"{"type":"poll","offsets":"k"}"#,
            r#"{"type":"poll","offsets":{"k":"0"}}"#,
            r#"{"type":"poll","offsets":{"k":-1}}"#,
            r#"{"type":"poll","offsets":{"k":1.5}}"#,
            r#"{"type":"poll","offsets":{"k":null}}"#,
            r#"{"type":"poll","offsets":{"k":18446744073709551616}}"#,
            r#"{"type":"commit_offsets"}"#,
            r#"{"type":"commit_offsets","offsets":7}"#,
            r#"{"type":"commit_offsets","offsets":{"k":[]}}"#,
            r#"{"type":"commit_offsets","offsets":{"k":-1}}"#,
            r#"{"type":"list_committed_offsets"}"#,
            r#"{"type":"list_committed_offsets","keys":"k"}"#,
            r#"{"type":"list_committed_offsets","keys":{"k":1}}"#,
            r#"{"type":"list_committed_offsets","keys":[1]}"#,
        ],
    },
    Binary {
        path: env!("CARGO_BIN_EXE_txn"),
        name: "txn",
        request: r#"{"type":"txn","txn":[["r",1,null],["w",1,7]]}"#,
        words: &[r#"{"type":"txn","txn":[["r",1,null],["w",1,7]]}"#],
        service: None,
        gossips: true,
        wrong: &[
            r#"{"type":"txn"}"#,
            r#"{"type":"txn","txn":null}"#,
            r#"{"type":"txn","txn":{}}"#,
            r#"{"type":"txn","txn":"r"}"#,
            r#"{"type":"txn","txn":["r",1,null]}"#,
            r#"{"type":"txn","txn":[["x",1,2]]}"#,
            r#"{"type":"txn","txn":[[1,1,2]]}"#,
            r#"{"type":"txn","txn":[["r"]]}"#,
            r#"{"type":"txn","txn":[["r",1]]}"#,
            r#"{"type":"txn","txn":[["r",1,null,2]]}"#,
            r#"{"type":"txn","txn":[["w",[1],2]]}"#,
            r#"{"type":"txn","txn":[["w",1,2],null]}"#,
        ],
    },
];

const COUNTER_WORDS: &[&str] = &[r#"{"type":"add","delta":-7}"#, r#"{"type":"read"}"#];

const WRONG_ADDS: &[&str] = &[
    r#"{"type":"add"}"#,
    r#"{"type":"add","delta":null}"#,
    r#"{"type":"add","delta":"1"}"#,
    r#"{"type":"add","delta":1.5}"#,
    r#"{"type":"add","delta":true}"#,
    r#"{"type":"add","delta":[1]}"#,
    r#"{"type":"add","delta":{}}"#,
    r#"{"type":"add","delta":9223372036854775808}"#,
];

impl Binary {
    /// The line that asks for what the binary is there for.
    pub(crate) fn ask(&self, msg_id: u64) -> String {
        numbered(self.request, msg_id)
    }

    /// The lines of so many requests, after `init`: they are numbered from 2 on.
    pub(crate) fn flood(&self, requests: u64) -> String {
        init(&["n1"]) + &(2..2 + requests).map(|msg_id| self.ask(msg_id)).collect::<String>()
    }
}

/// The line that says `body` under that number.
pub(crate) fn numbered(body: &str, msg_id: u64) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body["msg_id"] = json!(msg_id);
    line(body)
}

/// A line: `body` from client `c1` to node `n1`.
pub(crate) fn line(body: Value) -> String {
    format!("{}\n", json!({"src": "c1", "dest": "n1", "body": body}))
}

/// The line that tells `n1` who it is, and that these nodes exist.
pub(crate) fn init(node_ids: &[&str]) -> String {
    line(json!({"type": "init", "msg_id": 1, "node_id": "n1", "node_ids": node_ids}))
}

/// The line that asks for an echo of `payload`.
pub(crate) fn echo(msg_id: u64, payload: &str) -> String {
    line(json!({"type": "echo", "msg_id": msg_id, "echo": payload}))
}

/// The bodies of the messages in `stdout`, but for what the node asks a service of its own accord.
pub(crate) fn bodies(stdout: &[u8]) -> Vec<Value> {
    assert!(stdout.is_empty() || stdout.ends_with(b"\n"), "the last line is not complete");
    let lines = stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let messages = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    messages.filter(|message| !is_call(message)).map(|mut message| message["body"].take()).collect()
}

fn is_call(message: &Value) -> bool {
    message["dest"] == "seq-kv"
}

/// The numbers of the requests that `stdout` answers, in order.
pub(crate) fn answered(stdout: &[u8]) -> Vec<u64> {
    bodies(stdout).iter().map(|body| body["in_reply_to"].as_u64().unwrap()).collect()
}

/// A node's whole life on pipes: all of `input`, then its end. Its standard streams can be changed first.
pub(crate) fn live(binary: &str, input: impl AsRef<[u8]>, change: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(binary);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    change(&mut command);
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    let input = input.as_ref();
    thread::scope(|scope| {
        if let Some(mut stdin) = stdin {
            // The node may be gone before it has heard everything.
            scope.spawn(move || stdin.write_all(input));
        }
        child.wait_with_output().unwrap()
    })
}

/// Asserts that a life ended well, and gives what was said in it.
#[track_caller]
pub(crate) fn said(output: &Output) -> &[u8] {
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    &output.stdout
}

/// The lines on stderr; none may tell of a panic.
#[track_caller]
pub(crate) fn complaints(output: &Output) -> Vec<String> {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr.lines().map(str::to_string).collect()
}

/// A node that one can talk with.
pub(crate) struct Talk {
    pub(crate) child: Child,
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: BufReader<ChildStdout>,
}

impl Talk {
    /// Starts a node and leaves its stderr alone.
    pub(crate) fn with(binary: &str, arguments: &[&str]) -> Talk {
        let mut command = Command::new(binary);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Talk { child, stdin, stdout }
    }

    /// Says a line, or a part of one.
    pub(crate) fn say(&mut self, text: impl AsRef<[u8]>) {
        self.stdin.write_all(text.as_ref()).unwrap();
    }

    /// Waits for the next message that is not for a service.
    pub(crate) fn hear(&mut self) -> Value {
        loop {
            let mut line = String::new();
            self.stdout.read_line(&mut line).unwrap();
            assert!(line.ends_with('\n'), "no more lines after {line:?}");
            let message = serde_json::from_str(&line).unwrap();
            if !is_call(&message) {
                return message;
            }
        }
    }

    /// Waits for the next message for a client.
    pub(crate) fn hear_client(&mut self) -> Value {
        std::iter::from_fn(|| Some(self.hear())).find(|message| message["dest"] == "c1").unwrap()
    }

    /// Feeds the node, reads nothing, and stops when it sleeps although there is more for it to read. Gives the number of
    /// bytes that it was fed.
    pub(crate) fn fill(&mut self, input: &[u8]) -> usize {
        let flags = fcntl_getfl(&self.stdin).unwrap();
        fcntl_setfl(&self.stdin, flags | OFlags::NONBLOCK).unwrap();
        let (mut fed, mut full_and_asleep) = (0, 0);
        // A node that falls asleep may look so for a moment before it notices what has come.
        while fed < input.len() && full_and_asleep < 100 {
            let mut stdin = [PollFd::new(&self.stdin, PollFlags::OUT)];
            let is_full = poll(&mut stdin, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 0;
            full_and_asleep = if is_full && self.is_asleep() { full_and_asleep + 1 } else { 0 };
            if !is_full {
                fed += self.stdin.write(&input[fed..]).unwrap();
            }
            thread::yield_now();
        }
        fcntl_setfl(&self.stdin, flags).unwrap();
        fed
    }

    /// Ends the input, and gives what the node still had to say.
    pub(crate) fn end(self) -> Vec<u8> {
        let Talk { mut child, stdin, mut stdout } = self;
        drop(stdin);
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).unwrap();
        assert!(child.wait().unwrap().success());
        rest
    }

    /// The most memory that the node has had so far.
    pub(crate) fn peak_memory_kib(&self) -> u64 {
        let status = self.proc("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Whether the node sleeps, waiting for something to happen.
    pub(crate) fn is_asleep(&self) -> bool {
        self.proc("status").lines().any(|line| line.starts_with("State:\tS"))
    }

    fn proc(&self, file: &str) -> String {
        let mut text = String::new();
        let mut file = File::open(format!("/proc/{}/{file}", self.child.id())).unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }
}
