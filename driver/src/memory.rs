//! What a node must not forget, on a disk: `--data`.
//!
//! [`machines::Records`] has the rule, records before lines, and [`JournalFile`] the format; here is what is done to files.
//! Whatever fails ends the node with nothing said that rests on it: after a sync that failed, nobody knows what the disk
//! holds, and to try again would only look as if it had worked (Rebello et al., *Can applications recover from fsync
//! failures?*, 2020).

use std::fmt::{self, Display};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use machines::journal::{Effect, JournalFile, Unusable};
use machines::{Machine, Node, Outputs, Records, Time};

use crate::folder::{Files, Folder, Which};
use crate::standard_streams::Diagnostics;

/// A journal may always grow by so much before it is written anew.
pub(crate) const SLACK: usize = 64 << 10;

/// A node's memory.
#[derive(Debug)]
pub(crate) struct Memory<F = Folder> {
    data: PathBuf,
    /// Once the node has been told its name.
    open: Option<Open<F>>,
    records: Records,
}

#[derive(Debug)]
struct Open<F> {
    path: PathBuf,
    files: F,
    journal: JournalFile,
}

/// Why a node with a memory ends.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The journal is not one to go on with, or another process has it. Nothing has been changed.
    Refused(String),
    /// The disk, or the file system, failed.
    Disk(String),
}

impl Memory {
    /// A memory in this directory, in the folder of whichever node it will be.
    pub(crate) fn new(data: PathBuf) -> Memory {
        Memory { data, open: None, records: Records::default() }
    }

    /// Opens the journal that the node waits for, and tells the node what is in it.
    pub(crate) fn open<M: Machine>(
        &mut self,
        node: &mut Node<M>,
        now: Time,
        outputs: &mut Outputs,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Failure> {
        let Some(name) = node.awaits_journal() else { return Ok(()) };
        let path = Folder::path(&self.data, name);
        let files = Folder::open(&self.data, name).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => Failure::Refused(format!(
                "{}: another process has it. End that one, or choose another --data",
                path.display()
            )),
            _ => Failure::disk(&path, &error),
        })?;
        let torn = self.open_in(path, files, node, now, outputs)?;
        if torn > 0 {
            let path = &self.open.as_ref().expect("it has just been opened").path;
            diagnostics.say(format_args!(
                "{}: cut off {torn} bytes at its end that were not written to the end. Nothing in them had been acknowledged",
                path.display()
            ));
        }
        Ok(())
    }
}

impl<F: Files> Memory<F> {
    fn open_in<M: Machine>(
        &mut self,
        path: PathBuf,
        mut files: F,
        node: &mut Node<M>,
        now: Time,
        outputs: &mut Outputs,
    ) -> Result<u64, Failure> {
        let (journal, torn) =
            read(&mut files, node, now).map_err(|unusable| Failure::unusable(&path, unusable))?;
        node.on_recovered(now, outputs);
        self.open = Some(Open { path, files, journal });
        Ok(torn)
    }

    /// Makes durable whatever the node must not forget. Only then may anything that it has said leave.
    pub(crate) fn keep<M: Machine>(&mut self, node: &mut Node<M>) -> Result<(), Failure> {
        let Some(Open { path, files, journal }) = &mut self.open else { return Ok(()) };
        node.record(&mut self.records);
        let kept = journal.keep(&self.records, |effect| perform(files, effect));
        self.records.clear();
        kept.map_err(|error| Failure::disk(path, &error))
    }
}

fn read<F: Files, M: Machine>(
    files: &mut F,
    node: &mut Node<M>,
    now: Time,
) -> Result<(JournalFile, u64), Unusable<io::Error>> {
    let Some(length) = files.length().map_err(Unusable::Disk)? else {
        return Ok((JournalFile::default(), 0));
    };
    let files = std::cell::RefCell::new(files);
    JournalFile::recover(
        length,
        |place, space| files.borrow_mut().read(place, space),
        |record| node.on_record(now, record),
        |effect| perform(*files.borrow_mut(), effect),
    )
}

fn perform(files: &mut impl Files, effect: Effect<'_>) -> io::Result<()> {
    match effect {
        Effect::Append(place, bytes) => write_all(files, Which::Journal, place, bytes),
        Effect::Sync => files.sync(Which::Journal),
        Effect::Cut(length) => files.cut(length),
        Effect::WriteAside(bytes) => {
            files.create_aside()?;
            write_all(files, Which::Aside, 0, bytes)
        }
        Effect::SyncAside => files.sync(Which::Aside),
        Effect::Rename => files.rename(),
        Effect::SyncFolder => files.sync_folder(),
    }
}

fn write_all(files: &mut impl Files, which: Which, mut place: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match files.write(which, place, bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(length) => {
                bytes = &bytes[length..];
                place += length as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Failure {
    fn disk(path: &Path, error: &io::Error) -> Failure {
        let advice = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ". Make room, and start the node again",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                ". The node must be able to read and write there"
            }
            _ => "",
        };
        let path = path.display();
        Failure::Disk(format!("{path}: {error}{advice}. What was not durable has not been acknowledged"))
    }

    fn unusable(path: &Path, unusable: Unusable<io::Error>) -> Failure {
        if let Unusable::Disk(error) = &unusable {
            return Failure::disk(path, error);
        }
        let advice = match &unusable {
            Unusable::Damaged(_) => {
                "Bring it back from a copy, or move it away: the node then begins with what others hold"
            }
            _ => "Choose another --data, or move it away",
        };
        Failure::Refused(format!("{}: {unusable}. {advice}", path.join("journal").display()))
    }

    /// The exit status that tells of it.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Failure::Refused(_) => 3,
            Failure::Disk(_) => 4,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Refused(text) | Failure::Disk(text)) = self;
        f.write_str(text)
    }
}

#[cfg(test)]
mod tests;
