//! Records of one call, laid out where they arrive as they will be stored: for large calls, whose bytes nobody copies
//! any more on their way to the disk.

use std::ops::Range;

use bytes::Bytes;
use host::files::{Buffer, Buffers, DIRECT_ALIGNMENT};

use crate::batch;
use crate::{Append, Appended, Condition, Error, LogEngine, NewRecord, ShardId};

/// What one shard gets of a call, counted before it is packed.
#[derive(Debug, Clone, Copy, Default)]
pub struct PartSize {
    count: u32,
    /// Of the encoded records.
    bytes: usize,
    data_bytes: usize,
}

impl PartSize {
    /// Adds a record without headers.
    pub fn add(&mut self, key_bytes: usize, value_bytes: usize) {
        self.bytes += batch::record_bytes(self.count, key_bytes, value_bytes);
        self.data_bytes += key_bytes + value_bytes;
        self.count += 1;
    }

    /// Key plus value bytes.
    pub fn data_bytes(&self) -> usize {
        self.data_bytes
    }

    /// Records.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// Packs the records of one call.
#[derive(Debug)]
pub struct Packer {
    buffer: Buffer,
    parts: Vec<Open>,
}

/// A part that is being packed.
#[derive(Debug)]
struct Open {
    shard: ShardId,
    size: PartSize,
    start: usize,
    /// Where the next record goes, and which one it is.
    at: usize,
    next: u32,
}

/// Packed records of one call, a batch for each of its shards.
#[derive(Debug)]
pub struct Packed {
    buffer: Buffer,
    pub(crate) parts: Vec<Part>,
}

/// One batch. It begins at a multiple of [`DIRECT_ALIGNMENT`], and zeros follow up to one.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) shard: ShardId,
    pub(crate) range: Range<usize>,
    pub(crate) count: u32,
    pub(crate) data_bytes: usize,
    /// CRC32C of the encoded records.
    crc: u32,
}

/// An append that was refused, with what the caller may want to append elsewhere.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub error: Error,
    /// What was to be appended, if it may belong into other shards by now.
    pub records: Vec<NewRecord>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, records: Vec::new() }
    }
}

impl Packer {
    /// Room for the parts, in their order.
    pub fn new(buffers: &Buffers, parts: impl IntoIterator<Item = (ShardId, PartSize)>) -> Self {
        let mut end = 0;
        let open = |(shard, size): (ShardId, PartSize)| {
            let start = end;
            end = (start + batch::HEADER_BYTES + size.bytes).next_multiple_of(DIRECT_ALIGNMENT);
            Open { shard, size, start, at: start + batch::HEADER_BYTES, next: 0 }
        };
        let parts = parts.into_iter().map(open).collect();
        Self { buffer: buffers.take(end), parts }
    }

    /// Adds a record to a part; `fill` writes its value of the length that was counted.
    pub fn push<E>(
        &mut self,
        part: usize,
        key: &[u8],
        value_bytes: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Open { at, next, .. } = &mut self.parts[part];
        let length = batch::write_record(&mut self.buffer[*at..], *next, key, value_bytes, fill)?;
        *at += length;
        *next += 1;
        Ok(())
    }

    /// Computes what does not depend on the place in the shard. Panics unless all was added that was counted.
    pub fn finish(mut self) -> Packed {
        let buffer = &mut self.buffer;
        let close = |open: Open| {
            let Open { shard, size, start, at, next } = open;
            let records = start + batch::HEADER_BYTES;
            assert!(next == size.count && at == records + size.bytes, "what was counted was packed");
            buffer[at..at.next_multiple_of(DIRECT_ALIGNMENT)].fill(0);
            let crc = crc32c::crc32c(&buffer[records..at]);
            Part { shard, range: start..at, count: size.count, data_bytes: size.data_bytes, crc }
        };
        let parts = self.parts.into_iter().map(close).collect();
        Packed { buffer: self.buffer, parts }
    }
}

impl Packed {
    /// Packs appends, whose conditions and headers are left out.
    pub fn of(buffers: &Buffers, appends: &[Append]) -> Self {
        let size = |append: &Append| {
            let mut size = PartSize::default();
            append.records.iter().for_each(|record| size.add(record.key.len(), record.value.len()));
            (append.shard, size)
        };
        let mut packer = Packer::new(buffers, appends.iter().map(size));
        for (part, append) in appends.iter().enumerate() {
            for NewRecord { key, value, .. } in &append.records {
                let fill = |room: &mut [u8]| {
                    room.copy_from_slice(value);
                    Ok::<_, std::convert::Infallible>(())
                };
                let Ok(()) = packer.push(part, key, value.len(), fill);
            }
        }
        packer.finish()
    }

    /// Bytes up to the end of the last part.
    pub(crate) fn bytes(&self) -> usize {
        self.parts.last().map_or(0, |part| part.range.end.next_multiple_of(DIRECT_ALIGNMENT))
    }

    /// Completes the batch of a part: its place in the shard is known now.
    pub(crate) fn place(&mut self, part: usize, base_offset: u64, arrival_ms: u64) {
        let Part { range, count, crc, .. } = &self.parts[part];
        batch::write_head(&mut self.buffer[range.clone()], base_offset, arrival_ms, *count, *crc);
    }

    /// What is written: all parts.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.buffer[..self.bytes()]
    }

    /// The parts as they are stored.
    pub(crate) fn freeze(self) -> Bytes {
        let bytes = self.bytes();
        self.buffer.freeze().slice(..bytes)
    }

    /// The records of a part, copied.
    pub(crate) fn unpack(&self, part: usize) -> Vec<NewRecord> {
        let Part { range, count, .. } = &self.parts[part];
        let records = batch::records_from(&self.buffer[range.start + batch::HEADER_BYTES..range.end], *count);
        let copied = |(key, value): (&[u8], &[u8])| NewRecord {
            key: Bytes::copy_from_slice(key),
            value: Bytes::copy_from_slice(value),
            headers: Vec::new(),
        };
        records.map(copied).collect()
    }
}

/// For engines that store nothing as it is packed.
pub(crate) async fn append_unpacked<E: LogEngine + ?Sized>(
    engine: &E,
    packed: Packed,
) -> Result<Vec<Result<Appended, Refused>>, Error> {
    let parts = packed.parts.iter().enumerate();
    let appends: Vec<_> = parts
        .map(|(at, part)| Append { shard: part.shard, records: packed.unpack(at), condition: Condition::None })
        .collect();
    drop(packed);
    let kept: Vec<_> = appends.iter().map(|append| append.records.clone()).collect();
    let refused = |(result, records): (Result<Appended, Error>, Vec<NewRecord>)| {
        result.map_err(|error| match error {
            Error::Sealed { .. } => Refused { error, records },
            _ => Refused::from(error),
        })
    };
    Ok(engine.append(appends).await?.into_iter().zip(kept).map(refused).collect())
}
