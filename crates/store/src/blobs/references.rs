//! Counting references inside a transaction, where no update can be lost.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{ReadableTable, WriteTransaction};

use crate::database::table;
use crate::{Error, Store};

use super::birth::Birth;
use super::{BlobId, TABLE, TRASH_TABLE};

/// One reference more or less.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) id: BlobId,
    pub(crate) by: i64,
    /// The blob itself, where this is its first reference.
    pub(crate) new: Option<Arc<Birth>>,
}

/// What one transaction does to one blob.
#[derive(Default)]
struct Tally {
    by: i64,
    new_len: Option<u64>,
}

/// A row of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    count: u64,
    len: u64,
}

impl Row {
    fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.count.to_be_bytes());
        bytes[8..].copy_from_slice(&self.len.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
        let (count, len) = bytes.split_at_checked(8)?;
        Some(Self { count: number(count)?, len: number(len)? })
    }
}

/// Whether a transaction sent a blob to the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trashed {
    Nothing,
    Some,
}

fn tally(references: &[Reference]) -> BTreeMap<BlobId, Tally> {
    let mut tallies: BTreeMap<BlobId, Tally> = BTreeMap::new();
    for reference in references {
        let tally = tallies.entry(reference.id).or_default();
        tally.by += reference.by;
        if let Some(new) = &reference.new {
            tally.new_len = Some(new.len());
        }
    }
    tallies
}

/// Whether everybody who is referred to, or is given up, is there.
pub(crate) fn hold(writing: &WriteTransaction, references: &[Reference]) -> Result<bool, redb::Error> {
    if references.is_empty() {
        return Ok(true);
    }
    let rows = writing.open_table(table(TABLE))?;
    for (id, tally) in tally(references) {
        let row = rows.get(&id.key()[..])?.map(|value| row(id, value.value())).transpose()?;
        let before = match (row, tally.new_len) {
            (Some(row), _) => row.count,
            (None, Some(_)) => 0,
            (None, None) => return Ok(false),
        };
        if before.checked_add_signed(tally.by).is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Counts the references of a transaction for which [`hold`] holds.
pub(crate) fn write(writing: &WriteTransaction, references: &[Reference]) -> Result<Trashed, redb::Error> {
    let mut trashed = Trashed::Nothing;
    if references.is_empty() {
        return Ok(trashed);
    }
    let mut rows = writing.open_table(table(TABLE))?;
    for (id, tally) in tally(references) {
        let key = &id.key()[..];
        let found = rows.get(key)?.map(|value| row(id, value.value())).transpose()?;
        let before = found.unwrap_or(Row { count: 0, len: tally.new_len.unwrap_or_default() });
        let count = before.count.checked_add_signed(tally.by).expect("the transaction holds");
        if count == 0 {
            rows.remove(key)?;
            writing.open_table(table(TRASH_TABLE))?.insert(key, &before.len.to_be_bytes()[..])?;
            trashed = Trashed::Some;
        } else {
            rows.insert(key, &Row { count, ..before }.to_bytes()[..])?;
        }
    }
    Ok(trashed)
}

fn row(id: BlobId, bytes: &[u8]) -> Result<Row, redb::Error> {
    Row::from_bytes(bytes).ok_or_else(|| redb::Error::Corrupted(format!("the row of blob {id}")))
}

pub(super) fn count(store: &Store, id: BlobId) -> Result<u64, Error> {
    let Some(bytes) = store.get(TABLE, id.key())? else { return Ok(0) };
    Ok(row(id, &bytes)?.count)
}
