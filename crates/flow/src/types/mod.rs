//! The types of columns and expressions, and what becomes of them in operators.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-data-types.html>.

mod coercion;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::Fault;
use crate::ast::TypeName;

pub use coercion::{arithmetic, assignable, castable, comparable, unified_type};

/// The most digits of a DECIMAL.
pub const DECIMAL_DIGITS_MAX: u8 = 19;
/// The most characters of a CHAR or VARCHAR.
pub const TEXT_CHARACTERS_MAX: u32 = 65_535;

/// The type of a column or an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// Only NULL, which fits everywhere.
    Null,
    /// TRUE, FALSE or NULL.
    Boolean,
    /// 8 bits with a sign.
    TinyInt,
    /// 16 bits with a sign.
    SmallInt,
    /// 32 bits with a sign.
    Integer,
    /// 64 bits with a sign.
    BigInt,
    /// Digits, and how many of them stand behind the point.
    Decimal {
        /// All digits, at most [`DECIMAL_DIGITS_MAX`].
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// 32 bits of binary floating point.
    Real,
    /// 64 bits of binary floating point.
    Double,
    /// As many characters as it says; shorter values are filled with spaces.
    Char(u32),
    /// At most as many characters as it says.
    Varchar(u32),
    /// As many bytes as it says.
    Binary(u32),
    /// At most as many bytes as it says.
    Varbinary(u32),
    /// A day.
    Date,
    /// A time of day in milliseconds.
    Time,
    /// An instant in milliseconds, UTC.
    Timestamp,
    /// A length of time in milliseconds. Not for columns.
    Interval,
    /// A length of time in months. Not for columns.
    MonthInterval,
}

impl DataType {
    /// The type that a program names for a column, a parameter or a cast.
    pub fn named(name: &TypeName) -> Result<Self, Fault> {
        let refuse = |message: String| Err(Fault::new(name.span, message));
        let length = |max: u32| match name.arguments[..] {
            [] => Ok(1),
            [length] if (1..=max).contains(&length) => Ok(length),
            _ => Err(Fault::new(name.span, format!("The length of a {} is between 1 and {max}", name.name))),
        };
        let takes_numbers = matches!(
            name.name.as_str(),
            "DECIMAL"
                | "DEC"
                | "NUMERIC"
                | "CHAR"
                | "CHARACTER"
                | "VARCHAR"
                | "CHAR VARYING"
                | "CHARACTER VARYING"
                | "BINARY"
                | "VARBINARY"
                | "BINARY VARYING"
                | "FLOAT"
                | "TIME"
                | "TIMESTAMP"
        );
        if !takes_numbers && !name.arguments.is_empty() {
            return refuse(format!("{} takes no length", name.name));
        }
        Ok(match name.name.as_str() {
            "BOOLEAN" => Self::Boolean,
            "TINYINT" => Self::TinyInt,
            "SMALLINT" => Self::SmallInt,
            "INTEGER" | "INT" => Self::Integer,
            "BIGINT" => Self::BigInt,
            "DECIMAL" | "DEC" | "NUMERIC" => decimal(name)?,
            "REAL" => Self::Real,
            "DOUBLE" | "DOUBLE PRECISION" | "FLOAT" => Self::Double,
            "CHAR" | "CHARACTER" => Self::Char(length(TEXT_CHARACTERS_MAX)?),
            "VARCHAR" | "CHAR VARYING" | "CHARACTER VARYING" => Self::Varchar(length(TEXT_CHARACTERS_MAX)?),
            "BINARY" => Self::Binary(length(TEXT_CHARACTERS_MAX)?),
            "VARBINARY" | "BINARY VARYING" => Self::Varbinary(length(TEXT_CHARACTERS_MAX)?),
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "TIMESTAMP" => Self::Timestamp,
            "INTERVAL" => match name.interval {
                Some(unit) if unit.from > crate::ast::TimeUnit::Month => Self::Interval,
                _ => return refuse("Intervals of years and months are not supported as types".to_owned()),
            },
            other => return refuse(format!("Unknown type '{other}'")),
        })
    }

    /// Whether it is a whole number.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::TinyInt | Self::SmallInt | Self::Integer | Self::BigInt)
    }

    /// Whether it is binary floating point.
    pub fn is_approximate(self) -> bool {
        matches!(self, Self::Real | Self::Double)
    }

    /// Whether it is a number.
    pub fn is_numeric(self) -> bool {
        self.is_integer() || self.is_approximate() || matches!(self, Self::Decimal { .. })
    }

    /// Whether it is characters.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Char(_) | Self::Varchar(_))
    }

    /// Whether it is bytes.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Binary(_) | Self::Varbinary(_))
    }

    /// Whether it is a day, a time of day or an instant.
    pub fn is_datetime(self) -> bool {
        matches!(self, Self::Date | Self::Time | Self::Timestamp)
    }
}

fn decimal(name: &TypeName) -> Result<DataType, Fault> {
    let (precision, scale) = match name.arguments[..] {
        [] => (u32::from(DECIMAL_DIGITS_MAX), 0),
        [precision] => (precision, 0),
        [precision, scale] => (precision, scale),
        _ => (0, 0),
    };
    if !(1..=u32::from(DECIMAL_DIGITS_MAX)).contains(&precision) || scale > precision {
        let message = format!("A DECIMAL has 1 to {DECIMAL_DIGITS_MAX} digits, and no more behind the point");
        return Err(Fault::new(name.span, message));
    }
    let digits = |number: u32| u8::try_from(number).expect("checked to be small");
    Ok(DataType::Decimal { precision: digits(precision), scale: digits(scale) })
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::TinyInt => f.write_str("TINYINT"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Integer => f.write_str("INTEGER"),
            Self::BigInt => f.write_str("BIGINT"),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            Self::Real => f.write_str("REAL"),
            Self::Double => f.write_str("DOUBLE"),
            Self::Char(length) => write!(f, "CHAR({length})"),
            Self::Varchar(length) => write!(f, "VARCHAR({length})"),
            Self::Binary(length) => write!(f, "BINARY({length})"),
            Self::Varbinary(length) => write!(f, "VARBINARY({length})"),
            Self::Date => f.write_str("DATE"),
            Self::Time => f.write_str("TIME"),
            Self::Timestamp => f.write_str("TIMESTAMP"),
            Self::Interval => f.write_str("INTERVAL DAY TO SECOND"),
            Self::MonthInterval => f.write_str("INTERVAL YEAR TO MONTH"),
        }
    }
}
