//! Records as they are stored: Kafka's RecordBatch v2, so that a Kafka fetch can be served as stored.
//!
//! One batch holds what one commit brought to one shard; all its records arrived at the same time. The CRC32C covers
//! everything behind itself; offset and length stand before it.

mod walk;
mod write;

use bytes::Bytes;

pub use self::walk::RecordWalk;
pub(crate) use self::write::{Encoder, data_bytes, record_bytes, records_bytes_max, write_head, write_record};
use crate::{Bounds, Error, ReadLimits, RecordView};

/// Bytes before the first record.
pub(crate) const HEADER_BYTES: usize = 61;

/// Bytes before the part that `batchLength` counts.
const LENGTH_END: usize = 12;
const MAGIC_AT: usize = 16;
const CRC_AT: usize = 17;
const ATTRIBUTES_AT: usize = 21;
const LAST_DELTA_AT: usize = 23;
const FIRST_TIMESTAMP_AT: usize = 27;
const LAST_TIMESTAMP_AT: usize = 35;
const PRODUCER_AT: usize = 43;
const COUNT_AT: usize = 57;

const MAGIC: u8 = 2;

/// What stands before the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) base_offset: u64,
    pub(crate) arrival_ms: u64,
    /// Records in it.
    pub(crate) count: u32,
    /// Bytes of the whole batch.
    pub(crate) length: usize,
}

impl Head {
    /// One past the last offset.
    pub(crate) fn end_offset(&self) -> u64 {
        self.base_offset + u64::from(self.count)
    }
}

/// Reads the head of the batch that begins at `bytes`; `None` where no batch of ours can begin so.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let bytes = bytes.get(..HEADER_BYTES)?;
    let base_offset = u64::try_from(i64::from_be_bytes(array(bytes, 0))).ok()?;
    let behind_length = usize::try_from(i32::from_be_bytes(array(bytes, 8))).ok()?;
    let count = u32::try_from(i32::from_be_bytes(array(bytes, COUNT_AT))).ok()?;
    let last_delta = u32::try_from(i32::from_be_bytes(array(bytes, LAST_DELTA_AT))).ok()?;
    let arrival_ms = u64::try_from(i64::from_be_bytes(array(bytes, LAST_TIMESTAMP_AT))).ok()?;
    let length = behind_length + LENGTH_END;
    let is_ours = bytes[MAGIC_AT] == MAGIC && count > 0 && last_delta == count - 1 && length > HEADER_BYTES;
    is_ours.then_some(Head { base_offset, arrival_ms, count, length })
}

/// Whether the checksum of a whole batch holds.
pub(crate) fn is_intact(batch: &[u8]) -> bool {
    batch.len() > HEADER_BYTES && u32::from_be_bytes(array(batch, CRC_AT)) == crc32c::crc32c(&batch[ATTRIBUTES_AT..])
}

/// Makes the head of a damaged batch say what is known about it, so that its neighbours can still be found. The
/// checksum goes on to say that it is damaged.
pub(crate) fn mend_head(batch: &mut [u8], base_offset: u64, count: u32, arrival_ms: u64) {
    let behind_length = i32::try_from(batch.len() - LENGTH_END).expect("batches are smaller than their files");
    batch[..8].copy_from_slice(&base_offset.to_be_bytes());
    batch[8..LENGTH_END].copy_from_slice(&behind_length.to_be_bytes());
    batch[MAGIC_AT] = MAGIC;
    batch[LAST_DELTA_AT..FIRST_TIMESTAMP_AT].copy_from_slice(&(count - 1).to_be_bytes());
    batch[LAST_TIMESTAMP_AT..PRODUCER_AT].copy_from_slice(&arrival_ms.to_be_bytes());
    batch[COUNT_AT..HEADER_BYTES].copy_from_slice(&count.to_be_bytes());
    let wrong_crc = !crc32c::crc32c(&batch[ATTRIBUTES_AT..]);
    batch[CRC_AT..ATTRIBUTES_AT].copy_from_slice(&wrong_crc.to_be_bytes());
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has this length")
}

/// A cursor over encoded records.
#[derive(Debug, Clone)]
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline]
    fn varint(&mut self) -> Option<i64> {
        // Most numbers of a record are deltas and lengths of one byte.
        match *self.rest {
            [byte @ ..0x80, ref rest @ ..] => {
                self.rest = rest;
                Some(i64::from(byte >> 1) ^ -i64::from(byte & 1))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Option<i64> {
        let mut value = 0_u64;
        for (index, &byte) in self.rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7F) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// A length and as many bytes. Null, which Kafka writes as -1, reads as empty.
    fn bytes(&mut self) -> Option<&'a [u8]> {
        match self.varint()? {
            -1 => Some(&[]),
            length => self.take(usize::try_from(length).ok()?),
        }
    }
}

/// The records of one batch. Ends early where the bytes make no sense.
#[derive(Debug, Clone)]
pub(crate) struct Records<'a> {
    cursor: Cursor<'a>,
    base_offset: u64,
    arrival_ms: u64,
    left: u32,
}

