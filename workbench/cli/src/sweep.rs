//! `workbench sim --seeds`: a sweep, its progress, and what it came to.

use super::clock::WallClock;
use super::console::{Console, defused};
use super::job::Job;
use super::paint::Paint;
use super::simulate::run_into;
use super::summary;
use super::verdict::Exit;
use super::words::counted;
use super::{STORE, progress, replay, say};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use report::sweep as page;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use store::{self, Store};
use worlds::files::write_text;
use worlds::scenario::Scenario;
use worlds::simulated;
use worlds::sweep::{self, COUNTS, FIGURES, Outcome, Sweep, Verdict, shrink, trace};

/// So many of the failing seeds are shown; the sweep's files have all of them.
const FAILURES_SHOWN: usize = 10;
/// So many of the last events of the smallest failing run are shown; trace.txt has all of them.
const TRACE_SHOWN: usize = 60;
/// A line about progress is written this often, where there is no terminal for a bar.
const STATUS_INTERVAL: Duration = Duration::from_secs(10);

/// Carries out a sweep.
pub(super) fn run(job: &Job, seeds: u64) -> io::Result<Exit> {
    let (scenario, plan) = (&job.scenario, job.plan());
    let store = Store::create(Path::new(STORE), scenario.options.workload.name(), WallClock::new().now())?;
    let title = summary::title(&plan.options);
    let title = if job.swarm { title.replace(", no faults", ", faults as each seed says") } else { title };
    say(&format!("Sweeping over {} from {title}", counted(seeds as usize, "seed")));
    name_seeds_that_panic(job);
    let mut progress = Progress::new(seeds);
    let start = Instant::now();
    let sweep = sweep::run(&plan, &|| scenario.programs(), |outcome| progress.on(outcome));
    let took = start.elapsed();
    progress.end();
    say(&report(&sweep, took, &store, Paint::for_stdout()));
    failures(&sweep, job, Paint::for_stdout()).iter().for_each(|failure| say(failure));
    if let Err(error) = keep(&sweep, job, &store) {
        say(&format!("Some files of this sweep are missing or incomplete: {error}"));
    }
    Ok(exit(sweep.verdict()))
}

/// Leaves what a sweep came to in its directory, with the smallest run that fails as its worst one does.
fn keep(sweep: &Sweep, job: &Job, store: &Store) -> io::Result<()> {
    let (scenario, plan) = (&job.scenario, job.plan());
    store.write_sweep(&sweep.to_value())?;
    if let Err(error) = store.link_latest() {
        say(&format!("store/latest does not lead to this sweep: {error}"));
    }
    let scenario_of = |seed| Scenario { options: plan.options_for(seed), ..scenario.clone() };
    let replay = page::Replay { scenario: &scenario_of, directory: &store::part };
    run_again(&page::seeds_to_show(sweep), &replay, store)?;
    let write_page = |smallest: Option<&page::Smallest>| {
        write_text(&store.directory(), "sweep.html", &page::report(sweep, &replay, smallest))
    };
    write_page(None)?;
    if let Some(worst) = sweep.failures().max_by_key(|outcome| (outcome.verdict, Reverse(outcome.seed)))
        && job.shrinks
    {
        let smallest = smallest(worst, job, store)?;
        write_page(smallest.as_ref())?;
    }
    Ok(())
}

/// A sweep keeps sums only: the runs that its page points at take place once more, and leave all their files.
fn run_again(seeds: &BTreeSet<u64>, replay: &page::Replay<'_>, store: &Store) -> io::Result<()> {
    let shown = progress::steps(seeds.len(), "runs drawn for the report");
    for &seed in seeds {
        let part = store.create_part(&store::part(seed))?;
        let mut console = Console::quiet(&part.path("jepsen.log"), WallClock::new())?;
        run_into(&part, &(replay.scenario)(seed), false, &mut console)?;
        shown.step();
    }
    Ok(())
}

/// A machine that panics takes the whole sweep with it; at least the run is known then.
fn name_seeds_that_panic(job: &Job) {
    let (scenario, plan, default) = (job.scenario.clone(), job.plan(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        default(panic);
        if let Some(seed) = sweep::seed_of_this_thread() {
            let scenario = Scenario { options: plan.options_for(seed), ..scenario.clone() };
            let _ =
                writeln!(io::stderr(), "This was in seed {seed}:\n    {}", replay::of_simulation(&scenario));
        }
    }));
}

/// Shrinks a failing run, shows what is left of it, and writes it down, with all the files of a run.
fn smallest(failing: &Outcome, job: &Job, store: &Store) -> io::Result<Option<page::Smallest>> {
    let plan = job.plan();
    say(&format!("\nLooking for a smaller run that fails as seed {} does …", failing.seed));
    let programs = || job.scenario.programs();
    let Some(shrunk) = shrink(&plan.options_for(failing.seed), &programs, plan.threads) else {
        return Ok(None);
    };
    let scenario = Scenario { options: shrunk.options.clone(), ..job.scenario.clone() };
    let record = simulated::run(scenario.options.clone(), scenario.programs());
    let why = defused(shrunk.outcome.why.unwrap_or_default());
    let path = store.path("regression.txt");
    std::fs::write(&path, format!("# {}\n{scenario}\n", why.replace('\n', "\n# ")))?;
    std::fs::write(store.path("trace.txt"), trace(&record, usize::MAX))?;
    say(&format!("\n{}", defused(trace(&record, TRACE_SHOWN))));
    say(&format!(
        "The smallest found, in {}: {why}\n    {}",
        counted(shrunk.runs as usize, "run"),
        replay::of_simulation(&scenario)
    ));
    say(&format!("It is in {}, and all its messages beside it in trace.txt. In", path.display()));
    say("workbench/cli/tests/workbench/regressions, `cargo test` would see to it that it stays mended.");
    let part = store.create_part(store::SMALLEST)?;
    let mut console = Console::quiet(&part.path("jepsen.log"), WallClock::new())?;
    run_into(&part, &scenario, false, &mut console)?;
    let command = replay::of_simulation(&scenario);
    let report = format!("{}/report.html", store::SMALLEST);
    Ok(Some(page::Smallest { why, command, trace: trace(&record, TRACE_SHOWN), report }))
}

fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Valid => Exit::Valid,
        Verdict::Unknown => Exit::Unknown,
        Verdict::Invalid => Exit::Invalid,
        Verdict::Broken => Exit::Crashed,
    }
}

/// What a sweep came to, for people.
fn report(sweep: &Sweep, took: Duration, store: &Store, paint: Paint) -> String {
    let mut text = format!("\n  {:<20}{}\n", "verdicts", verdicts(sweep, paint));
    let _ = writeln!(text, "  {:<20}{:>10}{:>10}{:>10}{:>10}", "", "min", "median", "99%", "max");
    for (name, figure) in FIGURES {
        let Some(spread) = sweep.distribution(figure) else { continue };
        let numbers = [spread.least, spread.median, spread.high, spread.greatest].map(short);
        let _ = write!(text, "  {name:<20}");
        numbers.iter().for_each(|number| text.push_str(&format!("{number:>10}")));
        let _ = writeln!(text, "  (seeds {} and {})", spread.least_seed, spread.greatest_seed);
    }
    for (name, count) in COUNTS {
        let counts = sweep.outcomes.iter().map(count);
        let (total, runs) = (counts.clone().sum::<u64>(), counts.filter(|count| *count > 0).count());
        if total > 0 {
            let _ = writeln!(text, "  {name:<20}{total:>10} in {}", counted(runs, "run"));
        }
    }
    let (simulated, wall) = (sweep.simulated().as_secs_f64(), took.as_secs_f64());
    let speed = simulated / wall.max(f64::MIN_POSITIVE);
    let _ = writeln!(
        text,
        "  {:<20}{simulated:.0} s simulated in {wall:.1} s: {speed:.0} times real time",
        "speed"
    );
    let _ = write!(text, "  {:<20}{}", "report", store.path("sweep.html").display());
    text
}

fn verdicts(sweep: &Sweep, paint: Paint) -> String {
    let counted = |verdict: Verdict| {
        let text = format!("{} {}", sweep.count(verdict), verdict.name());
        match verdict {
            _ if sweep.count(verdict) == 0 => text,
            Verdict::Valid => paint.green(&text),
            Verdict::Unknown => paint.yellow(&text),
            Verdict::Invalid | Verdict::Broken => paint.red(&text),
        }
    };
    Verdict::ALL.map(counted).join(", ")
}

/// The first failing seeds, each with its reason and the command that replays it.
fn failures(sweep: &Sweep, job: &Job, paint: Paint) -> Vec<String> {
    let plan = job.plan();
    let failure = |outcome: &Outcome| {
        let scenario = Scenario { options: plan.options_for(outcome.seed), ..job.scenario.clone() };
        let (verdict, seed, why) = (outcome.verdict.name(), outcome.seed, outcome.why.clone());
        let why = defused(why.unwrap_or_default());
        let replay = replay::of_simulation(&scenario);
        format!("\n{} seed {seed} is {verdict}: {why}\n    {replay}", paint.red("✗"))
    };
    let mut failures: Vec<String> = sweep.failures().take(FAILURES_SHOWN).map(failure).collect();
    let more = sweep.failures().count() - failures.len();
    failures.extend((more > 0).then(|| format!("\n… and {more} more, in sweep.edn")));
    failures
}

/// Three digits or more that mean something.
fn short(number: f64) -> String {
    match number.abs() {
        small if small < 10.0 => format!("{number:.3}"),
        medium if medium < 100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// How far a sweep is: a bar on a terminal, now and then a line elsewhere.
struct Progress {
    bar: Option<ProgressBar>,
    seeds: u64,
    done: u64,
    failed: u64,
    next_status: Instant,
}

impl Progress {
    fn new(seeds: u64) -> Progress {
        let on_terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        let next_status = Instant::now() + STATUS_INTERVAL;
        Progress { bar: on_terminal.then(|| bar(seeds)), seeds, done: 0, failed: 0, next_status }
    }

    fn on(&mut self, outcome: &Outcome) {
        self.done += 1;
        self.failed += u64::from(outcome.verdict != Verdict::Valid);
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            bar.set_message(format!("{} not valid", self.failed));
        } else if Instant::now() >= self.next_status {
            self.next_status = Instant::now() + STATUS_INTERVAL;
            say(&format!("{} of {} seeds, {} not valid", self.done, self.seeds, self.failed));
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(seeds: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(seeds), ProgressDrawTarget::stderr_with_hz(8));
    let template = "{bar:16} {pos} of {len} seeds, {msg}, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
