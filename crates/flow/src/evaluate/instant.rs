//! Days, times of day and instants: parts of them, steps and units they are rounded to, and the time between.

use std::cell::Cell;

use arrow_array::PrimitiveArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};

use super::arithmetic::overflow;
use super::batch::Batch;
use super::calendar::{DAY_MS, FIRST_MS, LAST_MS, date, days, holds};
use super::decimal;
use super::step::Step;
use super::values::{Values, binary, unary};
use crate::ast::TimeUnit;
use crate::types::DataType;
use crate::{Fault, Span};

type Instant = TimestampMillisecondType;

/// Which milliseconds stand for a value: of the day's start for a DATE, of the day for a TIME.
trait Milliseconds: ArrowPrimitiveType {
    const TYPE: DataType;
    fn from(value: Self::Native) -> i64;
    fn to(milliseconds: i64) -> Option<Self::Native>;
}

impl Milliseconds for Instant {
    const TYPE: DataType = DataType::Timestamp;

    #[inline]
    fn from(value: i64) -> i64 {
        value
    }

    #[inline]
    fn to(milliseconds: i64) -> Option<i64> {
        holds(milliseconds).then_some(milliseconds)
    }
}

impl Milliseconds for Date32Type {
    const TYPE: DataType = DataType::Date;

    fn from(value: i32) -> i64 {
        i64::from(value) * DAY_MS
    }

    fn to(milliseconds: i64) -> Option<i32> {
        holds(milliseconds).then(|| i32::try_from(milliseconds.div_euclid(DAY_MS)).ok())?
    }
}

impl Milliseconds for Time32MillisecondType {
    const TYPE: DataType = DataType::Time;

    fn from(value: i32) -> i64 {
        i64::from(value)
    }

    fn to(milliseconds: i64) -> Option<i32> {
        i32::try_from(milliseconds.rem_euclid(DAY_MS)).ok()
    }
}

/// Intervals.
impl Milliseconds for Int64Type {
    const TYPE: DataType = DataType::Interval;

    fn from(value: i64) -> i64 {
        value
    }

    fn to(milliseconds: i64) -> Option<i64> {
        Some(milliseconds)
    }
}

fn mapped<T: Milliseconds>(batch: &Batch<'_>, values: &Values, make: impl Fn(i64) -> Option<i64>) -> PrimitiveArray<T> {
    unary::<T, T>(batch, values, |value| make(T::from(value)).and_then(T::to), |_| overflow(T::TYPE))
}

/// A stretch of time: its first millisecond, and the first one behind it; the greatest number if that is too large.
type Stretch = (i64, i64);

/// Every value as the start of the stretch that it lies in, or as the end unless it is the start itself. Rows come mostly in the
/// order of their times: a stretch is only looked for where the last one ends.
fn rounded(
    part: Step,
    up: bool,
    least: i64,
    span: Span,
    stretch: impl Fn(i64) -> Option<Stretch> + Send + Sync + 'static,
) -> Result<Step, Fault> {
    let data_type = part.data_type;
    if !data_type.is_datetime() && data_type != DataType::Interval {
        return Err(Fault::new(span, format!("An instant is expected, not {data_type}")));
    }
    Ok(Step::hard(data_type, move |batch| {
        let values = part.evaluate(batch);
        let last = Cell::new((0, 0));
        let make = |value| {
            let (mut start, mut end) = last.get();
            if value < start || value >= end {
                (start, end) = stretch(value)?;
                last.set((start, end));
            }
            if up && value != start { (end < i64::MAX).then_some(end) } else { Some(start.max(least)) }
        };
        match data_type {
            DataType::Timestamp => Values::rows(mapped::<Instant>(batch, &values, &make)),
            DataType::Date => Values::rows(mapped::<Date32Type>(batch, &values, &make)),
            DataType::Time => Values::rows(mapped::<Time32MillisecondType>(batch, &values, &make)),
            _ => Values::rows(mapped::<Int64Type>(batch, &values, &make)),
        }
    }))
}

/// `STEP (x BY interval)`: down to a multiple since 1970.
pub(super) fn step(milliseconds: i64, part: Step, span: Span) -> Result<Step, Fault> {
    if milliseconds <= 0 {
        return Err(Fault::new(span, "A step must be longer than nothing"));
    }
    rounded(part, false, FIRST_MS, span, move |value| multiple(value, milliseconds))
}

/// The stretch from a multiple of a size to the next one.
fn multiple(value: i64, size: i64) -> Option<Stretch> {
    let start = value.checked_sub(value.rem_euclid(size))?;
    Some((start, start.saturating_add(size)))
}

/// The week, month or year of an instant.
fn calendar_stretch(unit: TimeUnit, value: i64) -> Option<Stretch> {
    let day = value.div_euclid(DAY_MS);
    let (year, month, _) = date(day);
    let (start, end) = match unit {
        TimeUnit::Week => {
            let start = day - (day - FIRST_SUNDAY).rem_euclid(7);
            (start, start + 7)
        }
        TimeUnit::Year => (days(year, 1, 1), days(year + 1, 1, 1)),
        _ => (days(year, month, 1), if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) }),
    };
    Some((start.checked_mul(DAY_MS)?, end.checked_mul(DAY_MS)?))
}

/// The length of a unit that is always as long.
fn size(unit: TimeUnit) -> Option<i64> {
    Some(match unit {
        TimeUnit::Second => 1_000,
        TimeUnit::Minute => 60_000,
        TimeUnit::Hour => 3_600_000,
        TimeUnit::Day => DAY_MS,
        _ => return None,
    })
}

/// The fourth day of 1970 was a Sunday, on which weeks begin.
const FIRST_SUNDAY: i64 = 3;

