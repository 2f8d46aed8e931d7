//! A cluster in one of its possible states, and whatever may happen to it next.

use super::NODES;
use super::computer::Computer;
use super::facts::Shown;
use super::ledger::{Answer, Effect, Id, Ledger, Step};
use super::letter::Letter;
use super::scopes::{Budget, Network, Scope};

/// The state of a cluster: who is who in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    computers: [Id; NODES],
    facts: Id,
    left: Budget,
    /// Letters on their way: first those in order, link by link; then those that arrive whenever they like, sorted.
    letters: Vec<Id>,
    /// How many the latter are.
    loose: usize,
    /// Which writes have been answered, by bit; and which had been when each read that has not been was asked.
    answered: [u8; 4],
}

/// Something that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The letter at this position arrives.
    Deliver(u8),
    /// It does, and will once more.
    Repeat(u8),
    Second(u8),
    Half(u8),
    Die(u8),
    /// A node dies, and nobody gets what it has said and what is still on its way.
    Vanish(u8),
    Write(u8),
    Read(u8),
}

impl Cluster {
    /// Nodes that have just been started.
    pub(crate) fn new(ledger: &mut Ledger, left: Budget) -> Cluster {
        let computers = std::array::from_fn(|number| ledger.enter(Computer::new(number)));
        Cluster { computers, facts: Ledger::NO_FACTS, left, letters: Vec::new(), loose: 0, answered: [0; 4] }
    }

    pub(crate) fn facts(&self) -> Id {
        self.facts
    }

    pub(crate) fn letters(&self) -> &[Id] {
        &self.letters
    }

    /// Whatever may happen next.
    pub(crate) fn events(&self, ledger: &Ledger) -> Vec<Event> {
        let mut events = Vec::with_capacity(self.letters.len() + 5 * NODES);
        self.arrivals(ledger, &mut events);
        let in_order = &self.letters[..self.in_order()];
        for (number, &computer) in (0..).zip(&self.computers) {
            if self.left.seconds > 0 {
                events.push(Event::Second(number));
            }
            if self.left.halves > 0 && ledger.shown(computer).leads {
                events.push(Event::Half(number));
            }
            if self.left.deaths > 0 {
                events.push(Event::Die(number));
                if in_order.iter().any(|&letter| ledger.letter(letter).from == usize::from(number)) {
                    events.push(Event::Vanish(number));
                }
            }
            if self.left.writes > 0 {
                events.push(Event::Write(number));
            }
            if self.left.reads > 0 {
                events.push(Event::Read(number));
            }
        }
        events
    }

    fn arrivals(&self, ledger: &Ledger, events: &mut Vec<Event>) {
        let in_order = self.in_order();
        let (mut link, mut before) = (usize::MAX, 0);
        for (position, &letter) in self.letters.iter().enumerate() {
            if position < in_order {
                let its_link = ledger.letter(letter).link();
                before = if its_link == link { before + 1 } else { 0 };
                link = its_link;
                if before > usize::from(self.left.overtaken) {
                    continue;
                }
            } else if position > in_order && self.letters[position - 1] == letter {
                continue;
            }
            events.push(Event::Deliver(position as u8));
            if self.left.repeats > 0 {
                events.push(Event::Repeat(position as u8));
            }
        }
    }

    /// What it is after an event; or why that must not be.
    pub(crate) fn after(&self, ledger: &mut Ledger, scope: &Scope, event: Event) -> Result<Cluster, String> {
        let mut cluster = self.clone();
        let left = &mut cluster.left;
        let (number, step) = match event {
            Event::Deliver(position) => cluster.take(ledger, position.into()),
            Event::Repeat(position) => {
                left.repeats -= 1;
                let taken = cluster.take(ledger, position.into());
                cluster.set_loose(self.letters[usize::from(position)]);
                taken
            }
            Event::Second(number) => {
                left.seconds -= 1;
                (number.into(), Step::Second)
            }
            Event::Half(number) => {
                left.halves -= 1;
                (number.into(), Step::Half)
            }
            Event::Die(number) => {
                left.deaths -= 1;
                (number.into(), Step::Die)
            }
            Event::Vanish(number) => {
                left.deaths -= 1;
                cluster.lose_from(ledger, number.into());
                (number.into(), Step::Die)
            }
            Event::Write(number) => {
                left.writes -= 1;
                (number.into(), Step::Write(left.writes + 1))
            }
            Event::Read(number) => {
                left.reads -= 1;
                cluster.answered[usize::from(self.left.reads)] = self.answered[0];
                (number.into(), Step::Read(self.left.reads))
            }
        };
        cluster.step(ledger, scope, (number, step))?;
        Ok(cluster)
    }

