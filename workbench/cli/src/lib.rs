//! The command line of the workbench, which judges programs that speak Maelstrom's protocol: what it accepts, what it
//! prints, and what status it ends with (§1).
//!
//! It is Maelstrom done again from a description of what it does: the same command line, timing, workloads, verdicts, file
//! formats and exit statuses, without a JVM. "§" in these docs is a section of that description, which is kept apart from
//! this repository. Where we differ, the module says so and why, and the README has the list.
//!
//! This is the only part that talks to people, and the place where the others are joined: worlds make records, [`judge`]
//! judges them, [`store`] keeps them, [`report`] shows them. It stands on all of them; nothing stands on it.
//!
//! ```
//! let scenario = workbench::read_scenario("-w echo --node-count 1 --time-limit 1 --seed 3").expect("words that make sense");
//! assert_eq!(scenario.options.seed, 3);
//! assert_eq!(workbench::mistakes(["sim", "-w", "ecko"].map(Into::into)).len(), 1);
//! ```
//!
//! | to know or change | see |
//! | --- | --- |
//! | a command | the module of its name |
//! | flags, and what they come to | [`arguments`], [`resolve`] |
//! | what follows a run: files, verdict, words | [`conclude`], [`told`], [`summary`], [`crash`], [`junit`] |
//! | why a program cannot be started | [`starting`] |
//! | a run that fails, and the smallest that does | [`sweep`] in virtual time, [`hunt`] with processes |
//! | nodes to begin with; a machine of one's own | [`new`]; [`main_of`] |
//! | the challenges' flags and what is wanted of their figures | [`challenges`], [`challenge`] |
//! | what is like Maelstrom and what is not | [`differences`] |
//! | the store in a browser | [`serve`], [`shelf`], [`outline`], [`server`] |

mod analyze;
mod arguments;
mod challenge;
mod challenged;
pub mod challenges;
mod check;
mod check_page;
mod clock;
mod completions;
mod conclude;
mod console;
mod crash;
mod demo;
mod differences;
mod frontier;
mod hunt;
mod job;
mod junit;
mod lab;
mod new;
mod outline;
mod paint;
mod patience;
mod progress;
mod replay;
mod resolve;
mod screen;
mod serve;
mod server;
mod shelf;
mod sim;
mod simulate;
mod sink;
mod starting;
mod suggest;
mod summary;
mod sweep;
mod test;
mod thresholds;
mod told;
mod trial;
mod verdict;
mod words;

pub use job::read_scenario;
pub use verdict::Exit;

use arguments::NotParsed;
use judge::Workload;
use machines::Machine;
use std::ffi::OsString;
use std::io;
use worlds::processes::{survive_limits_of_files, watch};
use worlds::scenario::Foreign;
use worlds::sweep::Claims;

/// Where runs leave their files, in the current directory.
const STORE: &str = "store";
/// What the workbench says to itself, and nobody else to it: to watch over its nodes.
const WATCHDOG: &str = "__watchdog";

/// A command.
struct Command {
    name: &'static str,
    /// What it does, in a line.
    about: &'static str,
    carry_out: fn(&[OsString]) -> Exit,
}

/// Commands, by name.
const COMMANDS: [Command; 13] = [
    Command { name: "analyze", about: "judge a stored run again", carry_out: analyze::command },
    Command {
        name: "challenge",
        about: "Fly.io's challenges: what they ask, and whether your program passes",
        carry_out: challenge::command,
    },
    Command {
        name: "check",
        about: "judge histories that others made, without running anything",
        carry_out: check::command,
    },
    Command {
        name: "completions",
        about: "what a shell needs to complete commands and flags",
        carry_out: completions::command,
    },
    Command {
        name: "demo",
        about: "this project's own programs through the challenges",
        carry_out: demo::command,
    },
    Command { name: "frontier", about: "what rounds of which length cost", carry_out: frontier::command },
    Command { name: "lab", about: "a cluster to play with, in a browser", carry_out: lab::command },
    Command {
        name: "new",
        about: "a node to begin with: echo, broadcast, … in Python, Go, JavaScript or Rust",
        carry_out: new::command,
    },
    Command { name: "scaling", about: "what a larger cluster costs", carry_out: frontier::scaling_command },
    Command { name: "serve", about: "the runs so far, in a browser", carry_out: serve::command },
    Command {
        name: "sim",
        about: "judge this project's own machines, in virtual time",
        carry_out: sim::command,
    },
    Command {
        name: "test",
        about: "judge your program under any workload and faults, as Maelstrom does",
        carry_out: test::command,
    },
    Command {
        name: "thresholds",
        about: "hold a stored run against numbers",
        carry_out: thresholds::command,
    },
];

