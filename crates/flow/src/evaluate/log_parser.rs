//! Fields of the row values that log parsers return. A text is cut once for all its fields.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{Array, ArrayRef, StringViewArray, UInt32Array};

use super::batch::{self, Batch, Evaluation};
use super::calendar::DAY_MS;
use super::cast::{self, cut};
use super::date_pattern;
use super::step::Step;
use super::values::Values;
use crate::patterns::{DatePattern, FastRegex, JavaRegex, W3cFormat};
use crate::plan::{LogParser, RowFunction};
use crate::row_error::{ErrorName, RowError};
use crate::types::{DataType, TEXT_CHARACTERS_MAX};
use crate::{Fault, Rows, Span};

/// The fields of a batch's texts.
#[derive(Debug)]
pub(super) struct Parsed {
    fields: Vec<Parsing>,
}

/// One field, and the rows for which its text is none of its type.
#[derive(Debug)]
struct Parsing {
    values: ArrayRef,
    failed: Vec<(usize, RowError)>,
}

impl Parsed {
    /// The fields of some rows.
    pub(super) fn take(&self, places: &UInt32Array) -> Self {
        let among: HashMap<usize, usize> =
            places.values().iter().enumerate().map(|(index, place)| (*place as usize, index)).collect();
        let taken = self.fields.iter().map(|field| Parsing {
            values: batch::take(&field.values, places),
            failed: field.failed.iter().filter_map(|(row, error)| Some((*among.get(row)?, error.clone()))).collect(),
        });
        Self { fields: taken.collect() }
    }
}

/// A field of what a log parser makes of a text.
pub(super) fn compile(function: &Arc<RowFunction>, index: usize, text: Step, span: Span) -> Result<Step, Fault> {
    let data_type = function.fields.columns[index].data_type;
    let cutter = Cutter::new(function, span)?;
    // The key outlives its uses, as the step holds the function.
    let function = Arc::clone(function);
    Ok(Step::hard(data_type, move |batch| {
        let parsed = batch.parsed(Arc::as_ptr(&function) as usize, || cutter.parse(&text, batch));
        let field = &parsed.fields[index];
        for (row, error) in &field.failed {
            batch.fail(*row, error.clone());
        }
        Values::Rows(Arc::clone(&field.values))
    }))
}

/// A log parser that is ready, and what makes values of its fields' texts.
struct Cutter {
    kind: Kind,
    fields: Vec<Field>,
}

enum Kind {
    Fast(FastRegex),
    Regex(JavaRegex),
    Fixed(Vec<(usize, Option<usize>)>),
    SysLog { date: DatePattern },
    Variable { delimiter: String, escape: Option<char>, quotes: Option<(char, char)> },
    W3c(W3cFormat),
}

struct Field {
    /// From the text, the only column, to the field's type.
    step: Step,
    is_text: bool,
    nullable: bool,
    name: String,
}

/// The cut fields of one text, those without a value among them; none if it does not fit.
type Cuts<'t> = Option<Vec<Option<Cow<'t, str>>>>;

