//! Rows as a table that grows downwards.

use std::fmt::Write;

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use flow::Rows;
use flow::plan::Schema;
use flow::types::DataType;

/// A column is at least as wide as the first rows need, but not wider than this.
const WIDTH_MAX: usize = 48;
/// After so many rows the heading is written once more.
const ROWS_PER_HEADING: usize = 50;

/// Writes rows with their columns under each other. ROWTIME comes first.
pub(super) struct Table {
    columns: Vec<Column>,
    rows: usize,
}

struct Column {
    name: String,
    /// Its place among the row's columns; none for ROWTIME.
    index: Option<usize>,
    is_number: bool,
    width: usize,
}

impl Table {
    /// A table for rows of a schema. Hidden columns are left out.
    pub(super) fn new(schema: &Schema) -> Self {
        let mut columns = Vec::new();
        if schema.columns.iter().all(|column| column.name != "ROWTIME") {
            columns.push(Column { name: "ROWTIME".to_owned(), index: None, is_number: false, width: 23 });
        }
        for (index, column) in schema.columns.iter().enumerate().filter(|(_, column)| !column.hidden) {
            let is_number = column.data_type.is_numeric();
            let least = match column.data_type {
                DataType::Timestamp => 23,
                _ if is_number => 8,
                _ => 4,
            };
            let width = column.name.chars().count().max(least);
            columns.push(Column { name: column.name.clone(), index: Some(index), is_number, width });
        }
        Self { columns, rows: 0 }
    }

    /// Lines for more rows, with a heading before the first ones.
    pub(super) fn lines(&mut self, rows: &Rows) -> String {
        let cells: Vec<Vec<String>> = self.columns.iter().map(|column| cells(rows, column.index)).collect();
        if self.rows == 0 {
            for (column, cells) in self.columns.iter_mut().zip(&cells) {
                let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
                column.width = column.width.max(widest.min(WIDTH_MAX));
            }
        }
        let mut text = String::new();
        for row in 0..rows.len() {
            if self.rows.is_multiple_of(ROWS_PER_HEADING) {
                self.heading(&mut text);
            }
            self.rows += 1;
            let line = self.columns.iter().zip(&cells).map(|(column, cells)| column.aligned(&cells[row]));
            push_line(&mut text, &line.collect::<Vec<_>>().join("  "));
        }
        text
    }

    fn heading(&self, text: &mut String) {
        let names = self.columns.iter().map(|column| column.aligned(&column.name));
        push_line(text, &names.collect::<Vec<_>>().join("  "));
        let rules = self.columns.iter().map(|column| "─".repeat(column.width));
        push_line(text, &rules.collect::<Vec<_>>().join("  "));
    }
}

impl Column {
    fn aligned(&self, cell: &str) -> String {
        let width = self.width;
        if self.is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
    }
}

fn push_line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).expect("a text takes everything");
}

/// The values of a column as they are shown.
fn cells(rows: &Rows, index: Option<usize>) -> Vec<String> {
    let Some(index) = index else {
        return rows.times().iter().map(|time| instant(*time)).collect();
    };
    let options = FormatOptions::new()
        .with_null("NULL")
        .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.3f"))
        .with_time_format(Some("%H:%M:%S%.3f"));
    let column = &rows.columns()[index];
    match ArrayFormatter::try_new(column.as_ref(), &options) {
        Ok(formatter) => (0..rows.len()).map(|row| one_line(&formatter.value(row).to_string())).collect(),
        Err(_) => vec!["?".to_owned(); rows.len()],
    }
}

/// A text without what would break the table.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '·' } else { letter }).collect()
}

fn instant(time: i64) -> String {
    let text = aws::Timestamp::from_ms(time.max(0).unsigned_abs()).to_iso8601();
    let text = text.replace('T', " ");
    let text = text.trim_end_matches('Z');
    // Whole seconds come without a fraction.
    if text.contains('.') { text.to_owned() } else { format!("{text}.000") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BooleanArray, Int32Array, StringViewArray};
    use flow::plan::Column;

    use super::*;

    #[test]
    fn rows_stand_under_their_names() {
        let column = |name: &str, data_type, hidden| Column { hidden, ..flow::bind::source_column(name, data_type) };
        let columns = vec![
            column("N", DataType::Integer, false),
            column("name", DataType::Varchar(9), false),
            column("SHARD_ID", DataType::Varchar(9), true),
            column("OK", DataType::Boolean, false),
        ];
        let mut table = Table::new(&Schema { columns });
        let numbers = Int32Array::from(vec![1, 22]);
        let names = StringViewArray::from(vec!["pear", "a\tb"]);
        let truths = BooleanArray::from(vec![Some(true), None]);
        let times = vec![1_700_000_000_000, 1_700_000_000_001].into();
        let rows =
            Rows::new(times, vec![Arc::new(numbers), Arc::new(names.clone()), Arc::new(names), Arc::new(truths)]);
        assert_eq!(
            table.lines(&rows),
            "ROWTIME                         N  name  OK\n\
             ───────────────────────  ────────  ────  ────\n\
             2023-11-14 22:13:20.000         1  pear  true\n\
             2023-11-14 22:13:20.001        22  a·b   NULL\n"
        );
        assert_eq!(table.lines(&rows.slice(0, 1)), "2023-11-14 22:13:20.000         1  pear  true\n");
    }
}
