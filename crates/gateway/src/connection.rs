//! One connection: its first bytes tell TLS, HTTP/2 and HTTP/1.1 apart, then hyper serves it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

pub(crate) use crate::peer::{Busy, Unwritten};
use crate::peer::{Ending, Peer};
use crate::request;
use crate::server::Gate;

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
/// How often a silent HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
const HTTP2_PING: Duration = Duration::from_secs(20);

/// Serves a connection to its end.
pub(crate) async fn serve(gate: Arc<Gate>, mut stream: TcpStream) {
    let first = tokio::time::timeout(gate.limits.handshake, first_bytes(&mut stream)).await;
    let Ok(Ok(first)) = first else { return };
    let secure = first.first() == Some(&TLS_HANDSHAKE);
    let http2 = first == PREFACE;
    let peer = Arc::new(Peer::default());
    let stream = Rewound { first, taken: 0, stream, peer: Arc::clone(&peer) };
    if !secure {
        return serve_http(&gate, stream, peer, http2).await;
    }
    let Some(acceptor) = &gate.tls else {
        tracing::debug!("a TLS connection was closed: no certificate is configured");
        return;
    };
    match tokio::time::timeout(gate.limits.handshake, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            serve_http(&gate, stream, peer, http2).await;
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
    gate: &Arc<Gate>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Arc<Peer>,
    http2: bool,
) {
    let io = TokioIo::new(stream);
    let _place = gate.watch.begin(&peer, http2, gate.host.monotonic());
    let ending = std::future::poll_fn(|context| peer.poll_ending(context));
    let (shared, owner) = (Arc::clone(gate), Arc::clone(&peer));
    let service = service_fn(move |request| {
        let (gate, busy) = (Arc::clone(&shared), Busy::begin(&owner));
        async move {
            let response = request::answer(&gate, busy.peer(), request).await;
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
            biased;
            ended = connection.as_mut() => ended,
            ending = ending => match ending {
                Ending::Closing | Ending::Quiet => { connection.as_mut().graceful_shutdown(); connection.as_mut().await }
                Ending::Unread => return,
            },
        };
        note_end(ended);
    } else {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HTTP1_BUFFER_BYTES);
        let mut connection = std::pin::pin!(builder.serve_connection(io, service));
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            ending = ending => match ending {
                Ending::Closing => { connection.as_mut().graceful_shutdown(); connection.as_mut().await }
                Ending::Quiet | Ending::Unread => return,
            },
        };
        note_end(ended);
    }
}

fn note_end(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A stream whose first bytes have been read already.
struct Rewound {
    first: Vec<u8>,
    taken: usize,
    stream: TcpStream,
    peer: Arc<Peer>,
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
            this.peer.note_read();
        }
        polled
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.peer.note_write(&polled);
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.peer.note_write(&polled);
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
