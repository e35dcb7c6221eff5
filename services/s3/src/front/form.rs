//! A form posted to a bucket: its fields are read, its file is passed on as it comes.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html>

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws::rest::{Body, BodyError};
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use memchr::memmem;

use super::Denial;
use super::payload::refusal;
use super::policy::Sizes;

/// The fields before the file, all together.
const FIELD_BYTES_MAX: usize = 20 << 10;
/// The headers of one part.
const HEAD_BYTES_MAX: usize = 8 << 10;
const FIELD_COUNT_MAX: usize = 200;
/// What may follow the file; AWS ignores it.
const TAIL_BYTES_MAX: usize = 64 << 10;

/// The fields of a form up to its file, in lower case.
pub(super) struct Form {
    pub(super) fields: BTreeMap<String, String>,
    /// What the browser calls the file.
    pub(super) filename: String,
    pub(super) file: File,
}

/// Reads a form up to its file.
pub(super) async fn read(content_type: &str, body: Body) -> Result<Form, Denial> {
    let boundary = boundary(content_type).ok_or_else(malformed)?;
    // The first boundary has no line before it.
    let buffer = BytesMut::from(&b"\r\n"[..]);
    let mut reader = Reader { body, buffer, delimiter: format!("\r\n--{boundary}").into_bytes() };
    let mut fields = BTreeMap::new();
    let mut total = 0;
    let preamble = reader.until_delimiter(HEAD_BYTES_MAX).await?;
    total += preamble.len();
    loop {
        let head = reader.head().await?.ok_or_else(|| {
            let message = "POST requires exactly one file upload per request.";
            Denial::argument(message, "file", "0")
        })?;
        if head.name == "file" {
            let Reader { body, buffer, delimiter } = reader;
            let file = File { body, buffer, delimiter, sizes: None, seen: 0, state: State::Data };
            return Ok(Form { fields, filename: head.filename, file });
        }
        let value = reader.until_delimiter(FIELD_BYTES_MAX).await?;
        total += head.name.len() + value.len();
        if total > FIELD_BYTES_MAX || fields.len() >= FIELD_COUNT_MAX {
            return Err(Denial::fields_too_large());
        }
        let value = String::from_utf8(value.to_vec()).map_err(|_| malformed())?;
        fields.insert(head.name, value);
    }
}

struct Head {
    name: String,
    filename: String,
}

struct Reader {
    body: Body,
    buffer: BytesMut,
    /// Line end, dashes, boundary.
    delimiter: Vec<u8>,
}

impl Reader {
    async fn more(&mut self) -> Result<(), Denial> {
        match self.body.frame().await {
            Some(Ok(frame)) => self.buffer.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            Some(Err(_)) | None => return Err(malformed()),
        }
        Ok(())
    }

    /// What stands before the next delimiter; the delimiter is taken too.
    async fn until_delimiter(&mut self, bytes_max: usize) -> Result<Bytes, Denial> {
        loop {
            if let Some(at) = memmem::find(&self.buffer, &self.delimiter) {
                let before = self.buffer.split_to(at).freeze();
                let _delimiter = self.buffer.split_to(self.delimiter.len());
                return Ok(before);
            }
            if self.buffer.len() > bytes_max + self.delimiter.len() {
                return Err(Denial::fields_too_large());
            }
            self.more().await?;
        }
    }

    /// The headers of the next part; `None` behind the last one.
    async fn head(&mut self) -> Result<Option<Head>, Denial> {
        loop {
            if self.buffer.starts_with(b"--") {
                return Ok(None);
            }
            if let Some(at) = memmem::find(&self.buffer, b"\r\n\r\n") {
                let head = self.buffer.split_to(at + 4);
                return head_of(&head).map(Some).ok_or_else(malformed);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(malformed());
            }
            self.more().await?;
        }
    }
}

fn head_of(head: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(head).ok()?;
    let disposition = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let name = parameter(disposition, "name")?.to_ascii_lowercase();
    // Browsers of old sent whole paths.
    let filename = parameter(disposition, "filename").unwrap_or_default();
    let filename = filename.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    Some(Head { name, filename })
}

/// The parameter of a header's value, quoted or not.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (key, text) = part.trim().split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| text.trim().trim_matches('"').to_owned())
    })
}

fn boundary(content_type: &str) -> Option<String> {
    parameter(content_type, "boundary").filter(|boundary| (1..=200).contains(&boundary.len()))
}

fn malformed() -> Denial {
    Denial::malformed_form("The body of your POST request is not well-formed multipart/form-data.")
}

/// The file of a form, of a size that is known only at its end.
pub(super) struct File {
    body: Body,
    buffer: BytesMut,
    delimiter: Vec<u8>,
    pub(super) sizes: Option<Sizes>,
    seen: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Data,
    /// Behind the file, after so many bytes.
    Tail(usize),
    End,
}

impl File {
    /// The next piece of what is in the buffer; a beginning of the delimiter stays.
    fn take(&mut self) -> Option<Bytes> {
        let piece = match memmem::find(&self.buffer, &self.delimiter) {
            Some(at) => {
                self.state = State::Tail(0);
                let piece = self.buffer.split_to(at);
                self.buffer.clear();
                piece
            }
            None => self.buffer.split_to(self.buffer.len().saturating_sub(self.delimiter.len() - 1)),
        };
        self.seen += piece.len() as u64;
        (!piece.is_empty()).then(|| piece.freeze())
    }

    fn check_max(&self) -> Result<(), BodyError> {
        if self.sizes.is_some_and(|sizes| self.seen > sizes.max) {
            return Err(refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size").into());
        }
        Ok(())
    }

    fn end(&mut self) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let is_whole = self.state != State::Data;
        self.state = State::End;
        if !is_whole {
            let message = "The body of your POST request is not well-formed multipart/form-data.";
            return Poll::Ready(Some(Err(refusal("MalformedPOSTRequest", message).into())));
        }
        if self.sizes.is_some_and(|sizes| self.seen < sizes.min) {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Poll::Ready(Some(Err(refusal("EntityTooSmall", message).into())));
        }
        Poll::Ready(None)
    }
}

impl HttpBody for File {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            match this.state {
                State::End => return Poll::Ready(None),
                State::Tail(seen) if seen > TAIL_BYTES_MAX => return this.end(),
                State::Data if this.buffer.len() >= this.delimiter.len() => {
                    let piece = this.take();
                    this.check_max()?;
                    if let Some(piece) = piece {
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
                State::Data | State::Tail(_) => {}
            }
            let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(context)).transpose()? else {
                return this.end();
            };
            let data = frame.into_data().unwrap_or_default();
            match &mut this.state {
                State::Tail(seen) => *seen += data.len(),
                _ => this.buffer.extend_from_slice(&data),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests;
