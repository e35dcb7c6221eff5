//! Every error the front door answers by itself, as AWS writes it: some as XML, some as an object, one with no body.

use aws::{Codec, ErrorCode, ServiceError};
use bytes::Bytes;
use http::StatusCode;

use crate::route::Misfit;

/// An answer that says no.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Bytes,
    /// Whether the connection cannot be used any more.
    pub(crate) close: bool,
}

const ACCESS_DENIED: &str = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be \
                             authorized</Message>\n</AccessDeniedException>\n";
const UNKNOWN_OPERATION: ErrorCode = ErrorCode::sender("UnknownOperationException");
const TOO_LARGE: ErrorCode = ErrorCode::with_status("RequestEntityTooLargeException", 413);
const HEADERS_TOO_LARGE: ErrorCode = ErrorCode::with_status("RequestHeaderSectionTooLargeException", 431);
const TIMED_OUT: ErrorCode = ErrorCode::with_status("RequestTimeoutException", 408);
const BUSY: ErrorCode = ErrorCode::with_status("ServiceUnavailable", 503);

impl Refusal {
    /// An error in a protocol's own form.
    pub(crate) fn coded(codec: Codec, error: &ServiceError, request_id: &str) -> Self {
        Self {
            status: StatusCode::from_u16(error.code().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            content_type: Some(codec.content_type()),
            body: codec.encode_error(error, request_id),
            close: false,
        }
    }

    fn fixed(status: StatusCode, content_type: Option<&'static str>, body: &'static str) -> Self {
        Self { status, content_type, body: Bytes::from_static(body.as_bytes()), close: false }
    }

    /// What a misfit request reads, seen its body.
    pub(crate) fn misfit(misfit: Misfit, body: &[u8], request_id: &str) -> Self {
        let foreign = |known: bool, codec: Codec| {
            let error = if known { ServiceError::serialization(None) } else { UNKNOWN_OPERATION.bare() };
            Self::coded(codec, &error, request_id)
        };
        match misfit {
            Misfit::NotPost => Self::access_denied(),
            Misfit::Nothing if body.is_empty() => foreign(false, Codec::Cbor),
            Misfit::ForeignType { known } | Misfit::PlainJson { known } if body.is_empty() => {
                foreign(known, Codec::Cbor)
            }
            Misfit::Unknown(codec) if body.is_empty() => foreign(false, codec),
            Misfit::Nothing => Self::access_denied(),
            Misfit::ForeignType { .. } => Self::fixed(StatusCode::NOT_FOUND, None, "<UnknownOperationException/>\n"),
            Misfit::PlainJson { .. } if is_object(Codec::Json11, body) => {
                coral(StatusCode::NOT_FOUND, "UnknownOperationException")
            }
            Misfit::PlainJson { .. } => coral(StatusCode::BAD_REQUEST, "SerializationException"),
            Misfit::Unknown(codec) if is_object(codec, body) => {
                Self::coded(codec, &UNKNOWN_OPERATION.bare(), request_id)
            }
            Misfit::Unknown(codec) => Self::coded(codec, &ServiceError::serialization(None), request_id),
        }
    }

    pub(crate) fn access_denied() -> Self {
        Self::fixed(StatusCode::FORBIDDEN, None, ACCESS_DENIED)
    }

    pub(crate) fn body_too_large(codec: Codec, limit: usize, request_id: &str) -> Self {
        let message = format!("Request must be smaller than {limit} bytes for this operation");
        Self { close: true, ..Self::coded(codec, &TOO_LARGE.with(message), request_id) }
    }

    pub(crate) fn headers_too_large(codec: Codec, limit: usize, request_id: &str) -> Self {
        let message = format!("Request headers must be smaller than {limit} bytes");
        Self { close: true, ..Self::coded(codec, &HEADERS_TOO_LARGE.with(message), request_id) }
    }

    pub(crate) fn body_too_slow(codec: Codec, request_id: &str) -> Self {
        let message = "The request body was not received within the timeout period.";
        Self { close: true, ..Self::coded(codec, &TIMED_OUT.with(message), request_id) }
    }

    pub(crate) fn busy(codec: Codec, request_id: &str) -> Self {
        let message = "The request has failed due to a temporary failure of the server.";
        Self::coded(codec, &BUSY.with(message), request_id)
    }
}

/// The form in which AWS's front door complains to plain JSON.
fn coral(status: StatusCode, name: &'static str) -> Refusal {
    let body = format!("{{\"Output\":{{\"__type\":\"com.amazon.coral.service#{name}\"}},\"Version\":\"1.0\"}}");
    Refusal { status, content_type: Some("application/json"), body: Bytes::from(body), close: false }
}

/// Whether a body is an object of its protocol, whatever its members.
pub(crate) fn is_object(codec: Codec, body: &[u8]) -> bool {
    codec.decode::<Anything>(body).is_ok()
}

#[derive(serde::Deserialize)]
struct Anything {}
