//! A node: its clients' requests go to the first node, which keeps everything, and the answers come back.

use machines::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use worlds::Program;

/// How long a node waits for the first one. Shorter than any client waits for a node.
const PATIENCE: Duration = Duration::from_millis(100);

/// How many updates a replica is behind, if it is behind.
const LAG: usize = 20;

/// What the first node keeps, and how it answers: a sequential program.
pub(crate) trait Keeper {
    /// The body of the answer to the body of a request, but for who is meant.
    fn answer(&mut self, request: &Value) -> Value;

    /// How many requests are waited for before any is answered.
    fn at_once(&self) -> usize {
        1
    }

    /// The answers to that many requests.
    fn answer_all(&mut self, requests: &[Value]) -> Vec<Value> {
        requests.iter().map(|request| self.answer(request)).collect()
    }
}

/// How nodes deal with their clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Honest: all ask the first node. One that gets no answer says so: it cannot tell what happened.
    Ask,
    /// A cheat: every node behaves as if it were the only one.
    Alone,
    /// A cheat: what is to be changed is acknowledged first, and only then passed on, without looking whether it arrives.
    AnswerFirst,
    /// A cheat: a node that gets no answer goes on by itself, from what it knows.
    TakeOver,
    /// A cheat: what is to be read is answered from a replica that is behind.
    ReadBehind,
}

impl Habit {
    /// The habit of those who cheat in the way of this name.
    pub(crate) fn of(cheat: &str) -> Habit {
        match cheat {
            "alone" => Habit::Alone,
            "answer-first" => Habit::AnswerFirst,
            "take-over" => Habit::TakeOver,
            "read-behind" => Habit::ReadBehind,
            _ => Habit::Ask,
        }
    }

    /// Whether the other nodes follow what the first one does.
    fn has_replicas(self) -> bool {
        matches!(self, Habit::TakeOver | Habit::ReadBehind)
    }
}

/// A node of the zoo.
pub(crate) struct Node {
    habit: Habit,
    keeper: Box<dyn Keeper>,
    me: String,
    nodes: Vec<String>,
    /// At the first node: requests that are answered together, when there are enough of them.
    together: Vec<(Asker, Value)>,
    /// Elsewhere: what the first node was asked, by number.
    asked: BTreeMap<u64, Asked>,
    questions: u64,
    /// At the first node: how many updates others were told of.
    updates: u64,
    /// Elsewhere: updates heard of and not applied, by number.
    behind: BTreeMap<u64, Value>,
}

/// Who wants an answer: a client or another node, and what it calls its request.
#[derive(Clone)]
struct Asker {
    name: String,
    request: Value,
}

struct Asked {
    client: Asker,
    request: Value,
    until: Time,
}

impl Program for Node {
    fn on_line(&mut self, now: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let message: Value = serde_json::from_slice(line).expect("the network carries JSON");
        let (src, body) = (message["src"].as_str().unwrap_or_default(), &message["body"]);
        let asker = Asker { name: src.to_owned(), request: body["msg_id"].clone() };
        match body["type"].as_str().unwrap_or_default() {
            "init" => {
                self.begin(body);
                self.tell(&asker, json!({"type": "init_ok"}), stdout);
            }
            "topology" => self.tell(&asker, json!({"type": "topology_ok"}), stdout),
            "ask" => self.take(asker, &body["request"], stdout),
            "told" => {
                let asked = body["in_reply_to"].as_u64().and_then(|number| self.asked.remove(&number));
                if let Some(asked) = asked {
                    self.tell(&asked.client, body["answer"].clone(), stdout);
                }
            }
            "update" => {
                self.behind.insert(body["number"].as_u64().unwrap_or(0), body["request"].clone());
                self.catch_up();
            }
            _ => self.serve(now, asker, body, stdout),
        }
    }

