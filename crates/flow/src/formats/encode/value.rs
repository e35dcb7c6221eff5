//! The values of a column, one at a time.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, PrimitiveArray, StringViewArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as Arrow;

use super::append;

/// One value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'v> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// A whole number, and how many of its digits stand behind the point.
    Decimal(i128, usize),
    Real(f32),
    Double(f64),
    Text(&'v str),
    Binary(&'v [u8]),
    Date(i64),
    Time(i64),
    Timestamp(i64),
}

/// A column whose type is known.
pub(super) struct Values<'c> {
    nulls: Option<&'c NullBuffer>,
    typed: Typed<'c>,
}

enum Typed<'c> {
    Null,
    Boolean(&'c BooleanArray),
    TinyInt(&'c PrimitiveArray<Int8Type>),
    SmallInt(&'c PrimitiveArray<Int16Type>),
    Integer(&'c PrimitiveArray<Int32Type>),
    BigInt(&'c PrimitiveArray<Int64Type>),
    Decimal(&'c PrimitiveArray<Decimal128Type>, usize),
    Real(&'c PrimitiveArray<Float32Type>),
    Double(&'c PrimitiveArray<Float64Type>),
    Text(&'c StringViewArray),
    Binary(&'c BinaryViewArray),
    Date(&'c PrimitiveArray<Date32Type>),
    Time(&'c PrimitiveArray<Time32MillisecondType>),
    Timestamp(&'c PrimitiveArray<TimestampMillisecondType>),
}

impl<'c> Values<'c> {
    /// A column of one of the types that rows have; any other reads as NULL.
    pub(super) fn of(column: &'c ArrayRef) -> Self {
        let typed = match column.data_type() {
            Arrow::Boolean => Typed::Boolean(column.as_boolean()),
            Arrow::Int8 => Typed::TinyInt(column.as_primitive()),
            Arrow::Int16 => Typed::SmallInt(column.as_primitive()),
            Arrow::Int32 => Typed::Integer(column.as_primitive()),
            Arrow::Int64 => Typed::BigInt(column.as_primitive()),
            Arrow::Decimal128(_, scale) => {
                Typed::Decimal(column.as_primitive(), usize::try_from(*scale).unwrap_or_default())
            }
            Arrow::Float32 => Typed::Real(column.as_primitive()),
            Arrow::Float64 => Typed::Double(column.as_primitive()),
            Arrow::Utf8View => Typed::Text(column.as_string_view()),
            Arrow::BinaryView => Typed::Binary(column.as_binary_view()),
            Arrow::Date32 => Typed::Date(column.as_primitive()),
            Arrow::Time32(_) => Typed::Time(column.as_primitive()),
            Arrow::Timestamp(..) => Typed::Timestamp(column.as_primitive()),
            _ => Typed::Null,
        };
        Self { nulls: column.nulls(), typed }
    }

    /// The value of a row.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Value<'c> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return Value::Null;
        }
        match self.typed {
            Typed::Null => Value::Null,
            Typed::Boolean(values) => Value::Boolean(values.value(row)),
            Typed::TinyInt(values) => Value::Integer(i64::from(values.value(row))),
            Typed::SmallInt(values) => Value::Integer(i64::from(values.value(row))),
            Typed::Integer(values) => Value::Integer(i64::from(values.value(row))),
            Typed::BigInt(values) => Value::Integer(values.value(row)),
            Typed::Decimal(values, scale) => Value::Decimal(values.value(row), scale),
            Typed::Real(values) => Value::Real(values.value(row)),
            Typed::Double(values) => Value::Double(values.value(row)),
            Typed::Text(values) => Value::Text(values.value(row)),
            Typed::Binary(values) => Value::Binary(values.value(row)),
            Typed::Date(values) => Value::Date(i64::from(values.value(row))),
            Typed::Time(values) => Value::Time(i64::from(values.value(row))),
            Typed::Timestamp(values) => Value::Timestamp(values.value(row)),
        }
    }
}

impl Value<'_> {
    /// Appends what JSON and CSV write alike, without quotes; nothing for NULL, texts and numbers that are none.
    #[inline]
    pub(super) fn write_plain(self, to: &mut Vec<u8>) {
        match self {
            Self::Null | Self::Text(_) => {}
            Self::Boolean(value) => to.extend_from_slice(if value { b"true" } else { b"false" }),
            Self::Integer(value) => append::any(itoa::Buffer::new().format(value).as_bytes(), to),
            Self::Decimal(value, scale) => write_decimal(value, scale, to),
            Self::Real(value) => append::any(zmij::Buffer::new().format(value).as_bytes(), to),
            Self::Double(value) => append::any(zmij::Buffer::new().format(value).as_bytes(), to),
            Self::Binary(value) => {
                for byte in value {
                    to.extend([byte >> 4, byte & 15].map(|half| b"0123456789ABCDEF"[usize::from(half)]));
                }
            }
            Self::Date(days) => super::super::instant::write_date(days, to),
            Self::Time(millis) => super::super::instant::write_time(millis, to),
            Self::Timestamp(millis) => super::super::instant::write_timestamp(millis, to),
        }
    }
}

/// Appends a whole number of which so many digits stand behind the point.
pub(crate) fn write_decimal(value: i128, scale: usize, to: &mut Vec<u8>) {
    if value < 0 {
        to.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.unsigned_abs()).as_bytes();
    if scale == 0 {
        return to.extend_from_slice(digits);
    }
    let (whole, behind) = digits.split_at(digits.len().saturating_sub(scale));
    to.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
    to.push(b'.');
    to.extend(std::iter::repeat_n(b'0', scale - behind.len()));
    to.extend_from_slice(behind);
}
