//! The body of an answer whose length is known beforehand.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::StdError;
use s3s::dto::StreamingBlob;

/// Pieces, and how many bytes of them are still to come.
struct Outgoing {
    pieces: BoxStream<'static, Result<Bytes, StdError>>,
    left: u64,
}

/// A body of these pieces.
pub(crate) fn body(pieces: impl Stream<Item = Result<Bytes, StdError>> + Send + 'static, len: u64) -> StreamingBlob {
    s3s::Body::http_body_unsync(Outgoing { pieces: Box::pin(pieces), left: len }).into()
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let this = self.get_mut();
        this.pieces.as_mut().poll_next(context).map(|piece| {
            let piece = piece?;
            Some(piece.map(|piece| {
                this.left = this.left.saturating_sub(piece.len() as u64);
                Frame::data(piece)
            }))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
