//! The body of a request, `{"requestId","timestamp","records":[{"data"}]}`, and what its headers say of all records.

use std::io::Write;

use base64_simd::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;

use crate::destination::Batch;
use crate::http_client::Pieces;

/// What there is around all records, in bytes: names, a UUID, a time and brackets.
pub(super) const FRAME_BYTES_MAX: usize = 128;

/// What there is around one record's data, in bytes: the name and the padding of base64.
pub(super) const RECORD_BYTES_MAX: usize = RECORD_START.len() + RECORD_END.len() + 1 + 3;

const RECORD_START: &str = "{\"data\":\"";
const RECORD_END: &str = "\"}";

/// A batch as the contract has it, written record by record.
pub(super) struct Envelope {
    head: String,
    records: Vec<Bytes>,
    bytes: u64,
}

impl Envelope {
    pub(super) fn new(batch: &Batch, now_ms: u64) -> Self {
        let head = format!("{{\"requestId\":\"{}\",\"timestamp\":{now_ms},\"records\":[", batch.request_id);
        let records: Vec<Bytes> = batch.records.iter().map(|record| record.data.clone()).collect();
        let around = RECORD_START.len() + RECORD_END.len() + 1;
        let of_records: usize = records.iter().map(|data| STANDARD.encoded_length(data.len()) + around).sum();
        // The last record is followed by "]}" instead of a comma.
        let bytes = (head.len() + of_records + 1) as u64;
        Self { head, records, bytes }
    }

    /// The whole body, compressed.
    pub(super) fn gzip(&self) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        for index in 0.. {
            let Some(piece) = self.piece(index) else { break };
            encoder.write_all(&piece).expect("memory takes every write");
        }
        Bytes::from(encoder.finish().expect("memory takes every write"))
    }
}

impl Pieces for Envelope {
    fn len(&self) -> u64 {
        self.bytes
    }

    fn piece(&self, index: usize) -> Option<Bytes> {
        let Some(index) = index.checked_sub(1) else { return Some(Bytes::copy_from_slice(self.head.as_bytes())) };
        let data = self.records.get(index)?;
        let end = if index + 1 == self.records.len() { "]}" } else { "," };
        let mut piece = Vec::with_capacity(STANDARD.encoded_length(data.len()) + RECORD_BYTES_MAX);
        piece.extend_from_slice(RECORD_START.as_bytes());
        STANDARD.encode_append(data, &mut piece);
        piece.extend_from_slice(RECORD_END.as_bytes());
        piece.extend_from_slice(end.as_bytes());
        Some(Bytes::from(piece))
    }
}

/// The header of the common attributes. Headers are ASCII: the rest is escaped as JSON has it.
pub(super) fn common_attributes(attributes: &[(String, String)]) -> HeaderValue {
    let mut text = String::from("{\"commonAttributes\":{");
    for (index, (name, value)) in attributes.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        json_string(name, &mut text);
        text.push(':');
        json_string(value, &mut text);
    }
    text.push_str("}}");
    HeaderValue::from_str(&text).expect("only visible ASCII and blanks are left")
}

fn json_string(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
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
    fn common_attributes_are_json_in_ascii() {
        let attributes = [("deployment -context".to_owned(), "pre-prod-gamma".to_owned())];
        assert_eq!(common_attributes(&attributes), r#"{"commonAttributes":{"deployment -context":"pre-prod-gamma"}}"#);
        let strange = [("a\"\\".to_owned(), "é\n😀".to_owned()), ("b".to_owned(), String::new())];
        let value = common_attributes(&strange);
        assert_eq!(value, r#"{"commonAttributes":{"a\"\\":"\u00e9\u000a\ud83d\ude00","b":""}}"#);
        serde_json::from_slice::<serde_json::Value>(value.as_bytes()).unwrap();
    }
}
