//! Bodies and headers as the contract has them.

use std::io::Read;

use super::*;
use crate::destination::Delivered;

fn batch(records: &[&[u8]]) -> Batch {
    let one = |(index, data): (usize, &&[u8])| Delivered {
        data: Bytes::copy_from_slice(data),
        arrival_ms: 1,
        sequence: index.to_string().into(),
        sub_sequence: 0,
    };
    let records = records.iter().enumerate().map(one).collect();
    Batch { request_id: "ed4acda5-034f-9f42-bba1-f29aea6d7d8f".to_owned(), records }
}

fn whole(envelope: &Envelope) -> Vec<u8> {
    (0..).map_while(|index| envelope.piece(index)).flatten().collect()
}

#[test]
fn the_body_is_the_contracts_and_as_long_as_it_says() {
    for records in [&[&b"hello"[..], b"hello world", b""][..], &[b""], &[b"a", b"bc", b"def", b"\0\xff"]] {
        let envelope = Envelope::new(&batch(records), 1_578_090_901_599);
        let body = whole(&envelope);
        assert_eq!(body.len() as u64, envelope.len());
        let encoded: Vec<String> =
            records.iter().map(|data| format!("{{\"data\":\"{}\"}}", STANDARD.encode_to_string(data))).collect();
        let expected = format!(
            "{{\"requestId\":\"ed4acda5-034f-9f42-bba1-f29aea6d7d8f\",\"timestamp\":1578090901599,\"records\":[{}]}}",
            encoded.join(",")
        );
        assert_eq!(String::from_utf8(body).unwrap(), expected);
        let mut unzipped = String::new();
        flate2::read::GzDecoder::new(&envelope.gzip()[..]).read_to_string(&mut unzipped).unwrap();
        assert_eq!(unzipped, expected);
    }
}

#[test]
fn the_largest_batch_stays_within_64_mib() {
    let records = vec![Bytes::new(); super::super::RECORDS_MAX];
    let mut batch = batch(&[]);
    batch.records = records
        .into_iter()
        .map(|data| Delivered { data, arrival_ms: 1, sequence: "1".into(), sub_sequence: 0 })
        .collect();
    // The worst padding is that of two bytes over a multiple of three.
    for record in &mut batch.records {
        record.data = Bytes::from_static(b"ab");
    }
    let used = batch.bytes();
    batch.records[0].data = Bytes::from(vec![0; super::super::DATA_BYTES_MAX - used + 2]);
    assert_eq!(batch.bytes(), super::super::DATA_BYTES_MAX);
    let envelope = Envelope::new(&batch, u64::MAX);
    assert!(envelope.len() <= 64 << 20, "{}", envelope.len());
    assert!(envelope.len() > 63 << 20, "{}", envelope.len());
}

#[test]
fn attributes_are_json_in_ascii() {
    let attributes = [("deployment -context".to_owned(), "pre-prod-gamma".to_owned())];
    assert_eq!(attributes_header(&attributes), r#"{"commonAttributes":{"deployment -context":"pre-prod-gamma"}}"#);
    let strange = [("a\"\\".to_owned(), "é\n😀".to_owned()), ("b".to_owned(), String::new())];
    let value = attributes_header(&strange);
    assert_eq!(value, r#"{"commonAttributes":{"a\"\\":"\u00e9\u000a\ud83d\ude00","b":""}}"#);
    serde_json::from_slice::<serde_json::Value>(value.as_bytes()).unwrap();
}
