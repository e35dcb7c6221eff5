//! Samples of records → a mapping that fits them.
//!
//! What AWS's pages say is followed: <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/sch-dis.html> and
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/sch-dis-ref.html>. How it decides beyond that is not known. ≈

mod csv;
mod json;
mod kinds;
mod names;

#[cfg(test)]
mod tests;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use bytes::Bytes;

use super::mapping::{Format, MappedColumn, Mapping};
use super::{Decoder, Record};
use crate::types::{DataType, TEXT_CHARACTERS_MAX};

/// As many sample rows are given back.
const ROWS_MAX: usize = 1000;
/// More columns are taken for a sign that a document's keys are data.
const COLUMNS_MAX: usize = 1000;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// A mapping that fits the samples.
    pub mapping: Mapping,
    /// Whether the first line of the samples is headings: it is no row of the mapping's.
    pub has_headings: bool,
    /// The samples' rows as texts; none for NULL and for what does not fit its column, such as a line of headings.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Why no mapping was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undiscovered {
    /// There is nothing to look at.
    #[error("the samples hold no data")]
    Empty,
    /// Not text.
    #[error("the samples are not UTF-8 text")]
    NotText,
    /// It looks like JSON, and is not.
    #[error("the samples begin as JSON does, and are not JSON objects")]
    NotJson,
    /// Some are JSON, some are not.
    #[error(
        "the samples are of different formats: fewer than two in three are JSON objects, or lines of equally many fields"
    )]
    Mixed,
    /// No delimiter divides all lines into as many fields.
    #[error("the samples are neither JSON nor lines of equally many fields")]
    NoPattern,
    /// More columns than there can be.
    #[error("the samples have more than 1000 columns")]
    Columns,
}

/// Guesses how records become rows. A few records that cannot be read among many that can do not matter: two in three tell.
pub fn discover(samples: &[Bytes]) -> Result<Discovered, Undiscovered> {
    let found = discover_records(samples);
    let ([object], Err(Undiscovered::NotJson)) = (samples, &found) else { return found };
    // An object with a document in each line may have a line that is none.
    let lines: Vec<Bytes> = object.split(|byte| *byte == b'\n').map(|line| object.slice_ref(line)).collect();
    match discover_records(&lines) {
        Ok(of_lines) if matches!(of_lines.mapping.format, Format::Json { .. }) => Ok(of_lines),
        _ => found,
    }
}

fn discover_records(samples: &[Bytes]) -> Result<Discovered, Undiscovered> {
    let Sorted { count, documents, lines } = Sorted::of(samples)?;
    let (mapping, has_headings, rows) = match () {
        () if are_enough(documents.len(), count) => {
            let mapping = json::mapping(&documents)?;
            let rows = rows_as_texts(&mapping, &documents).ok_or(Undiscovered::NotJson)?;
            (mapping, false, rows)
        }
        () if are_enough(lines.len(), count) => csv::mapping(&lines, count)?,
        () if documents.is_empty() && lines.is_empty() => return Err(Undiscovered::NotJson),
        () => return Err(Undiscovered::Mixed),
    };
    if mapping.columns.len() > COLUMNS_MAX {
        return Err(Undiscovered::Columns);
    }
    let shown = |row: Vec<Option<String>>| {
        let fits = |(text, column): (Option<String>, &MappedColumn)| {
            text.filter(|text| column.data_type.is_text() || kinds::fits(text, column.data_type))
        };
        row.into_iter().zip(&mapping.columns).map(fits).collect()
    };
    let rows = rows.into_iter().take(ROWS_MAX).map(shown).collect();
    Ok(Discovered { mapping, has_headings, rows })
}

/// Samples by what they look like.
struct Sorted<'s> {
    /// How many there are that hold anything.
    count: usize,
    documents: Vec<&'s str>,
    /// Those that do not begin as JSON does.
    lines: Vec<&'s str>,
}

impl<'s> Sorted<'s> {
    fn of(samples: &'s [Bytes]) -> Result<Self, Undiscovered> {
        let (mut sorted, mut has_text) = (Self { count: 0, documents: Vec::new(), lines: Vec::new() }, false);
        for sample in samples.iter().filter(|sample| !sample.trim_ascii().is_empty()) {
            sorted.count += 1;
            let Ok(text) = std::str::from_utf8(sample) else { continue };
            has_text = true;
            match text.trim_start().starts_with(['{', '[']) {
                true if json::is_readable(text) => sorted.documents.push(text),
                true => {}
                false => sorted.lines.push(text),
            }
        }
        match sorted.count {
            0 => Err(Undiscovered::Empty),
            _ if !has_text => Err(Undiscovered::NotText),
            _ => Ok(sorted),
        }
    }
}

/// Whether so many of all samples tell what all are meant to be.
fn are_enough(some: usize, all: usize) -> bool {
    some > 0 && some * 3 >= all * 2
}

/// The rows of samples with every column as a text; none when too many cannot be read.
fn rows_as_texts(mapping: &Mapping, samples: &[&str]) -> Option<Vec<Vec<Option<String>>>> {
    let mut mapping = mapping.clone();
    for column in &mut mapping.columns {
        column.data_type = DataType::Varchar(TEXT_CHARACTERS_MAX);
    }
    let record = |text: &&str| Record { data: Bytes::copy_from_slice(text.as_bytes()), ..Record::default() };
    let records: Vec<Record> = samples.iter().map(record).collect();
    let needed = vec![true; mapping.columns.len()];
    let decoded = Decoder::new(&mapping).ok()?.decode(&records, &needed);
    let text = |array: &arrow_array::ArrayRef, row: usize| {
        let texts = array.as_string_view();
        (!texts.is_null(row)).then(|| texts.value(row).to_owned())
    };
    let row = |row| decoded.columns.iter().map(|array| text(array, row)).collect();
    let readable = samples.len().saturating_sub(decoded.errors.len());
    are_enough(readable, samples.len()).then(|| (0..decoded.records.len()).map(row).collect())
}

/// A CSV mapping of so many columns.
fn lines(row_delimiter: &str, column_delimiter: &str, columns: usize) -> Mapping {
    let data_type = DataType::Varchar(TEXT_CHARACTERS_MAX);
    let column = |place: usize| MappedColumn { name: format!("COL_{place}"), data_type, path: None };
    let format = Format::Csv { row_delimiter: row_delimiter.to_owned(), column_delimiter: column_delimiter.to_owned() };
    Mapping { format, columns: (0..columns).map(column).collect(), hidden: Vec::new() }
}
