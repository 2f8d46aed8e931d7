//! Files that were cut, torn and damaged in every place.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use core::convert::Infallible;

use super::*;

/// A disk that does what it is told.
#[derive(Clone, Default)]
struct Disk {
    journal: Vec<u8>,
    aside: Vec<u8>,
}

impl Disk {
    fn perform(&mut self, effect: Effect<'_>) -> Result<(), Infallible> {
        match effect {
            Effect::Append(place, bytes) => {
                assert_eq!(place as usize, self.journal.len());
                self.journal.extend_from_slice(bytes);
            }
            Effect::Cut(length) => self.journal.truncate(length as usize),
            Effect::WriteAside(bytes) => self.aside = bytes.to_vec(),
            Effect::Rename => self.journal = core::mem::take(&mut self.aside),
            Effect::Sync | Effect::SyncAside | Effect::SyncFolder => {}
        }
        Ok(())
    }
}

fn records(texts: &[&str], replaces: bool) -> Records {
    let mut records = Records::default();
    if replaces {
        records.begin_checkpoint();
    }
    texts.iter().for_each(|text| records.push(|bytes| bytes.extend_from_slice(text.as_bytes())));
    records
}

fn read(bytes: &[u8]) -> Result<(Vec<String>, u64, Vec<u8>), Unusable<Infallible>> {
    let (mut found, mut disk) = (Vec::new(), Disk { journal: bytes.to_vec(), ..Disk::default() });
    let fill = |place: u64, space: &mut [u8]| {
        space.copy_from_slice(&bytes[place as usize..][..space.len()]);
        Ok(())
    };
    let each = |record: &[u8]| {
        found.push(String::from_utf8(record.to_vec()).expect("text"));
        Ok(())
    };
    let (file, torn) = JournalFile::recover(bytes.len() as u64, fill, each, |effect| disk.perform(effect))?;
    assert_eq!(file.length(), disk.journal.len() as u64);
    Ok((found, torn, disk.journal))
}

/// A file with a checkpoint of two records and batches of one, two and three, and where each part ends.
fn example() -> (Vec<u8>, Vec<usize>) {
    let (mut disk, mut file) = (Disk::default(), JournalFile::default());
    let batches = [&["who", "all"][..], &["a"], &["b", ""], &["c", "dd", "eee"]];
    let mut ends = vec![];
    for (number, batch) in batches.iter().enumerate() {
        file.keep(&records(batch, number == 0), |effect| disk.perform(effect)).expect("it cannot fail");
        ends.push(disk.journal.len());
    }
    (disk.journal, ends)
}

const ALL: [&str; 8] = ["who", "all", "a", "b", "", "c", "dd", "eee"];

/// How many records there are up to the end of each part.
const COUNTS: [usize; 4] = [2, 3, 5, 8];

#[test]
fn what_was_kept_is_found_again_in_order() {
    let (bytes, _) = example();
    assert_eq!(read(&bytes), Ok((ALL.map(String::from).to_vec(), 0, bytes)));
}

#[test]
fn a_batch_is_one_write_and_one_sync_and_a_checkpoint_takes_the_name_once_it_is_whole() {
    let (mut file, mut effects) = (JournalFile::default(), Vec::new());
    let mut note = |effect: Effect<'_>| {
        let text = format!("{effect:?}");
        effects.push(String::from(text.split('(').next().expect("a name")));
        Ok::<(), Infallible>(())
    };
    let batches = [records(&["who"], true), records(&["a", "b"], false), records(&[], false)];
    batches.iter().for_each(|batch| file.keep(batch, &mut note).expect("it cannot fail"));
    assert_eq!(effects, ["WriteAside", "SyncAside", "Rename", "SyncFolder", "Append", "Sync"]);
}

