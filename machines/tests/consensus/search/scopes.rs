//! What is searched: how much may happen.

/// Something to search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    pub(crate) network: Network,
    pub(crate) budget: Budget,
    /// Whether dead letters are delivered, too.
    pub(crate) keeps_dead: bool,
}

/// In what order messages arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// In any.
    Unordered,
    /// As they were sent from one node to another, but for those of the budget.
    Ordered,
}

/// How often what may happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Budget {
    /// A second passes at a node.
    pub(crate) seconds: u8,
    /// Half a second passes at a leader.
    pub(crate) halves: u8,
    /// A node dies, and comes back with its disk.
    pub(crate) deaths: u8,
    /// On an ordered network, a message is overtaken by one that was sent later. It arrives whenever it likes, or never.
    pub(crate) overtaken: u8,
    /// A message arrives twice.
    pub(crate) repeats: u8,
    /// A client asks a node to write.
    pub(crate) writes: u8,
    /// A client asks a node to read: three at the most.
    pub(crate) reads: u8,
}

/// What every test run searches, in a second.
pub(crate) const SMALL: &[Scope] = &[
    unordered("lin-kv, unordered: a second", SECOND),
    ordered("lin-kv: a second, a write, a read", Budget { writes: 1, reads: 1, ..SECOND }),
    ordered("lin-kv: a second, a write, a death", Budget { deaths: 1, writes: 1, ..SECOND }),
    ordered("lin-kv: a second, a message overtaken", Budget { overtaken: 1, ..SECOND }),
    Scope {
        keeps_dead: true,
        ..ordered("lin-kv: a second, a repeat, dead letters", Budget { repeats: 1, ..SECOND })
    },
];

/// What takes minutes, together.
pub(crate) const LARGE: &[Scope] = &[
    ordered(
        "lin-kv: a second, half a second, a write, a read",
        Budget { halves: 1, writes: 1, reads: 1, ..SECOND },
    ),
    unordered("lin-kv, unordered: a second, a death", Budget { deaths: 1, ..SECOND }),
    unordered("lin-kv, unordered: a second, a write", Budget { writes: 1, ..SECOND }),
    ordered("lin-kv: 2 seconds", Budget { seconds: 2, ..NOTHING }),
    Scope {
        keeps_dead: true,
        ..ordered("lin-kv: 2 seconds, dead letters", Budget { seconds: 2, ..NOTHING })
    },
    ordered("lin-kv: a second, half a second, 2 writes", Budget { halves: 1, writes: 2, ..SECOND }),
    ordered("lin-kv: a second, a repeat, 2 writes", Budget { repeats: 1, writes: 2, ..SECOND }),
    ordered(
        "lin-kv: a second, 2 overtaken, a write, a read",
        Budget { overtaken: 2, writes: 1, reads: 1, ..SECOND },
    ),
    ordered("lin-kv: a second, a death, 2 writes", Budget { deaths: 1, writes: 2, ..SECOND }),
    ordered(
        "lin-kv: a second, a death, one overtaken, 2 writes",
        Budget { deaths: 1, overtaken: 1, writes: 2, ..SECOND },
    ),
    ordered("lin-kv: 2 seconds, one overtaken", Budget { seconds: 2, overtaken: 1, ..NOTHING }),
    ordered("lin-kv: 2 seconds, a death", Budget { seconds: 2, deaths: 1, ..NOTHING }),
    ordered("lin-kv: 2 seconds, a write, a read", Budget { seconds: 2, writes: 1, reads: 1, ..NOTHING }),
    ordered("lin-kv: 2 seconds, 2 writes", Budget { seconds: 2, writes: 2, ..NOTHING }),
    ordered("lin-kv: 2 seconds, a death, a write", Budget { seconds: 2, deaths: 1, writes: 1, ..NOTHING }),
];

const NOTHING: Budget =
    Budget { seconds: 0, halves: 0, deaths: 0, overtaken: 0, repeats: 0, writes: 0, reads: 0 };
const SECOND: Budget = Budget { seconds: 1, ..NOTHING };

const fn ordered(name: &'static str, budget: Budget) -> Scope {
    Scope { name, network: Network::Ordered, budget, keeps_dead: false }
}

const fn unordered(name: &'static str, budget: Budget) -> Scope {
    Scope { name, network: Network::Unordered, budget, keeps_dead: false }
}
