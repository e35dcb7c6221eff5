//! The way of one stream through its pieces, in whole blocks.

use bytes::Bytes;

use crate::kernel::{self, BLOCK_BYTES, INITIAL};

/// A digest that is not finished, with the bytes that do not make a block yet.
#[derive(Debug, Clone)]
pub(crate) struct State {
    words: [u32; 4],
    partial: [u8; BLOCK_BYTES],
    partial_len: usize,
    len: u64,
}

impl State {
    pub(crate) fn new() -> Self {
        Self { words: INITIAL, partial: [0; BLOCK_BYTES], partial_len: 0, len: 0 }
    }

    /// Hashes bytes of this stream alone.
    pub(crate) fn hash(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        let rest = self.fill(bytes);
        if self.partial_len == BLOCK_BYTES {
            kernel::compress_one(&mut self.words, &self.partial);
            self.partial_len = 0;
        }
        let (blocks, tail) = rest.split_at(rest.len() / BLOCK_BYTES * BLOCK_BYTES);
        kernel::compress_one(&mut self.words, blocks);
        self.fill(tail);
    }

    /// What has to follow to make the stream a whole number of blocks, the last of which says how long it was.
    pub(crate) fn padding(&self) -> Vec<u8> {
        let zeros = (BLOCK_BYTES * 2 - 1 - 8 - self.partial_len) % BLOCK_BYTES;
        let mut padding = vec![0; 1 + zeros];
        padding[0] = 0x80;
        padding.extend_from_slice(&self.len.wrapping_mul(8).to_le_bytes());
        padding
    }

    /// The digest of what was hashed; asked after the padding.
    pub(crate) fn digest(&self) -> [u8; 16] {
        debug_assert_eq!(self.partial_len, 0, "the padding comes first");
        let mut digest = [0; 16];
        for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.words) {
            *bytes = word.to_le_bytes();
        }
        digest
    }

    /// Fills up a block that has begun, or begins one with less than a block; gives what is left.
    fn fill<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.partial_len == 0 && bytes.len() >= BLOCK_BYTES {
            return bytes;
        }
        let taken = bytes.len().min(BLOCK_BYTES - self.partial_len);
        self.partial[self.partial_len..self.partial_len + taken].copy_from_slice(&bytes[..taken]);
        self.partial_len += taken;
        &bytes[taken..]
    }
}

/// A stream that is being hashed beside others.
#[derive(Debug)]
pub(crate) struct Lane {
    state: State,
    pieces: Vec<Bytes>,
    /// Where it is: the piece, and the position in it.
    piece: usize,
    at: usize,
}

impl Lane {
    pub(crate) fn new(mut state: State, pieces: Vec<Bytes>) -> Self {
        state.len += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        Self { state, pieces, piece: 0, at: 0 }
    }

    /// Goes to the next whole blocks and tells how many bytes of them are in one place; 0 at the end.
    pub(crate) fn seek(&mut self) -> usize {
        while self.state.partial_len < BLOCK_BYTES {
            let Some(piece) = self.pieces.get(self.piece) else { return 0 };
            let rest = &piece[self.at..];
            if self.state.partial_len == 0 && rest.len() >= BLOCK_BYTES {
                return rest.len() / BLOCK_BYTES * BLOCK_BYTES;
            }
            self.at += rest.len() - self.state.fill(rest).len();
            if self.at == piece.len() {
                (self.piece, self.at) = (self.piece + 1, 0);
            }
        }
        BLOCK_BYTES
    }

    /// The next bytes, as [`Lane::seek`] has told.
    pub(crate) fn blocks(&self, bytes: usize) -> &[u8] {
        match self.state.partial_len {
            BLOCK_BYTES => &self.state.partial,
            _ => &self.pieces[self.piece][self.at..self.at + bytes],
        }
    }

    /// Goes on behind bytes that were hashed.
    pub(crate) fn advance(&mut self, bytes: usize) {
        match self.state.partial_len {
            BLOCK_BYTES => self.state.partial_len = 0,
            _ => self.at += bytes,
        }
    }

    pub(crate) fn words(&self) -> [u32; 4] {
        self.state.words
    }

    pub(crate) fn set_words(&mut self, words: [u32; 4]) {
        self.state.words = words;
    }

    pub(crate) fn into_state(self) -> State {
        self.state
    }
}
