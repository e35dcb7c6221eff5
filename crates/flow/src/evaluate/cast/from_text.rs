//! Characters as values of other types. Spaces around them do not count.

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{BooleanArray, PrimitiveArray};

use super::number::{Number, parsed, too_large};
use super::{misfit, refused};
use crate::evaluate::batch::Batch;
use crate::evaluate::calendar::{DAY_MS, days, month_days};
use crate::evaluate::decimal::typed;
use crate::evaluate::step::Step;
use crate::evaluate::values::{Texts, Values, made};
use crate::row_error::RowError;
use crate::types::DataType;
use crate::{Fault, Span};

pub(super) fn compile(part: Step, to: DataType, span: Span) -> Result<Step, Fault> {
    let run: fn(&Batch<'_>, &Texts<'_>, DataType) -> Values = match to {
        DataType::Boolean => |batch, texts, to| {
            let truths: BooleanArray = (0..batch.len()).map(|row| truth(batch, row, texts.get(row)?, to)).collect();
            Values::rows(truths)
        },
        DataType::TinyInt => whole::<Int8Type>,
        DataType::SmallInt => whole::<Int16Type>,
        DataType::Integer => whole::<Int32Type>,
        DataType::BigInt => whole::<Int64Type>,
        DataType::Decimal { .. } => {
            |batch, texts, to| Values::rows(typed(numbers::<Decimal128Type>(batch, texts, to, decimal), to))
        }
        DataType::Real => |batch, texts, to| Values::rows(numbers::<Float32Type>(batch, texts, to, real)),
        DataType::Double => |batch, texts, to| Values::rows(numbers::<Float64Type>(batch, texts, to, double)),
        DataType::Date => {
            |batch, texts, to| Values::rows(numbers::<Date32Type>(batch, texts, to, |text, to| read(date, text, to)))
        }
        DataType::Time => |batch, texts, to| {
            Values::rows(numbers::<Time32MillisecondType>(batch, texts, to, |text, to| read(time, text, to)))
        },
        DataType::Timestamp => |batch, texts, to| {
            Values::rows(numbers::<TimestampMillisecondType>(batch, texts, to, |text, to| read(instant, text, to)))
        },
        DataType::Interval => {
            |batch, texts, to| Values::rows(numbers::<Int64Type>(batch, texts, to, |text, to| read(interval, text, to)))
        }
        _ => return Err(refused(part.data_type, to, span)),
    };
    Ok(Step::hard(to, move |batch| run(batch, &part.evaluate(batch).texts(), to)))
}

fn truth(batch: &Batch<'_>, row: usize, text: &str, to: DataType) -> Option<bool> {
    let word = text.trim();
    let is = |known: &str| word.eq_ignore_ascii_case(known);
    match word {
        _ if is("true") => Some(true),
        _ if is("false") => Some(false),
        _ => {
            batch.fail(row, misfit(text, to));
            None
        }
    }
}

/// What `read` makes of each text.
fn numbers<T: ArrowPrimitiveType>(
    batch: &Batch<'_>,
    texts: &Texts<'_>,
    to: DataType,
    read: impl Fn(&str, DataType) -> Result<T::Native, RowError>,
) -> PrimitiveArray<T> {
    made(batch, |row| texts.get(row).map(|text| read(text, to)).transpose())
}

fn whole<T: ArrowPrimitiveType>(batch: &Batch<'_>, texts: &Texts<'_>, to: DataType) -> Values
where
    T::Native: TryFrom<i128> + std::str::FromStr,
{
    let read = |text: &str, to| match text.parse::<T::Native>() {
        Ok(value) => Ok(value),
        Err(_) => {
            let whole = parsed(text, to)?.decimal(0, 38);
            whole.and_then(|value| T::Native::try_from(value).ok()).ok_or_else(|| too_large(text, to))
        }
    };
    Values::rows(numbers::<T>(batch, texts, to, read))
}

fn decimal(text: &str, to: DataType) -> Result<i128, RowError> {
    let DataType::Decimal { precision, scale } = to else { return Err(misfit(text, to)) };
    parsed(text, to)?.decimal(u32::from(scale), precision).ok_or_else(|| too_large(text, to))
}

fn double(text: &str, to: DataType) -> Result<f64, RowError> {
    match parsed(text, to)? {
        Number::Approximate(value) => Ok(value),
        // Read again from the text: a quotient of two numbers may be off by its last bit.
        Number::Exact { .. } => text.trim().parse().map_err(|_| misfit(text, to)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a REAL has fewer digits; what is too large is refused")]
fn real(text: &str, to: DataType) -> Result<f32, RowError> {
    let value = double(text, to)? as f32;
    if value.is_finite() { Ok(value) } else { Err(too_large(text, to)) }
}

/// A day or a time as `reader` reads it.
fn read<T: TryFrom<i64>>(reader: fn(&str) -> Option<i64>, text: &str, to: DataType) -> Result<T, RowError> {
    reader(text.trim()).and_then(|value| T::try_from(value).ok()).ok_or_else(|| misfit(text, to))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    (digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `year-month-day` as days since 1970.
pub(in crate::evaluate) fn date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (number(year, 4..=4)?, number(month, 1..=2)?, number(day, 1..=2)?);
    let exists = year >= 1 && (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day);
    (parts.next().is_none() && exists).then(|| days(year, month, day))
}

/// `hours:minutes:seconds[.fraction]` as milliseconds of the day; digits beyond milliseconds are cut.
fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let (hours, minutes, seconds) = (number(hours, 1..=2)?, number(minutes, 1..=2)?, number(seconds, 1..=2)?);
    let fits = hours < 24 && minutes < 60 && seconds < 60 && parts.next().is_none();
    let milliseconds = milliseconds(fraction)?;
    fits.then_some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds)
}

/// The milliseconds of the digits behind a second's point.
fn milliseconds(fraction: &str) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let digits = number(fraction, 1..=18).and(fraction.get(..fraction.len().min(3)))?;
    let value: i64 = digits.parse().ok()?;
    Some(value * [1_000, 100, 10, 1][digits.len()])
}

/// A day, or a day and a time, as milliseconds since 1970.
pub(in crate::evaluate) fn instant(text: &str) -> Option<i64> {
    match text.split_once([' ', 'T']) {
        None => Some(date(text)? * DAY_MS),
        Some((day, clock)) => Some(date(day)? * DAY_MS + time(clock.trim_start())?),
    }
}

/// `[-][days ]hours:minutes:seconds[.fraction]` as milliseconds.
fn interval(text: &str) -> Option<i64> {
    let (text, sign) = match text.strip_prefix('-') {
        Some(rest) => (rest, -1),
        None => (text.strip_prefix('+').unwrap_or(text), 1),
    };
    let (days, clock) = text.split_once(' ').unwrap_or(("0", text));
    number(days, 1..=10)?.checked_mul(DAY_MS)?.checked_add(time(clock)?)?.checked_mul(sign)
}
