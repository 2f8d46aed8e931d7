//! The one way out: everything that the workbench prints goes through here.
//!
//! What is printed contains strangers' words. A terminal would obey what it finds in them, and a reader might be shown
//! another text than there is. So all that is not plain text is made harmless, but for our own colours; those carry a number
//! that no stranger can know ([`colour`]).
//!
//! Nor may whoever reads our output, or does not, hold up a run. So one thread writes, and others hand it what there is to
//! write: with [`offer`], which loses it if too much waits already and says so later, or with [`print()`], which comes
//! back when it is written.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

/// Bytes that wait to be written, at most, of what was offered.
const MAX_WAITING_BYTES: usize = 1 << 20;

/// Something that writes.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// Prints lines, and comes back when they are written. A reader that went away is no reason to fail.
pub(super) fn print(text: &str) {
    let text = disarmed(text);
    carry_out(Box::new(move || write(&text)));
}

/// The same, where errors go.
pub(super) fn complain(text: &str) {
    let text = disarmed(text);
    carry_out(Box::new(move || {
        let _ = writeln!(io::stderr(), "{text}");
    }));
}

/// Has something done in the order of what is printed, and comes back when it is.
pub(super) fn carry_out(job: Job) {
    let Some(outlet) = outlet() else { return job() };
    let mut state = outlet.state();
    let place = state.push(0, job);
    outlet.changed.notify_all();
    while state.done < place {
        state = outlet.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Has something done that writes about so many bytes, soon. If too much waits already it is left out, and counted.
pub(super) fn offer(bytes: usize, job: Job) {
    let Some(outlet) = outlet() else { return job() };
    let mut state = outlet.state();
    if state.bytes + bytes > MAX_WAITING_BYTES {
        state.left_out += 1;
        return;
    }
    state.push(bytes, job);
    outlet.changed.notify_all();
}

/// Writes lines that were made harmless. For jobs only.
pub(super) fn write(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// The text in a colour, as [`disarmed`] will let it pass: `31` is red.
pub(super) fn colour(code: &str, text: &str) -> String {
    let secret = secret();
    format!("\x1b[{secret};{code}m{text}\x1b[{secret};0m")
}

/// The text, harmless to terminals and eyes, with our own colours.
pub(super) fn disarmed(text: &str) -> String {
    let ours = format!("\x1b[{};", secret());
    let mut parts = text.split(&*ours);
    let mut out = harmless(parts.next().unwrap_or_default());
    for part in parts {
        // Behind each is the code, up to its `m`, and then what follows.
        let (code, rest) = part.split_once('m').unwrap_or((part, ""));
        out.extend(["\x1b[", code, "m", &harmless(rest)]);
    }
    out
}

/// The text, harmless, without any colours.
pub(super) fn plain(text: &str) -> String {
    let ours = format!("\x1b[{};", secret());
    let mut parts = text.split(&*ours);
    let mut out = harmless(parts.next().unwrap_or_default());
    out.extend(parts.map(|part| harmless(part.split_once('m').map_or("", |(_, rest)| rest))));
    out
}

fn harmless(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars().map(|character| if is_harmful(character) { '\u{fffd}' } else { character }).collect()
}

/// What a terminal obeys, and what changes how the text around it is read: control characters, line separators, marks of
/// direction, and what has no width (Unicode's Bidi_Control, and its Default_Ignorable_Code_Point, as far as they stand alone).
fn is_harmful(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => character.is_control(),
    }
}

/// A number that nobody else knows, for as long as this process lives.
fn secret() -> u64 {
    static SECRET: OnceLock<u64> = OnceLock::new();
    *SECRET.get_or_init(|| RandomState::new().hash_one("colours"))
}

/// The thread that writes, and what it has to write.
struct Outlet {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(usize, Job)>,
    bytes: usize,
    /// Jobs that were ever taken on, and carried out.
    taken: u64,
    done: u64,
    /// Jobs that there was no room for, since this was last said.
    left_out: u64,
}

impl State {
    /// Its place among all jobs.
    fn push(&mut self, bytes: usize, job: Job) -> u64 {
        self.jobs.push_back((bytes, job));
        self.bytes += bytes;
        self.taken += 1;
        self.taken
    }
}

impl Outlet {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.state();
        loop {
            let Some((bytes, job)) = state.jobs.pop_front() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left_out = std::mem::take(&mut state.left_out);
            drop(state);
            if left_out > 0 {
                write(&format!("({left_out} lines are left out here: nobody read what was before them)"));
            }
            job();
            state = self.state();
            state.bytes -= bytes;
            state.done += 1;
            self.changed.notify_all();
        }
    }
}

/// None where there can be no thread: then everybody writes for himself.
fn outlet() -> Option<&'static Outlet> {
    static OUTLET: OnceLock<Option<&'static Outlet>> = OnceLock::new();
    *OUTLET.get_or_init(|| {
        let outlet: &Outlet =
            Box::leak(Box::new(Outlet { state: Mutex::default(), changed: Condvar::new() }));
        let thread = thread::Builder::new().name("output".to_owned()).spawn(|| outlet.work());
        thread.is_ok().then_some(outlet)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_can_neither_move_the_cursor_nor_turn_the_text_around() {
        let evil =
            "\x1b]0;title\x07\x1b[2J\u{9b}31m\u{202e}abc\u{2066}\u{200b}\u{2028}\u{feff}\u{ad}\r\u{e0041}";
        for shown in [disarmed(evil), plain(evil)] {
            let rest: String = shown.chars().filter(|character| *character != '\u{fffd}').collect();
            assert_eq!(rest, "]0;title[2J31mabc");
        }
        assert_eq!(disarmed("ヽ(‘ー`)ノ\tä\n"), "ヽ(‘ー`)ノ\tä\n");
    }

    #[test]
    fn our_own_colours_pass_and_those_of_others_do_not() {
        let ours = colour("31", "red \x1b[32m and \x1b[1;32mnot green");
        assert_eq!(disarmed(&ours), "\x1b[31mred \u{fffd}[32m and \u{fffd}[1;32mnot green\x1b[0m");
        assert_eq!(plain(&ours), "red \u{fffd}[32m and \u{fffd}[1;32mnot green");
    }

    #[test]
    fn what_nobody_reads_is_left_out_and_counted_and_what_must_be_said_waits() {
        let (unblock, blocked) = std::sync::mpsc::channel::<()>();
        offer(1, Box::new(move || blocked.recv().unwrap()));
        let (count, counted) = std::sync::mpsc::channel();
        for _ in 0..4 {
            let count = count.clone();
            offer(MAX_WAITING_BYTES / 3 + 1, Box::new(move || count.send(()).unwrap()));
        }
        unblock.send(()).unwrap();
        carry_out(Box::new(|| {}));
        assert_eq!(counted.try_iter().count(), 2, "the others found no room");
    }
}
