//! `workbench challenge`: Fly.io's challenges, by name: what each asks, and whether a program passes them.
//!
//! What is demanded here is what the challenges themselves demand. Our own targets, which are stricter, are `demo`'s affair.

use super::arguments::{self, HuntArguments, NotParsed, OutputArguments};
use super::challenges::{CHALLENGES, Challenge, asks};
use super::junit::{self, Case, CaseOutcome};
use super::patience::PatienceArguments;
use super::suggest;
use super::test;
use super::trial::Job;
use super::verdict::Exit;
use super::{give_up, refuse, replay, say};
use clap::Parser;
use judge::figures::{Figure, Threshold};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// `workbench challenge`: what Fly.io's challenges ask, and whether your program passes them.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(super) struct ChallengeArguments {
    /// Challenges by number: 3d, all of 3, a range such as 3a-3e, or all; without a program, what each asks [default: a list]
    #[arg(index = 1, value_name = "CHALLENGE")]
    challenges: Vec<String>,
    /// Program to judge; each node is one process of it
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    bin: Option<PathBuf>,
    /// Directory of several programs, each named after what it is for: 3d, 3, broadcast, with any ending
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "bin")]
    bin_directory: Option<PathBuf>,
    /// Arguments for the program
    #[arg(index = 2, last = true, value_name = "BIN-ARGUMENTS")]
    bin_arguments: Vec<String>,
    /// Number that everything random follows from [default: a random one]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    seed: Option<String>,
    /// Copy what nodes write to stderr to the console
    #[arg(long)]
    log_stderr: bool,
    /// How long nodes may take to answer init, in seconds [default: 10]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    init_timeout: Option<String>,
    #[command(flatten)]
    patience: PatienceArguments,
    #[command(flatten)]
    hunt: HuntArguments,
    #[command(flatten)]
    output: OutputArguments,
}

const EXAMPLES: &str = "\
Examples:
  workbench challenge                                  all challenges, what they ask, their flags and limits
  workbench challenge 3d --bin ./my-node               does it pass 3d?
  workbench challenge 3a-3c --bin python3 -- node.py   does it pass 3a, 3b and 3c?
  workbench challenge all --bin-directory nodes        nodes/echo.py, nodes/broadcast.py, … through all of them
  workbench challenge 3b --bin ./my-node --seeds 20 --shrink
                                                       look for a run that fails, then for the smallest that does
Exit status: 0 if all were passed, 1 if one was not, 255 if a node crashed.";

/// A run to be made: one of a challenge, with the program for it.
type Planned = (Challenge, Option<PathBuf>);

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let parsed = arguments::parse("challenge", words).and_then(|arguments: ChallengeArguments| {
        let chosen = choose(&arguments.challenges).map_err(NotParsed::Wrong)?;
        Ok((arguments, chosen))
    });
    let (arguments, chosen) = match parsed {
        Ok(parsed) => parsed,
        Err(reason) => return refuse(reason),
    };
    if arguments.bin.is_none() && arguments.bin_directory.is_none() {
        say(list(&chosen, !arguments.challenges.is_empty()).trim_end());
        return Exit::Valid;
    }
    let chosen = if arguments.challenges.is_empty() {
        Err(vec!["Which CHALLENGE? 3d, for example, or all".to_owned()])
    } else {
        Ok(chosen)
    };
    let jobs = chosen.and_then(|chosen| jobs(&arguments, chosen));
    match jobs {
        Ok(jobs) => run_all(&arguments, &jobs).unwrap_or_else(|error| give_up(&error)),
        Err(mistakes) => refuse(NotParsed::Wrong(mistakes)),
    }
}

