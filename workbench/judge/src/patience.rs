//! How long an analysis may take: until somebody says that it is enough.

use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that whoever waits can raise. Checkers that may take long look at it, and end without a verdict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience<'a>(Option<&'a AtomicBool>);

impl<'a> Patience<'a> {
    /// Lasts until this flag is raised.
    pub fn until(flag: &'a AtomicBool) -> Patience<'a> {
        Patience(Some(flag))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}
