//! What one transaction expects and changes.

use std::sync::Arc;

use crate::blobs::{BlobId, NewBlob, Reference};

/// Changes that are made together, if everything expected holds.
///
/// Expectations are checked first, whatever the order of the calls; then puts and deletes are made in order.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub(crate) expectations: Vec<Pair>,
    pub(crate) writes: Vec<Pair>,
    pub(crate) references: Vec<Reference>,
    pub(crate) bytes: usize,
}

/// A key of a table, and its value or its absence.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) table: String,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

impl Changes {
    /// No changes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a key.
    #[must_use]
    pub fn put(mut self, table: &str, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        let pair = self.pair(table, key.into(), Some(value.into()));
        self.writes.push(pair);
        self
    }

    /// Removes a key, if it is there.
    #[must_use]
    pub fn delete(mut self, table: &str, key: impl Into<Vec<u8>>) -> Self {
        let pair = self.pair(table, key.into(), None);
        self.writes.push(pair);
        self
    }

    /// Demands that a key has this value, or with `None` that it is absent; otherwise nothing is changed and the
    /// commit answers [`crate::Error::Conflict`].
    #[must_use]
    pub fn expect(mut self, table: &str, key: impl Into<Vec<u8>>, value: Option<Vec<u8>>) -> Self {
        let pair = self.pair(table, key.into(), value);
        self.expectations.push(pair);
        self
    }

    /// Refers to a blob that has just been written, once: from the commit on it is kept.
    #[must_use]
    pub fn claim(self, blob: &NewBlob) -> Self {
        self.refer(Reference { id: blob.id(), by: 1, new: Some(Arc::clone(blob.birth())) })
    }

    /// Refers to a blob that others refer to already, once more. Where nobody does any more, nothing is changed and
    /// the commit answers [`crate::Error::Conflict`].
    #[must_use]
    pub fn share(self, id: BlobId) -> Self {
        self.refer(Reference { id, by: 1, new: None })
    }

    /// Gives up one reference to a blob. With the last one, as counted at the end of the transaction, it goes.
    #[must_use]
    pub fn release(self, id: BlobId) -> Self {
        self.refer(Reference { id, by: -1, new: None })
    }

    /// These and the others, together: all or none.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.expectations.extend(other.expectations);
        self.writes.extend(other.writes);
        self.references.extend(other.references);
        self.bytes += other.bytes;
        self
    }

    /// Whether nothing would be changed.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.references.is_empty()
    }

    /// Bytes of tables, keys and values; what bounds a transaction.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn pair(&mut self, table: &str, key: Vec<u8>, value: Option<Vec<u8>>) -> Pair {
        self.bytes += table.len() + key.len() + value.as_ref().map_or(0, Vec::len);
        Pair { table: table.to_owned(), key, value }
    }

    fn refer(mut self, reference: Reference) -> Self {
        self.bytes += size_of::<Reference>();
        self.references.push(reference);
        self
    }
}
