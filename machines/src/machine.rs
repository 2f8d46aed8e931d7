//! The step contract: what a machine is given and what it may do.

use core::fmt::{self, Debug, Write};
use core::time::Duration;

use protocol::{Body, Code, Decode, Encode, ErrorBody, MessageId, Text};
use smallvec::SmallVec;

use crate::calls::{CallError, Calls};
use crate::journal::{BadRecord, Extent, Records, Start};
use crate::{Cluster, Outputs, Time};

/// A node's behaviour, as a pure state machine.
///
/// It reads nothing but its arguments and changes nothing but itself and the context's outputs. It may be cloned, and a
/// clone that is fed the same inputs does the same: tests fork worlds that way.
///
/// Its life: it is made by [`new`](Machine::new); if there is a journal, it is told each of its records again
/// ([`recover`](Machine::recover)); then come the steps, and after each batch of them it says what it must not forget
/// ([`record`](Machine::record)). [`Records`] has the rule that makes this safe.
pub trait Machine: Clone + Debug {
    /// The kind of its records, with a number that changes when their format does; none, if it need not remember anything. Then
    /// it is never asked for records, whatever its owner offers.
    const JOURNAL: Option<&'static str> = None;

    /// What whoever starts the node may choose.
    type Config: Clone + Debug;
    /// What clients ask.
    type Request<'a>: Decode<'a>;
    /// What other nodes say.
    type Peer<'a>: Decode<'a>;
    /// Why a call is in flight: its continuation.
    type Call: Clone + Debug;

    /// What it is if nobody chooses.
    fn default_config() -> Self::Config;

    /// The machine of a node that has just been told who it is, and holds nothing.
    fn new(config: &Self::Config, cluster: &Cluster, start: Start, now: Time) -> Self;

    /// Takes in again what it once recorded. Whatever prefix of its records it is told, in order, it is then as it was
    /// at the end of the batch that the last of them came from, in all that anybody could have heard of.
    fn recover(&mut self, record: &[u8]) -> Result<(), BadRecord> {
        let _ = record;
        Err(BadRecord)
    }

    /// Adds to `records` what it must not forget. It is asked at the end of each batch, so several updates can share
    /// a record; without news it adds nothing.
    fn record(&mut self, extent: Extent, records: &mut Records) {
        let _ = (extent, records);
    }

    /// At least how many bytes of records a checkpoint could not do without, as far as that is known without work. While that
    /// is most of the journal, writing it anew would gain nothing.
    fn stored_bytes(&self) -> usize {
        0
    }

    /// Takes one input.
    fn step(&mut self, context: &mut Context<'_, Self::Call>, input: Input<'_, Self>);

    /// When the next [`Input::Tick`] is due: a fact about the state, not a command. A node without one is idle and
    /// costs nothing.
    fn deadline(&self) -> Option<Time> {
        None
    }

    /// What it holds, whom it thinks lost, whom it follows: a few words for people who watch, and for nobody else.
    fn tell(&self, _cluster: &Cluster, _words: &mut dyn Write) -> fmt::Result {
        Ok(())
    }
}

/// One thing that happens to a machine.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack for one step, and boxing would allocate"
)]
pub enum Input<'a, M: Machine> {
    /// A client asks. The ticket is the right to answer, once.
    Request(Ticket, M::Request<'a>),
    /// The node at this position of the cluster says something.
    Peer(usize, M::Peer<'a>),
    /// A call came to its end.
    Answer(M::Call, Result<Body<'a>, CallError>),
    /// The deadline is here. It may come late, and a machine must not mind one that comes early.
    Tick,
}

/// The right to answer a request, once, and in time.
#[derive(Clone, Debug)]
pub struct Ticket {
    client: SmallVec<[u8; 16]>,
    msg_id: Option<MessageId>,
    came: Time,
}

/// Clients give up after 5 s, and Maelstrom listens no more to a node that has answered one that is gone. So what could not be answered
/// in less is not answered at all: it may have happened, as its client must assume by then.
const CLIENT_PATIENCE: Duration = Duration::from_millis(4500);

impl Ticket {
    pub(crate) fn new(client: &str, msg_id: Option<MessageId>, came: Time) -> Ticket {
        Ticket { client: SmallVec::from_slice(client.as_bytes()), msg_id, came }
    }

    fn client(&self) -> &str {
        core::str::from_utf8(&self.client).expect("made from a str")
    }
}

/// What a machine may do in a step.
pub struct Context<'n, C> {
    /// What time it is.
    pub now: Time,
    /// Who there is.
    pub cluster: &'n Cluster,
    pub(crate) outputs: &'n mut Outputs,
    pub(crate) calls: &'n mut Calls<C>,
}

impl<C> Context<'_, C> {
    /// Answers a request, unless its client has given up by now.
    pub fn reply(&mut self, ticket: Ticket, body: &impl Encode) {
        if self.now.since(ticket.came) > CLIENT_PATIENCE {
            return;
        }
        let me = self.cluster.name(self.cluster.me());
        self.outputs.push((me, ticket.client()), (None, ticket.msg_id), body);
    }

    /// Answers a request with an error. After an indefinite code the client must assume that it may have happened.
    pub fn refuse(&mut self, ticket: Ticket, code: Code, text: &str) {
        let error = ErrorBody::Error { code: code.number() as i64, text: Some(Text::from(text)) };
        self.reply(ticket, &error);
    }

    /// Says something to the node at `position`; whether it arrives is the network's business.
    pub fn send(&mut self, position: usize, body: &impl Encode) {
        let me = self.cluster.name(self.cluster.me());
        self.outputs.push((me, self.cluster.name(position)), (None, None), body);
    }

    /// Asks `whom`, a service or a node. `call` comes back as [`Input::Answer`], once: with the answer, an error, or
    /// nothing after `patience`. Too many calls in flight give it back here and now.
    pub fn call(&mut self, whom: &str, body: &impl Encode, call: C, patience: Duration) -> Result<(), C> {
        // A call that is over at once and made again at once would keep the node from ever coming to an end.
        let patience = patience.max(Duration::from_nanos(1));
        let id = self.calls.open(whom, call, self.now + patience)?;
        let me = self.cluster.name(self.cluster.me());
        self.outputs.push((me, whom), (Some(id), None), body);
        Ok(())
    }
}
