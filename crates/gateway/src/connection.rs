//! One connection: its first bytes tell TLS, HTTP/2 and HTTP/1.1 apart, then hyper serves it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use host::Host;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::server::Gate;
use crate::{Limits, request};

/// What an HTTP/2 connection begins with.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The first byte of a TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;
/// The read buffer of an HTTP/1.1 connection grows up to this.
const HTTP1_BUFFER_BYTES: usize = 256 << 10;
/// How much one HTTP/2 stream, and all streams of a connection, may send before we have read it.
const HTTP2_STREAM_WINDOW: u32 = 1 << 20;
const HTTP2_CONNECTION_WINDOW: u32 = 4 << 20;
/// Requests at once on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 512;
/// How fast a peer must read what is kept for it.
const READ_BYTES_PER_SECOND: u64 = 3 << 10;
/// How often a silent HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
const HTTP2_PING: Duration = Duration::from_secs(20);

/// Serves a connection to its end.
pub(crate) async fn serve(gate: Arc<Gate>, mut stream: TcpStream) {
    let activity = Arc::new(Activity::default());
    let first = tokio::time::timeout(gate.limits.handshake, first_bytes(&mut stream)).await;
    let Ok(Ok(first)) = first else { return };
    let secure = first.first() == Some(&TLS_HANDSHAKE);
    let http2 = first == PREFACE;
    let stream = Rewound { first, taken: 0, stream, activity: Arc::clone(&activity) };
    if !secure {
        return serve_http(gate, stream, activity, http2).await;
    }
    let Some(acceptor) = &gate.tls else {
        tracing::debug!("a TLS connection was closed: no certificate is configured");
        return;
    };
    match tokio::time::timeout(gate.limits.handshake, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            serve_http(gate, stream, activity, http2).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Reads until the protocol is certain: one byte for most, the whole preface for HTTP/2.
async fn first_bytes(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; PREFACE.len()];
    let mut filled = 0;
    while filled < bytes.len() {
        let got = stream.read(&mut bytes[filled..]).await?;
        filled += got;
        if got == 0 || bytes[..filled] != PREFACE[..filled] {
            break;
        }
    }
    bytes.truncate(filled);
    if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

async fn serve_http(
    gate: Arc<Gate>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    activity: Arc<Activity>,
    http2: bool,
) {
    let io = TokioIo::new(stream);
    let closing = gate.closing();
    let quiet = {
        let (gate, activity) = (Arc::clone(&gate), Arc::clone(&activity));
        async move { activity.too_quiet(&gate.host, &gate.limits, http2).await }
    };
    let service = service_fn(move |request| {
        let busy = Busy::begin(&activity);
        let gate = Arc::clone(&gate);
        async move {
            let response = request::answer(&gate, request).await;
            Ok::<_, std::convert::Infallible>(response.map(|body| body.while_busy(busy)))
        }
    });
    // Said twice, since the connections of the two protocols share no trait.
    if http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(HTTP2_STREAM_WINDOW)
            .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
            .max_concurrent_streams(HTTP2_STREAMS)
            .keep_alive_interval(HTTP2_PING)
            .keep_alive_timeout(HTTP2_PING);
        let mut connection = std::pin::pin!(builder.serve_connection(io, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = closing => { connection.as_mut().graceful_shutdown(); connection.as_mut().await }
            ended = quiet => match ended {
                Ended::Quiet => { connection.as_mut().graceful_shutdown(); connection.as_mut().await }
                Ended::Unread => return,
            },
        };
        note_end(ended);
    } else {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HTTP1_BUFFER_BYTES);
        let mut connection = std::pin::pin!(builder.serve_connection(io, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = closing => { connection.as_mut().graceful_shutdown(); connection.as_mut().await }
            _ = quiet => return,
        };
        note_end(ended);
    }
}

fn note_end(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// What a connection did lately; the watch over it costs a request two additions and no timer.
#[derive(Debug, Default)]
struct Activity {
    reads: AtomicU64,
    /// Bytes that were written.
    written: AtomicU64,
    /// The last write did not go through: the peer leaves unread what it has.
    is_blocked: AtomicBool,
    /// Large answers of which something is not written yet; HTTP/2 keeps them back from a peer that allows no more.
    unsent: AtomicU64,
    begun: AtomicU64,
    ended: AtomicU64,
}

/// Lives as long as a request, and as long as its answer where that is an event stream or large.
pub(crate) struct Busy(Arc<Activity>);

/// Why a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// There was no request for too long, or none was completed.
    Quiet,
    /// The peer does not read.
    Unread,
}

impl Busy {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Busy {
    /// Notes a large answer until the last of its bytes is written.
    pub(crate) fn until_sent(self, bytes: Bytes) -> Bytes {
        self.0.unsent.fetch_add(1, Ordering::Relaxed);
        Bytes::from_owner(Unsent { bytes, busy: self })
    }
}

impl Busy {
    /// Notes an answer that is written as it comes, until it has gone.
    pub(crate) fn unwritten(self) -> Unwritten {
        self.0.unsent.fetch_add(1, Ordering::Relaxed);
        Unwritten(self)
    }
}

/// An answer that is being written.
pub(crate) struct Unwritten(Busy);

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.0.0.unsent.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Dropped with the last slice of the bytes.
struct Unsent {
    bytes: Bytes,
    busy: Busy,
}

impl AsRef<[u8]> for Unsent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.busy.0.unsent.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl Activity {
    fn note_write(&self, polled: &Poll<io::Result<usize>>) {
        self.is_blocked.store(polled.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(bytes)) = polled {
            self.written.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }

    /// Whether the peer owes a read.
    fn is_read_due(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed) || self.unsent.load(Ordering::Relaxed) > 0
    }

    /// Resolves once the connection sits there without a request for too long: bytes came but no whole headers
    /// (slow-loris), or nothing came at all; or once it leaves unread what is written to it.
    async fn too_quiet(&self, host: &Host, limits: &Limits, http2: bool) -> Ended {
        let step = limits.header_read.min(limits.idle) / 4;
        let mut begun = u64::MAX;
        let mut reads = 0;
        let mut quiet = Duration::ZERO;
        let mut incomplete = Duration::ZERO;
        let mut before = 0;
        let read_min = READ_BYTES_PER_SECOND * step.as_millis() as u64 / 1_000;
        let mut unread = Duration::ZERO;
        loop {
            host.sleep(step).await;
            let written = self.written.load(Ordering::Relaxed);
            let is_stuck = self.is_read_due() && written - before <= read_min;
            unread = if is_stuck { unread + step } else { Duration::ZERO };
            before = written;
            if unread >= limits.unread {
                return Ended::Unread;
            }
            let now = self.begun.load(Ordering::Relaxed);
            if now != begun || now != self.ended.load(Ordering::Relaxed) {
                (begun, quiet, incomplete) = (now, Duration::ZERO, Duration::ZERO);
                reads = self.reads.load(Ordering::Relaxed);
                continue;
            }
            quiet += step;
            // An answered ping of HTTP/2 is bytes too.
            if !http2 && (now == 0 || self.reads.load(Ordering::Relaxed) != reads) {
                incomplete += step;
            }
            if quiet >= limits.idle || incomplete >= limits.header_read {
                return Ended::Quiet;
            }
        }
    }
}

/// A stream whose first bytes have been read already.
struct Rewound {
    first: Vec<u8>,
    taken: usize,
    stream: TcpStream,
    activity: Arc<Activity>,
}

impl AsyncRead for Rewound {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.taken < this.first.len() {
            let rest = &this.first[this.taken..];
            let count = rest.len().min(buffer.remaining());
            buffer.put_slice(&rest[..count]);
            this.taken += count;
            return Poll::Ready(Ok(()));
        }
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        if polled.is_ready() {
            this.activity.reads.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.activity.note_write(&polled);
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.activity.note_write(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
