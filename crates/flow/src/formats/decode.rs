//! Records → columns, as a mapping says.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{Array, ArrayRef, TimestampMillisecondArray, new_null_array};
use bytes::Bytes;

use super::batch::Batch;
use super::column::Source;
use super::csv::Csv;
use super::json::Json;
use super::mapping::{Format, Hidden, Mapping, MappingError};
use super::scan;
use crate::row_error::{ErrorName, RowError};
use crate::rows::arrow_type;
use crate::types::DataType;

/// A record of a source.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Its data: usually one document or line, possibly more.
    pub data: Bytes,
    /// When the source took it, in milliseconds since 1970.
    pub arrival_ms: i64,
    /// Its key; only read when `PARTITION_KEY` is needed.
    pub partition_key: Bytes,
    /// Its number in the shard; only read when `SEQUENCE_NUMBER` is needed.
    pub sequence: Bytes,
    /// Its shard; only read when `SHARD_ID` is needed.
    pub shard: Arc<str>,
}

/// What became of records.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The columns of [`schema`](super::schema). Those that were not needed are NULL throughout.
    pub columns: Vec<ArrayRef>,
    /// For each row the record it comes from; never falling.
    pub records: Vec<u32>,
    /// What did not become rows, in order.
    pub errors: Vec<RecordError>,
}

/// A record, or a part of it, that did not become a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError {
    /// Which record.
    pub record: usize,
    /// Which part of its data.
    pub part: Range<usize>,
    /// What is wrong with it.
    pub error: RowError,
}

/// Makes columns of records.
#[derive(Debug)]
pub struct Decoder {
    mapping: Mapping,
    beside: Vec<Hidden>,
    needed: Vec<bool>,
    format: Reader,
    rows: Batch,
    /// NULLs of each type that was not needed, to be cut to length.
    absent: Vec<ArrayRef>,
    /// Whether long texts may keep their record's memory alive.
    refer: bool,
}

#[derive(Debug)]
enum Reader {
    Json(Json),
    Csv(Csv),
}

impl Decoder {
    /// Compiles a mapping.
    pub fn new(mapping: &Mapping) -> Result<Self, MappingError> {
        mapping.check()?;
        let beside: Vec<Hidden> = mapping.beside().collect();
        let needed = vec![true; mapping.columns.len() + beside.len()];
        let rows = Batch::new(mapping);
        let format = reader(mapping)?;
        Ok(Self { mapping: mapping.clone(), beside, needed, format, rows, absent: Vec::new(), refer: true })
    }

    /// Has all texts copied, for rows that are kept longer than the records.
    pub(super) fn copying(self) -> Self {
        Self { refer: false, ..self }
    }

    /// Decodes records. `needed` says for each column of the schema whether anybody reads it: of a value that nobody reads
    /// it is only looked whether it fits.
    pub fn decode(&mut self, records: &[Record], needed: &[bool]) -> Decoded {
        self.need(needed);
        for (number, record) in records.iter().enumerate() {
            self.record(number, &record.data);
        }
        self.finish(records)
    }

    /// Decodes the rows that are complete in a text, or all of them; gives the place up to which it came.
    pub(super) fn text(&mut self, text: &Bytes, last: bool) -> Result<(Decoded, usize), RecordError> {
        let whole = match std::str::from_utf8(text) {
            Ok(whole) => whole,
            Err(error) if !last && error.error_len().is_none() => {
                std::str::from_utf8(&text[..error.valid_up_to()]).expect("valid up to there")
            }
            Err(error) => {
                let part = error.valid_up_to()..text.len();
                return Err(RecordError { record: 0, part, error: RowError::new(ErrorName::Format, NOT_UTF8) });
            }
        };
        let source = Source { text: whole, bytes: None, number: 0 };
        let at = self.format.rows(source, last, &mut self.rows);
        Ok((self.finish(&[Record::default()]), at))
    }

    fn need(&mut self, needed: &[bool]) {
        debug_assert_eq!(needed.len(), self.needed.len(), "one for each column of the schema");
        if *needed != *self.needed {
            self.needed = needed.to_vec();
            self.rows.need(needed);
        }
    }

    fn record(&mut self, number: usize, data: &Bytes) {
        match std::str::from_utf8(data) {
            Ok(text) if text.len() < u32::MAX as usize => {
                let source = Source { text, bytes: self.refer.then_some(data), number };
                self.format.rows(source, true, &mut self.rows);
            }
            _ => self.rows.broken(number, 0..data.len(), NOT_UTF8),
        }
    }

