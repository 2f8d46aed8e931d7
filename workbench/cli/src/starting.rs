//! Finds the program to be tested, before anything is started; where it cannot be started, what to do about it.

use super::suggest;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use worlds::processes::Binary;

/// Of a program, so much is looked at for the line that names its interpreter.
const LONGEST_FIRST_LINE: u64 = 512;

/// The program that is to be started, with its arguments; otherwise, what is wrong.
///
/// Nodes are at home in the system's temporary directory, as under Maelstrom. Of a command that was found in PATH, arguments
/// that are files here are given by their whole path: `--bin python3 -- node.py` means this very `node.py`.
pub(super) fn prepare(asked: &Binary) -> Result<Binary, String> {
    let path = find(&asked.path)?;
    let is_command = !asked.path.exists();
    let in_full = |argument: &String| match Path::new(argument).canonicalize() {
        Ok(file) if is_command && file.is_file() => file.to_string_lossy().into_owned(),
        _ => argument.clone(),
    };
    Ok(Binary { path, arguments: asked.arguments.iter().map(in_full).collect() })
}

/// The program that `--bin` names: a file, or a command that the shell would find. Otherwise, what is wrong.
fn find(named: &Path) -> Result<PathBuf, String> {
    match fs::metadata(named) {
        Ok(metadata) if metadata.is_dir() => {
            Err(format!("{} is a directory; --bin wants the program in it", named.display()))
        }
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => Err(not_executable(named)),
        Ok(_) => check_interpreter(named)
            .and_then(|()| named.canonicalize().map_err(|error| format!("{}: {error}", named.display()))),
        Err(error) => in_path(named.as_os_str()).ok_or_else(|| not_there(named, &error)),
    }
}

fn not_executable(named: &Path) -> String {
    let shown = named.display();
    let by_hand = match named.extension().and_then(OsStr::to_str) {
        Some("py") => format!(", or name what runs it: --bin python3 {shown}"),
        Some("js" | "mjs") => format!(", or name what runs it: --bin node {shown}"),
        _ => String::new(),
    };
    format!("{shown} is not executable. Make it so: chmod +x {shown}{by_hand}")
}

/// A script's first line says what runs it. The system's own message, when that is missing, is that the script were.
fn check_interpreter(script: &Path) -> Result<(), String> {
    let mut head = Vec::new();
    let read = File::open(script).and_then(|file| file.take(LONGEST_FIRST_LINE).read_to_end(&mut head));
    if read.is_err() || !head.starts_with(b"#!") {
        return Ok(());
    }
    let line = head[2..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let shown = script.display();
    let mut words = line.split_whitespace();
    let interpreter = words.next().unwrap_or_default();
    if line.ends_with('\r') {
        return Err(format!(
            "The first line of {shown}, #!{}, ends with a carriage return (\\r), as Windows ends lines: no interpreter has \
             that in its name. Take them out: sed -i 's/\\r$//' {shown}",
            line.trim_end()
        ));
    }
    if !Path::new(interpreter).exists() {
        return Err(format!(
            "The first line of {shown} names the interpreter {interpreter}, which is not there. Install it, or mend the line"
        ));
    }
    let is_env = Path::new(interpreter).file_name() == Some(OsStr::new("env"));
    let program = words.find(|word| !word.starts_with('-') && !word.contains('='));
    match program.filter(|program| is_env && in_path(OsStr::new(program)).is_none()) {
        Some(program) => Err(format!(
            "The first line of {shown} asks env for the interpreter {program}, which is nowhere in PATH. Install it, or mend \
             the line"
        )),
        None => Ok(()),
    }
}

/// A command that a shell would find.
fn in_path(name: &OsStr) -> Option<PathBuf> {
    if name.is_empty() || Path::new(name).components().count() != 1 {
        return None;
    }
    let directories = std::env::var_os("PATH")?;
    let is_program = |path: &PathBuf| {
        fs::metadata(path)
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&directories).map(|directory| directory.join(name)).find(is_program)
}

fn not_there(named: &Path, error: &std::io::Error) -> String {
    let text = named.to_string_lossy();
    if let Some((program, rest)) = text.trim().split_once(char::is_whitespace) {
        let exists = Path::new(program).exists() || in_path(OsStr::new(program)).is_some();
        if exists {
            let rest = rest.trim();
            return format!(
                "\"{text}\" is a whole command line; --bin takes the program alone, and its arguments follow all flags: \
                 --bin {program} … -- {rest}"
            );
        }
    }
    let directory = named.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let name = named.file_name().unwrap_or_default().to_string_lossy();
    let similar = suggest::similar(&name, names).map(|found| directory.join(found).display().to_string());
    let advice = similar.map_or(String::new(), |path| format!(". Did you mean {path}?"));
    format!("{text}: {error}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(directory: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn what_cannot_be_started_is_told_with_what_to_do() {
        let temporary = tempfile::tempdir().unwrap();
        let home = temporary.path();
        let why = |path: PathBuf| find(&path).unwrap_err();
        assert!(why(script(home, "plain.py", "#!/bin/sh\n", 0o644)).contains("chmod +x"));
        assert!(why(home.to_owned()).contains("is a directory"));
        assert!(
            why(script(home, "lost", "#!/opt/none/python9\n", 0o755))
                .contains("/opt/none/python9, which is not there")
        );
        assert!(
            why(script(home, "env", "#!/usr/bin/env no-such-python\n", 0o755))
                .contains("no-such-python, which is nowhere")
        );
        assert!(why(script(home, "crlf", "#!/bin/sh\r\n", 0o755)).contains("carriage return"));
        script(home, "my-node.py", "#!/bin/sh\n", 0o755);
        assert!(why(home.join("my_node.py")).contains("Did you mean"), "{}", why(home.join("my_node.py")));
    }

    #[test]
    fn a_command_is_found_as_a_shell_finds_it_and_a_whole_command_line_is_taken_apart() {
        assert!(find(Path::new("sh")).unwrap().ends_with("sh"));
        let why = find(Path::new("sh -c true")).unwrap_err();
        assert!(why.contains("--bin sh … -- -c true"), "{why}");
        assert!(find(Path::new("/does/not/exist")).unwrap_err().starts_with("/does/not/exist: No such file"));
    }
}
