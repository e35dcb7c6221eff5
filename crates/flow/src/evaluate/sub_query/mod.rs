//! Queries over reference tables inside expressions.
//!
//! What depends on tables alone is carried out once, when the expression is made ready, as tables stay. A query that looks at
//! the row around it is rewritten so that it answers many such rows at once (`rewrite`), with what depends on tables alone
//! looked up by key where an equality allows it (`anchor`), and what it has answered is remembered (`memo`).
//!
//! A row of a table that fails in a query fails each row around that asks the query. Of conditions with AND between them the
//! equalities of columns with values of the row around are looked at before the others that look at that row.

mod anchor;
mod correlated;
mod memo;
mod prepared;
mod rewrite;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, TimestampMillisecondArray};

use super::compile;
use super::set::Set;
use super::step::Step;
use super::values::Values;
use crate::graph::{Entry, Graph};
use crate::plan::{Comparison, Node, Program, SubQuery, SubQueryForm};
use crate::tables::Tables;
use crate::types::DataType;
use crate::{ErrorName, Fault, RowError, Rows, Span};

use correlated::Correlated;
use prepared::Held;

pub(crate) use prepared::{Account, Prepared};

/// A query that is ready to be asked.
#[derive(Debug)]
enum Ready {
    /// It answers every row alike.
    Constant(Result<ArrayRef, RowError>),
    /// Which values it has.
    Set { set: Set, _held: Held },
    /// It is asked with values of the row around.
    Correlated(Box<Correlated>),
}

/// Makes a query ready that stands in an expression.
pub(super) fn compile(query: &SubQuery, data_type: DataType, span: Span, tables: &Tables) -> Result<Step, Fault> {
    let ready = tables.prepared().ready(query, || ready(query, data_type, span, tables))?;
    let ask: Vec<Step> =
        query.parts().into_iter().map(|one| compile::compile(one, tables)).collect::<Result<_, _>>()?;
    Ok(match &*ready {
        Ready::Constant(Ok(value)) => Step::constant(data_type, ArrayRef::clone(value)),
        Ready::Constant(Err(error)) => {
            let error = error.clone();
            Step::hard(data_type, move |batch| {
                (0..batch.len()).for_each(|row| batch.fail(row, error.clone()));
                Values::null(data_type)
            })
        }
        Ready::Set { .. } | Ready::Correlated(_) => Step::hard(data_type, move |batch| {
            let mut values: Vec<ArrayRef> = ask.iter().map(|one| one.evaluate(batch).spread(batch.len())).collect();
            match &*ready {
                Ready::Set { set, .. } => Values::rows(set.truths(&values.pop().expect("a value is looked up"))),
                Ready::Correlated(query) => {
                    if query.is_momentary() {
                        values.push(Arc::new(TimestampMillisecondArray::from(vec![batch.now(); batch.len()])));
                    }
                    query.answers(&values, batch)
                }
                Ready::Constant(_) => unreachable!("made a constant before"),
            }
        }),
    })
}

fn ready(query: &SubQuery, data_type: DataType, span: Span, tables: &Tables) -> Result<Ready, Fault> {
    if query.query.is_correlated() {
        return Ok(Ready::Correlated(Box::new(Correlated::new(query, data_type, span, tables)?)));
    }
    let looks_up = match &query.form {
        SubQueryForm::Any(Comparison::Equal, value) => Some(&**value),
        SubQueryForm::Any(..) => {
            return Ok(Ready::Correlated(Box::new(Correlated::new(query, data_type, span, tables)?)));
        }
        SubQueryForm::Exists | SubQueryForm::Value => None,
    };
    let rows = match carried_out(&alone(&query.query), &tables.inside(), 0)? {
        Ok(rows) => rows,
        Err(error) => return Ok(Ready::Constant(Err(error))),
    };
    Ok(match looks_up {
        Some(value) => {
            let is_char = |data_type| matches!(data_type, DataType::Char(_));
            let is_padded = is_char(value.data_type) || is_char(query.query.schema.columns[0].data_type);
            let set = Set::new(&rows.columns()[0], is_padded);
            let mut held = Held::new(tables.prepared().account(), query.query.span);
            held.set(set.memory());
            Ready::Set { set, _held: held }
        }
        None if query.form == SubQueryForm::Exists => {
            Ready::Constant(Ok(Arc::new(BooleanArray::from(vec![!rows.is_empty()]))))
        }
        None => Ready::Constant(match rows.len() {
            0 => Ok(Arc::clone(Values::null(data_type).array())),
            1 => Ok(rows.compacted().columns()[0].slice(0, 1)),
            _ => Err(too_many()),
        }),
    })
}

fn too_many() -> RowError {
    RowError::new(ErrorName::Cardinality, "A sub-query that stands for a value has more than one row")
}

/// A program of one query.
fn alone(node: &Node) -> Program {
    Program { streams: Vec::new(), pumps: Vec::new(), queries: vec![node.clone()] }
}

/// The rows of a program's only query, which is over tables, or what is wrong with one of them. Their times mean nothing. Where
/// memory ends there are none, and the account says that the application cannot go on.
fn carried_out(program: &Program, tables: &Tables, now: i64) -> Result<Result<Rows, RowError>, Fault> {
    let mut graph = Graph::over_tables(program, tables)?;
    let node = &program.queries[0];
    let entry = Entry { time: now, ..Entry::default() };
    let Ok(outputs) = graph.advance(entry) else {
        tables.prepared().account().exhaust(node.span);
        return Ok(Ok(Rows::none(&node.schema)));
    };
    if let Some(error) = graph.first_failure() {
        return Ok(Err(error.clone()));
    }
    let mut parts = vec![Rows::none(&node.schema)];
    // The times of a table's rows need not go up.
    parts.extend(outputs.taps.iter().flatten().map(timeless));
    Ok(Ok(Rows::concat(&parts)))
}

fn timeless(rows: &Rows) -> Rows {
    Rows::new(vec![0; rows.len()].into(), rows.columns().to_vec())
}
