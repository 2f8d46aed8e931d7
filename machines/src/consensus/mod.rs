//! Consensus: one log of commands that everyone applies in the same order, whatever the network does and whoever dies, as
//! long as a majority is there now and then. It is Raft (Ongaro and Ousterhout, *In search of an understandable consensus
//! algorithm*, 2014; "section" below means theirs, "thesis" Ongaro's, 2014), at a fraction of the usual messages.
//!
//! # The protocol
//!
//! *Terms and elections* (section 5.2; `election`). Time is cut into terms, each with one leader at the most: a node votes once
//! in a term, and a majority makes a leader. Who has heard of no leader for a while asks first whether it would be elected
//! (pre-vote), and who hears a leader says no; so nobody who was cut off disturbs the others when it comes back. A leader that
//! does not hear from a majority ceases to be one (check-quorum).
//!
//! *The log* (section 5.3; `lead`, `follower`, `log`). All that clients want done is an entry of the leader's log. A message of
//! the leader's says which entry comes before those that it brings; a follower that holds another one there refuses, and the
//! leader goes back. What contradicts the leader's log goes.
//!
//! *What is committed* (section 5.4; `leader`). An entry of the leader's own term that a majority holds is committed, and with it all
//! before it. Everyone applies what is committed, in order, and whoever took a request up answers it.
//!
//! *Requests* come to any node (section 8; `requests`, `sessions`). A follower reports them to the leader, and makes them again at
//! the next one; numbered in a session, each happens once.
//!
//! *Reads* (section 8, thesis 6.4; `leader`) are not logged. The leader notes what is in its log when a read comes, its *read index*;
//! when a majority has since said that it is still the leader, whoever asked may answer from its own state, once that includes the
//! read index. A follower's request to read says so itself. No clock is part of that argument.
//!
//! *Memory* (figure 2; `journal`). Term, vote and log are recorded before anything is said that rests on them
//! ([`Records`](crate::Records)). The beginning of the log gives way to the state that it made, which those who lag behind
//! that are sent (section 7).
//!
//! # What it costs
//!
//! Raft's leader tells everyone of every entry, and everyone answers: of five nodes that is 8 messages, one or two more to bring
//! the request there and its answer back, and one more to say what is committed. Here:
//!
//! * *Between two nodes at most one question is under way.* What comes up meanwhile goes with the next one, answers and
//!   acknowledgements too. So batches grow with load and latency. [`Pace::round`] makes them larger still.
//! * *Only as many are asked as must be* (thrift; `leader`). The others hear when they are told something anyway, or with the next
//!   heartbeat. Whoever is late is replaced.
//! * *The node whose clients wait is told last, and counted in.* Figure 2's `leaderCommit` says what is committed; here it says what is
//!   committed *once the receiver holds what the message brings*. The follower takes the smaller of that and what it holds, as
//!   in figure 2. So of three nodes a follower's request takes two messages, there and back; of five, four.
//! * *Queries ride along*: one question settles all entries and all reads that came before it.
//!
//! # Why it is right
//!
//! Figure 3's properties, by the names there; `machines/tests/consensus` checks each after every event.
//!
//! *Election safety.* A vote is recorded before it is told, with its term, so a node that dies and comes back does not vote
//! again. Two majorities share a node.
//!
//! *Leader append-only.* A leader only appends ([`Log`]'s `truncate` is called by followers alone).
//!
//! *Log matching.* A leader creates one entry at an index in its term. A follower takes entries only behind one of the same index and
//! term; by induction, all before are the same. Messages may be late, repeated or out of order: entries that are here already are
//! left alone, and only what contradicts them is cut, so an old message undoes nothing.
//!
//! *Leader completeness* (section 5.4.3). Say an entry of term T is committed: a majority took it from T's leader. Whoever is elected
//! in U > T, the first such leader that lacks it, has the vote of one of those. That voter took the entry *before* it voted, as it
//! would have refused T's leader after; it still had it then, as leaders between have it and so never contradict it. And it
//! found the candidate's log at least as complete as its own: so that ends in the same term and is as long, hence contains the
//! entry; or in a later one, whose leader had it. The argument needs that the entry is of the leader's own term (figure 8), and
//! that is what `commit_with` asks for.
//!
//! *Committed, as a follower may be told.* "Committed" is a fact about a majority's logs, whoever knows of it. The leader counts those
//! who have answered, itself, and the receiver; that one believes it only as far as it holds the leader's log, in this
//! term. Then a majority does, and took the entries in T. The leader learns it later, or never. The receiver is counted with what it
//! is sent, which is less than the leader's log where that does not fit into a message: with all of it, the part would be
//! committed by count though it is of an older term.
//!
//! *State machine safety.* Everyone applies what is committed, in order of indices; by completeness it is the same.
//!
//! *Reads see everything that was answered before they came.* Say a write was answered before a read was asked, and the read is
//! granted by T's leader. (a) It was committed in T or before: then it is in this leader's log when the read comes, by completeness
//! or because the leader made it; and the read index is the end of the log, not what the leader knows to be committed, since a
//! follower may know of more. (b) It was committed in U > T: then a majority had voted in U before the read came. One of
//! those has confirmed T since the read came; but who has voted in U refuses T. The node that wants to read may be the one: it names its
//! term when it asks, after the read came.
//!
//! *Each request happens once* (`sessions`): everyone skips the same copies.
//!
//! *It goes on.* While a majority is connected and the network delivers, somebody's election timeout ends, it is granted
//! pre-votes by those who hear no leader, and one whose log is as complete as any gets their votes; timeouts differ by chance, so soon
//! one is alone. Its first entry commits all before it. Whoever waits is told anew until it answers.
//!
//! # Liars
//!
//! Raft trusts its members. One that lies about its log or votes twice can undo what is committed, as a majority's word is all
//! there is; a leader can make everyone apply what it likes. But no message breaks a node: what makes no sense is ignored,
//! what is committed is never cut back here, and whoever claims a high term makes the others elect again. No term and no index
//! is believed beyond the [`horizon`](crate::horizon), so a next one is always left. (Only terms and the ends of snapshots can be made up:
//! entries count one by one, behind what is held, and so do requests in a session.)
//!
//! # Without a journal
//!
//! A node that forgets its vote and its log is another node under the same name: a killed one must not come back without
//! `--data`, or what a majority held may be held by nobody. While none is killed, no journal is needed.

