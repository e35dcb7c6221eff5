//! Rows on their way to the terminal or into a pipe.

use std::io::{self, Write};

use arrow_array::cast::AsArray;
use flow::Rows;
use flow::formats::{Encoder, OutputFormat};
use flow::plan::Schema;

use super::Format;
use super::table::Table;

/// So many refused rows are told about; the others are counted.
const REFUSALS_SHOWN: u64 = 10;

/// Writes a query's rows.
pub(super) struct Output {
    rows: RowWriter,
    /// Where in the error stream the name and the message are.
    error_columns: (usize, usize),
    pub(super) row_count: u64,
    pub(super) refused_count: u64,
}

enum RowWriter {
    Table(Table),
    Lines(Encoder),
}

impl Output {
    /// For rows of a schema and their error stream.
    pub(super) fn new(format: Format, schema: &Schema, errors: &Schema) -> Self {
        let rows = match format {
            Format::Table => RowWriter::Table(Table::new(schema)),
            Format::Json => RowWriter::Lines(Encoder::new(schema, OutputFormat::Json)),
            Format::Csv => RowWriter::Lines(Encoder::new(schema, OutputFormat::Csv)),
        };
        let place = |name: &str| errors.columns.iter().position(|column| column.name == name).unwrap_or(0);
        let error_columns = (place("ERROR_NAME"), place("MESSAGE"));
        Self { rows, error_columns, row_count: 0, refused_count: 0 }
    }

    /// Shows rows.
    pub(super) fn rows(&mut self, rows: &Rows, to: &mut impl Write) -> io::Result<()> {
        self.row_count += rows.len() as u64;
        match &mut self.rows {
            RowWriter::Table(table) => to.write_all(table.lines(rows).as_bytes())?,
            RowWriter::Lines(encoder) => {
                for line in encoder.encode(rows) {
                    to.write_all(&line)?;
                    // A record of CSV ends with its line, one of JSON does not.
                    if !line.ends_with(b"\n") {
                        to.write_all(b"\n")?;
                    }
                }
            }
        }
        to.flush()
    }

    /// Tells what is wrong with rows of the error stream.
    pub(super) fn refused(&mut self, errors: &Rows, to: &mut impl Write) -> io::Result<()> {
        let (name, message) = self.error_columns;
        let (names, messages) = (errors.columns()[name].as_string_view(), errors.columns()[message].as_string_view());
        for row in 0..errors.len() {
            self.refused_count += 1;
            if self.refused_count <= REFUSALS_SHOWN {
                writeln!(to, "a row was refused: {}: {}", names.value(row), messages.value(row))?;
            }
            if self.refused_count == REFUSALS_SHOWN {
                writeln!(to, "further ones are only counted")?;
            }
        }
        Ok(())
    }
}
