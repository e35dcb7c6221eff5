//! Where in a segment to begin to look: one entry for every 64 KiB, by offset and by arrival.

use std::io;
use std::ops::ControlFlow;

use host::files::{DIRECT_ALIGNMENT, File};

use super::SegmentMeta;
use crate::{Error, batch};

/// Bytes of batches between two entries, at least.
pub(crate) const INTERVAL_BYTES: u64 = 64 * 1024;

/// Batch heads are looked for in pieces of this size.
const WALK_BYTES: u64 = 64 * 1024;

const MAGIC: [u8; 4] = *b"MSSF";
const VERSION: u16 = 2;
const HEAD_BYTES: usize = 32;
const ENTRY_BYTES: usize = 24;
const CRC_BYTES: usize = 4;

/// The place of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Entry {
    pub(crate) position: u64,
    pub(crate) offset: u64,
    pub(crate) arrival_ms: u64,
}

/// A sparse index; it covers a segment up to `covered` bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    pub(crate) covered: u64,
    /// The offset of the batch that follows on what is covered.
    pub(crate) next_offset: u64,
}

impl Index {
    /// Of an empty segment.
    pub(crate) fn new(base_offset: u64) -> Self {
        Self { entries: Vec::new(), covered: 0, next_offset: base_offset }
    }

    /// Takes note of the batch that follows on what is covered, perhaps behind zeros.
    pub(crate) fn add(&mut self, entry: Entry, end_offset: u64, length: u64) {
        let is_due = self.entries.last().is_none_or(|last| entry.position - last.position >= INTERVAL_BYTES);
        if is_due {
            self.entries.push(entry);
        }
        self.covered = entry.position + length;
        self.next_offset = end_offset;
    }

