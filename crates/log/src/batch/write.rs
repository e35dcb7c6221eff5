//! Writing batches: record by record behind what is in a buffer, or into room that was counted beforehand.

use super::{
    ATTRIBUTES_AT, COUNT_AT, CRC_AT, FIRST_TIMESTAMP_AT, HEADER_BYTES, LAST_DELTA_AT, LAST_TIMESTAMP_AT, LENGTH_END,
    MAGIC, MAGIC_AT, PRODUCER_AT,
};
use crate::{NewRecord, checksum};

/// Bit 3: the timestamp is that of the append, the same for all records.
const LOG_APPEND_TIME: u16 = 1 << 3;

/// Producer id, epoch and base sequence of records that have no Kafka producer: all -1.
const NO_PRODUCER: [u8; 14] = [0xFF; 14];

/// The most bytes that a record needs besides its key, value and headers: five varints of five bytes and attributes.
const RECORD_OVERHEAD_MAX: usize = 26;

/// The most bytes that a header needs besides its name and value.
const HEADER_OVERHEAD_MAX: usize = 10;

fn record_data_bytes(record: &NewRecord) -> usize {
    record.key.len() + record.value.len()
}

/// Key and value bytes of records.
pub(crate) fn data_bytes(records: &[NewRecord]) -> usize {
    records.iter().map(record_data_bytes).sum()
}

/// At most so many bytes do these records need in a batch that is begun already.
pub(crate) fn records_bytes_max(records: &[NewRecord]) -> usize {
    let headers = |record: &NewRecord| -> usize {
        record.headers.iter().map(|(name, value)| name.len() + value.len() + HEADER_OVERHEAD_MAX).sum()
    };
    records.iter().map(|record| record_data_bytes(record) + RECORD_OVERHEAD_MAX + headers(record)).sum()
}

/// Bytes of a record without headers that is the `index`th of its batch.
pub(crate) fn record_bytes(index: u32, key_bytes: usize, value_bytes: usize) -> usize {
    let length = record_length(index, key_bytes, value_bytes);
    varint_bytes(as_i64(length)) + length
}

/// What stands in a record's length.
fn record_length(index: u32, key_bytes: usize, value_bytes: usize) -> usize {
    // Attributes, the timestamp delta and the number of headers, which are all 0, take a byte each.
    3 + varint_bytes(i64::from(index))
        + varint_bytes(as_i64(key_bytes))
        + varint_bytes(as_i64(value_bytes))
        + key_bytes
        + value_bytes
}

/// Writes a record without headers to the front of a buffer and answers its [`record_bytes`]; `fill` writes the value.
pub(crate) fn write_record<E>(
    buffer: &mut [u8],
    index: u32,
    key: &[u8],
    value_bytes: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Result<usize, E> {
    let mut at = 0;
    let varint = |buffer: &mut [u8], at: &mut usize, value: i64| {
        let mut rest = zigzag(value);
        while rest >= 0x80 {
            buffer[*at] = (rest & 0x7F) as u8 | 0x80;
            rest >>= 7;
            *at += 1;
        }
        buffer[*at] = rest as u8;
        *at += 1;
    };
    varint(buffer, &mut at, as_i64(record_length(index, key.len(), value_bytes)));
    buffer[at..at + 2].fill(0);
    at += 2;
    varint(buffer, &mut at, i64::from(index));
    varint(buffer, &mut at, as_i64(key.len()));
    buffer[at..at + key.len()].copy_from_slice(key);
    at += key.len();
    varint(buffer, &mut at, as_i64(value_bytes));
    fill(&mut buffer[at..at + value_bytes])?;
    at += value_bytes;
    buffer[at] = 0;
    Ok(at + 1)
}

/// Writes the head of a batch whose records, with this CRC32C, stand behind it already.
pub(crate) fn write_head(batch: &mut [u8], base_offset: u64, arrival_ms: u64, count: u32, records_crc: u32) {
    let behind_length = i32::try_from(batch.len() - LENGTH_END).expect("callers bound the size of a batch");
    let timestamp = arrival_ms.to_be_bytes();
    batch[..8].copy_from_slice(&base_offset.to_be_bytes());
    batch[8..LENGTH_END].copy_from_slice(&behind_length.to_be_bytes());
    batch[LENGTH_END..MAGIC_AT].fill(0);
    batch[MAGIC_AT] = MAGIC;
    batch[ATTRIBUTES_AT..LAST_DELTA_AT].copy_from_slice(&LOG_APPEND_TIME.to_be_bytes());
    batch[LAST_DELTA_AT..FIRST_TIMESTAMP_AT].copy_from_slice(&(count - 1).to_be_bytes());
    batch[FIRST_TIMESTAMP_AT..LAST_TIMESTAMP_AT].copy_from_slice(&timestamp);
    batch[LAST_TIMESTAMP_AT..PRODUCER_AT].copy_from_slice(&timestamp);
    batch[PRODUCER_AT..COUNT_AT].copy_from_slice(&NO_PRODUCER);
    batch[COUNT_AT..HEADER_BYTES].copy_from_slice(&count.to_be_bytes());
    let head_crc = crc32c::crc32c(&batch[ATTRIBUTES_AT..HEADER_BYTES]);
    let crc = checksum::combine(head_crc, records_crc, batch.len() - HEADER_BYTES);
    batch[CRC_AT..ATTRIBUTES_AT].copy_from_slice(&crc.to_be_bytes());
}

/// Writes one batch behind what is in the buffer.
pub(crate) struct Encoder<'a> {
    buffer: &'a mut Vec<u8>,
    start: usize,
    base_offset: u64,
    arrival_ms: u64,
    count: u32,
}

