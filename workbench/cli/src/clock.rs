//! The time of day, for names and logs. Nothing that is judged depends on it.

use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use store::LocalTime;

/// The system's clock, with the offset of local time that held when it was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallClock {
    offset_minutes: i32,
}

impl WallClock {
    /// Asks the system for its time zone; UTC if it does not say.
    ///
    /// The standard library cannot tell local time. POSIX's `date` can, in every zone that the system knows.
    pub(super) fn new() -> WallClock {
        let asked = Command::new("date").arg("+%z").stdin(Stdio::null()).stderr(Stdio::null()).output();
        let offset = asked.ok().and_then(|output| parse_offset(&String::from_utf8_lossy(&output.stdout)));
        WallClock { offset_minutes: offset.unwrap_or(0) }
    }

    /// Now, as people here read it.
    pub(super) fn now(self) -> LocalTime {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        LocalTime { unix_ms, offset_minutes: self.offset_minutes }
    }
}

/// `+hhmm` as minutes.
fn parse_offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: u16 = text.get(1..5).filter(|_| text.len() == 5)?.parse().ok()?;
    Some(sign * i32::from(digits / 100 * 60 + digits % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_signed_hours_and_minutes() {
        assert_eq!(parse_offset("+0000\n"), Some(0));
        assert_eq!(parse_offset("-0500\n"), Some(-300));
        assert_eq!(parse_offset("+0545"), Some(345));
        for wrong in ["", "0500", "+5", "+05000", "CET", "+é00"] {
            assert_eq!(parse_offset(wrong), None, "{wrong}");
        }
    }
}