mod election;
mod follower;
mod following;
mod journal;
mod lead;
mod leader;
mod log;
mod recorded;
mod relay;
mod requests;
mod routes;
mod sessions;
mod tell;
mod view;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;
use core::time::Duration;

use protocol::consensus::Raft;
use protocol::{Code, Json, Nothing};

use crate::horizon::horizon;
use crate::{Cluster, Context, Start, Ticket, Time};
use following::{Following, Incoming};
use leader::Leader;
use log::Log;
use recorded::Recorded;
use requests::Requests;
use routes::Routes;
use sessions::{Sessions, Use};

pub use view::View;

/// What a log of commands makes.
///
/// The same commands make the same state, everywhere: nothing but the command may decide what happens. Answers go to the
/// clients of the node that took the command up, and to nobody elsewhere.
pub trait StateMachine: Clone + Debug + Default {
    /// Carries out a command, and answers whoever waits for that here. A command that makes no sense does nothing.
    fn apply(&mut self, command: Json<'_>, client: Option<Client<'_, '_>>);

    /// Answers a query, which changes nothing.
    fn query(&self, query: &str, client: Client<'_, '_>);

    /// Appends all of the state, as one JSON value.
    fn write(&self, out: &mut String);

    /// Reads what [`StateMachine::write`] wrote.
    fn read(json: Json<'_>) -> Option<Self>;

    /// At least how many bytes the state cannot be written without, as far as that is known without work.
    fn stored_bytes(&self) -> usize;
}

/// A client that is to be answered, here and now.
pub struct Client<'c, 'n> {
    /// What the step may do.
    pub context: &'c mut Context<'n, Nothing>,
    /// The right to answer.
    pub ticket: Ticket,
}

/// How consensus paces itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// At least so much time lies between two questions of a leader, and between two reports of a follower that nobody
    /// asked for: longer is cheaper, and slower.
    pub round: Duration,
}

/// A member of the cluster.
#[derive(Clone, Debug)]
pub struct Consensus<S> {
    me: usize,
    size: usize,
    /// What this start of the node is called.
    life: u64,
    started: Time,
    round: Duration,
    random: u64,

    // Figure 2, "persistent state on all servers": see `journal`.
    term: u64,
    vote: Option<usize>,
    log: Log,
    recorded: Recorded,

