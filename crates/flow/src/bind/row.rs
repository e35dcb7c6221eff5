//! Log parsers: functions that return a row of values.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-string-and-search-functions.html>.

use std::sync::Arc;

use crate::ast::{Call, Name};
use crate::patterns;
use crate::plan::{Column, Expr, LogParser, Order, RowFunction, Schema};
use crate::types::DataType;
use crate::{Fault, Span};

use super::expression::Binder;
use super::operator;
use super::query::column;

/// The type of fields that are not given one.
const FIELD: DataType = DataType::Varchar(1024);
/// The same as it is written.
const UNTYPED: &str = "VARCHAR(1024)";
/// The most fields of one row.
const FIELDS_MAX: usize = 1_000;

const NAMES: &[&str] = &[
    "FAST_REGEX_LOG_PARSER",
    "FAST_REGEX_LOG_PARSE",
    "FIXED_COLUMN_LOG_PARSE",
    "REGEX_LOG_PARSE",
    "SYS_LOG_PARSE",
    "VARIABLE_COLUMN_LOG_PARSE",
    "W3C_LOG_PARSE",
];

/// Whether a function returns a row of values.
pub(super) fn is_row_function(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The parser with its settings, and the fields it makes, under the names given for them.
pub(super) fn bind(binder: &Binder<'_>, call: &Call, names: &[Name], span: Span) -> Result<Arc<RowFunction>, Fault> {
    let inside = binder.inside();
    let Some((text, settings)) = call.arguments.split_first() else {
        return Err(Fault::new(span, format!("{} takes a text", call.name)));
    };
    let text = operator::expect(inside.bind(text)?, DataType::is_text, "A text")?;
    let settings = settings.iter().map(|one| inside.bind(one)).collect::<Result<Vec<_>, _>>()?;
    let (parser, mut fields) = parser(&call.name.text, &settings, span)?;
    if !names.is_empty() && names.len() != fields.columns.len() {
        let count = fields.columns.len();
        return Err(Fault::new(
            span,
            format!("{} makes {count} fields, and {} names are given", call.name, names.len()),
        ));
    }
    for (field, name) in fields.columns.iter_mut().zip(names) {
        field.name.clone_from(&name.text);
    }
    Ok(Arc::new(RowFunction { parser, text, fields }))
}

fn parser(name: &str, settings: &[Expr], span: Span) -> Result<(LogParser, Schema), Fault> {
    let text = |index: usize| {
        let setting = settings.get(index).ok_or_else(|| Fault::new(span, format!("{name} lacks a setting")))?;
        operator::constant_text(setting).ok_or_else(|| Fault::new(setting.span, "A text must be written out here"))
    };
    let at_most = |most: usize| match settings.get(most) {
        Some(more) => Err(Fault::new(more.span, format!("{name} takes no more settings"))),
        None => Ok(()),
    };
    match name {
        "SYS_LOG_PARSE" => {
            at_most(0)?;
            Ok((
                LogParser::SysLog,
                Schema { columns: vec![field("COLUMN1", DataType::Timestamp), field("COLUMN2", FIELD)] },
            ))
        }
        "W3C_LOG_PARSE" => {
            at_most(1)?;
            let format = patterns::W3cFormat::parse(text(0)?, settings[0].span)?;
            let columns = format.fields().map(|data_type| data_type.unwrap_or(FIELD));
            Ok((LogParser::W3c(text(0)?.to_owned()), numbered(columns)))
        }
        "REGEX_LOG_PARSE" => {
            at_most(2)?;
            let regex = patterns::JavaRegex::parse_whole(text(0)?, settings[0].span)?;
            let fields = match settings.get(1) {
                Some(given) => described(text(1)?, given.span)?.into_iter().map(|field| field.column).collect(),
                None => numbered((0..regex.groups()).map(|_| FIELD)).columns,
            };
            Ok((LogParser::Regex(text(0)?.to_owned()), Schema { columns: fields }))
        }
        "FIXED_COLUMN_LOG_PARSE" => {
            at_most(1)?;
            let fields = described(text(0)?, settings[0].span)?;
            let mut places = Vec::new();
            for field in &fields {
                let message = format!("Column '{}' needs START n, and perhaps FOR n", field.column.name);
                places.push(field.place.ok_or_else(|| Fault::new(settings[0].span, message))?);
            }
            let columns = fields.into_iter().map(|field| field.column).collect();
            Ok((LogParser::FixedColumns(places), Schema { columns }))
        }
        "VARIABLE_COLUMN_LOG_PARSE" => variable(settings, &text, &at_most),
        _ => {
            at_most(1)?;
            let groups = patterns::FastRegex::parse(text(0)?, settings[0].span)?.groups();
            Ok((LogParser::FastRegex(text(0)?.to_owned()), numbered((0..groups).map(|_| FIELD))))
        }
    }
}

fn variable<'s>(
    settings: &[Expr],
    text: &dyn Fn(usize) -> Result<&'s str, Fault>,
    at_most: &dyn Fn(usize) -> Result<(), Fault>,
) -> Result<(LogParser, Schema), Fault> {
    at_most(4)?;
    let (columns, patterns) = match settings.first().and_then(operator::constant_integer) {
        Some(count @ 1..=1_000) => {
            let count = usize::try_from(count).expect("checked to be small");
            (numbered((0..count).map(|_| FIELD)).columns, vec![None; count])
        }
        Some(_) => return Err(Fault::new(settings[0].span, format!("1 to {FIELDS_MAX} columns are possible"))),
        None => described(text(0)?, settings[0].span)?.into_iter().map(|field| (field.column, field.pattern)).unzip(),
    };
    let delimiter = text(1)?.to_owned();
    if delimiter.is_empty() {
        return Err(Fault::new(settings[1].span, "The delimiter must not be empty"));
    }
    let character = |index: usize, most: usize| -> Result<Vec<char>, Fault> {
        let characters: Vec<char> = if settings.len() > index { text(index)?.chars().collect() } else { Vec::new() };
        if characters.len() > most {
            return Err(Fault::new(settings[index].span, format!("At most {most} characters are possible")));
        }
        Ok(characters)
    };
    let escape = character(2, 1)?.first().copied();
    let quotes = match character(3, 2)?[..] {
        [both] => Some((both, both)),
        [open, close] => Some((open, close)),
        _ => None,
    };
    Ok((LogParser::VariableColumns { delimiter, escape, quotes, patterns }, Schema { columns }))
}

