//! The state of operators as bytes: numbers little-endian, lists behind their length, rows as Arrow IPC streams.

use arrow_array::{Int64Array, RecordBatch, RecordBatchOptions};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType as Arrow, Field, Schema};

use crate::rows::Rows;

/// State that was written by something else, or is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint does not hold the state of this program")]
pub struct Damaged;

/// Writes state down.
#[derive(Debug, Default)]
pub struct Saver {
    bytes: Vec<u8>,
}

impl Saver {
    /// A whole number.
    pub fn integer(&mut self, value: i64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A length or a count.
    pub fn count(&mut self, value: usize) {
        self.integer(i64::try_from(value).expect("fewer things than 2^63 fit into memory"));
    }

    /// A whole number or none.
    pub fn optional(&mut self, value: Option<i64>) {
        self.count(usize::from(value.is_some()));
        self.integer(value.unwrap_or_default());
    }

    /// A floating-point number, bit by bit.
    pub fn double(&mut self, value: f64) {
        self.bytes.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.bytes.extend_from_slice(value);
    }

    /// Rows.
    pub fn rows(&mut self, rows: &Rows) {
        let mut fields = vec![Field::new("ROWTIME", Arrow::Int64, false)];
        fields.extend(rows.columns().iter().map(|column| Field::new("", column.data_type().clone(), true)));
        let times = Int64Array::new(rows.times().clone(), None);
        let mut arrays: Vec<arrow_array::ArrayRef> = vec![std::sync::Arc::new(times)];
        arrays.extend(rows.columns().iter().cloned());
        let schema = std::sync::Arc::new(Schema::new(fields));
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch =
            RecordBatch::try_new_with_options(schema.clone(), arrays, &options).expect("columns fit their fields");
        let mut stream = StreamWriter::try_new(Vec::new(), &schema).expect("memory takes everything");
        stream.write(&batch).expect("memory takes everything");
        let stream = stream.into_inner().expect("memory takes everything");
        self.bytes(&stream);
    }

    /// All that was written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads state, in the order in which it was written.
#[derive(Debug)]
pub struct Loader<'b> {
    rest: &'b [u8],
}

impl<'b> Loader<'b> {
    /// Reads what a [`Saver`] wrote.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Damaged> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Damaged)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A whole number.
    pub fn integer(&mut self) -> Result<i64, Damaged> {
        let bytes = self.take(8)?;
        Ok(i64::from_le_bytes(bytes.try_into().map_err(|_| Damaged)?))
    }

    /// A length or a count.
    pub fn count(&mut self) -> Result<usize, Damaged> {
        usize::try_from(self.integer()?).map_err(|_| Damaged)
    }

    /// A whole number or none.
    pub fn optional(&mut self) -> Result<Option<i64>, Damaged> {
        let there = self.count()?;
        let value = self.integer()?;
        Ok((there != 0).then_some(value))
    }

    /// A floating-point number.
    pub fn double(&mut self) -> Result<f64, Damaged> {
        let bytes = self.take(8)?;
        Ok(f64::from_bits(u64::from_le_bytes(bytes.try_into().map_err(|_| Damaged)?)))
    }

    /// Bytes.
    pub fn bytes(&mut self) -> Result<&'b [u8], Damaged> {
        let length = self.count()?;
        self.take(length)
    }

    /// Rows.
    pub fn rows(&mut self) -> Result<Rows, Damaged> {
        let mut stream = StreamReader::try_new(self.bytes()?, None).map_err(|_| Damaged)?;
        let batch = stream.next().ok_or(Damaged)?.map_err(|_| Damaged)?;
        let times = batch.columns().first().and_then(|first| first.as_any().downcast_ref::<Int64Array>());
        let times = times.ok_or(Damaged)?.values().clone();
        if !times.is_sorted() {
            return Err(Damaged);
        }
        Ok(Rows::new(times, batch.columns()[1..].to_vec()))
    }

    /// Complains about what is left.
    pub fn finish(self) -> Result<(), Damaged> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn state_comes_back() {
        let texts =
            arrow_array::StringViewArray::from(vec![Some("one"), None, Some("a text that is longer than a view")]);
        let rows = Rows::new(vec![1, 1, 7].into(), vec![Arc::new(texts)]);
        let bare = Rows::new(vec![5].into(), Vec::new());
        let mut saver = Saver::default();
        saver.optional(None);
        saver.rows(&rows);
        saver.rows(&bare);
        saver.double(-0.5);
        let bytes = saver.finish();
        let mut loader = Loader::new(&bytes);
        assert_eq!(loader.optional(), Ok(None));
        assert_eq!(loader.rows(), Ok(rows));
        assert_eq!(loader.rows(), Ok(bare));
        assert_eq!(loader.double(), Ok(-0.5));
        assert_eq!(loader.finish(), Ok(()));
        assert_eq!(Loader::new(&bytes[..20]).rows(), Err(Damaged));
    }
}
