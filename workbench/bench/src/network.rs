//! The network between nodes, services and clients (Maelstrom behaviour §4), as a state machine: no sockets, no clock.
//!
//! Each participant has a queue ordered by deadline, and one receiver that handles one message at a time: it *takes* the
//! head of the queue, drops it if the link from its sender is cut at that very moment, otherwise waits until the message
//! is due (cut to whole milliseconds, so up to 1 ms early), and delivers it. Two things follow that nodes can feel. The
//! cut is tested when a message is taken, up to its whole latency before it arrives, and never again. And while the
//! receiver waits for one message, others that are due earlier wait behind it, clients' requests among them.
//!
//! On top come [`Faults`] that Maelstrom does not have. A message held up joins its recipient's queue only afterwards,
//! as if it had been sent later.

pub mod body;
pub mod faults;
pub mod journal;
mod latency;
mod line;
mod message;
mod queued;

use body::Bodies;
pub use body::Body;
pub use faults::Faults;
pub use journal::{Count, Entry, Event, Journal, Statistics};
pub use line::BadLine;
pub use message::{Message, Participant, Refusal, Role, Sent};

use crate::options::Latency;
use fastrand::Rng;
use faults::Fate;
use machines::Time;
use queued::Queued;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// What one node may have on its way, in bytes: lines of the greatest length, and some more. Whoever owns the node does not
/// read what it writes meanwhile ([`Network::is_overdrawn`]), as a full pipe makes any writer wait.
pub const MAX_BYTES_ON_THE_WAY: usize = 64 << 20;
/// What a message takes besides its body.
const MESSAGE_OVERHEAD: usize = 128;
/// What may wait for a client that does not ask anything. It will be read, and ignored, when the client asks again.
const MAX_IDLE_BYTES: usize = 1 << 20;

/// The network. See the module's documentation.
#[derive(Debug)]
pub struct Network {
    /// What goes wrong between nodes. May change at any time; it applies to messages sent from then on.
    pub faults: Faults,
    /// What happened.
    pub journal: Journal,
    latency: Latency,
    rng: Rng,
    mailboxes: Vec<Mailbox>,
    by_name: HashMap<Arc<str>, Participant>,
    /// Recipient to the senders whose messages it drops.
    cuts: BTreeMap<Participant, BTreeSet<Participant>>,
    /// How much longer messages to and from a participant take than usual.
    lags: BTreeMap<Participant, Duration>,
    /// When which receiver is done waiting. Each mailbox that holds a message has exactly one entry.
    due: BinaryHeap<Reverse<(Time, u64, Participant)>>,
    /// Messages held up by a fault.
    held_up: BinaryHeap<Queued>,
    next_id: u64,
    next_sequence: u64,
}

#[derive(Debug)]
struct Mailbox {
    name: Arc<str>,
    role: Role,
    /// By the name's first letter, as Maelstrom tells clients for latency and statistics.
    counts_as_client: bool,
    state: MailboxState,
    /// As Maelstrom's, it has no limit of its own. What it holds is charged to whoever caused it.
    queue: BinaryHeap<Queued>,
    queued_bytes: usize,
    held: Option<Message>,
    /// Of what it sent, or asked a service for: what is on its way.
    bytes_on_the_way: usize,
    /// Messages of its own that nobody waited for, and that were not kept.
    unheard: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MailboxState {
    Receiving,
    /// Messages wait in the queue until somebody asks for them.
    Idle,
    Closed,
}

impl Network {
    /// A network without participants.
    pub fn new(latency: Latency, rng: Rng) -> Network {
        Network {
            faults: Faults::default(),
            journal: Journal::new(),
            latency,
            rng,
            mailboxes: Vec::new(),
            by_name: HashMap::new(),
            cuts: BTreeMap::new(),
            lags: BTreeMap::new(),
            due: BinaryHeap::new(),
            held_up: BinaryHeap::new(),
            next_id: 0,
            next_sequence: 0,
        }
    }

    /// Draws from these from now on.
    pub fn reseed(&mut self, rng: Rng) {
        self.rng = rng;
    }

