//! Any value as characters.

use std::fmt::Write as _;

use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};

use super::{booleans, misfit, refused};
use crate::evaluate::batch::Batch;
use crate::evaluate::calendar::{DAY_MS, date};
use crate::evaluate::decimal::{scale, widened};
use crate::evaluate::step::Step;
use crate::evaluate::values::{Values, pieces, written};
use crate::types::DataType;
use crate::{Fault, Span};

/// How many characters a text type takes, and whether shorter texts are filled with spaces.
fn length(to: DataType) -> (usize, bool) {
    match to {
        DataType::Char(length) => (length as usize, true),
        DataType::Varchar(length) => (length as usize, false),
        _ => (usize::MAX, false),
    }
}

/// A text cut to a length; filled with spaces for a CHAR.
pub(super) fn resized(part: Step, to: DataType) -> Step {
    let ((length, fills), easy) = (length(to), part.easy);
    let shorter = match part.data_type {
        DataType::Char(from) | DataType::Varchar(from) => from as usize <= length,
        _ => false,
    };
    if shorter && !fills {
        return part.typed(to);
    }
    let run = move |batch: &Batch<'_>| {
        let values = part.evaluate(batch);
        let texts = values.texts();
        Values::rows(match fills {
            false => pieces(batch, |row| Ok(texts.get(row).map(|text| cut(text, length)))),
            true => written(batch, |row, out| {
                let Some(text) = texts.get(row) else { return Ok(false) };
                out.push_str(cut(text, length));
                fill(out, length);
                Ok(true)
            }),
        })
    };
    Step::of(to, easy, run)
}

/// The first so many characters.
pub(in crate::evaluate) fn cut(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    text.char_indices().nth(length).map_or(text, |(end, _)| &text[..end])
}

fn fill(text: &mut String, length: usize) {
    let count = text.chars().count();
    text.extend(std::iter::repeat_n(' ', length.saturating_sub(count)));
}

/// Writes one value; false if it is NULL.
type Write = Box<dyn Fn(usize, &mut String) -> bool>;

pub(super) fn compile(part: Step, to: DataType, span: Span) -> Result<Step, Fault> {
    let from = part.data_type;
    if from.is_binary() || from == DataType::Null {
        return Err(refused(from, to, span));
    }
    let (length, fills) = length(to);
    Ok(Step::hard(to, move |batch| {
        let write = writer(&part, from, batch);
        Values::rows(written(batch, |row, out| {
            if !write(row, out) {
                return Ok(false);
            }
            // Half a number would be another number: unlike a text, it is not cut.
            if out.len() > length {
                return Err(misfit(&*out, to));
            }
            if fills {
                fill(out, length);
            }
            Ok(true)
        }))
    }))
}

fn writer(part: &Step, from: DataType, batch: &Batch<'_>) -> Write {
    if from == DataType::Boolean {
        let truths = booleans(part, batch);
        let word = move |row| arrow_array::Array::is_valid(&truths, row).then(|| truths.value(row));
        return Box::new(move |row, out| push(word(row).map(|truth| if truth { "TRUE" } else { "FALSE" }), out));
    }
    let values = part.evaluate(batch);
    match from {
        DataType::Real => Box::new(move |row, out| {
            push(values.numbers::<Float32Type>().get(row).map(|value| approximate(&format!("{value:e}"))), out)
        }),
        DataType::Double => Box::new(move |row, out| {
            push(values.numbers::<Float64Type>().get(row).map(|value| approximate(&format!("{value:e}"))), out)
        }),
        DataType::Date => Box::new(move |row, out| {
            values.numbers::<Date32Type>().get(row).is_some_and(|day| day_text(i64::from(day), out))
        }),
        DataType::Time => Box::new(move |row, out| {
            values.numbers::<Time32MillisecondType>().get(row).is_some_and(|time| time_text(i64::from(time), out))
        }),
        DataType::Timestamp => Box::new(move |row, out| {
            values.numbers::<TimestampMillisecondType>().get(row).is_some_and(|instant| instant_text(instant, out))
        }),
        DataType::Interval => Box::new(move |row, out| {
            values.numbers::<Int64Type>().get(row).is_some_and(|interval| interval_text(interval, out))
        }),
        DataType::MonthInterval => Box::new(move |row, out| {
            let months = values.numbers::<Int64Type>().get(row);
            push(months.map(|months| format!("{}{}-{:02}", sign(months), months.abs() / 12, months.abs() % 12)), out)
        }),
        _ => {
            let (wide, scale) = (widened(&values, from), scale(from));
            Box::new(move |row, out| {
                push(wide.numbers::<Decimal128Type>().get(row).map(|value| decimal_text(value, scale)), out)
            })
        }
    }
}

fn push(text: Option<impl AsRef<str>>, out: &mut String) -> bool {
    text.inspect(|text| out.push_str(text.as_ref())).is_some()
}

/// A decimal with its point.
pub(in crate::evaluate) fn decimal_text(value: i128, scale: u32) -> String {
    if scale == 0 {
        return value.to_string();
    }
    let behind = scale as usize;
    let digits = format!("{:0width$}", value.unsigned_abs(), width = behind + 1);
    let (whole, fraction) = digits.split_at(digits.len() - behind);
    format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
}

/// A floating-point number as SQL writes it: `1.5E2`.
pub(in crate::evaluate) fn approximate(written: &str) -> String {
    written.to_ascii_uppercase()
}

fn sign(value: i64) -> &'static str {
    if value < 0 { "-" } else { "" }
}

fn day_text(day: i64, out: &mut String) -> bool {
    let (year, month, day) = date(day);
    write!(out, "{year:04}-{month:02}-{day:02}").expect("a string takes everything");
    true
}

fn time_text(time: i64, out: &mut String) -> bool {
    let (seconds, fraction) = (time / 1_000, time % 1_000);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    write!(out, "{hours:02}:{minutes:02}:{:02}", seconds % 60).expect("a string takes everything");
    if fraction != 0 {
        write!(out, ".{fraction:03}").expect("a string takes everything");
    }
    true
}

/// An instant as a literal has it: `2026-11-21 03:04:05.678`, without a fraction if it is none.
pub(in crate::evaluate) fn instant_text(instant: i64, out: &mut String) -> bool {
    day_text(instant.div_euclid(DAY_MS), out);
    out.push(' ');
    time_text(instant.rem_euclid(DAY_MS), out)
}

/// Days, hours, minutes and seconds: `-1 02:03:04.005`.
fn interval_text(interval: i64, out: &mut String) -> bool {
    let absolute = i64::try_from(interval.unsigned_abs()).unwrap_or(i64::MAX);
    write!(out, "{}{} ", sign(interval), absolute / DAY_MS).expect("a string takes everything");
    time_text(absolute % DAY_MS, out)
}
