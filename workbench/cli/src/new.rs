//! `workbench new`: a node to begin with. Small, commented, and right as it is for the load that its first line names; what is
//! still to be done is marked in it.
//!
//! A language is a frame, with the loop over stdin and what writes messages; a workload is a few lines in it, `handle`.

use super::arguments::{self, NotParsed};
use super::challenges::CHALLENGES;
use super::suggest;
use super::verdict::Exit;
use super::{complain, refuse, say};
use bench::options::Workload;
use clap::Parser;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use worlds::files::naming;

/// `workbench new`: write a small node that runs as it is, to begin with.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(super) struct NewArguments {
    /// Workload or challenge: echo, unique-ids, broadcast, g-set, g-counter, pn-counter, kafka, txn-rw-register,
    /// txn-list-append, lin-kv; or 1, 2, 3a, …
    #[arg(value_name = "WORKLOAD")]
    workload: Option<String>,
    /// Language: python, go, javascript, rust
    #[arg(short, long, value_name = "NAME", default_value = "python")]
    language: String,
    /// Where to write it [default: a file or directory named after the workload, here]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  workbench new echo                         echo.py, in Python
  workbench new broadcast -l go              broadcast.go
  workbench new 5a --language rust           kafka/, a crate";

/// A language: its frame, its handlers, and how its programs come to run.
struct Language {
    name: &'static str,
    frame: &'static str,
    handlers: &'static str,
    /// What the file or directory is called, behind the workload's name.
    ending: &'static str,
    /// What makes a program of it, and the program. `@` is the path.
    build: &'static str,
    program: &'static str,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "python",
        frame: include_str!("new/python.txt"),
        handlers: include_str!("new/python.handlers"),
        ending: ".py",
        build: "",
        program: "@",
    },
    Language {
        name: "go",
        frame: include_str!("new/go.txt"),
        handlers: include_str!("new/go.handlers"),
        ending: ".go",
        build: "go build -o @.bin @ && ",
        program: "@.bin",
    },
    Language {
        name: "javascript",
        frame: include_str!("new/javascript.txt"),
        handlers: include_str!("new/javascript.handlers"),
        ending: ".js",
        build: "",
        program: "@",
    },
    Language {
        name: "rust",
        frame: include_str!("new/rust.txt"),
        handlers: include_str!("new/rust.handlers"),
        ending: "",
        build: "cargo build --release --manifest-path @/Cargo.toml && ",
        program: "@/target/release/node",
    },
];

/// The manifest of a node in Rust. It is no member of any workspace that it may lie in.
const MANIFEST: &str = "\
[package]
name = \"node\"
version = \"0.1.0\"
edition = \"2021\"

[dependencies]
serde_json = \"1\"

[workspace]
";

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let parsed = arguments::parse("new", words).and_then(|arguments: NewArguments| {
        let node = Node::asked_for(&arguments).map_err(NotParsed::Wrong)?;
        Ok((arguments, node))
    });
    let (arguments, node) = match parsed {
        Ok(parsed) => parsed,
        Err(reason) => return refuse(reason),
    };
    let path = arguments.output.unwrap_or_else(|| node.default_path());
    match node.write(&path) {
        Ok(written) => {
            say(&format!(
                "{} is a node for {}. Judge it:\n\n  {}",
                written.display(),
                node.workload.name(),
                node.command(&path)
            ));
            Exit::Valid
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            complain(&format!("{error}. Nothing was written; choose another place with --output"));
            Exit::BadArguments
        }
        Err(error) => {
            complain(&format!("Cannot write it: {error}"));
            Exit::Crashed
        }
    }
}

/// A node to be written.
struct Node {
    workload: Workload,
    language: &'static Language,
}

impl Node {
    fn asked_for(arguments: &NewArguments) -> Result<Node, Vec<String>> {
        let names = Workload::ALL.map(Workload::name);
        let Some(name) = &arguments.workload else {
            return Err(vec![format!("Expected a WORKLOAD: {}", names.join(", "))]);
        };
        let of_challenge =
            CHALLENGES.iter().find(|challenge| challenge.name == name).map(|found| found.workload);
        let name = of_challenge.unwrap_or(name);
        let workload = Workload::ALL.into_iter().find(|workload| workload.name() == name);
        let language = LANGUAGES.iter().find(|language| language.name == arguments.language);
        let mut mistakes = Vec::new();
        if workload.is_none() {
            let meant = suggest::did_you_mean(name, names);
            mistakes.push(format!("There is no workload \"{name}\": there are {}{meant}", names.join(", ")));
        }
        if language.is_none() {
            let names = LANGUAGES.each_ref().map(|language| language.name).join(", ");
            mistakes.push(format!(
                "There is nothing in the language \"{}\": there are {names}",
                arguments.language
            ));
        }
        workload.zip(language).map(|(workload, language)| Node { workload, language }).ok_or(mistakes)
    }