/// `FLOOR` or `CEIL (x TO unit)`.
pub(super) fn round(up: bool, unit: TimeUnit, part: Step, span: Span) -> Result<Step, Fault> {
    let data_type = part.data_type;
    if let Some(size) = size(unit) {
        return rounded(part, up, i64::MIN, span, move |value| multiple(value, size));
    }
    match (unit, data_type) {
        (TimeUnit::Year | TimeUnit::Month | TimeUnit::Week, DataType::Date | DataType::Timestamp) => {
            rounded(part, up, FIRST_MS, span, move |value| calendar_stretch(unit, value))
        }
        _ => Err(Fault::new(span, format!("A {data_type} cannot be rounded to that unit"))),
    }
}

/// `EXTRACT (unit FROM x)`: a whole number, and of seconds a DECIMAL with milliseconds.
pub(super) fn extract(unit: TimeUnit, part: Step) -> Step {
    let (data_type, easy) = (part.data_type, part.easy);
    let seconds = DataType::Decimal { precision: 5, scale: 3 };
    let result = if unit == TimeUnit::Second { seconds } else { DataType::BigInt };
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        let never = |_| overflow(result);
        // Rows of one day mostly come together.
        let last = Cell::new(None);
        let make = |value: i64| {
            let day = value.div_euclid(DAY_MS);
            Some(match last.get() {
                Some((last_day, part)) if last_day == day && unit < TimeUnit::Hour => part,
                _ => {
                    let part = field(unit, value);
                    last.set(Some((day, part)));
                    part
                }
            })
        };
        let parts = match data_type {
            DataType::Timestamp => unary::<Instant, Int64Type>(batch, &values, make, never),
            DataType::Date => unary::<Date32Type, Int64Type>(
                batch,
                &values,
                |day| make(<Date32Type as Milliseconds>::from(day)),
                |_| overflow(result),
            ),
            DataType::Time => unary::<Time32MillisecondType, Int64Type>(
                batch,
                &values,
                |time| make(i64::from(time)),
                |_| overflow(result),
            ),
            _ => unary::<Int64Type, Int64Type>(batch, &values, |value| Some(interval_field(unit, value)), never),
        };
        if unit != TimeUnit::Second {
            return Values::rows(parts);
        }
        Values::rows(decimal::typed(parts.unary::<_, Decimal128Type>(i128::from), result))
    };
    Step::of(result, easy, run)
}

/// A part of an instant; of its second, the milliseconds.
fn field(unit: TimeUnit, value: i64) -> i64 {
    let of_day = value.rem_euclid(DAY_MS);
    let (year, month, of_month) = match unit {
        TimeUnit::Hour => return of_day / 3_600_000,
        TimeUnit::Minute => return of_day / 60_000 % 60,
        TimeUnit::Second => return of_day % 60_000,
        _ => date(value.div_euclid(DAY_MS)),
    };
    match unit {
        TimeUnit::Year => year,
        TimeUnit::Month => month,
        _ => of_month,
    }
}

/// Parts of an interval have its sign. Years and months are of one that counts months.
fn interval_field(unit: TimeUnit, value: i64) -> i64 {
    match unit {
        TimeUnit::Year => value / 12,
        TimeUnit::Month => value % 12,
        TimeUnit::Hour => value / 3_600_000 % 24,
        TimeUnit::Minute => value / 60_000 % 60,
        TimeUnit::Second => value % 60_000,
        _ => value / DAY_MS,
    }
}

/// The milliseconds from the right to the left.
pub(super) fn between(left: Step, right: Step, span: Span) -> Result<Step, Fault> {
    fn difference<T: Milliseconds>(batch: &Batch<'_>, left: &Values, right: &Values) -> PrimitiveArray<Int64Type> {
        let between = |left, right| T::from(left).checked_sub(T::from(right));
        binary::<T, T, Int64Type>(batch, left, right, between, |_, _| overflow(DataType::Interval))
    }
    let data_type = left.data_type;
    if !data_type.is_datetime() || right.data_type != data_type {
        return Err(Fault::new(span, format!("There is no time between {data_type} and {}", right.data_type)));
    }
    Ok(Step::hard(DataType::Interval, move |batch| {
        let (left, right) = (left.evaluate(batch), right.evaluate(batch));
        Values::rows(match data_type {
            DataType::Timestamp => difference::<Instant>(batch, &left, &right),
            DataType::Date => difference::<Date32Type>(batch, &left, &right),
            _ => difference::<Time32MillisecondType>(batch, &left, &right),
        })
    }))
}

/// `TO_TIMESTAMP`: from milliseconds since 1970.
pub(super) fn to_timestamp(part: Step) -> Step {
    Step::hard(DataType::Timestamp, move |batch| {
        let values = part.evaluate(batch);
        let instants = unary::<Int64Type, Instant>(batch, &values, <Instant as Milliseconds>::to, |value| {
            let range = (FIRST_MS, LAST_MS);
            let message = format!("{value} is no TIMESTAMP: it is outside {} to {} milliseconds", range.0, range.1);
            crate::RowError::new(crate::ErrorName::Overflow, message)
        });
        Values::rows(instants)
    })
}

/// `UNIX_TIMESTAMP`: milliseconds since 1970.
pub(super) fn unix_timestamp(part: Step, span: Span) -> Result<Step, Fault> {
    if part.data_type != DataType::Timestamp {
        return Err(Fault::new(span, format!("A TIMESTAMP is expected, not {}", part.data_type)));
    }
    let easy = part.easy;
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        Values::rows(unary::<Instant, Int64Type>(batch, &values, Some, |_| overflow(DataType::BigInt)))
    };
    Ok(Step::of(DataType::BigInt, easy, run))
}
