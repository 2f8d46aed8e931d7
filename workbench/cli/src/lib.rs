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
//! | what follows a run: files, verdict, words | [`conclude`], [`summary`], [`notes`], [`crash`] |
//! | the challenges' flags and what is wanted of their figures | [`challenges`] |
//! | what is like Maelstrom and what is not | [`differences`] |
//! | the store in a browser | [`serve`], [`shelf`] |

mod analyze;
mod arguments;
mod challenged;
pub mod challenges;
mod clock;
mod completions;
mod conclude;
mod console;
mod crash;
mod demo;
mod differences;
mod frontier;
mod job;
mod notes;
mod paint;
mod progress;
mod replay;
mod resolve;
mod serve;
mod shelf;
mod sim;
mod simulate;
mod summary;
mod sweep;
mod test;
mod thresholds;
mod verdict;
mod words;

pub use job::read_scenario;
pub use verdict::Exit;

use arguments::NotParsed;
use std::ffi::OsString;
use std::io::{self, Write};

/// Where runs leave their files, in the current directory.
const STORE: &str = "store";
/// Commands, by name.
const COMMANDS: [&str; 9] =
    ["analyze", "completions", "demo", "frontier", "scaling", "serve", "sim", "test", "thresholds"];

/// Carries out the command that these words ask for; the program's own name is not among them.
pub fn main(words: impl IntoIterator<Item = OsString>) -> Exit {
    let mut words = words.into_iter();
    let command = words.next().unwrap_or_default();
    let words: Vec<OsString> = words.collect();
    match command.to_str() {
        Some("analyze") => analyze::command(&words),
        Some("completions") => completions::command(&words),
        Some("demo") => demo::command(&words),
        Some("frontier") => frontier::command(&words),
        Some("scaling") => frontier::scaling_command(&words),
        Some("serve") => serve::command(&words),
        Some("sim") => sim::command(&words),
        Some("test") => test::command(&words),
        Some("thresholds") => thresholds::command(&words),
        Some("--version" | "-V") => {
            say(&format!("workbench {}", env!("CARGO_PKG_VERSION")));
            Exit::Valid
        }
        _ => {
            say(&format!("Usage: workbench COMMAND [OPTIONS ...]\nCommands: {}", COMMANDS.join(", ")));
            Exit::BadArguments
        }
    }
}

/// What is wrong with the words of `test`, `sim` or `thresholds`, a line for each mistake. Nothing is carried out.
pub fn mistakes(words: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut words = words.into_iter();
    let command = words.next().unwrap_or_default();
    let words: Vec<OsString> = words.collect();
    let outcome = match command.to_str() {
        Some("sim") => job::Job::parse(&words).map(drop),
        Some("test") => test::Job::parse(&words).map(drop),
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
            mistakes.iter().for_each(|mistake| say(mistake));
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
    say(&format!("The workbench cannot go on: {error}{advice}"));
    Exit::Crashed
}

/// Prints a line. A reader that went away is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
