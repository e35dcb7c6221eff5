//! Delivery to a Splunk HTTP event collector, with indexer acknowledgement.
//!
//! A batch has arrived when an indexer says so: the collector answers with the number of an acknowledgement, which is
//! asked for until it is there or the time-out is over. Every attempt has the whole time-out; an acknowledgement of an
//! earlier attempt that comes late counts, too.
//!
//! <https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/about-http-event-collector-indexer-acknowledgment>

mod answer;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use host::Host;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use self::answer::Trouble;
use super::{
    Attempts, Batch, BatchLimits, Delivered, Destination, ErrorOutputType, FailedRecord, Outcome, Outgoing, Stop, Tries,
};
use crate::configuration::SplunkDestination;
use crate::failure_lines;
use crate::http_client::{Endpoint, Exchange, HttpClient, Limits, Request};
use crate::retry::{Attempt, Next, Retries, RetryRules};
use crate::shapes::HecEndpointType;

/// Records and data of one request.
const BATCH: BatchLimits = BatchLimits { records_max: 50_000, bytes_max: 5 << 20 };

/// The collector answers as soon as it has parsed the data.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), answer: Duration::from_secs(60), answer_bytes_max: 1 << 20 };

/// The first pause between two questions for an acknowledgement; it doubles up to [`ASK_PAUSE_MAX`].
const ASK_PAUSE: Duration = Duration::from_millis(500);

/// Splunk recommends to ask no more often than every 10 seconds when it takes long.
const ASK_PAUSE_MAX: Duration = Duration::from_secs(10);

/// A collector.
pub(crate) struct Splunk {
    host: Host,
    client: Arc<HttpClient>,
    endpoint: Arc<Endpoint>,
    path: String,
    ack_path: String,
    headers: HeaderMap,
    attempts: Arc<Attempts>,
    ack_timeout: Duration,
    retry_duration: Duration,
}

impl Splunk {
    /// The collector of a delivery stream's settings; an error in words where they cannot be used.
    pub(crate) fn new(
        outgoing: &Outgoing,
        stream_arn: &str,
        settings: &SplunkDestination,
        attempts: Arc<Attempts>,
    ) -> Result<Self, String> {
        let endpoint = address(settings)?;
        // Some name the collector's path, others only its address.
        let path = endpoint.base_path();
        let ends = ["/services/collector", "/services/collector/raw", "/services/collector/event"];
        let base = ends.iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
        let kind = match settings.endpoint_type {
            HecEndpointType::Raw => "raw",
            HecEndpointType::Event => "event",
        };
        Ok(Self {
            host: outgoing.host.clone(),
            client: Arc::clone(&outgoing.client),
            path: format!("{base}/services/collector/{kind}"),
            ack_path: format!("{base}/services/collector/ack"),
            headers: headers(settings.token.as_deref(), &channel(stream_arn))?,
            endpoint: Arc::new(endpoint),
            attempts,
            ack_timeout: Duration::from_secs(u64::from(settings.acknowledgment_timeout_s)),
            retry_duration: Duration::from_millis(settings.retry.duration_ms()),
        })
    }

    /// Whether a collector can be reached with such settings; an error in words.
    pub(crate) fn check(settings: &SplunkDestination) -> Result<(), String> {
        address(settings)?;
        headers(settings.token.as_deref(), "").map(drop)
    }

    async fn deliver(&self, batch: &Batch, tries: &mut Tries, stop: &Stop) -> Outcome {
        let records: Vec<Bytes> = batch.records.iter().map(|record| record.data.clone()).collect();
        let request = Request {
            endpoint: Arc::clone(&self.endpoint),
            path: Some(self.path.clone()),
            headers: self.headers.clone(),
            body: Arc::new(records),
        };
        let Tries { made, acknowledgements: pending, .. } = tries;
        let mut retries = Retries::new(&self.host, stop, RetryRules::ENDPOINT, self.retry_duration, made);
        loop {
            let Some(result) = retries.attempt(self.attempt(&request, pending)).await else {
                return Outcome::Stopped;
            };
            let Err(trouble) = result else { return Outcome::Settled { failed: Vec::new(), dropped: 0 } };
            let attempts_made = retries.attempts_made();
            let (code, message) = (trouble.code(), trouble.message());
            tracing::debug!(request_id = batch.request_id, attempts_made, code, message, "Splunk did not take a batch");
            match retries.pause().await {
                Next::Again => {}
                Next::Stop => return Outcome::Stopped,
                Next::Leave(pause) => return Outcome::Paused(pause),
                Next::GiveUp => {
                    return Outcome::all_failed(batch, attempts_made, code, &message, self.host.now_ms());
                }
            }
        }
    }

