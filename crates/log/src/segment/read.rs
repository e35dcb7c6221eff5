//! Reading records from a segment, and finding an instant in one.

use std::ops::ControlFlow;

use super::SegmentMeta;
use super::files::OpenSegment;
use super::index::{self, INTERVAL_BYTES};
use crate::Error;
use crate::batch::{self, Window};
use crate::buffer::Buffers;

/// The most that is read at once; a larger batch is read alone. Small enough that the checksum still finds it in the core's own cache.
const READ_BYTES_MAX: u64 = 512 * 1024;

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
        let length = usize::try_from(length).map_err(std::io::Error::other)?;
        let mut buffer = buffers.take(length);
        index::read_at(&*segment.file, &mut buffer[..length], position, &damaged)?;
        let buffer = buffer.freeze().slice(..length);
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
