//! `workbench thresholds`: holds the figures of a finished run, ours or Maelstrom's, against numbers.

use super::arguments::{self, NotParsed};
use super::verdict::Exit;
use super::{complain, refuse, say};
use clap::Parser;
use judge::figures::{Figure, Judgement, Table, Threshold, judge};
use std::ffi::OsString;
use std::path::PathBuf;
use store::read_results;

/// `workbench thresholds`: tell whether a broadcast run was as cheap and as quick as it should be.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(super) struct ThresholdsArguments {
    /// Directory of a run, such as store/broadcast/latest
    #[arg(value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// The challenge's number for messages between servers per operation: fewer are demanded
    #[arg(long, value_name = "NUMBER")]
    max_msgs_per_op: Option<f64>,
    /// The challenge's number for the median latency
    #[arg(long, value_name = "MILLIS")]
    max_median_ms: Option<f64>,
    /// The challenge's number for the longest latency
    #[arg(long, value_name = "MILLIS")]
    max_latency_ms: Option<f64>,
    /// Our own number for messages between servers per operation
    #[arg(long, value_name = "NUMBER")]
    target_msgs_per_op: Option<f64>,
    /// Our own number for the median latency
    #[arg(long, value_name = "MILLIS")]
    target_median_ms: Option<f64>,
    /// Our own number for the longest latency
    #[arg(long, value_name = "MILLIS")]
    target_latency_ms: Option<f64>,
}

const EXAMPLES: &str = "\
Examples:
  workbench thresholds store/broadcast/latest --max-msgs-per-op 30 --max-median-ms 400 --max-latency-ms 600
  workbench thresholds path/to/maelstrom/store/broadcast/latest --max-msgs-per-op 20";

impl ThresholdsArguments {
    fn thresholds(&self) -> [Threshold; 3] {
        let demanded = [self.max_msgs_per_op, self.max_median_ms, self.max_latency_ms];
        let targets = [self.target_msgs_per_op, self.target_median_ms, self.target_latency_ms];
        std::array::from_fn(|position| Threshold {
            figure: Figure::ALL[position],
            demanded: demanded[position],
            target: targets[position],
        })
    }
}

/// Carries out the command. A number that is missed makes it [`Exit::Invalid`].
pub(super) fn command(words: &[OsString]) -> Exit {
    let (directory, thresholds) = match parse(words) {
        Ok(parsed) => parsed,
        Err(reason) => return refuse(reason),
    };
    match read_results(&directory) {
        Ok(results) => {
            let judgements = judge(&results, &thresholds);
            say(Table(&judgements).to_string().trim_end());
            if judgements.iter().all(Judgement::is_met) { Exit::Valid } else { Exit::Invalid }
        }
        Err(error) => {
            complain(&format!("Cannot read the results in {}: {error}", directory.display()));
            Exit::Crashed
        }
    }
}

/// Reads the words after the command's name.
pub(super) fn parse(words: &[OsString]) -> Result<(PathBuf, [Threshold; 3]), NotParsed> {
    let arguments: ThresholdsArguments = arguments::parse("thresholds", words)?;
    let thresholds = arguments.thresholds();
    let missing = || NotParsed::Wrong(vec!["Expected the DIRECTORY of a run".to_owned()]);
    Ok((arguments.directory.ok_or_else(missing)?, thresholds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn exit(results: Option<&str>, flags: &[&str]) -> Exit {
        let directory = tempfile::tempdir().unwrap();
        if let Some(results) = results {
            fs::write(directory.path().join("results.edn"), results).unwrap();
        }
        let words = [directory.path().as_os_str()].into_iter().chain(flags.iter().map(|flag| flag.as_ref()));
        command(&words.map(OsString::from).collect::<Vec<OsString>>())
    }

    const RESULTS: &str = "{:net {:servers {:msgs-per-op 1.1}}
        :workload {:stable-latencies {0 0, 0.5 361, 0.95 540, 0.99 560, 1 566}}}";

    #[test]
    fn each_flag_can_be_met_and_missed() {
        let flags = [
            ("--max-msgs-per-op", "1.2", "1.1"),
            ("--max-median-ms", "362", "361"),
            ("--max-latency-ms", "567", "566"),
            ("--target-msgs-per-op", "1.2", "1.1"),
            ("--target-median-ms", "362", "361"),
            ("--target-latency-ms", "567", "566"),
        ];
        for (flag, enough, too_little) in flags {
            assert_eq!(exit(Some(RESULTS), &[flag, enough]), Exit::Valid, "{flag}");
            assert_eq!(exit(Some(RESULTS), &[flag, too_little]), Exit::Invalid, "{flag}");
        }
    }

    #[test]
    fn results_that_are_not_there_or_not_results_are_no_verdict() {
        assert_eq!(exit(None, &[]), Exit::Crashed);
        assert_eq!(exit(Some("{:net"), &[]), Exit::Crashed);
    }

    #[test]
    fn words_that_make_no_sense_are_refused() {
        assert_eq!(command(&[]), Exit::BadArguments);
        assert_eq!(exit(Some(RESULTS), &["--max-median-ms", "soon"]), Exit::BadArguments);
        assert_eq!(exit(Some(RESULTS), &["--max-fun", "1"]), Exit::BadArguments);
    }
}
