//! Records that hold several, taken apart.

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
        assert_eq!(parts, expected.map(|parts| parts.into_iter().map(|part| Bytes::from(part.to_owned())).collect()));
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
        assert_eq!(parts, expected.map(|parts| parts.into_iter().map(|part| Bytes::from(part.to_owned())).collect()));
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
