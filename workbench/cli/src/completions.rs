//! `workbench completions`: what a shell needs to know to complete the workbench's commands and flags.

use super::analyze::AnalyzeArguments;
use super::arguments::{self, SimArguments, TestArguments};
use super::challenge::ChallengeArguments;
use super::challenges::CHALLENGES;
use super::check::CheckArguments;
use super::demo::DemoArguments;
use super::frontier::{FrontierArguments, ScalingArguments};
use super::lab::LabArguments;
use super::new::NewArguments;
use super::serve::ServeArguments;
use super::thresholds::ThresholdsArguments;
use super::verdict::Exit;
use super::{refuse, say};
use bench::options::{Fault, Workload};
use clap::{Command, CommandFactory, Parser};
use clap_complete::Shell;
use judge::Check;
use std::ffi::OsString;
use worlds::scenario::OurMachine;

const EXAMPLES: &str = "\
Examples:
  source <(workbench completions bash)               in ~/.bashrc
  workbench completions zsh > ~/.zfunc/_workbench    with fpath+=~/.zfunc before compinit in ~/.zshrc
  workbench completions fish | source                in ~/.config/fish/config.fish";

/// `workbench completions`: print what a shell needs to complete commands and flags.
#[derive(Clone, Debug, Parser)]
#[command(after_help = EXAMPLES)]
struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let arguments: CompletionsArguments = match arguments::parse("completions", words) {
        Ok(arguments) => arguments,
        Err(reason) => return refuse(reason),
    };
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut workbench(), "workbench", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Exit::Valid
}

/// All commands as one, as only the completions need them: each command reads its own words.
fn workbench() -> Command {
    let commands = [
        ("analyze", AnalyzeArguments::command()),
        ("challenge", ChallengeArguments::command()),
        ("check", CheckArguments::command()),
        ("completions", CompletionsArguments::command()),
        ("demo", DemoArguments::command()),
        ("frontier", FrontierArguments::command()),
        ("lab", LabArguments::command()),
        ("new", NewArguments::command()),
        ("scaling", ScalingArguments::command()),
        ("serve", ServeArguments::command()),
        ("sim", SimArguments::command()),
        ("test", TestArguments::command()),
        ("thresholds", ThresholdsArguments::command()),
    ];
    let commands = commands.map(|(name, command)| with_values(command.name(name)));
    Command::new("workbench").subcommands(commands)
}

/// The command, with the words that its flags take: these are checked elsewhere, where every mistake is named in the words
/// that Maelstrom's users know.
fn with_values(command: Command) -> Command {
    let mut challenges: Vec<&str> =
        CHALLENGES.iter().map(|challenge| challenge.name).chain(["all"]).collect();
    challenges.dedup();
    let values: [(&str, Vec<&str>); 9] = [
        ("workload", Workload::ALL.map(Workload::name).to_vec()),
        ("check", Check::NAMES.map(|(name, _)| name).to_vec()),
        ("nemesis", Fault::ALL.map(Fault::name).to_vec()),
        ("consistency_models", judge::consistency_models().collect()),
        ("topology", vec!["grid", "line", "total", "tree", "tree2", "tree3", "tree4"]),
        ("latency_dist", vec!["constant", "uniform", "exponential"]),
        ("availability", vec!["total"]),
        ("machine", OurMachine::ALL.map(OurMachine::name).to_vec()),
        ("challenges", challenges),
    ];
    let has = |command: &Command, id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
    values.into_iter().fold(command, |command, (id, values)| {
        if has(&command, id) {
            command.mut_arg(id, |argument| argument.value_parser(values))
        } else {
            command
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_can_be_completed() {
        let known: Vec<String> =
            workbench().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        let commands = super::super::COMMANDS.map(|command| command.name);
        assert_eq!(known, commands);
    }

    #[test]
    fn each_shell_gets_the_flags_of_each_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut workbench(), "workbench", &mut script);
            let script = String::from_utf8(script).unwrap();
            let words = ["txn-list-append", "latency-spike", "causal-cerone", "counter-kv", "3d"];
            for flag in ["node-count", "max-msgs-per-op", "rounds", "port"].into_iter().chain(words) {
                assert!(script.contains(flag), "{shell}: {flag}");
            }
        }
    }
}
