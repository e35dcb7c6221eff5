//! LIKE, SIMILAR TO, REGEX_REPLACE and SUBSTRING with a pattern: regular expressions, compiled once if they are written out.

use std::collections::HashMap;

use arrow_array::types::Int64Type;
use arrow_array::{BooleanArray, Datum, StringViewArray};
use arrow_schema::ArrowError;
use regex::Regex;

use super::batch::Batch;
use super::cast::cut;
use super::step::Step;
use super::values::{Texts, Values, pieces, written};
use crate::patterns::{self, JavaRegex, Simple};
use crate::row_error::{ErrorName, RowError};
use crate::types::{DataType, TEXT_CHARACTERS_MAX};
use crate::{Fault, Position, Span};

/// Different patterns that one batch may bring; each is compiled, and kept until the batch is done.
const PATTERNS_MAX: usize = 1_000;

fn compiled(regex: &str, span: Span) -> Result<Regex, Fault> {
    Regex::new(regex).map_err(|_| Fault::new(span, format!("'{regex}' is not a regular expression")))
}

/// A text against a regular expression that the program holds.
pub(super) fn matches(part: Step, regex: &str, span: Span) -> Result<Step, Fault> {
    let regex = compiled(regex, span)?;
    Ok(Step::hard(DataType::Boolean, move |batch| {
        let values = part.evaluate(batch);
        let texts = values.texts();
        let truths: BooleanArray = (0..batch.len()).map(|row| Some(regex.is_match(texts.get(row)?))).collect();
        Values::rows(truths)
    }))
}

/// `LIKE`.
pub(super) fn like(parts: Vec<Step>, span: Span) -> Result<Step, Fault> {
    let fixed = parts[1..].iter().map(Step::constant_text).collect::<Option<Vec<_>>>();
    let Some((pattern, escape)) = fixed.and_then(|fixed| Some((fixed[0], one_character(fixed.get(1).copied()).ok()?)))
    else {
        return Ok(like_rows(parts));
    };
    match (patterns::like(pattern, escape, false, span), patterns::simple(pattern, escape)) {
        // Each row is to fail.
        (Err(_), _) => Ok(like_rows(parts)),
        (Ok(_), Some(simple)) => Ok(like_simple(parts.into_iter().next().expect("there is a text"), simple)),
        (Ok(regex), None) => matches(parts.into_iter().next().expect("there is a text"), &regex, span),
    }
}

/// A text against one that it must be, start or end with, or hold.
fn like_simple(part: Step, pattern: Simple) -> Step {
    let (kernel, text): (Kernel, _) = match pattern {
        Simple::Whole(text) => (arrow_ord::cmp::eq, text),
        Simple::Start(text) => (arrow_string::like::starts_with, text),
        Simple::End(text) => (arrow_string::like::ends_with, text),
        Simple::Anywhere(text) => (arrow_string::like::contains, text),
    };
    let text = StringViewArray::new_scalar(text);
    Step::of(DataType::Boolean, part.easy, move |batch| {
        let texts = part.evaluate(batch).spread(batch.len());
        Values::rows(kernel(&texts, &text).expect("both are texts"))
    })
}

type Kernel = fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>;

/// Patterns that rows bring, each compiled once.
struct Seen<K, R> {
    regexes: HashMap<K, Result<R, RowError>>,
}

impl<K: std::hash::Hash + Eq, R: Clone> Seen<K, R> {
    fn new() -> Self {
        Self { regexes: HashMap::new() }
    }

    fn get(&mut self, key: K, make: impl FnOnce(&K) -> Result<R, Fault>) -> Result<R, RowError> {
        if self.regexes.len() >= PATTERNS_MAX && !self.regexes.contains_key(&key) {
            self.regexes.clear();
        }
        let invalid = |fault: Fault| RowError::new(ErrorName::InvalidArgument, fault.message);
        let found = self.regexes.entry(key).or_insert_with_key(|key| make(key).map_err(invalid));
        found.clone()
    }
}

/// For faults of patterns that rows bring: they stand nowhere in the program.
fn nowhere() -> Span {
    let start = Position { line: 1, column: 1 };
    Span { start, end: start }
}

