//! `workbench demo`: our own programs through the challenges, one after another, and a table of what each came to (§1.6).
//!
//! Each run is a process of its own, the very command that a user would type, and its figures are read from the store
//! that it leaves. So the judge can as well be Maelstrom, and the virtual time of `sim` is one more judge.

use super::arguments::{self, NotParsed};
use super::verdict::Exit;
use super::{STORE, complain, refuse, say};
use crate::challenges::{CHALLENGES, Challenge};
use clap::Parser;
use judge::figures::{Figure, Judgement, Table, judge};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use store::read_results;
use worlds::files::naming;
use worlds::frontier::Tabular;
use worlds::processes::DATA_WORD;

/// `workbench demo`: run this project's programs through the challenges, and tell in a table what each came to.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(super) struct DemoArguments {
    /// Challenges, by number, such as 1 or 3d, and runs beyond them [default: all challenges]
    #[arg(value_name = "CHALLENGE")]
    challenges: Vec<String>,
    /// Run our machines in virtual time, in seconds, instead of the programs
    #[arg(long = "virtual")]
    in_virtual_time: bool,
    /// Where the programs are [default: where this one is]
    #[arg(long, value_name = "DIRECTORY")]
    bin_directory: Option<PathBuf>,
    /// Who judges, such as the path of Maelstrom [default: this program]
    #[arg(long, value_name = "FILE", conflicts_with = "in_virtual_time")]
    judge: Option<PathBuf>,
    /// Number that everything random follows from
    #[arg(long, value_name = "N", conflicts_with = "judge")]
    seed: Option<u64>,
}

const EXAMPLES: &str = "\
Examples:
  workbench demo                                all challenges over real processes, in seven minutes
  workbench demo --virtual --seed 2             the same in virtual time
  workbench demo 3d 3e                          two of them
  workbench demo --judge ~/maelstrom/maelstrom  Maelstrom judges";

/// What a run came to.
struct Outcome {
    challenge: Challenge,
    exit: Exit,
    judgements: Vec<Judgement>,
    figures: [Option<f64>; 3],
    duration: Duration,
}

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let parsed = arguments::parse("demo", words).and_then(|arguments: DemoArguments| {
        let chosen = choose(&arguments).map_err(NotParsed::Wrong)?;
        Ok((arguments, chosen))
    });
    let (arguments, chosen) = match parsed {
        Ok(parsed) => parsed,
        Err(reason) => return refuse(reason),
    };
    let mut outcomes = Vec::new();
    for challenge in chosen {
        match run(&arguments, challenge) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => {
                complain(&error.to_string());
                return Exit::Crashed;
            }
        }
        if outcomes.last().is_some_and(|outcome| outcome.exit == Exit::Interrupted) {
            break;
        }
    }
    say(&format!("\n{}", table(&outcomes).trim_end()));
    overall(&outcomes)
}

/// The runs that were asked for, in the order of the table.
fn choose(arguments: &DemoArguments) -> Result<Vec<Challenge>, Vec<String>> {
    let names = &arguments.challenges;
    let mistakes: Vec<String> = names
        .iter()
        .filter(|name| CHALLENGES.iter().all(|challenge| challenge.name != **name))
        .map(|name| format!("There is no challenge \"{name}\": there are {}", all_names()))
        .collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let is_chosen = |challenge: &Challenge| {
        if names.is_empty() { challenge.is_set() } else { names.iter().any(|name| name == challenge.name) }
    };
    Ok(CHALLENGES.into_iter().filter(is_chosen).collect())
}

fn all_names() -> String {
    let mut names = CHALLENGES.map(|challenge| challenge.name).to_vec();
    names.dedup();
    names.join(", ")
}