    /// Registers somebody, who receives from now on. Register everybody before anybody speaks: a message to a name that
    /// is not yet known is a bad line.
    pub fn register(&mut self, name: &str, role: Role) -> Participant {
        let index = u32::try_from(self.mailboxes.len()).expect("a run has fewer than 2^32 participants");
        let (name, participant): (Arc<str>, _) = (name.into(), Participant(index));
        self.by_name.insert(name.clone(), participant);
        let counts_as_client = name.starts_with('c');
        let state = MailboxState::Receiving;
        let queue = BinaryHeap::new();
        self.mailboxes.push(Mailbox {
            name,
            role,
            counts_as_client,
            state,
            queue,
            queued_bytes: 0,
            held: None,
            bytes_on_the_way: 0,
            unheard: 0,
        });
        participant
    }

    /// The participant's name.
    pub fn name(&self, participant: Participant) -> &Arc<str> {
        &self.mailbox(participant).name
    }

    /// What the participant is.
    pub fn role(&self, participant: Participant) -> Role {
        self.mailbox(participant).role
    }

    /// Removes a participant, with all that is on its way to it.
    pub fn close(&mut self, participant: Participant) {
        self.discard(participant);
        self.mailbox_mut(participant).state = MailboxState::Closed;
        let held_up = std::mem::take(&mut self.held_up).into_iter();
        let (gone, kept): (Vec<_>, Vec<_>) = held_up.partition(|queued| queued.message.dest == participant);
        gone.iter().for_each(|queued| self.release(&queued.message));
        self.held_up = kept.into();
    }

    /// Discards what is queued for a participant, which stays: a node that restarts.
    pub fn discard(&mut self, participant: Participant) {
        let mailbox = self.mailbox_mut(participant);
        mailbox.queued_bytes = 0;
        let queued: Vec<Queued> = std::mem::take(&mut mailbox.queue).into_vec();
        queued.iter().for_each(|queued| self.release(&queued.message));
        if let Some(message) = self.mailbox_mut(participant).held.take() {
            self.release(&message);
            self.due.retain(|Reverse((_, _, recipient))| *recipient != participant);
        }
    }

    /// Starts or stops a participant's receiver. A client receives only while it waits for an answer.
    pub fn set_receiving(&mut self, now: Time, participant: Participant, receiving: bool) {
        let mailbox = self.mailbox_mut(participant);
        if mailbox.state == MailboxState::Closed {
            return;
        }
        mailbox.state = if receiving { MailboxState::Receiving } else { MailboxState::Idle };
        self.take(now, participant);
    }

    /// Makes `recipient` drop what comes from `source`. One way only.
    pub fn cut(&mut self, recipient: Participant, source: Participant) {
        self.cuts.entry(recipient).or_default().insert(source);
    }

    /// Makes one link work again, one way.
    pub fn mend(&mut self, recipient: Participant, source: Participant) {
        if let Some(sources) = self.cuts.get_mut(&recipient) {
            sources.remove(&source);
        }
    }

    /// Makes every link work again.
    pub fn heal(&mut self) {
        self.cuts.clear();
    }

    /// Makes messages to and from a participant take longer than usual from now on, by so much; those that cannot suffer
    /// from faults are spared.
    pub fn set_lag(&mut self, participant: Participant, lag: Duration) {
        if lag.is_zero() {
            self.lags.remove(&participant);
        } else {
            self.lags.insert(participant, lag);
        }
    }

    /// Whether `recipient` drops what comes from `source`.
    pub fn is_cut(&self, recipient: Participant, source: Participant) -> bool {
        self.cuts.get(&recipient).is_some_and(|sources| sources.contains(&source))
    }

    /// Sends a message. Its number is returned.
    pub fn send(&mut self, now: Time, src: Participant, dest: Participant, body: impl Into<Arc<str>>) -> u64 {
        let message = Message { id: self.number(), src, dest, body: body.into() };
        let id = message.id;
        self.record(now, Event::Send, &message);
        let Fate { copies: [first, second] } = self.fate(src, dest);
        let Some(hold_up) = first else {
            self.record(now, Event::Lost, &message);
            return id;
        };
        self.post(now, hold_up, message.clone());
        if let Some(hold_up) = second {
            self.journal.statistics.duplicated += 1;
            self.post(now, hold_up, message);
        }
        id
    }

