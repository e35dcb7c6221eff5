//! `GROUP_RANK`: rows of one ROWTIME with their rank among each other.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-group-rank-udx.html>. Equal values have equal ranks, and the ranks behind them are left
//! out, as for `RANK()`. NULL ranks last. Rows of equal rank leave in the order in which they came.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, UInt32Array};
use arrow_ord::ord::make_comparator;
use arrow_schema::SortOptions;

use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

use super::{Context, Operator};

/// The operator.
pub(super) struct GroupRank {
    column: usize,
    descending: bool,
    output_descending: Option<bool>,
    idle_max_ms: Option<i64>,
    output_max: usize,
    /// Rows of one ROWTIME.
    group: Vec<Rows>,
    group_bytes: usize,
    /// When the last of them came.
    last_at: i64,
}

impl GroupRank {
    /// Ranks by a column.
    pub(super) fn new(
        column: usize,
        descending: bool,
        output_descending: Option<bool>,
        idle_max_ms: Option<u64>,
        output_max: Option<u64>,
    ) -> Self {
        Self {
            column,
            descending,
            output_descending,
            idle_max_ms: idle_max_ms.map(|idle| i64::try_from(idle).unwrap_or(i64::MAX)),
            output_max: output_max.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX)),
            group: Vec::new(),
            group_bytes: 0,
            last_at: 0,
        }
    }

    fn time(&self) -> Option<i64> {
        self.group.first().map(|rows| rows.times()[0])
    }

    fn is_idle(&self, now: i64) -> bool {
        self.idle_max_ms.is_some_and(|most| now.saturating_sub(self.last_at) >= most)
    }

    /// Ends the group.
    fn close(&mut self, context: &mut Context) {
        self.group_bytes = 0;
        let group = std::mem::take(&mut self.group);
        if group.is_empty() {
            return;
        }
        let group = Rows::concat(&group);
        let (mut order, ranks) = self.ranked(&group);
        match self.output_descending {
            None => order.sort_unstable(),
            Some(false) => {}
            Some(true) => {
                order.sort_by_key(|place| (std::cmp::Reverse(ranks[*place as usize]), *place));
            }
        }
        order.truncate(self.output_max);
        let rank: Int32Array = order.iter().map(|place| ranks[*place as usize]).collect();
        let rows = group.take(&UInt32Array::from(order));
        let mut columns = rows.columns().to_vec();
        columns.push(Arc::new(rank) as ArrayRef);
        context.emit(rows.with_columns(columns));
    }

    /// The places of rows in the order of their ranks, and the rank of each place.
    fn ranked(&self, group: &Rows) -> (Vec<u32>, Vec<i32>) {
        let values = &group.columns()[self.column];
        let options = SortOptions { descending: self.descending, nulls_first: false };
        let compare = make_comparator(values, values, options).expect("the column is a number or a text");
        let number = |place: usize| u32::try_from(place).expect("a group is smaller than 2^32 rows");
        let mut order: Vec<u32> = (0..group.len()).map(number).collect();
        order.sort_by(|one, two| compare(*one as usize, *two as usize));
        let mut ranks = vec![0; order.len()];
        let mut rank = 1;
        for (index, place) in order.iter().enumerate() {
            if index > 0 && compare(order[index - 1] as usize, *place as usize).is_ne() {
                rank = i32::try_from(index + 1).unwrap_or(i32::MAX);
            }
            ranks[*place as usize] = rank;
        }
        (order, ranks)
    }
}

impl Operator for GroupRank {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        if self.is_idle(context.now()) {
            self.close(context);
        }
        let mut done = 0;
        while done < rows.len() {
            let time = rows.times()[done];
            if self.time().is_some_and(|gathered| gathered != time) {
                self.close(context);
            }
            let equal = rows.times()[done..].partition_point(|other| *other == time);
            let slice = rows.slice(done, equal);
            // Slices share their memory; what each row takes is near enough.
            self.group_bytes += rows.memory() / rows.len() * equal;
            self.group.push(slice);
            done += equal;
        }
        self.last_at = context.now();
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        if self.time().is_some_and(|time| bound > time) || self.is_idle(context.now()) {
            self.close(context);
        }
        context.bound(bound);
    }

    fn deadline(&self) -> Option<i64> {
        self.time().map(|time| time.saturating_add(1))
    }

    fn memory(&self) -> usize {
        self.group_bytes
    }

    fn save(&self, saver: &mut Saver) {
        saver.integer(self.last_at);
        saver.count(usize::from(!self.group.is_empty()));
        if !self.group.is_empty() {
            saver.rows(&Rows::concat(&self.group));
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.last_at = loader.integer()?;
        self.group = if loader.count()? == 0 { Vec::new() } else { vec![loader.rows()?] };
        if self.group.iter().any(Rows::is_empty) {
            return Err(Damaged);
        }
        self.group_bytes = self.group.iter().map(Rows::memory).sum();
        Ok(())
    }
}

#[cfg(test)]
#[path = "group_rank_tests.rs"]
mod tests;
