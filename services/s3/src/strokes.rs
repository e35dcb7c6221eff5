//! A body in strokes: pieces of any size brought together where the disk can take them from.
//!
//! A piece is copied as soon as it comes, while the core still has it in its own cache, and the memory it came in is free
//! for the next one. Digests and the disk then share one copy. What is little takes no more memory than it needs.

use bytes::{Buf, Bytes, BytesMut};
use host::files::{Buffer, Buffers};

use crate::limits;

/// Bytes of a stroke.
const STROKE_BYTES: usize = 256 << 10;

/// The stroke that is being filled.
#[derive(Debug)]
pub(crate) struct Strokes {
    buffers: Buffers,
    /// What has come as long as it is little.
    small: BytesMut,
    filling: Option<Buffer>,
    filled: usize,
}

impl Strokes {
    pub(crate) fn new(buffers: &Buffers) -> Self {
        Self { buffers: buffers.clone(), small: BytesMut::new(), filling: None, filled: 0 }
    }

    /// Takes bytes from the front of `rest`; gives the stroke once it is full.
    pub(crate) fn fill(&mut self, rest: &mut Bytes) -> Option<Bytes> {
        if rest.is_empty() {
            return None;
        }
        if self.filling.is_none() && self.small.len() + rest.len() <= limits::SMALL_BYTES_MAX {
            self.small.extend_from_slice(&std::mem::take(rest));
            return None;
        }
        let buffer = self.filling.get_or_insert_with(|| self.buffers.take(STROKE_BYTES));
        if !self.small.is_empty() {
            self.filled = self.small.len();
            buffer[..self.filled].copy_from_slice(&self.small.split());
        }
        let taken = rest.len().min(STROKE_BYTES - self.filled);
        buffer[self.filled..self.filled + taken].copy_from_slice(&rest[..taken]);
        rest.advance(taken);
        self.filled += taken;
        (self.filled == STROKE_BYTES).then(|| self.end())
    }

    /// What there is of a stroke.
    pub(crate) fn end(&mut self) -> Bytes {
        let filled = std::mem::take(&mut self.filled);
        match self.filling.take() {
            Some(buffer) => buffer.freeze().slice(..filled),
            None => self.small.split().freeze(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_together_are_the_body() {
        let mut strokes = Strokes::new(&Buffers::default());
        let body: Vec<u8> = (0..5 * STROKE_BYTES + 77).map(|at| (at % 251) as u8).collect();
        let mut found = Vec::new();
        let (first, rest) = body.split_at(1_000);
        let pieces = first.chunks(300).chain(rest.chunks(STROKE_BYTES * 2 / 3 + 1));
        for (at, piece) in pieces.enumerate() {
            let mut rest = Bytes::copy_from_slice(piece);
            while let Some(stroke) = strokes.fill(&mut rest) {
                assert_eq!(stroke.len(), STROKE_BYTES, "with piece {at}");
                found.push(stroke);
            }
            assert!(rest.is_empty());
        }
        assert_eq!(found.len(), 5);
        found.push(strokes.end());
        assert!(strokes.end().is_empty());
        assert!(found.concat() == body);
    }
}
