//! Days, times of day and instants: parts of them, steps and units they are rounded to, the time between, periods.

use arrow_array::types::{ArrowPrimitiveType, Date32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType};
use arrow_array::{BooleanArray, PrimitiveArray};

use super::arithmetic::overflow;
use super::batch::Batch;
use super::calendar::{DAY_MS, FIRST_MS, LAST_MS, date, days, holds, plus_months};
use super::step::Step;
use super::values::{Values, binary, unary};
use crate::ast::{PeriodPredicate, TimeUnit};
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

/// Every value as other milliseconds of the same type; `easy` if none can fail.
fn compiled(part: Step, span: Span, make: impl Fn(i64) -> Option<i64> + Send + Sync + 'static) -> Result<Step, Fault> {
    let data_type = part.data_type;
    if !data_type.is_datetime() && data_type != DataType::Interval {
        return Err(Fault::new(span, format!("An instant is expected, not {data_type}")));
    }
    Ok(Step::hard(data_type, move |batch| {
        let values = part.evaluate(batch);
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
    compiled(part, span, move |value| Some(floor(value, milliseconds)?.max(FIRST_MS)))
}

fn floor(value: i64, size: i64) -> Option<i64> {
    value.checked_sub(value.rem_euclid(size))
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
        return compiled(part, span, move |value| {
            let low = floor(value, size)?;
            if up && low != value { low.checked_add(size) } else { Some(low) }
        });
    }
    match (unit, data_type) {
        (TimeUnit::Year | TimeUnit::Month | TimeUnit::Week, DataType::Date | DataType::Timestamp) => {
            compiled(part, span, move |value| {
                let day = value.div_euclid(DAY_MS);
                let (low, next) = match unit {
                    TimeUnit::Week => {
                        let low = day - (day - FIRST_SUNDAY).rem_euclid(7);
                        (low, low + 7)
                    }
                    _ => {
                        let (year, month, _) = date(day);
                        let months = if unit == TimeUnit::Year { 12 } else { 1 };
                        let low = days(year, if unit == TimeUnit::Year { 1 } else { month }, 1);
                        (low, plus_months(low, months)?)
                    }
                };
                let low_ms = low.checked_mul(DAY_MS)?;
                if up && low_ms != value { next.checked_mul(DAY_MS) } else { Some(low_ms.max(FIRST_MS)) }
            })
        }
        _ => Err(Fault::new(span, format!("A {data_type} cannot be rounded to that unit"))),
    }
}

/// `EXTRACT (unit FROM x)`.
pub(super) fn extract(unit: TimeUnit, part: Step, span: Span) -> Result<Step, Fault> {
    let (data_type, easy) = (part.data_type, part.easy);
    let has = match data_type {
        DataType::Timestamp | DataType::Date => true,
        DataType::Time => matches!(unit, TimeUnit::Hour | TimeUnit::Minute | TimeUnit::Second),
        _ => matches!(unit, TimeUnit::Day | TimeUnit::Hour | TimeUnit::Minute | TimeUnit::Second | TimeUnit::Epoch),
    };
    if !has {
        return Err(Fault::new(span, format!("A {data_type} has no such part")));
    }
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        let never = || overflow(DataType::BigInt);
        let make = |value: i64| Some(field(unit, value));
        Values::rows(match data_type {
            DataType::Timestamp => unary::<Instant, Int64Type>(batch, &values, make, |_| never()),
            DataType::Date => unary::<Date32Type, Int64Type>(
                batch,
                &values,
                |day| make(<Date32Type as Milliseconds>::from(day)),
                |_| never(),
            ),
            DataType::Time => {
                unary::<Time32MillisecondType, Int64Type>(batch, &values, |time| make(i64::from(time)), |_| never())
            }
            _ => unary::<Int64Type, Int64Type>(batch, &values, |value| Some(interval_field(unit, value)), |_| never()),
        })
    };
    Ok(Step::of(DataType::BigInt, easy, run))
}

fn field(unit: TimeUnit, value: i64) -> i64 {
    let (day, of_day) = (value.div_euclid(DAY_MS), value.rem_euclid(DAY_MS));
    match unit {
        TimeUnit::Hour => of_day / 3_600_000,
        TimeUnit::Minute => of_day / 60_000 % 60,
        TimeUnit::Second => of_day / 1_000 % 60,
        TimeUnit::Epoch => value.div_euclid(1_000),
        TimeUnit::DayOfWeek => (day - FIRST_SUNDAY).rem_euclid(7) + 1,
        _ => {
            let (year, month, of_month) = date(day);
            match unit {
                TimeUnit::Year => year,
                TimeUnit::Month => month,
                TimeUnit::Quarter => (month - 1) / 3 + 1,
                TimeUnit::DayOfYear => day - days(year, 1, 1) + 1,
                TimeUnit::Week => iso_week(day),
                _ => of_month,
            }
        }
    }
}

/// The week as ISO 8601 counts: from Monday, the first one has the year's first Thursday.
fn iso_week(day: i64) -> i64 {
    let thursday = day - (day + 3).rem_euclid(7) + 3;
    let (year, ..) = date(thursday);
    (thursday - days(year, 1, 1)) / 7 + 1
}

/// Parts of an interval have its sign.
fn interval_field(unit: TimeUnit, value: i64) -> i64 {
    match unit {
        TimeUnit::Hour => value / 3_600_000 % 24,
        TimeUnit::Minute => value / 60_000 % 60,
        TimeUnit::Second => value / 1_000 % 60,
        TimeUnit::Epoch => value / 1_000,
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

/// A predicate on two periods: two instants, and two more. The earlier of each two is the period's start.
pub(super) fn period(predicate: PeriodPredicate, parts: [Step; 4]) -> Step {
    let easy = parts.iter().all(|part| part.easy);
    let run = move |batch: &Batch<'_>| {
        let values = parts.each_ref().map(|part| part.evaluate(batch));
        let instants = values.each_ref().map(Values::numbers::<Instant>);
        let truths: BooleanArray = (0..batch.len())
            .map(|row| {
                let [from, to, other_from, other_to] = instants.each_ref().map(|instants| instants.get(row));
                let (from, to, other_from, other_to) = (from?, to?, other_from?, other_to?);
                let left = (from.min(to), from.max(to));
                Some(holds_for(predicate, left, (other_from.min(other_to), other_from.max(other_to))))
            })
            .collect();
        Values::rows(truths)
    };
    Step::of(DataType::Boolean, easy, run)
}

fn holds_for(predicate: PeriodPredicate, left: (i64, i64), right: (i64, i64)) -> bool {
    match predicate {
        PeriodPredicate::Contains => left.0 <= right.0 && right.1 <= left.1,
        PeriodPredicate::Overlaps => left.0 <= right.1 && right.0 <= left.1,
        PeriodPredicate::Equals => left == right,
        PeriodPredicate::Precedes => left.1 <= right.0,
        PeriodPredicate::Succeeds => left.0 >= right.1,
        PeriodPredicate::ImmediatelyPrecedes => left.1 == right.0,
        PeriodPredicate::ImmediatelySucceeds => left.0 == right.1,
        PeriodPredicate::Leads => left.0 < right.0 && left.1 <= right.1,
        PeriodPredicate::Lags => left.1 > right.1 && left.0 >= right.0,
        PeriodPredicate::ImmediatelyLeads => left.0 < right.0 && left.1 <= right.1 && left.1 == right.0,
        PeriodPredicate::ImmediatelyLags => left.1 > right.1 && left.0 >= right.0 && left.0 == right.1,
    }
}
