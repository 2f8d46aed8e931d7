//! Nodes with a memory: killed at any moment, and started on what is not theirs.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::common::*;
use serde_json::json;
use tempfile::TempDir;

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A whole life in this directory.
fn live_in(binary: &str, data: &Path, input: &str) -> Output {
    live(binary, input, |command| {
        command.arg("--data").arg(data);
    })
}

/// The one line that a node left that did not serve, which ended with this status.
#[track_caller]
fn refusal(life: &Output, status: i32) -> String {
    assert_eq!((life.status.code(), &*life.stdout), (Some(status), &b""[..]), "{life:?}");
    let mut lines = complaints(life);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn all_programs_take_a_data_directory_and_what_was_acknowledged_is_there_again() {
    for binary in ALL {
        let data = directory();
        for _ in 0..2 {
            let life = live_in(binary.path, data.path(), &binary.flood(3));
            assert_eq!(
                (answered(said(&life)), complaints(&life)),
                (vec![1, 2, 3, 4], vec![]),
                "{}",
                binary.name
            );
        }
        let is_kept = fs::metadata(data.path().join("n1/journal")).is_ok();
        assert_eq!(is_kept, binary.gossips, "{}", binary.name);
    }
}

#[test]
fn a_second_life_goes_on_where_the_first_ended() {
    let data = directory();
    let add = |msg_id| line(json!({"type": "add", "delta": 5, "msg_id": msg_id}));
    for round in 1..=3 {
        let input = init(&["n1"]) + &add(2) + &line(json!({"type": "read", "msg_id": 3}));
        let life = live_in(env!("CARGO_BIN_EXE_counter"), data.path(), &input);
        assert_eq!(bodies(said(&life)).last().unwrap()["value"], 5 * round);
    }
}

#[test]
fn without_a_data_directory_nothing_is_written() {
    let data = directory();
    live(BROADCAST, init(&["n1"]), |command| {
        command.current_dir(data.path());
    });
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
}

/// A source of numbers that is the same each time (Knuth's MMIX).
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A life under load that ends with SIGKILL after so many answers. Gives all that the node said.
fn killed_after(answers: u64, data: &Path, input: String) -> String {
    let mut command = Command::new(BROADCAST);
    command.arg("--data").arg(data).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    // The node dies before it has heard everything.
    let writer = thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let (mut stdout, mut text) = (BufReader::new(stdout), String::new());
    for _ in 0..answers {
        stdout.read_line(&mut text).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    stdout.read_to_string(&mut text).unwrap();
    writer.join().unwrap();
    text
}

#[test]
fn killed_two_hundred_times_under_load_a_node_has_all_that_it_acknowledged() {
    let (data, mut draw) = (directory(), Draw(7));
    let mut acknowledged: Vec<u64> = Vec::new();
    for life in 0..200 {
        // The number of a message is its value; 1 is the handshake and 2 the read.
        let first = 3 + life * 400;
        let broadcast = |value| line(json!({"type": "broadcast", "message": value, "msg_id": value}));
        let input = init(&["n1"])
            + &line(json!({"type": "read", "msg_id": 2}))
            + &(first..first + 400).map(broadcast).collect::<String>();
        let said = killed_after(2 + draw.below(250), data.path(), input);
        let whole = &said[..said.rfind('\n').map_or(0, |end| end + 1)];
        let answers = bodies(whole.as_bytes());
        let mut held: Vec<u64> =
            answers[1]["messages"].as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect();
        held.sort_unstable();
        assert!(acknowledged.iter().all(|value| held.binary_search(value).is_ok()), "life {life}");
        // What was kept and not acknowledged may be there as well.
        acknowledged = held;
        acknowledged.extend(answers[2..].iter().map(|answer| answer["in_reply_to"].as_u64().unwrap()));
    }
    assert!(acknowledged.len() > 10_000, "{} values", acknowledged.len());
}

/// Records go before answers: when the journal holds a batch, its answers may never have left.
#[test]
fn what_was_kept_when_a_node_was_killed_is_there_again_whether_anybody_heard_of_it_or_not() {
    let data = directory();
    let broadcast = |value| line(json!({"type": "broadcast", "message": value, "msg_id": value}));
    let input = init(&["n1"]) + &(1..=500).map(broadcast).collect::<String>();
    // All of it waits in the pipe, which holds 64 KiB, before the node reads for the first time.
    let (stdin, mut pipe) = io::pipe().unwrap();
    assert!(input.len() < 64 << 10);
    pipe.write_all(input.as_bytes()).unwrap();
    let mut command = Command::new(BROADCAST);
    command.arg("--data").arg(data.path()).stdin(stdin).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Of all that it says nobody reads more than the first two lines.
    let mut said_first = BufReader::with_capacity(1, child.stdout.take().unwrap());
    (0..2).for_each(|_| _ = said_first.read_line(&mut String::new()).unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    let read = init(&["n1"]) + &line(json!({"type": "read", "msg_id": 2}));
    let life = live_in(BROADCAST, data.path(), &read);
    let held = bodies(said(&life)).remove(1);
    assert!(held["messages"].as_array().unwrap().len() > 10, "{held}");
}

#[test]
fn a_directory_in_use_is_refused_until_its_owner_is_gone() {
    let data = directory();
    let mut first = Talk::with(BROADCAST, &["--data", data.path().to_str().unwrap()]);
    first.say(init(&["n1"]));
    first.hear();
    let refusal = refusal(&live_in(BROADCAST, data.path(), &init(&["n1"])), 3);
    assert!(refusal.contains("another process has it"), "{refusal}");
    let other = live_in(
        BROADCAST,
        data.path(),
        &init(&["n1", "n2"]).replace(r#""node_id":"n1""#, r#""node_id":"n2""#),
    );
    assert_eq!(answered(said(&other)), [1], "another node has a folder of its own");
    first.end();
    assert_eq!(answered(said(&live_in(BROADCAST, data.path(), &init(&["n1"])))), [1]);
}

#[test]
fn journals_of_others_and_damaged_ones_are_refused_and_left_as_they_are() {
    let data = directory();
    let flood = ALL[2].flood(2000);
    said(&live_in(BROADCAST, data.path(), &flood));
    said(&live_in(BROADCAST, data.path(), &flood));
    let journal = data.path().join("n1/journal");
    let sound = fs::read(&journal).unwrap();
    let expect = |bytes: &[u8], binary: &str, node_ids: &[&str], words: &str| {
        fs::write(&journal, bytes).unwrap();
        let line = refusal(&live_in(binary, data.path(), &init(node_ids)), 3);
        assert!(line.contains(words) && line.contains("n1/journal"), "{line}");
        assert_eq!(fs::read(&journal).unwrap(), bytes);
    };
    expect(&sound, env!("CARGO_BIN_EXE_log"), &["n1"], "another kind of node");
    expect(&sound, BROADCAST, &["n1", "n2"], "a cluster of other nodes");
    expect(b"", BROADCAST, &["n1"], "no journal");
    expect(b"something that somebody else has put here", BROADCAST, &["n1"], "no journal");
    let changed = |place: usize| {
        let mut bytes = sound.clone();
        bytes[place] ^= 0x10;
        bytes
    };
    expect(&changed(16), BROADCAST, &["n1"], "version 17");
    expect(&changed(60), BROADCAST, &["n1"], "damaged from byte 32");
    expect(&changed(sound.len() / 2), BROADCAST, &["n1"], "damaged from byte");
    fs::create_dir(data.path().join("n2")).unwrap();
    fs::write(data.path().join("n2/journal"), &sound).unwrap();
    let as_n2 = init(&["n1", "n2"]).replace(r#""node_id":"n1""#, r#""node_id":"n2""#);
    let line = refusal(&live_in(BROADCAST, data.path(), &as_n2), 3);
    assert!(line.contains("another node, `n1`"), "{line}");
}

#[test]
fn a_torn_tail_is_cut_off_and_told() {
    let data = directory();
    said(&live_in(BROADCAST, data.path(), &ALL[2].flood(3)));
    let journal = data.path().join("n1/journal");
    let sound = fs::read(&journal).unwrap();
    fs::write(&journal, [&sound[..], b"a piece of a batch"].concat()).unwrap();
    let read = init(&["n1"]) + &line(json!({"type": "read", "msg_id": 2}));
    let life = live_in(BROADCAST, data.path(), &read);
    assert_eq!(bodies(said(&life))[1]["messages"], json!([7, 7, 7]));
    let told = complaints(&life);
    assert!(told.len() == 1 && told[0].contains("cut off 18 bytes"), "{told:?}");
    assert_eq!(fs::read(&journal).unwrap(), sound);
}

#[test]
fn a_checkpoint_that_was_cut_short_changes_nothing() {
    let data = directory();
    said(&live_in(BROADCAST, data.path(), &ALL[2].flood(3)));
    let aside = data.path().join("n1/journal.new");
    fs::write(&aside, "a piece of a checkpoint").unwrap();
    let read = init(&["n1"]) + &line(json!({"type": "read", "msg_id": 2}));
    let life = live_in(BROADCAST, data.path(), &read);
    assert_eq!((complaints(&life), fs::exists(&aside).unwrap()), (vec![], false));
    assert_eq!(bodies(said(&life))[1]["messages"], json!([7, 7, 7]));
}

#[test]
fn a_disk_that_is_full_ends_the_node_with_nothing_acknowledged_that_is_not_there() {
    let data = directory();
    let flood = ALL[2].flood(100_000);
    // No file may have more than 64 KiB; the signal that tells so is ignored, and the call fails.
    let limited = live("/bin/sh", &flood, |command| {
        let script = r#"trap "" XFSZ; ulimit -f 64; exec "$0" --data "$1""#;
        command.args(["-c", script, BROADCAST]).arg(data.path());
    });
    assert_eq!(limited.status.code(), Some(4), "{limited:?}");
    let told = complaints(&limited);
    assert!(told.len() == 1 && told[0].contains("File too large"), "{told:?}");
    let whole = limited.stdout.len() - limited.stdout.iter().rev().take_while(|&&byte| byte != b'\n').count();
    let acknowledged = answered(&limited.stdout[..whole]).len() - 1;
    let read = init(&["n1"]) + &line(json!({"type": "read", "msg_id": 2}));
    let life = live_in(BROADCAST, data.path(), &read);
    let held = bodies(said(&life))[1]["messages"].as_array().unwrap().len();
    assert!((1..=held).contains(&acknowledged), "{acknowledged} acknowledged, {held} held");
}

#[test]
fn a_place_where_nothing_can_be_kept_is_told() {
    let data = directory();
    let file = data.path().join("file");
    File::create(&file).unwrap();
    for place in [file.clone(), file.join("below"), Path::new("/proc/nothing").to_path_buf()] {
        let line = refusal(&live_in(BROADCAST, &place, &init(&["n1"])), 4);
        assert!(line.contains(place.to_str().unwrap()), "{line}");
    }
    let nowhere = live(BROADCAST, "", |command| {
        command.args(["--data", ""]);
    });
    assert_eq!(nowhere.status.code(), Some(2));
}

#[test]
fn links_and_pipes_in_place_of_a_journal_are_not_followed() {
    let (data, elsewhere) = (directory(), directory());
    said(&live_in(BROADCAST, elsewhere.path(), &ALL[2].flood(3)));
    let before = fs::read(elsewhere.path().join("n1/journal")).unwrap();
    symlink(elsewhere.path().join("n1"), data.path().join("n1")).unwrap();
    refusal(&live_in(BROADCAST, data.path(), &init(&["n1"])), 4);
    fs::remove_file(data.path().join("n1")).unwrap();
    fs::create_dir(data.path().join("n1")).unwrap();
    let journal = data.path().join("n1/journal");
    symlink(elsewhere.path().join("n1/journal"), &journal).unwrap();
    refusal(&live_in(BROADCAST, data.path(), &init(&["n1"])), 4);
    fs::remove_file(&journal).unwrap();
    assert!(Command::new("mkfifo").arg(&journal).status().unwrap().success());
    refusal(&live_in(BROADCAST, data.path(), &init(&["n1"])), 4);
    assert_eq!(fs::read(elsewhere.path().join("n1/journal")).unwrap(), before);
    // The directory itself is the user's to choose.
    symlink(elsewhere.path(), data.path().join("link")).unwrap();
    said(&live_in(BROADCAST, &data.path().join("link"), &init(&["n1"])));
}

#[test]
fn whatever_a_node_is_called_it_has_a_folder_in_the_directory_for_its_owner_only() {
    let data = directory();
    let names = ["..", ".", "/", "/etc/n1", "../../n1", "", "a\u{0}b", "é n", &"long".repeat(1000)];
    for name in names {
        let body = json!({"type": "init", "msg_id": 1, "node_id": name, "node_ids": [name]});
        let life = live_in(BROADCAST, &data.path().join("new/data"), &line(body));
        assert_eq!(answered(said(&life)), [1], "{name:?}");
    }
    let is_private = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0;
    let folders: Vec<_> =
        fs::read_dir(data.path().join("new/data")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), names.len());
    assert!(folders.iter().all(|folder| is_private(folder) && is_private(&folder.join("journal"))));
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
}
