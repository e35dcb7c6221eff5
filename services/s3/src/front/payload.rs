//! The bytes of a request's body: what framing there is is undone, what was promised about them is checked.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws::rest::{Body, BodyEnd, BodyError};
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::{S3Error, S3ErrorCode};
use sha2::{Digest, Sha256};

use super::chunked::Chunks;
use super::signature;
use crate::call::Trailers;

/// A body whose errors are [`S3Error`]s, and whose end comes only when everything about it is right.
pub(super) struct Payload {
    inner: Body,
    pending: Bytes,
    undo: Undo,
    /// What is left of the declared length; `None` where there is none, as in a form.
    left: Option<u64>,
    is_ended: bool,
}

pub(super) enum Undo {
    Nothing,
    /// The digest it should have, in hexadecimal digits.
    Digest {
        digest: Sha256,
        expected: String,
    },
    Chunks {
        chunks: Box<Chunks>,
        trailers: Trailers,
    },
}

impl Undo {
    pub(super) fn digest(expected: &str) -> Self {
        Self::Digest { digest: Sha256::new(), expected: expected.to_ascii_lowercase() }
    }
}

impl Payload {
    pub(super) fn new(inner: Body, undo: Undo, length: Option<u64>) -> Self {
        Self { inner, pending: Bytes::new(), undo, left: length, is_ended: false }
    }

    /// What `bytes` of the wire hold; they stay in `pending` as long as there may be more in them.
    fn decode(&mut self) -> Result<Option<Bytes>, S3Error> {
        match &mut self.undo {
            Undo::Chunks { chunks, .. } => chunks.decode(&mut self.pending),
            Undo::Nothing => Ok(Some(std::mem::take(&mut self.pending))),
            Undo::Digest { digest, .. } => {
                digest.update(&self.pending);
                Ok(Some(std::mem::take(&mut self.pending)))
            }
        }
    }

    fn finish(&mut self) -> Result<(), S3Error> {
        match &mut self.undo {
            Undo::Chunks { chunks, trailers } => trailers.set(chunks.finish()?),
            Undo::Digest { digest, expected } => {
                if signature::hex(&digest.finalize_reset()) != *expected {
                    let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
                    return Err(refusal("XAmzContentSHA256Mismatch", message));
                }
            }
            Undo::Nothing => {}
        }
        if self.left.is_some_and(|left| left > 0) { Err(incomplete()) } else { Ok(()) }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, S3Error>>> {
        loop {
            while !self.pending.is_empty() {
                let Some(data) = self.decode()? else { break };
                if data.is_empty() {
                    continue;
                }
                if let Some(left) = &mut self.left {
                    *left = left.checked_sub(data.len() as u64).ok_or_else(incomplete)?;
                }
                return Poll::Ready(Some(Ok(data)));
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => self.pending = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(broken(error)))),
                None => {
                    self.is_ended = true;
                    return Poll::Ready(self.finish().err().map(Err));
                }
            }
        }
    }
}

impl HttpBody for Payload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if this.is_ended {
            return Poll::Ready(None);
        }
        let polled = ready!(this.poll(context));
        if let Some(Err(_)) = polled {
            this.is_ended = true;
        }
        Poll::Ready(polled.map(|data| data.map(Frame::data).map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        // Only whoever asks for the end learns whether the body was right.
        self.is_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// An error with a code that `s3s` may not know.
pub(super) fn refusal(code: &str, message: &'static str) -> S3Error {
    let Ok(code) = code.parse::<S3ErrorCode>();
    let mut refused = S3Error::with_message(code, message);
    if refused.status_code().is_none() {
        refused.set_status_code(StatusCode::BAD_REQUEST);
    }
    refused
}

pub(super) fn incomplete() -> S3Error {
    let message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
    refusal("IncompleteBody", message)
}

fn broken(error: BodyError) -> S3Error {
    match error.downcast_ref::<BodyEnd>() {
        Some(BodyEnd::TooLarge) => refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
        Some(BodyEnd::TooSlow) => refusal(
            "RequestTimeout",
            "Your socket connection to the server was not read from or written to within the timeout period. Idle \
             connections will be closed.",
        ),
        Some(BodyEnd::Broken) | None => incomplete(),
    }
}
