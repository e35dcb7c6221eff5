//! `GROUP BY`: groups that are complete when a key that follows ROWTIME changes.
//!
//! A group's row has the end of its window as ROWTIME: the first instant at which one of the keys over ROWTIME is another. A key of another kind (an asserted `MONOTONIC (x)`, a
//! column that is in order) ends the window when a row has another value of it, and that row's ROWTIME is the group's. Groups leave in the order of their first rows.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-group-by-clause.html>.

use arrow_array::ArrayRef;

use crate::Fault;
use crate::aggregates::{self, Accumulator, Groups};
use crate::plan;
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::calculation::{Calculation, leave_out};
use super::epochs::{self, Closed, Epochs, Part};
use super::{Context, Operator};

#[cfg(test)]
mod tests;

/// Gathers groups, and sends a row for each of them when their window is over.
pub struct Tumble {
    /// Keys over columns that follow ROWTIME, then the other keys, then the arguments of the calls.
    values: Calculation,
    epochs: Epochs,
    /// Where each key of the output is found.
    keys: Vec<Key>,
    /// How many keys follow ROWTIME, and how many do not.
    widths: (usize, usize),
    groups: Groups,
    /// Whether a table without rows still makes a row: without keys all rows are one group, even if there are none.
    lacks_row: bool,
    calls: Vec<Call>,
    /// The group of each row of a part.
    numbers: Vec<u32>,
    memory: usize,
}

/// Where a key is found when a window is over.
#[derive(Debug, Clone, Copy)]
enum Key {
    /// Among the epoch's keys over ROWTIME.
    OverRowtime(usize),
    /// Among the epoch's other keys.
    OverColumns(usize),
    /// Among the groups' own keys.
    OfGroup(usize),
}

struct Call {
    accumulator: Box<dyn Accumulator>,
    /// The place of its argument among the arguments.
    argument: Option<usize>,
}

impl Tumble {
    /// A streaming `GROUP BY`.
    pub fn new(plan: &plan::Tumble, tables: &Tables) -> Result<Self, Fault> {
        let monotonic = plan.monotonic.iter().map(|index| (*index, &plan.keys[*index]));
        let window = epochs::keys(monotonic, &plan.input);
        let others: Vec<usize> = (0..plan.keys.len()).filter(|index| !plan.monotonic.contains(index)).collect();
        let mut keys = vec![Key::OfGroup(0); plan.keys.len()];
        window.over_rowtime.iter().enumerate().for_each(|(place, (index, _))| keys[*index] = Key::OverRowtime(place));
        window.over_columns.iter().enumerate().for_each(|(place, (index, _))| keys[*index] = Key::OverColumns(place));
        others.iter().enumerate().for_each(|(place, index)| keys[*index] = Key::OfGroup(place));
        let mut arguments = 0;
        let calls = plan.aggregates.iter().map(|call| {
            let argument = call.argument.as_ref().map(|_| arguments);
            arguments += usize::from(argument.is_some());
            Call { accumulator: aggregates::accumulator(call), argument }
        });
        let calls = calls.collect();
        let of_columns = window.over_columns.iter().map(|(_, key)| *key);
        let of_groups = others.iter().map(|index| &plan.keys[*index]);
        let of_calls = plan.aggregates.iter().filter_map(|call| call.argument.as_ref());
        Ok(Self {
            values: Calculation::new(of_columns.chain(of_groups).chain(of_calls), tables)?,
            epochs: Epochs::new(&window, tables)?,
            keys,
            widths: (window.over_columns.len(), others.len()),
            groups: Groups::new(others.iter().map(|index| plan.keys[*index].data_type).collect()),
            lacks_row: plan.keys.is_empty(),
            calls,
            numbers: Vec::new(),
            memory: 0,
        })
    }

    fn gather(&mut self, part: &Part, values: &[ArrayRef]) {
        let (start, length) = (part.rows.start, part.rows.len());
        let values: Vec<ArrayRef> = values.iter().map(|column| column.slice(start, length)).collect();
        let (keys, arguments) = values.split_at(self.widths.1);
        self.groups.assign(keys, length, &mut self.numbers);
        for call in &mut self.calls {
            call.accumulator.grow(self.groups.count());
            call.accumulator.update(&self.numbers, call.argument.map(|place| &arguments[place]));
        }
    }

