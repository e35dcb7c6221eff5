//! One record that holds several: aggregates of the Kinesis Producer Library, JSON values one after the other, pieces
//! between delimiters.

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::configuration::SubRecords;

/// What aggregates begin with.
/// <https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>
const KPL_MAGIC: [u8; 4] = [0xF3, 0x89, 0x9A, 0xC2];
/// The MD5 of the message stands behind it.
const KPL_TRAILER_BYTES: usize = 16;
/// Field 3 of `AggregatedRecord`, length-delimited: a record.
const KPL_RECORD: u64 = 3 << 3 | LENGTH_DELIMITED;
/// Field 3 of `Record`, length-delimited: its data.
const KPL_DATA: u64 = 3 << 3 | LENGTH_DELIMITED;

const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const FIXED_32: u64 = 5;

/// A record that holds more than this many is left as it is.
pub(crate) const SUB_RECORDS_MAX: usize = 500;

/// The user's records of an aggregate; `None` where this is none, or a damaged one: those are records as they stand.
pub(crate) fn kpl(record: &Bytes) -> Option<Vec<Bytes>> {
    let message_end = record.len().checked_sub(KPL_TRAILER_BYTES).filter(|end| *end >= KPL_MAGIC.len())?;
    if record[..KPL_MAGIC.len()] != KPL_MAGIC {
        return None;
    }
    let message = &record[KPL_MAGIC.len()..message_end];
    if Md5::digest(message)[..] != record[message_end..] {
        return None;
    }
    let mut users = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let (tag, payload) = field(&mut rest)?;
        if tag == KPL_RECORD {
            users.push(record.slice_ref(kpl_data(payload)?));
        }
    }
    Some(users)
}

/// The data of one record of an aggregate; a required member.
fn kpl_data(mut rest: &[u8]) -> Option<&[u8]> {
    let mut data = None;
    while !rest.is_empty() {
        let (tag, payload) = field(&mut rest)?;
        if tag == KPL_DATA {
            data = Some(payload);
        }
    }
    data
}

/// Takes one protobuf field off; the payload of a varint is empty.
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let tag = varint(rest)?;
    let length = match tag & 7 {
        VARINT => {
            varint(rest)?;
            0
        }
        FIXED_64 => 8,
        LENGTH_DELIMITED => usize::try_from(varint(rest)?).ok()?,
        FIXED_32 => 4,
        _ => return None,
    };
    let (payload, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some((tag, payload))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The parts of a record that holds several; `None` where it holds one, too many, or what cannot be split.
pub(crate) fn split(record: &Bytes, how: &SubRecords) -> Option<Vec<Bytes>> {
    let parts = match how {
        SubRecords::Json => json_values(record)?,
        SubRecords::Delimited(delimiter) => pieces(record, delimiter),
    };
    (1..=SUB_RECORDS_MAX).contains(&parts.len()).then_some(parts)
}

fn json_values(record: &Bytes) -> Option<Vec<Bytes>> {
    let mut values = serde_json::Deserializer::from_slice(record).into_iter::<serde::de::IgnoredAny>();
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(value) = values.next() {
        value.ok()?;
        let to = values.byte_offset();
        parts.push(record.slice_ref(record[from..to].trim_ascii()));
        from = to;
        if parts.len() > SUB_RECORDS_MAX {
            return None;
        }
    }
    Some(parts)
}

/// Empty pieces, as behind a delimiter at the end, are none.
fn pieces(record: &Bytes, delimiter: &[u8]) -> Vec<Bytes> {
    let finder = memchr::memmem::Finder::new(delimiter);
    let mut parts = Vec::new();
    let mut from = 0;
    let ends = finder.find_iter(record).chain(std::iter::once(record.len()));
    for end in ends {
        if end > from {
            parts.push(record.slice(from..end));
        }
        from = end + delimiter.len();
        if parts.len() > SUB_RECORDS_MAX {
            break;
        }
    }
    parts
}

#[cfg(test)]
pub(crate) mod tests;
