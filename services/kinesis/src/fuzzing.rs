//! Ways in for the fuzz targets (`testing/fuzz`): decoders that are private otherwise.

use log::StreamId;
use serde_json::{Map, Value};

use crate::bulk::{self, scan};
use crate::iterator::{Place, Seal};
use crate::sequence::SequenceNumber;

/// Opens a shard iterator under a fixed secret. What opens must be what the secret has sealed.
pub fn iterator(input: &[u8]) {
    let seal = Seal::new(&[1; 32]);
    let text = String::from_utf8_lossy(input);
    match seal.open(&text) {
        Ok(place) => assert_eq!(seal.seal(&place), text.trim_matches('"'), "only our own text is opened"),
        Err(error) => assert_eq!(error.code().name, "InvalidArgumentException"),
    }
}

/// Iterators that open under the secret of [`iterator`].
pub fn iterator_seeds() -> Vec<Vec<u8>> {
    let place = |name: &str, offset| {
        let stream_name = name.to_owned();
        Place { stream: StreamId(7), stream_name, shard: 3, offset, created_ms: 1_700_000_000_000 }
    };
    let seal = Seal::new(&[1; 32]);
    vec![seal.seal(&place("orders", 0)).into_bytes(), seal.seal(&place(&"n".repeat(128), u64::MAX)).into_bytes()]
}

/// Takes the body of a PutRecords call apart the quick way. What it finds, once its base64 holds, must be what a
/// careful reader finds.
pub fn put_records(input: &[u8]) {
    let Some(scanned) = scan::scan(input) else { return };
    let decoded = |found: &scan::Found<'_>| {
        let mut room = vec![0; found.bytes];
        bulk::decode(found, &mut room).is_ok().then_some(room)
    };
    let Some(data) = scanned.records.iter().map(decoded).collect::<Option<Vec<_>>>() else { return };
    let careful: Value = serde_json::from_slice(input).expect("what is taken apart is JSON");
    let texts = careful["Records"].as_array().expect("a list");
    assert_eq!(texts.len(), data.len());
    for ((found, data), entry) in scanned.records.iter().zip(data).zip(texts) {
        assert_eq!(entry["PartitionKey"].as_str().map(str::as_bytes), Some(found.key));
        assert_eq!(entry["Data"], base64_simd::STANDARD.encode_to_string(&data));
        assert_eq!(entry.as_object().map(Map::len), Some(2));
    }
    assert_eq!(careful["StreamName"].as_str(), scanned.stream_name);
    assert_eq!(careful["StreamARN"].as_str(), scanned.stream_arn);
}

/// Bodies that [`put_records`] takes apart.
pub fn put_records_seeds() -> Vec<Vec<u8>> {
    let entry = r#"{"Data":"aGVsbG8=","PartitionKey":"key-1"}"#;
    let spaced = r#"{ "PartitionKey": "b", "Data": "" }"#;
    vec![
        format!(r#"{{"Records":[{entry},{entry}],"StreamName":"orders"}}"#).into_bytes(),
        format!(r#"{{"StreamARN":"arn:aws:kinesis","Records": [{spaced}, {entry}] }} "#).into_bytes(),
    ]
}

/// Reads a sequence number. What is read must print as it was written, but for leading zeros and the base that AWS
/// adds to small numbers; what decodes must compose to the same number.
pub fn sequence_number(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Some(number) = SequenceNumber::parse(&text) else { return };
    let printed = number.to_string();
    let is_small = text.trim_start_matches('0').len() < 38;
    assert!(is_small || printed == text.trim_start_matches('0'), "{text} became {printed}");
    if let Some(decoded) = number.decode() {
        let offset = decoded.offset();
        let again = offset.map(|at| SequenceNumber::of_record(decoded.created_s, decoded.shard, at, decoded.time_s));
        assert!(again.is_none_or(|again| again == number));
    }
}
