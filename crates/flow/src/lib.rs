//! SQL over streams: the language of Kinesis Data Analytics for SQL, parsed, checked and run.
//!
//! `text` → [`parse`] → [`ast`] → [`bind`] → [`plan`], which [`operators`] carry out on [`Rows`]. A program is a list of statements: streams, pumps that copy a query's rows into a stream,
//! views and functions. Nothing here knows AWS or HTTP; errors carry a line and a column.

pub mod aggregates;
pub mod ast;
pub mod bind;
pub mod evaluate;
pub mod formats;
pub mod graph;
pub mod operators;
pub mod parse;
pub mod patterns;
pub mod plan;
mod position;
mod row_error;
mod rows;
pub mod runtime;
mod spelling;
pub mod state;
pub mod tables;
pub mod types;

pub use position::{Fault, Missing, Position, Span};
pub use row_error::{ErrorName, RowError};
pub use rows::{Rows, arrow_schema, arrow_type};
