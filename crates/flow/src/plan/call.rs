//! Calls that are more than a scalar function: log parsers, and what is computed of many rows.

use crate::Span;
use crate::types::DataType;

use super::Expr;

/// A log parser and how its fields come out.
#[derive(Debug, Clone, PartialEq)]
pub struct RowFunction {
    /// Which.
    pub parser: LogParser,
    /// The text.
    pub text: Expr,
    /// The fields.
    pub fields: super::Schema,
}

/// A log parser with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogParser {
    /// `FAST_REGEX_LOG_PARSER`
    FastRegex(String),
    /// `FIXED_COLUMN_LOG_PARSE`: start and length of each field.
    FixedColumns(Vec<(usize, Option<usize>)>),
    /// `REGEX_LOG_PARSE`
    Regex(String),
    /// `SYS_LOG_PARSE`
    SysLog,
    /// `VARIABLE_COLUMN_LOG_PARSE`
    VariableColumns {
        /// Between fields.
        delimiter: String,
        /// Before a delimiter that is none.
        escape: Option<char>,
        /// Around fields.
        quotes: Option<(char, char)>,
        /// The date pattern of each field that has one.
        patterns: Vec<Option<String>>,
    },
    /// `W3C_LOG_PARSE`: an Apache format.
    W3c(String),
}

/// An aggregate or analytic call. Two are equal if they do the same, wherever they stand in the text.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// Which.
    pub function: AggregateFunction,
    /// Its argument; none for `COUNT(*)`.
    pub argument: Option<Expr>,
    /// Whether a value that comes more than once counts once.
    pub distinct: bool,
    /// The type of its value.
    pub data_type: DataType,
    /// The part of the text it comes from.
    pub span: Span,
}

impl PartialEq for Aggregate {
    fn eq(&self, other: &Self) -> bool {
        self.data_type == other.data_type
            && self.function == other.function
            && self.argument == other.argument
            && self.distinct == other.distinct
    }
}

/// What a call makes of many values.
#[derive(Debug, Clone, PartialEq)]
pub enum AggregateFunction {
    /// Rows, or values that are not NULL.
    Count,
    /// The sum.
    Sum,
    /// The mean; of whole numbers a whole number, towards zero.
    Avg,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Variance of a population.
    VarPop,
    /// Variance of a sample.
    VarSamp,
    /// Standard deviation of a population.
    StddevPop,
    /// Standard deviation of a sample.
    StddevSamp,
    /// TRUE if any is.
    Any,
    /// TRUE if all are.
    Every,
    /// The first value.
    FirstValue {
        /// NULLs are passed over.
        ignore_nulls: bool,
    },
    /// The last value.
    LastValue {
        /// NULLs are passed over.
        ignore_nulls: bool,
    },
    /// The n-th value.
    NthValue {
        /// From 1.
        n: u64,
        /// Counted from the newest row.
        from_last: bool,
        /// NULLs are passed over.
        ignore_nulls: bool,
    },
    /// The value so many rows back.
    Lag {
        /// How many rows.
        offset: u64,
        /// What it is outside the window.
        default: Option<Box<Expr>>,
        /// NULLs are passed over.
        ignore_nulls: bool,
    },
    /// A mean whose weights halve with each such age.
    ExpAvg {
        /// In milliseconds.
        half_life_ms: i64,
    },
}