    /// Sends what a node wrote to its stdout, one line without its newline. As in Maelstrom a node may speak in
    /// another's name; the number is spent even if the line is refused.
    pub fn send_line(&mut self, now: Time, line: &[u8]) -> Result<Sent, Refusal> {
        let resolved = self.resolve(line);
        if resolved.is_err() {
            self.number();
        }
        let (src, dest, body, has_more) = resolved?;
        Ok(Sent { id: self.send(now, src, dest, body), has_more })
    }

    /// The next moment at which [`Network::poll`] has something to do.
    pub fn deadline(&self) -> Option<Time> {
        let due = self.due.peek().map(|Reverse((time, ..))| *time);
        let held_up = self.held_up.peek().map(|queued| queued.deadline);
        [due, held_up].into_iter().flatten().min()
    }

    /// The next message that is delivered at or before `now`, if any. Call again until there is none.
    pub fn poll(&mut self, now: Time) -> Option<Message> {
        while self.held_up.peek().is_some_and(|queued| queued.deadline <= now) {
            let queued = self.held_up.pop().expect("just peeked");
            self.enqueue(now, queued.message);
        }
        if self.due.peek().is_none_or(|Reverse((time, ..))| *time > now) {
            return None;
        }
        let Reverse((_, _, recipient)) = self.due.pop().expect("just peeked");
        let message = self.mailbox_mut(recipient).held.take().expect("a mailbox that is due holds a message");
        self.record(now, Event::Receive, &message);
        self.release(&message);
        self.take(now, recipient);
        Some(message)
    }

    /// How many messages are on their way: sent and neither delivered nor dropped. Those for a participant that does not
    /// receive at present do not count.
    pub fn in_flight(&self) -> usize {
        let waiting = self.mailboxes.iter().filter(|mailbox| mailbox.state == MailboxState::Receiving);
        self.held_up.len() + waiting.map(|mailbox| mailbox.queue.len()).sum::<usize>() + self.due.len()
    }

    /// Whether so much of what this participant sent, or made services say, is on its way that it may not send more now.
    pub fn is_overdrawn(&self, participant: Participant) -> bool {
        self.mailbox(participant).bytes_on_the_way >= MAX_BYTES_ON_THE_WAY
    }

    /// Messages of this participant for clients that asked nothing: past a limit they are counted, and not kept.
    pub fn unheard(&self, participant: Participant) -> u64 {
        self.mailbox(participant).unheard
    }

    /// The line under which a node reads the message, with its newline.
    pub fn line(&self, message: &Message) -> Vec<u8> {
        line::write(message.id, self.name(message.src), self.name(message.dest), &message.body)
    }

    fn resolve(&self, line: &[u8]) -> Result<(Participant, Participant, Arc<str>, bool), Refusal> {
        let outgoing = line::read(line).map_err(Refusal::Bad)?;
        let known =
            |name: &str| self.by_name.get(name).map(|participant| (*participant, self.mailbox(*participant)));
        let src = known(&outgoing.src)
            .filter(|(_, mailbox)| mailbox.state != MailboxState::Closed)
            .ok_or_else(|| Refusal::Bad(BadLine::UnknownSource(outgoing.src.to_string())))?;
        let dest = known(&outgoing.dest)
            .ok_or_else(|| Refusal::Bad(BadLine::UnknownDestination(outgoing.dest.to_string())))?;
        if dest.1.state == MailboxState::Closed {
            return Err(Refusal::ClientGone(dest.1.name.clone()));
        }
        Ok((src.0, dest.0, outgoing.body.into(), outgoing.has_more))
    }

    fn fate(&mut self, src: Participant, dest: Participant) -> Fate {
        let can_suffer = match (self.role(src), self.role(dest)) {
            (Role::Node(_), Role::Node(_)) => src != dest,
            (Role::Node(_), Role::Service(_)) | (Role::Service(_), Role::Node(_)) => {
                self.faults.reach_services
            }
            _ => false,
        };
        if can_suffer {
            self.faults.fate(&mut self.rng).after(self.lag(src) + self.lag(dest))
        } else {
            Fate::UNHARMED
        }
    }

    fn lag(&self, participant: Participant) -> Duration {
        self.lags.get(&participant).copied().unwrap_or_default()
    }

