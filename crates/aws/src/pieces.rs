//! Answers that are written while they are sent: one long list, measured first, so that its length stands in front.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::{Codec, Reply, ReplyBody, ServiceError};

/// A piece is sent once it has this many bytes.
const PIECE_BYTES: usize = 64 << 10;
/// Answers up to this size are written at once.
const WHOLE_BYTES_MAX: u64 = 256 << 10;

/// What an operation answers.
pub trait Answer: Send + 'static {
    /// The answer on the wire.
    fn reply(self, codec: Codec, operation: &str, request_id: &str) -> Result<Reply, ServiceError>;
}

impl<T: Serialize + Send + 'static> Answer for T {
    fn reply(self, codec: Codec, operation: &str, request_id: &str) -> Result<Reply, ServiceError> {
        Ok(Reply::full(codec, codec.encode(operation, &self, request_id)?))
    }
}

/// A list with a few members behind it, whose items are written one after the other.
pub trait Listing: Send + 'static {
    /// The list's wire name; it is the first member of the answer.
    const NAME: &'static str;
    /// The members behind it, as a structure of less than 23.
    type Rest: Serialize;

    /// The members behind the list.
    fn rest(&self) -> &Self::Rest;

    /// How many items there are.
    fn count(&self) -> usize;

    /// How many bytes all items take, as [`Codec::item_bytes`] counts them.
    fn items_bytes(&self, codec: Codec) -> Result<u64, ServiceError>;

    /// Shows the next item, which may be forgotten then; false when all have been shown.
    fn show_next(&mut self, see: &mut impl See) -> Result<bool, ServiceError>;
}

/// Whoever is shown the items of a [`Listing`].
pub trait See {
    /// Takes in one item.
    fn see<T: Serialize>(&mut self, item: &T) -> Result<(), ServiceError>;
}

/// An answer that is written piece by piece where it is long.
#[derive(Debug)]
pub struct Listed<L>(pub L);

impl<L: Listing> Answer for Listed<L> {
    fn reply(self, codec: Codec, _operation: &str, _request_id: &str) -> Result<Reply, ServiceError> {
        let Self(mut listing) = self;
        let frame = codec.list_frame(L::NAME, listing.count(), listing.rest())?;
        let length = listing.items_bytes(codec)? + (frame.head.len() + frame.tail.len()) as u64;
        let mut written = Written { codec, count: 0, out: frame.head };
        let body = if length <= WHOLE_BYTES_MAX {
            while listing.show_next(&mut written)? {}
            written.out.extend_from_slice(&frame.tail);
            ReplyBody::Full(Bytes::from(written.out))
        } else {
            let mut tail = Some(frame.tail);
            ReplyBody::Pieces(Pieces::new(length, move || next_piece(&mut listing, &mut written, &mut tail)))
        };
        Ok(Reply { content_type: Some(codec.content_type()), body })
    }
}

/// The next piece; the last one takes the tail.
fn next_piece<L: Listing>(listing: &mut L, written: &mut Written, tail: &mut Option<Vec<u8>>) -> Option<Piece> {
    tail.as_ref()?;
    while written.out.len() < PIECE_BYTES {
        match listing.show_next(written) {
            Ok(true) => {}
            Ok(false) => {
                written.out.append(&mut tail.take().unwrap_or_default());
                break;
            }
            Err(error) => {
                *tail = None;
                return Some(Err(error));
            }
        }
    }
    let room = if tail.is_some() { PIECE_BYTES + PIECE_BYTES / 8 } else { 0 };
    Some(Ok(Bytes::from(std::mem::replace(&mut written.out, Vec::with_capacity(room)))))
}

/// What stands before and behind the items of a list.
pub(crate) struct ListFrame {
    pub(crate) head: Vec<u8>,
    pub(crate) tail: Vec<u8>,
}

struct Written {
    codec: Codec,
    count: usize,
    out: Vec<u8>,
}

impl See for Written {
    fn see<T: Serialize>(&mut self, item: &T) -> Result<(), ServiceError> {
        self.codec.write_item(self.count == 0, item, &mut self.out)?;
        self.count += 1;
        Ok(())
    }
}

/// A body of known length that is made while it is sent.
pub struct Pieces {
    length: u64,
    next: Box<dyn FnMut() -> Option<Piece> + Send>,
}

type Piece = Result<Bytes, ServiceError>;

impl Pieces {
    /// A body of so many bytes; `next` makes its pieces until there are none. After an error there are none.
    pub fn new(length: u64, next: impl FnMut() -> Option<Piece> + Send + 'static) -> Self {
        Self { length, next: Box::new(next) }
    }

    /// Bytes of all pieces together.
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        (self.next)()
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pieces({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests;
