//! `workbench new`: each node that it writes runs as it is, and is right for what its first line says. Where a language is
//! missing, its part is left out.

use super::bench::{command, finished, workbench_with};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Workloads, and a load for which the nodes are right.
const LOADS: [(&str, &str); 10] = [
    ("echo", "--node-count 2"),
    ("unique-ids", "--node-count 3 --availability total"),
    ("broadcast", "--node-count 3 --recovery 1"),
    ("g-set", "--node-count 3 --recovery 1"),
    ("g-counter", "--node-count 1 --recovery 0.1"),
    ("pn-counter", "--node-count 1 --recovery 0.1"),
    ("kafka", "--node-count 1 --concurrency 2n --recovery 0.1"),
    ("txn-rw-register", "--node-count 1 --concurrency 2n"),
    ("txn-list-append", "--node-count 1 --concurrency 2n"),
    ("lin-kv", "--node-count 1 --concurrency 2n"),
];

fn is_there(program: &str) -> bool {
    let asks = if program == "go" { "version" } else { "--version" };
    let quiet = Command::new(program).arg(asks).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// Writes a node for this workload into the directory.
fn written(directory: &Path, workload: &str, language: &str, name: &str) -> PathBuf {
    let words = ["new", workload, "--language", language, "--output", name];
    let output = command(&words, directory).output().expect("the workbench starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Judge it:"));
    directory.join(name)
}

fn is_right(workload: &str, load: &str, program: &Path) {
    let program = program.display().to_string();
    let mut words = vec!["test", "-w", workload, "--bin", &program, "--rate", "50", "--time-limit", "1"];
    words.extend(["--seed", "1", "--init-timeout", "60"]);
    words.extend(load.split(' '));
    let ran = workbench_with(&words);
    assert_eq!(
        ran.last_line(),
        "Everything looks good! ヽ(‘ー`)ノ",
        "{workload}, {program}:\n{}",
        ran.stdout
    );
}

#[test]
fn nodes_to_begin_with_are_right_in_languages_that_are_interpreted() {
    std::thread::scope(|scope| {
        for (interpreter, language, ending) in [("python3", "python", "py"), ("node", "javascript", "js")] {
            for loads in LOADS.chunks(4).filter(|_| is_there(interpreter)) {
                scope.spawn(move || {
                    let home = tempfile::tempdir().unwrap();
                    for (workload, load) in loads {
                        let name = format!("{workload}.{ending}");
                        is_right(workload, load, &written(home.path(), workload, language, &name));
                    }
                });
            }
        }
    });
}

#[test]
fn nodes_to_begin_with_are_right_in_go() {
    let home = tempfile::tempdir().unwrap();
    for (workload, load) in LOADS.iter().filter(|_| is_there("go")) {
        let source = written(home.path(), workload, "go", &format!("{workload}.go"));
        let program = home.path().join(workload);
        let built = Command::new("go").arg("build").arg("-o").arg(&program).arg(&source).output().unwrap();
        assert!(built.status.success(), "{workload}: {}", String::from_utf8_lossy(&built.stderr));
        is_right(workload, load, &program);
    }
}

/// With the serde_json that these tests are built with themselves: nothing is fetched, and only the node is compiled.
#[test]
fn nodes_to_begin_with_are_right_in_rust() {
    let Some(libraries) = std::env::current_exe().unwrap().parent().map(Path::to_owned) else { return };
    let is_serde_json = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("libserde_json-") && name.ends_with(".rlib")
    };
    let mut builds: Vec<PathBuf> = fs::read_dir(&libraries)
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_serde_json)
        .collect();
    builds.sort_by_key(|path| {
        std::cmp::Reverse(fs::metadata(path).and_then(|metadata| metadata.modified()).ok())
    });
    let home = tempfile::tempdir().unwrap();
    for (workload, load) in LOADS.iter().filter(|_| is_there("rustc")) {
        let main = written(home.path(), workload, "rust", workload).join("src/main.rs");
        assert!(home.path().join(workload).join("Cargo.toml").is_file());
        let program = home.path().join(format!("{workload}.node"));
        // Of several builds of a library the one that fits this compiler will do.
        let compiled = builds.iter().take(4).any(|build| {
            let mut rustc = Command::new("rustc");
            rustc.args(["--edition", "2021", "-D", "warnings", "-o"]).arg(&program).arg(&main);
            rustc.arg("--extern").arg(format!("serde_json={}", build.display()));
            rustc.arg("-L").arg(format!("dependency={}", libraries.display()));
            rustc.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        });
        assert!(compiled, "the node for {workload} does not compile");
        if ["echo", "broadcast", "kafka"].contains(workload) {
            is_right(workload, load, &program);
        }
    }
}

#[test]
fn what_is_there_is_not_written_over_and_slips_are_told() {
    let home = tempfile::tempdir().unwrap();
    written(home.path(), "3d", "go", "node.go");
    let output = command(&["new", "echo", "--output", "node.go"], home.path()).output().unwrap();
    finished(output, home).expect(254, &["node.go", "Nothing was written"]);
    workbench_with(&["new", "ecko"]).expect(254, &["Did you mean \"echo\"?"]);
}