#[test]
fn wherever_the_file_ends_behind_the_first_part_whole_batches_are_kept_and_the_rest_is_cut_off() {
    let (bytes, ends) = example();
    for length in 0..bytes.len() {
        let outcome = read(&bytes[..length]);
        match ends.iter().rposition(|&end| end <= length) {
            Some(part) => {
                let (found, torn, rest) = outcome.expect("a torn tail is no damage");
                assert_eq!(found, ALL[..COUNTS[part]]);
                assert_eq!((torn as usize, rest.len()), (length - ends[part], ends[part]));
            }
            None => assert!(matches!(outcome, Err(Unusable::NoJournal | Unusable::Damaged(_))), "{length}"),
        }
    }
}

#[test]
fn whatever_became_of_the_last_batch_it_is_cut_off_and_what_became_of_others_is_damage() {
    let (bytes, ends) = example();
    for place in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            let outcome = read(&changed);
            if place >= ends[2] {
                let (found, torn, _) = outcome.expect("a torn tail is no damage");
                assert_eq!((found.len(), torn as usize), (COUNTS[2], ends[3] - ends[2]), "{place}");
            } else {
                let is_told =
                    matches!(outcome, Err(Unusable::NoJournal | Unusable::Version(_) | Unusable::Damaged(_)));
                assert!(is_told, "byte {place}: {outcome:?}");
            }
        }
    }
}

#[test]
fn holes_of_zeros_in_the_last_batch_are_torn_and_in_others_damage() {
    let (bytes, ends) = example();
    for from in ends[0]..bytes.len() {
        let mut changed = bytes.clone();
        changed[from..].fill(0);
        let is_whole = |end: &usize| changed[..*end] == bytes[..*end];
        let part = ends.iter().rposition(is_whole).expect("the first part is whole");
        assert_eq!(read(&changed).expect("torn").0, ALL[..COUNTS[part]]);
        let mut changed = bytes.clone();
        changed[from.min(ends[2])..ends[2]].fill(0);
        if changed != bytes {
            assert_eq!(read(&changed), Err(Unusable::Damaged(ends[part] as u64)));
        }
    }
}

#[test]
fn a_file_is_gone_on_with_where_it_is_sound() {
    let (bytes, ends) = example();
    let mut disk = Disk { journal: bytes[..ends[3] - 1].to_vec(), ..Disk::default() };
    let source = disk.journal.clone();
    let fill = |place: u64, space: &mut [u8]| {
        space.copy_from_slice(&source[place as usize..][..space.len()]);
        Ok(())
    };
    let (mut file, _) =
        JournalFile::recover(source.len() as u64, fill, |_| Ok(()), |effect| disk.perform(effect))
            .expect("torn");
    file.keep(&records(&["f"], false), |effect| disk.perform(effect)).expect("it cannot fail");
    let (found, torn, _) = read(&disk.journal).expect("sound");
    assert_eq!((found, torn), (["who", "all", "a", "b", "", "f"].map(String::from).to_vec(), 0));
}

#[test]
fn long_records_and_many_short_ones_pass_through_the_window() {
    let (mut disk, mut file) = (Disk::default(), JournalFile::default());
    let long = "x".repeat(3 * WINDOW_BYTES as usize);
    file.keep(&records(&["who", &long], true), |effect| disk.perform(effect)).expect("it cannot fail");
    for _ in 0..50_000 {
        file.keep(&records(&["short"], false), |effect| disk.perform(effect)).expect("it cannot fail");
    }
    let (found, torn, _) = read(&disk.journal).expect("sound");
    assert_eq!((found.len(), found[1].len(), torn), (50_002, long.len(), 0));
}

#[test]
fn other_files_are_told_from_journals() {
    assert_eq!(read(b""), Err(Unusable::NoJournal));
    assert_eq!(read(&[0; 100]), Err(Unusable::NoJournal));
    assert_eq!(
        read(b"{\"some\":\"text that is longer than the head of a journal\"}"),
        Err(Unusable::NoJournal)
    );
    let (mut bytes, _) = example();
    bytes[16] = 2;
    assert_eq!(read(&bytes), Err(Unusable::Version(2)));
}
