//! The command line of a node: `--help`, `--version`, and the options that its machine's config has.

use std::ffi::OsString;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::{Arg, Error, Parser, ValueExt};
use machines::consensus;
use machines::engine::Pace;

use crate::standard_streams::Diagnostics;

/// A machine's config, as options of the command line. Without any option it is the machine's own default.
pub trait Arguments {
    /// The options, one indented line each, for `--help`, with the values that the config has now.
    fn help(&self) -> String;

    /// Takes the option `--name`, whose value is `parser.value()`. False: there is no such option.
    fn take(&mut self, name: &str, parser: &mut Parser) -> Result<bool, Error>;
}

impl Arguments for () {
    fn help(&self) -> String {
        String::new()
    }

    fn take(&mut self, _: &str, _: &mut Parser) -> Result<bool, Error> {
        Ok(false)
    }
}

impl Arguments for Pace {
    fn help(&self) -> String {
        let Pace { round, fan_out } = self;
        format!(
            "  --round TIME     speak to other nodes once in TIME, such as 350ms or 1.5s [default: {round:?}]\n  \
             --fanout N       let no node of the tree have more than N children [default: {fan_out}]\n"
        )
    }

    fn take(&mut self, name: &str, parser: &mut Parser) -> Result<bool, Error> {
        match name {
            "round" => self.round = parser.value()?.parse_with(parse_round)?,
            "fanout" => self.fan_out = parser.value()?.parse::<NonZeroUsize>()?.get(),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Arguments for consensus::Pace {
    fn help(&self) -> String {
        let round = self.round;
        format!(
            "  --round TIME     least time between two questions of a leader or two reports to it, such as\n                   \
             50ms: fewer messages, more latency [default: {round:?}]\n"
        )
    }

    fn take(&mut self, name: &str, parser: &mut Parser) -> Result<bool, Error> {
        match name {
            "round" => self.round = parser.value()?.parse_with(parse_duration)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Rounds shorter than the event loop's grain would only keep the processor busy.
fn parse_round(text: &str) -> Result<Duration, &'static str> {
    match parse_duration(text)? {
        round if round < Duration::from_millis(1) => Err("shorter than 1ms"),
        round => Ok(round),
    }
}

/// Reads a duration such as `350ms` or `1.5s`: a decimal number and its unit, `us`, `ms` or `s`.
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "not a duration such as 350ms or 1.5s";
    let number_length = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (number, unit) = text.split_at(number_length);
    let units_a_second = match unit {
        "us" => 1e6,
        "ms" => 1e3,
        "s" => 1.0,
        _ => return Err(EXPECTED),
    };
    let number: f64 = number.parse().map_err(|_| EXPECTED)?;
    Duration::try_from_secs_f64(number / units_a_second).map_err(|_| EXPECTED)
}

fn directory(value: OsString) -> Result<PathBuf, Error> {
    match value.is_empty() {
        true => Err(Error::from("--data has no name of a directory")),
        false => Ok(PathBuf::from(value)),
    }
}

/// A node's binary, as it speaks of itself.
pub(crate) struct Program {
    /// The name of the binary.
    pub(crate) name: &'static str,
    /// What it is, in a sentence.
    pub(crate) about: &'static str,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command<C> {
    /// To be a node, which keeps what it must not forget in this directory.
    Serve(C, Option<PathBuf>),
    /// To print this and be done.
    Say(String),
}

impl Program {
    /// Reads the command line, which may change `config`.
    pub(crate) fn command<C: Arguments>(
        &self,
        mut config: C,
        mut parser: Parser,
    ) -> Result<Command<C>, Error> {
        let options = config.help();
        let mut data = None;
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(Command::Say(self.help(&options))),
                Arg::Short('V') | Arg::Long("version") => return Ok(Command::Say(self.version())),
                Arg::Long("data") => data = Some(directory(parser.value()?)?),
                Arg::Long(name) => {
                    let name = name.to_owned();
                    if !config.take(&name, &mut parser)? {
                        return Err(Error::UnexpectedOption(format!("--{name}")));
                    }
                }
                Arg::Short(_) | Arg::Value(_) => return Err(argument.unexpected()),
            }
        }
        Ok(Command::Serve(config, data))
    }

    /// Says in one line why the program ends here.
    pub(crate) fn fail(&self, status: u8, error: &dyn Display) -> ExitCode {
        Diagnostics::new(self.name).say(error);
        ExitCode::from(status)
    }

    fn help(&self, options: &str) -> String {
        let Program { name, about } = self;
        format!(
            "{about}\n\n\
             Usage: {name} [options]\n\n\
             Speaks Maelstrom's protocol: one JSON message a line, in on stdin, out on stdout.\n\
             It is meant to be started by a test bench: workbench test --bin target/release/{name} …\n\n\
             Options:\n{options}  \
             --data DIRECTORY keep there what must not be forgotten, in a folder for each node\n  \
             -h, --help       print this\n  \
             -V, --version    print the version\n"
        )
    }

    fn version(&self) -> String {
        format!("{} {}\n", self.name, env!("CARGO_PKG_VERSION"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: Program = Program { name: "node", about: "A node." };

    /// The default of a machine that is none of ours.
    const PACE: Pace = Pace { round: Duration::from_micros(1500), fan_out: 7 };

    fn pace(arguments: &[&str]) -> Result<(Duration, usize), String> {
        match PROGRAM.command(PACE, Parser::from_args(arguments)) {
            Ok(Command::Serve(Pace { round, fan_out }, None)) => Ok((round, fan_out)),
            other => Err(other.map(|_| "words".to_string()).unwrap_or_else(|error| error.to_string())),
        }
    }

    #[test]
    fn without_arguments_the_config_is_the_default() {
        assert_eq!(pace(&[]), Ok((PACE.round, PACE.fan_out)));
    }

    #[test]
    fn the_help_tells_the_true_defaults() {
        let help = PACE.help();
        assert!(help.contains("[default: 1.5ms]") && help.contains("[default: 7]"), "{help}");
    }

    #[test]
    fn a_machine_takes_its_own_options_in_both_notations() {
        let wanted = Ok((Duration::from_millis(1500), 3));
        assert_eq!(pace(&["--round", "1.5s", "--fanout", "3"]), wanted);
        assert_eq!(pace(&["--fanout=3", "--round=1500ms"]), wanted);
    }

    #[test]
    fn what_is_not_an_option_is_named() {
        for wrong in ["--fast", "-x", "word"] {
            let error = pace(&[wrong]).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
        let error = PROGRAM.command((), Parser::from_args(["--round", "1s"])).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("--round"), "{error}");
    }

    #[test]
    fn what_is_not_a_value_is_shown() {
        for wrong in ["--round=soon", "--round=0s", "--fanout=0", "--fanout=-1", "--fanout=many"] {
            let error = pace(&[wrong]).unwrap_err();
            assert!(error.contains(wrong.split_once('=').unwrap().1), "{error}");
        }
        assert!(pace(&["--round"]).unwrap_err().contains("--round"));
    }

    #[test]
    fn help_shows_the_options_of_the_machine_and_version_the_version() {
        let Ok(Command::Say(help)) = PROGRAM.command(PACE, Parser::from_args(["--help"])) else {
            panic!("no help")
        };
        assert!(help.contains("--round TIME") && help.contains("--version"), "{help}");
        let Ok(Command::Say(version)) = PROGRAM.command(PACE, Parser::from_args(["-V"])) else {
            panic!("no version")
        };
        assert_eq!(version, format!("node {}\n", env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn durations_are_decimal_numbers_with_a_unit() {
        assert_eq!(parse_duration("350ms"), Ok(Duration::from_millis(350)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("20us"), Ok(Duration::from_micros(20)));
        for wrong in ["", "5", "ms", "-1s", "1 s", "infs", "1e300s", "5min", "nans", "1.2.3s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
