//! A block: what one commit writes. A head that says what follows, then one record batch per shard.
//!
//! ```text
//! magic 4 · version 2 · 0 2 · generation 8 · lsn 8 · durable lsn 8 · block bytes 4 · batches 4 · crc32c 4 · 0 4
//! per batch: stream 8 · shard 4 · batch bytes 4 · base offset 8 · position in the block 4 · is padded 1 · 0 3
//! batches, one behind the other, then zeros up to a multiple of 4096
//! padded batches: each begins at a multiple of 4096, and zeros follow up to one
//! ```
//!
//! All little-endian. The checksum covers head and table; each batch carries its own. Batches of one shard stand in
//! the table in the order of their offsets.

use std::ops::Range;

use crate::{ShardId, StreamId, batch};

/// Blocks begin at multiples of this, so that a torn one can be skipped in the search for later ones, and so that they
/// can be written past the page cache.
pub(crate) const ALIGNMENT: usize = host::files::DIRECT_ALIGNMENT;

pub(crate) const HEAD_BYTES: usize = 48;
pub(crate) const ENTRY_BYTES: usize = 32;

const MAGIC: [u8; 4] = *b"MSWB";
const VERSION: u16 = 2;
const CRC_AT: usize = 40;

/// Where a block stands in the order of all blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of the file; blocks of earlier uses of the file have lower ones.
    pub(crate) generation: u64,
    /// Counts blocks, without gaps over all files.
    pub(crate) lsn: u64,
    /// The last block that was durable when this was written.
    pub(crate) durable_lsn: u64,
}

/// One batch in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) shard: ShardId,
    pub(crate) base_offset: u64,
    pub(crate) length: u32,
    /// Where it begins in the block.
    pub(crate) position: u32,
    /// It begins at a multiple of [`ALIGNMENT`], and zeros follow up to one.
    pub(crate) is_padded: bool,
}

/// A head that was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) place: Place,
    /// Bytes up to the next block.
    pub(crate) block_bytes: usize,
    pub(crate) entry_count: usize,
}

/// Bytes before the first batch.
pub(crate) fn payload_start(entry_count: usize) -> usize {
    HEAD_BYTES + entry_count * ENTRY_BYTES
}

/// Completes the front of the block that begins at `start` of the buffer: there is room for head and table, then
/// batches. Behind it follow so many bytes of padded batches.
pub(crate) fn finish(buffer: &mut Vec<u8>, start: usize, place: Place, entries: &[Entry], padded_bytes: usize) {
    let front_bytes = (buffer.len() - start).next_multiple_of(ALIGNMENT);
    buffer.resize(start + front_bytes, 0);
    let block = &mut buffer[start..];
    let count = |length: usize| u32::try_from(length).expect("blocks are smaller than their files").to_le_bytes();
    block[..4].copy_from_slice(&MAGIC);
    block[4..6].copy_from_slice(&VERSION.to_le_bytes());
    block[6..8].fill(0);
    block[8..16].copy_from_slice(&place.generation.to_le_bytes());
    block[16..24].copy_from_slice(&place.lsn.to_le_bytes());
    block[24..32].copy_from_slice(&place.durable_lsn.to_le_bytes());
    block[32..36].copy_from_slice(&count(front_bytes + padded_bytes));
    block[36..CRC_AT].copy_from_slice(&count(entries.len()));
    block[CRC_AT..HEAD_BYTES].fill(0);
    for (slot, entry) in block[HEAD_BYTES..].chunks_exact_mut(ENTRY_BYTES).zip(entries) {
        slot[..8].copy_from_slice(&entry.shard.stream.0.to_le_bytes());
        slot[8..12].copy_from_slice(&entry.shard.index.to_le_bytes());
        slot[12..16].copy_from_slice(&entry.length.to_le_bytes());
        slot[16..24].copy_from_slice(&entry.base_offset.to_le_bytes());
        slot[24..28].copy_from_slice(&entry.position.to_le_bytes());
        slot[28..].copy_from_slice(&u32::from(entry.is_padded).to_le_bytes());
    }
    let crc = crc32c::crc32c(&block[..payload_start(entries.len())]);
    block[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_le_bytes());
}

/// Reads the head of the block that begins at `bytes`, which go on to the end of the file. `None` when there is none
/// of this generation, or it was torn.
pub(crate) fn head(bytes: &[u8], generation: u64) -> Option<Head> {
    let fixed: &[u8; HEAD_BYTES] = bytes.first_chunk()?;
    let is_ours = fixed[..4] == MAGIC && fixed[4..6] == VERSION.to_le_bytes() && u64_at(fixed, 8) == generation;
    if !is_ours {
        return None;
    }
    let place = Place { generation, lsn: u64_at(fixed, 16), durable_lsn: u64_at(fixed, 24) };
    let head = Head { place, block_bytes: u32_at(fixed, 32) as usize, entry_count: u32_at(fixed, 36) as usize };
    let covered = bytes.get(..payload_start(head.entry_count))?;
    let with_zeros = crc32c::crc32c_append(crc32c::crc32c(&covered[..CRC_AT]), &[0; 4]);
    let crc = crc32c::crc32c_append(with_zeros, &covered[CRC_AT + 4..]);
    let is_sound = head.block_bytes >= covered.len() && head.block_bytes.is_multiple_of(ALIGNMENT);
    let is_whole = is_sound && bytes.len() >= head.block_bytes;
    (crc == u32_at(fixed, CRC_AT) && is_whole).then_some(head)
}

/// The batches of a block with their places in it; `None` when one of them is damaged.
pub(crate) fn batches(bytes: &[u8], head: &Head) -> Option<Vec<(Entry, batch::Head, Range<usize>)>> {
    let table = payload_start(head.entry_count);
    let mut found = Vec::with_capacity(head.entry_count);
    for slot in bytes[HEAD_BYTES..table].chunks_exact(ENTRY_BYTES) {
        let shard = ShardId { stream: StreamId(u64_at(slot, 0)), index: u32_at(slot, 8) };
        let (length, base_offset, position) = (u32_at(slot, 12), u64_at(slot, 16), u32_at(slot, 24));
        let entry = Entry { shard, length, base_offset, position, is_padded: slot[28] != 0 };
        let range = position as usize..position as usize + length as usize;
        let batch = bytes[..head.block_bytes].get(range.clone()).filter(|_| range.start >= table)?;
        let batch_head = batch::head(batch)?;
        let is_right = batch_head.length == batch.len() && batch_head.base_offset == base_offset;
        if !is_right || !batch::is_intact(batch) {
            return None;
        }
        found.push((entry, batch_head, range));
    }
    Some(found)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests;
