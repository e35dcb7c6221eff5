//! Intervals: added to instants and to each other, multiplied and divided.

use arrow_array::types::Decimal128Type;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, Time32MillisecondType, TimestampMillisecondType};

use super::arithmetic::{divide_by_zero, overflow};
use super::batch::Batch;
use super::calendar::{DAY_MS, holds, plus_months};
use super::decimal;
use super::step::Step;
use super::values::{Values, binary};
use crate::plan::Arithmetic;
use crate::types::DataType;
use crate::{Fault, Span};

/// `left operator right` where an interval takes part.
pub(super) fn arithmetic(
    operator: Arithmetic,
    left: Step,
    right: Step,
    data_type: DataType,
    span: Span,
) -> Result<Step, Fault> {
    let interval = |data_type| matches!(data_type, DataType::Interval | DataType::MonthInterval);
    let (one, two) = (left.data_type, right.data_type);
    match operator {
        Arithmetic::Add if one.is_datetime() && interval(two) => moved(left, right, false, span),
        Arithmetic::Add if interval(one) && two.is_datetime() => moved(right, left, false, span),
        Arithmetic::Subtract if one.is_datetime() && interval(two) => moved(left, right, true, span),
        Arithmetic::Add | Arithmetic::Subtract if interval(one) && one == two => Ok(sum(operator, left, right)),
        Arithmetic::Multiply if interval(one) && two.is_numeric() => Ok(scaled(left, right, false)),
        Arithmetic::Multiply if one.is_numeric() && interval(two) => Ok(scaled(right, left, false)),
        Arithmetic::Divide if interval(one) && two.is_numeric() => Ok(scaled(left, right, true)),
        _ => Err(Fault::new(span, format!("{one} and {two} do not make a {data_type}"))),
    }
}

fn sum(operator: Arithmetic, left: Step, right: Step) -> Step {
    let data_type = left.data_type;
    Step::hard(data_type, move |batch| {
        let calculate = |a: i64, b: i64| match operator {
            Arithmetic::Add => a.checked_add(b),
            _ => a.checked_sub(b),
        };
        let (left, right) = (left.evaluate(batch), right.evaluate(batch));
        let sums =
            binary::<Int64Type, Int64Type, Int64Type>(batch, &left, &right, calculate, |_, _| overflow(data_type));
        Values::rows(sums)
    })
}

/// An instant later, or back, by an interval.
fn moved(instant: Step, by: Step, back: bool, span: Span) -> Result<Step, Fault> {
    let (data_type, months) = (instant.data_type, by.data_type == DataType::MonthInterval);
    let run: fn(&Batch<'_>, &Values, &Values, bool, bool) -> Values = match data_type {
        DataType::Timestamp => timestamps,
        DataType::Date => dates,
        DataType::Time if !months => times,
        _ => return Err(Fault::new(span, format!("{data_type} and {} do not go together", by.data_type))),
    };
    Ok(Step::hard(data_type, move |batch| run(batch, &instant.evaluate(batch), &by.evaluate(batch), months, back)))
}

fn signed(by: i64, back: bool) -> Option<i64> {
    if back { by.checked_neg() } else { Some(by) }
}

fn timestamps(batch: &Batch<'_>, instants: &Values, by: &Values, months: bool, back: bool) -> Values {
    let calculate = |instant: i64, by: i64| {
        let by = signed(by, back)?;
        let moved = match months {
            true => {
                let days = plus_months(instant.div_euclid(DAY_MS), by)?;
                days.checked_mul(DAY_MS)?.checked_add(instant.rem_euclid(DAY_MS))
            }
            false => instant.checked_add(by),
        };
        moved.filter(|moved| holds(*moved))
    };
    type Instant = TimestampMillisecondType;
    let error = |_, _| overflow(DataType::Timestamp);
    Values::rows(binary::<Instant, Int64Type, Instant>(batch, instants, by, calculate, error))
}

fn dates(batch: &Batch<'_>, days: &Values, by: &Values, months: bool, back: bool) -> Values {
    let calculate = |day: i32, by: i64| {
        let (day, by) = (i64::from(day), signed(by, back)?);
        let moved = match months {
            true => plus_months(day, by)?,
            // Hours that make no whole day are lost: a DATE has none.
            false => (day * DAY_MS).checked_add(by)?.div_euclid(DAY_MS),
        };
        moved.checked_mul(DAY_MS).filter(|moved| holds(*moved)).and_then(|_| i32::try_from(moved).ok())
    };
    let error = |_, _| overflow(DataType::Date);
    Values::rows(binary::<Date32Type, Int64Type, Date32Type>(batch, days, by, calculate, error))
}

fn times(batch: &Batch<'_>, times: &Values, by: &Values, _months: bool, back: bool) -> Values {
    // A clock goes round.
    let calculate = |time: i32, by: i64| {
        let by = signed(by.rem_euclid(DAY_MS), back)?;
        i32::try_from((i64::from(time) + by).rem_euclid(DAY_MS)).ok()
    };
    type Time = Time32MillisecondType;
    let error = |_, _| overflow(DataType::Time);
    Values::rows(binary::<Time, Int64Type, Time>(batch, times, by, calculate, error))
}

/// An interval multiplied with, or divided by, a number.
fn scaled(interval: Step, by: Step, divide: bool) -> Step {
    let (data_type, by_type) = (interval.data_type, by.data_type);
    Step::hard(data_type, move |batch| {
        let (interval, by) = (interval.evaluate(batch), by.evaluate(batch));
        let scaled = if by_type.is_approximate() {
            let by = Values::rows(decimal::doubles(batch, &by, by_type));
            #[expect(
                clippy::cast_precision_loss,
                reason = "an interval of more than 2^53 milliseconds has no fine part"
            )]
            let calculate =
                |interval: i64, by: f64| nearest(if divide { interval as f64 / by } else { interval as f64 * by });
            let error = |_, by: f64| if divide && by == 0.0 { divide_by_zero() } else { overflow(data_type) };
            binary::<Int64Type, Float64Type, Int64Type>(batch, &interval, &by, calculate, error)
        } else {
            let (by, one) = (decimal::widened(&by, by_type), decimal::ten(decimal::scale(by_type)));
            let whole = by_type.is_integer();
            let calculate = |interval: i64, by: i128| {
                let interval = i128::from(interval);
                let value = match divide {
                    true if by == 0 => return None,
                    true if whole => interval / by,
                    true => decimal::rounded(interval.checked_mul(one)?, by),
                    false => decimal::rounded(interval.checked_mul(by)?, one),
                };
                i64::try_from(value).ok()
            };
            let error = |_, by: i128| if divide && by == 0 { divide_by_zero() } else { overflow(data_type) };
            binary::<Int64Type, Decimal128Type, Int64Type>(batch, &interval, &by, calculate, error)
        };
        Values::rows(scaled)
    })
}

/// The nearest whole number, halves away from zero; nothing if it is too large.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range was looked at before")]
pub(super) fn nearest(value: f64) -> Option<i64> {
    let rounded = value.round();
    (rounded >= i64::MIN as f64 && rounded < i64::MAX as f64).then_some(rounded as i64)
}
