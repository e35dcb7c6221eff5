//! The content encoding `aws-chunked`: data in chunks, signed or not, with trailing headers behind them.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::S3Error;
use sha2::{Digest, Sha256};

use super::payload::{incomplete, refusal};
use super::signature::{self, SigningKey};

/// The line before a chunk: its size and its signature.
const LINE_BYTES_MAX: usize = 1 << 10;
/// All trailing headers together.
const TRAILER_BYTES_MAX: usize = 8 << 10;
/// AWS refuses smaller chunks, but for the last one.
const CHUNK_BYTES_MIN: u64 = 8 << 10;

/// What a body's framing is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Framing {
    /// Each chunk carries a signature.
    pub(super) is_signed: bool,
    /// Headers follow the last chunk.
    pub(super) has_trailer: bool,
}

/// Undoes the framing piece by piece; holds at most one line.
pub(super) struct Chunks {
    framing: Framing,
    /// What signatures are checked with, and the signature before the next one; `None` where nothing is checked.
    check: Option<(SigningKey, String)>,
    state: State,
    line: Vec<u8>,
    digest: Sha256,
    /// The signature that the current chunk came with.
    given: String,
    /// What is still to come of the declared length.
    left: u64,
    chunks_small: u32,
    trailing: HeaderMap,
    /// The trailing headers as they are signed.
    trailing_lines: String,
    /// Which trailing headers were announced.
    announced: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    Data {
        left: u64,
    },
    /// Behind the data of a chunk.
    DataEnd,
    Trailer,
    End,
}

impl Chunks {
    /// For `length` bytes of data. `check` is the key of the request's signature and that signature.
    pub(super) fn new(
        framing: Framing,
        length: u64,
        announced: Vec<String>,
        check: Option<(SigningKey, String)>,
    ) -> Self {
        Self {
            framing,
            check,
            state: State::Head,
            line: Vec::new(),
            digest: Sha256::new(),
            given: String::new(),
            left: length,
            chunks_small: 0,
            trailing: HeaderMap::new(),
            trailing_lines: String::new(),
            announced,
        }
    }

    /// Takes some bytes off `input`; answers data as soon as there is some, without copying it.
    pub(super) fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, S3Error> {
        while !input.is_empty() {
            match self.state {
                State::Data { left } => return self.data(input, left).map(Some),
                State::End => return Err(malformed()),
                State::Head | State::DataEnd | State::Trailer => {
                    if let Some(line) = self.take_line(input)? {
                        self.line(&line)?;
                    }
                }
            }
        }
        Ok(None)
    }

    /// Whether everything has come.
    pub(super) fn finish(&mut self) -> Result<HeaderMap, S3Error> {
        if self.state == State::Trailer && !self.framing.has_trailer && self.line.is_empty() {
            // Some clients leave the last empty line out.
            self.state = State::End;
        }
        if self.state != State::End || self.left > 0 {
            return Err(incomplete());
        }
        Ok(std::mem::take(&mut self.trailing))
    }

    fn data(&mut self, input: &mut Bytes, left: u64) -> Result<Bytes, S3Error> {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        let data = input.split_to(count);
        let left = left - count as u64;
        self.left = self.left.checked_sub(count as u64).ok_or_else(incomplete)?;
        if self.check.is_some() {
            self.digest.update(&data);
        }
        self.state = if left == 0 { State::DataEnd } else { State::Data { left } };
        Ok(data)
    }

    /// The next whole line, without its end.
    fn take_line(&mut self, input: &mut Bytes) -> Result<Option<String>, S3Error> {
        let end = memchr::memchr(b'\n', input);
        let count = end.map_or(input.len(), |at| at + 1);
        self.line.extend_from_slice(&input[..count]);
        input.advance(count);
        if self.line.len() > LINE_BYTES_MAX {
            return Err(malformed());
        }
        if end.is_none() {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        String::from_utf8(line.to_vec()).map(Some).map_err(|_| malformed())
    }

    fn line(&mut self, line: &str) -> Result<(), S3Error> {
        match self.state {
            State::Head => self.head(line),
            State::DataEnd if line.is_empty() => {
                self.check_chunk()?;
                self.state = State::Head;
                Ok(())
            }
            State::Trailer if line.is_empty() => self.end(),
            State::Trailer => self.trailing(line),
            _ => Err(incomplete()),
        }
    }

    fn head(&mut self, line: &str) -> Result<(), S3Error> {
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let is_hex = (1..=16).contains(&size.len()) && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = u64::from_str_radix(size, 16).ok().filter(|_| is_hex).ok_or_else(malformed)?;
        self.given = extension.strip_prefix("chunk-signature=").unwrap_or_default().to_owned();
        if self.framing.is_signed && self.given.is_empty() {
            return Err(malformed());
        }
        if size == 0 {
            self.check_chunk()?;
            self.state = State::Trailer;
            return Ok(());
        }
        if self.chunks_small > 0 {
            let message = "Only the last chunk is allowed to have a size less than 8192 bytes";
            return Err(refusal("InvalidChunkSizeError", message));
        }
        self.chunks_small += u32::from(size < CHUNK_BYTES_MIN);
        if size > self.left {
            return Err(incomplete());
        }
        self.state = State::Data { left: size };
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), S3Error> {
        let Some((key, previous)) = &mut self.check else { return Ok(()) };
        let digest = self.digest.finalize_reset();
        if self.framing.is_signed {
            let expected = key.chunk(previous, &digest);
            if !signature::is_same(&expected, &self.given) {
                return Err(mismatch());
            }
            *previous = expected;
        }
        Ok(())
    }

    fn trailing(&mut self, line: &str) -> Result<(), S3Error> {
        let (name, value) = line.split_once(':').ok_or_else(malformed_trailer)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if !self.framing.has_trailer || self.trailing_lines.len() + line.len() > TRAILER_BYTES_MAX {
            return Err(malformed_trailer());
        }
        if name == "x-amz-trailer-signature" {
            value.clone_into(&mut self.given);
            return self.check_trailer();
        }
        let parsed = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::from_str(value).ok());
        let (parsed, header_value) = parsed.ok_or_else(malformed_trailer)?;
        self.trailing_lines.push_str(&format!("{name}:{value}\n"));
        self.trailing.insert(parsed, header_value);
        Ok(())
    }

    fn check_trailer(&mut self) -> Result<(), S3Error> {
        let Some((key, previous)) = &mut self.check else { return Ok(()) };
        let expected = key.trailer(previous, &self.trailing_lines);
        if !signature::is_same(&expected, &self.given) {
            return Err(mismatch());
        }
        // What was checked need not be checked again.
        self.check = None;
        Ok(())
    }

    fn end(&mut self) -> Result<(), S3Error> {
        let framing = self.framing;
        if framing.has_trailer && framing.is_signed && self.check.is_some() {
            return Err(mismatch());
        }
        if self.announced.iter().any(|name| !self.trailing.contains_key(name.as_str())) {
            return Err(malformed_trailer());
        }
        self.state = State::End;
        Ok(())
    }
}

fn malformed() -> S3Error {
    refusal("InvalidRequest", "The chunks of the body are not well-formed")
}

fn malformed_trailer() -> S3Error {
    refusal(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    )
}

fn mismatch() -> S3Error {
    refusal(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing \
         method.",
    )
}

#[cfg(test)]
mod tests;
