//! A run in virtual time as somebody would ask for it: one of this project's machines, how it is set, and the options.
//!
//! A scenario can be written as the words of a command line ([`Scenario::words`], `Display`), so that whatever goes wrong in
//! one of a thousand runs is handed over as a line that anyone can paste into a terminal, or keep in a file. Reading such
//! words is the command line's affair.

mod words;

pub use words::words;

use crate::sweep::Claims;
use crate::{Spawn, in_service, spawn, spawn_durable};
use bench::options::{Options, Workload};
use machines::engine::Pace;
use machines::{
    Broadcast, Counter, CounterKv, Echo, GSet, LinKv, Log, Machine, Txn, TxnStrict, UniqueIds, consensus,
};
use std::time::Duration;

/// One run of one of our machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What runs on the nodes.
    pub machine: OurMachine,
    /// How often nodes on the replication engine speak; as they do by themselves, if none.
    pub round: Option<Duration>,
    /// Most children of a node in the tree that they form; as by themselves, if none.
    pub fan_out: Option<usize>,
    /// What clients, network and nemesis do.
    pub options: Options,
}

/// A machine of this project that a workload can be run against. One does not ship: its nodes keep everything in a service
/// ([`in_service()`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after its machine")]
pub enum OurMachine {
    Broadcast,
    Counter,
    CounterKv,
    Echo,
    GSet,
    InService,
    LinKv,
    Log,
    Txn,
    TxnStrict,
    UniqueIds,
    /// Somebody else's.
    Foreign(Foreign),
}

/// A machine that is not this project's, which gets all that ours get.
#[derive(Clone, Copy, Debug)]
pub struct Foreign {
    /// What its program is called.
    pub name: &'static str,
    /// The workloads that it serves, the one that it is meant for first.
    pub workloads: &'static [Workload],
    /// What it claims to survive.
    pub claims: Claims,
    /// Its nodes' programs.
    pub programs: fn() -> Spawn,
}

impl PartialEq for Foreign {
    fn eq(&self, other: &Foreign) -> bool {
        self.name == other.name
    }
}

impl Eq for Foreign {}

impl Foreign {
    /// The machine `M` as it is set by default.
    pub fn new<M>(name: &'static str, workloads: &'static [Workload], claims: Claims) -> Foreign
    where
        M: Machine + 'static,
        M::Config: 'static,
        M::Call: 'static,
    {
        Foreign { name, workloads, claims, programs: || spawn::<M>(M::default_config()) }
    }
}

impl Scenario {
    /// The machine that is meant for the workload, as it is set by itself; none if there is no such machine.
    pub fn new(options: Options) -> Option<Scenario> {
        let machine = OurMachine::for_workload(options.workload)?;
        Some(Scenario { machine, round: None, fan_out: None, options })
    }

    /// The nodes' programs.
    pub fn programs(&self) -> Spawn {
        match self.machine {
            OurMachine::Echo => spawn::<Echo>(()),
            OurMachine::UniqueIds => spawn::<UniqueIds>(()),
            OurMachine::CounterKv => spawn::<CounterKv>(()),
            OurMachine::InService => {
                let workload = self.options.workload;
                Box::new(move |_, seed| in_service(workload, seed).expect("the machine serves this workload"))
            }
            OurMachine::Broadcast => self.paced::<Broadcast>(),
            OurMachine::GSet => self.paced::<GSet>(),
            OurMachine::Counter => self.paced::<Counter>(),
            OurMachine::Log => self.paced::<Log>(),
            OurMachine::Txn => self.paced::<Txn>(),
            OurMachine::LinKv => self.on_consensus::<LinKv>(),
            OurMachine::TxnStrict => self.on_consensus::<TxnStrict>(),
            OurMachine::Foreign(foreign) => (foreign.programs)(),
        }
    }

