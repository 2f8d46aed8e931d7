//! A text that is read in parts, by several threads.
//!
//! Where a part begins is guessed: where one map has ended and another begins. Whether that was right shows when the part before
//! has been read: it must end where this one begins. If it does not (it may be a map within a map, or a text with brackets in it),
//! what was read from there is worth nothing, and reading goes on where the part before has ended, until it comes to where
//! another was guessed to begin. So whatever is guessed, the same is read as from the beginning to the end.

use super::Op;
use super::draft::{Draft, Form};
use super::error::{Reason, newlines};
use edn::{Value, Values};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

/// Bytes between the beginnings of parts.
pub(super) const SIZE: usize = 1 << 20;
/// Operations in a part, at most.
const MAX_OPERATIONS: usize = 1 << 14;
/// Parts that each thread has ready before they are asked for.
const AHEAD: usize = 2;

/// What was read from one place to another.
pub(super) struct Part<D> {
    start: usize,
    /// Where the next value begins.
    end: usize,
    /// How many lines end in it.
    pub(super) lines: usize,
    pub(super) drafts: Vec<Draft>,
    /// What was made of them.
    pub(super) digest: D,
    /// What comes after the last and is no operation, and where.
    pub(super) error: Option<(usize, Reason)>,
    has_ended: bool,
}

impl<D> Part<D> {
    fn broken(self, position: usize, reason: Reason) -> Part<D> {
        Part { error: Some((position, reason)), has_ended: true, ..self }
    }
}

/// How to read a part: what is made of each operation by itself is made of it there.
pub(super) struct Reading<'r, New, Digest> {
    pub(super) text: &'r str,
    pub(super) new: &'r New,
    pub(super) digest: &'r Digest,
}

