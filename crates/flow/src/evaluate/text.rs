//! Functions on characters. Places count characters from 1.

use arrow_array::types::{Int32Type, Int64Type};

use super::batch::Batch;
use super::cast::cut;
use super::step::Step;
use super::values::{Values, made, pieces, written};
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
    Step::hard(data_type, move |batch| {
        let (what, value) = (what.evaluate(batch), value.evaluate(batch));
        let (what, value) = (what.texts(), value.texts());
        Values::rows(pieces(batch, |row| {
            let (Some(what), Some(text)) = (what.get(row), value.get(row)) else { return Ok(None) };
            let mut characters = what.chars();
            let (Some(character), None) = (characters.next(), characters.next()) else {
                return Err(invalid(format!("TRIM takes one character to remove, not '{what}'")));
            };
            Ok(Some(match ends {
                TrimEnds::Both => text.trim_matches(character),
                TrimEnds::Leading => text.trim_start_matches(character),
                TrimEnds::Trailing => text.trim_end_matches(character),
            }))
        }))
    })
}

fn invalid(message: String) -> RowError {
    RowError::new(ErrorName::InvalidArgument, message)
}

pub(super) fn call(function: Function, parts: Vec<Step>, data_type: DataType) -> Step {
    Step::hard(data_type, move |batch| {
        let values: Vec<Values> = parts.iter().map(|part| part.evaluate(batch)).collect();
        match function {
            Function::CharLength => lengths(batch, &values[0]),
            Function::InitCap => changed(batch, &values[0], data_type, init_cap),
            Function::Lower => changed(batch, &values[0], data_type, |text, out| cased(text, out, false)),
            Function::Upper => changed(batch, &values[0], data_type, |text, out| cased(text, out, true)),
            Function::Overlay => overlay(batch, &values, data_type),
            Function::Position => position(batch, &values[0], &values[1]),
            _ => substring(batch, &values),
        }
    })
}

fn lengths(batch: &Batch<'_>, values: &Values) -> Values {
    let texts = values.texts();
    let length = |text: &str| i32::try_from(text.chars().count()).expect("texts are short");
    Values::rows(made::<Int32Type>(batch, |row| Ok(texts.get(row).map(length))))
}

fn changed(batch: &Batch<'_>, values: &Values, data_type: DataType, change: fn(&str, &mut String)) -> Values {
    let texts = values.texts();
    Values::rows(written(batch, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        change(text, out);
        shorten(out, data_type);
        Ok(true)
    }))
}

fn cased(text: &str, out: &mut String, upper: bool) {
    if text.is_ascii() {
        out.push_str(text);
        if upper { out.make_ascii_uppercase() } else { out.make_ascii_lowercase() }
    } else if upper {
        out.extend(text.chars().flat_map(char::to_uppercase));
    } else {
        out.push_str(&text.to_lowercase());
    }
}

/// The first character of each word upper, the others lower; words stand between spaces.
fn init_cap(text: &str, out: &mut String) {
    let mut starts = true;
    for character in text.chars() {
        if starts {
            out.extend(character.to_uppercase())
        } else {
            out.extend(character.to_lowercase())
        }
        starts = character == ' ';
    }
}

/// The first place of a text in another one; 0 if it is not there.
fn position(batch: &Batch<'_>, what: &Values, within: &Values) -> Values {
    let (what, within) = (what.texts(), within.texts());
    Values::rows(made::<Int32Type>(batch, |row| {
        let (Some(what), Some(within)) = (what.get(row), within.get(row)) else { return Ok(None) };
        let before = within.find(what).map(|at| within[..at].chars().count() + 1);
        Ok(Some(i32::try_from(before.unwrap_or(0)).expect("texts are short")))
    }))
}

/// The characters from a place on, and how many; places before the first one count towards the length.
fn substring(batch: &Batch<'_>, values: &[Values]) -> Values {
    let (texts, from) = (values[0].texts(), values[1].numbers::<Int64Type>());
    let length = values.get(2).map(Values::numbers::<Int64Type>);
    Values::rows(pieces(batch, |row| {
        let (Some(text), Some(from)) = (texts.get(row), from.get(row)) else { return Ok(None) };
        let end = match &length {
            None => i64::MAX,
            Some(length) => match length.get(row) {
                None => return Ok(None),
                Some(length) if length < 0 => {
                    return Err(invalid(format!("SUBSTRING takes a length of 0 or more, not {length}")));
                }
                Some(length) => from.saturating_add(length),
            },
        };
        Ok(Some(between(text, from, end)))
    }))
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
