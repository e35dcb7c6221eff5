//! The way of one request: headers → route → body → caller → operation → answer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use aws::{Call, Codec, Identity, Reply, ReplyBody, RequestId, ServiceError};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::Envelope;
use crate::auth::Verifier;
use crate::body::{self, Body, Collected, Uncollected};
use crate::metrics::{Counts, OperationCounts};
use crate::peer::Peer;
use crate::refusal::{self, Refusal};
use crate::route::{Choice, QueryChoice, Row, UNKNOWN_BODY_BYTES_MAX};
use crate::server::Gate;
use crate::{admin, held, rest};

/// Answers one request; never fails, since every failure is an answer.
pub(crate) async fn answer(gate: &Arc<Gate>, peer: &Peer, request: Request<Incoming>) -> Response<Body> {
    let began = gate.host.monotonic();
    let (parts, body) = request.into_parts();
    let cross_origin = parts.headers.contains_key(header::ORIGIN);
    let envelope = Envelope { id: gate.ids.next(), cross_origin };
    if let Some(response) = admin::answer(gate, &parts, &envelope).await {
        return response;
    }
    if cross_origin && parts.method == Method::OPTIONS {
        return envelope.preflight(&parts.headers);
    }
    if let Some(mount) = rest::find(gate, &parts) {
        return rest::answer(gate, mount, parts, body, &envelope, began).await;
    }
    let mut counted = &gate.counts.front_door;
    let outcome = perform(gate, peer, &parts, body, &envelope, &mut counted).await;
    let response = outcome.unwrap_or_else(|refusal| envelope.refused(refusal));
    let took = gate.host.monotonic().saturating_sub(began);
    counted.count(response.status().as_u16(), took);
    tracing::debug!(
        request_id = envelope.id.text(),
        method = %parts.method,
        target = ?parts.headers.get("x-amz-target"),
        status = response.status().as_u16(),
        took_us = took.as_micros() as u64,
        "answered"
    );
    response
}

async fn perform<'g>(
    gate: &'g Arc<Gate>,
    peer: &Peer,
    parts: &Parts,
    body: Incoming,
    envelope: &Envelope,
    counted: &mut &'g OperationCounts,
) -> Result<Response<Body>, Refusal> {
    let id = envelope.id.text();
    let choice = gate.routes.choose(parts);
    let codec = match &choice {
        Choice::Operation(_, codec) => *codec,
        Choice::Query => Codec::Query { namespace: "" },
        Choice::Refused(_) => Codec::Json11,
    };
    let Ok(slot) = Arc::clone(&gate.requests).try_acquire_owned() else { return Err(Refusal::busy(codec, id)) };
    let in_flight = InFlight::begin(&gate.counts, slot);
    check_header_bytes(gate, parts, codec, id)?;
    let limit = match &choice {
        Choice::Operation(row, _) => {
            *counted = &row.counts;
            row.body_bytes_max.unwrap_or(UNKNOWN_BODY_BYTES_MAX)
        }
        _ => UNKNOWN_BODY_BYTES_MAX,
    };
    let collected = body::collect(body, limit, gate.limits.body_read, &gate.body_bytes).await;
    let collected = collected.map_err(|error| uncollected(error, codec, limit, id))?;
    let (row, codec, form) = match choice {
        Choice::Refused(misfit) => return Err(Refusal::misfit(misfit, &collected.bytes, id)),
        Choice::Operation(_, codec) if collected.bytes.is_empty() => {
            return Err(Refusal::coded(codec, &ServiceError::serialization(None), id));
        }
        Choice::Operation(row, codec) => (row, codec, None),
        Choice::Query => {
            let form = query_form(parts, &collected);
            let signed_for = Verifier::claimed_service(parts);
            match gate.routes.choose_query(&form, signed_for.as_deref()) {
                QueryChoice::Operation(row, codec) => (row, codec, Some(form)),
                QueryChoice::Refused(error, codec) => return Err(Refusal::coded(codec, &error, id)),
            }
        }
    };
    *counted = &row.counts;
    let (service, now_ms) = (row.face.signing_name(), gate.host.now_ms());
    let caller = gate.verifier.verify(&peer.acquaintance, parts, &collected.bytes, service, now_ms);
    let caller = caller.map_err(|denial| {
        // AWS reads the body before it looks at the signature; we only where the order shows.
        let readable = form.is_some() || refusal::is_object(codec, &collected.bytes);
        let error = if readable { denial.error(codec) } else { ServiceError::serialization(None) };
        Refusal::coded(codec, &error, id)
    })?;
    let Collected { bytes, permit } = collected;
    let room = held::reserve(&gate.answer_bytes, row.answer_bytes_max, gate.limits.answer_wait).await;
    let room = room.map_err(|held::NoRoom| Refusal::busy(codec, id))?;
    let work = run(row, caller, codec, form.unwrap_or(bytes), id)?;
    let work = match room {
        Some(room) => held::hold(work, room),
        None => work,
    };
    let held = (in_flight, permit);
    match Unstoppable::new(work, held).await {
        Ok(reply) => deliver(gate, reply, codec, envelope),
        Err(error) => Err(failed(&error, row, codec, id)),
    }
}

