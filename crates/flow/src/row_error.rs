//! What is wrong with one row. It goes to the error stream; the others go on.

/// The kinds of row errors, as `ERROR_NAME` of the error stream has them.
///
/// AWS documents which errors there are, and not all their names; ours are marked ≈.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorName {
    /// A value of a record or a cast does not fit its type. ≈
    Coercion,
    /// A division by zero. ≈
    DivideByZero,
    /// A number that its type cannot hold. ≈
    Overflow,
    /// NULL for a column that is NOT NULL. ≈
    NotNull,
    /// A row that is older than one before it. ≈
    OutOfOrder,
    /// An argument that a function cannot work with. ≈
    InvalidArgument,
    /// A record that is not what its format says. ≈
    Format,
    /// A sub-query that stands for a value and has more than one row. ≈
    Cardinality,
}

impl ErrorName {
    /// Its name in the error stream, at most 32 characters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coercion => "COERCION_ERROR",
            Self::DivideByZero => "DIVIDE_BY_ZERO",
            Self::Overflow => "NUMERIC_OVERFLOW",
            Self::NotNull => "NOT_NULL_VIOLATION",
            Self::OutOfOrder => "OUT_OF_ORDER_ROW",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::Format => "RECORD_FORMAT_ERROR",
            Self::Cardinality => "CARDINALITY_VIOLATION",
        }
    }
}

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RowError {
    /// Which kind.
    pub name: ErrorName,
    /// A sentence without its full stop.
    pub message: String,
}

impl RowError {
    /// A row error.
    pub fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }
}
