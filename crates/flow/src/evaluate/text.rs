//! Functions on characters. Places count characters from 1.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, StringViewArray};
use arrow_buffer::NullBuffer;
use datafusion_expr::ScalarUDF;
use datafusion_functions::{string, unicode};

use super::batch::Batch;
use super::cast::cut;
use super::kernel::Kernel;
use super::step::Step;
use super::values::{Values, each, written};
use crate::ast::TrimEnds;
use crate::plan::Function;
use crate::row_error::{ErrorName, RowError};
use crate::types::{DataType, TEXT_CHARACTERS_MAX};

/// How many characters a text of a type has at most.
fn most(data_type: DataType) -> usize {
    match data_type {
        DataType::Char(length) | DataType::Varchar(length) => length as usize,
        _ => TEXT_CHARACTERS_MAX as usize,
    }
}

/// `x || y`.
pub(super) fn concatenate(left: Step, right: Step, data_type: DataType) -> Step {
    Step::hard(data_type, move |batch| {
        let (left, right) = (left.evaluate(batch), right.evaluate(batch));
        let (left, right) = (left.texts(), right.texts());
        Values::rows(written(batch, |row, out| {
            let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(false) };
            out.push_str(left);
            out.push_str(right);
            shorten(out, data_type);
            Ok(true)
        }))
    })
}

/// Cuts a text to what its type holds.
fn shorten(text: &mut String, data_type: DataType) {
    let kept = cut(text, most(data_type)).len();
    text.truncate(kept);
}

/// `TRIM`.
pub(super) fn trim(ends: TrimEnds, what: Step, value: Step, data_type: DataType) -> Step {
    let function = match ends {
        TrimEnds::Both => string::btrim(),
        TrimEnds::Leading => string::ltrim(),
        TrimEnds::Trailing => string::rtrim(),
    };
    let kernel = Kernel::new(function, &[value.data_type, what.data_type], data_type);
    Step::hard(data_type, move |batch| {
        let values = [value.evaluate(batch), what.evaluate(batch)];
        let (texts, what) = (values[0].texts(), values[1].texts());
        // DataFusion takes several characters, and removes each of them.
        let wrong = |row: usize| what.get(row).filter(|what| what.chars().count() != 1);
        let looked_at = if values[1].is_constant() && wrong(0).is_none() { 0 } else { batch.len() };
        for row in (0..looked_at).filter(|row| texts.get(*row).is_some()) {
            if let Some(what) = wrong(row) {
                batch.fail(row, invalid(format!("TRIM takes one character to remove, not '{what}'")));
            }
        }
        kernel.call(batch, &values, refused)
    })
}

fn invalid(message: String) -> RowError {
    RowError::new(ErrorName::InvalidArgument, message)
}

/// For functions that refuse nothing but what is too large for a batch.
fn refused(_row: usize) -> RowError {
    invalid("The text is too long".to_owned())
}

pub(super) fn call(function: Function, parts: Vec<Step>, data_type: DataType) -> Step {
    match function {
        Function::CharLength => kernel(unicode::character_length(), parts, data_type),
        Function::Lower => kernel(string::lower(), parts, data_type),
        Function::Upper => kernel(string::upper(), parts, data_type),
        Function::Position => kernel(unicode::strpos(), parts.into_iter().rev().collect(), data_type),
        Function::Substring => substring(parts, data_type),
        Function::Overlay => Step::hard(data_type, move |batch| {
            let values: Vec<Values> = parts.iter().map(|part| part.evaluate(batch)).collect();
            overlay(batch, &values, data_type)
        }),
        _ => Step::hard(data_type, move |batch| init_cap(batch, &parts[0].evaluate(batch), data_type)),
    }
}

/// A function of DataFusion's that refuses no row.
fn kernel(function: Arc<ScalarUDF>, parts: Vec<Step>, data_type: DataType) -> Step {
    let types: Vec<DataType> = parts.iter().map(|part| part.data_type).collect();
    let kernel = Kernel::new(function, &types, data_type);
    Step::hard(data_type, move |batch| {
        let values: Vec<Values> = parts.iter().map(|part| part.evaluate(batch)).collect();
        shortened(kernel.call(batch, &values, refused), data_type)
    })
}

