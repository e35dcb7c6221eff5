//! Delivery to servers that obey Firehose's contract for HTTP endpoints.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>
//!
//! Differs from AWS: any port, and `http://` on this machine.

mod answer;
mod envelope;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use host::Host;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use self::answer::Verdict;
use self::envelope::Envelope;
use super::{
    Attempts, Batch, BatchLimits, Delivered, Destination, ErrorOutputType, FailedRecord, Outcome, Outgoing, Stop, Tries,
};
use crate::configuration::HttpEndpointDestination;
use crate::failure_lines;
use crate::http_client::{Endpoint, Exchange, HttpClient, Limits, Pieces, Request};
use crate::retry::{Attempt, Next, Retries, RetryRules};
use crate::shapes::ContentEncoding;

/// Records of one request.
const RECORDS_MAX: usize = 10_000;

/// Data of one request, so that the body, which is base64, stays within 64 MiB.
const DATA_BYTES_MAX: usize =
    ((64 << 20) - envelope::FRAME_BYTES_MAX - RECORDS_MAX * envelope::RECORD_BYTES_MAX) / 4 * 3;

/// "HTTP endpoints have 3 minutes to respond to a request"; the answer's body is at most 1 MiB.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), answer: Duration::from_secs(180), answer_bytes_max: 1 << 20 };

/// What AWS's own deliverers call themselves; receivers look at it.
const AGENT: &str = "Amazon Kinesis Data Firehose Agent/1.0";

/// A server somewhere.
pub(crate) struct HttpEndpoint {
    host: Host,
    client: Arc<HttpClient>,
    endpoint: Arc<Endpoint>,
    /// All but the request's id.
    headers: HeaderMap,
    compresses: bool,
    attempts: Arc<Attempts>,
    retry_duration: Duration,
}

impl HttpEndpoint {
    /// The endpoint of a delivery stream's settings; an error in words where they cannot be used.
    pub(crate) fn new(
        outgoing: &Outgoing,
        stream_arn: &str,
        settings: &HttpEndpointDestination,
        attempts: Arc<Attempts>,
    ) -> Result<Self, String> {
        let endpoint = address(settings)?;
        let compresses = settings.content_encoding == ContentEncoding::Gzip;
        Ok(Self {
            host: outgoing.host.clone(),
            client: Arc::clone(&outgoing.client),
            endpoint: Arc::new(endpoint),
            headers: headers(stream_arn, settings, compresses)?,
            compresses,
            attempts,
            retry_duration: Duration::from_millis(settings.retry.duration_ms()),
        })
    }

    /// Whether an endpoint can be reached with such settings; an error in words.
    pub(crate) fn check(settings: &HttpEndpointDestination) -> Result<(), String> {
        address(settings)?;
        headers("", settings, false).map(drop)
    }

    async fn deliver(&self, batch: &Batch, tries: &mut Tries, stop: &Stop) -> Outcome {
        let Some(request) = self.request(batch).await else { return Outcome::Stopped };
        let mut retries = Retries::new(&self.host, stop, RetryRules::ENDPOINT, self.retry_duration, &mut tries.made);
        loop {
            let work = async {
                self.attempts.processed_records.add(batch.records.len() as u64);
                self.attempts.processed_bytes.add(batch.bytes() as u64);
                let Exchange { answer, waited } = self.client.post(&request, &LIMITS).await;
                Attempt { result: answer, waited }
            };
            let Some(answer) = retries.attempt(work).await else { return Outcome::Stopped };
            let (code, message) = match answer::judge(answer, &batch.request_id) {
                Verdict::Delivered => return Outcome::Settled { failed: Vec::new(), dropped: 0 },
                Verdict::TooLarge => {
                    let (records, request_id) = (batch.records.len(), &batch.request_id);
                    tracing::warn!(
                        request_id,
                        records,
                        "the endpoint finds a request too large; its records are dropped"
                    );
                    return Outcome::Settled { failed: Vec::new(), dropped: records };
                }
                Verdict::Failed { code, message } => (code, message),
            };
            let attempts_made = retries.attempts_made();
            tracing::debug!(
                request_id = batch.request_id,
                attempts_made,
                code,
                message,
                "an endpoint did not take a batch"
            );
            match retries.pause().await {
                Next::Again => {}
                Next::Stop => return Outcome::Stopped,
                Next::Leave(pause) => return Outcome::Paused(pause),
                Next::GiveUp => return Outcome::all_failed(batch, attempts_made, code, &message, self.host.now_ms()),
            }
        }
    }

    /// The request, the same for all attempts but for its instant; `None` when the server ends meanwhile.
    async fn request(&self, batch: &Batch) -> Option<Request> {
        let envelope = Envelope::new(batch, self.host.now_ms());
        let body: Arc<dyn Pieces> =
            if self.compresses { Arc::new(self.compressed(envelope).await?) } else { Arc::new(envelope) };
        let mut headers = self.headers.clone();
        let request_id = HeaderValue::from_str(&batch.request_id).expect("a UUID is visible ASCII");
        headers.insert(HeaderName::from_static("x-amz-firehose-request-id"), request_id);
        Some(Request { endpoint: Arc::clone(&self.endpoint), path: None, headers, body })
    }

    /// Compresses on a thread of its own: a large body takes longer than others should wait for their turn.
    async fn compressed(&self, envelope: Envelope) -> Option<Bytes> {
        let (sender, compressed) = futures::channel::oneshot::channel();
        self.host.spawn_thread("compression", async move {
            // Whoever waited may have been told to stop.
            drop(sender.send(envelope.gzip()));
        });
        compressed.await.ok()
    }
}

impl Destination for HttpEndpoint {
    fn limits(&self) -> BatchLimits {
        BatchLimits { records_max: RECORDS_MAX, bytes_max: DATA_BYTES_MAX }
    }

    fn deliver<'a>(&'a self, batch: &'a Batch, tries: &'a mut Tries, stop: &'a Stop) -> BoxFuture<'a, Outcome> {
        Box::pin(self.deliver(batch, tries, stop))
    }

    fn error_output_type(&self) -> ErrorOutputType {
        ErrorOutputType::HttpEndpointFailed
    }

    fn write_failure(&self, record: &Delivered, failed: &FailedRecord, out: &mut Vec<u8>) {
        failure_lines::http_endpoint(record, failed, out);
    }
}

fn address(settings: &HttpEndpointDestination) -> Result<Endpoint, String> {
    Endpoint::parse(&settings.url).map_err(|error| format!("The endpoint's Url is not usable: {error}"))
}

fn headers(stream_arn: &str, settings: &HttpEndpointDestination, compresses: bool) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(HeaderName::from_static("x-amz-firehose-protocol-version"), HeaderValue::from_static("1.0"));
    let arn = HeaderValue::from_str(stream_arn).expect("an ARN is visible ASCII");
    headers.insert(HeaderName::from_static("x-amz-firehose-source-arn"), arn);
    if compresses {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some(key) = &settings.access_key {
        let mut value = HeaderValue::from_bytes(key.as_bytes())
            .map_err(|_| "The endpoint's AccessKey has characters that no header can carry".to_owned())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static("x-amz-firehose-access-key"), value);
    }
    if !settings.common_attributes.is_empty() {
        let value = envelope::attributes_header(&settings.common_attributes);
        headers.insert(HeaderName::from_static("x-amz-firehose-common-attributes"), value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
