//! The disk of a simulated computer: what is on it, what of that is durable, and what a crash leaves.
//!
//! It does what a program tells it step by step, and syncs take time. What has not been synced when the program dies is
//! there afterwards, or not, or in part: as the options and the seed say. A file system keeps to fewer rules than one would
//! think (Pillai et al., *All file systems are not created equal*, 2014): a write may come through in pieces, with holes
//! between them, and a new name may be forgotten. What was synced stays as it was.

use bench::options::{Disks, Unsynced};
use bench::run::DiskRecord;
use fastrand::Rng;
use machines::Time;
use machines::journal::Effect;
use std::collections::VecDeque;
use std::time::Duration;

/// One thing that a program does to its disk: [`Effect`], with bytes of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after what it does as an effect")]
pub enum Step {
    Append(u64, Vec<u8>),
    Sync,
    Cut(u64),
    WriteAside(Vec<u8>),
    SyncAside,
    Rename,
    SyncFolder,
}

impl From<Effect<'_>> for Step {
    fn from(effect: Effect<'_>) -> Step {
        match effect {
            Effect::Append(place, bytes) => Step::Append(place, bytes.to_vec()),
            Effect::Sync => Step::Sync,
            Effect::Cut(length) => Step::Cut(length),
            Effect::WriteAside(bytes) => Step::WriteAside(bytes.to_vec()),
            Effect::SyncAside => Step::SyncAside,
            Effect::Rename => Step::Rename,
            Effect::SyncFolder => Step::SyncFolder,
        }
    }
}

/// A write found no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// A disk, with the folder of one node on it.
#[derive(Debug)]
pub(super) struct Disk {
    options: Disks,
    rng: Rng,
    journal: Option<File>,
    aside: Option<File>,
    /// What still has the journal's name durably, from a renaming to the sync of the folder.
    renamed: Option<Option<File>>,
    /// What is being done, and when each step will have been.
    pending: VecDeque<(Time, Step)>,
    record: DiskRecord,
}

/// A file. Files grow at their ends only, so what is durable is a prefix, of the length that it had at the last sync.
#[derive(Clone, Debug, Default)]
struct File {
    bytes: Vec<u8>,
    durable: usize,
}

impl Disk {
    /// An empty disk.
    pub(super) fn new(options: Disks, rng: Rng) -> Disk {
        let (pending, record) = (VecDeque::new(), DiskRecord::default());
        Disk { options, rng, journal: None, aside: None, renamed: None, pending, record }
    }

    /// What the journal holds, if there is one.
    pub(super) fn journal(&self) -> Option<&[u8]> {
        self.journal.as_ref().map(|file| &*file.bytes)
    }

    /// What has befallen it.
    pub(super) fn record(&self) -> DiskRecord {
        self.record
    }

    /// Begins to do these steps, one after another. Returns when all of them will have been done. If it may be full and is, some
    /// of the first write is done, and nothing else.
    pub(super) fn begin(&mut self, now: Time, steps: Vec<Step>, may_be_full: bool) -> Result<Time, Full> {
        let mut done = now;
        if may_be_full && self.options.full > 0.0 && self.rng.f64() < self.options.full {
            self.record.full += 1;
            if let Some(Step::Append(place, mut bytes)) = steps.into_iter().next() {
                bytes.truncate(self.rng.usize(..=bytes.len()));
                self.carry_out(Step::Append(place, bytes));
            }
            return Err(Full);
        }
        for step in steps {
            if matches!(step, Step::Sync | Step::SyncAside | Step::SyncFolder) {
                done += self.options.sync.mul_f64(self.rng.f64());
            }
            self.pending.push_back((done, step));
        }
        self.proceed(now);
        Ok(done)
    }

    /// Does what is done by now.
    pub(super) fn proceed(&mut self, now: Time) {
        while let Some((_, step)) = self.pending.pop_front_if(|(done, _)| *done <= now) {
            self.carry_out(step);
        }
    }

    /// A number from zero to one, from the disk's own source.
    pub(super) fn draw(&mut self) -> f64 {
        self.rng.f64()
    }

    /// The program has died. What is there from now on is durable.
    pub(super) fn crash(&mut self, now: Time) {
        self.proceed(now);
        let is_checkpoint = |(_, step): &(Time, Step)| matches!(step, Step::Rename | Step::SyncFolder);
        self.record.checkpoints_cut_short += u64::from(self.pending.iter().any(is_checkpoint));
        self.pending.clear();
        self.aside = None;
        if let Some(former) = self.renamed.take()
            && self.fate() != Unsynced::Kept
        {
            self.journal = former;
        }
        let fate = self.fate();
        if let Some(File { bytes, durable }) = &mut self.journal
            && bytes.len() > *durable
        {
            let tail = bytes.split_off(*durable);
            let left = tear(tail.clone(), fate, &mut self.rng);
            self.record.unsynced_lost += u64::from(left.is_empty());
            self.record.torn += u64::from(!left.is_empty() && left != tail);
            bytes.extend(left);
            *durable = bytes.len();
        }
    }

