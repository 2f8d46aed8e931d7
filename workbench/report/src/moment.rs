//! When something was, for people: seconds since the operations began.

use bench::run::Record;
use machines::Time;

/// `4.203 s`, counted from the first operation, as the page counts; what came before is at the start.
pub(super) fn at(record: &Record, time: Time) -> String {
    let since = time.since(record.start.unwrap_or_default());
    if record.start.is_none() || since.is_zero() {
        return "the start".to_owned();
    }
    format!("{:.3} s", since.as_secs_f64())
}
