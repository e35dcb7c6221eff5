//! Lines → a delimiter, headings and types.

use bytes::Bytes;

use super::kinds::{Kinds, fits};
use super::names::Names;
use super::{Undiscovered, lines, rows_as_texts};
use crate::formats::csv::Csv;
use crate::formats::mapping::Mapping;

/// What may stand between fields; with equally many fields the first one is taken.
const DELIMITERS: [&str; 4] = [",", "\t", "|", ";"];
/// Fields that are looked for in a line.
const FIELDS_MAX: usize = super::COLUMNS_MAX + 1;

type Row = Vec<Option<String>>;

/// The mapping of lines, whether the first is headings, and their fields.
pub(super) fn mapping(texts: &[&str], samples: &[Bytes]) -> Result<(Mapping, bool, Vec<Row>), Undiscovered> {
    let row_delimiter = if texts.iter().any(|text| text.contains("\r\n")) { "\r\n" } else { "\n" };
    // The last of several greatest is taken.
    let counts = DELIMITERS.iter().rev().map(|delimiter| (field_count(texts, row_delimiter, delimiter), delimiter));
    let (columns, delimiter) = counts.max_by_key(|(count, _)| *count).ok_or(Undiscovered::NoPattern)?;
    match columns {
        0 | 1 => return Err(Undiscovered::NoPattern),
        FIELDS_MAX.. => return Err(Undiscovered::Columns),
        _ => {}
    }
    let mut mapping = lines(row_delimiter, delimiter, columns);
    let rows = rows_as_texts(&mapping, samples).ok_or(Undiscovered::NoPattern)?;
    let (first, others) = rows.split_first().ok_or(Undiscovered::Empty)?;
    let (with_first, without_first) = (kinds(&rows, columns), kinds(others, columns));
    let has_headings = !others.is_empty() && are_headings(first, &without_first);
    let kinds = if has_headings { without_first } else { with_first };
    let mut names = Names::default();
    for (place, (column, kinds)) in mapping.columns.iter_mut().zip(kinds).enumerate() {
        let heading = first[place].as_deref().filter(|_| has_headings).unwrap_or_default();
        column.name = names.take(&[heading], place);
        column.data_type = kinds.data_type();
    }
    Ok((mapping, has_headings, rows))
}

fn kinds(rows: &[Row], columns: usize) -> Vec<Kinds> {
    let mut kinds = vec![Kinds::default(); columns];
    for row in rows {
        for (kinds, text) in kinds.iter_mut().zip(row) {
            if let Some(text) = text {
                kinds.field(text);
            }
        }
    }
    kinds
}

/// Whether a line is headings: it has texts everywhere, all different, and at least one stands over values of another type.
fn are_headings(first: &Row, others: &[Kinds]) -> bool {
    let Some(texts) = first.iter().map(Option::as_deref).collect::<Option<Vec<_>>>() else { return false };
    let mut distinct = texts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let words = texts.iter().all(|text| text.chars().any(char::is_alphabetic));
    words
        && distinct.len() == texts.len()
        && texts.iter().zip(others).any(|(text, kinds)| !fits(text, kinds.data_type()))
}

/// How many fields all lines have; none when they have not equally many.
fn field_count(texts: &[&str], row_delimiter: &str, column_delimiter: &str) -> usize {
    let mut csv = Csv::new(row_delimiter, column_delimiter, 0);
    let mut count = None;
    for text in texts {
        let mut at = 0;
        while at < text.len() {
            let row = csv.row(text.as_bytes(), at);
            if row.end > at && (!row.good || *count.get_or_insert(row.fields) != row.fields) {
                return 0;
            }
            at = row.next;
        }
    }
    count.unwrap_or(0)
}
