//! Which types meet in an operator, and what comes out.
//!
//! AWS's pages give the types of operands; precision and scale of results follow the SQL standard's usual reading
//! (that of Apache Calcite, from which the language descends), capped at 19 digits.

use super::{DECIMAL_DIGITS_MAX, DataType, TEXT_CHARACTERS_MAX};
use crate::ast::BinaryOperator;

/// Digits before and behind the point.
fn digits(data_type: DataType) -> Option<(u8, u8)> {
    Some(match data_type {
        DataType::TinyInt => (3, 0),
        DataType::SmallInt => (5, 0),
        DataType::Integer => (10, 0),
        DataType::BigInt => (19, 0),
        DataType::Decimal { precision, scale } => (precision - scale, scale),
        _ => return None,
    })
}

/// A decimal with these digits; what does not fit is taken from behind the point.
fn decimal(whole: u8, scale: u8) -> DataType {
    let whole = whole.min(DECIMAL_DIGITS_MAX);
    let scale = scale.min(DECIMAL_DIGITS_MAX - whole);
    DataType::Decimal { precision: (whole + scale).max(1), scale }
}

/// The type of `left operator right` for `+ - * /`, if there is one.
pub fn arithmetic(operator: BinaryOperator, left: DataType, right: DataType) -> Option<DataType> {
    use DataType as T;
    let (plus, minus) = (operator == BinaryOperator::Add, operator == BinaryOperator::Subtract);
    let multiply = operator == BinaryOperator::Multiply;
    match (left, right) {
        (T::Null, other) | (other, T::Null) => (other.is_numeric() || other == T::Null).then_some(other),
        _ if left.is_numeric() && right.is_numeric() => Some(numeric(operator, left, right)),
        (T::Interval | T::MonthInterval, _) if left == right && (plus || minus) => Some(left),
        (T::Date | T::Timestamp, T::Interval | T::MonthInterval) if plus || minus => Some(left),
        (T::Time, T::Interval) if plus || minus => Some(T::Time),
        (T::Interval | T::MonthInterval, T::Date | T::Timestamp) if plus => Some(right),
        (T::Interval, T::Time) if plus => Some(T::Time),
        (T::Interval | T::MonthInterval, _) if right.is_numeric() && !plus && !minus => Some(left),
        (_, T::Interval | T::MonthInterval) if left.is_numeric() && multiply => Some(right),
        _ => None,
    }
}

fn numeric(operator: BinaryOperator, left: DataType, right: DataType) -> DataType {
    if left.is_approximate() || right.is_approximate() {
        return if left == DataType::Real && right == DataType::Real { left } else { DataType::Double };
    }
    if left.is_integer() && right.is_integer() {
        return wider(left, right);
    }
    let (Some((whole_left, scale_left)), Some((whole_right, scale_right))) = (digits(left), digits(right)) else {
        return DataType::Double;
    };
    match operator {
        BinaryOperator::Multiply => decimal(whole_left + whole_right, scale_left + scale_right),
        BinaryOperator::Divide => decimal(whole_left + scale_right, 6.max(scale_left + whole_right + scale_right + 1)),
        _ => decimal(whole_left.max(whole_right) + 1, scale_left.max(scale_right)),
    }
}

fn wider(left: DataType, right: DataType) -> DataType {
    if digits(left) >= digits(right) { left } else { right }
}

/// The type that holds the values of both: of the branches of a CASE, of the inputs of a UNION ALL.
pub fn unified_type(left: DataType, right: DataType) -> Option<DataType> {
    use DataType as T;
    Some(match (left, right) {
        (T::Null, other) | (other, T::Null) => other,
        _ if left == right => left,
        _ if left.is_numeric() && right.is_numeric() => {
            if left.is_approximate() || right.is_approximate() {
                T::Double
            } else if left.is_integer() && right.is_integer() {
                wider(left, right)
            } else {
                let ((whole_left, scale_left), (whole_right, scale_right)) = (digits(left)?, digits(right)?);
                decimal(whole_left.max(whole_right), scale_left.max(scale_right))
            }
        }
        (T::Char(a) | T::Varchar(a), T::Char(b) | T::Varchar(b)) => T::Varchar(a.max(b).min(TEXT_CHARACTERS_MAX)),
        (T::Binary(a) | T::Varbinary(a), T::Binary(b) | T::Varbinary(b)) => T::Varbinary(a.max(b)),
        (T::Date, T::Timestamp) | (T::Timestamp, T::Date) => T::Timestamp,
        _ => return None,
    })
}

/// Whether values of the two can be compared.
pub fn comparable(left: DataType, right: DataType) -> bool {
    unified_type(left, right).is_some()
}

/// Whether a value of one type goes into a column of another without being asked: `INSERT` casts among numbers, texts and
/// instants, and refuses the rest.
pub fn assignable(from: DataType, to: DataType) -> bool {
    from == DataType::Null
        || from == to
        || from.is_numeric() && to.is_numeric()
        || from.is_text() && to.is_text()
        || from.is_binary() && to.is_binary()
        || matches!((from, to), (DataType::Date, DataType::Timestamp) | (DataType::Timestamp, DataType::Date))
}

/// Whether `CAST (from AS to)` is allowed.
pub fn castable(from: DataType, to: DataType) -> bool {
    use DataType as T;
    let interval = |data_type| matches!(data_type, T::Interval | T::MonthInterval);
    assignable(from, to)
        || from.is_text() && !to.is_binary()
        || to.is_text() && !from.is_binary()
        || from == T::Boolean && to.is_integer()
        || from.is_integer() && to == T::Boolean
        || interval(from) && (to.is_numeric() || interval(to))
        || from.is_numeric() && interval(to)
        || matches!((from, to), (T::Timestamp, T::Time) | (T::Time, T::Timestamp))
}
