//! Where records go that do not become objects: HTTP endpoints, Splunk, search domains; and what loads objects that
//! were delivered, as Redshift does.
//!
//! The caller cuts the buffer into batches, writes what failed to the backup bucket, and moves the stored position
//! only when that is durable; so a batch may come twice, with the same request id, but never gets lost.

mod attempts;
mod http_endpoint;
mod open_search;
mod outgoing;
mod redshift;
mod splunk;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::failure_lines;
use crate::retry::Made;

pub(crate) use self::attempts::Attempts;
pub(crate) use self::http_endpoint::HttpEndpoint;
pub(crate) use self::open_search::OpenSearch;
pub(crate) use self::outgoing::{Outgoing, check, open, open_loader};
pub(crate) use self::redshift::Redshift;
pub(crate) use self::splunk::Splunk;

/// A record on its way to a destination, after all processing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// What is delivered.
    pub(crate) data: Bytes,
    /// Arrival of the source record, in wall-clock milliseconds.
    pub(crate) arrival_ms: u64,
    /// The source record's sequence number; the same however often it is delivered.
    pub(crate) sequence: Arc<str>,
    /// Tells records apart that were taken out of one source record; 0 for the first or only one.
    pub(crate) sub_sequence: u32,
}

impl Delivered {
    /// Identifies the record for ever: `<sequence>.<sub-sequence>`.
    pub(crate) fn id(&self) -> String {
        format!("{}.{}", self.sequence, self.sub_sequence)
    }
}

/// Records that are delivered together, within the destination's [`BatchLimits`]; at least one.
#[derive(Debug)]
pub(crate) struct Batch {
    /// A UUID; the same when the batch is repeated after a crash.
    pub(crate) request_id: String,
    /// The records, oldest first within their shard.
    pub(crate) records: Vec<Delivered>,
}

impl Batch {
    /// Data bytes of all records.
    pub(crate) fn bytes(&self) -> usize {
        self.records.iter().map(|record| record.data.len()).sum()
    }
}

/// How much one batch may hold. A single record beyond `bytes_max` still comes, alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// Records at the most.
    pub(crate) records_max: usize,
    /// Data bytes at the most.
    pub(crate) bytes_max: usize,
}

/// A record that a destination did not take within the retry duration, or refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedRecord {
    /// Its place in [`Batch::records`].
    pub(crate) index: usize,
    /// Attempts that were made.
    pub(crate) attempts_made: u32,
    /// An error code of AWS's, for example `HttpEndpoint.DestinationException`.
    pub(crate) code: &'static str,
    /// What the destination said.
    pub(crate) message: Arc<str>,
    /// When the last attempt ended, in wall-clock milliseconds.
    pub(crate) attempt_ended_ms: u64,
}

/// What is remembered of a batch between attempts, while its records are nowhere but in the source.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    made: Made,
    /// Of a search domain: the documents that wait to be taken.
    documents: Option<open_search::Progress>,
    /// Of a collector: acknowledgements that may still come.
    acknowledgements: Vec<u64>,
}

impl Tries {
    /// Of a batch that stays in memory through all pauses.
    #[cfg(test)]
    pub(crate) fn staying() -> Self {
        Self { made: Made::staying(), ..Self::default() }
    }

    /// Whether an attempt was made.
    pub(crate) fn have_begun(&self) -> bool {
        self.made != Made::default()
    }
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is settled.
    Settled {
        /// What did not arrive: goes to the error prefix of the backup bucket, in this order.
        failed: Vec<FailedRecord>,
        /// Records that are given up without a trace, as AWS does after a 413 of an HTTP endpoint.
        dropped: usize,
    },
    /// The delivery was asked to stop, or has outdated settings: nothing is settled, the batch comes again.
    Stopped,
    /// It is to be tried again after so long, with the same [`Tries`]; its records need not be held until then.
    Paused(Duration),
}

impl Outcome {
    /// A batch failed as a whole.
    fn all_failed(batch: &Batch, attempts_made: u32, code: &'static str, message: &str, attempt_ended_ms: u64) -> Self {
        let message: Arc<str> = failure_lines::cut(message).into();
        let one = |index| FailedRecord { index, attempts_made, code, message: Arc::clone(&message), attempt_ended_ms };
        Self::Settled { failed: (0..batch.records.len()).map(one).collect(), dropped: 0 }
    }
}