    fn paced<M: Machine<Config = Pace> + 'static>(&self) -> Spawn {
        let default = M::default_config();
        let pace = Pace {
            round: self.round.unwrap_or(default.round),
            fan_out: self.fan_out.unwrap_or(default.fan_out),
        };
        match self.options.disks {
            Some(_) => spawn_durable::<M>(pace, SLACK),
            None => spawn::<M>(pace),
        }
    }
}

impl Scenario {
    fn on_consensus<M: Machine<Config = consensus::Pace> + 'static>(&self) -> Spawn {
        let pace = consensus::Pace { round: self.round.unwrap_or_default() };
        match self.options.disks {
            Some(_) => spawn_durable::<M>(pace, SLACK),
            None => spawn::<M>(pace),
        }
    }
}

/// Journals may always grow by so much before they are written anew. That is less than programs let them, so that it happens in
/// short runs, too.
const SLACK: usize = 4 << 10;

impl OurMachine {
    /// All machines, by name.
    pub const ALL: [OurMachine; 11] = [
        OurMachine::Broadcast,
        OurMachine::Counter,
        OurMachine::CounterKv,
        OurMachine::Echo,
        OurMachine::GSet,
        OurMachine::LinKv,
        OurMachine::Log,
        OurMachine::Txn,
        OurMachine::TxnStrict,
        OurMachine::InService,
        OurMachine::UniqueIds,
    ];

    /// The one that is meant for a workload.
    pub fn for_workload(workload: Workload) -> Option<OurMachine> {
        OurMachine::ALL.into_iter().find(|machine| machine.workloads().contains(&workload))
    }

    /// The name on the command line: that of its program, if it has one.
    pub fn name(self) -> &'static str {
        match self {
            OurMachine::Broadcast => "broadcast",
            OurMachine::Counter => "counter",
            OurMachine::CounterKv => "counter-kv",
            OurMachine::Echo => "echo",
            OurMachine::GSet => "g-set",
            OurMachine::InService => "in-service",
            OurMachine::LinKv => "lin-kv",
            OurMachine::Log => "log",
            OurMachine::Txn => "txn",
            OurMachine::TxnStrict => "txn-strict",
            OurMachine::UniqueIds => "unique-ids",
            OurMachine::Foreign(foreign) => foreign.name,
        }
    }

    /// What it claims to survive besides partitions, pauses, slowness, drift, and whatever befalls messages between nodes.
    ///
    /// Those that keep data in their own memory only do not survive the loss of it: what a node has accepted and not yet
    /// passed on is gone with the node. With disks ([`Options::disks`]) they do.
    pub fn claims(self) -> Claims {
        match self {
            OurMachine::Echo | OurMachine::UniqueIds | OurMachine::InService => {
                Claims { restarts: true, service_faults: false }
            }
            OurMachine::CounterKv => Claims { restarts: true, service_faults: true },
            OurMachine::Broadcast | OurMachine::Counter | OurMachine::GSet => Claims::default(),
            OurMachine::Log | OurMachine::Txn | OurMachine::LinKv | OurMachine::TxnStrict => {
                Claims::default()
            }
            OurMachine::Foreign(foreign) => foreign.claims,
        }
    }

    /// The workloads that it serves.
    pub fn workloads(self) -> &'static [Workload] {
        match self {
            OurMachine::Broadcast => &[Workload::Broadcast],
            OurMachine::Counter | OurMachine::CounterKv => &[Workload::GCounter, Workload::PnCounter],
            OurMachine::Echo => &[Workload::Echo],
            OurMachine::GSet => &[Workload::GSet],
            OurMachine::InService => &[Workload::LinKv, Workload::TxnListAppend, Workload::TxnRwRegister],
            OurMachine::Log => &[Workload::Kafka],
            OurMachine::LinKv => &[Workload::LinKv],
            OurMachine::Txn => &[Workload::TxnRwRegister],
            OurMachine::TxnStrict => &[Workload::TxnListAppend, Workload::TxnRwRegister],
            OurMachine::UniqueIds => &[Workload::UniqueIds],
            OurMachine::Foreign(foreign) => foreign.workloads,
        }
    }
}
