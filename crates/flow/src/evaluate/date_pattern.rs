//! CHAR_TO_TIMESTAMP and its kin, and the way back, with the patterns of `SimpleDateFormat`.

use std::collections::HashMap;

use arrow_array::types::{ArrowPrimitiveType, Date32Type, Time32MillisecondType, TimestampMillisecondType};

use super::batch::Batch;
use super::calendar::{DAY_MS, date, holds};
use super::cast::cut;
use super::step::Step;
use super::values::{Texts, Values, made, written};
use crate::patterns::DatePattern;
use crate::row_error::{ErrorName, RowError};
use crate::types::{DataType, TEXT_CHARACTERS_MAX};
use crate::{Fault, Position, Span};

/// Date patterns: the program's own, or one that each row brings.
struct Source {
    step: Step,
    fixed: Option<DatePattern>,
}

impl Source {
    fn of(step: Step, span: Span) -> Result<Self, Fault> {
        let fixed = step.constant_text().map(|text| DatePattern::parse(text, span)).transpose()?;
        Ok(Self { step, fixed })
    }
}

/// The patterns of a batch's rows, each understood once.
struct Patterns<'b> {
    fixed: Option<&'b DatePattern>,
    texts: Texts<'b>,
    seen: HashMap<&'b str, Result<DatePattern, RowError>>,
}

impl<'b> Patterns<'b> {
    /// Does something with a row's pattern; nothing if that is NULL.
    fn with<T>(&mut self, row: usize, work: impl FnOnce(&DatePattern) -> T) -> Result<Option<T>, RowError> {
        if let Some(fixed) = self.fixed {
            return Ok(Some(work(fixed)));
        }
        let Some(text) = self.texts.get(row) else { return Ok(None) };
        let found = self.seen.entry(text).or_insert_with_key(|text| {
            let start = Position { line: 1, column: 1 };
            DatePattern::parse(text, Span { start, end: start })
                .map_err(|fault| RowError::new(ErrorName::InvalidArgument, fault.message))
        });
        found.as_ref().map(|pattern| Some(work(pattern))).map_err(Clone::clone)
    }
}

fn two(parts: Vec<Step>, span: Span) -> Result<(Source, Step), Fault> {
    let [pattern, value]: [Step; 2] =
        parts.try_into().map_err(|_| Fault::new(span, "A pattern and a value are expected"))?;
    Ok((Source::of(pattern, span)?, value))
}

/// `CHAR_TO_TIMESTAMP`, `CHAR_TO_DATE` or `CHAR_TO_TIME`.
pub(super) fn read(parts: Vec<Step>, data_type: DataType, span: Span) -> Result<Step, Fault> {
    let (source, value) = two(parts, span)?;
    let step = Step::hard(data_type, move |batch| {
        let (values, brought) = (value.evaluate(batch), source.step.evaluate(batch));
        let (texts, this_year) = (values.texts(), this_year(batch));
        let mut patterns = Patterns { fixed: source.fixed.as_ref(), texts: brought.texts(), seen: HashMap::new() };
        let mut instant = |row: usize| {
            let Some(text) = texts.get(row) else { return Ok(None) };
            let Some(read) = patterns.with(row, |pattern| pattern.read(text, this_year))? else { return Ok(None) };
            read.filter(|instant| holds(*instant)).map(Some).ok_or_else(|| {
                let shown = cut(text, SHOWN_CHARACTERS_MAX);
                RowError::new(ErrorName::Coercion, format!("'{shown}' does not fit the date pattern"))
            })
        };
        match data_type {
            DataType::Date => Values::rows(made::<Date32Type>(batch, |row| {
                Ok(instant(row)?.and_then(|instant| i32::try_from(instant.div_euclid(DAY_MS)).ok()))
            })),
            DataType::Time => Values::rows(made::<Time32MillisecondType>(batch, |row| {
                Ok(instant(row)?.and_then(|instant| i32::try_from(instant.rem_euclid(DAY_MS)).ok()))
            })),
            _ => Values::rows(made::<TimestampMillisecondType>(batch, instant)),
        }
    });
    // Two digits mean a year near the present one.
    Ok(step.momentary())
}

/// The most characters of a text that an error message shows.
const SHOWN_CHARACTERS_MAX: usize = 100;

fn this_year(batch: &Batch<'_>) -> i16 {
    let (year, ..) = date(batch.now().div_euclid(DAY_MS));
    i16::try_from(year).unwrap_or(i16::MAX)
}

/// `TIMESTAMP_TO_CHAR`, `DATE_TO_CHAR` or `TIME_TO_CHAR`.
pub(super) fn write(parts: Vec<Step>, data_type: DataType, span: Span) -> Result<Step, Fault> {
    let (source, value) = two(parts, span)?;
    let from = value.data_type;
    Ok(Step::hard(data_type, move |batch| {
        let (values, brought) = (value.evaluate(batch), source.step.evaluate(batch));
        let mut patterns = Patterns { fixed: source.fixed.as_ref(), texts: brought.texts(), seen: HashMap::new() };
        Values::rows(written(batch, |row, out| {
            let instant = match from {
                DataType::Date => at::<Date32Type>(&values, row).map(|day| day * DAY_MS),
                DataType::Time => at::<Time32MillisecondType>(&values, row),
                _ => at::<TimestampMillisecondType>(&values, row),
            };
            let Some(instant) = instant else { return Ok(false) };
            let Some(text) = patterns.with(row, |pattern| pattern.format(instant))? else { return Ok(false) };
            let text = text.ok_or_else(|| {
                RowError::new(ErrorName::InvalidArgument, format!("The instant {instant} cannot be written"))
            })?;
            out.push_str(cut(&text, TEXT_CHARACTERS_MAX as usize));
            Ok(true)
        }))
    }))
}

fn at<T: ArrowPrimitiveType>(values: &Values, row: usize) -> Option<i64>
where
    T::Native: Into<i64>,
{
    values.numbers::<T>().get(row).map(Into::into)
}
