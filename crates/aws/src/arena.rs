//! One allocation for all blobs of a large request, instead of one for each.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};

/// Smaller requests have few blobs, or small ones; they get their own memory.
const REQUEST_BYTES_MIN: usize = 16 << 10;

thread_local! {
    /// Room for the blobs of the request that this thread is decoding.
    static ROOM: RefCell<BytesMut> = RefCell::new(BytesMut::new());
}

/// Decodes a request of `request_bytes`, whose blobs have at most `blob_bytes` together, with room made for them.
pub(crate) fn with_room<T>(request_bytes: usize, blob_bytes: usize, decode: impl FnOnce() -> T) -> T {
    if request_bytes < REQUEST_BYTES_MIN {
        return decode();
    }
    ROOM.set(BytesMut::zeroed(blob_bytes));
    let decoded = decode();
    // What was not needed belongs to nobody; blobs keep what they took.
    ROOM.take();
    decoded
}

/// A blob of `len` bytes that `fill` writes: in the room that was made, or in memory of its own.
pub(crate) fn blob<E>(len: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Bytes, E> {
    ROOM.with_borrow_mut(|room| {
        if len > 0 && room.len() >= len {
            fill(&mut room[..len])?;
            return Ok(room.split_to(len).freeze());
        }
        let mut own = vec![0; len];
        fill(&mut own)?;
        Ok(Bytes::from(own))
    })
}