impl Cutter {
    fn new(function: &RowFunction, span: Span) -> Result<Self, Fault> {
        let kind = match &function.parser {
            LogParser::FastRegex(pattern) => Kind::Fast(FastRegex::parse(pattern, span)?),
            // All of the text must match, as in Java's `Matcher.matches`.
            LogParser::Regex(pattern) => Kind::Regex(JavaRegex::parse_whole(pattern, span)?),
            LogParser::FixedColumns(places) => Kind::Fixed(places.clone()),
            LogParser::SysLog => Kind::SysLog { date: DatePattern::parse("yyyy MMM d HH:mm:ss", span)? },
            LogParser::VariableColumns { delimiter, escape, quotes, .. } => {
                Kind::Variable { delimiter: delimiter.clone(), escape: *escape, quotes: *quotes }
            }
            LogParser::W3c(format) => Kind::W3c(W3cFormat::parse(format, span)?),
        };
        let dates = match &function.parser {
            LogParser::VariableColumns { patterns, .. } => patterns.clone(),
            _ => Vec::new(),
        };
        let fields = function.fields.columns.iter().enumerate().map(|(index, column)| {
            let data_type = column.data_type;
            let text = Step::hard(DataType::Varchar(TEXT_CHARACTERS_MAX), |batch| Values::Rows(batch.column(0)));
            let step = match dates.get(index).and_then(Option::as_deref) {
                Some(pattern) => {
                    let pattern: ArrayRef = Arc::new(StringViewArray::from(vec![pattern]));
                    let pattern = Step::constant(DataType::Varchar(TEXT_CHARACTERS_MAX), pattern);
                    date_pattern::read(vec![pattern, text], data_type, span)?
                }
                None => cast::compile(text, data_type, span)?,
            };
            Ok(Field { step, is_text: data_type.is_text(), nullable: column.nullable, name: column.name.clone() })
        });
        Ok(Self { kind, fields: fields.collect::<Result<_, Fault>>()? })
    }

    fn parse(&self, text: &Step, batch: &Batch<'_>) -> Parsed {
        let values = text.evaluate(batch);
        let texts = values.texts();
        let mut builders: Vec<StringViewBuilder> =
            self.fields.iter().map(|_| StringViewBuilder::with_capacity(batch.len())).collect();
        let (mut fitting, mut endless) = (Vec::with_capacity(batch.len()), Vec::new());
        for row in 0..batch.len() {
            let cut = texts.get(row).map_or(Ok(None), |text| self.cut(text, batch.now()));
            let cuts = cut.unwrap_or_else(|why| {
                endless.push((row, RowError::new(ErrorName::InvalidArgument, why)));
                None
            });
            for (index, (builder, field)) in builders.iter_mut().zip(&self.fields).enumerate() {
                let cut = cuts.as_ref().and_then(|cuts| cuts.get(index)?.as_deref());
                builder.append_option(cut.filter(|cut| field.is_text || !is_nothing(cut)));
            }
            fitting.push(cuts.is_some());
        }
        let fields = builders.iter_mut().zip(&self.fields).map(|(builder, field)| {
            let column: ArrayRef = Arc::new(builder.finish());
            field.parse(column, &fitting, &endless, batch.now())
        });
        Parsed { fields: fields.collect() }
    }

    /// # Errors
    /// A pattern that takes too many steps.
    fn cut<'t>(&self, text: &'t str, now: i64) -> Result<Cuts<'t>, String> {
        let borrowed = |fields: Vec<&'t str>| fields.into_iter().map(|field| Some(Cow::Borrowed(field))).collect();
        Ok(match &self.kind {
            Kind::Fast(regex) => regex.read(text).map(borrowed),
            // A group that took no part is empty.
            Kind::Regex(regex) => regex
                .captures_at(text, 0)?
                .map(|found| found.groups().map(|group| Some(Cow::Borrowed(group.unwrap_or_default()))).collect()),
            Kind::Fixed(places) => Some(places.iter().map(|(start, length)| fixed(text, *start, *length)).collect()),
            Kind::SysLog { date } => sys_log(text, date, now),
            Kind::Variable { delimiter, escape, quotes } => {
                Some(variable(text, delimiter, *escape, *quotes, self.fields.len()))
            }
            Kind::W3c(format) => format.read(text).map(borrowed),
        })
    }
}

/// Whether a text has no value of another type: nothing, and a log's dash for it, are no number and no date.
fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "-")
}