    /// Sends the batch and waits until it is indexed. `pending` are the acknowledgements that may still come.
    async fn attempt(&self, request: &Request, pending: &mut Vec<u64>) -> Attempt<Result<(), Trouble>> {
        let Exchange { answer, waited } = self.client.post(request, &LIMITS).await;
        match answer::received(answer) {
            Ok(ack) => pending.push(ack),
            Err(trouble) => return Attempt { result: Err(trouble), waited },
        }
        let started = self.host.monotonic();
        let result = self.acknowledged(pending, started + self.ack_timeout).await;
        let took = self.host.monotonic().saturating_sub(started);
        if result.is_ok() {
            self.attempts.ack_latency.add(took);
        }
        Attempt { result, waited: waited + took }
    }

    /// Asks for the acknowledgements until one of them is there.
    async fn acknowledged(&self, pending: &[u64], deadline: Duration) -> Result<(), Trouble> {
        let body = serde_json::json!({ "acks": pending }).to_string();
        let request = Request {
            endpoint: Arc::clone(&self.endpoint),
            path: Some(self.ack_path.clone()),
            headers: self.headers.clone(),
            body: Arc::new(Bytes::from(body)),
        };
        let mut pause = ASK_PAUSE;
        loop {
            let left = deadline.saturating_sub(self.host.monotonic());
            if left.is_zero() {
                return Err(Trouble::AckTimeout);
            }
            self.host.sleep(pause.min(left)).await;
            pause = (pause * 2).min(ASK_PAUSE_MAX);
            // A question that fails is asked again: the data is on its way.
            let limits = Limits { answer: LIMITS.answer.min(left), ..LIMITS };
            if answer::acknowledged(self.client.post(&request, &limits).await.answer)? {
                return Ok(());
            }
        }
    }
}

impl Destination for Splunk {
    fn limits(&self) -> BatchLimits {
        BATCH
    }

    fn deliver<'a>(&'a self, batch: &'a Batch, tries: &'a mut Tries, stop: &'a Stop) -> BoxFuture<'a, Outcome> {
        Box::pin(self.deliver(batch, tries, stop))
    }

    fn error_output_type(&self) -> ErrorOutputType {
        ErrorOutputType::SplunkFailed
    }

    fn write_failure(&self, record: &Delivered, failed: &FailedRecord, out: &mut Vec<u8>) {
        failure_lines::splunk(record, failed, out);
    }
}

fn address(settings: &SplunkDestination) -> Result<Endpoint, String> {
    Endpoint::parse(&settings.endpoint).map_err(|error| format!("The HECEndpoint is not usable: {error}"))
}

fn headers(token: Option<&str>, channel: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let channel = HeaderValue::from_str(channel).expect("a UUID is visible ASCII");
    headers.insert(HeaderName::from_static("x-splunk-request-channel"), channel);
    if let Some(token) = token {
        let text = format!("Splunk {token}");
        let unusable = |_| "The HECToken has characters that no header can carry".to_owned();
        let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(unusable)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// A UUID of the delivery stream's own: collectors remember channels and count acknowledgements on each, so that it
/// stays the same.
fn channel(stream_arn: &str) -> String {
    let digest = crate::hex(&Sha256::digest(stream_arn.as_bytes())[..16]);
    // Version 8 (of one's own making), variant 1.
    format!("{}-{}-8{}-8{}-{}", &digest[..8], &digest[8..12], &digest[13..16], &digest[17..20], &digest[20..])
}

#[cfg(test)]
mod tests;
