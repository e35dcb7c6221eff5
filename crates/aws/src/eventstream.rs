//! The frames of `application/vnd.amazon.eventstream`.
//!
//! `total u32 | headers u32 | crc32(first 8 bytes) u32 | headers | payload | crc32(all before) u32`, big-endian.
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

use crate::{Codec, ServiceError};

/// Something a stream operation pushes.
pub trait Event: Serialize + Send + 'static {
    /// The event's name in the model, sent as `:event-type`.
    fn event_type(&self) -> &'static str;
}

/// The header type byte of a string value.
const STRING: u8 = 7;
/// Prelude (two lengths and their checksum) plus the checksum at the end.
const OVERHEAD_BYTES: usize = 16;

/// Encodes one frame with string headers.
pub fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let headers_len: usize = headers.iter().map(|(name, value)| 1 + name.len() + 1 + 2 + value.len()).sum();
    let total_len = OVERHEAD_BYTES + headers_len + payload.len();
    let mut out = BytesMut::with_capacity(total_len);
    out.put_u32(u32::try_from(total_len).expect("an event is far below 4 GiB"));
    out.put_u32(u32::try_from(headers_len).expect("headers are short"));
    out.put_u32(crc32fast::hash(&out));
    for (name, value) in headers {
        out.put_u8(u8::try_from(name.len()).expect("header names are short constants"));
        out.put_slice(name.as_bytes());
        out.put_u8(STRING);
        out.put_u16(u16::try_from(value.len()).expect("header values are short"));
        out.put_slice(value.as_bytes());
    }
    out.put_slice(payload);
    out.put_u32(crc32fast::hash(&out));
    out.freeze()
}

/// The frame every stream begins with.
pub(crate) fn initial_response(codec: Codec) -> Bytes {
    let payload: &[u8] = if codec == Codec::Cbor { &[0xa0] } else { b"{}" };
    message("initial-response", codec, payload)
}

/// A frame that carries an event, with AWS's order of headers.
pub fn message(event_type: &str, codec: Codec, payload: &[u8]) -> Bytes {
    let headers = [(":event-type", event_type), (":content-type", codec.content_type()), (":message-type", "event")];
    frame(&headers, payload)
}

/// A frame that carries a modelled error; the stream ends after it.
pub(crate) fn exception(codec: Codec, error: &ServiceError) -> Bytes {
    let payload = codec.encode_exception_message(error.message().unwrap_or_default());
    let headers = [
        (":exception-type", error.code().name),
        (":content-type", codec.content_type()),
        (":message-type", "exception"),
    ];
    frame(&headers, &payload)
}

#[cfg(test)]
mod tests;