impl Field {
    fn parse(&self, column: ArrayRef, fitting: &[bool], endless: &[(usize, RowError)], now: i64) -> Parsing {
        let rows = Rows::new(vec![0; column.len()].into(), vec![column]);
        let evaluation = Evaluation::at(now);
        let values = self.step.evaluate(&Batch::whole(&rows, &evaluation)).spread(rows.len());
        let mut failed = evaluation.take_failed();
        failed.extend_from_slice(endless);
        if !self.nullable {
            let missing = fitting.iter().enumerate().filter(|(row, fits)| **fits && values.is_null(*row));
            let not_null =
                || RowError::new(ErrorName::NotNull, format!("Field '{}' is NOT NULL and has no value", self.name));
            // Stable, so that a value of the wrong type is told first.
            failed.extend(missing.map(|(row, _)| (row, not_null())));
        }
        failed.sort_by_key(|(row, _)| *row);
        failed.dedup_by_key(|(row, _)| *row);
        Parsing { values, failed }
    }
}

/// The characters from a place, counted from 0; none behind the text's end.
fn fixed(text: &str, start: usize, length: Option<usize>) -> Option<Cow<'_, str>> {
    let rest = &text[cut(text, start).len()..];
    (!rest.is_empty()).then(|| Cow::Borrowed(length.map_or(rest, |length| cut(rest, length))))
}

/// `Mon DD HH:MM:SS server message`, in the year of the moment; what stands behind the time is one field.
fn sys_log<'t>(text: &'t str, date: &DatePattern, now: i64) -> Cuts<'t> {
    let text = text.trim_start();
    // The day of the month is filled with a space.
    let end = text.match_indices(':').nth(1)?.0 + 3;
    let (stamp, message) = (text.get(..end)?, text.get(end..)?);
    let (year, ..) = super::calendar::date(now.div_euclid(DAY_MS));
    let words: Vec<&str> = stamp.split_whitespace().collect();
    let this_year = i16::try_from(year).ok()?;
    let instant = date.read(&format!("{year:04} {}", words.join(" ")), this_year)?;
    Some(vec![Some(Cow::Owned(cast::instant_text(instant))), Some(Cow::Borrowed(message.strip_prefix(' ')?))])
}

/// The fields between delimiters; the last one that is asked for ends at the next delimiter, what follows is not looked at.
fn variable<'t>(
    text: &'t str,
    delimiter: &str,
    escape: Option<char>,
    quotes: Option<(char, char)>,
    most: usize,
) -> Vec<Option<Cow<'t, str>>> {
    let mut fields = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest.filter(|_| fields.len() < most) {
        let (field, behind) = one_field(text, delimiter, escape, quotes);
        fields.push(Some(field));
        rest = behind;
    }
    fields
}

/// The first field, and what stands behind its delimiter.
fn one_field<'t>(
    text: &'t str,
    delimiter: &str,
    escape: Option<char>,
    quotes: Option<(char, char)>,
) -> (Cow<'t, str>, Option<&'t str>) {
    let special =
        escape.is_some_and(|escape| text.contains(escape)) || quotes.is_some_and(|(open, _)| text.starts_with(open));
    if !special {
        return match text.split_once(delimiter) {
            Some((field, behind)) => (Cow::Borrowed(field), Some(behind)),
            None => (Cow::Borrowed(text), None),
        };
    }
    let mut field = String::new();
    let (mut rest, mut close) = (text, None);
    if let Some((open, end)) = quotes
        && let Some(inner) = text.strip_prefix(open)
    {
        (rest, close) = (inner, Some(end));
    }
    loop {
        if close.is_none()
            && let Some(behind) = rest.strip_prefix(delimiter)
        {
            return (Cow::Owned(field), Some(behind));
        }
        let mut characters = rest.chars();
        let Some(character) = characters.next() else { return (Cow::Owned(field), None) };
        rest = characters.as_str();
        if Some(character) == close {
            // Two of them are one that belongs to the field.
            match rest.strip_prefix(character) {
                Some(behind) => {
                    field.push(character);
                    rest = behind;
                }
                None => close = None,
            }
        } else if Some(character) == escape
            && let Some(escaped) = rest.chars().next()
        {
            field.push(escaped);
            rest = &rest[escaped.len_utf8()..];
        } else {
            field.push(character);
        }
    }
}
