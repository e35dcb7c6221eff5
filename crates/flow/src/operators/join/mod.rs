//! Joins: a stream with a stream, or a stream with a reference table.
//!
//! **Two streams.** Rows of both sides are looked at in the order of ROWTIME, the left side's first where that is equal, as
//! soon as no older row can come from either. What pairs there are is told by the sides' windows alone:
//! * A row of a side with a window by time (`RANGE p PRECEDING … f FOLLOWING`) pairs with all rows of the other side whose
//!   ROWTIME is from so many milliseconds (f) before its own to so many (p) after it, both edges included. A window without
//!   bounds is one without an end.
//! * A row of a side with a window by count (`ROWS n PRECEDING`) pairs with later rows of the other side until n + 1 more
//!   rows of its own side have come.
//! * With a window on both sides either is enough; a row of a side without a window meets only what the other side's window
//!   holds when it comes.
//!
//! The ROWTIME of a pair is the later one of its rows'. Keys that must be equal are never so when one is NULL.
//!
//! **Rows without a partner** come out when none can come any more: ROWTIME is their own in a side that the windows give no
//! time, else the end of that time; in a window by count it is the ROWTIME of the row that pushed them out. In a window
//! without bounds they wait for ever. AWS's page on joins lists in its fifth example a row at the end of its window that had
//! found its partner before (order 104), against the text beside it; here a row comes out so only if it never had a partner,
//! unless [`LoneRows::AsDocumented`](crate::plan::LoneRows) is asked for (`remembered`).
//!
//! **Tables.** Each row of the stream looks up the table as it was when the program started, whatever window it has; ROWTIME
//! is the stream's, and that of the table is NULL.
//!
//! A pair for which the condition cannot be computed goes to the error stream and counts as none.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-join-clause.html>

mod lookup;
mod pairs;
mod reach;
mod remembered;
mod side;
mod store;
mod streams;
#[cfg(test)]
mod tests;

use super::keys::{KeyColumns, Keys, NO_NUMBER};
use super::{Context, Operator};
use crate::Fault;
use crate::evaluate::Evaluator;
use crate::plan::{Expr, JoinNode};
use crate::rows::Rows;
use crate::tables::Tables;
use crate::types::DataType;
use lookup::Lookup;
use streams::StreamJoin;

/// The operator for a plan. A reference table is an input like a stream, whose rows come first.
pub fn join(plan: &JoinNode, tables: &Tables) -> Result<Box<dyn Operator>, Fault> {
    Ok(match (plan.left.input.stream, plan.right.input.stream) {
        (true, true) => Box::new(StreamJoin::new(plan, tables)?),
        _ => Box::new(Lookup::new(plan, tables)?),
    })
}

/// The values of a side that must be equal to the other's.
struct KeyValues {
    evaluators: Vec<Evaluator>,
    /// Those whose spaces at the end do not count.
    padded: Vec<bool>,
}

impl KeyValues {
    fn new(plan: &JoinNode, left: bool, tables: &Tables) -> Result<Self, Fault> {
        let is_char = |value: &Expr| matches!(value.data_type, DataType::Char(_));
        let own = plan.equal.iter().map(|(one, two)| if left { one } else { two });
        Ok(Self {
            evaluators: own.map(|value| Evaluator::new(value, tables)).collect::<Result<_, _>>()?,
            padded: plan.equal.iter().map(|(one, two)| is_char(one) || is_char(two)).collect(),
        })
    }
}

impl KeyValues {
    /// The rows whose keys can be computed, and these; the other rows fail.
    fn evaluate(&self, rows: Rows, context: &mut Context) -> (Rows, KeyColumns) {
        let (columns, errors) = Evaluator::evaluate_all(&self.evaluators, &rows, context.now());
        if errors.is_empty() {
            let columns = KeyColumns::padded(&columns, &self.padded);
            return (rows, columns);
        }
        let mut kept = vec![true; rows.len()];
        for (row, error) in errors {
            kept[row] = false;
            context.fail(&rows, row, error);
        }
        self.evaluate(rows.filter(&kept.into()), context)
    }
}

/// The number of each row's key; [`NO_NUMBER`] where it holds a NULL, or is not there unless keys are `added`.
fn numbers(keys: &mut Keys, columns: &KeyColumns, count: usize, added: bool) -> Vec<u32> {
    let rows = (0..count).filter(|row| !columns.has_null(*row));
    let found = if added { keys.number_all(columns, rows.clone()) } else { keys.find_all(columns, rows.clone()) };
    let mut numbers = vec![NO_NUMBER; count];
    rows.zip(found).for_each(|(row, number)| numbers[row] = number);
    numbers
}

/// What else must hold for a pair.
fn condition(plan: &JoinNode, tables: &Tables) -> Result<Option<Evaluator>, Fault> {
    plan.condition.as_ref().map(|condition| Evaluator::new(condition, tables)).transpose()
}
