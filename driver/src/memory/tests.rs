//! Disks on which every call fails once, at each place in turn, and crashes that keep or lose what was not synced.

use std::cell::RefCell;
use std::rc::Rc;

use machines::Broadcast;

use super::*;

/// What is on a disk, and what would be there after a crash.
#[derive(Clone, Default)]
struct Contents {
    /// Of each file ever made: what it holds, and what of that is durable.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    journal: Option<usize>,
    durable_journal: Option<usize>,
    aside: Option<usize>,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It does nothing.
    Nothing,
    /// It does what it should, and says that it failed.
    Everything,
    /// It does half, and says that it failed. Calls that cannot be halved do nothing.
    Half,
    /// A write does half and says so; this is no failure. Other calls do as they should.
    Short,
    /// A write does half, and the next one fails.
    ShortThenNothing,
}

const FAULTS: [Fault; 5] =
    [Fault::Nothing, Fault::Everything, Fault::Half, Fault::Short, Fault::ShortThenNothing];

#[derive(Clone)]
struct Disk {
    contents: Rc<RefCell<Contents>>,
    calls: usize,
    /// Which call fails, and how.
    fault: Option<(usize, Fault)>,
}

impl Disk {
    fn new(contents: Contents, fault: Option<(usize, Fault)>) -> Disk {
        Disk { contents: Rc::new(RefCell::new(contents)), calls: 0, fault }
    }

    /// What the next call is to do.
    fn next(&mut self) -> Option<Fault> {
        self.calls += 1;
        match self.fault {
            Some((call, fault)) if call == self.calls => Some(fault),
            Some((call, Fault::ShortThenNothing)) if call + 1 == self.calls => Some(Fault::Nothing),
            _ => None,
        }
    }

    fn call(&mut self, act: impl FnOnce(&mut Contents)) -> io::Result<()> {
        let fault = self.next();
        if !matches!(fault, Some(Fault::Nothing | Fault::Half)) {
            act(&mut self.contents.borrow_mut());
        }
        match fault {
            None | Some(Fault::Short | Fault::ShortThenNothing) => Ok(()),
            _ => Err(io::Error::other("injected")),
        }
    }
}

impl Contents {
    fn file(&mut self, which: Which) -> &mut (Vec<u8>, Vec<u8>) {
        let file = match which {
            Which::Journal => self.journal,
            Which::Aside => self.aside,
        };
        &mut self.files[file.expect("it was opened")]
    }

    /// What is there after a crash that loses what was not synced, or keeps it, or keeps only the sizes of files.
    fn crash(&self, lost: Lost) -> Contents {
        let mut contents = self.clone();
        contents.aside = None;
        if lost != Lost::Nothing {
            contents.journal = contents.durable_journal;
        }
        contents.durable_journal = contents.journal;
        for (now, durable) in &mut contents.files {
            match lost {
                Lost::Nothing => {}
                Lost::All => now.clone_from(durable),
                Lost::Bytes => {
                    let length = now.len();
                    now.truncate(durable.len());
                    now.resize(length, 0);
                }
            }
            durable.clone_from(now);
        }
        contents
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Nothing,
    All,
    Bytes,
}

impl Files for Disk {
    fn length(&mut self) -> io::Result<Option<u64>> {
        self.call(|_| ())?;
        let contents = self.contents.borrow();
        Ok(contents.journal.map(|file| contents.files[file].0.len() as u64))
    }

    fn read(&mut self, place: u64, space: &mut [u8]) -> io::Result<()> {
        self.call(|contents| {
            space.copy_from_slice(&contents.file(Which::Journal).0[place as usize..][..space.len()]);
        })
    }

    fn create_aside(&mut self) -> io::Result<()> {
        self.call(|contents| {
            contents.files.push(Default::default());
            contents.aside = Some(contents.files.len() - 1);
        })
    }

    fn write(&mut self, which: Which, place: u64, bytes: &[u8]) -> io::Result<usize> {
        let fault = self.next();
        let length = match fault {
            None | Some(Fault::Everything) => bytes.len(),
            Some(Fault::Nothing) => 0,
            Some(_) => bytes.len().div_ceil(2),
        };
        let mut contents = self.contents.borrow_mut();
        let (now, _) = contents.file(which);
        now.resize(now.len().max(place as usize + length), 0);
        now[place as usize..][..length].copy_from_slice(&bytes[..length]);
        match fault {
            Some(Fault::Nothing | Fault::Everything | Fault::Half) => Err(io::Error::other("injected")),
            _ => Ok(length),
        }
    }

    fn sync(&mut self, which: Which) -> io::Result<()> {
        self.call(|contents| {
            let (now, durable) = contents.file(which);
            durable.clone_from(now);
        })
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.call(|contents| contents.file(Which::Journal).0.truncate(length as usize))
    }

