//! `WINDOWED BY STAGGER`: for each key a window that opens with its first row and is open for a time.
//!
//! A window that opens at t0 takes rows before t0 + n; its one row has t0 + n as ROWTIME. The next row of that key opens a new one. Windows close in the order in which they opened.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/stagger-window-concepts.html>.

use std::collections::VecDeque;
use std::ops::Range;

use arrow_array::ArrayRef;

use crate::Fault;
use crate::aggregates::{self, Accumulator};
use crate::plan;
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::calculation::{Calculation, leave_out};
use super::keys::{KeyColumns, Keys};
use super::{Context, Operator};

#[cfg(test)]
mod tests;

/// Gathers the rows of each key while its window is open.
pub struct Stagger {
    /// The keys, then the arguments of the calls.
    values: Calculation,
    range_ms: i64,
    /// A number for each key with an open window; everything else about it lies under that number.
    numbers: Keys,
    /// When each window closes, and its number; in the order in which they opened.
    open: VecDeque<(i64, u32)>,
    is_open: Vec<bool>,
    /// What the output's columns are made of: the keys' values, and then the calls.
    columns: Vec<Gathered>,
    widths: usize,
    /// The number of each row of a part.
    groups: Vec<u32>,
    key: Vec<u8>,
    memory: usize,
}

struct Gathered {
    accumulator: Box<dyn Accumulator>,
    /// The place among the values.
    value: Option<usize>,
}

impl Stagger {
    /// Stagger windows.
    pub fn new(plan: &plan::Stagger, tables: &Tables) -> Result<Self, Fault> {
        let mut next = plan.keys.len();
        let keys = plan
            .keys
            .iter()
            .enumerate()
            .map(|(index, key)| Gathered { accumulator: aggregates::first_value(key.data_type), value: Some(index) });
        let calls = plan.aggregates.iter().map(|call| {
            let value = call.argument.as_ref().map(|_| next);
            next += usize::from(value.is_some());
            Gathered { accumulator: aggregates::accumulator(call), value }
        });
        let columns = keys.chain(calls).collect();
        let arguments = plan.aggregates.iter().filter_map(|call| call.argument.as_ref());
        Ok(Self {
            values: Calculation::new(plan.keys.iter().chain(arguments), tables)?,
            range_ms: plan.range_ms,
            numbers: Keys::default(),
            open: VecDeque::new(),
            is_open: Vec::new(),
            columns,
            widths: plan.keys.len(),
            groups: Vec::new(),
            key: Vec::new(),
            memory: 0,
        })
    }

    /// The number of a key; its window is opened if there is none.
    fn number(&mut self, time: i64) -> u32 {
        let number = self.numbers.number(&self.key);
        let place = number as usize;
        if place >= self.is_open.len() {
            self.is_open.resize(place + 1, false);
        }
        if !self.is_open[place] {
            self.is_open[place] = true;
            self.open.push_back((time.saturating_add(self.range_ms), number));
        }
        number
    }

    /// Adds rows to their windows.
    fn gather(&mut self, rows: Range<usize>, values: &[ArrayRef]) {
        for column in &mut self.columns {
            column.accumulator.grow(self.is_open.len());
            let value = column.value.map(|place| values[place].slice(rows.start, rows.len()));
            column.accumulator.update(&self.groups, value.as_ref());
        }
        self.groups.clear();
    }

    /// Sends the rows of windows that are over at a bound.
    fn close(&mut self, bound: i64, context: &mut Context) {
        let count = self.open.partition_point(|(close, _)| *close <= bound);
        if count == 0 {
            return;
        }
        let (times, numbers): (Vec<i64>, Vec<u32>) = self.open.drain(..count).unzip();
        let mut columns = Vec::with_capacity(self.columns.len());
        let mut failed = Vec::new();
        for column in &mut self.columns {
            let evaluated = column.accumulator.values(&numbers);
            columns.push(evaluated.values);
            failed.extend(evaluated.errors);
            column.accumulator.reset(&numbers);
        }
        for number in numbers {
            self.numbers.remove(number);
            self.is_open[number as usize] = false;
        }
        let (rows, _) = leave_out(Rows::new(times.into(), columns), Vec::new(), failed, context);
        context.emit(rows);
    }

    fn measure(&mut self) {
        self.memory = self.numbers.memory()
            + self.open.capacity() * size_of::<(i64, u32)>()
            + self.is_open.capacity()
            + self.groups.capacity() * size_of::<u32>()
            + self.columns.iter().map(|column| column.accumulator.memory()).sum::<usize>();
    }
}

impl Operator for Stagger {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let (rows, values) = self.values.of(rows, context);
        let keys = KeyColumns::new(&values[..self.widths]);
        let mut start = 0;
        for (row, time) in rows.times().iter().enumerate() {
            if self.open.front().is_some_and(|(close, _)| close <= time) {
                self.gather(start..row, &values);
                start = row;
                self.close(*time, context);
            }
            keys.write(row, &mut self.key);
            let number = self.number(*time);
            self.groups.push(number);
        }
        self.gather(start..rows.len(), &values);
        self.measure();
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        self.close(bound, context);
        self.measure();
        context.bound(bound);
    }

    fn deadline(&self) -> Option<i64> {
        self.open.front().map(|(close, _)| *close)
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn save(&self, saver: &mut Saver) {
        let (times, numbers): (Vec<i64>, Vec<u32>) = self.open.iter().copied().unzip();
        saver.count(numbers.len());
        if !numbers.is_empty() {
            let keys = self.columns[..self.widths].iter().map(|key| key.accumulator.values(&numbers).values);
            let calls = self.columns[self.widths..].iter().flat_map(|call| call.accumulator.state(&numbers));
            saver.rows(&Rows::new(times.into(), keys.chain(calls).collect()));
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.numbers = Keys::default();
        self.open.clear();
        self.is_open.clear();
        self.columns.iter_mut().for_each(|column| column.accumulator.clear());
        let count = loader.count()?;
        if count > 0 {
            let rows = loader.rows()?;
            let (values, state) = rows.columns().split_at_checked(self.widths).ok_or(Damaged)?;
            let keys = KeyColumns::new(values);
            for row in 0..rows.len() {
                keys.write(row, &mut self.key);
                let number = self.numbers.number(&self.key);
                self.open.push_back((rows.times()[row], number));
                self.groups.push(number);
            }
            self.is_open.resize(rows.len(), true);
            let mut state = state.iter();
            for (place, column) in self.columns.iter_mut().enumerate() {
                if place < self.widths {
                    column.accumulator.grow(count);
                    column.accumulator.update(&self.groups, Some(&values[place]));
                } else {
                    column.accumulator.restore(&mut state)?;
                }
            }
            self.groups.clear();
            if rows.len() != count || self.numbers.numbers() != count {
                return Err(Damaged);
            }
        }
        self.measure();
        Ok(())
    }
}
