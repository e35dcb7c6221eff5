//! Segments: the files that a shard's records end up in, one behind the other; immutable once sealed.
//!
//! ```text
//! segments/<stream>/<shard>/<base offset>.seg = record batches · when sealed: footer (sparse index by offset and time)
//! ```

mod files;
mod index;
mod read;
mod write;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Segment, ShardId, StreamId};

pub(crate) use files::SegmentFiles;
pub(crate) use index::Index;
pub(crate) use read::{find_time, read};
pub(crate) use write::{Copied, Writer};

/// Where segments lie, below the log's directory.
pub(crate) const DIRECTORY: &str = "segments";
const EXTENSION: &str = "seg";

/// A segment as the store knows it. What lies behind `bytes` (and `footer_bytes`) in the file does not count.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SegmentMeta {
    pub(crate) base_offset: u64,
    /// One past the last offset.
    pub(crate) end_offset: u64,
    /// Durable bytes of record batches.
    pub(crate) bytes: u64,
    pub(crate) first_arrival_ms: u64,
    pub(crate) last_arrival_ms: u64,
    /// When its file was begun.
    pub(crate) opened_ms: u64,
    /// Of the footer; 0 until it is sealed.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) footer_bytes: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl SegmentMeta {
    pub(crate) fn is_sealed(&self) -> bool {
        self.footer_bytes > 0
    }

    pub(crate) fn describe(&self) -> Segment {
        Segment {
            base_offset: self.base_offset,
            end_offset: self.end_offset,
            bytes: self.bytes,
            first_arrival_ms: self.first_arrival_ms,
            last_arrival_ms: self.last_arrival_ms,
            is_sealed: self.is_sealed(),
        }
    }
}

pub(crate) fn stream_dir(segments: &Path, id: StreamId) -> PathBuf {
    segments.join(format!("{:016x}", id.0))
}

pub(crate) fn shard_dir(segments: &Path, id: ShardId) -> PathBuf {
    stream_dir(segments, id.stream).join(format!("{:08x}", id.index))
}

fn file_name(base_offset: u64) -> String {
    format!("{base_offset:020}.{EXTENSION}")
}

/// The number in the name of a stream's or shard's directory.
pub(crate) fn directory_number(path: &Path) -> Option<u64> {
    u64::from_str_radix(path.file_name()?.to_str()?, 16).ok()
}

/// The base offset in the name of a segment.
pub(crate) fn base_offset_of(path: &Path) -> Option<u64> {
    let is_ours = path.extension().is_some_and(|extension| extension == EXTENSION);
    is_ours.then(|| path.file_stem()?.to_str()?.parse().ok()).flatten()
}