/// The runs that were asked for, in the order of the table.
fn choose(names: &[String]) -> Result<Vec<Challenge>, Vec<String>> {
    let words =
        names.iter().flat_map(|names| names.split(',')).map(str::trim).filter(|name| !name.is_empty());
    let words: Vec<&str> = words.collect();
    let set: Vec<&str> =
        CHALLENGES.iter().filter(|challenge| challenge.is_set()).map(|challenge| challenge.name).collect();
    if words.is_empty() {
        return Ok(CHALLENGES.into_iter().filter(Challenge::is_set).collect());
    }
    let (mut chosen, mut mistakes): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    for word in words {
        match named(word, &set) {
            Some(names) => chosen.extend(names),
            None => {
                let known = || CHALLENGES.iter().map(|challenge| challenge.name);
                let meant = suggest::did_you_mean(word, known());
                let mut names: Vec<&str> = known().collect();
                names.dedup();
                mistakes
                    .push(format!("There is no challenge \"{word}\": there are {}{meant}", names.join(", ")));
            }
        }
    }
    let is_chosen = |challenge: &Challenge| chosen.contains(&challenge.name);
    if mistakes.is_empty() { Ok(CHALLENGES.into_iter().filter(is_chosen).collect()) } else { Err(mistakes) }
}

/// What a word stands for: `all`, a challenge, all of a number, a range.
fn named(word: &str, set: &[&'static str]) -> Option<Vec<&'static str>> {
    if word == "all" {
        return Some(set.to_vec());
    }
    if let Some(challenge) = CHALLENGES.iter().find(|challenge| challenge.name == word) {
        return Some(vec![challenge.name]);
    }
    let is_number = |word: &str| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((first, last)) = word.split_once("..").or_else(|| word.split_once('-')) {
        let first =
            set.iter().position(|name| *name == first || is_number(first) && name.starts_with(first))?;
        let last = set.iter().rposition(|name| *name == last || is_number(last) && name.starts_with(last))?;
        return set.get(first..=last).map(<[&str]>::to_vec);
    }
    let of_number: Vec<&str> =
        set.iter().copied().filter(|name| is_number(word) && name.starts_with(word)).collect();
    (!of_number.is_empty()).then_some(of_number)
}

/// What challenges ask, their limits, and their flags.
fn list(chosen: &[Challenge], in_full: bool) -> String {
    let mut text = String::new();
    if !in_full {
        text.push_str(
            "Fly.io's distributed systems challenges, https://fly.io/dist-sys. To judge your program:\n\n",
        );
        text.push_str("  workbench challenge 3d --bin ./my-node [-- ARGUMENTS]\n\n");
    }
    let mut before = "";
    for challenge in chosen {
        if challenge.name != before {
            text.push_str(&format!("{:<4}{}\n", challenge.name, asks(challenge.name)));
        }
        before = challenge.name;
        text.extend(limits(challenge).map(|limits| format!("      limits: {limits}\n")));
        text.push_str(&format!("      {}\n", flags(challenge)));
    }
    text
}

/// `fewer than 30 messages an operation, median latency below 400 ms, longest below 600 ms`
fn limits(challenge: &Challenge) -> Option<String> {
    let limit = |Threshold { figure, demanded, .. }: Threshold| {
        let limit = demanded?;
        Some(match figure {
            Figure::MessagesPerOperation => {
                format!("fewer than {limit} messages between servers per operation")
            }
            Figure::MedianLatency => format!("median latency below {limit} ms"),
            Figure::LongestLatency => format!("longest latency below {limit} ms"),
        })
    };
    let limits: Vec<String> = challenge.limits().into_iter().filter_map(limit).collect();
    (!limits.is_empty()).then(|| limits.join(", "))
}

fn flags(challenge: &Challenge) -> String {
    let flags: Vec<String> = challenge.words().iter().map(|flag| replay::quoted(flag)).collect();
    format!("-w {} {}", challenge.workload, flags.join(" "))
}

/// What is to be run; none where a directory has no program for a challenge.
fn jobs(
    arguments: &ChallengeArguments,
    chosen: Vec<Challenge>,
) -> Result<Vec<(Planned, Option<Job>)>, Vec<String>> {
    let mut jobs = Vec::new();
    for challenge in chosen {
        let program = match (&arguments.bin, &arguments.bin_directory) {
            (Some(bin), _) => Some(bin.clone()),
            (None, Some(directory)) => find(directory, &challenge)
                .map_err(|error| vec![format!("{}: {error}", directory.display())])?,
            (None, None) => None,
        };
        let job = program.as_ref().map(|program| job(arguments, &challenge, program)).transpose();
        jobs.push(((challenge, program), job?));
    }
    Ok(jobs)
}

fn job(arguments: &ChallengeArguments, challenge: &Challenge, program: &Path) -> Result<Job, Vec<String>> {
    let mut words: Vec<OsString> = vec!["-w".into(), challenge.workload.into()];
    words.extend(challenge.words().into_iter().map(OsString::from));
    let mut more = |flag: &str, value: &Option<String>| {
        words.extend(value.iter().flat_map(|value| [OsString::from(flag), value.into()]));
    };
    more("--seed", &arguments.seed);
    more("--init-timeout", &arguments.init_timeout);
    more("--analysis-timeout", &arguments.patience.analysis_timeout);
    more("--seeds", &arguments.hunt.seeds);
    words.extend(arguments.hunt.shrink.iter().map(|seconds| format!("--shrink={seconds}").into()));
    words.extend(arguments.log_stderr.then(|| "--log-stderr".into()));
    words.extend(["--bin".into(), program.as_os_str().to_owned()]);
    words.push("--".into());
    words.extend(arguments.bin_arguments.iter().map(OsString::from));
    let mut job = Job::parse(&words).map_err(|reason| match reason {
        NotParsed::Wrong(mistakes) => mistakes,
        NotParsed::Help(_) => Vec::new(),
    })?;
    let program = replay::quoted(&program.to_string_lossy());
    job.challenge = Some((challenge.name, format!("workbench challenge {} --bin {program}", challenge.name)));
    job.output = OutputArguments { junit: None, ..arguments.output.clone() };
    Ok(job)
}

/// The program in a directory that is named after a challenge, its number, its workload, or what our own program is called.
fn find(directory: &Path, challenge: &Challenge) -> io::Result<Option<PathBuf>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    let is_program = |path: &&PathBuf| {
        fs::metadata(path)
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    };
    let named = |name: &str| {
        let is_it = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == name);
        files.iter().filter(is_program).find(is_it).cloned()
    };
    Ok(names(challenge).into_iter().find_map(named))
}