    /// What is to become of something that was not synced.
    fn fate(&mut self) -> Unsynced {
        match self.options.unsynced {
            Unsynced::Any => [Unsynced::Kept, Unsynced::Lost, Unsynced::Torn][self.rng.usize(..3)],
            fate => fate,
        }
    }

    fn carry_out(&mut self, step: Step) {
        match step {
            Step::Append(place, bytes) => {
                let file = self.journal.get_or_insert_default();
                assert_eq!(place, file.bytes.len() as u64, "a journal grows at its end");
                file.bytes.extend(bytes);
            }
            Step::Cut(length) => {
                let File { bytes, durable } = self.journal.get_or_insert_default();
                bytes.truncate(length as usize);
                *durable = (*durable).min(bytes.len());
            }
            Step::Sync => self.journal.iter_mut().for_each(File::sync),
            Step::WriteAside(bytes) => self.aside = Some(File { bytes, durable: 0 }),
            Step::SyncAside => self.aside.iter_mut().for_each(File::sync),
            Step::Rename => {
                let former = std::mem::replace(&mut self.journal, self.aside.take());
                self.renamed.get_or_insert(former);
                self.record.checkpoints += 1;
            }
            Step::SyncFolder => self.renamed = None,
        }
    }
}

impl File {
    fn sync(&mut self) {
        self.durable = self.bytes.len();
    }
}

/// What is left of bytes that were not synced.
fn tear(mut bytes: Vec<u8>, fate: Unsynced, rng: &mut Rng) -> Vec<u8> {
    match fate {
        Unsynced::Kept => bytes,
        Unsynced::Lost => Vec::new(),
        Unsynced::Torn | Unsynced::Any => {
            // A file may have got its new length before all of its bytes.
            let start = rng.usize(..=bytes.len());
            match rng.bool() {
                true => bytes.truncate(start),
                false => {
                    let end = rng.usize(start..=bytes.len());
                    bytes[start..end].fill(0);
                }
            }
            bytes
        }
    }
}

/// A node whose disk was full is started again after at most so long: somebody has made room.
pub(super) const LONGEST_OUTAGE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(unsynced: Unsynced, seed: u64) -> Disk {
        Disk::new(Disks { sync: Duration::from_millis(10), unsynced, full: 0.0 }, Rng::with_seed(seed))
    }

    fn born(unsynced: Unsynced, seed: u64) -> Disk {
        let mut disk = disk(unsynced, seed);
        let steps = vec![Step::WriteAside(b"head".to_vec()), Step::SyncAside, Step::Rename, Step::SyncFolder];
        let done = disk.begin(Time::ZERO, steps, false).unwrap();
        disk.proceed(done);
        disk
    }

    fn crashed(unsynced: Unsynced, seed: u64, wait: Duration) -> (Vec<u8>, DiskRecord) {
        let mut disk = born(unsynced, seed);
        let now = Time::from_millis(100);
        disk.begin(now, vec![Step::Append(4, b" and more".to_vec()), Step::Sync], false).unwrap();
        disk.crash(now + wait);
        (disk.journal().unwrap().to_vec(), disk.record())
    }

    #[test]
    fn what_was_synced_outlives_any_crash_and_the_rest_as_the_options_say() {
        for seed in 0..100 {
            for unsynced in [Unsynced::Kept, Unsynced::Lost, Unsynced::Torn, Unsynced::Any] {
                let late = crashed(unsynced, seed, Duration::from_millis(10)).0;
                assert_eq!(late, b"head and more");
            }
            assert_eq!(crashed(Unsynced::Kept, seed, Duration::ZERO).0, b"head and more");
            assert_eq!(crashed(Unsynced::Lost, seed, Duration::ZERO).0, b"head");
            assert!(crashed(Unsynced::Torn, seed, Duration::ZERO).0.starts_with(b"head"));
        }
        let records: Vec<DiskRecord> =
            (0..100).map(|seed| crashed(Unsynced::Any, seed, Duration::ZERO).1).collect();
        let sum = |count: fn(&DiskRecord) -> u64| records.iter().map(count).sum::<u64>();
        assert!(sum(|record| record.torn) > 10 && sum(|record| record.unsynced_lost) > 10);
    }

    #[test]
    fn a_checkpoint_that_is_cut_short_leaves_the_old_journal_or_the_new_one_whole() {
        let mut found = [0; 2];
        for seed in 0..200 {
            let mut disk = born(Unsynced::Any, seed);
            let steps =
                vec![Step::WriteAside(b"new".to_vec()), Step::SyncAside, Step::Rename, Step::SyncFolder];
            let now = Time::from_millis(100);
            disk.begin(now, steps, false).unwrap();
            disk.crash(now + Duration::from_micros(seed * 100));
            match disk.journal().unwrap() {
                b"head" => found[0] += 1,
                b"new" => found[1] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(found.iter().all(|count| *count > 20), "{found:?}");
    }
}