    fn on_wake(&mut self, now: Time, stdout: &mut Vec<u8>) {
        let late: Vec<u64> =
            self.asked.iter().filter(|(_, asked)| asked.until <= now).map(|(number, _)| *number).collect();
        for number in late {
            let Some(asked) = self.asked.remove(&number) else { continue };
            let answer = match self.habit {
                Habit::TakeOver => self.keeper.answer(&asked.request),
                _ => json!({"type": "error", "code": 0, "text": "the first node does not answer"}),
            };
            self.tell(&asked.client, answer, stdout);
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.asked.values().map(|asked| asked.until).min()
    }
}

impl Node {
    pub(crate) fn new(keeper: Box<dyn Keeper>, habit: Habit) -> Node {
        Node {
            habit,
            keeper,
            me: String::new(),
            nodes: Vec::new(),
            together: Vec::new(),
            asked: BTreeMap::new(),
            questions: 0,
            updates: 0,
            behind: BTreeMap::new(),
        }
    }

    fn begin(&mut self, init: &Value) {
        let names = init["node_ids"].as_array().into_iter().flatten();
        self.nodes = names.filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        self.me = init["node_id"].as_str().unwrap_or_default().to_owned();
    }

    /// A client's request.
    fn serve(&mut self, now: Time, client: Asker, request: &Value, stdout: &mut Vec<u8>) {
        if self.me == self.nodes[0] || self.habit == Habit::Alone {
            return self.take(client, request, stdout);
        }
        match self.habit {
            Habit::ReadBehind if is_read(request) => {
                let answer = self.keeper.answer(request);
                return self.tell(&client, answer, stdout);
            }
            Habit::AnswerFirst if !is_read(request) => {
                let kind = format!("{}_ok", request["type"].as_str().unwrap_or_default());
                self.tell(&client, json!({ "type": kind }), stdout);
            }
            _ => {
                let until = now + PATIENCE;
                self.asked.insert(self.questions, Asked { client, request: request.clone(), until });
            }
        }
        let question = json!({"type": "ask", "msg_id": self.questions, "request": request});
        self.questions += 1;
        self.say(&self.nodes[0], &question, stdout);
    }

    /// A request that is for this node to answer.
    fn take(&mut self, asker: Asker, request: &Value, stdout: &mut Vec<u8>) {
        self.together.push((asker, request.clone()));
        if self.together.len() < self.keeper.at_once() {
            return;
        }
        let (askers, requests): (Vec<Asker>, Vec<Value>) =
            std::mem::take(&mut self.together).into_iter().unzip();
        let answers = self.keeper.answer_all(&requests);
        for (asker, answer) in askers.iter().zip(answers) {
            self.tell(asker, answer, stdout);
        }
        if self.habit.has_replicas() {
            requests
                .iter()
                .filter(|request| !is_read(request))
                .for_each(|request| self.replicate(request, stdout));
        }
    }

    fn replicate(&mut self, request: &Value, stdout: &mut Vec<u8>) {
        self.updates += 1;
        let update = json!({"type": "update", "number": self.updates, "request": request});
        self.nodes[1..].iter().for_each(|node| self.say(node, &update, stdout));
    }

    /// Applies updates in their order, but for the last ones.
    fn catch_up(&mut self) {
        let lag = if self.habit == Habit::ReadBehind { LAG } else { 0 };
        while self.behind.len() > lag
            && let Some((_, request)) = self.behind.pop_first()
        {
            self.keeper.answer(&request);
        }
    }

    fn tell(&self, asker: &Asker, mut answer: Value, stdout: &mut Vec<u8>) {
        if self.nodes.contains(&asker.name) {
            answer = json!({"type": "told", "answer": answer});
        }
        answer["in_reply_to"] = asker.request.clone();
        self.say(&asker.name, &answer, stdout);
    }

    fn say(&self, dest: &str, body: &Value, stdout: &mut Vec<u8>) {
        let line = json!({"src": self.me, "dest": dest, "body": body});
        stdout.extend_from_slice(line.to_string().as_bytes());
        stdout.push(b'\n');
    }
}

/// Whether a request leaves everything as it is.
fn is_read(request: &Value) -> bool {
    match request["type"].as_str().unwrap_or_default() {
        "read" | "poll" | "list_committed_offsets" => true,
        "txn" => request["txn"].as_array().into_iter().flatten().all(|step| step[0] == "r"),
        _ => false,
    }
}
