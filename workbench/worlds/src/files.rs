//! What whoever writes files needs.

use rustix::fs::{OFlags, fcntl_setfl};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Adds a path to an error of the system, which does not name it.
pub fn naming(path: &Path) -> impl FnOnce(io::Error) -> io::Error + '_ {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Writes a file; its error names it.
pub fn write(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let write = || {
        let mut out = BufWriter::new(create(path)?);
        content(&mut out)?;
        out.flush()
    };
    write().map_err(naming(path))
}

/// Makes a file, or empties it. A pipe that nobody reads is not waited for.
fn create(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits() as i32;
    let file = File::options().write(true).create(true).truncate(true).custom_flags(flags).open(path)?;
    // But whoever reads one may take the time that it takes.
    fcntl_setfl(&file, OFlags::empty())?;
    Ok(file)
}

/// Writes a file of text into a directory.
pub fn write_text(directory: &Path, file: &str, text: &str) -> io::Result<()> {
    write(&directory.join(file), |out| out.write_all(text.as_bytes()))
}

/// Bytes of a name made by [`file_name`], at most: any file system takes it, and an ending besides.
const MAX_NAME: usize = 100;
/// Bytes that are kept of a name that would be longer.
const KEPT_OF_NAME: usize = 80;

/// A name for a file about something that strangers named. It stays in its directory, any file system takes it, and different
/// things have different names: whatever is not plain is `%` and two digits, and of what is long a part stands for the whole,
/// with a hash behind a `~`.
///
/// ```
/// assert_eq!(worlds::files::file_name("n1"), "n1");
/// assert_eq!(worlds::files::file_name("../a b"), "%2E%2E%2Fa%20b");
/// ```
pub fn file_name(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => write!(name, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    if name.is_empty() {
        return "%".to_owned();
    }
    if name.len() > MAX_NAME {
        name.truncate(KEPT_OF_NAME);
        write!(name, "~{:016x}", hash(text)).expect("a string takes everything");
    }
    name
}

/// FNV-1a: the same on every machine and for ever.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Opens a file to be read; what is no file, a pipe for instance, might never end, or never begin.
pub fn open(path: &Path) -> io::Result<File> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "it is no file");
    if !fs::metadata(path).map_err(naming(path))?.is_file() {
        return Err(naming(path)(no_file()));
    }
    File::open(path).map_err(naming(path))
}

/// A file's text; none if it is longer than so many bytes, or no file.
pub fn read_short(path: &Path, most: u64) -> Option<String> {
    let file = open(path).ok()?;
    let is_short = file.metadata().is_ok_and(|metadata| metadata.len() <= most);
    is_short.then(|| io::read_to_string(file).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_of_files_are_plain_short_and_different() {
        let long = |last: char| "k".repeat(300) + &String::from(last);
        let texts = ["", "a", "a.b", "a/b", "a_b", "a%2Fb", "..", "\0", "é", "c:", &long('1'), &long('2')];
        let names: Vec<String> = texts.iter().map(|text| file_name(text)).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), texts.len(), "{names:?}");
        let directory = tempfile::tempdir().unwrap();
        for name in &names {
            assert!(name.len() <= MAX_NAME && !name.contains(['/', '.', '\0']), "{name}");
            fs::write(directory.path().join(format!("{name}.linear.svg")), "").unwrap();
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), names.len());
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .unwrap();
        assert!(open(&pipe).unwrap_err().to_string().ends_with("pipe: it is no file"));
        assert!(write_text(directory.path(), "pipe", "?").unwrap_err().to_string().contains("pipe: "));
        assert!(open(directory.path()).is_err());
        assert_eq!(read_short(&pipe, u64::MAX), None);
    }
}
