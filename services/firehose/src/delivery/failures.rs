//! Objects of the error prefix: a line of JSON for each record that could not be processed or delivered.

use std::collections::BTreeMap;

use serde::Serialize;

use super::naming::{Naming, Which};
use super::object::{ObjectWriter, Office};
use crate::destination::ErrorOutputType;
use crate::pipeline::Failure;
use crate::shapes::CompressionFormat;
use crate::sink::SinkError;

/// The failures of one delivery, an object for each type. They are neither compressed nor have they an extension.
pub(crate) struct Failures<'a> {
    office: &'a Office,
    naming: &'a Naming,
    now_ms: u64,
    objects: BTreeMap<ErrorOutputType, ObjectWriter>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    attempts_made: u32,
    arrival_timestamp: u64,
    error_code: &'a str,
    error_message: &'a str,
    attempt_ending_timestamp: u64,
    raw_data: String,
}

impl<'a> Failures<'a> {
    pub(crate) fn new(office: &'a Office, naming: &'a Naming, now_ms: u64) -> Self {
        Self { office, naming, now_ms, objects: BTreeMap::new() }
    }

    /// Adds the line of a record that could not be processed.
    pub(crate) async fn add(&mut self, failure: &Failure) -> Result<(), SinkError> {
        let line = Line {
            attempts_made: 1,
            arrival_timestamp: failure.arrival_ms,
            error_code: failure.code,
            error_message: &failure.message,
            attempt_ending_timestamp: self.now_ms,
            raw_data: base64_simd::STANDARD.encode_to_string(&failure.raw),
        };
        let mut text = serde_json::to_vec(&line).expect("plain values always serialise");
        text.push(b'\n');
        self.add_line(failure.kind, failure.arrival_ms, &text).await
    }

    /// Adds a line that is written already, with its line feed.
    pub(crate) async fn add_line(
        &mut self,
        kind: ErrorOutputType,
        arrival_ms: u64,
        line: &[u8],
    ) -> Result<(), SinkError> {
        let (office, naming) = (self.office, self.naming);
        let object = self.objects.entry(kind).or_insert_with(|| {
            let name = naming.name(Which::Failures { kind, ordinal: 0 }, arrival_ms, None);
            ObjectWriter::begin(office, name, CompressionFormat::Uncompressed, arrival_ms)
        });
        object.add(line, b"").await
    }

    /// The objects are complete; answers how many records are in them.
    pub(crate) async fn finish(self) -> Result<u64, SinkError> {
        let mut count = 0;
        for object in self.objects.into_values() {
            count += object.finish().await?.records;
        }
        Ok(count)
    }
}
