//! `COUNT(DISTINCT x)` and its like: each value of a group is handed on once.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryViewArray, UInt32Array};

use super::{Accumulator, column};
use crate::evaluate::Evaluated;
use crate::operators::keys::{KeyColumns, Keys};
use crate::state::{Damaged, Loader, Saver};

/// What gathers values that a group has not had before.
pub(super) struct Distinct {
    inner: Box<dyn Accumulator>,
    /// The values that each group has had.
    seen: Vec<Keys>,
}

impl Distinct {
    pub(super) fn new(inner: Box<dyn Accumulator>) -> Self {
        Self { inner, seen: Vec::new() }
    }
}

impl Accumulator for Distinct {
    fn grow(&mut self, count: usize) {
        self.inner.grow(count);
        self.seen.resize_with(count, Keys::default);
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        let Some(values) = values else { return self.inner.update(groups, None) };
        let (columns, mut key) = (KeyColumns::new(std::slice::from_ref(values)), Vec::new());
        let (mut new_groups, mut rows) = (Vec::new(), Vec::new());
        for (row, (group, place)) in groups.iter().zip(0_u32..).enumerate() {
            // NULLs are no values, and no aggregate with DISTINCT takes them.
            if columns.has_null(row) {
                continue;
            }
            columns.write(row, &mut key);
            let seen = &mut self.seen[*group as usize];
            let before = seen.numbers();
            if seen.number(&key) as usize == before {
                new_groups.push(*group);
                rows.push(place);
            }
        }
        if !rows.is_empty() {
            let new = arrow_select::take::take(values, &UInt32Array::from(rows), None);
            self.inner.update(&new_groups, Some(&new.expect("places lie within the batch")));
        }
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        self.inner.values(groups)
    }

    fn reset(&mut self, groups: &[u32]) {
        self.inner.reset(groups);
        groups.iter().for_each(|group| self.seen[*group as usize] = Keys::default());
    }

    fn clear(&mut self) {
        self.inner.clear();
        self.seen.clear();
    }

    fn memory(&self) -> usize {
        let seen: usize = self.seen.iter().map(Keys::memory).sum();
        self.inner.memory() + self.seen.capacity() * size_of::<Keys>() + seen
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let saved = groups.iter().map(|group| {
            let mut saver = Saver::default();
            self.seen[*group as usize].save(&mut saver);
            saver.finish()
        });
        let mut columns: Vec<ArrayRef> = vec![Arc::new(BinaryViewArray::from_iter_values(saved))];
        columns.extend(self.inner.state(groups));
        columns
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        let saved = column::<BinaryViewArray>(columns)?;
        if saved.null_count() > 0 {
            return Err(Damaged);
        }
        let load = |bytes: &[u8]| Keys::load(&mut Loader::new(bytes));
        self.seen = (0..saved.len()).map(|group| load(saved.value(group))).collect::<Result<_, _>>()?;
        self.inner.restore(columns)
    }
}