/// Cuts texts to what their type holds: `ß` is longer in upper case.
fn shortened(values: Values, data_type: DataType) -> Values {
    match values.array().as_string_view_opt() {
        Some(texts) if texts.lengths().any(|bytes| bytes as usize > most(data_type)) => {
            let cut = |text| cut(text, most(data_type));
            values.with(Arc::new(texts.iter().map(|text| text.map(cut)).collect::<StringViewArray>()))
        }
        _ => values,
    }
}

/// The first character of each word upper, the others lower; words stand between spaces, not between signs as DataFusion has it.
fn init_cap(batch: &Batch<'_>, values: &Values, data_type: DataType) -> Values {
    let texts = values.texts();
    Values::rows(written(batch, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        let mut starts = true;
        for character in text.chars() {
            if starts {
                out.extend(character.to_uppercase())
            } else {
                out.extend(character.to_lowercase())
            }
            starts = character == ' ';
        }
        shorten(out, data_type);
        Ok(true)
    }))
}

/// The characters from a place on, and how many; places before the first one count towards the length.
fn substring(parts: Vec<Step>, data_type: DataType) -> Step {
    let types: Vec<DataType> = parts.iter().map(|part| part.data_type).collect();
    let kernel = Kernel::new(unicode::substr(), &types, data_type);
    Step::hard(data_type, move |batch| {
        let mut values: Vec<Values> = parts.iter().map(|part| part.evaluate(batch)).collect();
        if let Some(lengths) = lengths(batch, &values) {
            values[2] = lengths;
        }
        let from = values[1].numbers::<Int64Type>();
        kernel.call(batch, &values, |row| invalid(format!("SUBSTRING cannot begin at {}", from.value(row))))
    })
}

/// The lengths without those below 0, whose rows fail; nothing if there are none. Many rows may bring such a length, and to
/// look for each of them in the halves of the batch would be slow.
fn lengths(batch: &Batch<'_>, values: &[Values]) -> Option<Values> {
    let lengths = values.get(2)?.numbers::<Int64Type>();
    if lengths.all().iter().all(|length| *length >= 0) {
        return None;
    }
    let nulls = values.iter().fold(None, |nulls, values| {
        NullBuffer::union(nulls.as_ref(), values.spread(batch.len()).logical_nulls().as_ref())
    });
    let length = |row| Some(lengths.value(row)).filter(|length| *length >= 0);
    let error = |row| invalid(format!("SUBSTRING takes a length of 0 or more, not {}", lengths.value(row)));
    Some(Values::rows(each::<Int64Type>(batch, nulls, length, error)))
}

/// The characters from one place up to before another one.
fn between(text: &str, from: i64, end: i64) -> &str {
    let skipped = usize::try_from(from.saturating_sub(1)).unwrap_or(0);
    let taken = usize::try_from(end.saturating_sub(from.max(1))).unwrap_or(0);
    let rest = &text[cut(text, skipped).len()..];
    cut(rest, taken)
}

/// `OVERLAY (x PLACING y FROM start FOR length)`. Before the first place, `y` moves `x` to the right.
fn overlay(batch: &Batch<'_>, values: &[Values], data_type: DataType) -> Values {
    let (texts, placed, from) = (values[0].texts(), values[1].texts(), values[2].numbers::<Int64Type>());
    let length = values.get(3).map(Values::numbers::<Int64Type>);
    Values::rows(written(batch, |row, out| {
        let (Some(text), Some(placed), Some(from)) = (texts.get(row), placed.get(row), from.get(row)) else {
            return Ok(false);
        };
        let replaced = match &length {
            None => i64::try_from(placed.chars().count()).expect("texts are short"),
            Some(length) => match length.get(row) {
                None => return Ok(false),
                Some(length) if length < 0 => {
                    return Err(invalid(format!("OVERLAY takes a length of 0 or more, not {length}")));
                }
                Some(length) => length,
            },
        };
        out.push_str(between(text, 1, from));
        out.push_str(placed);
        out.push_str(between(text, from.saturating_add(replaced).max(1), i64::MAX));
        shorten(out, data_type);
        Ok(true)
    }))
}
