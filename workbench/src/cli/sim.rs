//! `workbench sim`: runs this project's own machines under a workload, in virtual time, and judges them.
//!
//! The same seed gives the same history, log and verdict, byte for byte. Times in the log are virtual: they begin at
//! midnight, 1 January 1970.

use super::arguments::{self, NotParsed, SimArguments};
use super::clock::WallClock;
use super::console::Console;
use super::verdict::Exit;
use super::{STORE, refuse, report, resolve, say, summary};
use crate::options::{Options, Workload};
use crate::run::{Level, Record};
use crate::store::Store;
use crate::world::processes::Observer;
use crate::world::simulated::Simulation;
use crate::world::{Spawn, spawn};
use machines::engine::Pace;
use machines::{Broadcast, Counter, Echo, GSet, Log, Machine, Txn, UniqueIds};
use std::ffi::OsString;
use std::io;
use std::path::Path;

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let (options, pace) = match parse(words) {
        Ok(parsed) => parsed,
        Err(reason) => return refuse(reason),
    };
    let Some(programs) = programs(options.workload, pace) else {
        let name = options.workload.name();
        say(&format!("There is no machine for the workload {name} yet"));
        return Exit::BadArguments;
    };
    run(options, programs).unwrap_or_else(|error| {
        say(&format!("The workbench cannot go on: {error}"));
        Exit::Crashed
    })
}

fn parse(words: &[OsString]) -> Result<(Options, impl Fn(Pace) -> Pace + use<>), NotParsed> {
    let arguments: SimArguments = arguments::parse("sim", words)?;
    let mut mistakes = Vec::new();
    let mut keep = |wrong: Vec<String>| mistakes.extend(wrong);
    let options = resolve::options(&arguments.run, resolve::fresh_seed).map_err(&mut keep).ok();
    let pace = resolve::pace(&arguments).map_err(&mut keep).ok();
    options.zip(pace).ok_or(NotParsed::Wrong(mistakes))
}

/// The machine for a workload, at its own pace unless another is chosen.
fn programs(workload: Workload, choose: impl Fn(Pace) -> Pace) -> Option<Spawn> {
    fn paced<M: Machine<Config = Pace> + 'static>(choose: impl Fn(Pace) -> Pace) -> Option<Spawn> {
        Some(spawn::<M>(choose(M::default_config())))
    }
    match workload {
        Workload::Echo => Some(spawn::<Echo>(())),
        Workload::UniqueIds => Some(spawn::<UniqueIds>(())),
        Workload::Broadcast => paced::<Broadcast>(choose),
        Workload::GSet => paced::<GSet>(choose),
        Workload::GCounter | Workload::PnCounter => paced::<Counter>(choose),
        Workload::Kafka => paced::<Log>(choose),
        Workload::TxnRwRegister => paced::<Txn>(choose),
        Workload::LinKv | Workload::TxnListAppend => None,
    }
}

fn run(options: Options, programs: Spawn) -> io::Result<Exit> {
    let clock = WallClock::new();
    let store = Store::create(Path::new(STORE), options.workload.name(), clock.now())?;
    let mut console = Console::open(&store.path("jepsen.log"), false, clock)?;
    let record = simulate(options, programs, &mut console);
    let exit = report::close(&record, &[], None, &store, &mut console)?;
    store.link_latest()?;
    Ok(exit)
}

fn simulate(options: Options, programs: Spawn, console: &mut Console) -> Record {
    let mut simulation = Simulation::new(options, programs);
    simulation.keep_log();
    console.set_virtual_time(simulation.now());
    console.say(Level::Info, format!("Simulating {}", summary::title(simulation.run().options())));
    let mut seen = 0;
    loop {
        let goes_on = simulation.step();
        console.set_virtual_time(simulation.now());
        let new = simulation.log()[seen..].to_vec();
        seen += new.len();
        new.into_iter().for_each(|line| console.log(line));
        if !goes_on {
            return simulation.into_record();
        }
    }
}
