//! Delivery to OpenSearch, Elasticsearch and OpenSearch Serverless by `_bulk` requests that name the index of every
//! document.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html>
//!
//! Differs from AWS: requests are not signed; a user and a password in the endpoint's URL become basic authentication.
//! Pauses between attempts grow up to AWS's five minutes. Serverless collections choose ids themselves.

mod bulk;
mod index;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use host::Host;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use self::bulk::{Bulk, Judgement, ResultOf};
use super::{
    Batch, BatchLimits, Delivered, Destination, ErrorOutputType, FailedRecord, Outcome, Outgoing, Stop, Tries,
};
use crate::configuration::{Flavour, OpenSearchDestination};
use crate::failure_lines::{self, Document};
use crate::http_client::{Endpoint, HttpClient, Limits, Request};
use crate::retry::{Attempt, Next, Retries, RetryRules};
use crate::shapes::{DocumentIdFormat, IndexRotationPeriod};

/// The smallest domains take requests of 10 MiB; names of indexes and ids need their part of it.
const BATCH: BatchLimits = BatchLimits { records_max: 10_000, bytes_max: 7 << 20 };

/// Answers have a line for every document, with an error of some hundred bytes where it was refused.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), answer: Duration::from_secs(180), answer_bytes_max: 32 << 20 };

/// A domain or a collection.
pub(crate) struct OpenSearch {
    host: Host,
    client: Arc<HttpClient>,
    endpoint: Arc<Endpoint>,
    path: String,
    flavour: Flavour,
    index_name: String,
    type_name: String,
    rotation: IndexRotationPeriod,
    has_ids: bool,
    retry_duration: Duration,
}

/// Documents that wait to be taken, and what became of the others.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Places in the batch.
    waiting: Vec<usize>,
    failed: Vec<FailedRecord>,
    /// Documents of one request; fewer once the domain found one too large.
    documents_max: usize,
    /// Why the waiting ones were not taken last time.
    reasons: Vec<(usize, &'static str, Arc<str>)>,
}

impl OpenSearch {
    /// The domain of a delivery stream's settings; an error in words where they cannot be used.
    pub(crate) fn new(outgoing: &Outgoing, settings: &OpenSearchDestination) -> Result<Self, String> {
        let endpoint = address(settings)?;
        Ok(Self {
            host: outgoing.host.clone(),
            client: Arc::clone(&outgoing.client),
            path: format!("{}/_bulk", endpoint.base_path()),
            endpoint: Arc::new(endpoint),
            flavour: settings.flavour,
            index_name: settings.index_name.clone(),
            type_name: settings.type_name.clone().unwrap_or_default(),
            rotation: settings.rotation,
            // Collections of time series refuse ids.
            has_ids: settings.document_ids == DocumentIdFormat::FirehoseDefault
                && settings.flavour != Flavour::Serverless,
            retry_duration: Duration::from_millis(settings.retry.duration_ms()),
        })
    }

    /// Whether a domain can be reached with such settings; an error in words.
    pub(crate) fn check(settings: &OpenSearchDestination) -> Result<(), String> {
        address(settings).map(drop)
    }

    async fn deliver(&self, batch: &Batch, tries: &mut Tries, stop: &Stop) -> Outcome {
        let Tries { made, documents, .. } = tries;
        let progress = documents.get_or_insert_with(|| self.begin(batch));
        let mut retries = Retries::new(&self.host, stop, RetryRules::DATABASE, self.retry_duration, made);
        while !progress.waiting.is_empty() {
            let attempts_made = retries.attempts_made() + 1;
            let round = async {
                self.round(batch, progress, attempts_made).await;
                Attempt { result: (), waited: Duration::ZERO }
            };
            if retries.attempt(round).await.is_none() {
                return Outcome::Stopped;
            }
            if progress.waiting.is_empty() {
                break;
            }
            let (_, code, message) = &progress.reasons[0];
            let documents = progress.waiting.len();
            tracing::debug!(attempts_made, documents, code, %message, "documents were not taken");
            match retries.pause().await {
                Next::Again => {}
                Next::Stop => return Outcome::Stopped,
                Next::Leave(pause) => return Outcome::Paused(pause),
                Next::GiveUp => {
                    let at = self.host.now_ms();
                    let given_up = progress.reasons.drain(..);
                    progress.failed.extend(given_up.map(|(index, code, message)| FailedRecord {
                        index,
                        attempts_made,
                        code,
                        message,
                        attempt_ended_ms: at,
                    }));
                    break;
                }
            }
        }
        let mut failed = std::mem::take(&mut progress.failed);
        failed.sort_by_key(|failed| failed.index);
        Outcome::Settled { failed, dropped: 0 }
    }