    // "Volatile state on all servers", and what that makes.
    commit: u64,
    applied: u64,
    sessions: Sessions,
    state: S,
    role: Role,

    /// When a leader was last heard of.
    heard_at: Option<Time>,
    /// When this node stands for election, unless it leads.
    election_at: Time,
    incoming: Option<Incoming>,
    routes: Routes,

    requests: Requests,
    /// Up to which of its reads it has been granted what, and what must be applied for that.
    granted: Option<(u64, u64)>,
    /// How many reports it has sent.
    reports: u64,
    /// How long it usually takes a leader to respond.
    response: Duration,
    /// How long it takes at the least.
    quickest: Option<Duration>,
    scratch: String,
}

/// Figure 2's three roles.
#[derive(Clone, Debug)]
enum Role {
    /// Of a leader, if one is known in this term.
    Follower(Option<Following>),
    /// Or of one that only asks whether it would be elected.
    /// By position, what it has been told.
    Candidate { pre: bool, votes: Vec<Option<bool>> },
    /// There is one in a term at the most.
    Leader(Leader),
}

/// A few of them fit into a [`Time`].
const LONGEST_ROUND: Duration = Duration::from_secs(86_400);

/// Entries that have been applied are kept for those who lack them until they have more bytes than this, and than the state.
const KEPT_BYTES: usize = 1 << 16;

/// The longest command: with it alone a message still fits in a line of any length that nodes read.
pub const MAX_COMMAND_BYTES: usize = 16 << 20;

impl<S: StateMachine> Consensus<S> {
    /// A member that has just been started, and knows nothing yet.
    pub fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        // 53 bits, so that the number survives every JSON implementation.
        let life = start.life >> 11;
        Consensus {
            me: cluster.me(),
            size: cluster.size(),
            life,
            started: now,
            round: pace.round.min(LONGEST_ROUND),
            random: start.life,
            term: 0,
            vote: None,
            log: Log::default(),
            recorded: Recorded::default(),
            commit: 0,
            applied: 0,
            sessions: Sessions::new(cluster.size()),
            state: S::default(),
            role: Role::Follower(None),
            heard_at: None,
            election_at: Self::first_election(cluster, now),
            incoming: None,
            routes: Routes::new(cluster.size()),
            requests: Requests::new(cluster.me(), life),
            granted: None,
            reports: 0,
            response: Duration::ZERO,
            quickest: None,
            scratch: String::new(),
        }
    }

    /// A client wants this done; or, being a query, only to know.
    pub fn on_request(
        &mut self,
        context: &mut Context<'_, Nothing>,
        ticket: Ticket,
        is_query: bool,
        text: &str,
    ) {
        if text.len() > MAX_COMMAND_BYTES {
            return context.refuse(ticket, Code::NotSupported, "a request has 16 MiB at the most");
        }
        if let Err(ticket) = self.requests.take(is_query, ticket, text, context.now) {
            return context.refuse(ticket, Code::TemporarilyUnavailable, "too many requests wait already");
        }
        self.act(context);
    }

    /// A node says something.
    pub fn on_peer(&mut self, context: &mut Context<'_, Nothing>, from: usize, message: Raft<'_>) {
        match message {
            Raft::Pass { from: sender, to, message } => self.on_pass(context, from, (sender, to, message)),
            message => {
                self.routes.note(from, None, context.now);
                self.take(context, from, message);
            }
        }
        self.act(context);
    }

    fn take(&mut self, context: &mut Context<'_, Nothing>, from: usize, message: Raft<'_>) {
        if highest(&message) > horizon(context.now) {
            return;
        }
        match message {
            Raft::Append { .. } => self.on_append(context, from, message),
            Raft::Snapshot { .. } => self.on_snapshot(context, from, message),
            Raft::Report { .. } => self.on_report(context.now, from, message),
            Raft::AskVote { term, last, pre } => {
                self.on_ask_vote(context, from, (term, last, pre.unwrap_or(false)));
            }
            Raft::Vote { term, granted, pre, leader } => {
                self.on_vote(context, from, (term, granted, pre.unwrap_or(false)));
                self.on_hint(context.now, from, (term, leader));
            }
            Raft::Pass { .. } => {}
        }
    }

    /// Lets happen whose time has come.
    pub fn on_tick(&mut self, context: &mut Context<'_, Nothing>) {
        self.act(context);
    }

