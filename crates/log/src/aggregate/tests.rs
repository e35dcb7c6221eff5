//! Aggregates, taken apart.

use super::*;

#[test]
fn aggregates_are_taken_apart() {
    let big = vec![b'x'; 300];
    let users: [&[u8]; 3] = [b"one", b"", &big];
    assert_eq!(open(&close(&users)).expect("an aggregate"), users);
    assert_eq!(open(&close(&[])), Some(Vec::new()));
}

#[test]
fn what_is_no_aggregate_is_left_alone() {
    let sound = close(&[b"one", b"two"]);
    assert_eq!(open(&Bytes::from_static(b"plain")), None);
    assert_eq!(open(&Bytes::new()), None);
    assert_eq!(open(&sound.slice(..sound.len() - 1)), None);
    let mut damaged = sound.to_vec();
    damaged[9] ^= 1;
    assert_eq!(open(&Bytes::from(damaged)), None, "the digest does not hold");
    // A digest that holds over bytes that are no message.
    let message = [3 << 3 | 2, 200];
    let forged = [&KPL_MAGIC[..], &message, &Md5::digest(message)[..]].concat();
    assert_eq!(open(&Bytes::from(forged)), None);
}