fn names(challenge: &Challenge) -> Vec<&'static str> {
    let number = challenge.name.get(..1).unwrap_or_default();
    let mut names = vec![challenge.name, number, challenge.workload, challenge.program];
    names.dedup();
    names
}

/// Runs them all, whatever becomes of each, and ends with a line for each challenge.
fn run_all(arguments: &ChallengeArguments, jobs: &[(Planned, Option<Job>)]) -> io::Result<Exit> {
    let mut cases: Vec<Case> = Vec::new();
    let mut exits = Vec::new();
    for ((challenge, _), job) in jobs {
        let Some(job) = job else {
            let why = format!("there is no program for it: none is called {}", names(challenge).join(", "));
            cases.push(Case {
                name: challenge.name.to_owned(),
                seconds: 0.0,
                outcome: CaseOutcome::Broken(why),
                told: None,
            });
            if arguments.output.quiet {
                say(&closing(&cases[cases.len() - 1..]).0.join("\n"));
            }
            exits.push(Exit::Invalid);
            continue;
        };
        let exit = test::run_all(job, &mut cases)?;
        exits.push(exit);
        if exit == Exit::Interrupted {
            break;
        }
    }
    if let Some(path) = &arguments.output.junit {
        junit::write(path, &cases)?;
    }
    let (lines, passed) = closing(&cases);
    let has_said_so = matches!(cases.as_slice(), [case] if !matches!(case.outcome, CaseOutcome::Broken(_)));
    if !has_said_so && !arguments.output.quiet {
        say(&format!("\n{}", lines.join("\n")));
        if lines.len() > 1 {
            say(&format!("{passed} of {} passed", lines.len()));
        }
    }
    Ok(overall(&exits))
}

