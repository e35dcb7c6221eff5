//! The smallest HTTP/1.1 client that can load a server: whole requests as prepared bytes, answers by length or chunk.

use std::net::SocketAddr;

use bytes::Bytes;
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Error;

/// Prepares a request to Kinesis. Any credentials do: the server runs in open mode.
pub(crate) fn request(operation: &str, body: &[u8]) -> Bytes {
    service_request("kinesis", &format!("Kinesis_20131202.{operation}"), body)
}

/// Prepares a request to a service that speaks JSON.
pub(crate) fn service_request(service: &str, target: &str, body: &[u8]) -> Bytes {
    let mut out = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {target}\r\n\
         Content-Type: application/x-amz-json-1.1\r\nX-Amz-Date: 20260101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={:064}\r\nContent-Length: {}\r\n\r\n",
        0,
        body.len()
    )
    .into_bytes();
    out.extend_from_slice(body);
    Bytes::from(out)
}

/// Prepares a request to S3, whose signature nobody checks.
pub(crate) fn object_request(method: &str, path: &str, body: &[u8]) -> Bytes {
    let mut out = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Amz-Date: 20260101T000000Z\r\n\
         X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={:064}\r\nContent-Length: {}\r\n\r\n",
        0,
        body.len()
    )
    .into_bytes();
    out.extend_from_slice(body);
    Bytes::from(out)
}

/// An answer's status and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// One keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes at the front of `buffer` that are dealt with.
    used: usize,
}

struct Head {
    status: u16,
    etag: Option<String>,
    length: Option<usize>,
    is_chunked: bool,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(256 << 10), used: 0 })
    }

    /// Sends a prepared request and reads the whole answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<Answer, Error> {
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        let mut body = Vec::new();
        if head.is_chunked {
            while let Some(chunk) = self.chunk().await? {
                body.extend_from_slice(&chunk);
            }
        } else {
            let length = head.length.unwrap_or(0);
            self.need(length).await?;
            body.extend_from_slice(&self.buffer[self.used..self.used + length]);
            self.used += length;
        }
        Ok(Answer { status: head.status, etag: head.etag, body })
    }

    /// Sends a prepared request whose answer is an endless chunked stream; chunks are read with [`Self::chunk`].
    pub(crate) async fn subscribe(&mut self, request: &[u8]) -> Result<u16, Error> {
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        match head.is_chunked {
            true => Ok(head.status),
            false => Err(format!("status {}, not a stream", head.status).into()),
        }
    }

    /// The next chunk of a chunked answer, `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let size = loop {
            match memmem::find(&self.buffer[self.used..], b"\r\n") {
                Some(end) => {
                    let line = std::str::from_utf8(&self.buffer[self.used..self.used + end])?;
                    self.used += end + 2;
                    break usize::from_str_radix(line, 16)?;
                }
                None => self.fill().await?,
            }
        };
        self.need(size + 2).await?;
        let chunk = self.buffer[self.used..self.used + size].to_vec();
        self.used += size + 2;
        Ok((size > 0).then_some(chunk))
    }

    async fn head(&mut self) -> Result<Head, Error> {
        let end = loop {
            match memmem::find(&self.buffer[self.used..], b"\r\n\r\n") {
                Some(end) => break self.used + end,
                None => self.fill().await?,
            }
        };
        let text = std::str::from_utf8(&self.buffer[self.used..end])?;
        let status = text.get(9..12).ok_or("a status line is longer")?.parse()?;
        let mut head = Head { status, etag: None, length: None, is_chunked: false };
        for line in text.split("\r\n").skip(1) {
            let (name, value) = line.split_once(':').ok_or("a header has a colon")?;
            if name.eq_ignore_ascii_case("etag") {
                head.etag = Some(value.trim().to_owned());
            } else if name.eq_ignore_ascii_case("content-length") {
                head.length = Some(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.is_chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        self.used = end + 4;
        Ok(head)
    }

    /// Reads until `count` unused bytes are there.
    async fn need(&mut self, count: usize) -> Result<(), Error> {
        while self.buffer.len() - self.used < count {
            self.fill().await?;
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), Error> {
        if self.used > 0 {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}

/// Takes whole event-stream frames off the front of `pending` and gives their payloads.
pub(crate) fn payloads(pending: &mut Vec<u8>) -> Vec<Vec<u8>> {
    let number = |at: usize, bytes: &[u8]| -> Option<usize> {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(four)).ok()
    };
    let mut out = Vec::new();
    while let (Some(total), Some(headers)) = (number(0, pending), number(4, pending)) {
        if pending.len() < total {
            break;
        }
        out.push(pending[12 + headers..total - 4].to_vec());
        pending.drain(..total);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_taken_from_whole_frames_only() {
        let mut frame = Vec::new();
        frame.extend_from_slice(&19u32.to_be_bytes());
        frame.extend_from_slice(&1u32.to_be_bytes());
        frame.extend_from_slice(&[0, 0, 0, 0, b'h', b'{', b'}', 0, 0, 0, 0]);
        let mut pending = [frame.clone(), frame[..10].to_vec()].concat();
        assert_eq!(payloads(&mut pending), [b"{}".to_vec()]);
        assert_eq!(pending.len(), 10);
    }
}
