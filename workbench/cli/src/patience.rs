//! Work that may take long: it is told that it goes on, and there may be a limit.

use super::complain;
use judge::Patience;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// When it is first told that work goes on; then each time that twice as much has passed.
const FIRST_WORD: Duration = Duration::from_secs(20);

/// Does some work, with a flag that is raised when it has taken too long.
pub(super) fn within<T: Send>(limit: Option<Duration>, work: impl FnOnce(Patience<'_>) -> T) -> T {
    let (is_over, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(limit, &is_over, &is_done));
        let result = work(Patience::until(&is_over));
        is_done.store(true, Ordering::Release);
        watcher.thread().unpark();
        result
    })
}

fn watch(limit: Option<Duration>, is_over: &AtomicBool, is_done: &AtomicBool) {
    let start = Instant::now();
    let mut word = FIRST_WORD;
    while !is_done.load(Ordering::Acquire) {
        let passed = start.elapsed();
        let left = limit.map(|limit| limit.saturating_sub(passed));
        if left.is_some_and(|left| left.is_zero()) {
            is_over.store(true, Ordering::Relaxed);
            return;
        }
        if passed >= word {
            let advice = if limit.is_none() { "; --analysis-timeout sets a limit" } else { "" };
            complain(&format!("Still analyzing after {} s{advice}", word.as_secs()));
            word *= 2;
        }
        let next = word.saturating_sub(passed);
        thread::park_timeout(left.map_or(next, |left| left.min(next)));
    }
}

/// A number of seconds on the command line.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration
        .ok_or_else(|| format!("--analysis-timeout {text:?}: must be a number of seconds, more than none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_takes_too_long_hears_of_it() {
        assert_eq!(within(Some(Duration::from_secs(3600)), |_| 5), 5);
        let is_over = AtomicBool::new(false);
        watch(Some(Duration::from_nanos(1)), &is_over, &AtomicBool::new(false));
        assert!(is_over.into_inner());
    }

    #[test]
    fn limits_are_numbers_of_seconds() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        for wrong in ["", "0", "-1", "soon", "NaN", "1e300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
