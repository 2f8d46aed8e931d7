//! The bytes of a journal's file, sans IO: what is to be done to a disk, in which order, and what is to be made of what
//! is found there.
//!
//! # Format, version 1
//!
//! Numbers are little-endian. A file begins with a head of [`HEAD_BYTES`]: the text `glomers journal` and a newline, the
//! version (4 bytes), the length of the file's first part (8), and the CRC-32 of these (4). Then come frames: where in
//! the file the frame begins (8), the length of what it holds (8), the CRC-32 of both and of what it holds (4), and
//! records: the length of each (8), and its bytes.
//!
//! # Why nothing is lost
//!
//! *The first part* is a checkpoint. It is written to a file aside and synced before that takes the journal's name, which
//! is durable once the folder is synced. So whatever dies meanwhile, the name stands for a whole file, the old or the new.
//!
//! *Behind it* each batch is one frame, written and synced before the next is. So of all frames only the last can be
//! unsound: not synced when everything died, it may be there in part, or in pieces. Nobody has heard of anything in it: it is
//! a *torn tail*, and cut off. If there is a sound frame behind one that is not, or the first part is not sound, the disk has
//! lost what it had said was durable. That is *damage*, and nothing is done with such a file.
//!
//! A frame says where it is, so that a sound one can be found behind any rubble, and nothing else passes for one.
//!
//! What no file can tell is whether its last frame, now unsound, was once synced.

use alloc::vec::Vec;
use core::fmt;

use crc32fast::Hasher;

use super::{Records, Refused};

/// How a file begins.
const MAGIC: &[u8; 16] = b"glomers journal\n";

/// The version of the format.
const VERSION: u32 = 1;

/// The length of what all files begin with.
pub const HEAD_BYTES: usize = 32;

/// What comes before the records of a frame: where it is, how long they are, the checksum.
const FRAME_HEAD_BYTES: usize = 20;

/// So much is read at a time, if frames are not longer.
const WINDOW_BYTES: u64 = 1 << 18;

/// More of a buffer is given back after use.
const KEPT_BYTES: usize = 1 << 20;

/// The file of a node's journal, as far as it has been written.
#[derive(Clone, Debug, Default)]
pub struct JournalFile {
    length: u64,
    buffer: Vec<u8>,
}

/// What is to be done to the disk. Each must have succeeded before the next is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect<'b> {
    /// Write these bytes at the journal's end, which is here.
    Append(u64, &'b [u8]),
    /// Make what was done to the journal durable.
    Sync,
    /// Let the journal end here.
    Cut(u64),
    /// Write these bytes to a file aside, which holds nothing else then.
    WriteAside(&'b [u8]),
    /// Make the file aside durable.
    SyncAside,
    /// Give the file aside the journal's name. What had that name is gone.
    Rename,
    /// Make the new name durable.
    SyncFolder,
}

/// Why a journal's file cannot be gone on with. Nothing has been changed, unless the disk failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable<E> {
    /// The disk failed.
    Disk(E),
    /// The file is something else.
    NoJournal,
    /// It has another version of the format.
    Version(u32),
    /// What begins at this byte is not what was written there, though it was durable.
    Damaged(u64),
    /// The node does not want it.
    Refused(Refused),
}

impl JournalFile {
    /// How long the file is.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Keeps the records: once all effects have succeeded they are durable. If one fails, nobody knows what is; then this file
    /// is not to be used any more.
    pub fn keep<E>(
        &mut self,
        records: &Records,
        mut perform: impl FnMut(Effect<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if records.is_empty() {
            return Ok(());
        }
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BYTES);
        if records.replaces() || self.length == 0 {
            self.write_whole(records);
            perform(Effect::WriteAside(&self.buffer))?;
            perform(Effect::SyncAside)?;
            perform(Effect::Rename)?;
            perform(Effect::SyncFolder)?;
            self.length = 0;
        } else {
            write_frame(self.length, records.iter(), &mut self.buffer);
            perform(Effect::Append(self.length, &self.buffer))?;
            perform(Effect::Sync)?;
        }
        self.length += self.buffer.len() as u64;
        Ok(())
    }