    /// What is no document fails at once: one of them in a request would spoil the others.
    fn begin(&self, batch: &Batch) -> Progress {
        let (mut waiting, mut failed) = (Vec::new(), Vec::new());
        for (index, record) in batch.records.iter().enumerate() {
            match bulk::check(&record.data) {
                Ok(()) => waiting.push(index),
                Err(message) => failed.push(FailedRecord {
                    index,
                    attempts_made: 0,
                    code: "400",
                    message: message.into(),
                    attempt_ended_ms: self.host.now_ms(),
                }),
            }
        }
        Progress { waiting, failed, documents_max: BATCH.records_max, reasons: Vec::new() }
    }

    /// Sends all that wait, in one request or in several; those that are to be tried again wait again.
    async fn round(&self, batch: &Batch, progress: &mut Progress, attempts_made: u32) {
        progress.reasons.clear();
        let mut left = std::mem::take(&mut progress.waiting);
        while !left.is_empty() {
            let count = left.len().min(progress.documents_max);
            match self.post(batch, &left[..count]).await {
                Judgement::TooLarge if count > 1 => progress.documents_max = count / 2,
                Judgement::TooLarge => {
                    let message = "the domain finds the document too large".into();
                    self.refuse(progress, left.remove(0), "413", message, attempts_made);
                }
                Judgement::NotDone { code, message } => {
                    let message: Arc<str> = message.into();
                    progress.reasons.extend(left.drain(..count).map(|index| (index, code, Arc::clone(&message))));
                }
                Judgement::Items(results) => {
                    for (index, result) in left.drain(..count).zip(results) {
                        match result {
                            ResultOf::Taken => {}
                            ResultOf::Later { code, message } => progress.reasons.push((index, code, message.into())),
                            ResultOf::Refused { code, message } => {
                                self.refuse(progress, index, code, message.into(), attempts_made);
                            }
                        }
                    }
                }
            }
        }
        progress.waiting = progress.reasons.iter().map(|(index, ..)| *index).collect();
    }

    fn refuse(&self, progress: &mut Progress, index: usize, code: &'static str, message: Arc<str>, attempts_made: u32) {
        let attempt_ended_ms = self.host.now_ms();
        progress.failed.push(FailedRecord { index, attempts_made, code, message, attempt_ended_ms });
    }

    async fn post(&self, batch: &Batch, indexes: &[usize]) -> Judgement {
        let mut bulk = Bulk::default();
        for record in indexes.iter().map(|index| &batch.records[*index]) {
            let id = self.has_ids.then(|| record.id());
            let index_name = index::name(&self.index_name, self.rotation, record.arrival_ms);
            bulk.add(&index_name, &self.type_name, id.as_deref(), &record.data);
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        let request = Request {
            endpoint: Arc::clone(&self.endpoint),
            path: Some(self.path.clone()),
            headers,
            body: Arc::new(bulk.into_body()),
        };
        bulk::judge(self.client.post(&request, &LIMITS).await.answer, indexes.len())
    }
}

impl Destination for OpenSearch {
    fn limits(&self) -> BatchLimits {
        BATCH
    }

    fn deliver<'a>(&'a self, batch: &'a Batch, tries: &'a mut Tries, stop: &'a Stop) -> BoxFuture<'a, Outcome> {
        Box::pin(self.deliver(batch, tries, stop))
    }

    fn error_output_type(&self) -> ErrorOutputType {
        ErrorOutputType::SearchFailed
    }

    fn write_failure(&self, record: &Delivered, failed: &FailedRecord, out: &mut Vec<u8>) {
        let id = self.has_ids.then(|| record.id());
        let index_name = index::name(&self.index_name, self.rotation, record.arrival_ms);
        let type_name = (self.flavour != Flavour::Serverless).then_some(self.type_name.as_str());
        let document = Document { id: id.as_deref(), index_name: &index_name, type_name };
        failure_lines::search(record, failed, &document, out);
    }
}

fn address(settings: &OpenSearchDestination) -> Result<Endpoint, String> {
    let url = settings.endpoint.as_deref().ok_or("A domain is reached by its ClusterEndpoint, not by its ARN")?;
    Endpoint::parse(url).map_err(|error| format!("The endpoint is not usable: {error}"))
}

#[cfg(test)]
mod tests;
