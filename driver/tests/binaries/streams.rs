//! What stdin, stdout and stderr can be, and how they can fail.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, PipeReader, Read, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use crate::common::*;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{FdFlags, fcntl_setfd};
#[cfg(target_os = "linux")]
use rustix::pipe::fcntl_getpipe_size;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const FLOOD: u64 = 200_000;

fn flood() -> &'static str {
    static LINES: LazyLock<String> = LazyLock::new(|| {
        let payload = "some text that makes the line as long as lines are under a test bench, or even longer";
        init(&["n1"]) + &(2..=FLOOD).map(|msg_id| echo(msg_id, payload)).collect::<String>()
    });
    &LINES
}

fn full_device() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// Both ends of a terminal: where somebody sits, and what programs are given.
fn terminal() -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    // The other side is to hear it when this one is closed.
    fcntl_setfd(&ours, FdFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    (File::from(ours), File::options().read(true).write(true).open(path).unwrap())
}

fn is_blocking(stream: impl AsFd) -> bool {
    !fcntl_getfl(stream).unwrap().contains(OFlags::NONBLOCK)
}

#[test]
fn a_flood_whose_reader_is_slow_loses_nothing_and_is_not_heaped_up() {
    let flood = flood();
    let mut talk = Talk::with(ECHO, &[]);
    let fed = talk.fill(flood.as_bytes());
    assert!(fed < 2 << 20, "{fed} bytes went in before anything came out");
    let Talk { child, mut stdin, mut stdout } = talk;
    let rest = flood.as_bytes()[fed..].to_vec();
    // The input stays open for as long as one wants to know how the node fares.
    let feeder = thread::spawn(move || stdin.write_all(&rest).map(|()| stdin));
    let (mut heard, mut lines, mut piece) = (Vec::new(), 0, [0; 1000]);
    while lines < FLOOD as usize {
        let length = stdout.get_mut().read(&mut piece).unwrap();
        assert!(length > 0, "the node is gone");
        heard.extend_from_slice(&piece[..length]);
        lines += piece[..length].iter().filter(|&&byte| byte == b'\n').count();
    }
    let talk = Talk { child, stdin: feeder.join().unwrap().unwrap(), stdout };
    let peak_kib = talk.peak_memory_kib();
    assert!(peak_kib <= 16 << 10, "{peak_kib} KiB");
    assert_eq!(talk.end(), b"");
    assert_eq!(answered(&heard), (1..=FLOOD).collect::<Vec<u64>>());
}

#[test]
#[cfg(target_os = "linux")]
fn a_pipe_is_left_alone_until_it_was_too_short_for_an_answer() {
    let mut talk = Talk::with(ECHO, &[]);
    let found = fcntl_getpipe_size(talk.stdout.get_ref()).unwrap();
    talk.say(init(&["n1"]) + &echo(2, &"x".repeat(found / 2)));
    assert_eq!(talk.hear()["body"]["in_reply_to"], 1);
    assert_eq!(talk.hear()["body"]["in_reply_to"], 2);
    assert_eq!(fcntl_getpipe_size(talk.stdout.get_ref()).unwrap(), found);
    talk.say(echo(3, &"x".repeat(2 * found)));
    assert_eq!(talk.hear()["body"]["in_reply_to"], 3);
    assert!(fcntl_getpipe_size(talk.stdout.get_ref()).unwrap() > found);
}

#[test]
fn what_was_asked_before_the_input_ended_is_answered_to_a_reader_that_comes_late() {
    for binary in ALL {
        let mut talk = Talk::with(binary.path, &[]);
        let flood = binary.flood(50_000);
        let fed = talk.fill(flood.as_bytes());
        assert!(fed < 2 << 20, "{}: {fed} bytes went in before anything came out", binary.name);
        let peak_kib = talk.peak_memory_kib();
        assert!(peak_kib <= 32 << 10, "{}: {peak_kib} KiB", binary.name);
        let lines = flood.as_bytes()[..fed].iter().filter(|&&byte| byte == b'\n').count() as u64;
        assert_eq!(answered(&talk.end()), (1..=lines).collect::<Vec<u64>>(), "{}", binary.name);
    }
}

