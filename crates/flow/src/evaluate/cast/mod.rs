//! CAST: `number` to numbers, `time` among days, times and instants, `to_text` and `from_text` to and from characters.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-cast.html>.

mod from_text;
mod number;
mod time;
mod to_text;

pub(super) use to_text::{cut, instant_text, interval_to_char};

use arrow_array::{BinaryViewArray, BooleanArray};

use super::batch::Batch;
use super::step::Step;
use super::values::Values;
use crate::row_error::{ErrorName, RowError};
use crate::types::DataType;
use crate::{Fault, Span};

/// The values as another type.
pub(super) fn compile(part: Step, to: DataType, span: Span) -> Result<Step, Fault> {
    use DataType as T;
    let from = part.data_type;
    let interval = |data_type| matches!(data_type, T::Interval | T::MonthInterval);
    Ok(match (from, to) {
        _ if from == to => part,
        (T::Null, _) => Step::null(to),
        (T::Boolean, _) if to.is_integer() => number::of_boolean(part, to),
        (_, T::Boolean) if from.is_integer() => number::to_boolean(part),
        _ if from.is_text() && to.is_text() => to_text::resized(part, to),
        _ if from.is_text() => from_text::compile(part, to, span)?,
        _ if to.is_text() && !from.is_binary() => to_text::compile(part, to, span)?,
        _ if from.is_binary() && to.is_binary() => resized_bytes(part, to),
        _ if from.is_datetime() && to.is_datetime() => time::compile(part, to, span)?,
        (T::Interval, T::Interval) | (T::MonthInterval, T::MonthInterval) => part,
        _ if (from.is_numeric() || interval(from)) && (to.is_numeric() || interval(to)) => {
            if interval(from) && interval(to) {
                return Err(refused(from, to, span));
            }
            number::compile(part, to)
        }
        _ => return Err(refused(from, to, span)),
    })
}

fn refused(from: DataType, to: DataType, span: Span) -> Fault {
    Fault::new(span, format!("{from} cannot be cast to {to}"))
}

/// The error of a value that cannot be had as another type.
fn misfit(value: impl std::fmt::Display, to: DataType) -> RowError {
    let value = value.to_string();
    let shown: String = value.chars().take(SHOWN_CHARACTERS_MAX).collect();
    RowError::new(ErrorName::Coercion, format!("'{shown}' is no {to}"))
}

/// The most characters of a value that an error message shows.
const SHOWN_CHARACTERS_MAX: usize = 100;

/// Bytes cut, or filled with zeros, to a length.
fn resized_bytes(part: Step, to: DataType) -> Step {
    let (length, fills) = match to {
        DataType::Binary(length) => (length as usize, true),
        DataType::Varbinary(length) => (length as usize, false),
        _ => (usize::MAX, false),
    };
    Step::hard(to, move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        let values = Values::Rows(values.spread(batch.len()));
        let resized = values.bytes().iter().map(|bytes| {
            let mut bytes = bytes?.to_vec();
            bytes.truncate(length);
            if fills {
                bytes.resize(length, 0);
            }
            Some(bytes)
        });
        Values::rows(BinaryViewArray::from_iter(resized))
    })
}

/// Truth values as an array for each row.
fn booleans(part: &Step, batch: &Batch<'_>) -> BooleanArray {
    part.evaluate(batch).booleans(batch.len())
}