impl<D: Send, New: Fn() -> D + Sync, Digest: Fn(&mut D, &mut Op) + Sync> Reading<'_, New, Digest> {
    /// Reads the text and tells of its parts in order, each of about this size.
    pub(super) fn read<E>(
        &self,
        size: usize,
        tell: &mut impl FnMut(Part<D>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut values = edn::read_all(self.text);
        let first = match values.position() {
            Ok(first) => first,
            Err(error) => return tell(self.empty(0).broken(error.position, Reason::Syntax(error))),
        };
        let values = &values;
        let mut starts = vec![first];
        starts.extend((1..=self.text.len() / size).filter_map(|part| guess(self.text, part * size, size)));
        starts.retain(|start| *start >= first);
        starts.dedup();
        let threads = thread::available_parallelism().map_or(1, usize::from).min(starts.len());
        if threads < 2 {
            return self.in_order(values, first, std::iter::empty(), tell);
        }
        thread::scope(|scope| {
            let starts = &starts;
            let work = |thread: usize, sender: SyncSender<Part<D>>| {
                for number in (thread..starts.len()).step_by(threads) {
                    let stop = starts.get(number + 1).copied().unwrap_or(usize::MAX);
                    let part = self.part(values, starts[number], stop);
                    // Nobody waits for it any more where an error has ended everything.
                    if sender.send(part).is_err() {
                        return;
                    }
                }
            };
            let receivers: Vec<Receiver<Part<D>>> = (0..threads)
                .map(|thread| {
                    let (sender, receiver) = mpsc::sync_channel(AHEAD);
                    scope.spawn(move || work(thread, sender));
                    receiver
                })
                .collect();
            let guessed = (0..starts.len())
                .map(|number| receivers[number % threads].recv().expect("no text makes the reader panic"));
            self.in_order(values, first, guessed, tell)
        })
    }

    /// Tells of everything from `at` on, as far as possible from parts that have been read.
    fn in_order<E>(
        &self,
        values: &Values<'_>,
        mut at: usize,
        guessed: impl Iterator<Item = Part<D>>,
        tell: &mut impl FnMut(Part<D>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut has_ended = false;
        let mut take = |part: Part<D>, at: &mut usize| {
            (*at, has_ended) = (part.end, part.has_ended);
            tell(part).map(|()| has_ended)
        };
        for part in guessed {
            while at < part.start {
                if take(self.part(values, at, part.start), &mut at)? {
                    return Ok(());
                }
            }
            if at == part.start && take(part, &mut at)? {
                return Ok(());
            }
        }
        while !take(self.part(values, at, usize::MAX), &mut at)? {}
        Ok(())
    }

    /// Reads from one place, where a value begins, up to another, or to what ends the text.
    fn part(&self, values: &Values<'_>, start: usize, stop: usize) -> Part<D> {
        let mut values = values.starting_at(start);
        let mut form = Form::new(false);
        let mut part = self.empty(start);
        loop {
            let position = match values.position() {
                Ok(position) => position,
                Err(error) => return part.broken(error.position, Reason::Syntax(error)),
            };
            part.lines += newlines(&self.text.as_bytes()[part.end..position]);
            part.end = position;
            if position >= stop || part.drafts.len() == MAX_OPERATIONS {
                return part;
            }
            match values.next() {
                None => return Part { has_ended: true, ..part },
                Some(Err(error)) => return part.broken(error.position, Reason::Syntax(error)),
                Some(Ok((_, value))) => {
                    if let Err(reason) = self.take(&mut part, value, &mut form) {
                        return part.broken(position, reason);
                    }
                }
            }
        }
    }

    /// Makes one part of values that have been read.
    pub(super) fn of_json(&self, values: Vec<(usize, Value)>) -> Part<D> {
        let mut form = Form::new(true);
        let mut part = self.empty(0);
        for (position, value) in values {
            part.lines += newlines(&self.text.as_bytes()[part.end..position]);
            part.end = position;
            if let Err(reason) = self.take(&mut part, value, &mut form) {
                return part.broken(position, reason);
            }
        }
        part
    }

    /// Adds the operation that begins where the part ends so far.
    fn take(&self, part: &mut Part<D>, value: Value, form: &mut Form) -> Result<(), Reason> {
        let mut draft = Draft::read(value, form)?;
        (draft.position, draft.line) = (part.end, part.lines);
        (self.digest)(&mut part.digest, &mut draft.op);
        part.drafts.push(draft);
        Ok(())
    }

    fn empty(&self, start: usize) -> Part<D> {
        let (drafts, digest) = (Vec::new(), (self.new)());
        Part { start, end: start, lines: 0, drafts, digest, error: None, has_ended: false }
    }
}

/// Where a value may well begin, between two places: at a map or a record behind the end of another.
fn guess(text: &str, from: usize, length: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[from..];
    let bytes = &bytes[..length.min(bytes.len())];
    let mut rest = 0;
    while let Some(end) = bytes[rest..].iter().position(|byte| *byte == b'}') {
        rest += end + 1;
        let blanks = bytes[rest..].iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',');
        let next = rest + blanks.count();
        let is_record = |next: &[u8]| next[0] == b'#' && next.get(1).is_some_and(u8::is_ascii_alphabetic);
        if bytes.get(next) == Some(&b'{')
            || bytes.get(next..).is_some_and(|next| !next.is_empty() && is_record(next))
        {
            return Some(from + next);
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is read, and where, in parts of this size.
    fn read(text: &str, size: usize) -> (Vec<String>, usize, Option<(usize, Reason)>) {
        let (mut all, mut line, mut error) = (Vec::new(), 1, None);
        let reading = Reading {
            text,
            new: &Vec::new,
            digest: &|made: &mut Vec<String>, op: &mut Op| made.push(op.value.to_string()),
        };
        let told = reading.read(size, &mut |part: Part<Vec<String>>| {
            for (draft, made) in part.drafts.iter().zip(&part.digest) {
                all.push(format!("{} {} {made}", draft.position, line + draft.line));
            }
            line += part.lines;
            error = part.error;
            if error.is_some() { Err(()) } else { Ok(()) }
        });
        assert_eq!(told.is_err(), error.is_some());
        (all, line, error)
    }

    #[test]
    fn wrong_guesses_change_nothing() {
        let op = "{:type :ok, :process 0, :f :a, :value [{:a 1} {:b \"} {:type\"} #x {} {}]}";
        for text in [
            format!("{op}\n").repeat(9),
            format!("[{}] ; end", format!("{op},\n #_ {{}} ").repeat(9)),
            format!("{}{{:type :ok}}\n{op}", format!("{op} ; {{}} {{}}\n").repeat(5)),
            format!("{op}\n{op}[{op}\n{op}"),
            format!("({op}) {op} {op}"),
        ] {
            let whole = read(&text, usize::MAX);
            assert!(!whole.0.is_empty(), "{text}");
            for size in 1..60 {
                assert_eq!(read(&text, size), whole, "{size}: {text}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_in_parts_as_it_is_as_a_whole(
            pieces in proptest::collection::vec(prop_oneof![
                Just("{:type :ok, :process 0, :value "), Just("{:a 1}"), Just("}"), Just("} {"), Just("\n"), Just(" ; }\n"), Just("\""),
                Just("#_ "), Just("#x "), Just("["), Just("]"), Just("1 "), Just("é"),
            ], 0..40),
            size in 1usize..40,
        ) {
            let text = pieces.concat();
            prop_assert_eq!(read(&text, size), read(&text, usize::MAX));
        }
    }
}
