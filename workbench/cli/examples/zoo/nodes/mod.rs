//! A zoo of small nodes: for each workload one that is honest, and several that each cheat in one way.
//!
//! All of them keep house in the same way, which is right and needs no cleverness: the first node of the list keeps
//! everything, all others ask it ([`Node`]). What there is to keep is a [`Keeper`], a plain sequential program; whatever it
//! does happens at one moment between a request and its answer, so an honest cluster is strictly serializable, and a node
//! that is cut off says that it cannot tell. A cheat is one deviation from that, in the keeper or in how nodes deal with
//! their clients ([`Habit`]). The [`CHEATS`] are a table: what each does, and which anomaly the workbench must name for it.
//!
//! The same nodes run in virtual time (`tests/zoo`) and as processes (this example).
#![allow(
    dead_code,
    reason = "the tests and the example each look at a part of what there is to know about a cheat"
)]

pub(crate) mod catalogue;
mod counter;
mod echo;
mod ids;
mod logs;
mod node;
mod registers;
mod set;
mod state;
mod transactions;

use catalogue::CHEATS;
use node::{Habit, Keeper, Node};

use bench::options::Workload;
use worlds::Program;

/// A node for a workload that cheats in the way of this name, or not at all if it is empty. `None` if nobody cheats so.
///
/// One kind of honest node has a name too: `in-service`, for some workloads, keeps all it has in the service `lin-kv`.
pub(crate) fn node(workload: Workload, cheat: &str) -> Option<Box<dyn Program>> {
    if cheat == "in-service" {
        return worlds::in_service(workload, 0);
    }
    let cheat = match cheat {
        "" => "",
        name => CHEATS.iter().find(|cheat| cheat.workload == workload && cheat.name == name)?.name,
    };
    Some(Box::new(Node::new(keeper(workload, cheat), Habit::of(cheat))))
}

fn keeper(workload: Workload, cheat: &'static str) -> Box<dyn Keeper> {
    match workload {
        Workload::Echo => Box::new(echo::Echo::new(cheat)),
        Workload::UniqueIds => Box::new(ids::Ids::new(cheat)),
        Workload::Broadcast => Box::new(set::Set::new(cheat, "messages")),
        Workload::GSet => Box::new(set::Set::new(cheat, "value")),
        Workload::GCounter | Workload::PnCounter => Box::new(counter::Counter::new(cheat)),
        Workload::LinKv => Box::new(registers::Registers::new(cheat)),
        Workload::Kafka => Box::new(logs::Logs::new(cheat)),
        Workload::TxnRwRegister | Workload::TxnListAppend => Box::new(transactions::Transactions::new(cheat)),
    }
}

/// Counts occasions, for those who cheat now and then.
#[derive(Default)]
struct Occasions(u64);

impl Occasions {
    /// Whether this is the last of `count` occasions.
    fn every(&mut self, count: u64) -> bool {
        self.0 += 1;
        self.0.is_multiple_of(count)
    }
}
