//! One side of a join of two streams: rows that wait, and rows that can be found.

use std::collections::VecDeque;

use super::KeyValues;
use super::reach::Reach;
use super::store::{Entry, Store};
use crate::operators::Context;
use crate::operators::keys::KeyColumns;
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

/// One side.
pub(super) struct Side {
    pub(super) values: KeyValues,
    pub(super) reach: Reach,
    /// Whether rows without a partner come out.
    pub(super) outer: bool,
    /// Rows that the other side's bound has not passed yet.
    pub(super) waiting: VecDeque<Rows>,
    pub(super) waiting_memory: usize,
    pub(super) bound: i64,
    pub(super) store: Store,
    /// Rows before this one are found no more.
    pub(super) found_from: u64,
    /// Rows before this one had a partner or are found no more.
    pub(super) lone_from: u64,
}

/// The memory of so many waiting batches is kept for those to come.
const WAITING_KEPT: usize = 64;

/// Rows of one side on their way through the join.
pub(super) struct Batch {
    pub(super) rows: Rows,
    pub(super) keys: KeyColumns,
    pub(super) next: usize,
}

impl Batch {
    pub(super) fn time(&self) -> Option<i64> {
        self.rows.times().get(self.next).copied()
    }
}

impl Side {
    /// The oldest row that can be found.
    pub(super) fn oldest(&self) -> Option<Entry> {
        (self.found_from < self.store.next()).then(|| self.store.entry(self.found_from))
    }

    /// When the oldest row that can be found ended, if it is found no more at an instant.
    pub(super) fn left_by(&self, now: i64) -> Option<i64> {
        let oldest = self.oldest().filter(|entry| !self.is_found(entry.time, now));
        oldest.map(|entry| self.reach.end(entry.time))
    }

    /// Whether the oldest row is still found at an instant.
    pub(super) fn is_found(&self, time: i64, now: i64) -> bool {
        self.reach.ms.is_some_and(|ms| time.saturating_add(ms) >= now) || self.is_among_last(self.found_from)
    }

    pub(super) fn is_among_last(&self, number: u64) -> bool {
        self.reach.rows.is_some_and(|rows| self.store.next() - number <= rows)
    }

    /// Takes the rows older than a bound that can be worked with.
    pub(super) fn ready(&mut self, bound: i64, context: &mut Context) -> Batch {
        let mut parts = Vec::new();
        while let Some(rows) = self.waiting.pop_front() {
            self.waiting_memory -= rows.memory();
            let older = rows.times().partition_point(|time| *time < bound);
            if older < rows.len() {
                let rest = rows.slice(older, rows.len() - older);
                self.waiting_memory += rest.memory();
                self.waiting.push_front(rest);
            }
            if older > 0 {
                parts.push(rows.slice(0, older));
            }
            if older < rows.len() {
                break;
            }
        }
        if self.waiting.capacity() > WAITING_KEPT && self.waiting.len() < WAITING_KEPT {
            self.waiting.shrink_to(WAITING_KEPT);
        }
        if parts.is_empty() {
            return Batch { rows: Rows::new(Vec::new().into(), Vec::new()), keys: KeyColumns::new(&[]), next: 0 };
        }
        let (rows, keys) = self.values.evaluate(Rows::concat(&parts), context);
        Batch { rows, keys, next: 0 }
    }

    /// The lowest bound at which a row comes out because it found no partner.
    pub(super) fn lone_at(&self) -> Option<i64> {
        if !self.outer || self.lone_from >= self.store.next() || self.is_among_last(self.lone_from) {
            return None;
        }
        self.reach.end(self.store.entry(self.lone_from).time).checked_add(1)
    }

    pub(super) fn skip_matched(&mut self) {
        self.lone_from = self.lone_from.max(self.found_from);
        while self.lone_from < self.store.next() && self.store.entry(self.lone_from).matched {
            self.lone_from += 1;
        }
    }

    pub(super) fn save(&self, saver: &mut Saver) {
        saver.integer(self.bound);
        saver.count(self.waiting.len());
        self.waiting.iter().for_each(|rows| saver.rows(rows));
        saver.count(usize::try_from(self.found_from).expect("a number of rows"));
        let (batches, entries) = self.store.rest(self.found_from);
        saver.count(batches.len());
        batches.iter().for_each(|rows| saver.rows(rows));
        let matched: Vec<u8> = entries.map(|entry| u8::from(entry.matched)).collect();
        saver.bytes(&matched);
    }

    /// The rows that can be found, in batches, and which of them had a partner.
    pub(super) fn load<'b>(&mut self, loader: &mut Loader<'b>) -> Result<(Vec<Rows>, &'b [u8]), Damaged> {
        self.bound = loader.integer()?;
        self.waiting.clear();
        self.waiting_memory = 0;
        for _ in 0..loader.count()? {
            let rows = loader.rows()?;
            self.store.check(&rows)?;
            self.waiting_memory += rows.memory();
            self.waiting.push_back(rows);
        }
        self.found_from = loader.count()? as u64;
        self.lone_from = self.found_from;
        self.store.restart(self.found_from);
        let mut batches = Vec::new();
        for _ in 0..loader.count()? {
            let rows = loader.rows()?;
            self.store.check(&rows)?;
            batches.push(rows);
        }
        let matched = loader.bytes()?;
        let count: usize = batches.iter().map(Rows::len).sum();
        if matched.len() == count { Ok((batches, matched)) } else { Err(Damaged) }
    }

    /// Loaded rows with their keys, which were computed before: none of these rows failed.
    pub(super) fn keyed(&self, rows: Rows) -> Batch {
        let (rows, keys) = self.values.evaluate(rows, &mut Context::at(0));
        Batch { rows, keys, next: 0 }
    }
}
