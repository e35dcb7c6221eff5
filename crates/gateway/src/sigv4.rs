//! Signature Version 4: the pure computation.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};
use sha2::{Digest, Sha256};

/// What SigV4 leaves as it is; everything else is percent-encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request and what it claims to be signed with.
pub struct Signed<'r> {
    /// The secret access key.
    pub secret: &'r str,
    /// `date/region/service/aws4_request`
    pub scope: &'r str,
    /// `YYYYMMDDTHHMMSSZ`
    pub signed_at: &'r str,
    /// Lower-case names, separated by semicolons.
    pub signed_headers: &'r str,
    /// The request without its body.
    pub parts: &'r Parts,
    /// Whether the path is signed as it was sent, as S3 has it; all other services encode it once more.
    pub path_as_sent: bool,
    /// The body.
    pub body: &'r [u8],
}

impl Signed<'_> {
    /// The `Authorization` header with which a client proves to have the secret of an access key.
    pub fn authorization(&self, access_key: &str) -> String {
        let Self { scope, signed_headers, .. } = self;
        let signature = hex(&signature(self));
        format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
        )
    }
}

/// The signature this request should have.
pub(crate) fn signature(signed: &Signed<'_>) -> [u8; 32] {
    let request = hex(&Sha256::digest(canonical_request(signed)));
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{}\n{request}", signed.signed_at, signed.scope);
    let mut key = format!("AWS4{}", signed.secret).into_bytes();
    for part in signed.scope.split('/') {
        key = hmac(&key, part.as_bytes()).to_vec();
    }
    hmac(&key, to_sign.as_bytes())
}

fn canonical_request(signed: &Signed<'_>) -> String {
    let uri = &signed.parts.uri;
    let path = if signed.path_as_sent { uri.path().to_owned() } else { canonical_path(uri.path()) };
    let mut out = format!("{}\n{path}\n{}\n", signed.parts.method, canonical_query(uri.query().unwrap_or_default()));
    for name in signed.signed_headers.split(';') {
        let _ = writeln!(out, "{}:{}", name, header_value(signed.parts, name)); // Writing to a String cannot fail.
    }
    let _ = write!(out, "\n{}\n{}", signed.signed_headers, hex(&Sha256::digest(signed.body)));
    out
}

/// The values of one header, trimmed, with single spaces. HTTP/2 has the host as `:authority`.
fn header_value(parts: &Parts, name: &str) -> String {
    let values = parts.headers.get_all(name).iter();
    let squeeze = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let joined: Vec<String> = values.map(|value| squeeze(&String::from_utf8_lossy(value.as_bytes()))).collect();
    match parts.uri.authority() {
        Some(authority) if joined.is_empty() && matches!(name, "host" | ":authority") => authority.to_string(),
        _ => joined.join(","),
    }
}

/// The path without dot segments and empty ones, each segment encoded once more, as all services but S3 have it.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let encoded: Vec<String> = segments.iter().map(|segment| encode(segment.as_bytes())).collect();
    let slash = if path.ends_with('/') && !encoded.is_empty() { "/" } else { "" };
    format!("/{}{slash}", encoded.join("/"))
}

/// The parameters sorted by encoded name and value, without the signature itself.
fn canonical_query(query: &str) -> String {
    let decode = |text: &str| encode(&percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>());
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let unsigned = pairs.filter(|(name, _)| *name != "X-Amz-Signature");
    let mut encoded: Vec<(String, String)> = unsigned.map(|(name, value)| (decode(name), decode(value))).collect();
    encoded.sort();
    encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encode(bytes: &[u8]) -> String {
    percent_encoding::percent_encode(bytes, UNRESERVED).to_string()
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}"); // Writing to a String cannot fail.
        out
    })
}

/// The 32 bytes of a signature, or nothing when it is not 64 hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests;
