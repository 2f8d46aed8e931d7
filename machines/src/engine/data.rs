//! What a data type must be able to do to be replicated.

use alloc::string::String;

use protocol::Json;

/// Whose updates they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A small number that stands for the origin at this replica, and only here. They are given out 0, 1, 2, …; 0 is the
    /// replica itself.
    pub position: usize,
    /// The node, the same number everywhere.
    pub node: u32,
    /// The node's incarnation, the same number everywhere.
    pub incarnation: u64,
}

/// Where the updates of a data type may be cut into deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cuts {
    /// At any moment in a replica's past.
    Anywhere,
    /// Not before all that is stable: later updates may have overwritten what is left of it, and it makes sense only
    /// together with these.
    BehindStable,
    /// Nowhere, as all there is is short.
    Nowhere,
}

/// A replicated data type: a set of updates, each known by its origin and its number there.
///
/// The engine hands every update over exactly once, those of one origin in order, and never one before what its origin
/// held when it made it. The type stores them and can write any run of them out again.
pub trait Replicated {
    /// Whether the type needs to be told what is stable. It costs bytes, and an acknowledgement more at the end of a
    /// burst.
    const NEEDS_STABILITY: bool = false;

    /// Where deltas are cut that would be too long.
    const CUTS: Cuts = Cuts::Anywhere;

    /// Some updates of one origin in a row, as they came over the wire.
    type Run<'a>;

    /// Reads a run of `count` updates; `None` if it is malformed. Changes nothing yet.
    fn read_run<'a>(count: u64, payload: Json<'a>) -> Option<Self::Run<'a>>;

    /// Takes the updates of a run in, without the first `skip`, which are here already.
    fn take_run(&mut self, origin: Origin, skip: u64, run: Self::Run<'_>);

    /// Appends, as one JSON value, the updates `first..=last` of the origin at this position.
    fn write_run(&self, origin: usize, first: u64, last: u64, out: &mut String);

    /// At least how many bytes all runs together cannot be written without, as far as that is known without work.
    fn stored_bytes(&self) -> usize {
        0
    }

    /// Everyone holds the first `count` updates of `origin`, and this replica holds whatever anyone did before holding
    /// them. Counts of an origin only grow.
    fn settle(&mut self, origin: usize, count: u64) {
        let _ = (origin, count);
    }
}
