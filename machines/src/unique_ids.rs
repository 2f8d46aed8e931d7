//! Challenge 2: ids that nobody else gets, without a word to anybody (Maelstrom `doc/workloads.md`, "Workload:
//! Unique-ids").
//!
//! An id is `node.start.count`, each in hexadecimal: the node's position in the cluster, a nonce that is new at every
//! start of the node, and a count that starts at one. Two ids of different nodes differ in the first part, two of
//! different lives of a node in the second, two of one life in the third. No message is sent, so no partition can make
//! the node unavailable. All ids are strings, so they compare with each other.
//!
//! That the nonce is new rests on the seed: 64 random bits. A node that is started a million times repeats one with a
//! probability of one in 37 million, and only then could an id come twice.

use alloc::string::String;
use core::fmt::{self, Write};

use protocol::{Json, Nothing, unique_ids};

use crate::{Cluster, Context, Input, Machine, Start, Time};

/// A node that hands out unique ids.
#[derive(Clone, Debug)]
pub struct UniqueIds {
    /// The JSON string of the last id, up to where the count begins.
    prefix_length: usize,
    id: String,
    count: u64,
}

impl Machine for UniqueIds {
    type Config = ();
    type Request<'a> = unique_ids::Request;
    type Peer<'a> = Nothing;
    type Call = Nothing;

    fn default_config() {}

    fn new(_: &(), cluster: &Cluster, start: Start, _: Time) -> Self {
        let id = alloc::format!("\"{:x}.{:x}.", cluster.me(), start.life);
        UniqueIds { prefix_length: id.len(), id, count: 0 }
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        if let Input::Request(ticket, unique_ids::Request::Generate {}) = input {
            self.count += 1;
            self.id.truncate(self.prefix_length);
            write!(self.id, "{:x}\"", self.count).expect("a string takes any text");
            context.reply(ticket, &unique_ids::Reply::GenerateOk { id: Json::trusted(&self.id) });
        }
    }

    fn tell(&self, _: &Cluster, words: &mut dyn Write) -> fmt::Result {
        write!(words, "gave out {}", self.count)
    }
}
