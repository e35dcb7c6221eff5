//! Durable batches that are not in segments yet: where they are in the write-ahead log, and the newest also in memory.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use host::files::DIRECT_ALIGNMENT;

use crate::wal::WalFile;
use crate::{Error, batch};

/// A stretch of a write-ahead file, and its bytes while they are in memory.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) file: Arc<WalFile>,
    /// Where the bytes begin in the file.
    start: u64,
    bytes: Mutex<Option<Bytes>>,
}

impl Block {
    pub(crate) fn new(file: Arc<WalFile>, start: u64, bytes: Option<Bytes>) -> Arc<Self> {
        Arc::new(Self { file, start, bytes: Mutex::new(bytes) })
    }

    fn bytes(&self) -> Option<Bytes> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn evict(&self) {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A batch of one shard in the write-ahead log.
#[derive(Debug, Clone)]
pub(crate) struct TailEntry {
    pub(crate) base_offset: u64,
    pub(crate) arrival_ms: u64,
    /// Where the batch begins in the file.
    pub(crate) position: u64,
    pub(crate) length: u32,
    pub(crate) count: u32,
    /// It begins at a multiple of what direct writes want, in memory as in the file, and zeros follow up to one.
    pub(crate) is_padded: bool,
    pub(crate) block: Arc<Block>,
}

impl TailEntry {
    pub(crate) fn end_offset(&self) -> u64 {
        self.base_offset + u64::from(self.count)
    }

    /// The batch with the zeros behind it.
    pub(crate) fn padded_length(&self) -> usize {
        let length = self.length as usize;
        if self.is_padded { length.next_multiple_of(DIRECT_ALIGNMENT) } else { length }
    }

    /// The batch, from memory or from the file. The entry keeps the file from being used again.
    pub(crate) fn read(&self) -> Result<Bytes, Error> {
        Ok(self.read_padded()?.slice(..self.length as usize))
    }

    fn read_padded(&self) -> Result<Bytes, Error> {
        if let Some(bytes) = self.block.bytes() {
            let start = usize::try_from(self.position - self.block.start).expect("blocks are in memory");
            return Ok(bytes.slice(start..start + self.padded_length()));
        }
        let buffer = match self.read_file() {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(self.corrupt()),
            read => read?,
        };
        let batch = &buffer[..self.length as usize];
        let is_ours = batch::head(batch).is_some_and(|head| head.base_offset == self.base_offset);
        if !is_ours || !batch::is_intact(batch) {
            tracing::error!(file = %self.block.file.path.display(), position = self.position, "a stored batch is damaged");
            return Err(self.corrupt());
        }
        Ok(Bytes::from(buffer))
    }

    fn read_file(&self) -> Result<Vec<u8>, Error> {
        let mut buffer = vec![0; self.padded_length()];
        // No checksum covers the zeros.
        self.block.file.file.read_exact_at(&mut buffer[..self.length as usize], self.position)?;
        Ok(buffer)
    }

    /// Like [`TailEntry::read`], with the zeros behind it. A damaged batch is copied all the same, so that it stands in
    /// nobody's way.
    pub(crate) fn read_for_copy(&self) -> Result<Bytes, Error> {
        match self.read_padded() {
            Err(Error::Corrupt { .. }) => {
                let mut buffer = self.read_file()?;
                let batch = &mut buffer[..self.length as usize];
                batch::mend_head(batch, self.base_offset, self.count, self.arrival_ms);
                Ok(Bytes::from(buffer))
            }
            read => read,
        }
    }

    fn corrupt(&self) -> Error {
        Error::Corrupt { from: self.base_offset, to: self.end_offset() }
    }
}

/// Bounds what blocks hold in memory: the oldest lose their bytes first.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget {
    /// Blocks that are in segments are gone already, hence weak.
    blocks: VecDeque<(Weak<Block>, usize)>,
    bytes: usize,
}

impl MemoryBudget {
    pub(crate) fn add(&mut self, block: &Arc<Block>, bytes: usize, bytes_max: usize) {
        self.blocks.push_back((Arc::downgrade(block), bytes));
        self.bytes += bytes;
        while self.bytes > bytes_max {
            let Some((oldest, freed)) = self.blocks.pop_front() else { break };
            self.bytes -= freed;
            if let Some(block) = oldest.upgrade() {
                block.evict();
            }
        }
    }
}