/// Walks the records of a whole batch.
pub(crate) fn records(batch: &[u8]) -> Records<'_> {
    match head(batch) {
        Some(head) => Records {
            cursor: Cursor { rest: &batch[HEADER_BYTES..] },
            base_offset: head.base_offset,
            arrival_ms: head.arrival_ms,
            left: head.count,
        },
        None => Records { cursor: Cursor { rest: &[] }, base_offset: 0, arrival_ms: 0, left: 0 },
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = RecordView<'a>;

    fn next(&mut self) -> Option<RecordView<'a>> {
        self.left = self.left.checked_sub(1)?;
        let length = usize::try_from(self.cursor.varint()?).ok()?;
        let mut record = Cursor { rest: self.cursor.take(length)? };
        let _attributes = record.take(1)?;
        let _timestamp_delta = record.varint()?;
        let delta = u64::try_from(record.varint()?).ok()?;
        let key = record.bytes()?;
        let value = record.bytes()?;
        let offset = self.base_offset + delta;
        Some(RecordView { offset, arrival_ms: self.arrival_ms, key, value, headers: record.rest })
    }
}

/// Keys and values of encoded records whose head is not written yet.
pub(crate) fn records_from(encoded: &[u8], count: u32) -> impl Iterator<Item = (&[u8], &[u8])> {
    let records = Records { cursor: Cursor { rest: encoded }, base_offset: 0, arrival_ms: 0, left: count };
    records.map(|record| (record.key, record.value))
}

impl<'a> RecordView<'a> {
    /// Whether there are headers; they begin with their number.
    fn has_headers(&self) -> bool {
        !matches!(self.headers, [] | [0, ..])
    }

    /// Names and values of the headers, as they were appended.
    pub fn headers(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut cursor = Cursor { rest: self.headers };
        let count = cursor.varint().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        (0..count).map_while(move |_| Some((cursor.bytes()?, cursor.bytes()?)))
    }
}

/// Records as they are stored, with the window of offsets that was asked for.
///
/// `RecordBatches::iter` walks the records without copying; `next` is where to go on.
#[derive(Debug, Clone, Default)]
pub struct RecordBatches {
    /// Whole stored batches (Kafka RecordBatch v2), in offset order, gapless; they may reach beyond the window.
    pub(crate) batches: Vec<Bytes>,
    /// The first offset of the window.
    pub from: u64,
    /// One past the last offset of the window: where the next read goes on.
    pub next: u64,
    /// Key plus value bytes within the window.
    pub bytes: usize,
    /// Whether a record of the window has headers.
    pub has_headers: bool,
    /// The shard as it was when this was read.
    pub bounds: Option<Bounds>,
}

impl RecordBatches {
    /// The records of the window, borrowed from the bytes as they are stored.
    pub fn iter(&self) -> impl Iterator<Item = RecordView<'_>> {
        let all = self.batches.iter().flat_map(|batch| records(batch));
        all.skip_while(|record| record.offset < self.from).take_while(|record| record.offset < self.next)
    }

    /// When the last record of the window arrived.
    pub fn last_arrival_ms(&self) -> Option<u64> {
        self.batches.last().and_then(|batch| head(batch)).map(|head| head.arrival_ms)
    }

    /// Records in the window.
    pub fn len(&self) -> usize {
        usize::try_from(self.next - self.from).expect("what is in memory can be counted")
    }

    /// Whether there are no records in the window.
    pub fn is_empty(&self) -> bool {
        self.next == self.from
    }
}

/// Collects batches until the limits of a read are reached.
pub(crate) struct Window {
    batches: RecordBatches,
    limits: ReadLimits,
    is_full: bool,
}

impl Window {
    pub(crate) fn new(from: u64, limits: ReadLimits) -> Self {
        // One record at least, so that every read gets on.
        let limits = ReadLimits { records_max: limits.records_max.max(1), ..limits };
        Self { batches: RecordBatches { from, next: from, ..RecordBatches::default() }, limits, is_full: false }
    }

    /// The offset that the next batch must contain.
    pub(crate) fn next(&self) -> u64 {
        self.batches.next
    }

    /// Whether nothing more is wanted.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Key plus value bytes that are still wanted.
    pub(crate) fn bytes_left(&self) -> usize {
        self.limits.bytes_max.saturating_sub(self.batches.bytes)
    }

    /// Adds the batch that contains [`Window::next`].
    pub(crate) fn push(&mut self, batch: Bytes) -> Result<(), Error> {
        let head = head(&batch).ok_or(Error::Corrupt { from: self.next(), to: self.next() + 1 })?;
        let first = self.batches.next;
        let mut next = first;
        let mut bytes = self.batches.bytes;
        let mut count = self.batches.len();
        let mut has_headers = self.batches.has_headers;
        for record in records(&batch).skip_while(|record| record.offset < first) {
            let with_record = bytes + record.key.len() + record.value.len();
            if count > 0 && (count >= self.limits.records_max || with_record > self.limits.bytes_max) {
                self.is_full = true;
                break;
            }
            next += 1;
            count += 1;
            bytes = with_record;
            has_headers |= record.has_headers();
        }
        if !self.is_full && next != head.end_offset() {
            return Err(Error::Corrupt { from: next, to: head.end_offset().max(next + 1) });
        }
        if next > first {
            self.batches.batches.push(batch);
            self.batches.next = next;
            self.batches.bytes = bytes;
            self.batches.has_headers = has_headers;
        }
        self.is_full |= count >= self.limits.records_max || bytes >= self.limits.bytes_max;
        Ok(())
    }

    pub(crate) fn finish(self) -> RecordBatches {
        self.batches
    }
}

#[cfg(test)]
#[path = "batch/tests.rs"]
mod tests;
