//! Services whose requests are paths and whose bodies are streams: which request is whose, and the way of one.
//!
//! A mounted [`RestFace`] is asked only where the request means no operation of the other protocols:
//!
//! | the request | is offered to |
//! |---|---|
//! | has `X-Amz-Target` | nobody: the front door answers |
//! | is signed for a service | the face of that name |
//! | is a `POST` to `/` without a signature | every face, where it is a form with files |
//! | has an `Action` for `/` without a signature | nobody |
//! | is unsigned, or signed the old way | every face |

mod body;
mod caller;

use std::sync::Arc;
use std::time::Duration;

use aws::rest::{Operation, RestFace};
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::Envelope;
use crate::body::Body;
use crate::metrics::OperationCounts;
use crate::request::{InFlight, Unstoppable};
use crate::server::Gate;

pub(crate) use caller::Keyring;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const EXTENDED_ID: HeaderName = HeaderName::from_static("x-amz-id-2");
/// What a refusal before the service was asked looks like; every service of this kind answers XML.
const XML: &str = "application/xml";

/// A service of this kind, with what is counted about it.
pub(crate) struct Mount {
    face: Arc<dyn RestFace>,
    counts: Vec<(&'static str, OperationCounts)>,
    /// Answers that name no operation.
    others: OperationCounts,
}

impl Mount {
    pub(crate) fn new(face: Arc<dyn RestFace>) -> Self {
        let counts = face.operations().iter().map(|name| (*name, OperationCounts::default())).collect();
        Self { face, counts, others: OperationCounts::default() }
    }

    pub(crate) fn signing_name(&self) -> &'static str {
        self.face.signing_name()
    }

    /// The counts of every operation, the nameless ones' last.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &str, &OperationCounts)> + Clone {
        let named = self.counts.iter().map(|(name, counts)| (*name, counts));
        named.chain([("", &self.others)]).map(|(name, counts)| (self.face.signing_name(), name, counts))
    }

    fn counts(&self, operation: Option<&Operation>) -> &OperationCounts {
        let found = operation.and_then(|operation| self.counts.iter().find(|(name, _)| *name == operation.0));
        found.map_or(&self.others, |(_, counts)| counts)
    }
}

/// The service whose request this is, of those that take paths.
pub(crate) fn find<'g>(gate: &'g Gate, parts: &Parts) -> Option<&'g Mount> {
    if gate.mounts.is_empty() || parts.headers.contains_key("x-amz-target") {
        return None;
    }
    let signed_for = crate::auth::Verifier::claimed_service(parts);
    let is_offered = |mount: &Mount| match &signed_for {
        Some(name) => name == mount.signing_name(),
        None if parts.uri.path() != "/" => true,
        None if parts.method == Method::POST => is_form_with_files(parts),
        None => !parts.uri.query().unwrap_or_default().contains("Action="),
    };
    gate.mounts.iter().find(|mount| is_offered(mount) && mount.face.claims(parts))
}

/// Whether a request is signed for a mounted service: those may name what is a page of the gateway's otherwise.
pub(crate) fn is_signed(gate: &Gate, parts: &Parts) -> bool {
    !gate.mounts.is_empty()
        && crate::auth::Verifier::claimed_service(parts)
            .is_some_and(|name| gate.mounts.iter().any(|mount| mount.signing_name() == name))
}

fn is_form_with_files(parts: &Parts) -> bool {
    let content_type = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let expected = b"multipart/form-data";
    content_type.get(..expected.len()).is_some_and(|start| start.eq_ignore_ascii_case(expected))
}

/// Answers a request of a mounted service.
pub(crate) async fn answer(
    gate: &Arc<Gate>,
    mount: &Mount,
    parts: Parts,
    body: Incoming,
    envelope: &Envelope,
    began: Duration,
) -> Response<Body> {
    let mut response = match admit(gate, mount, &parts) {
        Ok(slot) => perform(gate, mount, parts, body, envelope, slot).await,
        Err(refused) => refuse(refused, envelope),
    };
    let took = gate.host.monotonic().saturating_sub(began);
    let operation = response.extensions().get::<Operation>().copied();
    mount.counts(operation.as_ref()).count(response.status().as_u16(), took);
    let headers = response.headers_mut();
    headers.entry(REQUEST_ID).or_insert_with(|| envelope.id.header());
    headers.entry(EXTENDED_ID).or_insert_with(|| envelope.id.extended_header());
    if envelope.cross_origin {
        let any = HeaderValue::from_static("*");
        headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(any.clone());
        headers.entry(header::ACCESS_CONTROL_EXPOSE_HEADERS).or_insert(any);
    }
    tracing::debug!(
        request_id = envelope.id.text(),
        service = mount.signing_name(),
        operation = operation.map(|operation| operation.0),
        status = response.status().as_u16(),
        took_us = took.as_micros() as u64,
        "answered"
    );
    response
}

/// Why a service was not even asked.
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

fn admit(gate: &Gate, mount: &Mount, parts: &Parts) -> Result<OwnedSemaphorePermit, Refused> {
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    let bytes = headers.sum::<usize>() + parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    if bytes > gate.limits.header_bytes {
        return Err(Refused {
            status: StatusCode::BAD_REQUEST,
            code: "RequestHeaderSectionTooLarge",
            message: "Your request header section exceeds the maximum allowed header section size.",
        });
    }
    let slot = Arc::clone(&gate.requests).try_acquire_owned();
    slot.map_err(|_full| {
        tracing::debug!(service = mount.signing_name(), "a request was refused: too many at once");
        Refused {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "SlowDown",
            message: "Please reduce your request rate.",
        }
    })
}

fn refuse(refused: Refused, envelope: &Envelope) -> Response<Body> {
    let Refused { status, code, message } = refused;
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>{}</RequestId></Error>",
        envelope.id.text()
    );
    let mut response = Response::new(Body::full(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
    response
}

async fn perform(
    gate: &Arc<Gate>,
    mount: &Mount,
    parts: Parts,
    body: Incoming,
    envelope: &Envelope,
    slot: OwnedSemaphorePermit,
) -> Response<Body> {
    let in_flight = Arc::new(InFlight::begin(&gate.counts, slot));
    let caller = gate.keyring.caller(&parts, envelope);
    let limit = mount.face.body_bytes_max(&parts);
    let (body, leftover) = body::received(gate, &parts, body, limit);
    let work = mount.face.call(Request::from_parts(parts, body), caller);
    let response = Unstoppable::new(work, Arc::clone(&in_flight)).await;
    leftover.drain(gate.limits.body_read).await;
    response.map(|body| Body::streamed(body, in_flight))
}
