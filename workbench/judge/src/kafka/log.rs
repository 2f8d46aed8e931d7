//! The logs, as far as sends and polls tell (§12.4).

use super::record::Record;
use edn::Value;

/// The log of every key, and where each message is in its own.
pub(super) struct Logs<'a> {
    /// By number of key.
    by_key: Vec<Log<'a>>,
    /// For each message, the first and last place in the log.
    places: Vec<Option<(usize, usize)>>,
}

/// One log: the offsets that hold something, in order, and all messages ever seen at each.
pub(super) struct Log<'a> {
    pub(super) entries: Vec<Entry<'a>>,
}

pub(super) struct Entry<'a> {
    pub(super) offset: &'a Value,
    /// Numbers of messages, in the order of their values.
    pub(super) messages: Vec<usize>,
}

impl<'a> Logs<'a> {
    pub(super) fn new(record: &Record<'a>) -> Logs<'a> {
        let mut mentioned: Vec<Vec<(&Value, usize)>> = vec![Vec::new(); record.key_count()];
        for operation in &record.operations {
            for sent in &operation.sent {
                mentioned[sent.key as usize].extend(sent.offset.map(|offset| (offset, sent.message)));
            }
            for polled in &operation.polled {
                mentioned[polled.key as usize].extend(&polled.messages);
            }
        }
        let mut logs =
            Logs { by_key: Vec::with_capacity(mentioned.len()), places: vec![None; record.messages.len()] };
        for mut mentioned in mentioned {
            mentioned.sort_unstable_by_key(|&(offset, message)| (offset, record.messages[message].value));
            mentioned.dedup();
            let same_offset = mentioned.chunk_by(|(a, _), (b, _)| a == b);
            let entry = |chunk: &[(&'a Value, usize)]| Entry {
                offset: chunk[0].0,
                messages: chunk.iter().map(|(_, message)| *message).collect(),
            };
            let log = Log { entries: same_offset.map(entry).collect() };
            logs.place(&log);
            logs.by_key.push(log);
        }
        logs
    }

    /// With the numbers of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Log<'a>)> {
        (0..).zip(&self.by_key)
    }

    pub(super) fn log(&self, key: u32) -> &Log<'a> {
        &self.by_key[key as usize]
    }

    /// The place of an offset among those of its key that hold something.
    pub(super) fn index(&self, key: u32, offset: &Value) -> Option<usize> {
        self.by_key[key as usize].entries.binary_search_by(|entry| entry.offset.cmp(offset)).ok()
    }

    /// The first and last place at which a message is.
    pub(super) fn places(&self, message: usize) -> Option<(usize, usize)> {
        self.places[message]
    }

    fn place(&mut self, log: &Log<'_>) {
        for (index, entry) in log.entries.iter().enumerate() {
            for &message in &entry.messages {
                let (_, last) = self.places[message].get_or_insert((index, index));
                *last = index;
            }
        }
    }
}