    fn default_path(&self) -> PathBuf {
        format!("{}{}", self.workload.name(), self.language.ending).into()
    }

    /// The source, for a node at this path.
    fn source(&self, path: &Path) -> String {
        let about = format!("A node for {}: {}", self.workload.name(), about(self.workload));
        let handlers = handlers(self.language.handlers, self.workload);
        let frame = self.language.frame.replace("@ABOUT@", &about).replace("@COMMAND@", &self.command(path));
        frame.replace("@HANDLERS@", handlers.trim_end())
    }

    /// The line that judges it.
    fn command(&self, path: &Path) -> String {
        let path = shell_words::quote(&path.to_string_lossy()).into_owned();
        let Language { build, program, .. } = self.language;
        format!(
            "{}workbench {} --bin {}",
            build.replace('@', &path),
            load(self.workload),
            program.replace('@', &path)
        )
    }

    /// Writes it, over nothing that is there. What was written is returned.
    fn write(&self, path: &Path) -> io::Result<PathBuf> {
        let source = self.source(path);
        if !self.language.ending.is_empty() {
            create(path, &source, 0o755)?;
            return Ok(path.to_owned());
        }
        fs::create_dir_all(path.join("src")).map_err(naming(path))?;
        let main = path.join("src/main.rs");
        create(&main, &source, 0o644)?;
        create(&path.join("Cargo.toml"), MANIFEST, 0o644)?;
        Ok(main)
    }
}

fn create(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(naming(path))
}

/// What the node is right for as it is.
fn load(workload: Workload) -> &'static str {
    match workload {
        Workload::Echo => "challenge 1",
        Workload::UniqueIds => "challenge 2",
        Workload::Broadcast => "challenge 3a-3b",
        Workload::Kafka => "challenge 5a",
        Workload::TxnRwRegister => "challenge 6a",
        Workload::GSet => "test -w g-set --node-count 3 --time-limit 10",
        Workload::GCounter => "test -w g-counter --node-count 1 --time-limit 10",
        Workload::PnCounter => "test -w pn-counter --node-count 1 --time-limit 10",
        Workload::TxnListAppend => "test -w txn-list-append --node-count 1 --time-limit 10",
        Workload::LinKv => "test -w lin-kv --node-count 1 --concurrency 2n --time-limit 10",
    }
}

fn about(workload: Workload) -> &'static str {
    match workload {
        Workload::Echo => "it says back what it is told.",
        Workload::UniqueIds => "it hands out ids, none twice.",
        Workload::Broadcast => "it remembers numbers, and tells the other nodes.",
        Workload::GSet => "it remembers elements, and tells the other nodes.",
        Workload::GCounter | Workload::PnCounter => "it keeps a sum.",
        Workload::Kafka => "it appends messages to logs, by key.",
        Workload::TxnRwRegister => "it reads and writes registers in transactions.",
        Workload::TxnListAppend => "it reads and appends to lists in transactions.",
        Workload::LinKv => "it keeps values by key, which can be compared and set.",
    }
}

/// The part of a file of handlers that is about a workload: it stands below a line `@@ NAME NAME …`.
fn handlers(text: &'static str, workload: Workload) -> &'static str {
    let mut sections = text.split("@@ ").filter_map(|section| section.split_once('\n'));
    let is_about = |names: &str| names.split(' ').any(|name| name == workload.name());
    sections.find(|(names, _)| is_about(names)).map_or("", |(_, handlers)| handlers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_node_for_every_workload() {
        for language in &LANGUAGES {
            for workload in Workload::ALL {
                let node = Node { workload, language };
                let source = node.source(&node.default_path());
                assert!(
                    source.contains("handle") && source.contains("_ok"),
                    "{} {}",
                    language.name,
                    workload.name()
                );
                assert!(!source.contains("@HANDLERS@") && !source.contains("@COMMAND@"));
                assert!(source.contains(&format!("A node for {}:", workload.name())));
            }
        }
    }

    #[test]
    fn nothing_is_written_over() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("echo.py");
        let node = Node { workload: Workload::Echo, language: &LANGUAGES[0] };
        assert_eq!(node.write(&path).unwrap(), path);
        assert_eq!(node.write(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(node.command(Path::new("my node.py")).ends_with("--bin 'my node.py'"));
    }

    #[test]
    fn a_challenge_stands_for_its_workload() {
        let asked = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            Node::asked_for(&arguments::parse("new", &words).unwrap())
                .map(|node| (node.workload, node.language.name))
        };
        assert_eq!(asked(&["3d", "-l", "go"]), Ok((Workload::Broadcast, "go")));
        assert!(asked(&["brodcast"]).unwrap_err()[0].contains("Did you mean \"broadcast\"?"));
        assert_eq!(asked(&["echo", "-l", "cobol"]).unwrap_err().len(), 1);
        assert!(asked(&[]).unwrap_err()[0].starts_with("Expected a WORKLOAD"));
    }
}
