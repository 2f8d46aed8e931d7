//! Challenge 1: says back what it is told (Maelstrom `doc/workloads.md`, "Workload: Echo").

use protocol::{Nothing, echo};

use crate::{Cluster, Context, Input, Machine, Start, Time};

/// A node that says back what it is told, byte for byte.
#[derive(Clone, Debug)]
pub struct Echo;

impl Machine for Echo {
    type Config = ();
    type Request<'a> = echo::Request<'a>;
    type Peer<'a> = Nothing;
    type Call = Nothing;

    fn default_config() {}

    fn new(_: &(), _: &Cluster, _: Start, _: Time) -> Self {
        Echo
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        if let Input::Request(ticket, echo::Request::Echo { echo }) = input {
            context.reply(ticket, &echo::Reply::EchoOk { echo });
        }
    }
}
