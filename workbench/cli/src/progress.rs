//! Progress of what takes more than a moment, on terminals. Elsewhere there is none: what commands print is their result.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(120);

/// Something that is shown until it is dropped.
#[derive(Debug)]
pub(super) struct Shown(ProgressBar);

/// Shows that something is being done whose end nobody can tell.
pub(super) fn busy(what: impl Into<String>) -> Shown {
    let bar = drawn(None, "{spinner} {msg}, {elapsed}");
    bar.set_message(what.into());
    turn(&bar);
    Shown(bar)
}

/// Shows how many of so many steps are done.
pub(super) fn steps(count: usize, what: impl Into<String>) -> Shown {
    let bar = drawn(Some(count as u64), "{bar:16} {pos} of {len} {msg}, {elapsed}");
    bar.set_message(what.into());
    turn(&bar);
    Shown(bar)
}

/// Lets a spinner turn by itself, where there may be one more thread: indicatif counts on that.
fn turn(bar: &ProgressBar) {
    if !bar.is_hidden() && std::thread::Builder::new().spawn(|| {}).is_ok() {
        bar.enable_steady_tick(TURN);
    }
}

impl Shown {
    /// One more step is done.
    pub(super) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn drawn(length: Option<u64>, template: &str) -> ProgressBar {
    let on_terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
    let target =
        if on_terminal { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(length, target);
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
