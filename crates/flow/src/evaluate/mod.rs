//! The evaluation of checked expressions on batches of rows, with the errors of single rows.
//!
//! An [`Evaluator`] is compiled once and used for many batches. One file per family: `logic` (AND, OR, NOT, CASE, COALESCE …),
//! `compare`, `arithmetic` and `decimal`, `cast`, `instant` and `interval` over `calendar`, `text`, `pattern`, `date_pattern`,
//! `mathematics`, `log_parser`, `sub_query`. What DataFusion's functions and Arrow's kernels do as the language has it they do (`kernel`).
//!
//! What AWS's pages leave open is decided so:
//! * Any number that its type cannot hold is an error of its row; a DOUBLE or REAL is always finite, so there is no NaN. 0 and −0
//!   are equal.
//! * A DECIMAL that loses digits is rounded, halves away from zero, as a cast to a whole number is. Whole numbers are divided
//!   towards zero.
//! * Texts compare by their characters' numbers. Where a CHAR that is no literal takes part, spaces at the end do not count.
//! * A text that is too long for its cast is cut; any other value whose text is too long for the cast is an error.
//! * `AND`, `OR`, `CASE` and `COALESCE` look at their parts from left to right, and at none that cannot change the result: what
//!   would fail there does not. With an error in it a row fails, whatever is made of the part that failed.

mod arithmetic;
mod batch;
mod calendar;
mod cast;
mod compare;
mod compile;
mod date_pattern;
mod decimal;
mod in_list;
mod instant;
mod interval;
mod kernel;
mod log_parser;
mod logic;
mod mathematics;
mod pattern;
mod period;
mod set;
mod step;
mod sub_query;
mod text;
mod values;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};
use arrow_buffer::NullBuffer;

use crate::plan::Expr;
use crate::tables::Tables;
use crate::types::DataType;
use crate::{Fault, RowError, Rows};
use batch::{Batch, Evaluation};
use step::Step;

pub(crate) use sub_query::{Account, Prepared};

/// An expression, ready for rows.
#[derive(Debug)]
pub struct Evaluator {
    step: Step,
}

/// The values of an expression for some rows.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// A value for each row; NULL where the row failed.
    pub values: ArrayRef,
    /// What is wrong with rows, by their places; at most one error a row.
    pub errors: Vec<(usize, RowError)>,
}

impl Evaluator {
    /// Makes an expression ready. Queries in it that depend on nothing but these tables are carried out now.
    ///
    /// # Errors
    /// What cannot be carried out, with its place.
    pub fn new(expr: &Expr, tables: &Tables) -> Result<Self, Fault> {
        Ok(Self { step: compile::compile(expr, tables)? })
    }

    /// The type of the values.
    pub fn data_type(&self) -> DataType {
        self.step.data_type
    }

    /// The value of each row. `now` is what CURRENT_ROW_TIMESTAMP is, in milliseconds since 1970.
    pub fn evaluate(&self, rows: &Rows, now: i64) -> Evaluated {
        let (mut values, errors) = Self::evaluate_all(std::slice::from_ref(self), rows, now);
        Evaluated { values: values.remove(0), errors }
    }

    /// The values of several expressions for the same rows. What they share is done once, and of a row's errors the first
    /// expression's counts; the row is NULL there.
    pub fn evaluate_all(evaluators: &[Self], rows: &Rows, now: i64) -> (Vec<ArrayRef>, Vec<(usize, RowError)>) {
        let evaluation = Evaluation::at(now);
        let mut all_errors: Vec<(usize, RowError)> = Vec::new();
        let columns = evaluators.iter().map(|evaluator| {
            let values = evaluator.step.evaluate(&Batch::whole(rows, &evaluation)).spread(rows.len());
            let errors = evaluation.take_failed();
            let values = without(values, &errors);
            all_errors.extend(errors);
            values
        });
        let columns = columns.collect();
        all_errors.sort_by_key(|(row, _)| *row);
        all_errors.dedup_by_key(|(row, _)| *row);
        (columns, all_errors)
    }

    /// For which rows a condition is TRUE, FALSE or NULL, and the errors as [`evaluate`](Self::evaluate) has them.
    ///
    /// # Panics
    /// If the expression is no condition.
    pub fn predicate(&self, rows: &Rows, now: i64) -> (BooleanArray, Vec<(usize, RowError)>) {
        let Evaluated { values, errors } = self.evaluate(rows, now);
        let truth = values.as_any().downcast_ref::<BooleanArray>().expect("the binder takes only conditions here");
        (truth.clone(), errors)
    }
}

/// The values with NULL where a row failed.
fn without(values: ArrayRef, errors: &[(usize, RowError)]) -> ArrayRef {
    if errors.is_empty() {
        return values;
    }
    let failed: Vec<usize> = errors.iter().map(|(row, _)| *row).collect();
    let valid: NullBuffer = values::without(None, &failed, values.len()).expect("there are errors, so there are NULLs");
    let failed = BooleanArray::new(!valid.inner(), None);
    arrow_select::nullif::nullif(&values, &failed).unwrap_or_else(|_| Arc::clone(&values))
}