/// `LIKE` with a pattern, and perhaps an escape character, that rows bring. Arrow's kernel would compile a pattern again whenever
/// it is another one than the row before brought.
fn like_rows(parts: Vec<Step>) -> Step {
    Step::hard(DataType::Boolean, move |batch| {
        let values: Vec<Values> = parts.iter().map(|part| part.evaluate(batch)).collect();
        let texts: Vec<Texts<'_>> = values.iter().map(Values::texts).collect();
        let mut seen = Seen::new();
        let truths: BooleanArray = (0..batch.len())
            .map(|row| {
                let (text, pattern) = (texts[0].get(row)?, texts[1].get(row)?);
                let escape = match texts.get(2) {
                    None => None,
                    Some(escapes) => Some(escapes.get(row)?),
                };
                let regex = seen.get((pattern, escape), |(pattern, escape)| like_regex(pattern, *escape));
                regex.map(|regex| regex.is_match(text)).map_err(|error| batch.fail(row, error)).ok()
            })
            .collect();
        Values::rows(truths)
    })
}

fn like_regex(pattern: &str, escape: Option<&str>) -> Result<Regex, Fault> {
    compiled(&patterns::like(pattern, one_character(escape)?, false, nowhere())?, nowhere())
}

fn one_character(escape: Option<&str>) -> Result<Option<char>, Fault> {
    let Some(escape) = escape else { return Ok(None) };
    let mut characters = escape.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(Some(character)),
        _ => Err(Fault::new(nowhere(), "ESCAPE takes one character")),
    }
}

/// A regular expression: the program's own, or one that each row brings.
enum Source {
    Fixed(JavaRegex),
    Rows(Step, Understand),
}

/// What makes a regular expression of a text.
type Understand = fn(&str, Span) -> Result<JavaRegex, Fault>;

impl Source {
    fn of(step: Step, understand: Understand, span: Span) -> Result<Self, Fault> {
        match step.constant_text() {
            Some(text) => understand(text, span).map(Self::Fixed),
            None => Ok(Self::Rows(step, understand)),
        }
    }

    /// The regular expression of each row; none if it is NULL.
    fn each<'b>(&self, batch: &Batch<'_>, values: &'b mut Option<Values>) -> Each<'b> {
        match self {
            Self::Fixed(regex) => Each::Fixed(regex.clone()),
            Self::Rows(step, understand) => {
                let texts = values.insert(step.evaluate(batch)).texts();
                Each::Rows { texts, understand: *understand, seen: Seen::new() }
            }
        }
    }
}

/// The regular expressions of a batch's rows.
enum Each<'b> {
    Fixed(JavaRegex),
    Rows { texts: Texts<'b>, understand: Understand, seen: Seen<&'b str, JavaRegex> },
}

impl Each<'_> {
    fn get(&mut self, row: usize) -> Result<Option<JavaRegex>, RowError> {
        match self {
            Self::Fixed(regex) => Ok(Some(regex.clone())),
            Self::Rows { texts, understand, seen } => {
                let Some(text) = texts.get(row) else { return Ok(None) };
                seen.get(text, |text| understand(text, nowhere())).map(Some)
            }
        }
    }
}

/// `SUBSTRING (x FROM pattern)`: the first match; NULL without one. With an escape character the pattern has three parts, and
/// what matches the middle one comes out.
pub(super) fn substring(parts: Vec<Step>, data_type: DataType, span: Span) -> Result<Step, Fault> {
    let mut parts = parts.into_iter();
    let (Some(value), Some(pattern), escape) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::new(span, "SUBSTRING takes a text and a pattern"));
    };
    let Some(escape) = escape else {
        let source = Source::of(pattern, JavaRegex::parse_without_groups, span)?;
        return Ok(Step::hard(data_type, move |batch| {
            let (values, mut brought) = (value.evaluate(batch), None);
            let (texts, mut regexes) = (values.texts(), source.each(batch, &mut brought));
            Values::rows(pieces(batch, |row| {
                let (Some(text), Some(regex)) = (texts.get(row), regexes.get(row)?) else { return Ok(None) };
                regex.find(text).map_err(invalid)
            }))
        }));
    };
    let (Some(pattern), Some(escape)) = (pattern.constant_text(), escape.constant_text()) else {
        return Err(Fault::new(span, "The pattern and the escape character of SUBSTRING must be written out"));
    };
    let regex = compiled(&patterns::three_parts(pattern, escape, span)?, span)?;
    Ok(Step::hard(data_type, move |batch| {
        let values = value.evaluate(batch);
        let texts = values.texts();
        Values::rows(pieces(batch, |row| {
            let Some(text) = texts.get(row) else { return Ok(None) };
            Ok(regex.captures(text).and_then(|found| found.name(patterns::MIDDLE)).map(|found| found.as_str()))
        }))
    }))
}

