//! Bodies: requests collected within their limits, answers sent whole or frame by frame.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use aws::Pieces;
use aws::rest::{self, BodyError};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::{Busy, Unwritten};
use crate::made::Made;
use crate::metrics::Counts;
use crate::patience;
use crate::request::InFlight;

/// Bodies up to this size are not counted: the number of requests bounds them well enough.
const UNCOUNTED_BYTES: usize = 8 << 10;
/// The unit in which bodies in flight are counted.
pub(crate) const PERMIT_BYTES: usize = 1 << 10;
/// How fast a body must come, beside its fixed time.
const SLOWEST_BYTES_PER_SECOND: usize = 64 << 10;
/// A body that holds memory others may wait for must bring this much in every span, else it is cut.
const PACE_BYTES: usize = SLOWEST_BYTES_PER_SECOND * 5;
const PACE_SPAN: Duration = Duration::from_secs(5);
/// How much of a body that is refused for its size is read and thrown away, so that its sender gets to read why.
const DISCARD_BYTES_MAX: usize = 64 << 20;

/// A request's body, all of it.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    /// Held as long as the body or what was made of it is in memory.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

/// Why a body could not be collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uncollected {
    TooLarge,
    TooSlow,
    /// Other bodies fill the memory that is set aside for them.
    Busy,
    /// The client left in the middle.
    Broken,
}

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn collect(
    mut body: Incoming,
    limit: usize,
    time: Duration,
    in_flight: &Arc<Semaphore>,
) -> Result<Collected, Uncollected> {
    let hint = body.size_hint();
    let declared = hint.exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if declared.is_some_and(|bytes| bytes > limit) {
        discard(body, time).await;
        return Err(Uncollected::TooLarge);
    }
    if body.is_end_stream() {
        return Ok(Collected { bytes: Bytes::new(), permit: None });
    }
    let allowed = time + Duration::from_secs((declared.unwrap_or(limit) / SLOWEST_BYTES_PER_SECOND) as u64);
    let reading = receive(&mut body, declared, limit, in_flight);
    let outcome = patience::within(allowed, reading).await.unwrap_or(Err(Uncollected::TooSlow));
    if matches!(outcome, Err(Uncollected::TooLarge)) {
        discard(body, time).await;
    }
    outcome
}

async fn receive(
    body: &mut Incoming,
    declared: Option<usize>,
    limit: usize,
    in_flight: &Arc<Semaphore>,
) -> Result<Collected, Uncollected> {
    let mut gathered = BytesMut::new();
    // A promise alone reserves nothing: only a body that is seen to come does.
    while let Some(data) = next_data(body).await? {
        let total = gathered.len() + data.len();
        if total > limit {
            return Err(Uncollected::TooLarge);
        }
        if total > UNCOUNTED_BYTES {
            // All of it at once where its length is known, so that bodies do not wait for each other half received.
            let permit = reserve(declared.unwrap_or(total), in_flight).await?;
            if gathered.is_empty() && declared == Some(data.len()) {
                return Ok(Collected { bytes: data, permit }); // Nothing is copied.
            }
            gathered.reserve(declared.unwrap_or(total).max(total) - gathered.len());
            gathered.extend_from_slice(&data);
            return receive_rest(body, limit, gathered, permit, in_flight).await;
        }
        if gathered.is_empty() && declared == Some(data.len()) {
            return Ok(Collected { bytes: data, permit: None }); // The usual small body.
        }
        gathered.extend_from_slice(&data);
    }
    Ok(Collected { bytes: gathered.freeze(), permit: None })
}

/// Receives what is left of a body that holds memory others may wait for: it must keep coming.
async fn receive_rest(
    body: &mut Incoming,
    limit: usize,
    mut gathered: BytesMut,
    mut permit: Option<OwnedSemaphorePermit>,
    in_flight: &Arc<Semaphore>,
) -> Result<Collected, Uncollected> {
    loop {
        let goal = gathered.len() + PACE_BYTES;
        let span = gather(body, limit, &mut gathered, goal);
        let is_all = tokio::time::timeout(PACE_SPAN, span).await.unwrap_or(Err(Uncollected::TooSlow))?;
        if is_all {
            return Ok(Collected { bytes: gathered.freeze(), permit });
        }
        let held = permit.as_ref().map_or(0, |permit| permit.num_permits() * PERMIT_BYTES);
        if gathered.len() > held {
            // Of unknown length: what it holds doubles, as its buffer does.
            merge(&mut permit, reserve(held.max(PACE_BYTES), in_flight).await?);
        }
    }
}

/// Appends what comes until `goal` bytes are there; tells whether the body has ended.
async fn gather(body: &mut Incoming, limit: usize, gathered: &mut BytesMut, goal: usize) -> Result<bool, Uncollected> {
    while gathered.len() < goal {
        let Some(data) = next_data(body).await? else { return Ok(true) };
        if gathered.len() + data.len() > limit {
            return Err(Uncollected::TooLarge);
        }
        gathered.extend_from_slice(&data);
    }
    Ok(false)
}

