//! All cheats, and what they are to be accused of.

use bench::options::Workload::{self, *};

/// One way to cheat.
pub(crate) struct Cheat {
    /// The workload it is about.
    pub(crate) workload: Workload,
    /// What it is called here.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) does: &'static str,
    /// The anomaly that is to be named: the kind of a finding, which the results have too.
    pub(crate) anomaly: &'static str,
    /// What is to be said about it.
    pub(crate) words: &'static str,
    /// For transactions: a model that it violates.
    pub(crate) violates: &'static str,
    /// For transactions: the strongest model weaker than that, which it does not violate.
    pub(crate) keeps: Option<&'static str>,
}

impl Cheat {
    /// Whether it takes partitions for it to show.
    pub(crate) fn needs_partitions(&self) -> bool {
        matches!(self.name, "answer-first" | "take-over")
    }

    const fn is(self, anomaly: &'static str, words: &'static str) -> Cheat {
        Cheat { anomaly, words, ..self }
    }

    const fn against(self, violates: &'static str) -> Cheat {
        Cheat { violates, ..self }
    }

    const fn between(self, violates: &'static str, keeps: &'static str) -> Cheat {
        Cheat { violates, keeps: Some(keeps), ..self }
    }
}

const fn cheat(workload: Workload, name: &'static str, does: &'static str) -> Cheat {
    Cheat { workload, name, does, anomaly: "", words: "", violates: "strict-serializable", keeps: None }
}

