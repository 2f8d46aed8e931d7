//! A request of each workload, as the network delivers it.

use std::fmt::Write;

/// Name and body without `msg_id`.
pub const BODIES: [(&str, &str); 9] = [
    ("echo", r#""echo":"Please echo 93","type":"echo""#),
    ("generate", r#""type":"generate""#),
    ("broadcast", r#""message":1031,"type":"broadcast""#),
    ("read", r#""type":"read""#),
    ("add", r#""delta":-3,"type":"add""#),
    ("cas", r#""key":3,"from":2,"to":4,"type":"cas""#),
    ("send", r#""key":"9","msg":311,"type":"send""#),
    ("poll", r#""offsets":{"11":31,"12":5,"4":700,"9":0},"type":"poll""#),
    ("txn", r#""txn":[["r",9,null],["w",8,41],["r",7,null],["w",9,6]],"type":"txn""#),
];

/// The request with that name, number 104.
pub fn request(name: &str) -> String {
    let body = BODIES.iter().find(|(other, _)| *other == name).map(|(_, body)| *body);
    line(body.expect("one of the requests"), 104)
}

/// A request from `c7` to `n0`.
pub fn line(body: &str, msg_id: usize) -> String {
    format!(r#"{{"id":5012,"src":"c7","dest":"n0","body":{{{body},"msg_id":{msg_id}}}}}"#)
}

/// As many of these requests as fill a pipe, one a line, and how many that is.
pub fn pipe_full(body: impl Fn(usize) -> String) -> (String, usize) {
    const PIPE: usize = 64 << 10;
    let mut lines = String::new();
    let mut count = 0;
    while lines.len() < PIPE {
        writeln!(lines, "{}", line(&body(count), count)).expect("a string takes any text");
        count += 1;
    }
    (lines, count)
}
