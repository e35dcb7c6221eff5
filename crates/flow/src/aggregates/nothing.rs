//! Calls on a value that is always NULL.

use arrow_array::{ArrayRef, new_null_array};

use super::Accumulator;
use crate::evaluate::Evaluated;
use crate::state::Damaged;
use crate::types::DataType;

/// NULL for every group.
pub(super) struct Nothing {
    data_type: DataType,
}

impl Nothing {
    pub(super) fn new(data_type: DataType) -> Self {
        Self { data_type }
    }
}

impl Accumulator for Nothing {
    fn grow(&mut self, _count: usize) {}

    fn update(&mut self, _groups: &[u32], _values: Option<&ArrayRef>) {}

    fn values(&self, groups: &[u32]) -> Evaluated {
        Evaluated { values: new_null_array(&super::arrow(self.data_type), groups.len()), errors: Vec::new() }
    }

    fn reset(&mut self, _groups: &[u32]) {}

    fn clear(&mut self) {}

    fn memory(&self) -> usize {
        0
    }

    fn state(&self, _groups: &[u32]) -> Vec<ArrayRef> {
        Vec::new()
    }

    fn restore(&mut self, _columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        Ok(())
    }
}
