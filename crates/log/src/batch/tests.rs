//! The codec against written-out bytes and against itself.

use bytes::Bytes;
use proptest::prelude::*;

use super::write::{put_varint, varint_bytes};
use super::*;
use crate::NewRecord;

fn record(key: &'static [u8], value: &'static [u8]) -> NewRecord {
    NewRecord { key: Bytes::from_static(key), value: Bytes::from_static(value), headers: Vec::new() }
}

fn encode(base_offset: u64, arrival_ms: u64, records: &[NewRecord]) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut encoder = Encoder::begin(&mut buffer, base_offset, arrival_ms);
    for record in records {
        encoder.push(record);
    }
    let length = encoder.finish();
    assert_eq!(length, buffer.len());
    assert!(length <= HEADER_BYTES + records_bytes_max(records));
    buffer
}

/// Written out by hand from the description of the format in Kafka's documentation; the checksum by a bitwise
/// implementation below.
#[test]
fn a_batch_has_the_bytes_of_the_format() {
    let mut with_header = record(b"key", b"value");
    with_header.headers.push((Bytes::from_static(b"h"), Bytes::from_static(b"xy")));
    let batch = encode(7, 0x0102_0304, &[with_header, record(b"", b"")]);
    let behind_crc: Vec<u8> = [
        &[0x00, 0x08][..],                     // attributes: log append time
        &[0, 0, 0, 1],                         // last offset delta
        &[0, 0, 0, 0, 1, 2, 3, 4],             // base timestamp
        &[0, 0, 0, 0, 1, 2, 3, 4],             // max timestamp
        &[0xFF; 14],                           // no producer
        &[0, 0, 0, 2],                         // count
        &[0x26, 0, 0, 0],                      // length 19, attributes, timestamp delta, offset delta 0
        &[0x06, b'k', b'e', b'y'],             // key
        &[0x0A, b'v', b'a', b'l', b'u', b'e'], // value
        &[0x02, 0x02, b'h', 0x04, b'x', b'y'], // one header
        &[0x0C, 0, 0, 0x02, 0, 0, 0],          // length 6, offset delta 1, nothing else
    ]
    .concat();
    let mut expected: Vec<u8> = [&[0, 0, 0, 0, 0, 0, 0, 7][..], &[0, 0, 0, 76], &[0, 0, 0, 0], &[2]].concat();
    expected.extend(bitwise_crc32c(&behind_crc).to_be_bytes());
    expected.extend(&behind_crc);
    assert_eq!(batch, expected);
}

fn bitwise_crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
        }
    }
    !crc
}

#[test]
fn varints_are_zigzag_coded() {
    for (value, bytes) in [
        (0, &[0][..]),
        (-1, &[1]),
        (1, &[2]),
        (63, &[0x7E]),
        (64, &[0x80, 1]),
        (-65, &[0x81, 1]),
        (8191, &[0xFE, 0x7F]),
    ] {
        let mut buffer = Vec::new();
        put_varint(&mut buffer, value);
        assert_eq!(buffer, bytes);
        assert_eq!(varint_bytes(value), bytes.len());
        assert_eq!(Cursor { rest: &buffer }.varint(), Some(value));
    }
}

#[test]
fn a_flipped_bit_behind_the_checksum_is_noticed() {
    let batch = encode(1, 2, &[record(b"a", b"b")]);
    assert!(is_intact(&batch));
    for at in CRC_AT..batch.len() {
        let mut damaged = batch.clone();
        damaged[at] ^= 0x10;
        assert!(!is_intact(&damaged), "at {at}");
    }
}

#[test]
fn a_window_stops_at_its_limits() {
    let records: Vec<NewRecord> = (0..10).map(|_| record(b"k", b"123456789")).collect();
    let batch = Bytes::from(encode(100, 5, &records));
    let read = |from, records_max, bytes_max| {
        let mut window = Window::new(from, ReadLimits { records_max, bytes_max });
        window.push(batch.clone()).unwrap();
        let full = window.is_full();
        let batches = window.finish();
        assert_eq!(batches.iter().count(), batches.len());
        assert_eq!(batches.iter().map(|record| record.key.len() + record.value.len()).sum::<usize>(), batches.bytes);
        (batches.from, batches.next, full)
    };
    assert_eq!(read(100, 3, 1000), (100, 103, true));
    assert_eq!(read(104, 100, 1000), (104, 110, false));
    assert_eq!(read(104, 100, 25), (104, 106, true));
    assert_eq!(read(104, 100, 1), (104, 105, true));
    assert_eq!(read(104, 0, 0), (104, 105, true));
}

fn any_bytes(longest: usize) -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(any::<u8>(), 0..longest).prop_map(Bytes::from)
}

fn any_record() -> impl Strategy<Value = NewRecord> {
    let headers = proptest::collection::vec((any_bytes(20), any_bytes(100)), 0..4);
    (any_bytes(260), any_bytes(700), headers).prop_map(|(key, value, headers)| NewRecord { key, value, headers })
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        base in 0..1_u64 << 60,
        arrival in 0..1_u64 << 50,
        news in proptest::collection::vec(any_record(), 1..40),
    ) {
        let batch = encode(base, arrival, &news);
        prop_assert!(is_intact(&batch));
        let head = head(&batch).unwrap();
        prop_assert_eq!((head.base_offset, head.arrival_ms), (base, arrival));
        prop_assert_eq!((head.length, head.count as usize), (batch.len(), news.len()));
        let views: Vec<RecordView<'_>> = records(&batch).collect();
        prop_assert_eq!(views.len(), news.len());
        for ((view, new), offset) in views.iter().zip(&news).zip(base..) {
            prop_assert_eq!((view.offset, view.arrival_ms), (offset, arrival));
            prop_assert_eq!((view.key, view.value), (&new.key[..], &new.value[..]));
            let headers: Vec<(Bytes, Bytes)> =
                view.headers().map(|(name, value)| (Bytes::copy_from_slice(name), Bytes::copy_from_slice(value))).collect();
            prop_assert_eq!(&headers, &new.headers);
        }
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), ours in any::<bool>()) {
        if ours && bytes.len() > HEADER_BYTES {
            bytes[..8].fill(0);
            bytes[MAGIC_AT] = MAGIC;
            bytes[LAST_DELTA_AT..FIRST_TIMESTAMP_AT].copy_from_slice(&2_u32.to_be_bytes());
            bytes[LAST_TIMESTAMP_AT..PRODUCER_AT].fill(0);
            bytes[COUNT_AT..HEADER_BYTES].copy_from_slice(&3_u32.to_be_bytes());
            bytes[8] &= 0x7F;
        }
        prop_assert!(records(&bytes).map(|record| record.headers().count()).sum::<usize>() < 1_000_000);
        let mut window = Window::new(0, ReadLimits { records_max: 10, bytes_max: 100 });
        let _ = window.push(Bytes::from(bytes));
    }
}
