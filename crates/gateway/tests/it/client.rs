//! A client that can also misbehave: raw HTTP/1.1 over a socket, and hyper's HTTP/2.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// A signature that looks right and is not checked in mode `open`.
pub(crate) const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIATEST/20200101/eu-west-1/echo/aws4_request, \
                                 SignedHeaders=host;x-amz-date, Signature=00";
pub(crate) const JSON: &str = "application/x-amz-json-1.1";
pub(crate) const CBOR: &str = "application/x-amz-cbor-1.1";

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request as text: method, headers (those of a signed JSON call to `target`, changed by `headers`), body.
/// An empty value leaves a header out.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    let usual = [
        ("host", "localhost"),
        ("content-type", JSON),
        ("x-amz-target", "Echo_20200101.Say"),
        ("x-amz-date", "20200101T000000Z"),
        ("authorization", SIGNED),
        ("content-length", length.as_str()),
    ];
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    let kept = usual.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name));
    for (name, value) in kept.chain(headers).filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A connection of HTTP/1.1.
pub(crate) struct Http1<S = TcpStream> {
    pub(crate) stream: S,
    unread: Vec<u8>,
}

impl Http1 {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.expect("connects"))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Http1<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, unread: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("the server reads");
    }

    pub(crate) async fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send(&request(method, path, headers, body)).await;
        self.answer().await
    }

    /// A signed JSON call of an operation.
    pub(crate) async fn json(&mut self, operation: &str, body: &str) -> Answer {
        let target = format!("Echo_20200101.{operation}");
        self.call("POST", "/", &[("x-amz-target", &target)], body.as_bytes()).await
    }

    async fn more(&mut self) -> usize {
        self.stream.read_buf(&mut self.unread).await.unwrap_or(0)
    }

    /// Reads status and headers.
    pub(crate) async fn head(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            assert!(self.more().await > 0, "closed before the answer: {}", String::from_utf8_lossy(&self.unread));
        };
        let head: Vec<u8> = self.unread.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Answer { status: status.expect("a status"), headers, body: Vec::new() }
    }

    /// Reads a whole answer with a declared length.
    pub(crate) async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        let length: usize = answer.header("content-length").expect("a length").parse().expect("a number");
        while self.unread.len() < length {
            assert!(self.more().await > 0, "closed in the middle of the body");
        }
        answer.body = self.unread.drain(..length).collect();
        answer
    }

    /// Reads one chunk of a chunked body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|window| window == b"\r\n") {
                let size = std::str::from_utf8(&self.unread[..end]).expect("a size");
                let size = usize::from_str_radix(size, 16).expect("a size");
                if self.unread.len() >= end + size + 4 {
                    let chunk = self.unread[end + 2..end + 2 + size].to_vec();
                    self.unread.drain(..end + size + 4);
                    return (size > 0).then_some(chunk);
                }
            }
            assert!(self.more().await > 0, "closed in the middle of a chunk");
        }
    }

    /// Whether the server has closed the connection, and nothing more came.
    pub(crate) async fn closed(&mut self) -> bool {
        self.unread.is_empty() && self.more().await == 0
    }
}

/// A connection of HTTP/2.
#[derive(Clone)]
pub(crate) struct Http2(http2::SendRequest<Full<Bytes>>);

impl Http2 {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.expect("connects")).await
    }

    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("speaks HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    pub(crate) async fn send(&mut self, operation: &str, content_type: &str, body: &[u8]) -> Response<Incoming> {
        let request = Request::post("http://localhost/")
            .header("content-type", content_type)
            .header("x-amz-target", format!("Echo_20200101.{operation}"))
            .header("x-amz-date", "20200101T000000Z")
            .header("authorization", SIGNED)
            .body(Full::new(Bytes::copy_from_slice(body)))
            .expect("a valid request");
        self.0.send_request(request).await.expect("an answer")
    }

    pub(crate) async fn call(&mut self, operation: &str, content_type: &str, body: &[u8]) -> Answer {
        let (parts, body) = self.send(operation, content_type, body).await.into_parts();
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers, body }
    }

    /// An unsigned request of a service that takes paths.
    pub(crate) async fn rest(&mut self, method: &str, path: &str, body: &[u8]) -> Answer {
        let request = Request::builder().method(method).uri(format!("http://localhost{path}"));
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).expect("a valid request");
        let (parts, body) = self.0.send_request(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: Vec::new(), body }
    }
}
