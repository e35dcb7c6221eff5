//! Expressions that an operator needs of its rows, evaluated together. A row that one of them fails on goes to the error
//! stream once, and is not among what is left.

use arrow_array::{ArrayRef, BooleanArray, UInt32Array};

use crate::Fault;
use crate::evaluate::Evaluator;
use crate::plan::Expr;
use crate::row_error::RowError;
use crate::rows::Rows;
use crate::tables::Tables;

use super::Context;

/// Expressions over the columns of one input.
pub(crate) struct Calculation {
    evaluators: Vec<Evaluator>,
}

impl Calculation {
    pub(crate) fn new<'e>(exprs: impl IntoIterator<Item = &'e Expr>, tables: &Tables) -> Result<Self, Fault> {
        let evaluators = exprs.into_iter().map(|expr| Evaluator::new(expr, tables)).collect::<Result<_, _>>()?;
        Ok(Self { evaluators })
    }

    /// The rows that nothing failed on, and their values.
    pub(crate) fn of(&self, rows: Rows, context: &mut Context) -> (Rows, Vec<ArrayRef>) {
        let (values, failed) = Evaluator::evaluate_all(&self.evaluators, &rows, context.now());
        leave_out(rows, values, failed, context)
    }
}

/// Sends rows to the error stream, each with its first error, and leaves the others with their values.
pub(crate) fn leave_out(
    rows: Rows,
    values: Vec<ArrayRef>,
    mut failed: Vec<(usize, RowError)>,
    context: &mut Context,
) -> (Rows, Vec<ArrayRef>) {
    if failed.is_empty() {
        return (rows, values);
    }
    failed.sort_by_key(|(row, _)| *row);
    failed.dedup_by_key(|(row, _)| *row);
    let mut good = vec![true; rows.len()];
    for (row, error) in failed {
        good[row] = false;
        context.fail(&rows, row, error);
    }
    let left = rows.filter(&BooleanArray::from(good.clone()));
    let places: UInt32Array = (0..).zip(good).filter(|(_, good)| *good).map(|(place, _)| Some(place)).collect();
    let take = |column: &ArrayRef| arrow_select::take::take(column, &places, None).expect("places lie within the rows");
    (left, values.iter().map(take).collect())
}
