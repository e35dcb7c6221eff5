//! Calls whose value is one of the values: `MIN`, `MAX`, `FIRST_VALUE` and `LAST_VALUE`.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray};

use super::kept::Kept;
use super::{Accumulator, column, typed};
use crate::evaluate::Evaluated;
use crate::state::Damaged;
use crate::types::DataType;

/// Which value of a group it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The smallest that is not NULL.
    Smallest,
    /// The largest that is not NULL.
    Largest,
    /// That of the first row.
    First { ignore_nulls: bool },
    /// That of the last row.
    Last { ignore_nulls: bool },
}

pub(super) struct Chosen<K: Kept> {
    choice: Choice,
    data_type: DataType,
    /// None as long as no row was chosen; a chosen value may be NULL.
    groups: Vec<Option<Option<K::Owned>>>,
    /// The memory of the values beside the list.
    kept_bytes: usize,
}

impl<K: Kept> Chosen<K> {
    pub(super) fn new(choice: Choice, data_type: DataType) -> Self {
        Self { choice, data_type, groups: Vec::new(), kept_bytes: 0 }
    }

    fn keep(&mut self, group: usize, value: Option<Option<K::Owned>>) {
        let bytes = |value: &Option<Option<K::Owned>>| value.iter().flatten().map(K::memory).sum::<usize>();
        let slot = &mut self.groups[group];
        self.kept_bytes = self.kept_bytes - bytes(slot) + bytes(&value);
        *slot = value;
    }

    /// Keeps the values that come before (or behind) those that are kept.
    fn extremes(&mut self, groups: &[u32], array: &K::Array, wanted: Ordering) {
        super::each_value(groups, array, |group, row| {
            let better = match &self.groups[group] {
                Some(Some(kept)) => K::compare(array, row, kept) == wanted,
                _ => true,
            };
            if better {
                self.keep(group, Some(Some(K::own(array, row))));
            }
        });
    }

    fn value(array: &K::Array, row: usize) -> Option<K::Owned> {
        array.is_valid(row).then(|| K::own(array, row))
    }
}

impl<K: Kept> Accumulator for Chosen<K> {
    fn grow(&mut self, count: usize) {
        self.groups.resize(count, None);
    }

    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>) {
        let Some(array) = values.map(typed::<K::Array>) else { return };
        match self.choice {
            Choice::Smallest => self.extremes(groups, array, Ordering::Less),
            Choice::Largest => self.extremes(groups, array, Ordering::Greater),
            Choice::First { ignore_nulls } => {
                for (row, group) in groups.iter().enumerate() {
                    let group = *group as usize;
                    if self.groups[group].is_none() && !(ignore_nulls && array.is_null(row)) {
                        self.keep(group, Some(Self::value(array, row)));
                    }
                }
            }
            Choice::Last { ignore_nulls } => {
                for (row, group) in groups.iter().enumerate() {
                    if !(ignore_nulls && array.is_null(row)) {
                        self.keep(*group as usize, Some(Self::value(array, row)));
                    }
                }
            }
        }
    }

    fn values(&self, groups: &[u32]) -> Evaluated {
        let values = groups.iter().map(|group| self.groups[*group as usize].as_ref().and_then(Option::as_ref));
        Evaluated { values: K::array(values, super::arrow(self.data_type)), errors: Vec::new() }
    }

    fn reset(&mut self, groups: &[u32]) {
        groups.iter().for_each(|group| self.keep(*group as usize, None));
    }

    fn clear(&mut self) {
        self.groups.clear();
        self.kept_bytes = 0;
    }

    fn memory(&self) -> usize {
        self.groups.capacity() * size_of::<Option<Option<K::Owned>>>() + self.kept_bytes
    }

    fn state(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let seen: BooleanArray = groups.iter().map(|group| Some(self.groups[*group as usize].is_some())).collect();
        vec![self.values(groups).values, Arc::new(seen)]
    }

    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged> {
        let values = column::<K::Array>(columns)?;
        let seen = column::<BooleanArray>(columns)?;
        self.clear();
        self.grow(values.len());
        for group in (0..values.len()).filter(|group| seen.value(*group)) {
            self.keep(group, Some(Self::value(values, group)));
        }
        Ok(())
    }
}
