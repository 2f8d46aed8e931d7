//! A run in virtual time, and all that it leaves.

use super::console::Console;
use super::told::{Around, Concluded};
use super::{conclude, replay, summary};
use bench::run::{Level, Record};
use std::io;
use store::{Origin, Store};
use worlds::processes::Observer;
use worlds::scenario::Scenario;
use worlds::simulated::Simulation;

/// How often the bar on a terminal follows a simulation: some hundred times a second.
const STEPS_BETWEEN_GLANCES: u64 = 1_000;

/// Carries out a run and leaves everything about it in a directory.
pub(super) fn run_into(
    store: &Store,
    scenario: &Scenario,
    shows_results: bool,
    console: &mut Console,
) -> io::Result<Concluded> {
    let record = simulate(scenario, console);
    console.end_progress();
    let command = Some(replay::of_simulation(scenario));
    let origin = Origin { command, scenario: Some(scenario.clone()), ..Origin::default() };
    conclude::close(record, &origin, Around { shows_results, ..Around::default() }, store, console)
}

fn simulate(scenario: &Scenario, console: &mut Console) -> Record {
    let mut simulation = Simulation::new(scenario.options.clone(), scenario.programs());
    simulation.keep_log();
    console.set_virtual_time(simulation.now());
    console.say(Level::Info, format!("Simulating {}", summary::title(simulation.run().options())));
    for step in 0_u64.. {
        let goes_on = simulation.step();
        if step.is_multiple_of(STEPS_BETWEEN_GLANCES) {
            console.show(&simulation.run().progress(simulation.now()));
        }
        console.set_virtual_time(simulation.now());
        simulation.take_log().into_iter().for_each(|line| console.log(line));
        if !goes_on {
            break;
        }
    }
    simulation.into_record()
}
