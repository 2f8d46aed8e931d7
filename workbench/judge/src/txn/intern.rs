//! Numbers for keys, and for versions: the values of a key.

use edn::Value;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::ops::Range;

/// No version: the state of a key that nobody has written.
pub(super) const NIL: u32 = u32::MAX;

/// Numbers, in the order in which things were first heard of.
#[derive(Default)]
pub(super) struct Names {
    hasher: DefaultHashBuilder,
    keys: Vec<Value>,
    key_numbers: HashTable<u32>,
    versions: Vec<(u32, Value)>,
    version_numbers: HashTable<u32>,
}

impl Names {
    /// The number of a key.
    pub(super) fn key(&mut self, key: &Value) -> u32 {
        let hash = self.hasher.hash_one(key);
        if let Some(&number) = self.key_numbers.find(hash, |&number| self.keys[number as usize] == *key) {
            return number;
        }
        let number = next(self.keys.len());
        self.keys.push(key.clone());
        let Names { hasher, keys, key_numbers, .. } = self;
        key_numbers.insert_unique(hash, number, |&number| hasher.hash_one(&keys[number as usize]));
        number
    }

    /// The number of a value of a key.
    pub(super) fn version(&mut self, key: u32, value: &Value) -> u32 {
        let hash = self.hasher.hash_one((key, value));
        let same = |&number: &u32| {
            let (its_key, its_value) = &self.versions[number as usize];
            *its_key == key && its_value == value
        };
        if let Some(&number) = self.version_numbers.find(hash, same) {
            return number;
        }
        let number = next(self.versions.len());
        self.versions.push((key, value.clone()));
        let Names { hasher, versions, version_numbers, .. } = self;
        version_numbers
            .insert_unique(hash, number, |&number| hash_version(hasher, &versions[number as usize]));
        number
    }

    /// All keys, by number.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Value> {
        self.keys.iter()
    }

    /// All versions, by number, each with its key's number.
    pub(super) fn versions(&self) -> impl Iterator<Item = (u32, &Value)> {
        self.versions.iter().map(|(key, value)| (*key, value))
    }

    pub(super) fn key_count(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn version_count(&self) -> usize {
        self.versions.len()
    }

    pub(super) fn key_value(&self, key: u32) -> &Value {
        &self.keys[key as usize]
    }

    /// What a version is.
    pub(super) fn value(&self, version: u32) -> &Value {
        &self.versions[version as usize].1
    }

    /// The key of a version.
    pub(super) fn key_of(&self, version: u32) -> u32 {
        self.versions[version as usize].0
    }
}

fn hash_version(hasher: &DefaultHashBuilder, (key, value): &(u32, Value)) -> u64 {
    hasher.hash_one((*key, value))
}

fn next(count: usize) -> u32 {
    u32::try_from(count)
        .ok()
        .filter(|&number| number < NIL)
        .expect("a history in memory has fewer than 2^32 values")
}

/// Things in groups: those of group g are side by side.
pub(super) struct Groups {
    offsets: Vec<u32>,
    items: Vec<u32>,
}

impl Groups {
    /// `count` groups of these, each a group and its item; items of a group stay in order.
    pub(super) fn new(count: usize, pairs: &[(u32, u32)]) -> Groups {
        let mut offsets = vec![0; count + 1];
        for (group, _) in pairs {
            offsets[*group as usize + 1] += 1;
        }
        for group in 0..count {
            offsets[group + 1] += offsets[group];
        }
        let mut free = offsets.clone();
        let mut items = vec![0; pairs.len()];
        for (group, item) in pairs {
            items[free[*group as usize] as usize] = *item;
            free[*group as usize] += 1;
        }
        Groups { offsets, items }
    }

    pub(super) fn of(&self, group: u32) -> &[u32] {
        &self.items[self.range(group)]
    }

    /// The places of a group's items.
    pub(super) fn range(&self, group: u32) -> Range<usize> {
        self.offsets[group as usize] as usize..self.offsets[group as usize + 1] as usize
    }

    pub(super) fn item(&self, place: usize) -> u32 {
        self.items[place]
    }
}
