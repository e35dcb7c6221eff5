//! Records that hold several: aggregates of the Kinesis Producer Library.
//!
//! <https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>

use bytes::Bytes;
use md5::{Digest, Md5};

/// What aggregates begin with.
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

/// The user's records of an aggregate; `None` where this is none, or a damaged one: those are records as they stand.
pub fn open(record: &Bytes) -> Option<Vec<Bytes>> {
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

/// What the Kinesis Producer Library makes of records that share a partition key.
pub fn close(records: &[&[u8]]) -> Bytes {
    let mut message = vec![1 << 3 | 2, 1, b'k'];
    for data in records {
        let mut record = vec![1 << 3, 0, 3 << 3 | 2];
        put_varint(&mut record, data.len());
        record.extend_from_slice(data);
        message.push(3 << 3 | 2);
        put_varint(&mut message, record.len());
        message.extend_from_slice(&record);
    }
    let digest = Md5::digest(&message);
    Bytes::from([&KPL_MAGIC, &message[..], &digest[..]].concat())
}

fn put_varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests;
