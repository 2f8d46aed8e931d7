//! All nodes, letters and facts that a search has come across, each once, by number; and what follows from what.
//!
//! Clusters are many, but made of few different nodes: so what a step does to one of these is found out once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use protocol::{Code, Decode, ErrorBody, Message, MessageId};

use super::computer::{Computer, HALF, Input, SECOND};
use super::facts::{Facts, Log, Shown};
use super::letter::Letter;

/// By its number: a node in one of its states, a letter, facts.
pub(crate) type Id = u32;

/// Something that happens at one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Take(Id),
    Second,
    Half,
    Die,
    /// A client asks to write this value.
    Write(u8),
    /// A client asks to read, as the one of this number.
    Read(u8),
}

impl Step {
    fn code(self) -> u64 {
        match self {
            Step::Take(letter) => u64::from(letter) << 8,
            Step::Second => 1,
            Step::Half => 2,
            Step::Die => 3,
            Step::Write(value) => 4 + u64::from(value),
            Step::Read(number) => 128 + u64::from(number),
        }
    }
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) computer: Id,
    pub(crate) sent: Vec<Id>,
    pub(crate) answers: Vec<Answer>,
}

/// What a client is told: that its write has been done, or what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Written(u8),
    Read(u8),
}

pub(crate) struct Ledger {
    may_die: bool,
    computers: Vec<(Computer, Shown)>,
    /// What their logs are: many have the same.
    logs: Vec<Id>,
    log_ids: Table<Log, Id>,
    computer_ids: Table<(u64, u64), Id>,
    letters: Vec<Letter>,
    letter_ids: Table<Vec<u8>, Id>,
    facts: Vec<Facts>,
    fact_ids: Table<Facts, Id>,
    effects: Table<u64, Result<Rc<Effect>, String>>,
    learned: Table<(Id, Id), Result<Id, String>>,
    matching: Table<(Id, Id), bool>,
}

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

impl Ledger {
    pub(crate) fn new(may_die: bool) -> Ledger {
        Ledger {
            may_die,
            computers: Vec::new(),
            logs: Vec::new(),
            log_ids: Table::default(),
            computer_ids: Table::default(),
            letters: Vec::new(),
            letter_ids: Table::default(),
            facts: vec![Facts::default()],
            fact_ids: Table::from_iter([(Facts::default(), 0)]),
            effects: Table::default(),
            learned: Table::default(),
            matching: Table::default(),
        }
    }

    /// Nothing is known yet.
    pub(crate) const NO_FACTS: Id = 0;

    pub(crate) fn enter(&mut self, computer: Computer) -> Id {
        let print = computer.print(self.may_die);
        let id = self.computers.len() as Id;
        let known = *self.computer_ids.entry(print).or_insert(id);
        if known == id {
            let shown = Shown::of(&computer);
            let log = self.log_ids.len() as Id;
            self.logs.push(*self.log_ids.entry(shown.log.clone()).or_insert(log));
            self.computers.push((computer, shown));
        }
        known
    }

    fn enter_letter(&mut self, from: usize, line: &[u8]) -> Option<Id> {
        let id = self.letters.len() as Id;
        if let Some(known) = self.letter_ids.get(line) {
            return Some(*known);
        }
        self.letters.push(Letter::read(from, line)?);
        self.letter_ids.insert(line.to_vec(), id);
        Some(id)
    }

    pub(crate) fn letter(&self, id: Id) -> &Letter {
        &self.letters[id as usize]
    }

    pub(crate) fn shown(&self, computer: Id) -> &Shown {
        &self.computers[computer as usize].1
    }

    pub(crate) fn facts(&self, id: Id) -> &Facts {
        &self.facts[id as usize]
    }

    /// Whether a letter can change nothing at its receiver, now and ever.
    pub(crate) fn is_dead(&self, letter: Id, receiver: Id) -> bool {
        self.letter(letter).is_dead_for(self.shown(receiver))
    }

