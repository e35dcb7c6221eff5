//! `x IN (SELECT …)` where the query depends on tables alone: its values, for values to be looked up among them.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};

use super::prepared::{Account, Held};
use crate::Rows;
use crate::operators::keys::{KeyColumns, Keys};
use crate::plan::{Expr, Node};
use crate::types::DataType;

/// The values of a query with one column.
#[derive(Debug)]
pub(super) struct Set {
    values: Keys,
    /// Whether spaces at the end do not count.
    is_padded: bool,
    has_null: bool,
    is_empty: bool,
    _held: Held,
}

impl Set {
    pub(super) fn new(value: &Expr, query: &Node, rows: &Rows, account: &Arc<Account>) -> Self {
        let is_char = |data_type| matches!(data_type, DataType::Char(_));
        let is_padded = is_char(value.data_type) || is_char(query.schema.columns[0].data_type);
        let columns = KeyColumns::padded(rows.columns(), &[is_padded]);
        let (mut values, mut key, mut has_null) = (Keys::default(), Vec::new(), false);
        for row in 0..rows.len() {
            if columns.has_null(row) {
                has_null = true;
                continue;
            }
            columns.write(row, &mut key);
            values.number(&key);
        }
        let mut held = Held::new(account, query.span);
        held.set(values.memory());
        Self { values, is_padded, has_null, is_empty: rows.is_empty(), _held: held }
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
