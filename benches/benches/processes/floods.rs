//! What is asked in a flood, and what must be answered.

use serde_json::Value;

/// Requests without end, and how a right answer to one looks.
pub(crate) struct Flood {
    /// What is measured.
    pub(crate) name: &'static str,
    /// The node that is measured.
    pub(crate) node: &'static str,
    /// How many requests, if they are not to be few.
    pub(crate) requests: usize,
    /// The body of the request with this number, but for its `msg_id`.
    body: fn(usize) -> String,
    /// Whether the answer with this number, its `in_reply_to` aside, is right. Nodes and the plain loop may differ.
    is_right: fn(usize, &Value) -> bool,
    /// At the end come so many reads.
    reads: usize,
    /// What issue and README want: the ratio to the plain loop.
    pub(crate) target: f64,
    /// And what would be better still.
    pub(crate) stretch: f64,
}

/// All floods.
pub(crate) const FLOODS: [Flood; 7] = [
    Flood {
        name: "echo",
        node: "echo",
        requests: 200_000,
        body: |number| format!(r#""type":"echo","echo":"Please echo {}""#, number % 128),
        is_right: |number, body| {
            body["type"] == "echo_ok" && body["echo"] == format!("Please echo {}", number % 128)
        },
        reads: 0,
        target: 1.1,
        stretch: 0.6,
    },
    Flood {
        name: "broadcast",
        node: "broadcast",
        requests: 50_000,
        body: |number| format!(r#""type":"broadcast","message":{number}"#),
        is_right: |_, body| body["type"] == "broadcast_ok",
        reads: 0,
        target: 1.3,
        stretch: 0.8,
    },
    Flood {
        name: "broadcast, then 200 reads",
        node: "broadcast",
        requests: 50_000,
        body: |number| format!(r#""type":"broadcast","message":{number}"#),
        is_right: |number, body| {
            let first_and_last =
                |values: &Vec<Value>| values[0] == 0 && values[values.len() - 1] == values.len() - 1;
            match body["messages"].as_array() {
                Some(values) => number >= values.len() && first_and_last(values),
                None => body["type"] == "broadcast_ok",
            }
        },
        reads: 200,
        target: 0.4,
        stretch: 0.2,
    },
    Flood {
        name: "counter: add",
        node: "counter",
        requests: 200_000,
        body: |number| format!(r#""type":"add","delta":{}"#, number % 10 + 1),
        is_right: |_, body| body["type"] == "add_ok",
        reads: 0,
        target: 1.5,
        stretch: 1.0,
    },
    Flood {
        name: "log: send",
        node: "log",
        requests: 200_000,
        body: |number| format!(r#""type":"send","key":"{}","msg":{number}"#, number % 10),
        is_right: |number, body| body["type"] == "send_ok" && body["offset"] == number / 10,
        reads: 0,
        target: 1.5,
        stretch: 1.0,
    },
    Flood {
        name: "txn: 4 operations",
        node: "txn",
        requests: 200_000,
        body: |number| {
            let (one, other) = (number % 10, (number + 5) % 10);
            format!(
                r#""type":"txn","txn":[["r",{one},null],["w",{other},{number}],["r",{other},null],["w",{one},{number}]]"#
            )
        },
        is_right: |number, body| body["type"] == "txn_ok" && body["txn"][2][2] == number,
        reads: 0,
        target: 1.5,
        stretch: 1.0,
    },
    Flood {
        name: "lin-kv: write",
        node: "lin-kv",
        requests: 200_000,
        body: |number| format!(r#""type":"write","key":"{}","value":{number}"#, number % 10),
        is_right: |_, body| body["type"] == "write_ok",
        reads: 0,
        target: 2.0,
        stretch: 1.0,
    },
];

impl Flood {
    /// The request with this number, a line.
    pub(crate) fn request(&self, number: usize) -> String {
        line(number, &(self.body)(number))
    }
}

/// What is sent in a flood of so many requests, and how many answers it has.
pub(crate) fn input(flood: &Flood, requests: usize) -> (String, usize) {
    let mut input = String::new();
    let total = requests + flood.reads;
    for number in 0..total {
        let body = if number < requests { (flood.body)(number) } else { r#""type":"read""#.to_string() };
        input.push_str(&line(number, &body));
    }
    (input, total)
}

fn line(number: usize, body: &str) -> String {
    let (id, client, msg_id) = (number + 1, number % 10 + 1, number + 2);
    format!("{{\"id\":{id},\"src\":\"c{client}\",\"dest\":\"n0\",\"body\":{{{body},\"msg_id\":{msg_id}}}}}\n")
}

/// Asserts that `output` answers every request of the flood, in order.
pub(crate) fn check(flood: &Flood, requests: usize, output: &[u8]) {
    let mut count = 0;
    for (number, line) in output.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).enumerate() {
        let answer: Value = serde_json::from_slice(line).expect("JSON");
        let is_addressed = answer["src"] == "n0" && answer["dest"] == format!("c{}", number % 10 + 1);
        let is_right =
            answer["body"]["in_reply_to"] == number + 2 && (flood.is_right)(number, &answer["body"]);
        assert!(is_addressed && is_right, "{}: {answer}", flood.name);
        count += 1;
    }
    assert_eq!(count, requests + flood.reads, "{}", flood.name);
}
