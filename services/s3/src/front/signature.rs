//! Signature Version 4 as S3 has it: paths are encoded once and not normalized, payloads may be unsigned or chunked.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What SigV4 leaves as it is; everything else is percent-encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In a path the slash stays too.
const UNRESERVED_PATH: &AsciiSet = &UNRESERVED.remove(b'/');
/// The digest of nothing, which stands in every chunk's string to sign.
const EMPTY_DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A secret bound to a scope: what chunks and policies are signed with.
#[derive(Clone)]
pub(super) struct SigningKey {
    key: [u8; 32],
    /// `date/region/service/aws4_request`
    scope: String,
    /// `YYYYMMDDTHHMMSSZ`
    signed_at: String,
}

impl SigningKey {
    pub(super) fn new(secret: &str, scope: &str, signed_at: String) -> Self {
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in scope.split('/') {
            key = hmac(&key, part.as_bytes()).to_vec();
        }
        let key = key.try_into().expect("an HMAC of SHA-256 has 32 bytes");
        Self { key, scope: scope.to_owned(), signed_at }
    }

    /// The string to sign of a whole request.
    pub(super) fn request_text(&self, canonical: &str) -> String {
        let digest = hex(&Sha256::digest(canonical));
        format!("AWS4-HMAC-SHA256\n{}\n{}\n{digest}", self.signed_at, self.scope)
    }

    /// The signature of a chunk of this digest behind `previous`.
    pub(super) fn chunk(&self, previous: &str, digest: &[u8]) -> String {
        let Self { signed_at, scope, .. } = self;
        let digest = hex(digest);
        self.sign(&format!("AWS4-HMAC-SHA256-PAYLOAD\n{signed_at}\n{scope}\n{previous}\n{EMPTY_DIGEST}\n{digest}"))
    }

    /// The signature of the trailing headers, each a line of name, colon and value.
    pub(super) fn trailer(&self, previous: &str, lines: &str) -> String {
        let Self { signed_at, scope, .. } = self;
        let digest = hex(&Sha256::digest(lines));
        self.sign(&format!("AWS4-HMAC-SHA256-TRAILER\n{signed_at}\n{scope}\n{previous}\n{digest}"))
    }

    /// The signature of a text.
    pub(super) fn sign(&self, text: &str) -> String {
        hex(&hmac(&self.key, text.as_bytes()))
    }
}

/// Whether two signatures are the same, in a time that does not depend on where they differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// What is signed of a request whose headers are these, in this order.
pub(super) fn canonical_request(parts: &Parts, signed_headers: &str, payload: &str) -> String {
    let path: Vec<u8> = percent_decode_str(parts.uri.path()).collect();
    let mut out = format!(
        "{}\n{}\n{}\n",
        parts.method,
        percent_encoding::percent_encode(&path, UNRESERVED_PATH),
        canonical_query(parts.uri.query().unwrap_or_default())
    );
    for name in signed_headers.split(';') {
        let _ = writeln!(out, "{name}:{}", header_value(parts, name)); // Writing to a String cannot fail.
    }
    let _ = write!(out, "\n{signed_headers}\n{payload}");
    out
}

/// The first header of AWS's that a signature leaves out although it must not.
pub(super) fn first_unsigned(headers: &HeaderMap, covers: impl Fn(&http::HeaderName) -> bool) -> Option<String> {
    // The digest is part of the canonical request wherever it stands.
    let must = |name: &http::HeaderName| name.as_str().starts_with("x-amz-") && name != "x-amz-content-sha256";
    headers.keys().find(|name| must(name) && !covers(name)).map(ToString::to_string)
}

/// The values of one header, trimmed, with single spaces. HTTP/2 has the host as `:authority`.
fn header_value(parts: &Parts, name: &str) -> String {
    let values = parts.headers.get_all(name).iter();
    let squeeze = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let joined: Vec<String> = values.map(|value| squeeze(&String::from_utf8_lossy(value.as_bytes()))).collect();
    match parts.uri.authority() {
        Some(authority) if joined.is_empty() && name == "host" => authority.to_string(),
        _ => joined.join(","),
    }
}

/// The parameters sorted by encoded name and value, without the signature itself.
fn canonical_query(query: &str) -> String {
    let recode = |text: &str| {
        let bytes: Vec<u8> = percent_decode_str(&text.replace('+', " ")).collect();
        percent_encoding::percent_encode(&bytes, UNRESERVED).to_string()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let unsigned = pairs.filter(|(name, _)| *name != "X-Amz-Signature");
    let mut encoded: Vec<(String, String)> = unsigned.map(|(name, value)| (recode(name), recode(value))).collect();
    encoded.sort();
    encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}"); // Writing to a String cannot fail.
        out
    })
}

#[cfg(test)]
mod tests;
