//! The sub-queries of one graph, each made ready once, and the memory that they hold.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Ready;
use crate::plan::SubQuery;
use crate::{Fault, Span};

/// What a graph may hold that says nothing else, in bytes.
const BYTES_MAX: usize = 1 << 30;

/// Sub-queries that are ready.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    account: Arc<Account>,
    ready: Mutex<Vec<(SubQuery, Arc<Ready>)>>,
}

impl Prepared {
    /// None yet, and the memory that is on an account.
    pub(crate) fn on(account: &Arc<Account>) -> Self {
        Self { account: Arc::clone(account), ready: Mutex::default() }
    }

    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// A query that was made ready before, or is now.
    pub(super) fn ready(
        &self,
        query: &SubQuery,
        make: impl FnOnce() -> Result<Ready, Fault>,
    ) -> Result<Arc<Ready>, Fault> {
        let found = || {
            let all = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().find(|(other, _)| other == query).map(|(_, ready)| Arc::clone(ready))
        };
        if let Some(ready) = found() {
            return Ok(ready);
        }
        let made = Arc::new(make()?);
        let mut all = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((query.clone(), Arc::clone(&made)));
        Ok(made)
    }
}

/// The memory that sub-queries of a graph hold.
#[derive(Debug)]
pub(crate) struct Account {
    held_bytes: AtomicUsize,
    bytes_max: usize,
    /// The query that needs more memory than there is.
    exhausted: Mutex<Option<Span>>,
}

impl Default for Account {
    fn default() -> Self {
        Self::new(BYTES_MAX)
    }
}

impl Account {
    /// An account of a graph that may hold so many bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { held_bytes: AtomicUsize::new(0), bytes_max, exhausted: Mutex::default() }
    }

    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes.load(Ordering::Relaxed)
    }

    /// Notes that a query cannot be carried out for lack of memory.
    pub(super) fn exhaust(&self, query: Span) {
        self.exhausted.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(query);
    }

    /// The query that could not be carried out for lack of memory.
    pub(crate) fn exhausted(&self) -> Option<Span> {
        *self.exhausted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory on an account, given back when this goes.
#[derive(Debug)]
pub(super) struct Held {
    account: Arc<Account>,
    bytes: usize,
    query: Span,
}

impl Held {
    pub(super) fn new(account: &Arc<Account>, query: Span) -> Self {
        Self { account: Arc::clone(account), bytes: 0, query }
    }

    /// So many bytes are held now.
    pub(super) fn set(&mut self, bytes: usize) {
        let before = self.account.held_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.account.held_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = bytes;
        if before + bytes > self.account.bytes_max {
            self.account.exhaust(self.query);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.account.held_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
