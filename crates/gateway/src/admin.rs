//! The gateway's own pages: `/health`, `/metrics` and `POST /_millstream/reset`.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};

use crate::answer::Envelope;
use crate::body::Body;
use crate::metrics;
use crate::refusal::Refusal;
use crate::rest;
use crate::server::Gate;

const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers a request to one of the gateway's own pages; `None` for all others.
pub(crate) async fn answer(gate: &Arc<Gate>, parts: &Parts, envelope: &Envelope) -> Option<Response<Body>> {
    let is_page = matches!(parts.uri.path(), "/health" | "/metrics" | "/_millstream/reset");
    if !is_page || rest::is_signed(gate, parts) {
        return None; // A bucket may have any name.
    }
    let reads = parts.method == Method::GET || parts.method == Method::HEAD;
    let page = |status: StatusCode, content_type: &'static str, text: String| {
        Some(envelope.bare(status, Some(content_type), Body::full(Bytes::from(text))))
    };
    match parts.uri.path() {
        "/health" if reads => page(StatusCode::OK, JSON, health(gate)),
        "/metrics" if reads => page(StatusCode::OK, PROMETHEUS, write_metrics(gate)),
        "/_millstream/reset" if parts.method == Method::POST => Some(reset(gate, envelope).await),
        _ => None,
    }
}

fn health(gate: &Gate) -> String {
    let mut services: Vec<&str> = gate.routes.rows().iter().map(|row| row.face.signing_name()).collect();
    services.extend(gate.mounts.iter().map(rest::Mount::signing_name));
    services.sort_unstable();
    services.dedup();
    serde_json::json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "services": services }).to_string()
}

fn write_metrics(gate: &Gate) -> String {
    let mut out = String::with_capacity(16 << 10);
    let rows = gate.routes.rows().iter().map(|row| (row.face.name(), row.operation, &row.counts));
    let rest = gate.mounts.iter().flat_map(rest::Mount::rows);
    let front_door = std::iter::once(("", "", &gate.counts.front_door));
    metrics::write_operations(rows.chain(rest).chain(front_door), &mut out);
    gate.counts.write(&mut out);
    metrics::write_process(&host::process::usage(), &mut out);
    for source in &gate.hooks.metrics {
        source.write(&mut out);
    }
    out
}

async fn reset(gate: &Gate, envelope: &Envelope) -> Response<Body> {
    // A page in somebody's browser must not be able to empty a server on the same machine.
    if envelope.cross_origin {
        return envelope.refused(Refusal::access_denied());
    }
    let Some(reset) = &gate.hooks.reset else {
        let text = r#"{"__type":"AccessDeniedException","message":"The server was not started with --allow-reset."}"#;
        return envelope.full(StatusCode::FORBIDDEN, Some(JSON), Bytes::from_static(text.as_bytes()));
    };
    match reset().await {
        Ok(()) => envelope.full(StatusCode::OK, Some(JSON), Bytes::from_static(b"{}")),
        Err(cause) => {
            tracing::error!(cause, "the server could not be reset");
            let text = serde_json::json!({ "__type": "InternalFailure", "message": cause }).to_string();
            envelope.full(StatusCode::INTERNAL_SERVER_ERROR, Some(JSON), Bytes::from(text))
        }
    }
}