/// A line for each challenge, all of whose runs have to pass, and how many did.
fn closing(cases: &[Case]) -> (Vec<String>, usize) {
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.dedup();
    let of = |name: &&str| cases.iter().filter(|case| case.name == *name).collect::<Vec<_>>();
    let passed =
        names.iter().filter(|name| of(name).iter().all(|case| case.outcome == CaseOutcome::Passed)).count();
    (names.iter().map(|name| line(name, &of(name))).collect(), passed)
}

/// `3d: PASSED`, or `3d: NOT passed: ` and why, by the first run that was no good.
fn line(name: &str, runs: &[&Case]) -> String {
    let why = runs.iter().find_map(|run| match &run.outcome {
        CaseOutcome::Passed => None,
        CaseOutcome::Failed(why) | CaseOutcome::Broken(why) => Some(why.trim_end_matches('.')),
    });
    let doubt = runs.iter().find_map(|run| run.told.as_ref()?.doubt.as_ref());
    let doubt = doubt.map(|doubt| format!(" … but {doubt}")).unwrap_or_default();
    match why {
        None => format!("{name}: PASSED{doubt}"),
        Some(why) => format!("{name}: NOT passed: {why}{doubt}"),
    }
}

/// The worst that happened.
fn overall(exits: &[Exit]) -> Exit {
    let worst = [Exit::Interrupted, Exit::Crashed, Exit::Invalid, Exit::Unknown];
    worst.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(words: &str) -> Vec<&'static str> {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        choose(&words).unwrap().into_iter().map(|challenge| challenge.name).collect()
    }

    #[test]
    fn challenges_are_chosen_one_by_one_by_number_by_range_or_all() {
        assert_eq!(chosen("3d 1"), ["1", "3d"]);
        assert_eq!(chosen("3a-3c"), ["3a", "3b", "3c"]);
        assert_eq!(chosen("5"), ["5a", "5b", "5c"]);
        assert_eq!(chosen("1..3a,4"), ["1", "2", "3a", "4"]);
        assert_eq!(chosen("4-kv"), ["4-kv", "4-kv"]);
        assert_eq!(chosen("all").len(), 15);
        assert_eq!(chosen("all").first(), Some(&"1"));
        let wrong = choose(&["3f".to_owned(), "5-3".to_owned()]).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }

    #[test]
    fn every_challenge_says_what_it_asks_and_what_its_limits_are() {
        let text = list(&choose(&[]).unwrap(), false);
        assert!(CHALLENGES.iter().all(|challenge| !asks(challenge.name).is_empty()));
        assert!(text.contains(
            "limits: fewer than 30 messages between servers per operation, median latency below 400 ms"
        ));
        assert!(text.contains("-w txn-rw-register --node-count 2 --concurrency 2n"), "{text}");
        assert!(!text.contains("1.2"), "our targets are nobody else's concern");
    }

    #[test]
    fn a_challenge_of_several_runs_is_passed_by_all_of_them() {
        let case = |name: &str, outcome| Case { name: name.to_owned(), seconds: 1.0, outcome, told: None };
        let failed = CaseOutcome::Failed("no read ever succeeded.".to_owned());
        let cases = [case("1", CaseOutcome::Passed), case("6b", CaseOutcome::Passed), case("6b", failed)];
        let (lines, passed) = closing(&cases);
        assert_eq!(
            (lines.as_slice(), passed),
            (&["1: PASSED".to_owned(), "6b: NOT passed: no read ever succeeded".to_owned()][..], 1)
        );
    }

    #[test]
    fn programs_in_a_directory_are_found_by_what_they_are_for() {
        let temporary = tempfile::tempdir().unwrap();
        for name in ["broadcast.py", "3d", "notes.txt"] {
            let path = temporary.path().join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(
                &path,
                fs::Permissions::from_mode(if name == "notes.txt" { 0o644 } else { 0o755 }),
            )
            .unwrap();
        }
        let found = |name: &str| {
            let challenge = CHALLENGES.into_iter().find(|challenge| challenge.name == name).unwrap();
            let path = find(temporary.path(), &challenge).unwrap();
            path.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        };
        assert_eq!(found("3d").as_deref(), Some("3d"));
        assert_eq!(found("3b").as_deref(), Some("broadcast.py"));
        assert_eq!(found("1"), None);
    }
}