/// Every cheat of the zoo.
#[rustfmt::skip]
pub(crate) const CHEATS: &[Cheat] = &[
    cheat(Echo, "shout", "echoes in capitals").is("echo", "came back as \"PLEASE ECHO"),
    cheat(Echo, "swap", "echoes what another client said").is("echo", "came back as \"Please echo"),
    cheat(Echo, "wrap", "echoes a list that has the text in it").is("echo", "came back as ["),
    cheat(Echo, "refuse", "refuses to answer").is("echo", "was refused instead of echoed"),

    cheat(UniqueIds, "repeat", "now and then gives out the last id again")
        .is("duplicated", "was given out 2 times"),
    cheat(UniqueIds, "overflow", "counts with six bits").is("duplicated", "was given out"),
    cheat(UniqueIds, "alone", "counts at each node by itself").is("duplicated", "was given out 5 times"),
    cheat(UniqueIds, "take-over", "goes on counting when cut off").is("duplicated", "was given out"),
    cheat(UniqueIds, "mix", "gives out strings and numbers").is("incomparable", "cannot be compared"),

    cheat(Broadcast, "lose", "forgets some values at once")
        .is("lost", "was acknowledged, but no later read has it"),
    cheat(Broadcast, "forget", "forgets values after a while")
        .is("lost", "was read, but later reads lack it"),
    cheat(Broadcast, "cap", "shows the first values only")
        .is("lost", "was acknowledged, but no later read has it"),
    cheat(Broadcast, "alone", "tells no other node").is("lost", "but"),
    cheat(Broadcast, "answer-first", "acknowledges first and tells others once")
        .is("lost", "was acknowledged, but"),

    cheat(GSet, "lose", "forgets some values at once")
        .is("lost", "was acknowledged, but no later read has it"),
    cheat(GSet, "forget", "forgets values after a while").is("lost", "was read, but later reads lack it"),
    cheat(GSet, "cap", "shows the first values only")
        .is("lost", "was acknowledged, but no later read has it"),
    cheat(GSet, "answer-first", "acknowledges first and tells others once")
        .is("lost", "was acknowledged, but"),

    cheat(GCounter, "lose", "forgets some additions").is("counter", "a final read saw"),
    cheat(GCounter, "double", "counts some additions twice").is("counter", "a final read saw"),
    cheat(GCounter, "negative", "answers with negative numbers").is("counter", "a final read saw -"),
    cheat(GCounter, "alone", "tells no other node").is("counter", "a final read saw"),
    cheat(GCounter, "answer-first", "acknowledges first and tells others once")
        .is("counter", "a final read saw"),
    cheat(GCounter, "read-behind", "reads from replicas that never catch up")
        .is("counter", "a final read saw"),

    cheat(PnCounter, "lose", "forgets some additions").is("counter", "a final read saw"),
    cheat(PnCounter, "double", "counts some additions twice").is("counter", "a final read saw"),
    cheat(PnCounter, "never-shrink", "takes no negative additions").is("counter", "a final read saw"),
    cheat(PnCounter, "alone", "tells no other node").is("counter", "a final read saw"),

    cheat(LinKv, "lose-write", "acknowledges some writes and does not write")
        .is("linearizable", "no order of the"),
    cheat(LinKv, "repeat-write", "lets a write take effect twice")
        .is("linearizable", "no order of the operations"),
    cheat(LinKv, "lose-cas", "acknowledges some sets and does not set")
        .is("linearizable", "no order of the"),
    cheat(LinKv, "blind-cas", "sets without comparing")
        .is("linearizable", "no order of the operations on key"),
    cheat(LinKv, "invent", "now and then reads a 7").is("linearizable", "no order of the operations on key"),
    cheat(LinKv, "alone", "tells no other node").is("linearizable", "no order of the operations on key"),
    cheat(LinKv, "read-behind", "reads from replicas that are behind").is("linearizable", "no order of the"),
    cheat(LinKv, "take-over", "goes on alone when cut off")
        .is("linearizable", "no order of the operations on key"),

    cheat(Kafka, "lose-write", "acknowledges some messages and drops them")
        .is("lost-write", "but no poll has it"),
    cheat(Kafka, "hide", "shows the first messages of a log only").is("unseen", "but no poll ever saw them"),
    cheat(Kafka, "skip", "leaves out a message between polls").is("poll-skip", "jumping over"),
    cheat(Kafka, "skip-inside", "leaves out a message within a poll").is("int-poll-skip", "jumping over"),
    cheat(Kafka, "repeat", "shows a message twice to who reads along")
        .is("nonmonotonic-poll", "polled offset"),
    cheat(Kafka, "shuffle", "shows messages in the wrong order")
        .is("int-nonmonotonic-poll", "polled offset"),
    cheat(Kafka, "swap-offsets", "gives two messages each other's offsets")
        .is("nonmonotonic-send", "sent to offset"),
    cheat(Kafka, "reuse-offset", "gives some offsets twice").is("inconsistent-offsets", "holds ["),
    cheat(Kafka, "take-over", "goes on alone when cut off").is("inconsistent-offsets", "holds ["),
    cheat(Kafka, "alone", "tells no other node").is("inconsistent-offsets", "holds ["),
    cheat(Kafka, "store-twice", "stores some messages twice").is("duplicate", "is at offsets ["),
    cheat(Kafka, "refuse-but-keep", "keeps messages that it refuses").is("G1a", "whose send failed"),
    cheat(Kafka, "invent", "has messages that nobody sent").is("phantom", "which nobody sent"),

    cheat(TxnRwRegister, "keep-aborted", "keeps what aborted transactions wrote")
        .is("G1a", "which a failed transaction wrote").between("read-committed", "read-uncommitted"),
    cheat(TxnRwRegister, "expose", "shows what has yet to be overwritten")
        .is("G1b", "which its writer had yet to overwrite").between("read-committed", "read-uncommitted"),
    cheat(TxnRwRegister, "see-each-other", "shows two transactions each other's writes")
        .is("G1c", "read what op").between("read-committed", "read-uncommitted"),
    cheat(TxnRwRegister, "overwrite-each-other", "lets two transactions follow each other")
        .is("cyclic-versions", "in a circle").against("read-uncommitted"),
    cheat(TxnRwRegister, "forget-own", "hides from transactions what they wrote")
        .is("internal", "a transaction for which key").between("read-atomic", "read-committed"),
    cheat(TxnRwRegister, "foresee", "shows transactions what they will write")
        .is("future-read", "which it wrote only afterwards").between("read-committed", "read-uncommitted"),
    cheat(TxnRwRegister, "overwrite", "reads from an old state before writing")
        .is("lost-update", "only one can have been first").between("cursor-stability", "read-committed"),
    cheat(TxnRwRegister, "fracture", "shows a part of what a transaction wrote")
        .is("fractured-read", "Maelstrom's checker does not look for this").between("read-atomic", "read-committed"),
    cheat(TxnRwRegister, "forget-cause", "shows what a transaction wrote without what it had read")
        .is("causal-violation", "Maelstrom's checker does not look for this").between("causal-cerone", "read-committed"),
    cheat(TxnRwRegister, "read-skew", "reads keys at different times")
        .is("G-single-item", "as it was before op").between("snapshot-isolation", "read-committed"),
    cheat(TxnRwRegister, "skew", "checks conflicts of writes only").is("G2-item", "as it was before op")
        .between("serializable", "snapshot-isolation"),
    cheat(TxnRwRegister, "read-behind", "reads from replicas that are behind")
        .is("G-single-item-realtime", "began after op").between("strict-serializable", "serializable"),

    cheat(TxnListAppend, "keep-aborted", "keeps what aborted transactions appended")
        .is("G1a", "which a failed transaction appended").between("read-committed", "read-uncommitted"),
    cheat(TxnListAppend, "expose", "shows what has yet to be finished")
        .is("G1b", "after which its writer appended more").between("read-committed", "read-uncommitted"),
    cheat(TxnListAppend, "see-each-other", "shows two transactions each other's writes")
        .is("G1c", "read what op").between("read-committed", "read-uncommitted"),
    cheat(TxnListAppend, "oppose", "appends of two transactions come in opposite orders")
        .is("G0", "before op").against("read-uncommitted"),
    cheat(TxnListAppend, "append-twice", "appends some elements twice")
        .is("duplicate-elements", "more than once").against("read-uncommitted"),
    cheat(TxnListAppend, "reorder", "now and then shows two elements in the wrong order")
        .is("incompatible-order", "and that is not how").against("read-committed"),
    cheat(TxnListAppend, "foresee", "shows transactions what they will append")
        .is("future-read", "before it appended it").between("read-committed", "read-uncommitted"),
    cheat(TxnListAppend, "forget-own", "hides from transactions what they appended")
        .is("internal", "a transaction for which key").between("read-atomic", "read-committed"),
    cheat(TxnListAppend, "overwrite", "reads from an old state before appending")
        .is("lost-update", "only one can have been first").between("cursor-stability", "read-committed"),
    cheat(TxnListAppend, "fracture", "shows a part of what a transaction appended")
        .is("G-single-item", "as it was before op").between("consistent-view", "read-committed"),
    cheat(TxnListAppend, "fork", "shows two updates in different orders")
        .is("G-nonadjacent-item", "as it was before op")
        .between("snapshot-isolation", "cursor-stability"),
    cheat(TxnListAppend, "skew", "checks conflicts of writes only").is("G2-item", "as it was before op")
        .between("serializable", "snapshot-isolation"),
    cheat(TxnListAppend, "lose", "acknowledges some appends and does not append")
        .is("G-single-item-realtime", "began after op").between("strict-serializable", "serializable"),
    cheat(TxnListAppend, "read-behind", "reads from replicas that are behind")
        .is("G-single-item-realtime", "began after op").between("strict-serializable", "serializable"),
    cheat(TxnListAppend, "invent", "shows an element that nobody appended")
        .is("never-appended", "and nobody appended it").against("read-committed"),
];