/// Carries out the command that these words ask for; the program's own name is not among them.
pub fn main(words: impl IntoIterator<Item = OsString>) -> Exit {
    survive_limits_of_files();
    let mut words = words.into_iter();
    let name = words.next().unwrap_or_default();
    let words: Vec<OsString> = words.collect();
    let named = |name: &OsString| COMMANDS.iter().find(|command| name == command.name);
    match (named(&name), name.to_str()) {
        (Some(command), _) => (command.carry_out)(&words),
        (None, Some(WATCHDOG)) => {
            watch(words.first().and_then(|run| run.to_str()).unwrap_or_default());
            Exit::Valid
        }
        (None, Some("--version" | "-V")) => {
            say(&format!("workbench {}", env!("CARGO_PKG_VERSION")));
            Exit::Valid
        }
        (None, Some("help" | "--help" | "-h")) => match words.first() {
            None => {
                say(&help());
                Exit::Valid
            }
            Some(about) => match named(about) {
                Some(command) => (command.carry_out)(&["--help".into()]),
                None => no_such_command(about),
            },
        },
        (None, Some("")) => {
            say(&help());
            Exit::BadArguments
        }
        (None, _) => no_such_command(&name),
    }
}

/// What the `main` of a program does that has a machine of its own: all of [`main`], where `sim` is about that machine, so that
/// it gets runs in virtual time, sweeps, swarms, shrinking and reports.
///
/// ```
/// use judge::Workload;
/// # use machines::UniqueIds as Mine;
/// let words = ["sim", "--seeds", "20", "--node-count", "3", "--time-limit", "1", "--nodes-file", "/nowhere"];
/// let exit = workbench::main_of::<Mine>("mine", &[Workload::UniqueIds], words.map(Into::into));
/// assert_eq!(exit, workbench::Exit::BadArguments, "there is no such file");
/// ```
pub fn main_of<M>(
    name: &'static str,
    workloads: &'static [Workload],
    words: impl IntoIterator<Item = OsString>,
) -> Exit
where
    M: Machine + 'static,
    M::Config: 'static,
    M::Call: 'static,
{
    let words: Vec<OsString> = words.into_iter().collect();
    match words.split_first() {
        Some((first, rest)) if first == "sim" => {
            survive_limits_of_files();
            sim::command_of(rest, Some(Foreign::new::<M>(name, workloads, Claims::default())))
        }
        _ => main(words),
    }
}

/// What there is, for whoever asks for nothing in particular.
fn help() -> String {
    let commands = COMMANDS.iter().map(|command| format!("\n  {:<13}{}", command.name, command.about));
    format!(
        "workbench: judges programs that speak Maelstrom's protocol, in any language.\n\n\
         Usage: workbench COMMAND [OPTIONS ...]\n\n\
         Is my node right?\n  \
         workbench challenge 3d --bin ./my-node                       one of Fly.io's challenges\n  \
         workbench test -w broadcast --bin ./my-node --node-count 5   any load, any faults\n\n\
         Commands:{}\n\n\
         `workbench help COMMAND` tells all of a command. What runs leave is in store/; its pages open in any browser.",
        commands.collect::<String>()
    )
}

fn no_such_command(name: &OsString) -> Exit {
    let name = name.to_string_lossy();
    let meant = suggest::did_you_mean(&name, COMMANDS.iter().map(|command| command.name));
    complain(&format!("There is no command \"{name}\"{meant}\n`workbench help` lists them all"));
    Exit::BadArguments
}

/// What is wrong with the words of `test`, `sim` or `thresholds`, a line for each mistake. Nothing is carried out.
pub fn mistakes(words: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut words = words.into_iter();
    let command = words.next().unwrap_or_default();
    let words: Vec<OsString> = words.collect();
    let outcome = match command.to_str() {
        Some("sim") => job::Job::parse(&words, None).map(drop),
        Some("test") => trial::Job::parse(&words).map(drop),
        Some("thresholds") => thresholds::parse(&words).map(drop),
        _ => Ok(()),
    };
    match outcome {
        Err(NotParsed::Wrong(mistakes)) => mistakes,
        Err(NotParsed::Help(_)) | Ok(()) => Vec::new(),
    }
}

/// Says why a command's words did not make sense, or gives the help that they asked for.
fn refuse(reason: NotParsed) -> Exit {
    match reason {
        NotParsed::Help(text) => {
            say(text.trim_end());
            Exit::Valid
        }
        NotParsed::Wrong(mistakes) => {
            mistakes.iter().for_each(|mistake| complain(mistake));
            Exit::BadArguments
        }
    }
}

/// Says that the workbench lacks something that it needs, and what can be done about it.
fn give_up(error: &io::Error) -> Exit {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => ". Was it moved or removed during the run?",
        io::ErrorKind::PermissionDenied => ". Go where you may write, or change who may write there",
        io::ErrorKind::StorageFull => ". Make room on the disk",
        _ => "",
    };
    complain(&format!("The workbench cannot go on: {error}{advice}"));
    Exit::Crashed
}

/// Prints a line about something that is wrong, where errors go, strangers' words made harmless.
fn complain(text: &str) {
    sink::complain(text);
}

/// Prints a line, strangers' words made harmless. A reader that went away is no reason to fail.
fn say(text: &str) {
    sink::print(text);
}