    /// When [`Consensus::on_tick`] has something to do.
    pub fn deadline(&self) -> Option<Time> {
        let duty = match &self.role {
            Role::Leader(leader) => self.leader_deadline(leader),
            Role::Follower(Some(following)) => {
                self.report_due(following).into_iter().chain([self.election_at]).min()
            }
            Role::Follower(None) | Role::Candidate { .. } => Some(self.election_at),
        };
        duty.into_iter().chain(self.requests.deadline()).min()
    }

    /// See [`StateMachine::stored_bytes`].
    pub fn stored_bytes(&self) -> usize {
        self.state.stored_bytes()
    }

    /// What the log has made so far.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Does all that follows from what has happened.
    fn act(&mut self, context: &mut Context<'_, Nothing>) {
        self.review_role(context);
        loop {
            self.log_own(context.now);
            self.commit();
            // A session that has opened lets commands be logged.
            if !self.apply(context) {
                break;
            }
        }
        self.answer_queries(context);
        match self.role {
            Role::Leader(_) => self.speak_as_leader(context),
            Role::Follower(_) => self.speak_to_leader(context),
            Role::Candidate { .. } => {}
        }
        while let Some(ticket) = self.requests.expire(context.now) {
            context.refuse(ticket, Code::TemporarilyUnavailable, "there is no leader to be found");
        }
    }

    /// Ceases to lead, or stands for election, if it is time.
    fn review_role(&mut self, context: &mut Context<'_, Nothing>) {
        match &self.role {
            Role::Leader(leader) if leader.quorum_ends().is_some_and(|end| end <= context.now) => {
                self.role = Role::Follower(None);
                self.requests.forget_leader();
                self.put_off_election(context.now);
            }
            Role::Leader(_) => {}
            Role::Follower(_) | Role::Candidate { .. } if self.election_at <= context.now => {
                self.stand(context)
            }
            Role::Follower(_) | Role::Candidate { .. } => {}
        }
    }

    /// Carries out what is committed, in order (figure 2, "rules for servers"). False: there was nothing.
    fn apply(&mut self, context: &mut Context<'_, Nothing>) -> bool {
        let has_news = self.applied < self.commit;
        while self.applied < self.commit {
            self.applied += 1;
            let Consensus { log, sessions, state, requests, me, life, applied, .. } = self;
            let entry = log.entry(*applied);
            match sessions.take(*applied, &entry) {
                Use::Nothing => {}
                Use::Opened(node) if node == *me => requests.open(),
                Use::Opened(_) => {}
                Use::Command(node) => {
                    let is_ours = node == *me && sessions.of(node).life == *life;
                    let waiting = if is_ours { requests.applied(entry.2) } else { None };
                    let client = waiting.map(|waiting| Client { context, ticket: waiting.ticket });
                    state.apply(entry.3, client);
                }
            }
        }
        if has_news {
            self.compact();
        }
        has_news
    }

    /// Drops the older half of what is applied, once there is more of it than others may lack (section 7).
    fn compact(&mut self) {
        let most = KEPT_BYTES.max(self.state.stored_bytes());
        if self.log.bytes_until(self.applied) > most {
            let keep_from = self.log.reach(self.log.base().0, most / 2);
            self.log.drop_until(keep_from.min(self.applied));
        }
    }

    /// Answers queries that have been granted a state that is here now (section 8).
    fn answer_queries(&mut self, context: &mut Context<'_, Nothing>) {
        let Some((number, _)) = self.granted.filter(|(_, index)| *index <= self.applied) else { return };
        while let Some(waiting) = self.requests.answer(number) {
            self.state.query(&waiting.text, Client { context, ticket: waiting.ticket });
        }
    }

    /// This life's session, once it is open; 0 before that.
    fn session(&self) -> u64 {
        let session = self.sessions.of(self.me);
        if session.life == self.life { session.id } else { 0 }
    }
}

/// The highest of the numbers in a message from which its receiver would go on.
fn highest(message: &Raft<'_>) -> u64 {
    match *message {
        Raft::Snapshot { term, last: (index, _), .. } => term.max(index),
        Raft::Append { term, .. }
        | Raft::Report { term, .. }
        | Raft::AskVote { term, .. }
        | Raft::Vote { term, .. } => term,
        Raft::Pass { .. } => 0,
    }
}