    /// Sends the groups' rows, and forgets them.
    fn emit(&mut self, closed: &Closed, context: &mut Context) {
        let count = self.groups.count();
        let all = numbers(count);
        let of_groups = self.groups.keys();
        let mut columns: Vec<ArrayRef> = self.keys.iter().map(|key| key.column(closed, &of_groups, count)).collect();
        let mut failed = Vec::new();
        for call in &mut self.calls {
            let evaluated = call.accumulator.values(&all);
            columns.push(evaluated.values);
            failed.extend(evaluated.errors);
            call.accumulator.clear();
        }
        self.groups.clear();
        let rows = Rows::new(vec![closed.rowtime; count].into(), columns);
        let (rows, _) = leave_out(rows, Vec::new(), failed, context);
        context.emit(rows);
    }

    /// Sends the row of a table that has none.
    fn emit_without_rows(&mut self, context: &mut Context) {
        let mut columns = Vec::with_capacity(self.calls.len());
        for call in &mut self.calls {
            call.accumulator.grow(1);
            columns.push(call.accumulator.values(&[0]).values);
            call.accumulator.clear();
        }
        context.emit(Rows::new(vec![context.now()].into(), columns));
    }

    fn measure(&mut self) {
        let calls: usize = self.calls.iter().map(|call| call.accumulator.memory()).sum();
        self.memory = self.groups.memory() + calls + self.numbers.capacity() * size_of::<u32>();
    }
}

impl Key {
    fn column(self, closed: &Closed, of_groups: &[ArrayRef], count: usize) -> ArrayRef {
        match self {
            Self::OverRowtime(place) => epochs::repeated(&closed.epoch.over_rowtime[place], count),
            Self::OverColumns(place) => epochs::repeated(&closed.epoch.over_columns[place], count),
            Self::OfGroup(place) => ArrayRef::clone(&of_groups[place]),
        }
    }
}

impl Operator for Tumble {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let (rows, values) = self.values.of(rows, context);
        self.lacks_row &= rows.is_empty();
        let (window_keys, others) = values.split_at(self.widths.0);
        for part in self.epochs.cut(rows.times(), window_keys) {
            if let Some(closed) = &part.closed {
                self.emit(closed, context);
            }
            self.gather(&part, others);
        }
        self.measure();
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        if let Some(closed) = self.epochs.bound(bound) {
            self.emit(&closed, context);
            self.measure();
        }
        if self.lacks_row && bound == i64::MAX {
            self.lacks_row = false;
            self.emit_without_rows(context);
        }
        context.bound(bound);
    }

    fn deadline(&self) -> Option<i64> {
        self.epochs.deadline()
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn save(&self, saver: &mut Saver) {
        self.epochs.save(saver);
        let count = self.groups.count();
        saver.count(count);
        if count > 0 {
            let mut columns = self.groups.keys();
            columns.extend(self.calls.iter().flat_map(|call| call.accumulator.state(&numbers(count))));
            saver.rows(&Rows::new(vec![0; count].into(), columns));
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.epochs.load(loader)?;
        self.groups.clear();
        self.calls.iter_mut().for_each(|call| call.accumulator.clear());
        let count = loader.count()?;
        if count > 0 {
            let rows = loader.rows()?;
            let (keys, state) = rows.columns().split_at_checked(self.widths.1).ok_or(Damaged)?;
            self.groups.assign(keys, rows.len(), &mut self.numbers);
            let mut state = state.iter();
            for call in &mut self.calls {
                call.accumulator.restore(&mut state)?;
            }
            if rows.len() != count || self.groups.count() != count {
                return Err(Damaged);
            }
        }
        self.measure();
        Ok(())
    }
}

/// The numbers of so many groups.
fn numbers(count: usize) -> Vec<u32> {
    (0..).take(count).collect()
}
