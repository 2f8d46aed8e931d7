//! `workbench completions`: what a shell needs to know to complete the workbench's commands and flags.

use super::analyze::AnalyzeArguments;
use super::arguments::{self, SimArguments, TestArguments};
use super::demo::DemoArguments;
use super::frontier::{FrontierArguments, ScalingArguments};
use super::serve::ServeArguments;
use super::thresholds::ThresholdsArguments;
use super::verdict::Exit;
use super::{refuse, say};
use clap::{Command, CommandFactory, Parser};
use clap_complete::Shell;
use std::ffi::OsString;

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
        ("completions", CompletionsArguments::command()),
        ("demo", DemoArguments::command()),
        ("frontier", FrontierArguments::command()),
        ("scaling", ScalingArguments::command()),
        ("serve", ServeArguments::command()),
        ("sim", SimArguments::command()),
        ("test", TestArguments::command()),
        ("thresholds", ThresholdsArguments::command()),
    ];
    Command::new("workbench").subcommands(commands.map(|(name, command)| command.name(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_can_be_completed() {
        let known: Vec<String> =
            workbench().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert_eq!(known, super::super::COMMANDS);
    }

    #[test]
    fn each_shell_gets_the_flags_of_each_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut workbench(), "workbench", &mut script);
            let script = String::from_utf8(script).unwrap();
            for flag in ["node-count", "max-msgs-per-op", "rounds", "port"] {
                assert!(script.contains(flag), "{shell}: {flag}");
            }
        }
    }
}
