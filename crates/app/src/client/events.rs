//! Reads `application/vnd.amazon.eventstream`, the other side of the `aws` crate.

use bytes::{Buf, Bytes, BytesMut};

/// What is wrong with a frame.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Two lengths and their checksum in front, a checksum at the end.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;
/// A longer frame is damage: AWS's are at most a few megabytes.
const FRAME_BYTES_MAX: usize = 24 << 20;
/// The header type of strings, the only one Kinesis sends.
const STRING: u8 = 7;

/// A whole frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    headers: Vec<(String, String)>,
    pub(super) payload: Bytes,
}

impl Frame {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Takes the first whole frame off the front of what has arrived, `None` when more must arrive first.
pub(super) fn take_frame(arrived: &mut BytesMut) -> Result<Option<Frame>, Error> {
    if arrived.len() < PRELUDE_BYTES {
        return Ok(None);
    }
    let mut prelude = &arrived[..PRELUDE_BYTES];
    let (total, headers) = (prelude.get_u32() as usize, prelude.get_u32() as usize);
    if prelude.get_u32() != crc32fast::hash(&arrived[..8])
        || !(PRELUDE_BYTES + headers + CHECKSUM_BYTES..=FRAME_BYTES_MAX).contains(&total)
    {
        return Err("an event's prelude is damaged".into());
    }
    if arrived.len() < total {
        return Ok(None);
    }
    let mut frame = arrived.split_to(total).freeze();
    let checksum = frame.split_off(total - CHECKSUM_BYTES).get_u32();
    if checksum != crc32fast::hash(&frame) {
        return Err("an event is damaged".into());
    }
    frame.advance(PRELUDE_BYTES);
    let payload = frame.split_off(headers);
    Ok(Some(Frame { headers: read_headers(frame)?, payload }))
}

fn read_headers(mut bytes: Bytes) -> Result<Vec<(String, String)>, Error> {
    let mut out = Vec::new();
    while bytes.has_remaining() {
        let name_len = usize::from(bytes.try_get_u8()?);
        let name = text(&mut bytes, name_len)?;
        if bytes.try_get_u8()? != STRING {
            return Err("an event's header is not a string".into());
        }
        let value_len = usize::from(bytes.try_get_u16()?);
        out.push((name, text(&mut bytes, value_len)?));
    }
    Ok(out)
}

fn text(bytes: &mut Bytes, len: usize) -> Result<String, Error> {
    if bytes.len() < len {
        return Err("an event's headers are cut off".into());
    }
    Ok(String::from_utf8(bytes.split_to(len).into())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let sent = aws::event_frame(&[(":event-type", "SubscribeToShardEvent"), (":x", "")], b"{}");
        let mut arrived = BytesMut::new();
        for (at, byte) in sent.iter().enumerate() {
            assert_eq!(take_frame(&mut arrived).unwrap(), None, "only {at} bytes");
            arrived.extend_from_slice(&[*byte]);
        }
        let frame = take_frame(&mut arrived).unwrap().unwrap();
        assert_eq!(frame.header(":event-type"), Some("SubscribeToShardEvent"));
        assert_eq!(frame.header(":x"), Some(""));
        assert_eq!(frame.payload, "{}");
        assert!(arrived.is_empty());
    }

    #[test]
    fn a_flipped_bit_is_noticed_wherever_it_is() {
        let sent = aws::event_frame(&[(":event-type", "e")], b"payload");
        for at in 0..sent.len() {
            let mut damaged = BytesMut::from(&sent[..]);
            damaged[at] ^= 1;
            assert!(take_frame(&mut damaged).is_err(), "byte {at}");
        }
    }
}
