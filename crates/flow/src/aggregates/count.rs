//! `COUNT(*)` and `COUNT(x)`.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array};

use super::{Accumulator, column};
use crate::evaluate::Evaluated;
use crate::state::Damaged;

/// Counts rows, or values that are not NULL.
#[derive(Default)]
pub(super) struct Count {
    counts: Vec<i64>,
}

impl Accumulator for Count {
    fn grow(&mut self, count: usize) {
        self.counts.resize(count, 0);
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        // A column that is NULL by its type has no bitmap of its own.
        match values.and_then(|values| values.logical_nulls()).filter(|nulls| nulls.null_count() > 0) {
            None => groups.iter().for_each(|group| self.counts[*group as usize] += 1),
            Some(nulls) => nulls.valid_indices().for_each(|row| self.counts[groups[row] as usize] += 1),
        }
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        let counts: Int64Array = groups.iter().map(|group| Some(self.counts[*group as usize])).collect();
        Evaluated { values: Arc::new(counts), errors: Vec::new() }
    }

    fn reset(&mut self, groups: &[u32]) {
        groups.iter().for_each(|group| self.counts[*group as usize] = 0);
    }

    fn clear(&mut self) {
        self.counts.clear();
    }

    fn memory(&self) -> usize {
        self.counts.capacity() * size_of::<i64>()
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![self.values(groups).values]
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        self.counts = column::<Int64Array>(columns)?.values().to_vec();
        Ok(())
    }
}