#[test]
fn a_node_whose_output_is_stuck_does_not_heap_up_gossip() {
    for binary in ALL.iter().filter(|binary| binary.gossips) {
        let mut talk = Talk::with(binary.path, &["--round", "1ms"]);
        talk.say(init(&["n1", "n2"]));
        let requests: String = (2..100_000).map(|msg_id| binary.ask(msg_id)).collect();
        let fed = talk.fill(requests.as_bytes());
        assert!(fed < 4 << 20, "{}: {fed} bytes went in before anything came out", binary.name);
        let peak_kib = talk.peak_memory_kib();
        assert!(peak_kib <= 32 << 10, "{}: {peak_kib} KiB", binary.name);
        talk.end();
    }
}

#[test]
fn files_can_be_read_and_written() {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(flood().as_bytes()).unwrap();
    input.rewind().unwrap();
    let mut output = tempfile::tempfile().unwrap();
    let streams = (input.try_clone().unwrap(), output.try_clone().unwrap());
    let life = live(ECHO, "", |command| {
        command.stdin(streams.0).stdout(streams.1);
    });
    said(&life);
    let mut heard = Vec::new();
    output.rewind().unwrap();
    output.read_to_end(&mut heard).unwrap();
    assert_eq!(answered(&heard), (1..=FLOOD).collect::<Vec<u64>>());
}

#[test]
fn a_file_can_be_piped_out_and_a_pipe_filed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines");
    fs::write(&path, init(&["n1"]) + &echo(2, "")).unwrap();
    let life = live(ECHO, "", |command| {
        command.stdin(File::open(&path).unwrap());
    });
    assert_eq!(answered(said(&life)), [1, 2]);
    let life = live(ECHO, init(&["n1"]) + &echo(2, ""), |command| {
        command.stdout(File::create(&path).unwrap());
    });
    said(&life);
    assert_eq!(answered(&fs::read(&path).unwrap()), [1, 2]);
}

#[test]
fn nothing_can_be_read_from_nowhere_and_everything_written_there() {
    let life = live(ECHO, "", |command| {
        command.stdin(Stdio::null());
    });
    assert_eq!(said(&life), b"");
    let life = live(ECHO, flood(), |command| {
        command.stdout(Stdio::null());
    });
    assert_eq!((said(&life), complaints(&life)), (&b""[..], vec![]));
}

#[test]
fn a_socket_will_do_for_both() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let kept = theirs.try_clone().unwrap();
    let mut child = Command::new(ECHO)
        .stdin(OwnedFd::from(theirs.try_clone().unwrap()))
        .stdout(OwnedFd::from(theirs))
        .spawn()
        .unwrap();
    ours.write_all((init(&["n1"]) + &echo(2, "over the wire")).as_bytes()).unwrap();
    ours.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(is_blocking(&kept), "the socket is left as it was found");
    drop(kept);
    let mut heard = Vec::new();
    ours.read_to_end(&mut heard).unwrap();
    assert_eq!(answered(&heard), [1, 2]);
}

#[test]
fn pipes_are_left_as_they_were_found() {
    let (input, mut to_input) = io::pipe().unwrap();
    let (mut from_output, output) = io::pipe().unwrap();
    let kept = (input.try_clone().unwrap(), output.try_clone().unwrap());
    let mut child = Command::new(ECHO).stdin(input).stdout(output).spawn().unwrap();
    to_input.write_all(init(&["n1"]).as_bytes()).unwrap();
    from_output.read_exact(&mut [0]).unwrap();
    assert!(!is_blocking(&kept.0) && !is_blocking(&kept.1), "this test could not fail");
    drop(to_input);
    assert!(child.wait().unwrap().success());
    assert!(is_blocking(&kept.0) && is_blocking(&kept.1));
}

#[test]
fn a_full_disk_is_one_line_on_stderr_and_status_1() {
    for binary in ALL {
        let life = live(binary.path, binary.flood(1_000), |command| {
            command.stdout(full_device());
        });
        assert_eq!(life.status.code(), Some(1), "{}", binary.name);
        let complaints = complaints(&life);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].starts_with(&format!("{}: stdout: ", binary.name)), "{complaints:?}");
    }
}

#[test]
fn input_that_cannot_be_read_is_one_line_on_stderr_and_status_1() {
    let life = live(ECHO, "", |command| {
        command.stdin(File::open("/").unwrap());
    });
    assert_eq!(life.status.code(), Some(1));
    let complaints = complaints(&life);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].starts_with("echo: stdin: "), "{complaints:?}");
}

