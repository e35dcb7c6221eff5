//! What happens to records between the source and the destination: unpacked, taken apart, given partition keys.
//!
//! Pure: the same record gives the same results, so that a delivery can be repeated. The order is AWS's: aggregates of
//! the Kinesis Producer Library, decompression, log messages, sub-records, [`Transform`], metadata.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde::Deserialize;

use crate::configuration::{Step, SubRecords};
use crate::deaggregation;
use crate::destination::{Delivered, ErrorOutputType};
use crate::expressions::Expressions;
use crate::format;
use crate::partitioning::NoKeys;
use crate::prefix::PartitionKeys;
use log::source::SourceRecord;

/// Bytes of an unpacked record at the most: thirty-two times what a record may have.
const UNPACKED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Records that are processed together.
const RECORDS_MAX: usize = 256;
/// The same where every record may become much larger.
const UNPACKED_RECORDS_MAX: usize = 4;

/// A function between the buffer and the destination. None exists yet, and the settings are refused.
pub(crate) trait Transform: Send + Sync + 'static {
    /// The fates of records, in any order; one at least for each.
    fn apply<'a>(&'a self, records: Vec<Delivered>) -> BoxFuture<'a, Vec<Fate>>;
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes to the destination.
    Deliver(Delivered, PartitionKeys),
    /// It goes to the error prefix.
    Fail(Failure),
}

/// A record that could not be processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorOutputType,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// As it came.
    pub(crate) raw: Bytes,
    pub(crate) arrival_ms: u64,
}

/// The steps of a delivery stream.
#[derive(Default)]
pub(crate) struct Pipeline {
    /// Aggregates of the Kinesis Producer Library are taken apart.
    takes_aggregates: bool,
    decompresses: bool,
    extracts_messages: bool,
    sub_records: Option<SubRecords>,
    transform: Option<Arc<dyn Transform>>,
    query: Option<(String, Arc<dyn Expressions>)>,
    delimiter: Vec<u8>,
}

impl Pipeline {
    /// Does nothing: copies are raw.
    pub(crate) fn raw() -> Self {
        Self::default()
    }

    /// The pipeline of these steps; a query that does not compile was refused when it was configured.
    pub(crate) fn new(steps: Vec<Step>, is_data_stream: bool, expressions: &Arc<dyn Expressions>) -> Self {
        let mut pipeline = Self { takes_aggregates: is_data_stream, ..Self::default() };
        for step in steps {
            match step {
                Step::Decompress => pipeline.decompresses = true,
                Step::ExtractLogMessages => pipeline.extracts_messages = true,
                Step::Split(how) => pipeline.sub_records = Some(how),
                Step::ExtractMetadata { query } => pipeline.query = Some((query, Arc::clone(expressions))),
                Step::Delimit(delimiter) => pipeline.delimiter = delimiter,
            }
        }
        pipeline
    }

    /// What stands between two records of an object.
    pub(crate) fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    /// How many records to process at once: what becomes of them is in memory, and others wait for their turn.
    pub(crate) fn records_max(&self) -> usize {
        if self.decompresses { UNPACKED_RECORDS_MAX } else { RECORDS_MAX }
    }

    /// Whether records are given partition keys by an expression.
    pub(crate) fn has_query(&self) -> bool {
        self.query.is_some()
    }

    /// Processes records in order, but for the expression.
    pub(crate) async fn run(&self, records: Vec<SourceRecord>, fates: &mut Vec<Fate>) {
        let mut unpacked = Vec::with_capacity(records.len());
        for record in records {
            self.take_apart(record, &mut unpacked, fates);
        }
        match &self.transform {
            Some(transform) => fates.extend(transform.apply(unpacked).await),
            None => {
                fates.extend(unpacked.into_iter().map(|record| Fate::Deliver(record, PartitionKeys::default())));
            }
        }
    }

    /// Gives records their partition keys. An error is one of the expression as a whole.
    pub(crate) async fn add_keys(&self, fates: &mut [Fate]) -> Result<(), String> {
        let Some((query, expressions)) = &self.query else { return Ok(()) };
        let records: Vec<Bytes> = fates.iter().filter_map(Fate::data).cloned().collect();
        if records.is_empty() {
            return Ok(());
        }
        let mut found = expressions.keys(query, records).await?.into_iter();
        for fate in fates.iter_mut() {
            let Fate::Deliver(record, keys) = fate else { continue };
            match found.next() {
                Some(Ok(found)) => keys.query = found,
                Some(Err(why)) => *fate = Fate::Fail(no_keys(record, &why)),
                None => return Err("fewer answers than records".to_owned()),
            }
        }
        Ok(())
    }

    /// One source record becomes any number of records.
    fn take_apart(&self, record: SourceRecord, unpacked: &mut Vec<Delivered>, fates: &mut Vec<Fate>) {
        let arrival_ms = record.arrival_ms;
        let users = self.takes_aggregates.then(|| log::aggregate::open(&record.data)).flatten();
        let mut parts = Vec::new();
        for data in users.unwrap_or_else(|| vec![record.data]) {
            match self.unpack(data.clone()) {
                Ok(data) => match self.sub_records.as_ref().and_then(|how| deaggregation::split(&data, how)) {
                    Some(split) => parts.extend(split),
                    None => parts.push(data),
                },
                Err(message) => fates.push(Fate::Fail(Failure {
                    kind: ErrorOutputType::DecompressionFailed,
                    code: "Decompression failed.",
                    message,
                    raw: data,
                    arrival_ms,
                })),
            }
        }
        let sequence: Arc<str> = Arc::from(record.sequence_number);
        for (sub_sequence, data) in (0..).zip(parts) {
            unpacked.push(Delivered { data, arrival_ms, sequence: Arc::clone(&sequence), sub_sequence });
        }
    }

    fn unpack(&self, data: Bytes) -> Result<Bytes, String> {
        if !self.decompresses {
            return Ok(data);
        }
        let plain = format::gunzip(&data, UNPACKED_BYTES_MAX).map_err(|error| error.to_string())?;
        match self.extracts_messages {
            true => log_messages(&plain).map_err(|error| error.to_string()),
            false => Ok(Bytes::from(plain)),
        }
    }
}

impl Fate {
    /// The data of a record that goes to the destination.
    fn data(&self) -> Option<&Bytes> {
        match self {
            Self::Deliver(record, _) => Some(&record.data),
            Self::Fail(_) => None,
        }
    }
}

fn no_keys(record: &Delivered, why: &NoKeys) -> Failure {
    Failure {
        kind: ErrorOutputType::ProcessingFailed,
        code: "DynamicPartitioning.MetadataExtractionFailed",
        message: why.to_string(),
        raw: record.data.clone(),
        arrival_ms: record.arrival_ms,
    }
}

/// What CloudWatch Logs sends to subscribers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    message_type: String,
    #[serde(default)]
    log_events: Vec<LogEvent>,
}

#[derive(Deserialize)]
struct LogEvent {
    message: String,
}

/// The messages of an envelope, a line feed behind each; what only tests the subscription becomes an empty record.
fn log_messages(envelope: &[u8]) -> Result<Bytes, serde_json::Error> {
    let envelope: Envelope = serde_json::from_slice(envelope)?;
    if envelope.message_type == "CONTROL_MESSAGE" {
        return Ok(Bytes::new());
    }
    let mut messages = String::new();
    for event in envelope.log_events {
        messages.push_str(&event.message);
        messages.push('\n');
    }
    Ok(Bytes::from(messages))
}

#[cfg(test)]
mod tests;
