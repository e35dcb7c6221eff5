//! The contract of services whose requests are paths and whose bodies are streams: S3, and whoever comes after it.
//!
//! The gateway asks each [`RestFace`] in turn whether a request is its own, lends it what is known about the caller,
//! and passes bodies through in both directions without ever holding them whole.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::Stream;
use http::request::Parts;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// What goes wrong in the middle of a body.
pub type BodyError = Box<dyn StdError + Send + Sync>;

/// A service that reads and writes whole HTTP messages.
pub trait RestFace: Send + Sync + 'static {
    /// The name requests are signed for, for example `s3`.
    fn signing_name(&self) -> &'static str;

    /// The names of all operations, for the metrics; see [`Operation`].
    fn operations(&self) -> &'static [&'static str];

    /// Whether the request is this service's. Asked only where no JSON, CBOR or query operation is meant.
    fn claims(&self, parts: &Parts) -> bool;

    /// The most bytes the body of this request may have. A longer one breaks off with [`BodyEnd::TooLarge`].
    fn body_bytes_max(&self, parts: &Parts) -> u64;

    /// Answers. Never fails, since every failure is an answer in the service's own words; the answer should carry its
    /// [`Operation`] among its extensions.
    fn call(&self, request: Request<Body>, caller: Caller) -> BoxFuture<'static, Response<Body>>;
}

/// Which operation a request was, as an extension of its answer; one of [`RestFace::operations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation(pub &'static str);

/// Whether signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Anybody is believed; no signature is checked, and there are no secrets to check one with.
    Open,
    /// The service checks every signature with the secrets of [`Caller::keys`].
    Keys,
}

/// Who seems to be calling, and what is needed to find out whether it is true.
#[derive(Clone)]
pub struct Caller {
    /// Whether signatures are checked.
    pub mode: Mode,
    /// The access key id that the request names in its `Authorization` header (version 4 or 2) or its query string;
    /// `None` where it names none. Not verified.
    pub access_key: Option<String>,
    /// The session token beside it. Not verified.
    pub session_token: Option<String>,
    /// The region of the credential scope, else the server's own.
    pub region: String,
    /// The UUID answered as a request id.
    pub request_id: String,
    /// The other id, answered as `x-amz-id-2`.
    pub extended_id: String,
    /// Everybody's keys.
    pub keys: Arc<dyn Keys>,
}

impl Caller {
    /// Whom the request claims to come from. In mode [`Mode::Open`] that is who it is, also for requests without a
    /// signature; in mode [`Mode::Keys`] only once the service has checked the signature with the key's secret.
    pub fn claimed(&self) -> Result<Key, KeyRefused> {
        match (&self.access_key, self.mode) {
            (None, Mode::Keys) => Err(KeyRefused::Missing),
            (access_key, _) => self.keys.find(access_key.as_deref().unwrap_or_default(), self.session_token.as_deref()),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({:?}, {:?})", self.mode, self.access_key)
    }
}

/// Everybody's keys, temporary ones included.
pub trait Keys: Send + Sync + 'static {
    /// What an access key id, with its session token if it came with one, stands for.
    ///
    /// In mode [`Mode::Open`] every key is known, even an empty one: it acts in the account that it names or in the
    /// server's own.
    fn find(&self, access_key: &str, session_token: Option<&str>) -> Result<Key, KeyRefused>;
}

/// What an access key stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// What its requests are signed with; `None` in mode [`Mode::Open`].
    pub secret_key: Option<String>,
    /// The twelve-digit account it acts in.
    pub account: String,
    /// The ARN it acts as.
    pub arn: String,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.arn)
    }
}

/// Why a key is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefused {
    /// The request names none.
    Missing,
    /// Nobody issued this key or token.
    Unknown,
    /// The token's time is over.
    Expired,
}

/// Why a request's body ended before its end; found in the [`BodyError`] by downcasting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// It is longer than [`RestFace::body_bytes_max`] allows.
    TooLarge,
    /// It came too slowly.
    TooSlow,
    /// The client left.
    Broken,
}

impl fmt::Display for BodyEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the body is larger than allowed",
            Self::TooSlow => "the body came too slowly",
            Self::Broken => "the client left in the middle of the body",
        })
    }
}

impl StdError for BodyEnd {}

type AnyBody = dyn HttpBody<Data = Bytes, Error = BodyError> + Send + Sync;

/// A body that comes or goes piece by piece.
pub struct Body(Inner);

enum Inner {
    Full(Option<Bytes>),
    Streamed(Pin<Box<AnyBody>>),
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self(Inner::Full(None))
    }

    /// Any other body. Tell its length by `size_hint`, or the answer is chunked.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BodyError>,
    {
        Self(Inner::Streamed(Box::pin(Mapped(Box::pin(body)))))
    }

    /// The pieces of a stream, which are `len` bytes together.
    pub fn stream<E: Into<BodyError>>(
        pieces: impl Stream<Item = Result<Bytes, E>> + Send + Sync + 'static,
        len: u64,
    ) -> Self {
        Self(Inner::Streamed(Box::pin(Pieces { pieces: Box::pin(pieces), left: len })))
    }
}

impl Body {
    /// All of its bytes, where they are there already; else the body as it is.
    pub fn into_whole(self) -> Result<Bytes, Self> {
        match self.0 {
            Inner::Full(bytes) => Ok(bytes.unwrap_or_default()),
            Inner::Streamed(_) => Err(self),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Full((!bytes.is_empty()).then_some(bytes)))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({:?})", self.size_hint())
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.get_mut().0 {
            Inner::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Inner::Streamed(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Full(bytes) => bytes.is_none(),
            Inner::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Inner::Streamed(body) => body.size_hint(),
        }
    }
}

/// A body whose errors are boxed.
struct Mapped<B>(Pin<Box<B>>);

impl<B: HttpBody<Data = Bytes>> HttpBody for Mapped<B>
where
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = self.get_mut().0.as_mut().poll_frame(context);
        polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// A stream whose length is known.
struct Pieces<S> {
    pieces: Pin<Box<S>>,
    left: u64,
}

impl<S, E> HttpBody for Pieces<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        this.pieces.as_mut().poll_next(context).map(|piece| {
            piece.map(|piece| {
                let piece = piece.map_err(Into::into)?;
                this.left = this.left.saturating_sub(piece.len() as u64);
                Ok(Frame::data(piece))
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(body: Body) -> Vec<Result<Bytes, String>> {
        let mut body = body;
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut frames = Vec::new();
        while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
            frames.push(frame.map_err(|error| error.to_string()).map(|frame| frame.into_data().expect("data")));
        }
        frames
    }

    #[test]
    fn a_streamed_body_tells_what_is_left_and_passes_errors_on() {
        let pieces = [Ok(Bytes::from_static(b"abc")), Err(BodyEnd::Broken), Ok(Bytes::from_static(b"d"))];
        let body = Body::stream(futures::stream::iter(pieces), 4);
        assert_eq!(body.size_hint().exact(), Some(4));
        let expected = [Ok(Bytes::from_static(b"abc")), Err(BodyEnd::Broken.to_string()), Ok(Bytes::from_static(b"d"))];
        assert_eq!(frames(body), expected);
    }

    #[test]
    fn a_whole_body_ends_where_it_should() {
        assert!(Body::empty().is_end_stream() && Body::from(Bytes::new()).is_end_stream());
        let body = Body::new(Body::from(Bytes::from_static(b"x")));
        assert!(!body.is_end_stream());
        assert_eq!(frames(body), [Ok(Bytes::from_static(b"x"))]);
    }
}
