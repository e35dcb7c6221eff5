//! Durable batches that are not in segments yet: where they are in the write-ahead log, and the newest also in memory.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;

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
    pub(crate) block: Arc<Block>,
}

impl TailEntry {
    pub(crate) fn end_offset(&self) -> u64 {
        self.base_offset + u64::from(self.count)
    }

    /// The batch, from memory or from the file. The entry keeps the file from being used again.
    pub(crate) fn read(&self) -> Result<Bytes, Error> {
        if let Some(bytes) = self.block.bytes() {
            let start = usize::try_from(self.position - self.block.start).expect("blocks are in memory");
            return Ok(bytes.slice(start..start + self.length as usize));
        }
        let mut buffer = vec![0; self.length as usize];
        match self.block.file.file.read_exact_at(&mut buffer, self.position) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(self.corrupt()),
            Err(error) => return Err(error.into()),
        }
        let is_ours = batch::head(&buffer).is_some_and(|head| head.base_offset == self.base_offset);
        if !is_ours || !batch::is_intact(&buffer) {
            tracing::error!(file = %self.block.file.path.display(), position = self.position, "a stored batch is damaged");
            return Err(self.corrupt());
        }
        Ok(Bytes::from(buffer))
    }

    /// Like [`TailEntry::read`]. A damaged batch is copied all the same, so that it stands in nobody's way.
    pub(crate) fn read_for_copy(&self) -> Result<Bytes, Error> {
        match self.read() {
            Err(Error::Corrupt { .. }) => {
                let mut buffer = vec![0; self.length as usize];
                self.block.file.file.read_exact_at(&mut buffer, self.position)?;
                batch::mend_head(&mut buffer, self.base_offset, self.count, self.arrival_ms);
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
