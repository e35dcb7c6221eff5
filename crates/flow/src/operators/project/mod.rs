//! Select lists, and the last step into a stream: rows made anew, perhaps with another ROWTIME.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, ArrayRef, BooleanArray};

use crate::Fault;
use crate::evaluate::Evaluator;
use crate::plan::{Expr, Node, Order, Schema};
use crate::row_error::{ErrorName, RowError};
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};
use crate::tables::Tables;

use super::calculation::{Calculation, leave_out};
use super::rowtime::over_rowtime;
use super::{Context, Operator};

/// Makes each row anew. A row with NULL for a column that is NOT NULL goes to the error stream.
pub struct Project {
    /// The columns, and behind them the new ROWTIME if there is one.
    values: Calculation,
    /// The columns that may not be NULL, and their names.
    not_null: Vec<(usize, String)>,
    restamp: Option<Restamp>,
}

/// `… AS ROWTIME`.
struct Restamp {
    /// What makes a bound of a bound; none if the new ROWTIME does not follow the old one alone, so that only the rows themselves tell how far time is.
    follows: Option<Evaluator>,
    /// The last ROWTIME or bound that left.
    last: Option<i64>,
}

impl Project {
    /// Rows with the columns of `schema`, a value of the rows of `input` for each, and perhaps a new ROWTIME.
    pub fn new(
        input: &Node,
        values: &[Expr],
        rowtime: Option<&Expr>,
        schema: &Schema,
        tables: &Tables,
    ) -> Result<Self, Fault> {
        let columns = schema.columns.iter().enumerate();
        let not_null =
            columns.filter(|(_, column)| !column.nullable).map(|(index, column)| (index, column.name.clone()));
        let restamp = match rowtime {
            None => None,
            Some(rowtime) => {
                let follows = over_rowtime(rowtime, input).filter(|_| rowtime.order == Order::Ascending);
                let follows = follows.map(|follows| Evaluator::new(&follows, tables)).transpose()?;
                Some(Restamp { follows, last: None })
            }
        };
        Ok(Self {
            not_null: not_null.collect(),
            values: Calculation::new(values.iter().chain(rowtime), tables)?,
            restamp,
        })
    }
}

impl Operator for Project {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let (rows, values) = self.values.of(rows, context);
        let (rows, mut values) = without_nulls(rows, values, &self.not_null, context);
        match &mut self.restamp {
            None => context.emit(rows.with_columns(values)),
            Some(restamp) => {
                let times = values.pop().expect("the new ROWTIME is the last value");
                restamp.emit(rows, values, &times, context);
            }
        }
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        match &mut self.restamp {
            None => context.bound(bound),
            Some(restamp) => restamp.bound(bound, context),
        }
    }

    fn save(&self, saver: &mut Saver) {
        if let Some(restamp) = &self.restamp {
            saver.optional(restamp.last);
        }
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        if let Some(restamp) = &mut self.restamp {
            restamp.last = loader.optional()?;
        }
        Ok(())
    }
}

/// Leaves out rows with a NULL where none may be.
fn without_nulls(
    rows: Rows,
    values: Vec<ArrayRef>,
    not_null: &[(usize, String)],
    context: &mut Context,
) -> (Rows, Vec<ArrayRef>) {
    let mut failed = Vec::new();
    for (index, name) in not_null {
        let Some(nulls) = values[*index].logical_nulls().filter(|nulls| nulls.null_count() > 0) else { continue };
        let error = RowError::new(ErrorName::NotNull, format!("Column '{name}' is NOT NULL, and the value is NULL"));
        failed.extend((0..rows.len()).filter(|row| nulls.is_null(*row)).map(|row| (row, error.clone())));
    }
    leave_out(rows, values, failed, context)
}

impl Restamp {
    /// Sends rows on with new times; those older than what has left already go to the error stream.
    fn emit(&mut self, rows: Rows, values: Vec<ArrayRef>, times: &ArrayRef, context: &mut Context) {
        let Some(times) = times.as_primitive_opt::<TimestampMillisecondType>() else {
            // The literal NULL as ROWTIME.
            (0..rows.len()).for_each(|row| context.fail(&rows, row, no_time()));
            return;
        };
        let in_order = times.null_count() == 0
            && times.values().is_sorted()
            && times.values().first().is_none_or(|first| Some(*first) >= self.last);
        if in_order {
            self.last = times.values().last().copied().or(self.last);
            context.emit(Rows::new(times.values().clone(), values));
            return;
        }
        let mut good = Vec::with_capacity(rows.len());
        let mut new_times = Vec::with_capacity(rows.len());
        for (row, time) in times.iter().enumerate() {
            good.push(time.is_some() && time >= self.last);
            match time {
                None => context.fail(&rows, row, no_time()),
                Some(late) if time < self.last => context.fail(&rows, row, out_of_order(late, self.last)),
                Some(time) => {
                    self.last = Some(time);
                    new_times.push(time);
                }
            }
        }
        let left = Rows::new(vec![0; rows.len()].into(), values).filter(&BooleanArray::from(good));
        context.emit(Rows::new(new_times.into(), left.columns().to_vec()));
    }

    fn bound(&mut self, bound: i64, context: &mut Context) {
        let translated = match &self.follows {
            // The end of a table is the end of what is made of it.
            _ if bound == i64::MAX => Some(bound),
            Some(follows) => {
                let instant = follows.evaluate(&Rows::new(vec![bound].into(), Vec::new()), context.now());
                let instant = instant.values.as_primitive_opt::<TimestampMillisecondType>().cloned();
                instant.filter(|instant| instant.is_valid(0)).map(|instant| instant.value(0))
            }
            None => None,
        };
        self.last = self.last.max(translated);
        if let Some(last) = self.last {
            context.bound(last);
        }
    }
}

fn out_of_order(time: i64, last: Option<i64>) -> RowError {
    let last = last.unwrap_or(time);
    let message = format!("The row's ROWTIME is {} ms before that of a row before it", last.saturating_sub(time));
    RowError::new(ErrorName::OutOfOrder, message)
}

fn no_time() -> RowError {
    RowError::new(ErrorName::NotNull, "ROWTIME is NOT NULL, and the value is NULL")
}

#[cfg(test)]
mod tests;
