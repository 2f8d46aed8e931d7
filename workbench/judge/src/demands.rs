//! What a history is held to: the workload, and what the user asks beyond its own rules. Plain data.

/// What a history is held to, and who its clients talked to.
#[derive(Clone, Debug, PartialEq)]
pub struct Demands {
    /// What clients did and what is checked.
    pub workload: Workload,
    /// Models that a transactional history is held to, by name; all of them must hold.
    pub consistency_models: Vec<String>,
    /// What share of the operations must be ok.
    pub availability: Option<Availability>,
    /// What a bank is held to.
    pub bank: BankRules,
    /// Names of the nodes, in order; empty if they are not known. They are only told of.
    pub nodes: Vec<String>,
    /// Number of client threads: process p belongs to thread p modulo this, and thread t talks to node t modulo the number of
    /// nodes.
    pub concurrency: usize,
}

impl Demands {
    /// Maelstrom's: strict serializability where there are transactions, and no share of operations that must be ok.
    pub fn new(workload: Workload) -> Demands {
        Demands {
            workload,
            consistency_models: vec!["strict-serializable".to_owned()],
            availability: None,
            bank: BankRules::default(),
            nodes: Vec::new(),
            concurrency: 1,
        }
    }
}

/// What clients do and what is checked (§9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Maelstrom's")]
pub enum Workload {
    Broadcast,
    Echo,
    GCounter,
    GSet,
    Kafka,
    LinKv,
    PnCounter,
    TxnListAppend,
    TxnRwRegister,
    UniqueIds,
}

impl Workload {
    /// All workloads, by name.
    pub const ALL: [Workload; 10] = [
        Workload::Broadcast,
        Workload::Echo,
        Workload::GCounter,
        Workload::GSet,
        Workload::Kafka,
        Workload::LinKv,
        Workload::PnCounter,
        Workload::TxnListAppend,
        Workload::TxnRwRegister,
        Workload::UniqueIds,
    ];

    /// The name on the command line and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Broadcast => "broadcast",
            Workload::Echo => "echo",
            Workload::GCounter => "g-counter",
            Workload::GSet => "g-set",
            Workload::Kafka => "kafka",
            Workload::LinKv => "lin-kv",
            Workload::PnCounter => "pn-counter",
            Workload::TxnListAppend => "txn-list-append",
            Workload::TxnRwRegister => "txn-rw-register",
            Workload::UniqueIds => "unique-ids",
        }
    }
}

/// What share of the operations must be ok (§10.4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Availability {
    /// All of them.
    Total,
    /// At least this fraction.
    AtLeast(f64),
}

/// What a bank is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BankRules {
    /// What all accounts hold together. If nobody says, what the first read says.
    pub total: Option<i64>,
    /// Whether an account may hold less than nothing.
    pub negative_balances: bool,
}