fn run(arguments: &DemoArguments, challenge: Challenge) -> io::Result<Outcome> {
    let own_path = std::env::current_exe()?;
    let judge_path = arguments.judge.as_deref().unwrap_or(&own_path);
    let words = words(arguments, &challenge, own_path.parent().unwrap_or(Path::new(".")));
    let shown = shell_words::join(words.iter().map(|word| word.to_string_lossy()));
    say(&format!("\n{}: {}\n{} {}\n", challenge.name, challenge.about, judge_path.display(), shown));
    let start = Instant::now();
    let status = Command::new(judge_path).args(&words).status().map_err(naming(judge_path))?;
    let duration = start.elapsed();
    let exit = Exit::of_status(status.code());
    // Without a verdict, what the link points to is some other run.
    let has_results = matches!(exit, Exit::Valid | Exit::Invalid | Exit::Unknown);
    let directory = Path::new(STORE).join(challenge.workload).join("latest");
    let results = has_results.then(|| read_results(&directory)).transpose();
    let results = results.map_err(naming(&directory))?.unwrap_or_default();
    // Others' programs are held to the challenge's limits, and not to what we want of ours.
    let is_ours = arguments.bin_directory.is_none();
    let thresholds = if is_ours { challenge.thresholds() } else { challenge.limits() };
    let judgements = judge(&results, &thresholds);
    if !judgements.is_empty() {
        say(Table(&judgements).to_string().trim_end());
    }
    let figures = Figure::ALL.map(|figure| figure.of(&results));
    Ok(Outcome { challenge, exit, judgements, figures, duration })
}

/// The command line, as a user would type it.
fn words(arguments: &DemoArguments, challenge: &Challenge, here: &Path) -> Vec<OsString> {
    let directory = arguments.bin_directory.as_deref().unwrap_or(here);
    let binary = directory.join(challenge.program).into_os_string();
    let [kind, flag, program] = if arguments.in_virtual_time {
        ["sim".into(), "--machine".into(), challenge.program.into()]
    } else {
        ["test".into(), "--bin".into(), binary]
    };
    let mut words: Vec<OsString> = vec![kind, "-w".into(), challenge.workload.into(), flag, program];
    words.extend(challenge.words().into_iter().map(OsString::from));
    words.extend(arguments.seed.iter().flat_map(|seed| ["--seed".into(), seed.to_string().into()]));
    // What programs take after `--` our machines take as flags of `sim`.
    let has_separator = !arguments.in_virtual_time && !challenge.arguments.is_empty();
    words.extend(has_separator.then(|| OsString::from("--")));
    // In virtual time, where data are is nobody's to choose.
    let is_told = |word: &&&str| !arguments.in_virtual_time || **word != DATA_WORD;
    words.extend(challenge.arguments.iter().filter(is_told).map(OsString::from));
    words
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table =
        Tabular::new(&["challenge", "verdict", "msgs/op", "median", "max", "limits", "our targets", "time"]);
    for Outcome { challenge, exit, judgements, figures: [messages, median, longest], duration } in outcomes {
        let milliseconds = |figure: &Option<f64>| figure.map_or("–".into(), |ms| format!("{ms:.0} ms"));
        let [limits, targets] = [Judgement::limit, Judgement::target].map(|of| told(judgements, of));
        table.row([
            challenge.name.to_owned(),
            exit.name().to_owned(),
            messages.map_or("–".into(), |messages| format!("{messages:.3}")),
            milliseconds(median),
            milliseconds(longest),
            limits,
            targets,
            format!("{:.1} s", duration.as_secs_f64()),
        ]);
    }
    table.to_string()
}

/// How many of the numbers of a kind, the challenge's or ours, were met.
fn told(judgements: &[Judgement], number: impl Fn(&Judgement) -> Option<bool>) -> String {
    let met: Vec<bool> = judgements.iter().filter_map(number).collect();
    let missed = met.iter().filter(|met| !**met).count();
    match (met.len(), missed) {
        (0, _) => "–".to_owned(),
        (_, 0) => "met".to_owned(),
        (all, missed) => format!("{missed} of {all} MISSED"),
    }
}