/// `REGEX_REPLACE (x, regex, replacement [, start, occurrence])`, as Java's `replaceAll` does it.
pub(super) fn replace(parts: Vec<Step>, data_type: DataType, span: Span) -> Result<Step, Fault> {
    let mut parts = parts.into_iter();
    let (Some(value), Some(pattern), Some(with)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::new(span, "REGEX_REPLACE takes a text, a regular expression and what replaces it"));
    };
    let (start, occurrence) = (parts.next(), parts.next());
    let source = Source::of(pattern, JavaRegex::parse, span)?;
    Ok(Step::hard(data_type, move |batch| {
        let (values, with, mut brought) = (value.evaluate(batch), with.evaluate(batch), None);
        let (texts, with) = (values.texts(), with.texts());
        let mut regexes = source.each(batch, &mut brought);
        let numbers = |step: &Option<Step>| step.as_ref().map(|step| step.evaluate(batch));
        let (start, occurrence) = (numbers(&start), numbers(&occurrence));
        // A number that is left out is as if it were the default.
        let number = |values: &Option<Values>, row, default| match values {
            None => Some(default),
            Some(values) => values.numbers::<Int64Type>().get(row),
        };
        Values::rows(written(batch, |row, out| {
            let (Some(text), Some(with), Some(regex)) = (texts.get(row), with.get(row), regexes.get(row)?) else {
                return Ok(false);
            };
            let (Some(start), Some(occurrence)) = (number(&start, row, 1), number(&occurrence, row, 0)) else {
                return Ok(false);
            };
            let least = |name: &str, value: i64, least: i64| match value >= least {
                true => Ok(()),
                false => Err(invalid(format!("REGEX_REPLACE takes {least} or more as the {name}, not {value}"))),
            };
            least("start", start, 1)?;
            least("occurrence", occurrence, 0)?;
            let from = cut(text, usize::try_from(start - 1).unwrap_or(usize::MAX)).len();
            if from == text.len() {
                out.push_str(text);
                return Ok(true);
            }
            replaced(text, &regex, with, from, occurrence, out)?;
            let kept = cut(out, TEXT_CHARACTERS_MAX as usize).len();
            out.truncate(kept);
            Ok(true)
        }))
    }))
}

fn invalid(message: String) -> RowError {
    RowError::new(ErrorName::InvalidArgument, message)
}

/// Writes a text with its matches from a place on replaced: all, or the n-th.
fn replaced(
    text: &str,
    regex: &JavaRegex,
    with: &str,
    from: usize,
    occurrence: i64,
    out: &mut String,
) -> Result<(), RowError> {
    let (mut copied, mut count) = (0, 0);
    // From the first character on, so that `^` means the text's start; matches before `from` do not count.
    let mut at = from;
    while let Some(found) = regex.captures_at(text, at).map_err(invalid)? {
        let whole = found.place();
        count += 1;
        if occurrence == 0 || occurrence == count {
            out.push_str(&text[copied..whole.start]);
            patterns::expand(with, &found, out).map_err(invalid)?;
            copied = whole.end;
        }
        if occurrence == count {
            break;
        }
        // An empty match would be found again.
        at = match whole.is_empty() {
            true => match text[whole.end..].chars().next() {
                Some(next) => whole.end + next.len_utf8(),
                None => break,
            },
            false => whole.end,
        };
    }
    out.push_str(&text[copied..]);
    Ok(())
}