/// Starts the operation in the caller's name.
fn run(
    row: &Row,
    caller: Arc<Identity>,
    codec: Codec,
    body: Bytes,
    request_id: &str,
) -> Result<BoxFuture<'static, Result<Reply, ServiceError>>, Refusal> {
    let call = Call::new(caller, RequestId::new(request_id));
    row.place.map(|place| row.face.run_at(place, call, codec, body)).ok_or_else(|| {
        let refused = row.face.find(row.operation).and_then(Result::err);
        let error = refused.unwrap_or_else(|| ServiceError::internal("an operation is in the table but does not run"));
        Refusal::coded(codec, &error, request_id)
    })
}

fn deliver(gate: &Arc<Gate>, reply: Reply, codec: Codec, envelope: &Envelope) -> Result<Response<Body>, Refusal> {
    match reply.body {
        ReplyBody::Full(bytes) => Ok(envelope.full(StatusCode::OK, reply.content_type, bytes)),
        ReplyBody::Pieces(pieces) => Ok(envelope.made(StatusCode::OK, reply.content_type, pieces)),
        ReplyBody::Frames(frames) => {
            let permit = Arc::clone(&gate.event_streams).try_acquire_owned();
            let permit = permit.map_err(|_| Refusal::busy(codec, envelope.id.text()))?;
            let body = Body::frames(frames, gate.closing(), Arc::clone(&gate.counts), permit);
            Ok(envelope.bare(StatusCode::OK, reply.content_type, body))
        }
    }
}

fn failed(error: &ServiceError, row: &Row, codec: Codec, id: &str) -> Refusal {
    if let Some(cause) = error.cause() {
        let causes = std::iter::successors(Some(cause as &dyn std::error::Error), |cause| cause.source());
        let chain: Vec<String> = causes.map(ToString::to_string).collect();
        let service = row.face.name();
        tracing::error!(request_id = id, service, operation = row.operation, cause = chain.join(": "), "{error}");
    }
    Refusal::coded(codec, error, id)
}

/// What a query request's parameters are: the body, or the query string where there is none.
fn query_form(parts: &Parts, collected: &Collected) -> Bytes {
    match parts.uri.query() {
        Some(query) if collected.bytes.is_empty() => Bytes::copy_from_slice(query.as_bytes()),
        _ => collected.bytes.clone(),
    }
}

fn check_header_bytes(gate: &Gate, parts: &Parts, codec: Codec, id: &str) -> Result<(), Refusal> {
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    let bytes = headers.sum::<usize>() + parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    let limit = gate.limits.header_bytes;
    if bytes > limit { Err(Refusal::headers_too_large(codec, limit, id)) } else { Ok(()) }
}

fn uncollected(error: Uncollected, codec: Codec, limit: usize, id: &str) -> Refusal {
    match error {
        Uncollected::TooLarge => Refusal::body_too_large(codec, limit, id),
        Uncollected::TooSlow => Refusal::body_too_slow(codec, id),
        Uncollected::Busy => Refusal::busy(codec, id),
        Uncollected::Broken => Refusal::coded(codec, &ServiceError::serialization(None), id),
    }
}

/// A place among the requests that are worked on.
pub(crate) struct InFlight {
    counts: Arc<Counts>,
    _slot: OwnedSemaphorePermit,
}

impl InFlight {
    pub(crate) fn begin(counts: &Arc<Counts>, slot: OwnedSemaphorePermit) -> Self {
        counts.requests_in_flight.fetch_add(1, Ordering::Relaxed);
        Self { counts: Arc::clone(counts), _slot: slot }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.counts.requests_in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An operation that ends even when its client leaves: half a CreateStream would be worse than one unheard.
/// Costs nothing while the client stays.
pub(crate) struct Unstoppable<T: Send + 'static, H: Send + 'static> {
    work: Option<(BoxFuture<'static, T>, H)>,
}

impl<T: Send + 'static, H: Send + 'static> Unstoppable<T, H> {
    /// Work, and what it holds until its end.
    pub(crate) fn new(work: BoxFuture<'static, T>, held: H) -> Self {
        Self { work: Some((work, held)) }
    }
}

impl<T: Send + 'static, H: Send + Unpin + 'static> Future for Unstoppable<T, H> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (work, _) = self.work.as_mut().expect("polled only until it is ready");
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T: Send + 'static, H: Send + 'static> Drop for Unstoppable<T, H> {
    fn drop(&mut self) {
        let Some((work, held)) = self.work.take() else { return };
        // Without a runtime the process is ending, and there is nothing to finish on.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                drop(work.await);
                drop(held);
                tracing::debug!("an operation ended without its client");
            });
        }
    }
}
