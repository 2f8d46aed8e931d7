//! How many instructions things take: a figure that no other program disturbs.
//!
//! Without arguments each subject runs under valgrind's callgrind twice, with as much to do and with twice as much. The
//! difference belongs to the work alone, and divided by its amount it is compared with what `instructions.txt` has. More
//! than 5 % more than recorded is a failure; less is worth recording. `--record` writes the file anew. Where there is no
//! valgrind it says so, and that is all.
//!
//! The figures are those of one compiler and one libc, so whoever changes these records again.

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::process::{Command, ExitCode, Stdio};

use benches::cluster::{Cluster, ask, delta, node};
use benches::requests::{line, pipe_full};
use machines::{Broadcast, Counter, Echo, Log, Machine, Outputs, Time, Txn, UniqueIds};

/// Where the recorded figures are.
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");

/// So much more than recorded is let pass, in percent.
const TOLERANCE: u64 = 5;

/// Something to count: its name, and what does it so many times.
type Subject = (&'static str, fn(usize));

const SUBJECTS: [Subject; 10] = [
    ("echo", |times| {
        requests::<Echo>(times, |number| format!(r#""type":"echo","echo":"Please echo {number}""#))
    }),
    ("generate", |times| requests::<UniqueIds>(times, |_| r#""type":"generate""#.to_string())),
    ("broadcast", |times| requests::<Broadcast>(times, broadcast)),
    ("counter add", |times| requests::<Counter>(times, |number| format!(r#""type":"add","delta":{number}"#))),
    ("log send", |times| requests::<Log>(times, send)),
    ("txn of 4", |times| requests::<Txn>(times, transaction)),
    ("merge a value", |times| merge::<Broadcast>(times, broadcast)),
    ("merge a send", |times| merge::<Log>(times, send)),
    ("merge a txn", |times| merge::<Txn>(times, transaction)),
    ("round of 25 nodes", |times| {
        let mut cluster = Cluster::<Broadcast>::new(25);
        for number in 0..times / 100 {
            (0..25).for_each(|position| cluster.tell(position, &line(&broadcast(number), number)));
            black_box(cluster.settle());
        }
    }),
];

/// How much is done, and then twice as much. Costs are for one request, one merged value, a hundredth of a round.
const TIMES: usize = 2000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure(false),
        ["--record"] => measure(true),
        ["run", name, times] => {
            let (_, run) = SUBJECTS.iter().find(|(other, _)| other == name).ok_or("no such subject")?;
            run(times.parse()?);
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("usage: instructions [--record | run SUBJECT TIMES]".into()),
    }
}

fn measure(is_to_record: bool) -> Result<ExitCode, Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("there is no valgrind here, so no instructions are counted");
        return Ok(ExitCode::SUCCESS);
    }
    let recorded = fs::read_to_string(RECORD).unwrap_or_default();
    let mut measured = String::new();
    let mut is_within = true;
    println!("| subject | instructions | recorded | |");
    println!("| --- | --- | --- | --- |");
    for (name, _) in SUBJECTS {
        let each = (count(name, 2 * TIMES)? - count(name, TIMES)?) / TIMES as u64;
        let before = recorded.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        let is_more = before.is_none_or(|before| each * 100 > before * (100 + TOLERANCE));
        let change = before.map_or(0.0, |before| (each as f64 / before as f64 - 1.0) * 100.0);
        let verdict = match before {
            None => "not recorded",
            Some(_) if is_more => "MORE",
            Some(_) => "",
        };
        println!("| {name} | {each} | {} | {change:+.1} % {verdict} |", before.unwrap_or(0));
        is_within &= !is_more;
        measured += &format!("{name:<20}{each}\n");
    }
    if is_to_record {
        fs::write(RECORD, measured)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !is_within {
        println!(
            "more than {TOLERANCE} % more than {RECORD} says; if that is worth it: just bench-instructions --record"
        );
    }
    Ok(if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The instructions of a whole run.
fn count(name: &str, times: usize) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["run", name, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.filter(|_| output.status.success()).ok_or_else(|| format!("valgrind failed: {said}").into())
}

/// Requests to a node alone.
fn requests<M: Machine>(times: usize, body: fn(usize) -> String) {
    let mut node = node::<M>(0, 1);
    let (lines, count) = pipe_full(body);
    let lines: Vec<&str> = lines.lines().collect();
    let mut outputs = Outputs::default();
    for number in 0..times {
        outputs.clear();
        node.on_line(Time::ZERO, lines[number % count].as_bytes(), &mut outputs).expect("a message");
        black_box(outputs.bytes());
    }
}

/// Updates of another node, a hundred at a time.
fn merge<M: Machine>(times: usize, body: fn(usize) -> String) {
    const BATCH: usize = 100;
    let delta = delta::<M>(body, BATCH);
    for _ in 0..times / BATCH {
        let mut node = node::<M>(0, 2);
        let mut outputs = Outputs::default();
        node.on_line(Time::ZERO, delta.as_bytes(), &mut outputs).expect("a message");
        black_box(ask(&mut node, &line(r#""type":"nothing""#, 1)));
    }
}

fn broadcast(number: usize) -> String {
    format!(r#""type":"broadcast","message":{number}"#)
}

fn send(number: usize) -> String {
    format!(r#""type":"send","key":"{}","msg":{number}"#, number % 10)
}

fn transaction(number: usize) -> String {
    let (one, other) = (number % 10, (number + 5) % 10);
    format!(
        r#""type":"txn","txn":[["r",{one},null],["w",{other},{number}],["r",{other},null],["w",{one},7]]"#
    )
}
