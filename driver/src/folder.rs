//! A node's folder, and the system calls on it.
//!
//! `--data DIRECTORY` has a folder for each node, so that several can share it. In there is `journal`, and `journal.new` while
//! a checkpoint is being written. Folders and files are for their owner only. The directory itself may be a symbolic link;
//! what is in it may not, or whoever can write there could have a node write elsewhere. A lock on the folder, which ends
//! with the process, keeps a second one out.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FlockOperation, Mode, OFlags, fdatasync, flock, fsync, mkdirat, openat, renameat, unlinkat,
};
use rustix::io::Errno;

/// What a journal needs of a disk, call by call, so that tests can have each of them fail.
pub(crate) trait Files {
    /// How long the journal is, if there is one.
    fn length(&mut self) -> io::Result<Option<u64>>;
    /// Fills `space` from a place in the journal on.
    fn read(&mut self, place: u64, space: &mut [u8]) -> io::Result<()>;
    /// Makes an empty file aside.
    fn create_aside(&mut self) -> io::Result<()>;
    /// Writes as much as goes at once.
    fn write(&mut self, which: Which, place: u64, bytes: &[u8]) -> io::Result<usize>;
    /// Makes what was written durable.
    fn sync(&mut self, which: Which) -> io::Result<()>;
    /// Cuts the journal off.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Gives the file aside the journal's name.
    fn rename(&mut self) -> io::Result<()>;
    /// Makes names durable.
    fn sync_folder(&mut self) -> io::Result<()>;
}

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Journal,
    Aside,
}

/// The folder of a node, while this process has it.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: OwnedFd,
    journal: Option<File>,
    aside: Option<File>,
}

const JOURNAL: &str = "journal";
const ASIDE: &str = "journal.new";

impl Folder {
    /// Where the folder of a node is.
    pub(crate) fn path(data: &Path, node: &str) -> PathBuf {
        data.join(file_name(node))
    }

    /// Makes the folder, if there is none, and takes hold of it; `WouldBlock` if another process has it.
    pub(crate) fn open(data: &Path, node: &str) -> io::Result<Folder> {
        create_durably(data)?;
        let data = openat(CWD, data, FOLDER, Mode::empty())?;
        let name = file_name(node);
        match mkdirat(&data, &*name, Mode::RWXU) {
            Ok(()) => fsync(&data)?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let folder = openat(&data, &*name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        flock(&folder, FlockOperation::NonBlockingLockExclusive)?;
        // What is left of a checkpoint that was cut short. If it stays, the next one writes over it.
        let _ = unlinkat(&folder, ASIDE, AtFlags::empty());
        let journal = match openat(&folder, JOURNAL, OFlags::RDWR | FILE, Mode::empty()) {
            Ok(file) => Some(regular(File::from(file))?),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Folder { folder, journal, aside: None })
    }

    fn file(&self, which: Which) -> io::Result<&File> {
        let file = match which {
            Which::Journal => &self.journal,
            Which::Aside => &self.aside,
        };
        file.as_ref().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Files for Folder {
    fn length(&mut self) -> io::Result<Option<u64>> {
        self.journal.as_ref().map(|file| Ok(file.metadata()?.len())).transpose()
    }

    fn read(&mut self, place: u64, space: &mut [u8]) -> io::Result<()> {
        self.file(Which::Journal)?.read_exact_at(space, place)
    }

    fn create_aside(&mut self) -> io::Result<()> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | FILE;
        let file = openat(&self.folder, ASIDE, flags, Mode::RUSR | Mode::WUSR)?;
        self.aside = Some(regular(File::from(file))?);
        Ok(())
    }

    fn write(&mut self, which: Which, place: u64, bytes: &[u8]) -> io::Result<usize> {
        self.file(which)?.write_at(bytes, place)
    }

    fn sync(&mut self, which: Which) -> io::Result<()> {
        Ok(fdatasync(self.file(which)?)?)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file(Which::Journal)?.set_len(length)
    }

    fn rename(&mut self) -> io::Result<()> {
        renameat(&self.folder, ASIDE, &self.folder, JOURNAL)?;
        self.journal = self.aside.take();
        Ok(())
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        Ok(fsync(&self.folder)?)
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opening a named pipe must not wait for somebody at its other end.
const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

fn regular(file: File) -> io::Result<File> {
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "there is something that is no file")),
    }
}

/// Makes a directory and those that lead to it, as far as they are missing, and makes that durable.
fn create_durably(directory: &Path) -> io::Result<()> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().unwrap_or(Path::new(""));
    create_durably(parent)?;
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            Ok(fsync(openat(CWD, parent, FOLDER, Mode::empty())?)?)
        }
    }
}

/// The name of a node's folder: the node's own, with whatever no file name should have in it as `%` and two digits. A long one
/// ends in a checksum instead; if that were another node's, its journal would say so.
fn file_name(node: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let escape = |byte: u8| if is_plain(byte) { (byte as char).to_string() } else { format!("%{byte:02x}") };
    let name: String = node.bytes().map(escape).collect();
    match name.len() {
        0 => String::from("%"),
        1..=MAX_NAME => name,
        _ => format!("{}%{:08x}", &name[..MAX_NAME], crc32fast::hash(node.as_bytes())),
    }
}

/// File systems take 255 bytes, some of them less.
const MAX_NAME: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nodes_become_names_of_files_in_the_folder_each_its_own() {
        let long = "n".repeat(5000);
        let nodes =
            ["n0", "n1", "", ".", "..", "/", "../n0", "a/b", "a b", "é", "\0", "%", "%2e", "N0", &long];
        let names: Vec<String> = nodes.iter().map(|node| file_name(node)).collect();
        for (node, name) in nodes.iter().zip(&names) {
            assert!(!name.contains(['/', '.', '\0']) && (1..=140).contains(&name.len()), "{node:?} {name:?}");
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        assert_eq!(names[0], "n0");
        assert_ne!(file_name(&long), file_name(&long[1..]));
    }
}
