//! Analyses that may take long: it is told that they go on, and there may be a limit, wherever there is a verdict.

use super::complain;
use clap::Args;
use judge::Patience;
use std::time::Duration;

/// How long a verdict may take.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct PatienceArguments {
    /// How long an analysis may take, in seconds; then the verdict is unknown [default: as long as it needs]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(super) analysis_timeout: Option<String>,
}

impl PatienceArguments {
    /// The limit, if there is one.
    pub(super) fn limit(&self) -> Result<Option<Duration>, String> {
        self.analysis_timeout.as_deref().map(seconds).transpose()
    }
}

/// Does some work, with a flag that is raised when it has taken too long.
pub(super) fn within<T: Send>(limit: Option<Duration>, work: impl FnOnce(Patience<'_>) -> T) -> T {
    let advice = if limit.is_none() { "; --analysis-timeout sets a limit" } else { "" };
    let tell = |passed: Duration| complain(&format!("Still analyzing after {} s{advice}", passed.as_secs()));
    worlds::patience::within(limit, tell, work)
}

/// A number of seconds on the command line.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| format!("--analysis-timeout {text:?}: must be a number of seconds, more than none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_of_seconds() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        for wrong in ["", "0", "-1", "soon", "NaN", "1e300", "1e-300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
