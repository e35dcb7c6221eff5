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
    /// No delimiter divides all lines into as many fields.
    #[error("the samples are neither JSON nor lines of equally many fields")]
    NoPattern,
    /// More columns than there can be.
    #[error("the samples have more than 1000 columns")]
    Columns,
}

/// Guesses how records become rows.
pub fn discover(samples: &[Bytes]) -> Result<Discovered, Undiscovered> {
    let texts = samples.iter().map(|sample| std::str::from_utf8(sample)).collect::<Result<Vec<_>, _>>();
    let texts = texts.map_err(|_| Undiscovered::NotText)?;
    let first = texts.iter().find_map(|text| text.trim_start().chars().next()).ok_or(Undiscovered::Empty)?;
    let (mapping, has_headings, rows) = match first {
        '{' | '[' => {
            let mapping = json::mapping(&texts)?;
            let rows = rows_as_texts(&mapping, samples).ok_or(Undiscovered::NotJson)?;
            (mapping, false, rows)
        }
        _ => csv::mapping(&texts, samples)?,
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

/// The rows of samples with every column as a text; none when something cannot be read.
fn rows_as_texts(mapping: &Mapping, samples: &[Bytes]) -> Option<Vec<Vec<Option<String>>>> {
    let mut mapping = mapping.clone();
    for column in &mut mapping.columns {
        column.data_type = DataType::Varchar(TEXT_CHARACTERS_MAX);
    }
    let records: Vec<Record> = samples.iter().map(|data| Record { data: data.clone(), ..Record::default() }).collect();
    let needed = vec![true; mapping.columns.len()];
    let decoded = Decoder::new(&mapping).ok()?.decode(&records, &needed);
    let text = |array: &arrow_array::ArrayRef, row: usize| {
        let texts = array.as_string_view();
        (!texts.is_null(row)).then(|| texts.value(row).to_owned())
    };
    let row = |row| decoded.columns.iter().map(|array| text(array, row)).collect();
    decoded.errors.is_empty().then(|| (0..decoded.records.len()).map(row).collect())
}

/// A CSV mapping of so many columns.
fn lines(row_delimiter: &str, column_delimiter: &str, columns: usize) -> Mapping {
    let data_type = DataType::Varchar(TEXT_CHARACTERS_MAX);
    let column = |place: usize| MappedColumn { name: format!("COL_{place}"), data_type, path: None };
    let format = Format::Csv { row_delimiter: row_delimiter.to_owned(), column_delimiter: column_delimiter.to_owned() };
    Mapping { format, columns: (0..columns).map(column).collect(), hidden: Vec::new() }
}
