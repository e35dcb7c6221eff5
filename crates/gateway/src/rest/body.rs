//! A request's body on its way to a service: never held, but held to a pace and to a length.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use aws::rest::{self, BodyEnd, BodyError};
use bytes::Bytes;
use futures::future::BoxFuture;
use host::Host;
use http::header::EXPECT;
use http::request::Parts;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use crate::body::discard;
use crate::server::Gate;

/// What a client must send in every span for which it was waited.
const PACE_BYTES: u64 = 32 << 10;

/// The body of a request as its service gets it, and what is left of it afterwards.
pub(super) fn received(gate: &Gate, parts: &Parts, body: Incoming, limit: u64) -> (rest::Body, Leftover) {
    if body.is_end_stream() {
        return (rest::Body::empty(), Leftover(Arc::default()));
    }
    let leftover = Arc::new(Mutex::new(None));
    let received = Received {
        left: limit,
        span: gate.limits.body_read,
        host: gate.host.clone(),
        pace: None,
        has_ended: false,
        // Whoever waits to be told before sending is told with the first look at the body, and only then.
        is_coming: !parts.headers.contains_key(EXPECT),
        leftover: Arc::clone(&leftover),
        body: Some(body),
    };
    (rest::Body::new(received), Leftover(leftover))
}

struct Received {
    body: Option<Incoming>,
    left: u64,
    host: Host,
    span: Duration,
    pace: Option<Pace>,
    has_ended: bool,
    is_coming: bool,
    leftover: Arc<Mutex<Option<Incoming>>>,
}

/// A span of time in which bytes must come. In a mutex only because futures cannot be shared between threads.
struct Pace {
    end: Mutex<BoxFuture<'static, ()>>,
    came_bytes: u64,
    waited: Duration,
    waiting_since: Option<Duration>,
}

impl Received {
    /// Notes that the client is waited for; whether it has been waited for long enough.
    fn is_too_slow(&mut self, context: &mut Context<'_>) -> bool {
        let (host, span) = (&self.host, self.span);
        loop {
            let pace = self.pace.get_or_insert_with(|| Pace {
                end: Mutex::new(host.sleep(span)),
                came_bytes: 0,
                waited: Duration::ZERO,
                waiting_since: None,
            });
            let now = host.monotonic();
            let since = *pace.waiting_since.get_or_insert(now);
            let end = pace.end.get_mut().expect("holders of this lock do not panic");
            if end.as_mut().poll(context).is_pending() {
                return false;
            }
            // Time in which we did not look at the body is not the client's.
            let waited = pace.waited + now.saturating_sub(since);
            if pace.came_bytes < PACE_BYTES && waited >= span / 2 {
                return true;
            }
            self.pace = None;
        }
    }

    fn note_bytes(&mut self, bytes: u64) {
        if let Some(pace) = &mut self.pace {
            pace.came_bytes += bytes;
            if let Some(since) = pace.waiting_since.take() {
                pace.waited += self.host.monotonic().saturating_sub(since);
            }
        }
    }

    fn end<T>(&mut self, why: BodyEnd) -> Poll<Option<Result<T, BodyError>>> {
        self.has_ended = true;
        Poll::Ready(Some(Err(why.into())))
    }
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Some(body) = this.body.as_mut().filter(|_| !this.has_ended) else { return Poll::Ready(None) };
        this.is_coming = true;
        match Pin::new(body).poll_frame(context) {
            Poll::Pending if this.is_too_slow(context) => this.end(BodyEnd::TooSlow),
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => {
                this.has_ended = true;
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(_))) => this.end(BodyEnd::Broken),
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                this.note_bytes(bytes);
                let Some(left) = this.left.checked_sub(bytes) else { return this.end(BodyEnd::TooLarge) };
                this.left = left;
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended || self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| self.is_coming && !body.is_end_stream());
        *self.leftover.lock().expect("holders of this lock do not panic") = unread;
    }
}

/// What a service did not read of a body.
pub(super) struct Leftover(Arc<Mutex<Option<Incoming>>>);

impl Leftover {
    /// Reads on for a while without keeping anything: a client that is still sending would not read the answer.
    pub(super) async fn drain(self, time: Duration) {
        let unread = self.0.lock().expect("holders of this lock do not panic").take();
        if let Some(body) = unread {
            discard(body, time).await;
        }
    }
}
