//! Bodies of requests: made piece by piece while they are sent, so that no second copy of a batch is held.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use host::Host;
use http_body::{Body, Frame, SizeHint};

/// Pieces are gathered up to this size, in bytes: many small writes cost more than the copy.
const FRAME_BYTES: usize = 64 << 10;

/// A body that can be made as often as it is sent.
pub(crate) trait Pieces: Send + Sync + 'static {
    /// The length of all pieces together, in bytes.
    fn len(&self) -> u64;

    /// The piece of that index, `None` behind the last one.
    fn piece(&self, index: usize) -> Option<Bytes>;
}

impl Pieces for Bytes {
    fn len(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn piece(&self, index: usize) -> Option<Bytes> {
        (index == 0).then(|| self.clone())
    }
}

impl Pieces for Vec<Bytes> {
    fn len(&self) -> u64 {
        self.iter().map(|piece| piece.len() as u64).sum()
    }

    fn piece(&self, index: usize) -> Option<Bytes> {
        self.get(index).cloned()
    }
}

/// When all of a request was given to the connection, in the host's monotonic time.
#[derive(Debug, Clone, Default)]
pub(super) struct SentAt(Arc<Mutex<Option<Duration>>>);

impl SentAt {
    pub(super) fn get(&self) -> Option<Duration> {
        *self.0.lock().expect("no panic while held")
    }

    pub(super) fn clear(&self) {
        *self.0.lock().expect("no panic while held") = None;
    }

    fn set(&self, at: Duration) {
        *self.0.lock().expect("no panic while held") = Some(at);
    }
}

/// A body on its way.
pub(super) struct RequestBody {
    pieces: Arc<dyn Pieces>,
    next: usize,
    left: u64,
    host: Host,
    sent_at: SentAt,
}

impl RequestBody {
    pub(super) fn new(pieces: Arc<dyn Pieces>, host: Host, sent_at: SentAt) -> Self {
        let left = pieces.len();
        if left == 0 {
            sent_at.set(host.monotonic());
        }
        Self { pieces, next: 0, left, host, sent_at }
    }

    /// The next frame's bytes: one large piece, or several small ones.
    fn gather(&mut self) -> Option<Bytes> {
        let first = self.pieces.piece(self.next)?;
        self.next += 1;
        if first.len() >= FRAME_BYTES / 2 {
            return Some(first);
        }
        let mut gathered = BytesMut::with_capacity(FRAME_BYTES);
        gathered.extend_from_slice(&first);
        while let Some(piece) = self.pieces.piece(self.next) {
            if gathered.len() + piece.len() > FRAME_BYTES {
                break;
            }
            gathered.extend_from_slice(&piece);
            self.next += 1;
        }
        Some(gathered.freeze())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(bytes) = self.gather() else { return Poll::Ready(None) };
        self.left = self.left.checked_sub(bytes.len() as u64).expect("pieces are as long as they say");
        if self.left == 0 {
            self.sent_at.set(self.host.monotonic());
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