/// The next piece of a body.
async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, Uncollected> {
    loop {
        let Some(frame) = body.frame().await else { return Ok(None) };
        if let Ok(data) = frame.map_err(|_| Uncollected::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
}

fn merge(permit: &mut Option<OwnedSemaphorePermit>, more: Option<OwnedSemaphorePermit>) {
    match (permit.as_mut(), more) {
        (Some(permit), Some(more)) => permit.merge(more),
        (None, more) => *permit = more,
        (Some(_), None) => {}
    }
}

async fn reserve(bytes: usize, in_flight: &Arc<Semaphore>) -> Result<Option<OwnedSemaphorePermit>, Uncollected> {
    if bytes <= UNCOUNTED_BYTES {
        return Ok(None);
    }
    let permits = u32::try_from(bytes.div_ceil(PERMIT_BYTES)).map_err(|_| Uncollected::TooLarge)?;
    let permit = Arc::clone(in_flight).acquire_many_owned(permits).await;
    permit.map(Some).map_err(|_| Uncollected::Busy)
}

/// The semaphore that bounds bodies in flight.
pub(crate) fn in_flight(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new((bytes / PERMIT_BYTES).min(Semaphore::MAX_PERMITS)))
}

/// Reads on without keeping anything: a client that is still sending would not read the answer.
pub(crate) async fn discard(mut body: Incoming, time: Duration) {
    if body.size_hint().lower() > DISCARD_BYTES_MAX as u64 {
        return;
    }
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > DISCARD_BYTES_MAX {
                return;
            }
        }
    };
    // Out of time or not: the answer is the same.
    let _ = tokio::time::timeout(time, reading).await;
}

/// The body of an answer.
pub(crate) enum Body {
    /// All of it at once; `None` when it has been taken or there is nothing.
    Full(Option<Bytes>),
    /// As they come.
    Frames(Frames),
    /// Made while it is sent.
    Made(Box<Made>),
    /// As a service reads it from somewhere.
    Streamed(Box<Streamed>),
}

/// A service's own body, with what it holds of the server.
pub(crate) struct Streamed {
    body: rest::Body,
    _in_flight: Arc<InFlight>,
    busy: Option<Unwritten>,
}

/// Frames that a service pushes, with what they hold of the server.
pub(crate) struct Frames {
    frames: BoxStream<'static, Bytes>,
    counts: Arc<Counts>,
    _permit: OwnedSemaphorePermit,
    busy: Option<Busy>,
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.counts.event_streams_open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Body {
    pub(crate) fn full(bytes: Bytes) -> Self {
        Self::Full((!bytes.is_empty()).then_some(bytes))
    }

    /// An event stream keeps its connection busy until it ends, a large answer until it is written.
    pub(crate) fn while_busy(self, busy: Busy) -> Self {
        match self {
            Self::Full(Some(bytes)) if bytes.len() > aws::ANSWER_BYTES_USUAL => Self::full(busy.until_sent(bytes)),
            Self::Full(bytes) => Self::Full(bytes),
            Self::Frames(mut frames) => {
                frames.busy = Some(busy);
                Self::Frames(frames)
            }
            Self::Made(made) => Self::Made(Box::new(made.while_busy(busy))),
            Self::Streamed(mut streamed) => {
                streamed.busy = Some(busy.unwritten());
                Self::Streamed(streamed)
            }
        }
    }

    /// What a service gives keeps its request among those in flight until it is written.
    pub(crate) fn streamed(body: rest::Body, in_flight: Arc<InFlight>) -> Self {
        match body.into_whole() {
            Ok(bytes) => Self::full(bytes),
            Err(body) => Self::Streamed(Box::new(Streamed { body, _in_flight: in_flight, busy: None })),
        }
    }

    pub(crate) fn made(pieces: Pieces) -> Self {
        Self::Made(Box::new(Made::new(pieces)))
    }

    pub(crate) fn frames(
        frames: BoxStream<'static, Bytes>,
        closing: impl Future<Output = ()> + Send + 'static,
        counts: Arc<Counts>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        counts.event_streams_open.fetch_add(1, Ordering::Relaxed);
        Self::Frames(Frames { frames: frames.take_until(closing).boxed(), counts, _permit: permit, busy: None })
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Frames(frames) => {
                frames.frames.poll_next_unpin(context).map(|frame| frame.map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Made(made) => Poll::Ready(made.next_frame()),
            Self::Streamed(streamed) => Pin::new(&mut streamed.body).poll_frame(context).map_err(|error| {
                tracing::warn!(%error, "an answer breaks off");
                error
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Frames(_) => false,
            Self::Made(made) => made.left() == 0,
            Self::Streamed(streamed) => streamed.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Frames(_) => SizeHint::default(),
            Self::Made(made) => SizeHint::with_exact(made.left()),
            Self::Streamed(streamed) => streamed.body.size_hint(),
        }
    }
}
