//! Work that may take long, on this machine's clock: there may be a limit, and somebody may want to hear that it goes on.

use judge::Patience;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// When it is first told that work goes on; then each time that twice as much has passed.
const FIRST_WORD: Duration = Duration::from_secs(20);

/// Does some work, with a flag that is raised when it has taken longer than `limit`.
pub fn within<T: Send>(
    limit: Option<Duration>,
    tell: impl Fn(Duration) + Sync,
    work: impl FnOnce(Patience<'_>) -> T,
) -> T {
    let (is_over, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(limit, &tell, &is_over, &is_done));
        let result = work(Patience::until(&is_over));
        is_done.store(true, Ordering::Release);
        watcher.thread().unpark();
        result
    })
}

fn watch(limit: Option<Duration>, tell: impl Fn(Duration), is_over: &AtomicBool, is_done: &AtomicBool) {
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
            tell(word);
            word *= 2;
        }
        let next = word.saturating_sub(passed);
        thread::park_timeout(left.map_or(next, |left| left.min(next)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_takes_too_long_hears_of_it() {
        assert_eq!(within(Some(Duration::from_secs(3600)), |_| {}, |_| 5), 5);
        let is_over = AtomicBool::new(false);
        watch(Some(Duration::from_nanos(1)), |_| {}, &is_over, &AtomicBool::new(false));
        assert!(is_over.into_inner());
    }
}
