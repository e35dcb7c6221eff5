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
pub(super) fn attributes_header(attributes: &[(String, String)]) -> HeaderValue {
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
mod tests;