    /// What a step does to a node; or what must not be.
    pub(crate) fn effect(&mut self, computer: Id, step: Step) -> Result<Rc<Effect>, String> {
        let key = u64::from(computer) << 32 | step.code();
        if let Some(effect) = self.effects.get(&key) {
            return effect.clone();
        }
        let effect = self.find_effect(computer, step).map(Rc::new);
        self.effects.insert(key, effect.clone());
        effect
    }

    fn find_effect(&mut self, id: Id, step: Step) -> Result<Effect, String> {
        let (computer, before) = &self.computers[id as usize];
        let from = computer.number;
        let (after, outputs) = match step {
            Step::Take(letter) => computer.after(Input::Line(&self.letter(letter).line)),
            Step::Second => computer.after(Input::Pass(SECOND)),
            Step::Half => computer.after(Input::Pass(HALF)),
            Step::Die => computer.after(Input::Die),
            Step::Write(value) => {
                let write = format!(r#"{{"type":"write","key":1,"value":{value},"msg_id":{value}}}"#);
                computer.after(Input::Line(request(from, &write).as_bytes()))
            }
            Step::Read(number) => {
                let read =
                    format!(r#"{{"type":"read","key":1,"msg_id":{}}}"#, FIRST_READ + MessageId::from(number));
                computer.after(Input::Line(request(from, &read).as_bytes()))
            }
        };
        let shown = Shown::of(&after);
        shown.follows(before, step == Step::Die)?;
        let answers = outputs.lines().filter_map(read_answer).collect();
        let sent = outputs.lines().filter_map(|line| self.enter_letter(from, line)).collect();
        if matches!(step, Step::Take(letter) if self.is_dead(letter, id)) {
            let (before, _) = &self.computers[id as usize];
            assert!(
                outputs.is_empty() && after.is_same_but_for_routes(before),
                "a dead letter did something"
            );
        }
        Ok(Effect { computer: self.enter(after), sent, answers })
    }

    /// The facts with what a node shows; or why that cannot be.
    pub(crate) fn learn(&mut self, facts: Id, computer: Id) -> Result<Id, String> {
        if let Some(learned) = self.learned.get(&(facts, computer)) {
            return learned.clone();
        }
        let learned = self.facts(facts).with(self.shown(computer)).map(|facts| {
            let id = self.facts.len() as Id;
            let known = *self.fact_ids.entry(facts.clone()).or_insert(id);
            if known == id {
                self.facts.push(facts);
            }
            known
        });
        self.learned.insert((facts, computer), learned.clone());
        learned
    }

    /// Whether two nodes' logs match.
    pub(crate) fn matches(&mut self, one: Id, other: Id) -> bool {
        let logs = (self.logs[one as usize], self.logs[other as usize]);
        if logs.0 == logs.1 {
            return true;
        }
        if let Some(matches) = self.matching.get(&logs) {
            return *matches;
        }
        let matches = self.shown(one).matches(self.shown(other));
        self.matching.insert(logs, matches);
        matches
    }

    /// How many different nodes there are.
    pub(crate) fn computers(&self) -> usize {
        self.computers.len()
    }
}

/// Reads are numbered from here on, writes by their values.
const FIRST_READ: MessageId = 100;

fn request(node: usize, body: &str) -> String {
    format!(r#"{{"src":"c","dest":"n{node}","body":{body}}}"#)
}

/// What a node says to a client, but for refusals that tell nothing.
fn read_answer(line: &[u8]) -> Option<Answer> {
    let message = Message::decode(line).expect("nodes write messages");
    let number = message.body.in_reply_to.filter(|_| &*message.dest == "c")?;
    let is_refusal = matches!(
        ErrorBody::decode(&message.body),
        Ok(ErrorBody::Error { code, .. }) if code != Code::KeyDoesNotExist.number() as i64
    );
    let is_read = number > FIRST_READ;
    let answer =
        if is_read { Answer::Read((number - FIRST_READ) as u8) } else { Answer::Written(number as u8) };
    (!is_refusal).then_some(answer)
}

/// Tables here are looked up in all the time, and nobody attacks them.
#[derive(Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number ^ 0x9e37_79b9_7f4a_7c15) * 0xa076_1d64_78bd_642f;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
