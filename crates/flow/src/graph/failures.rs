//! Rows of the error stream.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{Array, ArrayRef, StringViewArray, TimestampMillisecondArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};

use crate::bind::source_column;
use crate::plan::Schema;
use crate::types::DataType;
use crate::{RowError, Rows};

/// As many bytes of a row or a record are shown in the error stream, as hexadecimal digits.
pub const DATA_ROW_BYTES_MAX: usize = 49_152 / 2;
/// Characters of a message.
const MESSAGE_CHARACTERS_MAX: usize = 4_096;
/// Bytes of rows shown for one entry; of further ones only the error is told.
const DATA_BYTES_MAX: usize = 16 << 20;
/// The only level there is.
const LEVEL: &str = "ERROR";

/// The columns of the error stream.
pub fn error_schema() -> Schema {
    let columns = vec![
        source_column("ERROR_TIME", DataType::Timestamp),
        source_column("ERROR_LEVEL", DataType::Varchar(10)),
        source_column("ERROR_NAME", DataType::Varchar(32)),
        source_column("MESSAGE", DataType::Varchar(4096)),
        source_column("DATA_ROWTIME", DataType::Timestamp),
        source_column("DATA_ROW", DataType::Varchar(49_152)),
        source_column("PUMP_NAME", DataType::Varchar(128)),
    ];
    Schema { columns }
}

/// What failed during one entry.
pub(super) struct Failures {
    /// Whether anybody wants rows of it.
    wanted: bool,
    count: u64,
    data_bytes: usize,
    names: StringViewBuilder,
    messages: StringViewBuilder,
    times: Vec<Option<i64>>,
    data: StringViewBuilder,
    pumps: StringViewBuilder,
}

impl Failures {
    /// None so far.
    pub(super) fn new(wanted: bool) -> Self {
        let texts = StringViewBuilder::new;
        let (names, messages, data, pumps) = (texts(), texts(), texts(), texts());
        Self { wanted, count: 0, data_bytes: 0, names, messages, times: Vec::new(), data, pumps }
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// A record that could not be made into rows.
    pub(super) fn record(&mut self, record: &[u8], error: RowError) {
        self.count += 1;
        if self.wanted {
            self.add(&error, None, record, None);
        }
    }

    /// A row that an operator of a pump could not carry on.
    pub(super) fn row(&mut self, row: &Rows, error: RowError, pump: Option<&str>) {
        self.count += 1;
        if self.wanted {
            let text = shown(row);
            self.add(&error, row.times().first().copied(), text.as_bytes(), pump);
        }
    }

    fn add(&mut self, error: &RowError, time: Option<i64>, data: &[u8], pump: Option<&str>) {
        let room = DATA_ROW_BYTES_MAX.min(DATA_BYTES_MAX.saturating_sub(self.data_bytes));
        let data = &data[..data.len().min(room)];
        self.data_bytes += data.len();
        self.names.append_value(error.name.name());
        let end = error.message.char_indices().nth(MESSAGE_CHARACTERS_MAX).map_or(error.message.len(), |(at, _)| at);
        self.messages.append_value(&error.message[..end]);
        self.times.push(time);
        self.data.append_value(hexadecimal(data));
        self.pumps.append_option(pump);
    }

    /// Rows for the error stream at an instant, if there are any and somebody wants them.
    pub(super) fn into_rows(mut self, time: i64) -> Option<Rows> {
        let count = self.times.len();
        if count == 0 {
            return None;
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampMillisecondArray::from(vec![time; count])),
            Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(LEVEL, count))),
            Arc::new(self.names.finish()),
            Arc::new(self.messages.finish()),
            Arc::new(TimestampMillisecondArray::from(self.times)),
            Arc::new(self.data.finish()),
            Arc::new(self.pumps.finish()),
        ];
        Some(Rows::new(vec![time; count].into(), columns))
    }
}

/// The values of a row with commas between them, nothing for NULL.
fn shown(row: &Rows) -> String {
    let options = FormatOptions::default();
    let mut text = String::new();
    for (index, column) in row.columns().iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if let Ok(formatter) = ArrayFormatter::try_new(column, &options)
            && !column.is_empty()
        {
            // A value that cannot be shown is left out.
            let _ = formatter.value(0).write(&mut text);
        }
    }
    text
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digits = bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}
