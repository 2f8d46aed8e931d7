//! Everything that comes before a transaction, as far as writers of keys are concerned.

use super::{Edge, Reading, Search, Sessions, Source, edge};
use crate::cycles::Components;
use std::cmp::Reverse;

/// Sessions that one pass follows: the more, the fewer passes, and the more memory.
const SESSIONS: usize = 16;
/// Writers that one pass follows where sessions do not count.
const WORDS: usize = 8;
/// Steps of such passes after which the search gives up: some seconds.
const MAX_STEPS: usize = 1 << 31;

/// Who wrote a key.
struct Writers {
    /// Key, where the writer is in the order of passes, and its number.
    list: Vec<(u32, u32, u32)>,
}

impl Writers {
    fn new(search: &Search<'_, '_>, place: impl Fn(u32) -> Option<u32>) -> Writers {
        let mut list = Vec::new();
        for number in 0..search.transactions.list.len() as u32 {
            let Some(place) = place(number) else { continue };
            list.extend(search.visibility.written.of(number).iter().map(|&key| (key, place, number)));
        }
        list.sort_unstable();
        Writers { list }
    }

    /// The writers of a key whose places are among these.
    fn of(&self, key: u32, from: u32, to: u32) -> &[(u32, u32, u32)] {
        let start = self.list.partition_point(|&(its, place, _)| (its, place) < (key, from));
        let rest = &self.list[start..];
        &rest[..rest.partition_point(|&(its, place, _)| (its, place) < (key, to))]
    }
}

impl Search<'_, '_> {
    /// An edge for each write that comes before a reader in any way and that it did not read. Edges that say what is known
    /// are left out. None if that would take too long.
    pub(super) fn missed_by_cause(&self, known: &Components) -> Option<Vec<Edge>> {
        // No edge leads to a component with a greater number, and here each transaction is one by itself.
        let mut order: Vec<u32> = (0..self.transactions.list.len() as u32).collect();
        order.sort_by_key(|&number| Reverse(known.of(number as usize)));
        match &self.sessions {
            Some(sessions) => Some(self.missed_in_sessions(sessions, &order)),
            None => self.missed_by_reading(&order),
        }
    }

    /// For some sessions at a time, how much of each comes before each transaction.
    fn missed_in_sessions(&self, sessions: &Sessions, order: &[u32]) -> Vec<Edge> {
        let mut by_session: Vec<u32> =
            order.iter().copied().filter(|&number| sessions.place[number as usize] > 0).collect();
        by_session.sort_by_key(|&number| (sessions.of[number as usize], sessions.place[number as usize]));
        let mut rank = vec![None; order.len()];
        (0..).zip(&by_session).for_each(|(place, &number)| rank[number as usize] = Some(place));
        let writers = Writers::new(self, |number| rank[number as usize]);
        let mut starts = vec![0; sessions.count + 1];
        by_session.iter().for_each(|&number| starts[sessions.of[number as usize] as usize + 1] += 1);
        (0..sessions.count).for_each(|session| starts[session + 1] += starts[session]);

        let mut missed = Vec::new();
        let mut clocks = vec![[0u32; SESSIONS]; order.len()];
        for first in (0..sessions.count).step_by(SESSIONS) {
            for &number in order {
                let mut clock = [0; SESSIONS];
                for &before in self.before.of(number) {
                    let merge = |(clock, other): (&mut u32, &u32)| *clock = (*clock).max(*other);
                    clock.iter_mut().zip(&clocks[before as usize]).for_each(merge);
                    let session = (sessions.of[before as usize] as usize).wrapping_sub(first);
                    if let Some(clock) = clock.get_mut(session) {
                        *clock = (*clock).max(sessions.place[before as usize]);
                    }
                }
                clocks[number as usize] = clock;
            }
            let last = (first + SESSIONS).min(sessions.count);
            let known = |other: u32, source: u32| {
                let session = sessions.of[other as usize] as usize - first;
                clocks[source as usize][session] >= sessions.place[other as usize]
            };
            for reading in &self.visibility.readings {
                let clock = &clocks[reading.reader as usize];
                let mut rest = writers.of(reading.key, starts[first], starts[last]);
                while let Some(&(_, _, number)) = rest.first() {
                    let session = sessions.of[number as usize] as usize;
                    let end = rest.partition_point(|(_, place, _)| *place < starts[session + 1]);
                    let seen = starts[session] + clock[session - first];
                    let before = rest[..end].partition_point(|(_, place, _)| *place < seen);
                    missed
                        .extend(before.checked_sub(1).and_then(|last| missing(reading, rest[last].2, known)));
                    rest = &rest[end..];
                }
            }
        }
        missed
    }

    /// For some writers at a time, which of them come before each transaction.
    fn missed_by_reading(&self, order: &[u32]) -> Option<Vec<Edge>> {
        let mut rank = vec![0; order.len()];
        (0..).zip(order).for_each(|(place, &number)| rank[number as usize] = place);
        let writers = Writers::new(self, |number| Some(rank[number as usize]));
        let batch = (64 * WORDS) as u32;
        let mut missed = Vec::new();
        let mut bits = vec![[0u64; WORDS]; order.len()];
        let mut steps = 0;
        for first in (0..order.len() as u32).step_by(batch as usize) {
            let bit = |number: u32| rank[number as usize].checked_sub(first).filter(|bit| *bit < batch);
            for &number in &order[first as usize..] {
                let mut own = [0; WORDS];
                for &before in self.before.of(number) {
                    if rank[before as usize] >= first {
                        own.iter_mut().zip(bits[before as usize]).for_each(|(word, more)| *word |= more);
                    }
                    if let Some(bit) = bit(before) {
                        own[bit as usize / 64] |= 1 << (bit % 64);
                    }
                    steps += 1;
                }
                bits[number as usize] = own;
            }
            if steps > MAX_STEPS {
                return None;
            }
            let precedes = |other: u32, number: u32| {
                rank[number as usize] >= first
                    && bit(other)
                        .is_some_and(|bit| bits[number as usize][bit as usize / 64] & (1 << (bit % 64)) != 0)
            };
            for reading in &self.visibility.readings {
                let of_key = writers.of(reading.key, first, first.saturating_add(batch));
                let before = of_key.iter().filter(|(.., other)| precedes(*other, reading.reader));
                missed.extend(before.filter_map(|(.., other)| missing(reading, *other, precedes)));
            }
        }
        Some(missed)
    }
}

/// The edge for a write that a reader must have known, unless it is known that the source of the reading came after it.
fn missing(reading: &Reading, other: u32, known: impl Fn(u32, u32) -> bool) -> Option<Edge> {
    match reading.source {
        Source::Transaction(source) if source == other || known(other, source) => None,
        source => edge(other, reading.reader, reading.key, source).filter(|_| other != reading.reader),
    }
}
