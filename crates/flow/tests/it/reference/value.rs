//! One value of one row, and what two values are to each other.

use std::cmp::Ordering;

use flow::ErrorName;
use flow::plan;
use flow::types::DataType;

/// What an expression makes of a row, or the name of what is wrong with the row.
pub(crate) type Outcome = Result<Value, ErrorName>;

/// A value of any type. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// A whole number of any width.
    Integer(i64),
    /// All digits, and how many of them stand behind the point.
    Decimal(i128, u8),
    Real(f32),
    Double(f64),
    Text(String),
    Binary(Vec<u8>),
    /// Days since 1970.
    Date(i64),
    /// Milliseconds of the day.
    Time(i64),
    Timestamp(i64),
    /// Milliseconds.
    Interval(i64),
    Months(i64),
}

impl Value {
    /// The value of a literal of a type.
    pub(crate) fn literal(value: &plan::Value, data_type: DataType) -> Self {
        match (value, data_type) {
            (plan::Value::Null, _) => Self::Null,
            (plan::Value::Boolean(value), _) => Self::Boolean(*value),
            (plan::Value::Integer(digits), DataType::Decimal { scale, .. }) => {
                Self::Decimal(i128::from(*digits), scale)
            }
            (plan::Value::Integer(value), _) => Self::Integer(*value),
            (plan::Value::Double(value), _) => Self::Double(*value),
            (plan::Value::Text(text), _) => Self::Text(text.clone()),
            (plan::Value::Binary(bytes), _) => Self::Binary(bytes.clone()),
            (plan::Value::Milliseconds(ms), DataType::Date) => Self::Date(ms.div_euclid(super::calendar::DAY_MS)),
            (plan::Value::Milliseconds(ms), DataType::Time) => Self::Time(*ms),
            (plan::Value::Milliseconds(ms), DataType::Interval) => Self::Interval(*ms),
            (plan::Value::Milliseconds(ms), _) => Self::Timestamp(*ms),
            (plan::Value::Months(months), _) => Self::Months(*months),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// TRUE, FALSE, or none for NULL.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Null => None,
            other => panic!("a truth value, not {other:?}"),
        }
    }

    pub(crate) fn integer(&self) -> i64 {
        match self {
            Self::Integer(value) => *value,
            other => panic!("a whole number, not {other:?}"),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            other => panic!("a text, not {other:?}"),
        }
    }

    /// Milliseconds since 1970 of a day or an instant, of the day of a time, or of an interval.
    pub(crate) fn milliseconds(&self) -> i64 {
        match self {
            Self::Date(days) => days * super::calendar::DAY_MS,
            Self::Time(ms) | Self::Timestamp(ms) | Self::Interval(ms) => *ms,
            other => panic!("an instant, not {other:?}"),
        }
    }

    /// Any number as binary floating point.
    pub(crate) fn double(&self) -> f64 {
        match self {
            Self::Integer(value) => *value as f64,
            Self::Decimal(digits, scale) => *digits as f64 / 10_f64.powi(i32::from(*scale)),
            Self::Real(value) => f64::from(*value),
            Self::Double(value) => *value,
            other => panic!("a number, not {other:?}"),
        }
    }

    /// The order of two values of one type, none of them NULL.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(one), Self::Boolean(two)) => one.cmp(two),
            (Self::Integer(one), Self::Integer(two))
            | (Self::Date(one), Self::Date(two))
            | (Self::Time(one), Self::Time(two))
            | (Self::Timestamp(one), Self::Timestamp(two))
            | (Self::Interval(one), Self::Interval(two))
            | (Self::Months(one), Self::Months(two)) => one.cmp(two),
            (Self::Decimal(one, scale_one), Self::Decimal(two, scale_two)) => {
                let scale = (*scale_one).max(*scale_two);
                let scaled = |digits: i128, from: u8| digits * 10_i128.pow(u32::from(scale - from));
                scaled(*one, *scale_one).cmp(&scaled(*two, *scale_two))
            }
            (Self::Real(one), Self::Real(two)) => one.partial_cmp(two).unwrap_or(one.total_cmp(two)),
            (Self::Double(one), Self::Double(two)) => one.partial_cmp(two).unwrap_or(one.total_cmp(two)),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Binary(one), Self::Binary(two)) => one.cmp(two),
            _ => panic!("values of one type, not {self:?} and {other:?}"),
        }
    }

    /// NULL-safe equality.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self.is_null(), other.is_null()) {
            (false, false) => self.order(other) == Ordering::Equal,
            (one, two) => one == two,
        }
    }
}

/// NULL-safe equality of lists of values.
pub(crate) fn all_same(one: &[Value], two: &[Value]) -> bool {
    one.iter().zip(two).all(|(one, two)| one.same(two))
}
