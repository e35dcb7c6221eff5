//! Groups of equal keys, numbered in the order in which they were first seen. NULL equals NULL.

use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt32Array};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::rows::{Rows, arrow_type};
use crate::types::DataType;

use crate::operators::keys::KeyColumns;

use super::text::{Texts, number};
use super::whole::Wholes;

/// Numbers for the keys of rows.
pub struct Groups {
    index: Index,
    /// The keys of each group as they were first seen, in lists of falling size. Their times say nothing.
    keys: Vec<Rows>,
    keys_bytes: usize,
    types: Vec<DataType>,
}

/// How the number of a key is found.
enum Index {
    /// Without keys there is one group as soon as there is a row.
    One(usize),
    /// One text.
    Text(Texts),
    /// One whole number, day or instant.
    Whole(Wholes),
    /// Anything.
    Bytes(Bytes),
}

impl Groups {
    /// No groups yet of keys of these types.
    pub fn new(types: Vec<DataType>) -> Self {
        let index = match types[..] {
            [] => Index::One(0),
            [one] if one.is_text() => Index::Text(Texts::default()),
            [one] if one.is_integer() || one.is_datetime() => Index::Whole(Wholes::default()),
            _ => Index::Bytes(Bytes::default()),
        };
        Self { index, keys: Vec::new(), keys_bytes: 0, types }
    }

    /// How many groups there are.
    pub fn count(&self) -> usize {
        match &self.index {
            Index::One(count) => *count,
            Index::Text(texts) => texts.count(),
            Index::Whole(wholes) => wholes.count(),
            Index::Bytes(bytes) => bytes.ends.len(),
        }
    }

    /// Makes `groups` the numbers of some rows' groups.
    pub fn assign(&mut self, keys: &[ArrayRef], rows: usize, groups: &mut Vec<u32>) {
        groups.clear();
        let before = self.count();
        match &mut self.index {
            Index::One(count) => {
                groups.resize(rows, 0);
                *count = (*count).max(rows.min(1));
            }
            Index::Text(texts) => texts.assign(keys[0].as_string_view(), groups),
            Index::Whole(wholes) => wholes.assign(&keys[0], groups),
            Index::Bytes(bytes) => bytes.assign(keys, rows, groups),
        }
        if self.count() > before && !keys.is_empty() {
            self.keep(keys, &firsts(groups, before));
        }
    }

    /// Copies the keys of new groups.
    fn keep(&mut self, keys: &[ArrayRef], rows: &UInt32Array) {
        let all = Rows::new(vec![0; keys[0].len()].into(), keys.to_vec());
        let mut newest = all.take(rows).compacted();
        self.keys_bytes += newest.memory();
        // Lists of falling size: each key is copied only as often as the whole doubles.
        while let Some(last) = self.keys.pop_if(|last| last.len() < newest.len() * 2) {
            self.keys_bytes -= last.memory() + newest.memory();
            newest = Rows::concat(&[last, newest]).compacted();
            self.keys_bytes += newest.memory();
        }
        self.keys.push(newest);
    }

    /// The keys of all groups, in the order of their numbers.
    pub fn keys(&self) -> Vec<ArrayRef> {
        match &self.keys[..] {
            [] => self.types.iter().map(|one| arrow_array::new_empty_array(&arrow_type(*one))).collect(),
            lists => Rows::concat(lists).columns().to_vec(),
        }
    }

    /// Forgets all groups.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.keys_bytes = 0;
        match &mut self.index {
            Index::One(count) => *count = 0,
            Index::Text(texts) => texts.clear(),
            Index::Whole(wholes) => wholes.clear(),
            Index::Bytes(bytes) => bytes.clear(),
        }
    }

    /// The memory they hold, in bytes.
    pub fn memory(&self) -> usize {
        let index = match &self.index {
            Index::One(_) => 0,
            Index::Text(texts) => texts.memory(),
            Index::Whole(wholes) => wholes.memory(),
            Index::Bytes(bytes) => bytes.memory(),
        };
        index + self.keys_bytes
    }
}

/// The rows with which groups from a number on were first seen.
pub(crate) fn firsts(groups: &[u32], before: usize) -> UInt32Array {
    let mut next = number(before);
    let mut rows = Vec::new();
    for (row, group) in groups.iter().enumerate() {
        if *group == next {
            rows.push(number(row));
            next += 1;
        }
    }
    rows.into()
}

/// Numbers for keys as bytes.
#[derive(Default)]
struct Bytes {
    table: HashTable<u32>,
    /// Its secret keeps strangers from choosing keys that collide; no result depends on it.
    hasher: RandomState,
    /// The keys one behind the other, and where each ends.
    arena: Vec<u8>,
    ends: Vec<usize>,
    hashes: Vec<u64>,
}

impl Bytes {
    fn assign(&mut self, keys: &[ArrayRef], rows: usize, groups: &mut Vec<u32>) {
        let columns = KeyColumns::new(keys);
        let mut written = Vec::new();
        for row in 0..rows {
            columns.write(row, &mut written);
            let hash = self.hasher.hash_one(&written[..]);
            let same = |group: &u32| {
                let group = *group as usize;
                self.hashes[group] == hash && key(&self.arena, &self.ends, group) == written
            };
            if let Some(group) = self.table.find(hash, same) {
                groups.push(*group);
                continue;
            }
            let group = number(self.ends.len());
            self.arena.extend_from_slice(&written);
            self.ends.push(self.arena.len());
            self.hashes.push(hash);
            self.table.insert_unique(hash, group, |group| self.hashes[*group as usize]);
            groups.push(group);
        }
    }

    fn clear(&mut self) {
        self.table.clear();
        self.arena.clear();
        self.ends.clear();
        self.hashes.clear();
    }

    fn memory(&self) -> usize {
        self.table.allocation_size()
            + self.arena.capacity()
            + (self.ends.capacity() + self.hashes.capacity()) * size_of::<u64>()
    }
}

fn key<'a>(arena: &'a [u8], ends: &[usize], group: usize) -> &'a [u8] {
    let start = if group == 0 { 0 } else { ends[group - 1] };
    &arena[start..ends[group]]
}
