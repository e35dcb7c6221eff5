//! Reads frames of `application/vnd.amazon.eventstream`.
//!
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use std::io;

use bytes::{Buf, BytesMut};
use serde_json::{Value, json};

/// Total length, header length and their checksum.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;
/// AWS sends nothing larger.
const FRAME_BYTES_MAX: usize = 24 << 20;

/// Takes one frame off the buffer: `None` while it is incomplete, an inner `None` for the initial response, which is
/// no event.
pub(crate) fn take(buffer: &mut BytesMut) -> io::Result<Option<Option<Value>>> {
    if buffer.len() < PRELUDE_BYTES {
        return Ok(None);
    }
    let total = number(buffer, 0) as usize;
    let header_bytes = number(buffer, 4) as usize;
    let is_plausible = (PRELUDE_BYTES + CHECKSUM_BYTES + header_bytes..=FRAME_BYTES_MAX).contains(&total);
    if !is_plausible || crc32fast::hash(&buffer[..8]) != number(buffer, 8) {
        return Err(io::Error::other("an event frame with a broken prelude"));
    }
    if buffer.len() < total {
        return Ok(None);
    }
    let frame = buffer.split_to(total);
    let end = total - CHECKSUM_BYTES;
    if crc32fast::hash(&frame[..end]) != number(&frame, end) {
        return Err(io::Error::other("an event frame with a broken checksum"));
    }
    let headers = headers(&frame[PRELUDE_BYTES..PRELUDE_BYTES + header_bytes])?;
    let find = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let name = find(":event-type").or_else(|| find(":exception-type")).or_else(|| find(":error-code"));
    let payload = serde_json::from_slice(&frame[PRELUDE_BYTES + header_bytes..end]).unwrap_or(Value::Null);
    Ok(Some(match name {
        Some("initial-response") => None,
        Some(name) => Some(json!({ name: payload })),
        None => return Err(io::Error::other("an event frame without a type")),
    }))
}

fn number(bytes: &[u8], at: usize) -> u32 {
    (&bytes[at..]).get_u32()
}

/// Headers are name and value; every header of these streams is a string (type 7).
fn headers(mut bytes: &[u8]) -> io::Result<Vec<(String, String)>> {
    let broken = || io::Error::other("an event frame with broken headers");
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let name_bytes = usize::from(bytes.get_u8());
        let name = bytes.get(..name_bytes).ok_or_else(broken)?;
        bytes = &bytes[name_bytes..];
        if bytes.len() < 3 || bytes.get_u8() != 7 {
            return Err(broken());
        }
        let value_bytes = usize::from(bytes.get_u16());
        let value = bytes.get(..value_bytes).ok_or_else(broken)?;
        found.push((String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(value).into_owned()));
        bytes = &bytes[value_bytes..];
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;

    use super::*;

    fn frame(name: &str, payload: &str) -> BytesMut {
        let mut headers = BytesMut::new();
        headers.put_u8(11);
        headers.put_slice(b":event-type");
        headers.put_u8(7);
        headers.put_u16(u16::try_from(name.len()).expect("short"));
        headers.put_slice(name.as_bytes());
        let mut frame = BytesMut::new();
        frame.put_u32(u32::try_from(PRELUDE_BYTES + headers.len() + payload.len() + CHECKSUM_BYTES).expect("short"));
        frame.put_u32(u32::try_from(headers.len()).expect("short"));
        frame.put_u32(crc32fast::hash(&frame));
        frame.put_slice(&headers);
        frame.put_slice(payload.as_bytes());
        frame.put_u32(crc32fast::hash(&frame));
        frame
    }

    #[test]
    fn frames_are_taken_one_by_one() {
        let mut buffer = frame("initial-response", "{}");
        buffer.unsplit(frame("SubscribeToShardEvent", r#"{"Records": []}"#));
        assert_eq!(take(&mut buffer).expect("a frame"), Some(None));
        let event = take(&mut buffer).expect("a frame").flatten();
        assert_eq!(event, Some(json!({"SubscribeToShardEvent": {"Records": []}})));
        assert_eq!(take(&mut buffer).expect("nothing is no failure"), None);
    }

    #[test]
    fn damage_and_truncation_are_told_apart() {
        let whole = frame("A", "{}");
        for length in 0..whole.len() {
            assert_eq!(take(&mut BytesMut::from(&whole[..length])).expect("incomplete"), None);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            assert!(take(&mut damaged).is_err(), "damage at {at} is noticed");
        }
    }
}
