//! Lines → a delimiter, headings and types.

use std::collections::BTreeMap;

use super::kinds::{Kinds, fits};
use super::names::Names;
use super::{Undiscovered, are_enough, lines, rows_as_texts};
use crate::formats::csv::Csv;
use crate::formats::mapping::Mapping;

/// What may stand between fields; with equally many fields the first one is taken.
const DELIMITERS: [&str; 4] = [",", "\t", "|", ";"];
/// Fields that are looked for in a line.
const FIELDS_MAX: usize = super::COLUMNS_MAX + 1;

type Row = Vec<Option<String>>;

/// The mapping of lines, whether the first is headings, and their fields. The lines are some of so many samples.
pub(super) fn mapping(texts: &[&str], samples: usize) -> Result<(Mapping, bool, Vec<Row>), Undiscovered> {
    let row_delimiter = if texts.iter().any(|text| text.contains("\r\n")) { "\r\n" } else { "\n" };
    let divided = DELIMITERS.iter().rev().map(|delimiter| (Divided::by(texts, row_delimiter, delimiter), delimiter));
    // What all agree on tells more than what gives more fields. The last of several greatest is taken.
    let (divided, delimiter) = divided
        .filter(|(divided, _)| divided.columns > 1 && are_enough(divided.texts.len(), samples))
        .max_by_key(|(divided, _)| (divided.texts.len(), divided.columns))
        .ok_or(Undiscovered::NoPattern)?;
    let Divided { columns, texts } = divided;
    if columns >= FIELDS_MAX {
        return Err(Undiscovered::Columns);
    }
    let mut mapping = lines(row_delimiter, delimiter, columns);
    let rows = rows_as_texts(&mapping, &texts).ok_or(Undiscovered::NoPattern)?;
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

/// What a delimiter makes of texts.
struct Divided<'t> {
    /// How many fields the lines of most texts have.
    columns: usize,
    /// Those texts.
    texts: Vec<&'t str>,
}

impl<'t> Divided<'t> {
    fn by(texts: &[&'t str], row_delimiter: &str, column_delimiter: &str) -> Self {
        let counted: Vec<(usize, &str)> =
            texts.iter().map(|text| (field_count(text, row_delimiter, column_delimiter), *text)).collect();
        let mut frequencies = BTreeMap::new();
        for (count, _) in counted.iter().filter(|(count, _)| *count > 0) {
            *frequencies.entry(*count).or_insert(0) += 1;
        }
        let columns = frequencies.into_iter().max_by_key(|(_, frequency)| *frequency).map_or(0, |(count, _)| count);
        let texts = counted.into_iter().filter(|(count, _)| *count == columns).map(|(_, text)| text).collect();
        Self { columns, texts }
    }
}

/// How many fields all lines of a text have; none when they have not equally many.
fn field_count(text: &str, row_delimiter: &str, column_delimiter: &str) -> usize {
    let mut csv = Csv::new(row_delimiter, column_delimiter, 0);
    let (mut count, mut at) = (None, 0);
    while at < text.len() {
        let row = csv.row(text.as_bytes(), at);
        if row.end > at && (!row.good || *count.get_or_insert(row.fields) != row.fields) {
            return 0;
        }
        at = row.next;
    }
    count.unwrap_or(0)
}