#[test]
fn a_reader_that_is_gone_is_no_error() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    for binary in ALL {
        let life = live(binary.path, binary.flood(20_000), |command| {
            command.stdout(writer.try_clone().unwrap());
        });
        said(&life);
        assert_eq!(complaints(&life), [""; 0], "{}", binary.name);
    }
}

#[test]
fn a_reader_may_leave_in_the_middle_of_a_flood() {
    let mut child = Command::new(ECHO).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let feeder = thread::spawn(move || stdin.write_all(flood().as_bytes()));
    PipeReader::from(OwnedFd::from(stdout)).read_exact(&mut [0; 100_000]).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(feeder.join().unwrap().is_err(), "the node left before it had heard everything");
}

#[test]
fn it_does_not_matter_whether_stderr_can_be_written() {
    for binary in ALL {
        let input = init(&["n1"]) + "garbage\n" + &binary.ask(2);
        let life = live(binary.path, &input, |command| {
            command.stderr(full_device());
        });
        assert_eq!(answered(said(&life)), [1, 2], "{}", binary.name);
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let life = live(binary.path, &input, |command| {
            command.stderr(writer);
        });
        assert_eq!(answered(said(&life)), [1, 2], "{}", binary.name);
    }
}

#[test]
fn a_stderr_that_nobody_reads_does_not_stop_the_node() {
    for binary in ALL {
        let (reader, writer) = io::pipe().unwrap();
        let input = init(&["n1"]) + &"garbage\n".repeat(10_000) + &binary.ask(2);
        let life = live(binary.path, input, |command| {
            command.stderr(writer);
        });
        assert_eq!(answered(said(&life)), [1, 2], "{}", binary.name);
        drop(reader);
    }
}

#[test]
fn at_a_terminal_the_node_says_what_it_expects_and_serves_who_types() {
    let (mut ours, theirs) = terminal();
    let typed = init(&["n1"]) + &echo(2, "typed") + "\x04";
    ours.write_all(typed.as_bytes()).unwrap();
    let life = live(ECHO, "", |command| {
        command.stdin(theirs.try_clone().unwrap());
    });
    assert_eq!(answered(said(&life)), [1, 2]);
    let complaints = complaints(&life);
    let example = complaints.iter().find(|line| line.starts_with('{')).unwrap();
    assert_eq!(bodies(said(&live(ECHO, example, |_| ())))[0]["type"], "init_ok");
    assert!(is_blocking(&theirs), "the shell would not like that");
}

#[test]
fn a_terminal_that_hangs_up_is_the_end_of_input() {
    let (mut ours, theirs) = terminal();
    let mut command = Command::new(ECHO);
    let mut child = command.stdin(theirs).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(command);
    ours.write_all(init(&["n1"]).as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
    assert_eq!(answered(answer.as_bytes()), [1]);
    drop(ours);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !stderr.contains("stdin"), "{}: {stderr}", output.status);
}

#[test]
fn a_terminal_can_be_written() {
    let (mut ours, theirs) = terminal();
    let reader = thread::spawn(move || {
        let mut heard = String::new();
        // Once nobody has the other side open any more, reading fails.
        let _ = ours.read_to_string(&mut heard);
        heard
    });
    let input = init(&["n1"]) + &(2..2000).map(|msg_id| echo(msg_id, "shown")).collect::<String>();
    let life = live(ECHO, input, |command| {
        command.stdout(theirs);
    });
    said(&life);
    let heard = reader.join().unwrap().replace('\r', "");
    assert_eq!(answered(heard.as_bytes()), (1..2000).collect::<Vec<u64>>());
}

#[test]
fn a_wrong_command_line_is_one_line_on_stderr_and_status_2() {
    for Binary { path, name, .. } in ALL {
        let life = live(path, "", |command| {
            command.arg("--nonsense");
        });
        assert_eq!(life.status.code(), Some(2));
        assert_eq!(complaints(&life), [format!("{name}: invalid option '--nonsense'")]);
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    for Binary { path, name, .. } in ALL {
        let life = live(path, "", |command| {
            command.arg("--help");
        });
        let help = String::from_utf8(said(&life).to_vec()).unwrap();
        assert!(
            help.contains(&format!("Usage: {name}")) && help.lines().all(|line| line.len() <= 100),
            "{help}"
        );
        let life = live(path, "", |command| {
            command.arg("--version");
        });
        assert_eq!(said(&life), format!("{name} {}\n", env!("CARGO_PKG_VERSION")).as_bytes());
    }
}
