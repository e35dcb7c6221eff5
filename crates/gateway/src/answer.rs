//! Answers: the headers AWS puts on all of them.

use aws::Pieces;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};

use crate::body::Body;
use crate::refusal::Refusal;
use crate::request_id::RequestId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXTENDED_ID: HeaderName = HeaderName::from_static("x-amz-id-2");
/// What a script of another origin may read.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date");
/// Two days, in seconds: how long a browser may remember a preflight's answer.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("172800");
const JSON_11: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const CBOR: HeaderValue = HeaderValue::from_static("application/x-amz-cbor-1.1");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// What every answer needs to know of its request.
pub(crate) struct Envelope {
    pub(crate) id: RequestId,
    /// Whether a browser asks on behalf of a page.
    pub(crate) cross_origin: bool,
}

impl Envelope {
    /// A complete answer.
    pub(crate) fn full(&self, status: StatusCode, content_type: Option<&'static str>, bytes: Bytes) -> Response<Body> {
        self.extended(status, content_type, Body::full(bytes))
    }

    /// A complete answer that is made while it is sent.
    pub(crate) fn made(
        &self,
        status: StatusCode,
        content_type: Option<&'static str>,
        pieces: Pieces,
    ) -> Response<Body> {
        self.extended(status, content_type, Body::made(pieces))
    }

    fn extended(&self, status: StatusCode, content_type: Option<&'static str>, body: Body) -> Response<Body> {
        let mut response = self.bare(status, content_type, body);
        response.headers_mut().insert(EXTENDED_ID, self.id.extended_header());
        response
    }

    /// An answer whose body comes as it is made. AWS puts no extended id on these.
    pub(crate) fn bare(&self, status: StatusCode, content_type: Option<&'static str>, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.reserve(if self.cross_origin { 6 } else { 4 });
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, type_value(content_type));
        }
        headers.insert(REQUEST_ID, self.id.header());
        if self.cross_origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        response
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> Response<Body> {
        let mut response = self.full(refusal.status, refusal.content_type, refusal.body);
        if refusal.close {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// What a browser asks before it lets a page ask: allowed, whatever it is.
    pub(crate) fn preflight(&self, asked: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::full(Bytes::new()));
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, self.id.header());
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
        for (question, answer) in [
            (header::ACCESS_CONTROL_REQUEST_HEADERS, header::ACCESS_CONTROL_ALLOW_HEADERS),
            (header::ACCESS_CONTROL_REQUEST_METHOD, header::ACCESS_CONTROL_ALLOW_METHODS),
        ] {
            if let Some(value) = asked.get(question) {
                headers.insert(answer, value.clone());
            }
        }
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        response
    }
}

/// The types that are answered all day are not looked at character by character each time.
fn type_value(content_type: &'static str) -> HeaderValue {
    match content_type {
        "application/x-amz-json-1.1" => JSON_11,
        "application/x-amz-cbor-1.1" => CBOR,
        other => HeaderValue::from_static(other),
    }
}
