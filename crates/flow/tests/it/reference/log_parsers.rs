//! Log parsers: a line in, a field out. Each field reads the line anew.

use flow::ErrorName::{Coercion, InvalidArgument};
use flow::patterns;
use flow::plan::{LogParser, RowFunction};
use flow::types::DataType;

use super::Row;
use super::calendar::{self, DAY_MS};
use super::cast::cast;
use super::scalar::{evaluate, nowhere};
use super::tables::Tables;
use super::value::{Outcome, Value};

/// One field of a parsed line; NULL if the line does not fit.
pub(crate) fn field(function: &RowFunction, index: usize, row: &Row, tables: &Tables) -> Outcome {
    let text = evaluate(&function.text, row, tables)?;
    if text.is_null() {
        return Ok(Value::Null);
    }
    let line = text.text();
    let wanted = function.fields.columns[index].data_type;
    let field = match &function.parser {
        LogParser::SysLog => return sys_log(line, index, row.now),
        LogParser::FastRegex(pattern) => {
            let pattern = patterns::FastRegex::parse(pattern, nowhere()).expect("checked when it was bound");
            pattern.read(line).map(|fields| fields[index].to_owned())
        }
        LogParser::Regex(pattern) => {
            // All of the line; a group that took no part is empty.
            let regex = patterns::JavaRegex::parse_whole(pattern, nowhere()).expect("checked when it was bound");
            let found = regex.captures_at(line, 0).map_err(|_| InvalidArgument)?;
            found.map(|found| found.get(index + 1).unwrap_or_default().to_owned())
        }
        LogParser::W3c(format) => {
            let format = patterns::W3cFormat::parse(format, nowhere()).expect("checked when it was bound");
            format.read(line).map(|fields| fields[index].to_owned())
        }
        LogParser::FixedColumns(places) => {
            let (start, length) = places[index];
            let characters = line.chars().skip(start);
            let cut: String = match length {
                Some(length) => characters.take(length).collect(),
                None => characters.collect(),
            };
            // Nothing stands where the line has ended.
            Some(cut).filter(|_| line.chars().count() > start)
        }
        LogParser::VariableColumns { delimiter, escape, quotes, patterns } => {
            let fields = split(line, delimiter, *escape, *quotes);
            let field = fields.get(index).cloned();
            if let (Some(field), Some(pattern)) = (&field, &patterns[index]) {
                return dated(field, pattern, wanted, row.now);
            }
            field
        }
    };
    match field {
        None => Ok(Value::Null),
        // Nothing, and a log's dash for it, are no number and no date.
        Some(text) if !wanted.is_text() && matches!(text.trim(), "" | "-") => Ok(Value::Null),
        Some(text) => cast(Value::Text(text), wanted),
    }
}

fn dated(text: &str, pattern: &str, wanted: DataType, now: i64) -> Outcome {
    let (year, _, _) = calendar::civil(now.div_euclid(DAY_MS));
    let pattern = patterns::DatePattern::parse(pattern, nowhere()).expect("checked when it was bound");
    let ms = pattern.read(text, i16::try_from(year).expect("our time")).ok_or(Coercion)?;
    cast(Value::Timestamp(ms), wanted)
}

/// `Mon DD HH:MM:SS server message`; the year is the present one.
fn sys_log(line: &str, index: usize, now: i64) -> Outcome {
    let (Some(stamp), Some(message)) = (line.get(..15), line.get(15..)) else { return Ok(Value::Null) };
    let (year, _, _) = calendar::civil(now.div_euclid(DAY_MS));
    let pattern = patterns::DatePattern::parse("yyyy MMM d HH:mm:ss", nowhere()).expect("a pattern");
    let spaced = stamp.replace("  ", " ");
    let read = pattern.read(&format!("{year} {spaced}"), i16::try_from(year).expect("our time"));
    Ok(match (read, message.strip_prefix(' ')) {
        (Some(ms), Some(_)) if index == 0 => Value::Timestamp(ms),
        (Some(_), Some(message)) => Value::Text(message.chars().take(1024).collect()),
        _ => Value::Null,
    })
}

/// A line at its delimiters, but for those behind an escape or within quotes.
fn split(line: &str, delimiter: &str, escape: Option<char>, quotes: Option<(char, char)>) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut rest = line;
    let mut quoted = false;
    while let Some(character) = rest.chars().next() {
        let behind = &rest[character.len_utf8()..];
        let field = fields.last_mut().expect("there is always one");
        if Some(character) == escape && !behind.is_empty() {
            let next = behind.chars().next().expect("not empty");
            field.push(next);
            rest = &behind[next.len_utf8()..];
        } else if quoted && quotes.is_some_and(|(_, close)| close == character) {
            quoted = false;
            rest = behind;
        } else if !quoted && field.is_empty() && quotes.is_some_and(|(open, _)| open == character) {
            quoted = true;
            rest = behind;
        } else if !quoted && rest.starts_with(delimiter) {
            fields.push(String::new());
            rest = &rest[delimiter.len()..];
        } else {
            field.push(character);
            rest = behind;
        }
    }
    fields
}
