//! Challenge 3: broadcast, and g-set, which is the same machine under other message names (Maelstrom `doc/workloads.md`,
//! "Workload: Broadcast", "Workload: G-set").
//!
//! The data type is a bag of JSON values; an update adds one. A client is answered at once, from local state: a value is
//! safe with the node that took it, and the [`engine`](crate::engine) brings it to everyone else.
//!
//! Values are never parsed. They are kept in one text, as the array that a `read` returns, in the order in which they
//! came: answering a read is a copy, and so is cutting a delta, since each origin's values are known by their place in
//! that text.
//!
//! `topology` is answered and otherwise ignored; [`engine`](crate::engine) says why under "Overlay".

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Debug, Write};
use core::iter;
use core::marker::PhantomData;
use core::time::Duration;

use protocol::gossip::Gossip;
use protocol::{Code, Decode, Encode, Json, Nothing, broadcast, set};

use crate::engine::{Engine, MAX_UPDATE_BYTES, Origin, Pace, Replicated};
use crate::{BadRecord, Cluster, Context, Extent, Input, Machine, Records, Start, Time};

/// The broadcast machine.
pub type Broadcast = Bag<BroadcastWords>;

/// The g-set machine.
pub type GSet = Bag<SetWords>;

/// A replicated bag of values that speaks to its clients in the words of `W`.
#[derive(Clone, Debug)]
pub struct Bag<W> {
    engine: Engine<Values>,
    words: PhantomData<W>,
}

/// A vocabulary for bags.
pub trait Words: Clone + Debug {
    /// What clients ask.
    type Request<'a>: Decode<'a>;
    /// What they are told.
    type Reply<'a>: Encode;

    /// What a request means.
    fn ask<'a>(request: Self::Request<'a>) -> Ask<'a>;
    /// How its speakers pace themselves if nobody chooses otherwise.
    fn pace() -> Pace {
        Pace::default()
    }
    /// The answer to [`Ask::Neighbours`].
    fn noted<'a>() -> Self::Reply<'a>;
    /// The answer to [`Ask::Add`].
    fn added<'a>() -> Self::Reply<'a>;
    /// The answer to [`Ask::Read`].
    fn values(values: Json<'_>) -> Self::Reply<'_>;
}

/// What clients ask of a bag.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    /// Talk to these nodes.
    Neighbours,
    /// Put this in.
    Add(Json<'a>),
    /// What is in it?
    Read,
}

/// Rounds of 430 ms over a star of up to 25 nodes meet challenge 3d with room; see the README for other lengths.
impl Default for Pace {
    fn default() -> Self {
        Pace { round: Duration::from_millis(430), fan_out: 24 }
    }
}

impl<W: Words> Machine for Bag<W> {
    const JOURNAL: Option<&'static str> = Some("bag1");

    type Config = Pace;
    type Request<'a> = W::Request<'a>;
    type Peer<'a> = Gossip<'a>;
    type Call = Nothing;

    fn default_config() -> Pace {
        W::pace()
    }

    fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        let values = Values { array: String::from("[]"), places: Vec::new() };
        Bag { engine: Engine::new(pace, cluster, start, now, values), words: PhantomData }
    }

    fn recover(&mut self, record: &[u8]) -> Result<(), BadRecord> {
        self.engine.recover(record)
    }

    fn record(&mut self, extent: Extent, records: &mut Records) {
        self.engine.record(extent, records);
    }

    fn stored_bytes(&self) -> usize {
        self.engine.stored_bytes()
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        match input {
            Input::Request(ticket, request) => match W::ask(request) {
                Ask::Neighbours => context.reply(ticket, &W::noted()),
                Ask::Add(value) if value.as_str().len() > MAX_UPDATE_BYTES => {
                    context.refuse(ticket, Code::NotSupported, "a value has 16 MiB at the most");
                }
                Ask::Add(value) => {
                    let bytes = value.as_str().len() + 1;
                    self.engine.update(context.now, bytes, |values| values.push(0, iter::once(value)));
                    context.reply(ticket, &W::added());
                }
                Ask::Read => context.reply(ticket, &W::values(self.engine.data().array())),
            },
            Input::Peer(from, gossip) => self.engine.on_gossip(context, from, gossip),
            Input::Answer(call, _) => match call {},
            Input::Tick => self.engine.on_tick(context),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.engine.deadline()
    }

    fn tell(&self, cluster: &Cluster, words: &mut dyn Write) -> fmt::Result {
        self.engine.tell(cluster, words)
    }
}

