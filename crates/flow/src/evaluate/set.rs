//! What stands behind `x IN`, where it is the same for all rows: its values, for others to be looked up among them.

use arrow_array::{ArrayRef, BooleanArray};

use crate::operators::keys::{KeyColumns, Keys};

/// The values of a list that is written out, or of a query with one column.
#[derive(Debug)]
pub(super) struct Set {
    values: Keys,
    /// Whether spaces at the end do not count.
    is_padded: bool,
    has_null: bool,
    is_empty: bool,
}

impl Set {
    pub(super) fn new(all: &ArrayRef, is_padded: bool) -> Self {
        let columns = KeyColumns::padded(std::slice::from_ref(all), &[is_padded]);
        let (mut values, mut key, mut has_null) = (Keys::default(), Vec::new(), false);
        for row in 0..all.len() {
            if columns.has_null(row) {
                has_null = true;
                continue;
            }
            columns.write(row, &mut key);
            values.number(&key);
        }
        Self { values, is_padded, has_null, is_empty: all.is_empty() }
    }

    /// The memory they hold, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.values.memory()
    }

    /// Whether values are among them: NULL where that is not known.
    pub(super) fn truths(&self, values: &ArrayRef) -> BooleanArray {
        let columns = KeyColumns::padded(std::slice::from_ref(values), &[self.is_padded]);
        let mut key = Vec::new();
        let truth = |row| {
            if self.is_empty {
                return Some(false);
            }
            if columns.has_null(row) {
                return None;
            }
            columns.write(row, &mut key);
            match self.values.find(&key) {
                Some(_) => Some(true),
                // Something that is not known could be the value.
                None if self.has_null => None,
                None => Some(false),
            }
        };
        (0..values.len()).map(truth).collect()
    }
}
