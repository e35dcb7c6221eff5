//! Rows as points in space, for the functions that measure distances.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, Float64Array};
use arrow_cast::cast;
use arrow_schema::DataType;

use crate::rows::Rows;

/// Beyond this, sums of squares and of ranges would leave what a DOUBLE can hold.
const MAGNITUDE_MAX: f64 = 1e150;

/// The numeric columns of some rows.
pub(super) struct Points {
    columns: Vec<Float64Array>,
}

impl Points {
    /// Looks at some columns, all of which are numeric.
    pub(super) fn of(rows: &Rows, columns: &[usize]) -> Self {
        let column = |index: &usize| {
            let column = &rows.columns()[*index];
            let doubles = cast(column, &DataType::Float64).expect("every numeric type can be made a DOUBLE");
            doubles.as_primitive::<Float64Type>().clone()
        };
        Self { columns: columns.iter().map(column).collect() }
    }

    /// Writes a row's point; false if it has none, because a value is NULL or no number that can be measured.
    pub(super) fn read(&self, row: usize, point: &mut Vec<f64>) -> bool {
        point.clear();
        for column in &self.columns {
            let value = column.value(row);
            if column.is_null(row) || value.is_nan() || value.abs() > MAGNITUDE_MAX {
                return false;
            }
            // Minus zero is zero: equal points are equal bit by bit.
            point.push(value + 0.0);
        }
        true
    }
}