    fn step(
        &mut self,
        ledger: &mut Ledger,
        scope: &Scope,
        (number, step): (usize, Step),
    ) -> Result<(), String> {
        let effect = ledger.effect(self.computers[number], step)?;
        if self.computers[number] != effect.computer {
            self.computers[number] = effect.computer;
            self.facts = ledger.learn(self.facts, effect.computer)?;
            for other in (0..NODES).filter(|&other| other != number) {
                if !ledger.matches(effect.computer, self.computers[other]) {
                    return Err(format!("log matching: n{number} and n{other}"));
                }
            }
            if !scope.keeps_dead {
                self.keep_letters(|letter, _| {
                    ledger.letter(letter).to != number || !ledger.is_dead(letter, effect.computer)
                });
            }
        }
        self.hear(ledger, &effect)?;
        for &letter in &effect.sent {
            if !scope.keeps_dead && ledger.is_dead(letter, self.computers[ledger.letter(letter).to]) {
                continue;
            }
            match scope.network {
                Network::Unordered => self.set_loose(letter),
                Network::Ordered => self.queue(ledger, letter),
            }
        }
        Ok(())
    }

    /// Clients are answered: whoever reads sees all that was answered before it asked.
    fn hear(&mut self, ledger: &Ledger, effect: &Effect) -> Result<(), String> {
        let Shown { number, commit, .. } = *ledger.shown(effect.computer);
        let is_done = |value| ledger.facts(self.facts).has_written(value, commit);
        for answer in &effect.answers {
            match *answer {
                Answer::Written(value) if !is_done(value) => {
                    return Err(format!("n{number} answers write {value} before it is committed"));
                }
                Answer::Written(value) => self.answered[0] |= 1 << value,
                Answer::Read(read) => {
                    let before = std::mem::take(&mut self.answered[usize::from(read)]);
                    if (1..8).any(|value| before >> value & 1 == 1 && !is_done(value)) {
                        return Err(format!(
                            "n{number} reads what was before a write that has been answered"
                        ));
                    }
                }
            }
        }
        if self.left.reads == 0 {
            self.answered[0] = 0;
        }
        Ok(())
    }

    /// Takes a letter out, and lets it overtake those before it on its link; who receives it.
    fn take(&mut self, ledger: &Ledger, position: usize) -> (usize, Step) {
        let in_order = self.in_order();
        let letter = self.letters.remove(position);
        let Letter { to, .. } = *ledger.letter(letter);
        if position >= in_order {
            self.loose -= 1;
            return (to, Step::Take(letter));
        }
        let link = ledger.letter(letter).link();
        for before in (0..position).rev() {
            if ledger.letter(self.letters[before]).link() != link {
                break;
            }
            let overtaken = self.letters.remove(before);
            self.left.overtaken -= 1;
            self.set_loose(overtaken);
        }
        (to, Step::Take(letter))
    }

    fn queue(&mut self, ledger: &Ledger, letter: Id) {
        let link = ledger.letter(letter).link();
        let in_order = &self.letters[..self.in_order()];
        let place = in_order.partition_point(|&other| ledger.letter(other).link() <= link);
        self.letters.insert(place, letter);
    }

    fn set_loose(&mut self, letter: Id) {
        let in_order = self.in_order();
        let place = self.letters[in_order..].partition_point(|&other| other < letter);
        self.letters.insert(in_order + place, letter);
        self.loose += 1;
    }

    fn keep_letters(&mut self, mut stays: impl FnMut(Id, bool) -> bool) {
        let in_order = self.in_order();
        let (mut position, mut loose) = (0, 0);
        self.letters.retain(|&letter| {
            let is_loose = position >= in_order;
            position += 1;
            let stays = stays(letter, is_loose);
            loose += usize::from(stays && is_loose);
            stays
        });
        self.loose = loose;
    }

    /// What a node has said and nobody has got is gone, but for what is late.
    fn lose_from(&mut self, ledger: &Ledger, sender: usize) {
        self.keep_letters(|letter, is_loose| is_loose || ledger.letter(letter).from != sender);
    }

    /// How many letters are in order.
    fn in_order(&self) -> usize {
        self.letters.len() - self.loose
    }

    /// Appends it as numbers, with their count before them.
    pub(crate) fn write(&self, out: &mut Vec<u32>) {
        let Budget { seconds, halves, deaths, overtaken, repeats, writes, reads } = self.left;
        out.push((HEAD + self.letters.len()) as u32);
        out.extend_from_slice(&self.computers);
        out.push(self.facts);
        out.push(u32::from_le_bytes([seconds, halves, deaths, overtaken]));
        out.push(u32::from_le_bytes([repeats, writes, reads, self.loose as u8]));
        out.push(u32::from_le_bytes(self.answered));
        out.extend_from_slice(&self.letters);
    }

    /// Reads what [`Cluster::write`] wrote, but for the count.
    pub(crate) fn read(numbers: &[u32]) -> Cluster {
        let (head, letters) = numbers.split_at(HEAD);
        let [seconds, halves, deaths, overtaken] = head[NODES + 1].to_le_bytes();
        let [repeats, writes, reads, loose] = head[NODES + 2].to_le_bytes();
        Cluster {
            computers: std::array::from_fn(|number| head[number]),
            facts: head[NODES],
            left: Budget { seconds, halves, deaths, overtaken, repeats, writes, reads },
            letters: letters.to_vec(),
            loose: loose.into(),
            answered: head[NODES + 3].to_le_bytes(),
        }
    }
}

/// Nodes, facts, what is left, and what was answered.
const HEAD: usize = NODES + 4;
