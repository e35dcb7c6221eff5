//! `ANY` and `EVERY`.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};

use super::{Accumulator, column, each_value, typed};
use crate::evaluate::Evaluated;
use crate::state::Damaged;

/// Whether any value is TRUE, or every one; NULLs are passed over.
pub(super) struct Truth {
    /// The value that settles it: one TRUE for `ANY`, one FALSE for `EVERY`.
    settles: bool,
    groups: Vec<Option<bool>>,
}

impl Truth {
    pub(super) fn new(any: bool) -> Self {
        Self { settles: any, groups: Vec::new() }
    }
}

impl Accumulator for Truth {
    fn grow(&mut self, count: usize) {
        self.groups.resize(count, None);
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        let Some(array) = values.map(typed::<BooleanArray>) else { return };
        each_value(groups, array, |group, row| {
            let value = array.value(row);
            if self.groups[group] != Some(self.settles) {
                self.groups[group] = Some(value);
            }
        });
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        let values: BooleanArray = groups.iter().map(|group| self.groups[*group as usize]).collect();
        Evaluated { values: Arc::new(values), errors: Vec::new() }
    }

    fn reset(&mut self, groups: &[u32]) {
        groups.iter().for_each(|group| self.groups[*group as usize] = None);
    }

    fn clear(&mut self) {
        self.groups.clear();
    }

    fn memory(&self) -> usize {
        self.groups.capacity() * size_of::<Option<bool>>()
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![self.values(groups).values]
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        self.groups = column::<BooleanArray>(columns)?.iter().collect();
        Ok(())
    }
}