/// The worst that happened, in Maelstrom's order; a figure that is missed counts as an invalid run.
fn overall(outcomes: &[Outcome]) -> Exit {
    let missed = |outcome: &Outcome| !outcome.judgements.iter().all(Judgement::is_met);
    let any = |exit: Exit| outcomes.iter().any(|outcome| outcome.exit == exit);
    match () {
        () if any(Exit::Interrupted) => Exit::Interrupted,
        () if any(Exit::Crashed) || any(Exit::BadArguments) => Exit::Crashed,
        () if any(Exit::Unknown) => Exit::Unknown,
        () if any(Exit::Invalid) || outcomes.iter().any(missed) => Exit::Invalid,
        () => Exit::Valid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{SimArguments, TestArguments};
    use crate::resolve;

    fn arguments(words: &[&str]) -> DemoArguments {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        arguments::parse("demo", &words).unwrap()
    }

    #[test]
    fn every_challenge_is_a_command_line_that_makes_sense_in_both_worlds() {
        for challenge in CHALLENGES {
            let of_processes = words(&arguments(&["--bin-directory", "/bin"]), &challenge, Path::new("."));
            let test: TestArguments = arguments::parse("test", &of_processes[1..]).unwrap();
            assert_eq!(resolve::options(&test.run, || 1).unwrap().workload.name(), challenge.workload);
            assert_eq!(test.bin_arguments, challenge.arguments);
            assert_eq!(test.bin, Some(Path::new("/bin").join(challenge.program)));
            let in_virtual_time =
                words(&arguments(&["--virtual", "--seed", "7"]), &challenge, Path::new("."));
            let sim: SimArguments = arguments::parse("sim", &in_virtual_time[1..]).unwrap();
            assert_eq!(resolve::options(&sim.run, || 1).unwrap().seed, 7);
        }
    }

    fn outcome(name: &str, exit: Exit, results: &str) -> Outcome {
        let challenge = CHALLENGES.into_iter().find(|challenge| challenge.name == name).unwrap();
        let results = edn::read(results).unwrap();
        let judgements = judge(&results, &challenge.thresholds());
        let figures = Figure::ALL.map(|figure| figure.of(&results));
        Outcome { challenge, exit, judgements, figures, duration: Duration::from_millis(20_340) }
    }

    const MEDIOCRE: &str =
        "{:net {:servers {:msgs-per-op 1.3}} :workload {:stable-latencies {0.5 370, 1 560}}}";

    #[test]
    fn the_table_has_the_figures_and_says_what_was_missed() {
        let outcomes = [
            outcome("1", Exit::Crashed, "{}"),
            outcome("3d", Exit::Valid, MEDIOCRE),
            outcome("5b", Exit::Valid, "{}"),
        ];
        let text = table(&outcomes);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["1", "CRASHED", "–", "–", "–", "–", "–", "20.3", "s"]);
        assert_eq!(rows[2][..7], ["3d", "valid", "1.300", "370", "ms", "560", "ms"]);
        assert_eq!(rows[2][7..12], ["met", "1", "of", "3", "MISSED"], "the challenge is passed all the same");
        assert_eq!(rows[3][5..10], ["–", "1", "of", "1", "MISSED"], "a figure that is not there is missed");
    }

    #[test]
    fn the_status_is_that_of_the_worst_run_and_a_missed_figure_is_invalid() {
        let good = || outcome("1", Exit::Valid, "{}");
        assert_eq!(overall(&[good()]), Exit::Valid);
        assert_eq!(overall(&[good(), outcome("3d", Exit::Valid, MEDIOCRE)]), Exit::Invalid);
        for (exit, expected) in [
            (Exit::Invalid, Exit::Invalid),
            (Exit::Unknown, Exit::Unknown),
            (Exit::Crashed, Exit::Crashed),
            (Exit::BadArguments, Exit::Crashed),
            (Exit::Interrupted, Exit::Interrupted),
        ] {
            assert_eq!(
                overall(&[outcome("1", exit, "{}"), outcome("3d", Exit::Invalid, MEDIOCRE)]),
                expected
            );
        }
    }
}
