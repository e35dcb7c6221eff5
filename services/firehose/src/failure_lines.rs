//! The lines that tell of records that were not delivered, as AWS writes them into objects of the error prefix.

use base64_simd::STANDARD;
use serde::Serialize;

use crate::destination::{Delivered, FailedRecord};

/// The longest message of a line, in bytes: AWS's limit for `errorMessage` of HTTP endpoints.
const MESSAGE_BYTES_MAX: usize = 8192;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpEndpointLine<'a> {
    attempts_made: u32,
    arrival_timestamp: u64,
    error_code: &'a str,
    error_message: &'a str,
    attempt_ending_timestamp: u64,
    raw_data: String,
    subsequence_number: u32,
    data_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SplunkLine<'a> {
    attempts_made: u32,
    arrival_timestamp: u64,
    error_code: &'a str,
    error_message: &'a str,
    attempt_ending_timestamp: u64,
    raw_data: String,
    #[serde(rename = "EventId")]
    event_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchLine<'a> {
    attempts_made: u32,
    arrival_timestamp: u64,
    error_code: &'a str,
    error_message: &'a str,
    attempt_ending_timestamp: u64,
    es_document_id: Option<&'a str>,
    es_index_name: &'a str,
    es_type_name: &'a str,
    raw_data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerlessLine<'a> {
    attempts_made: u32,
    arrival_timestamp: u64,
    error_code: &'a str,
    error_message: &'a str,
    attempt_ending_timestamp: u64,
    os_document_id: Option<&'a str>,
    os_index_name: &'a str,
    raw_data: String,
}

/// The document a record was to become.
pub(crate) struct Document<'a> {
    /// `None` where the domain was to choose it.
    pub(crate) id: Option<&'a str>,
    pub(crate) index_name: &'a str,
    /// Empty from version 7 on; `None` where there are no types at all, as in serverless collections.
    pub(crate) type_name: Option<&'a str>,
}

/// The line of a record that an HTTP endpoint did not take.
pub(crate) fn http_endpoint(record: &Delivered, failed: &FailedRecord, out: &mut Vec<u8>) {
    let line = HttpEndpointLine {
        attempts_made: failed.attempts_made,
        arrival_timestamp: record.arrival_ms,
        error_code: failed.code,
        error_message: cut(&failed.message),
        attempt_ending_timestamp: failed.attempt_ended_ms,
        raw_data: STANDARD.encode_to_string(&record.data),
        subsequence_number: record.sub_sequence,
        data_id: record.id(),
    };
    write(&line, out);
}

/// The line of a record that Splunk did not take.
pub(crate) fn splunk(record: &Delivered, failed: &FailedRecord, out: &mut Vec<u8>) {
    let line = SplunkLine {
        attempts_made: failed.attempts_made,
        arrival_timestamp: record.arrival_ms,
        error_code: failed.code,
        error_message: cut(&failed.message),
        attempt_ending_timestamp: failed.attempt_ended_ms,
        raw_data: STANDARD.encode_to_string(&record.data),
        event_id: record.id(),
    };
    write(&line, out);
}

/// The line of a record that did not become a document.
pub(crate) fn search(record: &Delivered, failed: &FailedRecord, document: &Document<'_>, out: &mut Vec<u8>) {
    let raw_data = STANDARD.encode_to_string(&record.data);
    let error_message = cut(&failed.message);
    match document.type_name {
        Some(type_name) => write(
            &SearchLine {
                attempts_made: failed.attempts_made,
                arrival_timestamp: record.arrival_ms,
                error_code: failed.code,
                error_message,
                attempt_ending_timestamp: failed.attempt_ended_ms,
                es_document_id: document.id,
                es_index_name: document.index_name,
                es_type_name: type_name,
                raw_data,
            },
            out,
        ),
        None => write(
            &ServerlessLine {
                attempts_made: failed.attempts_made,
                arrival_timestamp: record.arrival_ms,
                error_code: failed.code,
                error_message,
                attempt_ending_timestamp: failed.attempt_ended_ms,
                os_document_id: document.id,
                os_index_name: document.index_name,
                raw_data,
            },
            out,
        ),
    }
}

fn write(line: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, line).expect("plain values always serialise, and memory takes them");
    out.push(b'\n');
}

/// Cuts a text to [`MESSAGE_BYTES_MAX`], between characters.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = text.len().min(MESSAGE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
