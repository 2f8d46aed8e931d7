//! Copies the source of `machines` and puts the bugs of the catalogue into the copy, each behind a switch.
//!
//! All bugs are in one program, as in Untch, Offutt, Harrold (*Mutation analysis using mutant schemata*, 1993): where the
//! source says `code`, the copy says `if crate::is_on(number) { instead } else { code }`. So the code that ships knows
//! nothing of them, and the copy is compiled once, however many there are.

#[path = "src/catalogue/mod.rs"]
mod catalogue;

use std::path::{Path, PathBuf};
use std::{env, fs};

use catalogue::{BUGS, Bug};

fn main() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../machines/src");
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("machines");
    println!("cargo::rerun-if-changed={}", source.display());
    println!("cargo::rerun-if-changed=src");
    copy(&source, &target);
    for (number, bug) in BUGS.iter().enumerate() {
        put_in(&target.join(bug.file), number, bug);
    }
}

/// Copies a folder. What may only stand at the head of a crate stays behind: the copy is a part of one.
fn copy(source: &Path, target: &Path) {
    fs::create_dir_all(target).expect("cargo lets a build script write there");
    for entry in fs::read_dir(source).expect("machines has a source") {
        let path = entry.expect("it can be listed").path();
        let target = target.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &target);
            continue;
        }
        let text = fs::read_to_string(&path).expect("source is text");
        // Its unit tests are for the original.
        let text = text.replace("#[cfg(test)]", "#[cfg(any())]");
        let is_of_the_crate = |line: &&str| line.starts_with("//!") || line.starts_with("#![");
        let lines: Vec<&str> = text.lines().filter(|line| !is_of_the_crate(line)).collect();
        fs::write(target, lines.join("\n")).expect("cargo lets a build script write there");
    }
}

fn put_in(path: &Path, number: usize, Bug { machine, name, code, instead, .. }: &Bug) {
    let text = fs::read_to_string(path)
        .unwrap_or_else(|_| panic!("`{machine}: {name}` is to be in {}", path.display()));
    let found = text.matches(code).count();
    assert!(
        found == 1,
        "`{machine}: {name}` replaces `{code}`, which is not once but {found} times in {}: adapt the catalogue",
        path.display()
    );
    let switched = format!("if crate::is_on({number}) {{ {instead} }} else {{ {code} }}");
    fs::write(path, text.replace(code, &switched)).expect("cargo lets a build script write there");
}
