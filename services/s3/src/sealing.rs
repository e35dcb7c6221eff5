//! Stored bytes under a data key: pieces of 64 KiB, each sealed on its own, so that any range can be opened and nothing
//! has to be held but one piece. docs/decisions/0006 has the bytes.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use keys::{SEAL_OVERHEAD_BYTES, Sealer};
use serde::{Deserialize, Serialize};

/// Plain bytes of every piece but the last, which may have fewer.
const PIECE_BYTES: usize = 64 * 1024;
/// The same when it is sealed.
const SEALED_BYTES: usize = PIECE_BYTES + SEAL_OVERHEAD_BYTES;

/// What it takes to open stored bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    /// The owner of the key that wraps the data key.
    pub(crate) account: String,
    pub(crate) region: String,
    /// The data key, in base64.
    pub(crate) wrapped: String,
    /// What the pieces are bound to: no piece opens as one of other bytes.
    pub(crate) binding: String,
    /// Plain bytes of all pieces together.
    pub(crate) len: u64,
}

/// Seals bytes while they come.
pub(crate) struct Sealing {
    sealer: Arc<Sealer>,
    seal: Seal,
    plain: BytesMut,
    count: u64,
}

impl Sealing {
    /// Begins; the seal has no length yet.
    pub(crate) fn new(sealer: Arc<Sealer>, seal: Seal) -> Self {
        Self { sealer, seal, plain: BytesMut::new(), count: 0 }
    }

    /// Takes plain bytes; answers what can be stored of them already, and of those before.
    pub(crate) fn add(&mut self, mut piece: &[u8]) -> Bytes {
        let mut sealed = Vec::new();
        self.seal.len += piece.len() as u64;
        while self.plain.len() + piece.len() >= PIECE_BYTES {
            let (head, rest) = piece.split_at(PIECE_BYTES - self.plain.len());
            self.plain.extend_from_slice(head);
            piece = rest;
            self.seal_piece(&mut sealed);
        }
        self.plain.extend_from_slice(piece);
        Bytes::from(sealed)
    }

    /// The rest of what is to be stored, and what opens all of it.
    pub(crate) fn finish(mut self) -> (Bytes, Seal) {
        let mut sealed = Vec::new();
        if !self.plain.is_empty() {
            self.seal_piece(&mut sealed);
        }
        (Bytes::from(sealed), self.seal)
    }

    fn seal_piece(&mut self, out: &mut Vec<u8>) {
        self.sealer.seal_into(&self.plain, &associated(&self.seal.binding, self.count), out);
        self.plain.clear();
        self.count += 1;
    }
}

fn associated(binding: &str, piece: u64) -> Vec<u8> {
    [binding.as_bytes(), &piece.to_le_bytes()].concat()
}

/// Opens a range of stored bytes while they come.
pub(crate) struct Opening {
    sealer: Arc<Sealer>,
    seal: Seal,
    /// The next piece.
    piece: u64,
    /// Stored bytes that are no whole piece yet.
    sealed: BytesMut,
    /// Plain bytes before the range.
    skipped: usize,
    /// Plain bytes of the range that are still to come.
    left: u64,
}

/// Stored bytes that cannot be opened: they are not those that were sealed.
#[derive(Debug, thiserror::Error)]
#[error("stored bytes of an object are damaged")]
pub(crate) struct Damaged;

impl Opening {
    /// Begins with a range of the plain bytes.
    pub(crate) fn new(sealer: Arc<Sealer>, seal: Seal, range: &Range<u64>) -> Self {
        let piece = range.start / PIECE_BYTES as u64;
        let skipped = usize::try_from(range.start % PIECE_BYTES as u64).expect("less than a piece");
        Self { sealer, seal, piece, sealed: BytesMut::new(), skipped, left: range.end - range.start }
    }

    /// Takes stored bytes in order; answers the plain bytes of the range that they complete.
    pub(crate) fn add(&mut self, stored: &[u8]) -> Result<Bytes, Damaged> {
        self.sealed.extend_from_slice(stored);
        let mut plain = BytesMut::new();
        while self.left > 0 {
            let before = self.piece * PIECE_BYTES as u64;
            let len = self.seal.len.saturating_sub(before).min(PIECE_BYTES as u64);
            let len = usize::try_from(len).expect("at most a piece") + SEAL_OVERHEAD_BYTES;
            if self.sealed.len() < len {
                break;
            }
            let opened = self.sealer.open(&self.sealed.split_to(len), &associated(&self.seal.binding, self.piece));
            let opened = opened.map_err(|_| Damaged)?;
            self.piece += 1;
            let wanted = opened.get(std::mem::take(&mut self.skipped)..).ok_or(Damaged)?;
            let wanted = &wanted[..wanted.len().min(usize::try_from(self.left).unwrap_or(usize::MAX))];
            plain.extend_from_slice(wanted);
            self.left -= wanted.len() as u64;
        }
        Ok(plain.freeze())
    }

    /// Whether everything has come.
    pub(crate) fn is_complete(&self) -> bool {
        self.left == 0
    }
}

/// Where the pieces of a range of plain bytes are stored.
pub(crate) fn stored_range(len: u64, range: &Range<u64>) -> Range<u64> {
    let first = range.start / PIECE_BYTES as u64;
    let last = range.end.div_ceil(PIECE_BYTES as u64).max(first);
    let all = len + len.div_ceil(PIECE_BYTES as u64) * SEAL_OVERHEAD_BYTES as u64;
    first * SEALED_BYTES as u64..(last * SEALED_BYTES as u64).min(all)
}

#[cfg(test)]
mod tests;
