//! `ORDER BY time WITHIN INTERVAL …` (T-sort): late rows put in the order of a time, which becomes their ROWTIME.
//!
//! The buffer reaches back from the latest time seen. A row may be exactly as late as it is long; what is older goes to the error stream, and rows without a time are dropped.
//! Bounds of the input say nothing about that time and are ignored.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sqlrf_T-sorting_Stream_Input.html>.

use arrow_array::UInt32Array;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;

use crate::Fault;
use crate::plan::Expr;
use crate::row_error::{ErrorName, RowError};
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::calculation::Calculation;
use super::{Context, Operator};

#[cfg(test)]
mod tests;

/// Puts rows in the order of a time.
pub struct TimeSort {
    key: Calculation,
    within_ms: i64,
    /// The latest time seen.
    latest: Option<i64>,
    /// Rows that wait, with their new ROWTIMEs, in lists of falling size, each in order. Among equals earlier lists hold earlier rows.
    waiting: Vec<Rows>,
    memory: usize,
}

impl TimeSort {
    /// The rows of an input in the order of `key`, which may be late by `within_ms`.
    pub fn new(key: &Expr, within_ms: i64, tables: &Tables) -> Result<Self, Fault> {
        let key = Calculation::new([key], tables)?;
        Ok(Self { key, within_ms, latest: None, waiting: Vec::new(), memory: 0 })
    }

    /// The time up to which rows have left, and from which on they are taken.
    fn edge(&self) -> Option<i64> {
        self.latest.map(|latest| latest.saturating_sub(self.within_ms))
    }

    /// Keeps rows. Each list is at least twice as long as the next one, so that a row is copied only so often.
    fn keep(&mut self, rows: Rows) {
        let mut newest = rows.compacted();
        while let Some(last) = self.waiting.pop_if(|last| last.len() < newest.len() * 2) {
            self.memory -= last.memory();
            newest = Rows::merge(&[last, newest]).compacted();
        }
        self.memory += newest.memory();
        self.waiting.push(newest);
    }

    /// Sends the rows up to a time.
    fn emit(&mut self, until: i64, context: &mut Context) {
        let mut leaving = Vec::new();
        for rows in &mut self.waiting {
            let count = rows.times().partition_point(|time| *time <= until);
            if count > 0 {
                leaving.push(rows.slice(0, count));
                *rows = rows.slice(count, rows.len() - count);
            }
        }
        if leaving.is_empty() {
            return;
        }
        self.waiting.retain(|rows| !rows.is_empty());
        context.emit(Rows::merge(&leaving));
        self.tidy();
    }

    /// Copies what is left of lists of which most has left, so that their memory is given back.
    fn tidy(&mut self) {
        for rows in &mut self.waiting {
            if rows.times().inner().capacity() > 2 * size_of_val(&rows.times()[..]) {
                *rows = rows.take(&UInt32Array::from_iter_values((0..).take(rows.len()))).compacted();
            }
        }
        self.memory = self.waiting.iter().map(Rows::memory).sum();
    }
}

impl Operator for TimeSort {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let (rows, keys) = self.key.of(rows, context);
        let Some(keys) = keys[0].as_primitive_opt::<TimestampMillisecondType>() else { return };
        let mut taken: Vec<(i64, u32)> = Vec::with_capacity(rows.len());
        for (place, (row, time)) in (0..).zip(keys.iter().enumerate()) {
            let Some(time) = time else { continue };
            match self.edge() {
                Some(edge) if time < edge => {
                    let message = format!("The row's time is {} ms too late to be put in order", edge - time);
                    context.fail(&rows, row, RowError::new(ErrorName::OutOfOrder, message));
                }
                _ => {
                    self.latest = self.latest.max(Some(time));
                    taken.push((time, place));
                }
            }
        }
        if taken.is_empty() {
            return;
        }
        taken.sort_by_key(|(time, _)| *time);
        let places = UInt32Array::from_iter_values(taken.iter().map(|(_, place)| *place));
        let unordered = Rows::new(vec![0; rows.len()].into(), rows.columns().to_vec());
        let columns = unordered.take(&places).columns().to_vec();
        self.keep(Rows::new(taken.iter().map(|(time, _)| *time).collect(), columns));
        if let Some(edge) = self.edge() {
            self.emit(edge, context);
        }
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        if bound == i64::MAX {
            // The input has ended: nothing can be late any more.
            self.emit(i64::MAX, context);
            context.bound(bound);
        } else if let Some(edge) = self.edge() {
            context.bound(edge);
        }
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn save(&self, saver: &mut Saver) {
        saver.optional(self.latest);
        saver.count(self.waiting.len());
        self.waiting.iter().for_each(|rows| saver.rows(rows));
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.latest = loader.optional()?;
        self.waiting = (0..loader.count()?).map(|_| loader.rows()).collect::<Result<_, _>>()?;
        self.memory = self.waiting.iter().map(Rows::memory).sum();
        Ok(())
    }
}