    fn rename(&mut self) -> io::Result<()> {
        self.call(|contents| contents.journal = contents.aside.take())
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.call(|contents| contents.durable_journal = contents.journal)
    }
}

/// So many are told to a node.
const VALUES: u64 = 150;

/// A life of a node: what it acknowledged goes to `acknowledged`. Returns what it holds at its beginning, unless its disk
/// fails before.
fn live(
    disk: &mut Disk,
    seed: u64,
    values: std::ops::Range<u64>,
    acknowledged: &mut Vec<u64>,
) -> Option<Vec<u64>> {
    // So little slack that checkpoints come often.
    let mut node = Node::<Broadcast>::with_journal(Broadcast::default_config(), seed << 11, 0);
    let mut outputs = Outputs::default();
    let mut memory = Memory { data: PathBuf::new(), open: None, records: Records::default() };
    let init = br#"{"src":"c","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0"]}}"#;
    node.on_line(Time::ZERO, init, &mut outputs).unwrap();
    // The disk goes on counting calls, so it is handed in by reference.
    let opened = memory_in(&mut memory, disk, &mut node, &mut outputs);
    opened.ok()?;
    outputs.clear();
    node.on_line(Time::ZERO, br#"{"src":"c","dest":"n0","body":{"type":"read"}}"#, &mut outputs).unwrap();
    let held = serde_json::from_slice::<serde_json::Value>(outputs.bytes()).unwrap();
    let held =
        held["body"]["messages"].as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect();
    for batch in values.collect::<Vec<u64>>().chunks(3) {
        for value in batch {
            let line =
                format!(r#"{{"src":"c","dest":"n0","body":{{"type":"broadcast","message":{value}}}}}"#);
            node.on_line(Time::ZERO, line.as_bytes(), &mut outputs).unwrap();
        }
        let kept = memory.keep(&mut node);
        disk.calls = memory.open.as_ref().expect("it is open").files.calls;
        if kept.is_err() {
            break;
        }
        acknowledged.extend(batch);
    }
    Some(held)
}

fn memory_in(
    memory: &mut Memory<Disk>,
    disk: &mut Disk,
    node: &mut Node<Broadcast>,
    outputs: &mut Outputs,
) -> Result<(), Failure> {
    let opened = memory.open_in(PathBuf::new(), disk.clone(), node, Time::ZERO, outputs);
    let kept = opened.and_then(|_| memory.keep(node));
    disk.calls = memory.open.as_ref().map_or(usize::MAX, |open| open.files.calls);
    kept
}

#[test]
fn without_faults_what_was_acknowledged_is_there_and_checkpoints_are_made() {
    let mut acknowledged = Vec::new();
    let mut disk = Disk::new(Contents::default(), None);
    assert_eq!(live(&mut disk, 1, 0..VALUES, &mut acknowledged), Some(vec![]));
    assert_eq!(acknowledged.len() as u64, VALUES);
    let contents = disk.contents.borrow().clone();
    assert!(contents.files.len() >= 3, "{} files", contents.files.len());
    for lost in [Lost::Nothing, Lost::All, Lost::Bytes] {
        let mut disk = Disk::new(contents.crash(lost), None);
        assert_eq!(live(&mut disk, 2, 0..0, &mut Vec::new()).unwrap(), (0..VALUES).collect::<Vec<u64>>());
    }
}

#[test]
fn wherever_a_call_fails_nothing_that_was_acknowledged_is_lost_in_any_crash_and_nothing_is_made_up() {
    let mut disk = Disk::new(Contents::default(), None);
    live(&mut disk, 1, 0..VALUES, &mut Vec::new());
    let (all, mut failures) = (disk.calls, 0);
    assert!(all > 60);
    for call in 1..=all {
        for fault in FAULTS {
            let mut disk = Disk::new(Contents::default(), Some((call, fault)));
            let mut acknowledged = Vec::new();
            live(&mut disk, 1, 0..VALUES, &mut acknowledged);
            failures += usize::from((acknowledged.len() as u64) < VALUES);
            let contents = disk.contents.borrow().clone();
            for lost in [Lost::Nothing, Lost::All, Lost::Bytes] {
                let mut disk = Disk::new(contents.crash(lost), None);
                let held =
                    live(&mut disk, 2, VALUES..VALUES + 3, &mut Vec::new()).expect("the disk is sound again");
                let context = format!("call {call}, {fault:?}, then lost {lost:?}");
                assert!(held.starts_with(&acknowledged), "{context}: {held:?} of {acknowledged:?}");
                assert!(held.iter().copied().eq(0..held.len() as u64), "{context}: {held:?}");
            }
        }
    }
    assert!(failures > all, "{failures} of {all} calls");
}

#[test]
fn wherever_a_call_fails_while_a_torn_journal_is_opened_it_can_be_opened_again() {
    let mut disk = Disk::new(Contents::default(), None);
    let mut acknowledged = Vec::new();
    live(&mut disk, 1, 0..30, &mut acknowledged);
    disk.contents.borrow_mut().file(Which::Journal).0.extend_from_slice(b"a piece of a batch");
    let torn = disk.contents.borrow().crash(Lost::Nothing);
    let mut again = Disk::new(torn.clone(), None);
    live(&mut again, 2, 0..0, &mut Vec::new()).expect("a torn tail is no damage");
    for call in 1..=again.calls {
        for fault in FAULTS {
            let mut disk = Disk::new(torn.clone(), Some((call, fault)));
            live(&mut disk, 2, 30..33, &mut Vec::new());
            let contents = disk.contents.borrow().clone();
            for lost in [Lost::Nothing, Lost::All, Lost::Bytes] {
                let held = live(&mut Disk::new(contents.crash(lost), None), 3, 0..0, &mut Vec::new());
                let held = held.expect("the disk is sound again");
                assert!(held.starts_with(&acknowledged), "call {call}, {fault:?}, {lost:?}: {held:?}");
            }
        }
    }
}
