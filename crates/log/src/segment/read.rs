//! Reading records from a segment, and finding an instant in one.

use std::ops::ControlFlow;

use host::files::{Buffers, DIRECT_ALIGNMENT};

use super::SegmentMeta;
use super::files::OpenSegment;
use super::index::{self, INTERVAL_BYTES};
use crate::Error;
use crate::batch::{self, Window};
use bytes::Bytes;

/// The most that is read at once; a larger batch is read alone. Small enough that the checksum still finds it in the core's own cache.
const READ_BYTES_MAX: u64 = 512 * 1024;

/// Reads of at least this many bytes pass the page cache, which saves a copy: whoever asks for so much works through
/// the stream. Smaller ones may come again and again for the same bytes, and are served from memory then.
const DIRECT_BYTES_MIN: u64 = 256 * 1024;

/// Fills a window from a segment that contains its next offset, until it is full or the segment ends.
pub(crate) fn read(
    segment: &OpenSegment,
    meta: &SegmentMeta,
    buffers: &Buffers,
    window: &mut Window,
) -> Result<(), Error> {
    let start = segment.index(meta)?.by_offset(window.next());
    let (mut position, mut offset) = (start.position, start.offset);
    let mut wanted = 0;
    while !window.is_full() && window.next() < meta.end_offset {
        let damaged = Error::Corrupt { from: offset, to: meta.end_offset };
        // The place of the first wanted record is known up to an interval.
        let useful = (window.bytes_left() as u64).saturating_add(INTERVAL_BYTES * 2).min(READ_BYTES_MAX);
        let length = useful.max(wanted).min(meta.bytes.saturating_sub(position));
        if length < batch::HEADER_BYTES as u64 {
            return Err(damaged);
        }
        let buffer = stroke(segment, buffers, position, length, &damaged)?;
        let mut at = 0;
        wanted = 0;
        while !window.is_full() && at + batch::HEADER_BYTES <= buffer.len() {
            let Some(head) = batch::head(&buffer[at..]).filter(|head| head.base_offset == offset) else {
                let damaged = Error::Corrupt { from: offset, to: meta.end_offset };
                let next = index::behind_zeros(position + at as u64).ok_or(damaged)?;
                at = usize::try_from(next - position).expect("buffers are in memory");
                continue;
            };
            let end = at + head.length;
            if position + end as u64 > meta.bytes || head.end_offset() > meta.end_offset {
                return Err(Error::Corrupt { from: offset, to: meta.end_offset });
            }
            if end > buffer.len() {
                wanted = head.length as u64;
                break;
            }
            if head.end_offset() > window.next() {
                let bytes = buffer.slice(at..end);
                if !batch::is_intact(&bytes) {
                    return Err(Error::Corrupt { from: head.base_offset, to: head.end_offset() });
                }
                window.push(bytes)?;
            }
            (at, offset) = (end, head.end_offset());
        }
        position += at as u64;
    }
    Ok(())
}

/// So many bytes of a segment.
fn stroke(
    segment: &OpenSegment,
    buffers: &Buffers,
    position: u64,
    length: u64,
    damaged: &Error,
) -> Result<Bytes, Error> {
    let (read, before): (fn(_, _, _, _) -> _, _) = if length >= DIRECT_BYTES_MIN {
        (index::read_direct_at, position % DIRECT_ALIGNMENT as u64)
    } else {
        (index::read_at, 0)
    };
    let from = usize::try_from(before).map_err(std::io::Error::other)?;
    let end = usize::try_from(before + length).map_err(std::io::Error::other)?;
    let mut buffer = buffers.take(end);
    read(&*segment.file, &mut buffer[..end], position - before, damaged)?;
    Ok(buffer.freeze().slice(from..end))
}

/// The first batch of a segment that arrived at or after the instant: its base offset and arrival.
pub(crate) fn find_time(segment: &OpenSegment, meta: &SegmentMeta, at_ms: u64) -> Result<Option<(u64, u64)>, Error> {
    let start = segment.index(meta)?.by_arrival(at_ms);
    let mut found = None;
    index::walk(&*segment.file, meta, start, |_, head| {
        if head.arrival_ms < at_ms {
            return ControlFlow::Continue(());
        }
        found = Some((head.base_offset, head.arrival_ms));
        ControlFlow::Break(())
    })?;
    Ok(found)
}