    /// Reads a file of this length: `read` fills a space from a place on, `each` is given every record. Returns the file, as it is
    /// to be gone on with, and how many bytes of a torn tail were cut off it.
    pub fn recover<E>(
        length: u64,
        read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
        mut each: impl FnMut(&[u8]) -> Result<(), Refused>,
        mut perform: impl FnMut(Effect<'_>) -> Result<(), E>,
    ) -> Result<(JournalFile, u64), Unusable<E>> {
        let mut window = Window { read, length, bytes: Vec::new(), start: 0 };
        let first_part = read_head(&mut window)?;
        let mut sound = HEAD_BYTES as u64;
        while let Some(records) = window.frame(sound)? {
            let end = sound + (FRAME_HEAD_BYTES + records.len()) as u64;
            split(records, |record| each(record).map_err(Unusable::Refused), Unusable::Damaged(sound))?;
            sound = end;
        }
        let torn = length - sound;
        if sound < first_part || window.has_frame_behind(sound)? {
            return Err(Unusable::Damaged(sound));
        }
        if torn > 0 {
            perform(Effect::Cut(sound)).map_err(Unusable::Disk)?;
            perform(Effect::Sync).map_err(Unusable::Disk)?;
        }
        Ok((JournalFile { length: sound, buffer: Vec::new() }, torn))
    }

    /// Head and first part: a frame a record, as nobody will ever see only some of them.
    fn write_whole(&mut self, records: &Records) {
        self.buffer.resize(HEAD_BYTES, 0);
        for record in records.iter() {
            write_frame(self.buffer.len() as u64, [record], &mut self.buffer);
        }
        let length = self.buffer.len() as u64;
        let (head, _) = self.buffer.split_at_mut(HEAD_BYTES);
        head[..16].copy_from_slice(MAGIC);
        head[16..20].copy_from_slice(&VERSION.to_le_bytes());
        head[20..28].copy_from_slice(&length.to_le_bytes());
        let checksum = crc32fast::hash(&head[..28]);
        head[28..].copy_from_slice(&checksum.to_le_bytes());
    }
}

/// Returns the length of the first part.
fn read_head<E>(
    window: &mut Window<impl FnMut(u64, &mut [u8]) -> Result<(), E>>,
) -> Result<u64, Unusable<E>> {
    if window.length < HEAD_BYTES as u64 {
        return Err(Unusable::NoJournal);
    }
    let head = window.get(0, HEAD_BYTES).map_err(Unusable::Disk)?;
    if head[..16] != *MAGIC {
        return Err(Unusable::NoJournal);
    }
    match number4(&head[16..]) {
        VERSION if crc32fast::hash(&head[..28]) == number4(&head[28..]) => Ok(number8(&head[20..])),
        VERSION => Err(Unusable::Damaged(0)),
        version => Err(Unusable::Version(version)),
    }
}

fn write_frame<'r>(place: u64, records: impl IntoIterator<Item = &'r [u8]>, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&place.to_le_bytes());
    out.extend_from_slice(&[0; FRAME_HEAD_BYTES - 8]);
    for record in records {
        out.extend_from_slice(&(record.len() as u64).to_le_bytes());
        out.extend_from_slice(record);
    }
    let (head, records) = out[start..].split_at_mut(FRAME_HEAD_BYTES);
    head[8..16].copy_from_slice(&(records.len() as u64).to_le_bytes());
    let checksum = checksum(&head[..16], records);
    head[16..].copy_from_slice(&checksum.to_le_bytes());
}

fn checksum(head: &[u8], records: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(head);
    hasher.update(records);
    hasher.finalize()
}

/// Hands over the records of a frame one by one.
fn split<E>(mut records: &[u8], mut each: impl FnMut(&[u8]) -> Result<(), E>, unsound: E) -> Result<(), E> {
    while !records.is_empty() {
        let Some((length, rest)) = records.split_at_checked(8) else { return Err(unsound) };
        let length = usize::try_from(number8(length)).unwrap_or(usize::MAX);
        let Some((record, rest)) = rest.split_at_checked(length) else { return Err(unsound) };
        each(record)?;
        records = rest;
    }
    Ok(())
}

/// A piece of the file in memory.
struct Window<R> {
    read: R,
    /// Of the file.
    length: u64,
    bytes: Vec<u8>,
    /// Where in the file they begin.
    start: u64,
}

impl<E, R: FnMut(u64, &mut [u8]) -> Result<(), E>> Window<R> {
    /// Bytes of the file, which must be there.
    fn get(&mut self, place: u64, length: usize) -> Result<&[u8], E> {
        let end = place + length as u64;
        if place < self.start || end > self.start + self.bytes.len() as u64 {
            let wanted = (length as u64).max(WINDOW_BYTES).min(self.length - place) as usize;
            self.bytes.resize(wanted, 0);
            self.bytes.shrink_to(KEPT_BYTES);
            (self.read)(place, &mut self.bytes)?;
            self.start = place;
        }
        let from = (place - self.start) as usize;
        Ok(&self.bytes[from..from + length])
    }

    /// The records of the frame at `place`, if there is a sound one.
    fn frame(&mut self, place: u64) -> Result<Option<&[u8]>, Unusable<E>> {
        let left = self.length.saturating_sub(place);
        if left < FRAME_HEAD_BYTES as u64 {
            return Ok(None);
        }
        let head = self.get(place, FRAME_HEAD_BYTES).map_err(Unusable::Disk)?;
        let length = number8(&head[8..]);
        if number8(head) != place || length > left - FRAME_HEAD_BYTES as u64 {
            return Ok(None);
        }
        let frame = self.get(place, FRAME_HEAD_BYTES + length as usize).map_err(Unusable::Disk)?;
        let (head, records) = frame.split_at(FRAME_HEAD_BYTES);
        Ok((checksum(&head[..16], records) == number4(&head[16..])).then_some(records))
    }

    /// Whether there is a sound frame anywhere behind `place`.
    fn has_frame_behind(&mut self, place: u64) -> Result<bool, Unusable<E>> {
        for place in place + 1..self.length.saturating_sub(FRAME_HEAD_BYTES as u64 - 1) {
            if number8(self.get(place, 8).map_err(Unusable::Disk)?) == place && self.frame(place)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn number4(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(*bytes.first_chunk().expect("the caller gives four bytes"))
}

fn number8(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(*bytes.first_chunk().expect("the caller gives eight bytes"))
}

impl<E: fmt::Display> fmt::Display for Unusable<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Disk(error) => error.fmt(f),
            Unusable::NoJournal => f.write_str("this is no journal"),
            Unusable::Version(version) => {
                write!(f, "it has version {version} of the format, and this program knows version {VERSION}")
            }
            Unusable::Damaged(place) => {
                write!(f, "it is damaged from byte {place} on: the disk has lost what it held for durable")
            }
            Unusable::Refused(refused) => refused.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Unusable<E> {}

#[cfg(test)]
mod tests;
