//! Large buffers that begin where the disk can take them from, and are used again: fresh memory costs a page fault for
//! every 4 KiB.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::DIRECT_ALIGNMENT;
use bytes::Bytes;

/// Sizes are multiples of this, so that buffers of about the same size can stand in for each other.
const SIZE_STEP: usize = 64 << 10;

/// Bytes of free buffers that are kept; more are given back to the system.
const FREE_BYTES_MAX: usize = 32 << 20;

/// Where buffers come from and go back to. Clones share.
#[derive(Clone, Default)]
pub struct Buffers {
    free: Arc<Mutex<Free>>,
}

#[derive(Default)]
struct Free {
    /// The one used last stands last: it may still be in a cache.
    memories: Vec<Vec<u8>>,
    bytes: usize,
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").field("free_bytes", &self.lock().bytes).finish()
    }
}

impl Buffers {
    fn lock(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer of at least so many bytes, with anything in it.
    pub fn take(&self, bytes: usize) -> Buffer {
        let size = (bytes + DIRECT_ALIGNMENT).next_multiple_of(SIZE_STEP);
        let memory = {
            let mut free = self.lock();
            // Not a much larger one: whoever needs that would have to make a new one.
            let fits = |memory: &Vec<u8>| (size..=2 * size).contains(&memory.len());
            let found = free.memories.iter().rposition(fits).map(|at| free.memories.remove(at));
            free.bytes -= found.as_ref().map_or(0, Vec::len);
            found
        };
        let memory = memory.unwrap_or_else(|| vec![0; size]);
        let start = memory.as_ptr().align_offset(DIRECT_ALIGNMENT);
        Buffer { memory, start, home: self.clone() }
    }

    fn take_back(&self, memory: Vec<u8>) {
        let mut free = self.lock();
        free.bytes += memory.len();
        free.memories.push(memory);
        let mut surplus = Vec::new();
        while free.bytes > FREE_BYTES_MAX {
            let oldest = free.memories.remove(0);
            free.bytes -= oldest.len();
            surplus.push(oldest);
        }
        drop(free);
        drop(surplus);
    }
}

/// Memory that begins at a multiple of [`DIRECT_ALIGNMENT`]; goes back where it came from when it is dropped.
pub struct Buffer {
    memory: Vec<u8>,
    start: usize,
    home: Buffers,
}

impl Buffer {
    /// As bytes that share this buffer.
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("bytes", &self.len()).finish_non_exhaustive()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.memory[self.start..]
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_ref()
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.home.take_back(std::mem::take(&mut self.memory));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_and_used_again() {
        let buffers = Buffers::default();
        let first = buffers.take(300_000);
        assert!(first.len() >= 300_000 && first.as_ptr().addr().is_multiple_of(DIRECT_ALIGNMENT));
        let address = first.as_ptr();
        let bytes = first.freeze();
        let part = bytes.slice(5..9);
        drop(bytes);
        assert_ne!(buffers.take(300_000).as_ptr(), address, "a part of it is still in use");
        drop(part);
        assert_eq!(buffers.take(290_000).as_ptr(), address);
        assert_ne!(buffers.take(10).as_ptr(), address, "far too large");
    }

    #[test]
    fn not_everything_is_kept() {
        let buffers = Buffers::default();
        let many: Vec<_> = (0..50).map(|_| buffers.take(1 << 20)).collect();
        drop(many);
        assert!(buffers.lock().bytes <= FREE_BYTES_MAX);
    }
}
