//! Colours, where they are wanted: on a terminal, unless `NO_COLOR` is set (no-color.org) or the terminal is dumb.

use super::sink;
use std::io::IsTerminal;

/// Paints text, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    coloured: bool,
}

impl Paint {
    /// What stdout can show.
    pub(super) fn for_stdout() -> Paint {
        let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Paint { coloured: std::io::stdout().is_terminal() && unset("NO_COLOR") && !dumb }
    }

    /// No colours.
    #[cfg(test)]
    pub(super) fn plain() -> Paint {
        Paint { coloured: false }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.coloured { sink::colour(code, text) } else { text.to_owned() }
    }
}
