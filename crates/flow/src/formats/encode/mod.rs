//! Rows → records: one for each row, a JSON object or a line of CSV.

mod append;
mod csv;
mod json;
mod value;

use bytes::Bytes;

use crate::plan::Schema;
use crate::rows::Rows;
use append::Constant;
use value::Values;

pub(crate) use value::write_decimal;

/// What records are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// `{"NAME":value,…}` with nothing behind it: AWS's applications write their objects one behind the other.
    Json,
    /// `value,value,…` and a line feed.
    Csv,
}

/// Writes rows as records. ROWTIME is only in them as far as a column holds it.
#[derive(Debug)]
pub struct Encoder {
    format: OutputFormat,
    columns: Vec<Shown>,
    /// Bytes that the rows of the last batch took each.
    row_bytes: usize,
}

#[derive(Debug)]
struct Shown {
    index: usize,
    /// What stands before its value.
    before: Constant,
}

impl Encoder {
    /// A writer for rows with these columns; hidden ones are left out.
    pub fn new(schema: &Schema, format: OutputFormat) -> Self {
        let mut columns: Vec<Shown> = Vec::new();
        for (index, column) in schema.columns.iter().enumerate().filter(|(_, column)| !column.hidden) {
            let mut before = if columns.is_empty() { Vec::new() } else { b",".to_vec() };
            if format == OutputFormat::Json {
                json::text(&column.name, &mut before);
                before.push(b':');
            }
            columns.push(Shown { index, before: Constant::new(&before) });
        }
        Self { format, columns, row_bytes: 64 }
    }

    /// A record for each row. All are parts of one buffer.
    pub fn encode(&mut self, rows: &Rows) -> Vec<Bytes> {
        let columns: Vec<_> =
            self.columns.iter().map(|shown| (&shown.before, Values::of(&rows.columns()[shown.index]))).collect();
        let mut bytes = Vec::with_capacity(rows.len() * (self.row_bytes + 16));
        let mut ends = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            match self.format {
                OutputFormat::Json => json::row(&columns, row, &mut bytes),
                OutputFormat::Csv => csv::row(&columns, row, &mut bytes),
            }
            ends.push(bytes.len());
        }
        self.row_bytes = bytes.len() / rows.len().max(1);
        let bytes = Bytes::from(bytes);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(&ends).map(|(start, end)| bytes.slice(start..*end)).collect()
    }
}
