//! How a run ended, as an exit status and as the line that scripts look for (§1.3, §1.4).

use edn::Value;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every run was valid.
    Valid,
    /// A run was invalid.
    Invalid,
    /// A checker could not tell.
    Unknown,
    /// Someone stopped the run.
    Interrupted,
    /// The command line made no sense.
    BadArguments,
    /// A node crashed, or never said hello, or the workbench could not do its work: no verdict.
    Crashed,
}

impl Exit {
    /// The verdict in a results map.
    pub fn of_results(results: &Value) -> Exit {
        match results.get("valid?") {
            Some(Value::Bool(true)) => Exit::Valid,
            Some(Value::Bool(false)) => Exit::Invalid,
            _ => Exit::Unknown,
        }
    }

    /// The number that the process exits with. For a run that was interrupted, that is the shell's for Ctrl-C.
    pub fn status(self) -> u8 {
        match self {
            Exit::Valid => 0,
            Exit::Invalid => 1,
            Exit::Unknown => 2,
            Exit::Interrupted => 130,
            Exit::BadArguments => 254,
            Exit::Crashed => 255,
        }
    }

    /// How a process ended that exits as these do; one that a signal killed has no number.
    pub(super) fn of_status(status: Option<i32>) -> Exit {
        let all = [Exit::Valid, Exit::Invalid, Exit::Unknown, Exit::Interrupted, Exit::BadArguments];
        all.into_iter().find(|exit| status == Some(exit.status().into())).unwrap_or(Exit::Crashed)
    }

    /// In a word, for tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Exit::Valid => "valid",
            Exit::Invalid => "INVALID",
            Exit::Unknown => "UNKNOWN",
            Exit::Interrupted => "interrupted",
            Exit::BadArguments => "REFUSED",
            Exit::Crashed => "CRASHED",
        }
    }

    /// The last line of a run that came to a verdict.
    pub(super) fn closing_line(self) -> Option<&'static str> {
        match self {
            Exit::Valid => Some("Everything looks good! ヽ(‘ー`)ノ"),
            Exit::Invalid => Some("Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻"),
            Exit::Unknown => Some("Errors occurred during analysis, but no anomalies found. ಠ~ಠ"),
            Exit::Interrupted | Exit::BadArguments | Exit::Crashed => None,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.status())
    }
}
