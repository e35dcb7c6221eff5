//! `ORDER BY`: rows are gathered until the first key changes, and leave in order.
//!
//! Rows may only leave in ascending ROWTIME, so those that were gathered get the ROWTIME of the last of them. Where the first key is ROWTIME or a group's window, that is their own.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-order-by-clause.html>.

use std::sync::Arc;

use arrow_array::{ArrayRef, UInt32Array};
use arrow_ord::sort::{SortColumn, SortOptions, lexsort_to_indices};

use crate::Fault;
use crate::plan;
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::calculation::Calculation;
use super::epochs::{self, Closed, Epochs};
use super::{Context, Operator};

#[cfg(test)]
mod tests;

/// Puts rows in order.
pub struct Sort {
    /// The first key if it is over columns, and then the other keys.
    values: Calculation,
    epochs: Epochs,
    /// How many of the values are keys of the epochs.
    window_keys: usize,
    orders: Vec<SortOptions>,
    /// Rows of the open epoch, their keys behind their columns.
    gathered: Vec<Rows>,
    memory: usize,
}

impl Sort {
    /// A streaming `ORDER BY`. Rows of a table leave when it ends.
    pub fn new(plan: &plan::Sort, tables: &Tables) -> Result<Self, Fault> {
        let leading = plan.keys.iter().take(1).filter(|key| key.value.order.is_monotonic());
        let window = epochs::keys(leading.map(|key| (0, &key.value)), &plan.input);
        let window_keys = window.over_columns.len();
        // Rows that are gathered together all have the same leading key.
        let others = &plan.keys[window_keys + window.over_rowtime.len()..];
        let exprs = window.over_columns.iter().map(|(_, key)| *key).chain(others.iter().map(|key| &key.value));
        let orders = others.iter().map(|key| SortOptions { descending: key.descending, nulls_first: key.nulls_first });
        Ok(Self {
            values: Calculation::new(exprs, tables)?,
            epochs: Epochs::new(&window, tables)?,
            window_keys,
            orders: orders.collect(),
            gathered: Vec::new(),
            memory: 0,
        })
    }

    fn emit(&mut self, closed: &Closed, context: &mut Context) {
        self.memory = 0;
        let gathered = std::mem::take(&mut self.gathered);
        if gathered.is_empty() {
            return;
        }
        let all = Rows::concat(&gathered);
        let (columns, keys) = all.columns().split_at(all.columns().len() - self.orders.len());
        let times = vec![closed.epoch.last; all.len()];
        let rows = Rows::new(times.into(), columns.to_vec());
        context.emit(if keys.is_empty() { rows } else { rows.take(&self.order(keys, all.len())) });
    }

    /// The places of rows in order; rows with equal keys stay as they came.
    fn order(&self, keys: &[ArrayRef], rows: usize) -> UInt32Array {
        let keys = keys.iter().zip(&self.orders);
        let column = |(values, options): (&ArrayRef, &SortOptions)| SortColumn {
            values: Arc::clone(values),
            options: Some(*options),
        };
        let arrival = UInt32Array::from_iter_values((0..).take(rows));
        let arrival = SortColumn { values: Arc::new(arrival), options: None };
        let columns: Vec<SortColumn> = keys.map(column).chain([arrival]).collect();
        lexsort_to_indices(&columns, None).expect("all types of the language have an order")
    }
}

impl Operator for Sort {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let (rows, mut keys) = self.values.of(rows, context);
        let others = keys.split_off(self.window_keys);
        let columns = rows.columns().iter().cloned().chain(others).collect();
        let with_keys = rows.with_columns(columns);
        for part in self.epochs.cut(rows.times(), &keys) {
            if let Some(closed) = &part.closed {
                self.emit(closed, context);
            }
            let part = with_keys.slice(part.rows.start, part.rows.len()).compacted();
            self.memory += part.memory();
            self.gathered.push(part);
        }
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        if let Some(closed) = self.epochs.bound(bound) {
            self.emit(&closed, context);
        }
        // What is still gathered leaves with the ROWTIME of its last row, or that of one to come.
        context.bound(self.epochs.open().map_or(bound, |open| open.last.min(bound)));
    }

    fn deadline(&self) -> Option<i64> {
        self.epochs.deadline()
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn save(&self, saver: &mut Saver) {
        self.epochs.save(saver);
        saver.count(self.gathered.len().min(1));
        if !self.gathered.is_empty() {
            saver.rows(&Rows::concat(&self.gathered));
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.epochs.load(loader)?;
        self.gathered = (0..loader.count()?).map(|_| loader.rows()).collect::<Result<_, _>>()?;
        self.memory = self.gathered.iter().map(Rows::memory).sum();
        Ok(())
    }
}