    /// The last entry at or before the offset.
    pub(crate) fn by_offset(&self, offset: u64) -> Entry {
        let behind = self.entries.partition_point(|entry| entry.offset <= offset);
        self.entries.get(behind.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// The last entry that arrived before the instant, or the first one.
    pub(crate) fn by_arrival(&self, arrival_ms: u64) -> Entry {
        let behind = self.entries.partition_point(|entry| entry.arrival_ms < arrival_ms);
        self.entries.get(behind.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// The bytes behind the batches of a sealed segment: magic 4 · version 2 · 0 2 · entries 8 · next offset 8 ·
    /// batch bytes 8, the entries (position, offset, arrival) and a CRC32C; all little-endian.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut footer = Vec::with_capacity(HEAD_BYTES + self.entries.len() * ENTRY_BYTES + CRC_BYTES);
        footer.extend_from_slice(&MAGIC);
        footer.extend_from_slice(&VERSION.to_le_bytes());
        footer.extend_from_slice(&[0; 2]);
        for number in [self.entries.len() as u64, self.next_offset, self.covered] {
            footer.extend_from_slice(&number.to_le_bytes());
        }
        for entry in &self.entries {
            for number in [entry.position, entry.offset, entry.arrival_ms] {
                footer.extend_from_slice(&number.to_le_bytes());
            }
        }
        let crc = crc32c::crc32c(&footer);
        footer.extend_from_slice(&crc.to_le_bytes());
        footer
    }

    /// Reads a footer; `None` when it is damaged.
    pub(crate) fn decode(footer: &[u8]) -> Option<Self> {
        let (covered, crc) = footer.split_last_chunk::<CRC_BYTES>()?;
        let is_ours = covered.starts_with(&MAGIC) && covered.get(4..6)? == VERSION.to_le_bytes();
        if !is_ours || crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
            return None;
        }
        let numbers = |bytes: &[u8]| -> Vec<u64> {
            let number = |chunk: &[u8]| u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
            bytes.chunks_exact(8).map(number).collect()
        };
        let head = numbers(covered.get(8..HEAD_BYTES)?);
        let body = numbers(&covered[HEAD_BYTES..]);
        let entry = |numbers: &[u64]| Entry { position: numbers[0], offset: numbers[1], arrival_ms: numbers[2] };
        let entries: Vec<Entry> = body.chunks_exact(3).map(entry).collect();
        let is_whole = entries.len() as u64 == head[0] && !entries.is_empty();
        is_whole.then_some(Self { entries, next_offset: head[1], covered: head[2] })
    }

    /// Covers a segment up to its durable end by looking at its batches.
    pub(crate) fn extend(&mut self, file: &dyn File, meta: &SegmentMeta) -> Result<(), Error> {
        let start = Entry { position: self.covered, offset: self.next_offset, arrival_ms: 0 };
        walk(file, meta, start, |position, head| {
            let entry = Entry { position, offset: head.base_offset, arrival_ms: head.arrival_ms };
            self.add(entry, head.end_offset(), head.length as u64);
            ControlFlow::Continue(())
        })?;
        if self.next_offset == meta.end_offset {
            // The rest are zeros.
            self.covered = meta.bytes;
        }
        Ok(())
    }
}

/// Where a batch may begin that is not here: behind zeros.
pub(crate) fn behind_zeros(position: u64) -> Option<u64> {
    let next = position.next_multiple_of(DIRECT_ALIGNMENT as u64);
    (next > position).then_some(next)
}

/// Visits the batches of a segment from a place on, with their positions.
pub(crate) fn walk(
    file: &dyn File,
    meta: &SegmentMeta,
    start: Entry,
    mut visit: impl FnMut(u64, &batch::Head) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (mut position, mut offset) = (start.position, start.offset);
    let mut piece = Vec::new();
    let mut piece_start = position;
    while position < meta.bytes && offset < meta.end_offset {
        let damaged = Error::Corrupt { from: offset, to: meta.end_offset };
        let in_piece = usize::try_from(position - piece_start).expect("pieces are in memory");
        if in_piece + batch::HEADER_BYTES > piece.len() {
            let length = WALK_BYTES.min(meta.bytes - position);
            piece.resize(usize::try_from(length).expect("pieces are in memory"), 0);
            read_at(file, &mut piece, position, &damaged)?;
            piece_start = position;
            if piece.len() < batch::HEADER_BYTES {
                return Err(damaged);
            }
            continue;
        }
        let Some(head) = batch::head(&piece[in_piece..]).filter(|head| head.base_offset == offset) else {
            position = behind_zeros(position).ok_or(damaged)?;
            continue;
        };
        let end = position + head.length as u64;
        if head.end_offset() > meta.end_offset || end > meta.bytes {
            return Err(damaged);
        }
        if visit(position, &head).is_break() {
            return Ok(());
        }
        (position, offset) = (end, head.end_offset());
    }
    Ok(())
}

/// Reads from a segment, whose durable bytes must be there.
pub(crate) fn read_at(file: &dyn File, buffer: &mut [u8], position: u64, damaged: &Error) -> Result<(), Error> {
    file.read_exact_at(buffer, position).map_err(|error| unless_missing(error, damaged))
}

/// Reads as [`read_at`] does, past the page cache.
pub(crate) fn read_direct_at(file: &dyn File, buffer: &mut [u8], position: u64, damaged: &Error) -> Result<(), Error> {
    file.read_exact_direct_at(buffer, position).map_err(|error| unless_missing(error, damaged))
}

fn unless_missing(error: io::Error, damaged: &Error) -> Error {
    match (error.kind(), damaged) {
        (io::ErrorKind::UnexpectedEof, Error::Corrupt { from, to }) => Error::Corrupt { from: *from, to: *to },
        _ => Error::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_footer_is_read_as_it_was_written(
            batches in proptest::collection::vec((1..50_u64, 0..1000_u64, 61..100_000_u64), 1..60),
            damaged_at in any::<prop::sample::Index>(),
        ) {
            let mut index = Index::new(1000);
            let (mut offset, mut arrival_ms) = (1000, 5);
            for (count, later_ms, length) in batches {
                arrival_ms += later_ms;
                let position = index.covered;
                index.add(Entry { position, offset, arrival_ms }, offset + count, length);
                offset += count;
            }
            let footer = index.encode();
            prop_assert_eq!(Index::decode(&footer), Some(index.clone()));
            let mut damaged = footer.clone();
            damaged[damaged_at.index(footer.len())] ^= 8;
            prop_assert_eq!(Index::decode(&damaged), None);
            prop_assert_eq!(Index::decode(&footer[1..]), None);
            prop_assert!(index.by_offset(offset).offset <= offset);
        }
    }

    #[test]
    fn entries_are_found_by_offset_and_by_arrival() {
        let mut index = Index::new(10);
        for step in 0..4 {
            let entry = Entry { position: step * INTERVAL_BYTES, offset: 10 + step * 5, arrival_ms: 100 * step };
            index.add(entry, 15 + step * 5, INTERVAL_BYTES);
        }
        let positions = |entry: Entry| entry.position / INTERVAL_BYTES;
        for (offset, expected) in [(10, 0), (14, 0), (15, 1), (29, 3), (1000, 3)] {
            assert_eq!(positions(index.by_offset(offset)), expected, "offset {offset}");
        }
        for (arrival_ms, expected) in [(0, 0), (1, 0), (100, 0), (101, 1), (1000, 3)] {
            assert_eq!(positions(index.by_arrival(arrival_ms)), expected, "arrival {arrival_ms}");
        }
    }
}
