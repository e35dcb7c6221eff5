//! The circumstances of a request: who asks, where, and what its body says at its end.

use std::sync::{Arc, Mutex};

use http::header::HOST;
use http::{Extensions, HeaderMap};
use s3s::dto::ETagCondition;
use s3s::{S3Request, S3Result};

use crate::errors;

/// Who asks, as the face knows it; an extension of the request.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The twelve-digit account.
    pub account: String,
    /// The region of the endpoint, as the request was signed for it.
    pub region: String,
}

/// The trailers of a body that was sent in signed or unsigned chunks; an extension of the request where the front undid the
/// chunks. Filled when the body has been read to its end.
#[derive(Debug, Clone, Default)]
pub struct Trailers(Arc<Mutex<HeaderMap>>);

impl Trailers {
    /// Tells what came at the end.
    pub fn set(&self, trailers: HeaderMap) {
        *self.0.lock().expect("holders of this lock do not panic") = trailers;
    }

    fn get(&self) -> HeaderMap {
        self.0.lock().expect("holders of this lock do not panic").clone()
    }
}

/// What operations are told beside their input.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) account: String,
    pub(crate) region: String,
    /// What the target of a copy must be, which `s3s` does not read.
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    /// The host that was asked, for answers that say where something is.
    pub(crate) host: Option<String>,
    /// The header `x-amz-trailer`, which announces a checksum after the body.
    pub(crate) announced: Option<String>,
    trailers: Option<Trailers>,
}

impl Call {
    /// Splits a request.
    pub(crate) fn of<T>(request: S3Request<T>) -> S3Result<(Self, T)> {
        let identity = identity(&request.extensions)?;
        let announced = request.headers.get("x-amz-trailer").and_then(|value| value.to_str().ok());
        let call = Self {
            account: identity.account,
            region: identity.region,
            if_match: condition(&request.headers, "if-match")?,
            if_none_match: condition(&request.headers, "if-none-match")?,
            host: request.headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned),
            announced: announced.map(|names| names.trim().to_ascii_lowercase()),
            trailers: request.extensions.get().cloned(),
        };
        Ok((call, request.input))
    }

    /// For callers within this process, who have no request.
    pub(crate) fn plain(account: &str, region: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            if_match: None,
            if_none_match: None,
            host: None,
            announced: None,
            trailers: None,
        }
    }

    /// A header that came after the body. To be asked when the body has been read.
    pub(crate) fn trailer(&self, name: &str) -> Option<String> {
        self.trailers.as_ref()?.get().get(name)?.to_str().ok().map(|value| value.trim().to_owned())
    }
}

fn condition(headers: &HeaderMap, name: &str) -> S3Result<Option<ETagCondition>> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let refused =
        |_| errors::argument("The entity tag is not valid.", name, &String::from_utf8_lossy(value.as_bytes()));
    ETagCondition::parse_http_header(value.as_bytes()).map(Some).map_err(refused)
}

fn identity(extensions: &Extensions) -> S3Result<Identity> {
    extensions.get::<Identity>().cloned().ok_or_else(|| errors::internal("a request without an identity"))
}
