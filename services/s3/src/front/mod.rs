//! What happens to a request before `s3s` sees it: who signed it, and whether that is true; which bucket its host
//! names; what its body holds beneath the framing.
//!
//! Ours and not `s3s`'s because `s3s` reads the machine's clock, knows no session tokens, cannot leave signatures
//! unchecked, and holds the file of a form in memory.

mod chunked;
mod claim;
mod denial;
mod domains;
mod form;
mod payload;
mod policy;
mod post;
mod rewrite;
mod signature;

use aws::Timestamp;
use aws::rest::{Body, Caller, Key, KeyRefused, Mode};
use host::Host;
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use s3s::S3Error;

use self::chunked::{Chunks, Framing};
use self::claim::{Claim, Claimed, Place};
pub(crate) use self::denial::Denial;
pub(crate) use self::domains::Domains;
use self::payload::{Payload, Undo};
pub(crate) use self::post::FormAnswer;
use self::signature::SigningKey;
use crate::call::{Identity, Trailers};

/// A signature is good this long before and after its date.
const SKEW_MS: i64 = 15 * 60 * 1000;
/// Documents of requests; what a list of 10,000 parts with checksums needs.
const DOCUMENT_BYTES_MAX: usize = 4 << 20;

/// A request that may be carried out.
pub(crate) struct Admitted {
    /// Path style, without a signature, its body as it was before it was framed.
    pub(crate) request: Request<Body>,
    /// How to answer where a form was posted.
    pub(crate) form: Option<FormAnswer>,
}

/// Admits requests.
#[derive(Clone)]
pub(crate) struct Front {
    host: Host,
    domains: Domains,
}

/// What a signature was checked with, for what is signed beyond the headers.
struct Checked {
    key: Key,
    region: Option<String>,
    /// The key of the signature, and the signature; `None` where nothing is checked.
    seed: Option<(SigningKey, String)>,
}

impl Front {
    pub(crate) fn new(host: Host, domains: Domains) -> Self {
        Self { host, domains }
    }

    /// The bucket that the request's host names.
    pub(crate) fn bucket_of_host(&self, parts: &Parts) -> Option<String> {
        let header = || parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let host = parts.uri.authority().map(|authority| authority.as_str()).or_else(header)?;
        self.domains.bucket(host).map(str::to_owned)
    }

    /// Finds out who calls, checks what there is to check, and undoes what s3s need not see.
    pub(crate) async fn admit(&self, request: Request<Body>, caller: &Caller) -> Result<Admitted, Denial> {
        let (mut parts, body) = request.into_parts();
        let bucket = self.bucket_of_host(&parts);
        if post::is_form(&parts) {
            return self.admit_form(parts, body, bucket, caller).await;
        }
        let claimed = Claimed::of(&parts)?;
        let sent = Sent::of(&parts.headers, &claimed)?;
        let checked = self.check(&parts, &claimed, &sent, caller)?;
        let region = checked.region.unwrap_or_else(|| caller.region.clone());
        parts.extensions.insert(Identity { account: checked.key.account, region });
        let payload = open_body(&mut parts, body, sent, checked.seed)?;
        rewrite::path_style(&mut parts, bucket.as_deref(), claimed.is_in_query())?;
        let body = if rewrite::is_data(&parts) { payload } else { whole(&mut parts, payload).await? };
        Ok(Admitted { request: Request::from_parts(parts, body), form: None })
    }

    /// Who signed the request.
    fn check(&self, parts: &Parts, claimed: &Claimed, sent: &Sent, caller: &Caller) -> Result<Checked, Denial> {
        let now = self.now();
        match claimed {
            Claimed::Nobody if caller.mode == Mode::Keys => Err(Denial::access("Access Denied")),
            Claimed::Nobody => Ok(Checked { key: find(caller, "", None)?, region: None, seed: None }),
            Claimed::V2 { .. } if caller.mode == Mode::Keys => Err(Claimed::unchecked()),
            Claimed::V2 { access_key, expires_at } => {
                let expires = expires_at.map(|seconds| Timestamp { ms: i64::try_from(seconds).unwrap_or(0) * 1000 });
                if let Some(expires) = expires.filter(|expires| expires.ms < now.ms) {
                    return Err(Denial::expired(0, &expires.to_iso8601(), &now.to_iso8601()));
                }
                Ok(Checked { key: find(caller, access_key, None)?, region: None, seed: None })
            }
            Claimed::V4(claim) => {
                check_time(claim, now, caller.mode)?;
                let key = find(caller, &claim.access_key, claim.token.as_deref())?;
                let seed = key.secret_key.as_deref().map(|secret| check_signature(parts, claim, sent, secret));
                Ok(Checked { seed: seed.transpose()?, region: Some(claim.region.clone()), key })
            }
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp { ms: i64::try_from(self.host.now_ms()).unwrap_or(i64::MAX) }
    }
}

/// What a key stands for, or why not.
fn find(caller: &Caller, access_key: &str, token: Option<&str>) -> Result<Key, Denial> {
    caller.keys.find(access_key, token).map_err(|refused| match (refused, token) {
        (KeyRefused::Missing, _) => Denial::access("Access Denied"),
        (KeyRefused::Unknown, None) => Denial::unknown_key(access_key),
        (KeyRefused::Unknown, Some(token)) => Denial::unknown_token(token),
        (KeyRefused::Expired, token) => Denial::expired_token(token.unwrap_or_default()),
    })
}

/// Presigned requests end; headers are for now, which nobody needs to believe where nothing is checked.
fn check_time(claim: &Claim, now: Timestamp, mode: Mode) -> Result<(), Denial> {
    let is_checked = mode == Mode::Keys;
    let ahead_ms = claim.signed_at.ms - now.ms;
    match claim.place {
        Place::Query { expires_seconds } => {
            let expires_ms = i64::try_from(expires_seconds).unwrap_or(i64::MAX / 2000) * 1000;
            let expires = Timestamp { ms: claim.signed_at.ms + expires_ms };
            if expires.ms < now.ms {
                return Err(Denial::expired(expires_seconds, &expires.to_iso8601(), &now.to_iso8601()));
            }
            if is_checked && ahead_ms > SKEW_MS {
                return Err(Denial::access("Request is not yet valid"));
            }
            Ok(())
        }
        Place::Header if is_checked && ahead_ms.abs() > SKEW_MS => {
            Err(Denial::too_skewed(&claim.signed_at.to_basic(), &now.to_iso8601(), SKEW_MS))
        }
        // A policy has an end of its own.
        Place::Header | Place::Form => Ok(()),
    }
}

/// Checks the signature over headers and query; answers what the chunks of the body are signed with.
fn check_signature(parts: &Parts, claim: &Claim, sent: &Sent, secret: &str) -> Result<(SigningKey, String), Denial> {
    if !claim.covers(&http::header::HOST) {
        return Err(Denial::unsigned_header("host"));
    }
    if let Some(name) = signature::first_unsigned(&parts.headers, |name| claim.covers(name)) {
        return Err(Denial::unsigned_header(&name));
    }
    let key = SigningKey::new(secret, &claim.scope, claim.signed_at.to_basic());
    let canonical = signature::canonical_request(parts, &claim.signed_headers, &sent.canonical);
    let text = key.request_text(&canonical);
    let expected = key.sign(&text);
    if !signature::is_same(&expected, &claim.signature) {
        return Err(Denial::mismatch(&claim.access_key, &text, &claim.signature, &canonical));
    }
    Ok((key, expected))
}

/// How the body was sent, by `x-amz-content-sha256`.
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    /// What stands for the body in the canonical request.
    canonical: String,
    form: SentForm,
}

