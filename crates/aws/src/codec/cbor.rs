//! CBOR 1.1 as the Java SDK speaks it: indefinite lengths accepted, definite lengths sent.

mod read;
#[cfg(test)]
mod tests;

use std::io;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pieces::ListFrame;
use crate::{ErrorMember, ServiceError};

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    read::read(body).map_err(|_| ServiceError::serialization(None))
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, ServiceError> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out)?;
    // A unit output is an empty body, not `null` (0xf6).
    if out == [0xf6] || out == [0x80] {
        out.clear();
    }
    Ok(Bytes::from(out))
}

/// The first byte of a map of no members; a few more are counted in its lower bits.
const MAP: u8 = 0xa0;
/// The most members that are counted there.
const MAP_MEMBERS_MAX: u8 = 23;
/// The major type of arrays.
const ARRAY: u8 = 0x80;

/// What stands around the items of a list that is an answer's first member.
pub(super) fn list_frame<T: Serialize>(name: &str, count: usize, rest: &T) -> Result<ListFrame, ServiceError> {
    let mut tail = Vec::new();
    write(rest, &mut tail)?;
    let members = tail.first().and_then(|first| first.checked_sub(MAP)).filter(|count| *count < MAP_MEMBERS_MAX);
    let members = members.ok_or_else(|| ServiceError::internal("members are no small structure"))?;
    tail.remove(0);
    let mut head = vec![MAP + members + 1];
    write(name, &mut head)?;
    // Arrays count as all lengths do; the shortest form that fits.
    match u32::try_from(count) {
        Ok(count @ 0..=23) => head.push(ARRAY | count.to_le_bytes()[0]),
        Ok(count @ 24..=0xff) => head.extend_from_slice(&[ARRAY | 24, count.to_le_bytes()[0]]),
        Ok(count @ 0x100..=0xffff) => {
            head.push(ARRAY | 25);
            head.extend_from_slice(&count.to_be_bytes()[2..]);
        }
        Ok(count) => {
            head.push(ARRAY | 26);
            head.extend_from_slice(&count.to_be_bytes());
        }
        Err(_) => return Err(ServiceError::internal("a list is too long")),
    }
    Ok(ListFrame { head, tail })
}

/// Adds a value.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, out: impl io::Write) -> Result<(), ServiceError> {
    ciborium::into_writer(value, out).map_err(|error| ServiceError::internal(error.to_string()))
}

/// How many bytes [`write`] adds.
pub(super) fn item_bytes<T: Serialize>(item: &T) -> Result<u64, ServiceError> {
    let mut length = Length(0);
    write(item, &mut length)?;
    Ok(length.0)
}

/// How many bytes a string of bytes or of text takes: its length in the shortest form that fits, and itself.
pub(super) fn string_bytes(length: usize) -> u64 {
    let head = match length {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    };
    head + length as u64
}

/// Counts what is written to it.
struct Length(u64);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn encode_error(error: &ServiceError) -> Bytes {
    let text = |text: &str| ErrorMember::Text(text.to_owned().into());
    let mut body = std::collections::BTreeMap::from([("__type", text(error.code().name))]);
    if let Some(message) = error.message() {
        body.insert(error.message_key(), text(message));
    }
    body.extend(error.members().iter().cloned());
    encode(&body).unwrap_or_default()
}