/// The values, in the order in which they came, and where each origin's are.
#[derive(Clone, Debug)]
struct Values {
    /// A JSON array.
    array: String,
    /// For each origin the places of its values in `array`: start and end of each.
    places: Vec<Vec<(usize, usize)>>,
}

impl Values {
    fn array(&self) -> Json<'_> {
        Json::trusted(&self.array)
    }

    fn push<'a>(&mut self, origin: usize, values: impl Iterator<Item = Json<'a>>) {
        if self.places.len() <= origin {
            self.places.resize_with(origin + 1, Vec::new);
        }
        let places = &mut self.places[origin];
        self.array.pop();
        for value in values {
            if self.array.len() > 1 {
                self.array.push(',');
            }
            let start = self.array.len();
            self.array.push_str(value.as_str());
            places.push((start, self.array.len()));
        }
        self.array.push(']');
    }
}

impl Replicated for Values {
    /// The values themselves, as an array.
    type Run<'a> = Json<'a>;

    fn read_run<'a>(count: u64, payload: Json<'a>) -> Option<Self::Run<'a>> {
        (payload.elements()?.count() as u64 == count).then_some(payload)
    }

    fn take_run(&mut self, origin: Origin, skip: u64, run: Self::Run<'_>) {
        let values = run.elements().expect("it was read as an array");
        self.push(origin.position, values.skip(skip as usize));
    }

    fn write_run(&self, origin: usize, first: u64, last: u64, out: &mut String) {
        let mut separator = '[';
        for &(start, end) in &self.places[origin][first as usize - 1..last as usize] {
            out.push(separator);
            out.push_str(&self.array[start..end]);
            separator = ',';
        }
        out.push(']');
    }

    fn stored_bytes(&self) -> usize {
        self.array.len()
    }
}

/// The words of `broadcast`.
#[derive(Clone, Debug)]
pub struct BroadcastWords;

impl Words for BroadcastWords {
    type Request<'a> = broadcast::Request<'a>;
    type Reply<'a> = broadcast::Reply<'a>;

    fn ask<'a>(request: Self::Request<'a>) -> Ask<'a> {
        match request {
            broadcast::Request::Topology { .. } => Ask::Neighbours,
            broadcast::Request::Broadcast { message } => Ask::Add(message),
            broadcast::Request::Read {} => Ask::Read,
        }
    }

    fn noted<'a>() -> Self::Reply<'a> {
        broadcast::Reply::TopologyOk {}
    }

    fn added<'a>() -> Self::Reply<'a> {
        broadcast::Reply::BroadcastOk {}
    }

    fn values(messages: Json<'_>) -> Self::Reply<'_> {
        broadcast::Reply::ReadOk { messages }
    }
}

/// The words of `g-set`.
#[derive(Clone, Debug)]
pub struct SetWords;

impl Words for SetWords {
    type Request<'a> = set::Request<'a>;
    type Reply<'a> = set::Reply<'a>;

    /// Nobody asks how soon a value is everywhere, so rounds may be longer than broadcast's, and then they cost less.
    fn pace() -> Pace {
        Pace { round: Duration::from_millis(1500), ..Pace::default() }
    }

    fn ask<'a>(request: Self::Request<'a>) -> Ask<'a> {
        match request {
            set::Request::Add { element } => Ask::Add(element),
            set::Request::Read {} => Ask::Read,
        }
    }

    fn noted<'a>() -> Self::Reply<'a> {
        set::Reply::AddOk {}
    }

    fn added<'a>() -> Self::Reply<'a> {
        set::Reply::AddOk {}
    }

    fn values(value: Json<'_>) -> Self::Reply<'_> {
        set::Reply::ReadOk { value }
    }
}