#[derive(Debug, PartialEq, Eq)]
enum SentForm {
    Plain,
    Digest(String),
    Chunked(Framing),
}

impl Sent {
    fn of(headers: &HeaderMap, claimed: &Claimed) -> Result<Self, Denial> {
        const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
        let plain = |canonical: &str| Self { canonical: canonical.to_owned(), form: SentForm::Plain };
        let value = headers.get("x-amz-content-sha256").map(|value| value.to_str().unwrap_or_default());
        let place = if let Claimed::V4(claim) = claimed { Some(claim.place) } else { None };
        let Some(value) = value else {
            return match place {
                Some(Place::Header) => {
                    Err(Denial::request("Missing required header for this request: x-amz-content-sha256"))
                }
                _ => Ok(plain(UNSIGNED)),
            };
        };
        let framing = |is_signed, has_trailer| SentForm::Chunked(Framing { is_signed, has_trailer });
        let form = match value {
            UNSIGNED => SentForm::Plain,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => framing(true, false),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => framing(true, true),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => framing(false, true),
            value if value.starts_with("STREAMING-AWS4-ECDSA") => {
                return Err(Denial::not_implemented("The signing algorithm AWS4-ECDSA-P256-SHA256"));
            }
            value if value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                SentForm::Digest(value.to_owned())
            }
            _ => {
                let message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                               STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a \
                               valid sha256 value.";
                return Err(Denial::argument(message, "x-amz-content-sha256", value));
            }
        };
        let is_in_canonical = match claimed {
            Claimed::V4(claim) if place != Some(Place::Header) => claim.signed_headers.contains("x-amz-content-sha256"),
            _ => true,
        };
        let canonical = if is_in_canonical { value } else { UNSIGNED };
        Ok(Self { canonical: canonical.to_owned(), form })
    }
}

/// The body beneath its framing.
fn open_body(parts: &mut Parts, body: Body, sent: Sent, seed: Option<(SigningKey, String)>) -> Result<Body, Denial> {
    let number = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let SentForm::Chunked(framing) = sent.form else {
        let length = body.size_hint().exact().or_else(|| number("content-length"));
        let has_content = matches!(parts.method, Method::PUT | Method::POST);
        if length.is_none() && has_content && !body.is_end_stream() {
            return Err(Denial::length_missing());
        }
        let undo = match sent.form {
            SentForm::Digest(expected) => Undo::digest(&expected),
            _ => Undo::Nothing,
        };
        return Ok(Body::new(Payload::new(body, undo, length)));
    };
    let length = number("x-amz-decoded-content-length").ok_or_else(Denial::length_missing)?;
    let announced = parts.headers.get("x-amz-trailer").and_then(|names| names.to_str().ok()).unwrap_or_default();
    let announced = announced.split(',').map(|name| name.trim().to_ascii_lowercase());
    let announced = announced.filter(|name| framing.has_trailer && !name.is_empty()).collect();
    let chunks = Chunks::new(framing, length, announced, seed.filter(|_| framing.is_signed));
    let trailers = Trailers::default();
    parts.extensions.insert(trailers.clone());
    rewrite::unframe(&mut parts.headers, length);
    let undo = Undo::Chunks { chunks: Box::new(chunks), trailers };
    Ok(Body::new(Payload::new(body, undo, Some(length))))
}

/// Collects a document, so that whatever is wrong with it is told as such and not as an internal error.
async fn whole(parts: &mut Parts, body: Body) -> Result<Body, Denial> {
    let collected = match Limited::new(body, DOCUMENT_BYTES_MAX).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) => {
            return Err(match error.downcast::<S3Error>() {
                Ok(error) => Denial::from(*error),
                Err(_) => Denial::too_long(),
            });
        }
    };
    rewrite::set_length(&mut parts.headers, collected.len() as u64);
    Ok(Body::from(collected))
}

#[cfg(test)]
mod tests;
