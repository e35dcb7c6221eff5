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
pub(crate) mod tests {
    use super::*;

    /// What the Kinesis Producer Library makes of records that share a partition key.
    pub(crate) fn aggregate(users: &[&[u8]]) -> Bytes {
        let mut message = vec![1 << 3 | 2, 1, b'k'];
        for data in users {
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

    #[test]
    fn aggregates_are_taken_apart() {
        let big = vec![b'x'; 300];
        let users: [&[u8]; 3] = [b"one", b"", &big];
        assert_eq!(kpl(&aggregate(&users)).expect("an aggregate"), users);
        assert_eq!(kpl(&aggregate(&[])), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_aggregate_is_left_alone() {
        let sound = aggregate(&[b"one", b"two"]);
        assert_eq!(kpl(&Bytes::from_static(b"plain")), None);
        assert_eq!(kpl(&Bytes::new()), None);
        assert_eq!(kpl(&sound.slice(..sound.len() - 1)), None);
        let mut damaged = sound.to_vec();
        damaged[9] ^= 1;
        assert_eq!(kpl(&Bytes::from(damaged)), None, "the digest does not hold");
        // A digest that holds over bytes that are no message.
        let message = [3 << 3 | 2, 200];
        let forged = [&KPL_MAGIC[..], &message, &Md5::digest(message)[..]].concat();
        assert_eq!(kpl(&Bytes::from(forged)), None);
    }

    #[test]
    fn json_values_are_split() {
        let check = |record: &'static str, expected: Option<Vec<&str>>| {
            let parts = split(&Bytes::from_static(record.as_bytes()), &SubRecords::Json);
            assert_eq!(
                parts,
                expected.map(|parts| parts.into_iter().map(|part| Bytes::from(part.to_owned())).collect())
            );
        };
        check(r#"{"a":1}{"a":"}{"}"#, Some(vec![r#"{"a":1}"#, r#"{"a":"}{"}"#]));
        check("{\"a\":1}\n {\"b\":[{}]} \n", Some(vec![r#"{"a":1}"#, r#"{"b":[{}]}"#]));
        check(r#"{"a":1}"#, Some(vec![r#"{"a":1}"#]));
        check(r#"{"a":1}{"#, None);
        check("no json", None);
        check("", None);
    }

    #[test]
    fn pieces_are_split_at_the_delimiter() {
        let check = |record: &'static str, delimiter: &str, expected: Option<Vec<&str>>| {
            let how = SubRecords::Delimited(delimiter.as_bytes().to_vec());
            let parts = split(&Bytes::from_static(record.as_bytes()), &how);
            assert_eq!(
                parts,
                expected.map(|parts| parts.into_iter().map(|part| Bytes::from(part.to_owned())).collect())
            );
        };
        check("a|b|c", "|", Some(vec!["a", "b", "c"]));
        check("a####b####", "####", Some(vec!["a", "b"]));
        check("whole", "|", Some(vec!["whole"]));
        check("||", "|", None);
    }

    #[test]
    fn too_many_sub_records_are_left_together() {
        let many = |count: usize| Bytes::from("{}".repeat(count));
        assert_eq!(split(&many(500), &SubRecords::Json).map(|parts| parts.len()), Some(500));
        assert_eq!(split(&many(501), &SubRecords::Json), None);
        let lines = |count: usize| Bytes::from("x\n".repeat(count));
        let how = SubRecords::Delimited(b"\n".to_vec());
        assert_eq!(split(&lines(500), &how).map(|parts| parts.len()), Some(500));
        assert_eq!(split(&lines(501), &how), None);
    }
}
