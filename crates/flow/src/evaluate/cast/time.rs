//! Days, times of day and instants as each other.

use arrow_array::types::{Date32Type, Time32MillisecondType, TimestampMillisecondType};

use super::refused;
use crate::evaluate::arithmetic::overflow;
use crate::evaluate::batch::Batch;
use crate::evaluate::calendar::{DAY_MS, holds};
use crate::evaluate::step::Step;
use crate::evaluate::values::{Values, unary};
use crate::types::DataType;
use crate::{Fault, Span};

type Instant = TimestampMillisecondType;
type Time = Time32MillisecondType;

pub(super) fn compile(part: Step, to: DataType, span: Span) -> Result<Step, Fault> {
    let run: fn(&Batch<'_>, &Values) -> Values = match (part.data_type, to) {
        (DataType::Date, DataType::Timestamp) => |batch, days| {
            let start = |day: i32| i64::from(day).checked_mul(DAY_MS).filter(|instant| holds(*instant));
            Values::rows(unary::<Date32Type, Instant>(batch, days, start, |_| overflow(DataType::Timestamp)))
        },
        (DataType::Timestamp, DataType::Date) => |batch, instants| {
            let day = |instant: i64| i32::try_from(instant.div_euclid(DAY_MS)).ok();
            Values::rows(unary::<Instant, Date32Type>(batch, instants, day, |_| overflow(DataType::Date)))
        },
        (DataType::Timestamp, DataType::Time) => |batch, instants| {
            let time = |instant: i64| i32::try_from(instant.rem_euclid(DAY_MS)).ok();
            Values::rows(unary::<Instant, Time>(batch, instants, time, |_| overflow(DataType::Time)))
        },
        // SQL's day for a TIME is the current one.
        (DataType::Time, DataType::Timestamp) => |batch, times| {
            let today = batch.now() - batch.now().rem_euclid(DAY_MS);
            let instant = |time: i32| Some(today + i64::from(time));
            Values::rows(unary::<Time, Instant>(batch, times, instant, |_| overflow(DataType::Timestamp)))
        },
        (from, to) => return Err(refused(from, to, span)),
    };
    let momentary = part.data_type == DataType::Time;
    let step = Step::hard(to, move |batch| run(batch, &part.evaluate(batch)));
    Ok(if momentary { step.momentary() } else { step })
}
