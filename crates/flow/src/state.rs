//! The state of operators as bytes: numbers little-endian, lists behind their length, rows as Arrow IPC streams.

use std::io;

use arrow_array::{Int64Array, RecordBatch, RecordBatchOptions};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType as Arrow, Field, Schema};
use bytes::Bytes;

use crate::rows::Rows;

/// State that was written by something else, or is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint does not hold the state of this program")]
pub struct Damaged;

/// State grows in pieces of this many bytes: a gigabyte of it is never copied to make room for more.
const PIECE_BYTES: usize = 1 << 20;

/// Writes state down.
#[derive(Debug, Default)]
pub struct Saver {
    pieces: Vec<Bytes>,
    /// Bytes of the pieces.
    length: usize,
    last: Vec<u8>,
}

impl Saver {
    /// A whole number.
    pub fn integer(&mut self, value: i64) {
        self.append(&value.to_le_bytes());
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
        self.append(&value.to_bits().to_le_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.append(value);
    }

    /// What another one has written, read back as bytes.
    pub fn saved(&mut self, other: Self) {
        self.count(other.len());
        if !other.pieces.is_empty() {
            self.end_piece();
            other.pieces.into_iter().for_each(|piece| self.piece(piece));
        }
        self.append(&other.last);
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
        let mut stream = StreamWriter::try_new(Self::default(), &schema).expect("memory takes everything");
        stream.write(&batch).expect("memory takes everything");
        self.saved(stream.into_inner().expect("memory takes everything"));
    }

    /// How many bytes were written.
    pub fn len(&self) -> usize {
        self.length + self.last.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that was written.
    pub fn finish(self) -> Vec<u8> {
        if self.pieces.is_empty() { self.last } else { self.into_pieces().concat() }
    }

    /// All that was written, in pieces.
    pub fn into_pieces(mut self) -> Vec<Bytes> {
        self.end_piece();
        self.pieces
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.last.len() + bytes.len() > PIECE_BYTES {
            self.end_piece();
            if bytes.len() > PIECE_BYTES {
                return self.piece(Bytes::copy_from_slice(bytes));
            }
            self.last.reserve_exact(PIECE_BYTES);
        }
        self.last.extend_from_slice(bytes);
    }

    fn end_piece(&mut self) {
        let last = Bytes::from(std::mem::take(&mut self.last));
        self.piece(last);
    }

    fn piece(&mut self, piece: Bytes) {
        debug_assert!(piece.is_empty() || self.last.is_empty(), "pieces stay in order");
        self.length += piece.len();
        if !piece.is_empty() {
            self.pieces.push(piece);
        }
    }

    /// A digest of what was written, so that loaders only read what savers wrote.
    pub fn digest(&self) -> u32 {
        let whole = self.pieces.iter().fold(0, |digest, piece| crc32c::crc32c_append(digest, piece));
        crc32c::crc32c_append(whole, &self.last)
    }
}

/// Memory takes everything.
impl io::Write for Saver {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
        Ok(Rows::new(times, batch.columns()[1..].to_vec()).unshared())
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Complains about what is left.
    pub fn finish(self) -> Result<(), Damaged> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::ArrayRef;
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

    #[test]
    fn loaded_rows_hold_no_more_than_they_did() {
        let text = "a text that is longer than a view";
        let texts: ArrayRef = Arc::new(arrow_array::StringViewArray::from(vec![text; 8_192]));
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter((0..8_192).map(|row| (row % 3 > 0).then_some(row))));
        let nothing = arrow_array::new_null_array(texts.data_type(), 8_192);
        let rows = Rows::new(vec![7; 8_192].into(), vec![texts, nothing, numbers]);
        let mut saver = Saver::default();
        saver.rows(&rows);
        let loaded = Loader::new(&saver.finish()).rows().unwrap();
        assert!(loaded.memory() <= rows.memory() * 11 / 10, "{} {}", loaded.memory(), rows.memory());
    }

    #[test]
    fn pieces_are_what_was_written() {
        let part = |number: u8| {
            let mut part = Saver::default();
            part.bytes(&vec![number; PIECE_BYTES / 2 * usize::from(number) + 7]);
            part.integer(i64::from(number));
            part
        };
        let (mut joined, mut copied) = (Saver::default(), Saver::default());
        for number in 0..5 {
            joined.saved(part(number));
            copied.bytes(&part(number).finish());
        }
        let digest = joined.digest();
        assert_eq!((joined.len(), digest), (copied.len(), copied.digest()));
        let (joined, copied) = (joined.into_pieces().concat(), copied.finish());
        assert!(joined == copied, "however it was cut");
        assert_eq!(crc32c::crc32c(&joined), digest);
    }
}