impl<'a> Encoder<'a> {
    pub(crate) fn begin(buffer: &'a mut Vec<u8>, base_offset: u64, arrival_ms: u64) -> Self {
        let start = buffer.len();
        buffer.extend_from_slice(&[0; HEADER_BYTES]);
        Self { buffer, start, base_offset, arrival_ms, count: 0 }
    }

    /// Adds a record. Every caller keeps a batch far below the 2 GiB that the format can count.
    pub(crate) fn push(&mut self, record: &NewRecord) {
        let delta = i64::from(self.count);
        let key_length = as_i64(record.key.len());
        let value_length = as_i64(record.value.len());
        let header_count = as_i64(record.headers.len());
        // Attributes and the timestamp delta, which is 0, take a byte each.
        let mut length = 2
            + varint_bytes(delta)
            + varint_bytes(key_length)
            + varint_bytes(value_length)
            + varint_bytes(header_count)
            + record_data_bytes(record);
        for (name, value) in &record.headers {
            length += varint_bytes(as_i64(name.len())) + varint_bytes(as_i64(value.len())) + name.len() + value.len();
        }
        let buffer = &mut *self.buffer;
        put_varint(buffer, as_i64(length));
        buffer.extend_from_slice(&[0, 0]);
        put_varint(buffer, delta);
        put_varint(buffer, key_length);
        buffer.extend_from_slice(&record.key);
        put_varint(buffer, value_length);
        buffer.extend_from_slice(&record.value);
        put_varint(buffer, header_count);
        for (name, value) in &record.headers {
            put_varint(buffer, as_i64(name.len()));
            buffer.extend_from_slice(name);
            put_varint(buffer, as_i64(value.len()));
            buffer.extend_from_slice(value);
        }
        self.count += 1;
    }

    /// Completes the head and answers the batch's length in bytes.
    pub(crate) fn finish(self) -> usize {
        assert!(self.count > 0, "a batch has at least one record");
        let batch = &mut self.buffer[self.start..];
        let length = batch.len();
        let records_crc = crc32c::crc32c(&batch[HEADER_BYTES..]);
        write_head(batch, self.base_offset, self.arrival_ms, self.count, records_crc);
        length
    }
}

fn as_i64(length: usize) -> i64 {
    i64::try_from(length).expect("lengths in memory fit")
}

/// Kafka's varints are zigzag-coded, lowest seven bits first.
pub(super) fn put_varint(buffer: &mut Vec<u8>, value: i64) {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        buffer.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    buffer.push(rest as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

pub(super) fn varint_bytes(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}