/// What kind of error a failed record has: the directory it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[expect(clippy::enum_variant_names, reason = "AWS's names of the directories")]
pub(crate) enum ErrorOutputType {
    /// A processor failed: a function, a jq expression, a partition.
    ProcessingFailed,
    /// An OpenSearch or Elasticsearch domain refused.
    SearchFailed,
    /// Splunk refused.
    SplunkFailed,
    /// A record could not be converted to Parquet or ORC.
    FormatConversionFailed,
    /// An HTTP endpoint refused.
    HttpEndpointFailed,
    /// A CloudWatch Logs envelope could not be unpacked.
    DecompressionFailed,
}

impl ErrorOutputType {
    /// AWS's name: what `!{firehose:error-output-type}` becomes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ProcessingFailed => "processing-failed",
            Self::SearchFailed => "AmazonOpenSearchService-failed",
            Self::SplunkFailed => "splunk-failed",
            Self::FormatConversionFailed => "format-conversion-failed",
            Self::HttpEndpointFailed => "http-endpoint-failed",
            Self::DecompressionFailed => "decompression-failed",
        }
    }
}

/// Whether the delivery shall end. Cheap to clone; long waits and requests give way to [`Stop::asked`], pauses between
/// attempts also to [`Stop::outdated`].
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    switch: watch::Receiver<bool>,
    /// The version of the delivery stream; the one whose settings are at work has been seen.
    version: Option<watch::Receiver<u64>>,
}

/// The other end of a [`Stop`]; dropping it asks as well.
#[derive(Debug)]
pub(crate) struct StopSwitch(watch::Sender<bool>);

impl StopSwitch {
    /// A switch and what it reaches.
    pub(crate) fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop { switch: receiver, version: None })
    }

    /// Asks everybody to stop.
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Resolves once a stop is asked for.
    pub(crate) async fn asked(&self) {
        let mut receiver = self.switch.clone();
        // An error says that the switch is gone, which asks as well.
        let _gone = receiver.wait_for(|asked| *asked).await;
    }

    /// Whether a stop was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        *self.switch.borrow() || self.switch.has_changed().is_err()
    }

    /// The same for work with the settings that `version` has seen: what failed with them need not be tried again with
    /// them once there are others.
    pub(crate) fn with_settings(&self, version: watch::Receiver<u64>) -> Self {
        Self { version: Some(version), ..self.clone() }
    }

    /// Resolves once there are other settings.
    pub(crate) async fn outdated(&self) {
        match &self.version {
            Some(version) => {
                let _gone = version.clone().changed().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// Something that takes batches of records.
///
/// Retrying with back-off within the retry duration is the destination's business (`retry.rs`), by the host's clock,
/// and so are time-outs; it resolves when every record has arrived, has failed for good, or `stop` was asked for, and
/// before a long pause, so that the batch is not in memory meanwhile. It is called with one batch at a time.
pub(crate) trait Destination: Send + Sync + 'static {
    /// How much a batch may hold.
    fn limits(&self) -> BatchLimits;

    /// Delivers a batch.
    fn deliver<'a>(&'a self, batch: &'a Batch, tries: &'a mut Tries, stop: &'a Stop) -> BoxFuture<'a, Outcome>;

    /// The directory for what failed.
    fn error_output_type(&self) -> ErrorOutputType;

    /// Appends the line of a failed record, with its line feed, to an object of the error prefix.
    fn write_failure(&self, record: &Delivered, failed: &FailedRecord, out: &mut Vec<u8>);
}

/// An object that was delivered and waits to be loaded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct DeliveredObject {
    /// The bucket's name.
    pub(crate) bucket: String,
    /// The whole key.
    pub(crate) key: String,
    /// Bytes as they are stored.
    pub(crate) bytes: u64,
}

/// What became of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Loaded {
    /// The objects are loaded.
    Done,
    /// They were skipped when the retry duration was over: the caller lists them in a manifest under `errors/`.
    Skipped {
        /// An error code of AWS's, for example `Redshift.TableNotFound`.
        code: &'static str,
        /// What the destination said.
        message: String,
    },
    /// A stop was asked for: nothing is settled, the load comes again after the next start.
    Stopped,
}

/// Something that loads objects once they are in their bucket: Redshift's COPY.
pub(crate) trait Loader: Send + Sync + 'static {
    /// Loads the objects that a manifest at `manifest_key` of their bucket lists; the caller has written it.
    /// One load at a time.
    fn load<'a>(
        &'a self,
        objects: &'a [DeliveredObject],
        manifest_key: &'a str,
        stop: &'a Stop,
    ) -> BoxFuture<'a, Loaded>;
}
