//! What whoever writes files needs.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Adds a path to an error of the system, which does not name it.
pub fn naming(path: &Path) -> impl FnOnce(io::Error) -> io::Error + '_ {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Writes a file; its error names it.
pub fn write(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let write = || {
        let mut out = BufWriter::new(File::create(path)?);
        content(&mut out)?;
        out.flush()
    };
    write().map_err(naming(path))
}

/// Writes a file of text into a directory.
pub fn write_text(directory: &Path, file: &str, text: &str) -> io::Result<()> {
    let path = directory.join(file);
    fs::write(&path, text).map_err(naming(&path))
}
