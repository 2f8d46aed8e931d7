//! A machine of your own, swept over a hundred seeds with swarm faults; the first run that fails, shrunk and told message by
//! message: `cargo run --release --example simulate_your_own`.

use bench::options::{Options, Workload};
use machines::{Cluster, Context, Input, Machine, Start, Time};
use protocol::{Json, Nothing, unique_ids};
use std::time::Duration;
use worlds::sweep::{self, Claims, Plan, Verdict};
use worlds::{simulated, spawn};

/// Hands out the time as an id. That is unique, until two nodes are asked in the same millisecond.
#[derive(Clone, Debug)]
struct Clock;

impl Machine for Clock {
    type Config = ();
    type Request<'a> = unique_ids::Request;
    type Peer<'a> = Nothing;
    type Call = Nothing;

    fn default_config() {}

    fn new(_: &(), _: &Cluster, _: Start, _: Time) -> Self {
        Clock
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        if let Input::Request(ticket, unique_ids::Request::Generate {}) = input {
            let id = (context.now.as_nanos() / 1_000_000).to_string();
            context.reply(ticket, &unique_ids::Reply::GenerateOk { id: Json::trusted(&id) });
        }
    }
}

fn main() {
    let time_limit = Duration::from_secs(10);
    let options = Options { rate: 100.0, time_limit, ..Options::new(Workload::UniqueIds, 3) };
    let claims = Claims { restarts: true, service_faults: false };
    let plan = Plan { seeds: 100, swarm: Some(claims), ..Plan::new(options) };
    let programs = || spawn::<Clock>(());

    let sweep = sweep::run(&plan, &programs, |_| {});
    println!("{} of {} seeds are valid", sweep.count(Verdict::Valid), plan.seeds);
    let Some(failing) = sweep.failures().next() else { return };
    println!("Seed {}: {}", failing.seed, failing.why.as_deref().unwrap_or_default());

    let smallest = sweep::shrink(&plan.options_for(failing.seed), &programs, plan.threads);
    let smallest = smallest.expect("what failed fails again");
    let record = simulated::run(smallest.options, programs());
    println!("The smallest run that fails in the same way:\n{}", sweep::trace(&record, 20));
}
