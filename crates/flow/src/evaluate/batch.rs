//! The rows that an expression is evaluated on: all of a batch, or those that a branch is reached for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, UInt32Array};
use arrow_buffer::BooleanBuffer;

use super::log_parser::Parsed;
use crate::RowError;
use crate::rows::Rows;

/// What all expressions of one evaluation share.
#[derive(Debug)]
pub(super) struct Evaluation {
    now: i64,
    /// Each with the place of its row in the whole batch, in no order; of two of one row the first counts.
    failed: RefCell<Vec<(usize, RowError)>>,
    /// What log parsers made of the whole batch, by their addresses.
    parsed: RefCell<HashMap<usize, Arc<Parsed>>>,
}

impl Evaluation {
    pub(super) fn at(now: i64) -> Self {
        Self { now, failed: RefCell::default(), parsed: RefCell::default() }
    }

    /// Takes out the errors, by row, the first of each.
    pub(super) fn take_failed(&self) -> Vec<(usize, RowError)> {
        let mut failed = self.failed.take();
        failed.sort_by_key(|(row, _)| *row);
        failed.dedup_by_key(|(row, _)| *row);
        failed
    }
}

/// Rows that an expression is evaluated on.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    rows: &'a Rows,
    evaluation: &'a Evaluation,
    /// The places of the rows in the whole batch; all of them if there are none.
    selected: Option<Selected>,
}

#[derive(Debug)]
struct Selected {
    places: UInt32Array,
    /// Columns whose selected values were taken already.
    columns: RefCell<HashMap<usize, ArrayRef>>,
    parsed: RefCell<HashMap<usize, Arc<Parsed>>>,
}

impl<'a> Batch<'a> {
    pub(super) fn whole(rows: &'a Rows, evaluation: &'a Evaluation) -> Self {
        Self { rows, evaluation, selected: None }
    }

    pub(super) fn len(&self) -> usize {
        self.selected.as_ref().map_or(self.rows.len(), |selected| selected.places.values().len())
    }

    pub(super) fn now(&self) -> i64 {
        self.evaluation.now
    }

    pub(super) fn column(&self, index: usize) -> ArrayRef {
        let whole = &self.rows.columns()[index];
        let Some(selected) = &self.selected else { return Arc::clone(whole) };
        let mut columns = selected.columns.borrow_mut();
        Arc::clone(columns.entry(index).or_insert_with(|| take(whole, &selected.places)))
    }

    pub(super) fn times(&self) -> arrow_buffer::ScalarBuffer<i64> {
        let times = self.rows.times();
        match &self.selected {
            None => times.clone(),
            Some(selected) => selected.places.values().iter().map(|place| times[*place as usize]).collect(),
        }
    }

    /// Some of the rows, by their places in this batch.
    pub(super) fn select(&self, places: &[u32]) -> Batch<'a> {
        let places: UInt32Array = match &self.selected {
            None => places.to_vec().into(),
            Some(selected) => {
                let before = selected.places.values();
                places.iter().map(|place| before[*place as usize]).collect::<Vec<_>>().into()
            }
        };
        let selected = Selected { places, columns: RefCell::default(), parsed: RefCell::default() };
        Batch { rows: self.rows, evaluation: self.evaluation, selected: Some(selected) }
    }

    /// Notes what is wrong with a row.
    pub(super) fn fail(&self, row: usize, error: RowError) {
        let place = self.selected.as_ref().map_or(row, |selected| selected.places.value(row) as usize);
        self.evaluation.failed.borrow_mut().push((place, error));
    }

    /// What a log parser made of these rows; `parse` does it if nobody did before.
    pub(super) fn parsed(&self, parser: usize, parse: impl FnOnce() -> Parsed) -> Arc<Parsed> {
        let whole = &self.evaluation.parsed;
        let cache = self.selected.as_ref().map_or(whole, |selected| &selected.parsed);
        if let Some(parsed) = cache.borrow().get(&parser) {
            return Arc::clone(parsed);
        }
        let parsed = Arc::new(match (&self.selected, whole.borrow().get(&parser)) {
            (Some(selected), Some(parsed)) => parsed.take(&selected.places),
            _ => parse(),
        });
        cache.borrow_mut().insert(parser, Arc::clone(&parsed));
        parsed
    }
}

pub(super) fn take(array: &ArrayRef, places: &UInt32Array) -> ArrayRef {
    arrow_select::take::take(array, places, None).expect("places lie within the batch")
}

/// The places of set bits.
pub(super) fn places(bits: &BooleanBuffer) -> Vec<u32> {
    bits.set_indices().map(|place| u32::try_from(place).expect("batches are smaller than 2^32 rows")).collect()
}
