//! `workbench frontier` and `workbench scaling`: what rounds of which length cost, of broadcast or of consensus, and what a larger cluster costs.

use super::arguments::{self, NotParsed};
use super::progress;
use super::resolve;
use super::verdict::Exit;
use super::{refuse, say};
use clap::Parser;
use std::ffi::OsString;
use std::time::{Duration, Instant};
use worlds::frontier::consensus::{self, Consensus};
use worlds::frontier::{Frontier, Load, ROUNDS_MS, Row, SEEDS};
use worlds::scaling::{self, NODES, Scaling};

/// `workbench frontier`: cost and latency for many lengths of a round, beside an idealised model.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = FRONTIER_EXAMPLE)]
pub(super) struct FrontierArguments {
    /// Workload: broadcast with 25 nodes, 100 ms apart, or lin-kv with five, 10 ms apart
    #[arg(short, long, value_name = "WORKLOAD", default_value = "broadcast", value_parser = ["broadcast", "lin-kv"])]
    workload: String,
    /// Lengths of a round, such as 350ms,1.5s [default: 100ms to 1600ms; for lin-kv none to 200ms]
    #[arg(long, value_name = "TIME,TIME,…")]
    rounds: Option<String>,
    /// Runs for each length
    #[arg(long, value_name = "N", default_value_t = SEEDS, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
}

/// `workbench scaling`: cost and latency of broadcast for clusters of many sizes.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = SCALING_EXAMPLE)]
pub(super) struct ScalingArguments {
    /// Numbers of nodes [default: 5 to 1000]
    #[arg(long, value_name = "N,N,…", value_delimiter = ',')]
    nodes: Vec<usize>,
    /// Number that everything random follows from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

const FRONTIER_EXAMPLE: &str = "\
Examples:
  workbench frontier --rounds 300ms,1s --seeds 5
  workbench frontier -w lin-kv";
const SCALING_EXAMPLE: &str = "\
Example:
  workbench scaling --nodes 5,25,125";

/// Carries out `frontier`.
pub(super) fn command(words: &[OsString]) -> Exit {
    let parsed = arguments::parse("frontier", words).and_then(|arguments: FrontierArguments| {
        let rounds =
            arguments.rounds.as_deref().map(resolve::rounds).transpose().map_err(NotParsed::Wrong)?;
        Ok((arguments, rounds))
    });
    let (FrontierArguments { workload, seeds, .. }, rounds) = match parsed {
        Ok(parsed) => parsed,
        Err(reason) => return refuse(reason),
    };
    let is_broadcast = workload == "broadcast";
    let usual: &[u64] = if is_broadcast { &ROUNDS_MS } else { &consensus::ROUNDS_MS };
    let rounds = rounds.unwrap_or_else(|| usual.iter().copied().map(Duration::from_millis).collect());
    if is_broadcast {
        let load = Load::CHALLENGE_3D;
        let rows = each(&rounds, |round| Row::measure(load, round, seeds));
        show(rows.map(|rows| Frontier { load, seeds, rows }))
    } else {
        let rows = each(&rounds, |round| consensus::Row::measure(round, seeds));
        show(rows.map(|rows| Consensus { seeds, rows }))
    }
}

/// A row for each length of a round.
fn each<R>(rounds: &[Duration], measure: impl Fn(Duration) -> Result<R, String>) -> Result<Vec<R>, String> {
    let progress = progress::steps(rounds.len(), "rounds");
    rounds.iter().map(|&round| measure(round).inspect(|_| progress.step())).collect()
}

/// Carries out `scaling`.
pub(super) fn scaling_command(words: &[OsString]) -> Exit {
    let arguments: ScalingArguments = match arguments::parse("scaling", words) {
        Ok(arguments) => arguments,
        Err(reason) => return refuse(reason),
    };
    let sizes = if arguments.nodes.is_empty() { NODES.to_vec() } else { arguments.nodes };
    if let Some(wrong) = sizes.iter().find(|&&nodes| !(1..=10_000).contains(&nodes)) {
        return refuse(NotParsed::Wrong(vec![format!("--nodes {wrong}: Must be from 1 to 10000")]));
    }
    let progress = progress::steps(sizes.len(), "sizes");
    let rows = sizes.into_iter().map(|nodes| {
        let start = Instant::now();
        let row = scaling::Row::measure(nodes, arguments.seed)?;
        progress.step();
        Ok(scaling::Row { took: Some(start.elapsed()), ..row })
    });
    let rows = rows.collect::<Result<_, String>>();
    drop(progress);
    show(rows.map(|rows| Scaling { seed: arguments.seed, rows }))
}

/// A table, or why there is none.
fn show(table: Result<impl ToString, String>) -> Exit {
    match table {
        Ok(table) => {
            say(table.to_string().trim_end());
            Exit::Valid
        }
        Err(reason) => {
            say(&format!("A run is not valid, so it shows nothing. {reason}"));
            Exit::Invalid
        }
    }
}
