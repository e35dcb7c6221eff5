//! Expressions as text, bound and evaluated; expected values are from AWS's pages or from SQL's rules.

mod arithmetic;
mod cast;
mod instant;
mod log_parser;
mod logic;
mod pattern;
mod period;
mod rows;
mod text;

use std::sync::Arc;

use arrow_array::types::TimestampMillisecondType;
use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int32Array, Int64Array, PrimitiveArray,
    StringViewArray,
};
use arrow_cast::display::array_value_to_string;

use super::Evaluator;
use crate::Rows;
use crate::bind::{self, Environment, source_column};
use crate::plan::{Expr, Node, NodeKind, Schema, Stream};
use crate::row_error::ErrorName;
use crate::tables::Tables;
use crate::types::DataType;

/// 2026-11-21 03:04:05.678.
pub(super) const NOW: i64 = 1_795_230_245_678;

fn environment() -> Environment {
    let column = source_column;
    let columns = vec![
        column("I", DataType::Integer),
        column("B", DataType::BigInt),
        column("D", DataType::Double),
        column("R", DataType::Real),
        column("C", DataType::Decimal { precision: 10, scale: 2 }),
        column("T", DataType::Varchar(200)),
        column("F", DataType::Char(5)),
        column("S", DataType::Timestamp),
        column("Y", DataType::Boolean),
        column("N", DataType::Integer),
    ];
    let table = Schema { columns: vec![column("K", DataType::Varchar(20)), column("V", DataType::Integer)] };
    Environment {
        streams: vec![Stream { name: "S".to_owned(), schema: Schema { columns } }],
        tables: vec![Stream { name: "R".to_owned(), schema: table }],
        lone_queries: true,
        ..Environment::default()
    }
}

/// The values of a query's select list, over the columns of its stream.
fn bound_all(query: &str) -> Vec<Expr> {
    fn values(node: &Node, query: &str) -> Vec<Expr> {
        match &node.kind {
            NodeKind::Project { values, .. } => values.clone(),
            other => panic!("{query} is no select list: {other:?}"),
        }
    }
    let program = bind::program(query, &environment()).unwrap_or_else(|fault| panic!("{}", fault.drawn(query)));
    values(&program.queries[0], query)
}

pub(super) fn evaluator(expression: &str) -> Evaluator {
    let expr = bound_all(&format!("SELECT STREAM {expression} AS x FROM s")).remove(0);
    Evaluator::new(&expr, &tables()).expect("it can be carried out")
}

fn tables() -> Tables {
    let keys: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), Some("b"), None]));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2), Some(3)]));
    Tables::new([("R".to_owned(), Rows::new(vec![0; 3].into(), vec![keys, values]))])
}

/// One row: 7, 3000000000, 1.5, 0.25, 12.34, 'abc', 'ab   ', an instant, TRUE, NULL.
pub(super) fn one_row() -> Rows {
    let decimals = Decimal128Array::from(vec![1_234]).with_precision_and_scale(10, 2).expect("it fits");
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![7])),
        Arc::new(Int64Array::from(vec![3_000_000_000])),
        Arc::new(Float64Array::from(vec![1.5])),
        Arc::new(Float32Array::from(vec![0.25])),
        Arc::new(decimals),
        Arc::new(StringViewArray::from(vec!["abc"])),
        Arc::new(StringViewArray::from(vec!["ab   "])),
        Arc::new(PrimitiveArray::<TimestampMillisecondType>::from(vec![NOW])),
        Arc::new(BooleanArray::from(vec![true])),
        Arc::new(Int32Array::from(vec![None])),
    ];
    Rows::new(vec![NOW - 1_000].into(), columns)
}

/// The value as text, or the kind of its error.
pub(super) fn value(expression: &str) -> Result<Option<String>, ErrorName> {
    let evaluator = evaluator(expression);
    let evaluated = evaluator.evaluate(&one_row(), NOW);
    assert_eq!(evaluated.values.data_type(), &crate::arrow_type(evaluator.data_type()), "of {expression}");
    assert_eq!(evaluated.values.len(), 1, "of {expression}");
    match evaluated.errors.first() {
        Some((row, error)) => {
            assert!(*row == 0 && evaluated.values.is_null(0), "a row that failed is NULL: {expression}");
            Err(error.name)
        }
        None if evaluated.values.is_null(0) || *evaluated.values.data_type() == arrow_schema::DataType::Null => {
            Ok(None)
        }
        None => Ok(Some(array_value_to_string(&evaluated.values, 0).expect("it can be shown"))),
    }
}

#[track_caller]
pub(super) fn is(expression: &str, wanted: &str) {
    assert_eq!(value(expression), Ok(Some(wanted.to_owned())), "{expression}");
}

#[track_caller]
pub(super) fn is_null(expression: &str) {
    assert_eq!(value(expression), Ok(None), "{expression}");
}

#[track_caller]
pub(super) fn fails(expression: &str, name: ErrorName) {
    assert_eq!(value(expression), Err(name), "{expression}");
}