    fn finish(&mut self, records: &[Record]) -> Decoded {
        let (mapped, rows, errors) = self.rows.finish();
        let hidden = |decoder: &Self, index: usize| {
            decoder.needed[mapped.len() + index].then(|| beside(decoder.beside[index], records, &rows))
        };
        let hidden: Vec<_> = (0..self.beside.len()).map(|index| hidden(self, index)).collect();
        let columns = mapped.into_iter().chain(hidden).enumerate();
        let columns = columns.map(|(index, column)| column.unwrap_or_else(|| self.absent(index, rows.len()))).collect();
        Decoded { columns, records: rows, errors }
    }

    fn data_type(&self, index: usize) -> DataType {
        match self.mapping.columns.get(index) {
            Some(column) => column.data_type,
            None => self.beside[index - self.mapping.columns.len()].data_type(),
        }
    }

    fn absent(&mut self, index: usize, length: usize) -> ArrayRef {
        let wanted = arrow_type(self.data_type(index));
        let place = self.absent.iter().position(|array| *array.data_type() == wanted).unwrap_or_else(|| {
            self.absent.push(new_null_array(&wanted, 0));
            self.absent.len() - 1
        });
        if self.absent[place].len() < length {
            self.absent[place] = new_null_array(&wanted, length.next_power_of_two());
        }
        self.absent[place].slice(0, length)
    }
}

const NOT_UTF8: &str = "The record is not UTF-8 text";

fn reader(mapping: &Mapping) -> Result<Reader, MappingError> {
    let columns = &mapping.columns;
    match &mapping.format {
        Format::Csv { row_delimiter, column_delimiter } => {
            Ok(Reader::Csv(Csv::new(row_delimiter, column_delimiter, columns.len())))
        }
        Format::Json { row_path } => {
            if let Some(column) = columns.iter().find(|column| column.path.is_none()) {
                return Err(MappingError::NoPath(column.name.clone()));
            }
            let paths: Vec<&str> = columns.iter().filter_map(|column| column.path.as_deref()).collect();
            Json::new(row_path, &paths).map(Reader::Json)
        }
    }
}

/// A column that comes from beside the data.
fn beside(hidden: Hidden, records: &[Record], rows: &[u32]) -> ArrayRef {
    let of = |row: &u32| &records[*row as usize];
    if hidden == Hidden::ArrivalTime {
        return Arc::new(TimestampMillisecondArray::from_iter_values(rows.iter().map(|row| of(row).arrival_ms)));
    }
    let mut texts = StringViewBuilder::with_capacity(rows.len());
    for row in rows {
        let bytes: &[u8] = match hidden {
            Hidden::PartitionKey => &of(row).partition_key,
            Hidden::SequenceNumber => &of(row).sequence,
            Hidden::ShardId | Hidden::ArrivalTime => of(row).shard.as_bytes(),
        };
        texts.append_option(std::str::from_utf8(bytes).ok());
    }
    Arc::new(texts.finish())
}

impl Reader {
    /// Adds the rows of a text; gives the place up to which it came. Without `last`, a row that is cut off is left.
    fn rows(&mut self, source: Source<'_>, last: bool, rows: &mut Batch) -> usize {
        let text = source.text.as_bytes();
        match self {
            Self::Json(json) => documents(json, text, source, last, rows),
            Self::Csv(csv) => {
                let mut at = 0;
                while at < text.len() {
                    let row = csv.row(text, at);
                    if !row.closed && !last {
                        break;
                    }
                    if !row.good {
                        rows.broken(source.number, at..row.end, "The row is not CSV: a quote is out of place");
                    } else if row.end > at {
                        rows.row(csv.values(), at..row.end, source);
                    }
                    at = row.next;
                }
                at
            }
        }
    }
}

fn documents(json: &mut Json, text: &[u8], source: Source<'_>, last: bool, rows: &mut Batch) -> usize {
    let mut at = 0;
    loop {
        at = scan::white(text, at);
        if at == text.len() {
            return at;
        }
        let before = rows.mark();
        match json.document(text, at, &mut |values, part| rows.row(values, part, source)) {
            // A number or a word at the end of a piece may go on in the next one.
            Ok(end) if last || end < text.len() || matches!(text[end - 1], b'}' | b']' | b'"') => at = end,
            Err(wrong) if last || wrong.0 < text.len() => {
                // Where the next document begins cannot be told.
                let message = format!("The record is not JSON; that shows at byte {} of the document", wrong.0 - at);
                rows.broken(source.number, at..text.len(), &message);
                return text.len();
            }
            _ => {
                rows.back(before);
                return at;
            }
        }
    }
}
