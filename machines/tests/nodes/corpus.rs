//! Replays the fuzzers' corpora (`fuzz/`), each input of each target, without a fuzzer.

use machines::{Broadcast, Counter, CounterKv, Echo, GSet, LinKv, Log, Txn, TxnStrict, UniqueIds};

use crate::replay::replay;
use crate::{decode, liar, life, memory, structured, usurper};

#[test]
fn every_line_ever_found_is_decoded_as_the_oracle_decodes_it() {
    replay("decode", decode::decode);
}

#[test]
fn every_message_ever_found_that_nearly_makes_sense_is_decoded_as_the_oracle_decodes_it() {
    replay("structured", structured::structured);
}

#[test]
fn an_echo_node_survives_every_life_ever_found() {
    replay("node_echo", life::live::<Echo>);
}

#[test]
fn a_unique_ids_node_survives_every_life_ever_found() {
    replay("node_unique_ids", life::live::<UniqueIds>);
}

#[test]
fn a_broadcast_node_survives_every_life_ever_found() {
    replay("node_broadcast", life::live::<Broadcast>);
}

#[test]
fn a_set_node_survives_every_life_ever_found() {
    replay("node_g_set", life::live::<GSet>);
}

#[test]
fn a_counter_node_survives_every_life_ever_found() {
    replay("node_counter", life::live::<Counter>);
}

#[test]
fn a_counter_kv_node_survives_every_life_ever_found() {
    replay("node_counter_kv", life::live::<CounterKv>);
}

#[test]
fn a_log_node_survives_every_life_ever_found() {
    replay("node_log", life::live::<Log>);
}

#[test]
fn a_transaction_node_survives_every_life_ever_found() {
    replay("node_txn", life::live::<Txn>);
}

#[test]
fn a_register_node_survives_every_life_ever_found() {
    replay("node_lin_kv", life::live::<LinKv>);
}

#[test]
fn a_strict_transaction_node_survives_every_life_ever_found() {
    replay("node_txn_strict", life::live::<TxnStrict>);
}

#[test]
fn every_journal_ever_found_is_read_or_refused() {
    replay("memory", memory::recover);
}

#[test]
fn honest_broadcast_nodes_survive_every_liar_ever_found() {
    replay("liar_broadcast", liar::lie::<Broadcast>);
}

#[test]
fn honest_counter_nodes_survive_every_liar_ever_found() {
    replay("liar_counter", liar::lie::<Counter>);
}

#[test]
fn honest_log_nodes_survive_every_liar_ever_found() {
    replay("liar_log", liar::lie::<Log>);
}

#[test]
fn honest_transaction_nodes_survive_every_liar_ever_found() {
    replay("liar_txn", liar::lie::<Txn>);
}

#[test]
fn honest_members_of_a_consensus_keep_what_is_committed_whatever_a_liar_says() {
    replay("liar_lin_kv", usurper::usurp);
}
