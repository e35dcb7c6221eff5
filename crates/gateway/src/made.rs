//! Bodies that are made while they are sent: a piece is made once the one before has left, so that a large answer never
//! stands in memory as a whole.

use aws::Pieces;
use aws::rest::BodyError;
use bytes::Bytes;
use http_body::Frame;

use crate::connection::{Busy, Unwritten};

/// The rest of a body that is being made.
pub(crate) struct Made {
    pieces: Pieces,
    left: u64,
    _busy: Option<Unwritten>,
}

impl Made {
    pub(crate) fn new(pieces: Pieces) -> Self {
        Self { left: pieces.length(), pieces, _busy: None }
    }

    /// The same, which keeps its connection busy until it is written.
    pub(crate) fn while_busy(self, busy: Busy) -> Self {
        Self { _busy: Some(busy.unwritten()), ..self }
    }

    /// How many bytes are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    pub(crate) fn next_frame(&mut self) -> Option<Result<Frame<Bytes>, BodyError>> {
        let piece = self.pieces.next()?.map_err(|error| {
            tracing::error!(cause = error.cause().map(ToString::to_string), %error, "an answer breaks off");
            BodyError::from(error)
        });
        Some(piece.map(|bytes| {
            self.left = self.left.saturating_sub(bytes.len() as u64);
            Frame::data(bytes)
        }))
    }
}