    fn post(&mut self, now: Time, hold_up: Duration, message: Message) {
        if let Some(payer) = self.payer(&message) {
            self.mailbox_mut(payer).bytes_on_the_way += cost(&message);
        }
        if hold_up.is_zero() {
            return self.enqueue(now, message);
        }
        self.journal.statistics.delayed += 1;
        let sequence = self.sequence();
        self.held_up.push(Queued { deadline: now + hold_up, sequence, message });
    }

    /// The node that causes a message: its sender, or whoever asked the service that sends it.
    fn payer(&self, message: &Message) -> Option<Participant> {
        match (self.role(message.src), self.role(message.dest)) {
            (Role::Node(_), _) => Some(message.src),
            (Role::Service(_), Role::Node(_)) => Some(message.dest),
            _ => None,
        }
    }

    /// A message is on its way no more.
    fn release(&mut self, message: &Message) {
        if let Some(payer) = self.payer(message) {
            self.mailbox_mut(payer).bytes_on_the_way -= cost(message);
        }
    }

    fn enqueue(&mut self, now: Time, message: Message) {
        let recipient = message.dest;
        let latency = latency::draw(self.latency, self.touches_client(&message), &mut self.rng);
        let sequence = self.sequence();
        if !self.is_awaited(&message) {
            let is_for_client = matches!(self.role(recipient), Role::Client(_));
            self.mailbox_mut(message.src).unheard += u64::from(is_for_client);
            return self.release(&message);
        }
        let mailbox = self.mailbox_mut(recipient);
        mailbox.queued_bytes += cost(&message);
        mailbox.queue.push(Queued { deadline: now + latency, sequence, message });
        self.take(now, recipient);
    }

    /// Whether there is a place for a message. What comes for a node while it is down is lost, and what comes for a client
    /// that asks nothing is kept up to a limit only.
    fn is_awaited(&self, message: &Message) -> bool {
        let mailbox = self.mailbox(message.dest);
        match (mailbox.state, mailbox.role) {
            (MailboxState::Idle, Role::Node(_)) => false,
            (MailboxState::Idle, Role::Client(_)) => mailbox.queued_bytes + cost(message) <= MAX_IDLE_BYTES,
            _ => true,
        }
    }

    /// The receiver's turn, if it is not waiting for a message already.
    fn take(&mut self, now: Time, recipient: Participant) {
        let mailbox = self.mailbox(recipient);
        if mailbox.state != MailboxState::Receiving || mailbox.held.is_some() {
            return;
        }
        while let Some(Queued { deadline, sequence, message }) = self.mailbox_mut(recipient).queue.pop() {
            self.mailbox_mut(recipient).queued_bytes -= cost(&message);
            if self.is_cut(recipient, message.src) {
                self.record(now, Event::Cut, &message);
                self.release(&message);
                continue;
            }
            let wait = deadline.since(now);
            let whole_millis = Duration::from_nanos(wait.as_nanos() as u64 / 1_000_000 * 1_000_000);
            self.due.push(Reverse((now + whole_millis, sequence, recipient)));
            self.mailbox_mut(recipient).held = Some(message);
            return;
        }
    }

    fn record(&mut self, time: Time, event: Event, message: &Message) {
        let touches_client = self.touches_client(message);
        let (mailboxes, journal) = (&self.mailboxes, &mut self.journal);
        let name = |participant: Participant| mailboxes[participant.0 as usize].name.clone();
        let (src, dest, body) = (message.src, message.dest, &message.body);
        let entry = |bodies: &mut Bodies| {
            let (id, src, dest) = (message.id, name(src), name(dest));
            let body = match event {
                Event::Send => bodies.sent(id, &src, body),
                _ => bodies.ended(id, body),
            };
            Entry { time, event, id, src, dest, body }
        };
        journal.record(event, touches_client, body.len(), entry);
    }

    fn touches_client(&self, message: &Message) -> bool {
        self.mailbox(message.src).counts_as_client || self.mailbox(message.dest).counts_as_client
    }

    fn number(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    fn sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence - 1
    }

    fn mailbox(&self, participant: Participant) -> &Mailbox {
        &self.mailboxes[participant.0 as usize]
    }

    fn mailbox_mut(&mut self, participant: Participant) -> &mut Mailbox {
        &mut self.mailboxes[participant.0 as usize]
    }
}

fn cost(message: &Message) -> usize {
    message.body.len() + MESSAGE_OVERHEAD
}

#[cfg(test)]
mod tests;