fn field(name: &str, data_type: DataType) -> Column {
    column(name.to_owned(), data_type, true, Order::None)
}

fn numbered(types: impl Iterator<Item = DataType>) -> Schema {
    let columns =
        types.enumerate().map(|(index, data_type)| field(&format!("COLUMN{}", index + 1), data_type)).collect();
    Schema { columns }
}

/// One part of `'name TYPE type [NOT NULL] [pattern | START n [FOR n]], …'`.
struct Described {
    column: Column,
    /// Start and length.
    place: Option<(usize, Option<usize>)>,
    /// The date pattern behind a date's type.
    pattern: Option<String>,
}

fn described(text: &str, span: Span) -> Result<Vec<Described>, Fault> {
    let mut all = Vec::new();
    for part in parts(text) {
        all.push(one_described(part.trim(), span)?);
    }
    if all.is_empty() || all.len() > FIELDS_MAX {
        return Err(Fault::new(span, format!("1 to {FIELDS_MAX} columns are possible")));
    }
    Ok(all)
}

/// The text at its commas, but for those in parentheses and quotes.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start, mut all) = (0_i32, false, 0, Vec::new());
    for (index, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 && !quoted => {
                all.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    all.push(&text[start..]);
    all
}

fn one_described(part: &str, span: Span) -> Result<Described, Fault> {
    let wrong = |why: &str| Fault::new(span, format!("'{part}' is not 'name TYPE type': {why}"));
    let (name, rest) = match part.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map(|(name, rest)| (name.to_owned(), rest)),
        None => {
            let (name, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            Some((name.to_uppercase(), rest))
        }
    }
    .filter(|(name, _)| !name.is_empty())
    .ok_or_else(|| wrong("it has no name"))?;
    // The type may be left out behind a name.
    let rest = if rest.trim().is_empty() { UNTYPED } else { rest.trim_start() };
    // The word TYPE is optional in the older of AWS's pages.
    let rest = rest.get(..5).filter(|word| word.eq_ignore_ascii_case("TYPE ")).map_or(rest, |_| rest[5..].trim_start());
    let end = type_end(rest);
    let written = crate::parse::expression(&format!("CAST(NULL AS {})", &rest[..end]));
    let data_type = match written.map(|cast| cast.kind) {
        Ok(crate::ast::ExpressionKind::Cast(_, name)) => {
            DataType::named(&name).map_err(|fault| wrong(&fault.message))?
        }
        _ => return Err(wrong("its type is not known")),
    };
    let mut rest = rest[end..].trim();
    let mut nullable = true;
    if rest.get(..8).is_some_and(|words| words.eq_ignore_ascii_case("NOT NULL")) {
        (nullable, rest) = (false, rest[8..].trim());
    }
    let mut described =
        Described { column: column(name, data_type, nullable, Order::None), place: None, pattern: None };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let number = |word: &str| word.parse::<usize>().map_err(|_| wrong("START and FOR take numbers"));
    match words[..] {
        [] => {}
        [start, at] if start.eq_ignore_ascii_case("START") => described.place = Some((number(at)?, None)),
        [start, at, length_of, length]
            if start.eq_ignore_ascii_case("START") && length_of.eq_ignore_ascii_case("FOR") =>
        {
            described.place = Some((number(at)?, Some(number(length)?)));
        }
        _ if data_type.is_datetime() => {
            let pattern = rest.trim_matches('\'').to_owned();
            patterns::DatePattern::parse(&pattern, span)?;
            described.pattern = Some(pattern);
        }
        _ => return Err(wrong("more stands behind the type than it takes")),
    }
    Ok(described)
}

/// Where a type ends: behind its word, its second word, its parentheses.
fn type_end(text: &str) -> usize {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut end = word(text);
    for second in ["PRECISION", "VARYING"] {
        let rest = &text[end..];
        let trimmed = rest.trim_start();
        if trimmed.get(..second.len()).is_some_and(|found| found.eq_ignore_ascii_case(second)) {
            end += rest.len() - trimmed.len() + second.len();
        }
    }
    let rest = text[end..].trim_start();
    if rest.starts_with('(')
        && let Some(close) = rest.find(')')
    {
        end = text.len() - rest.len() + close + 1;
    }
    end
}
