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
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const SCOPE: &str = "20130524/us-east-1/s3/aws4_request";

    fn key() -> SigningKey {
        SigningKey::new(SECRET, SCOPE, "20130524T000000Z".to_owned())
    }

    fn signature(request: http::request::Builder, signed_headers: &str, payload: &str) -> String {
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let text = key().request_text(&canonical_request(&parts, signed_headers, payload));
        key().sign(&text)
    }

    /// The examples of <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
    #[test]
    fn the_examples_of_the_documentation_hold() {
        let request = |method: &str, uri: &str| {
            http::Request::builder()
                .method(method)
                .uri(uri)
                .header("host", "examplebucket.s3.amazonaws.com")
                .header("x-amz-content-sha256", EMPTY_DIGEST)
                .header("x-amz-date", "20130524T000000Z")
        };
        let got = request("GET", "/test.txt").header("range", "bytes=0-9");
        let names = "host;range;x-amz-content-sha256;x-amz-date";
        let expected = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(signature(got, names, EMPTY_DIGEST), expected);
        let listed = request("GET", "/?max-keys=2&prefix=J");
        let expected = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert_eq!(signature(listed, "host;x-amz-content-sha256;x-amz-date", EMPTY_DIGEST), expected);
        let shown = request("GET", "/?lifecycle");
        let expected = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
        assert_eq!(signature(shown, "host;x-amz-content-sha256;x-amz-date", EMPTY_DIGEST), expected);
    }

    /// The example of <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
    #[test]
    fn a_presigned_example_holds() {
        let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3\
                     %2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&\
                     X-Amz-Signature=00";
        let request = http::Request::builder().uri(format!("https://examplebucket.s3.amazonaws.com/test.txt?{query}"));
        let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert_eq!(signature(request, "host", "UNSIGNED-PAYLOAD"), expected);
    }

    /// The example of <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>.
    #[test]
    fn the_example_of_signed_chunks_holds() {
        let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        let first = key().chunk(seed, &Sha256::digest(vec![b'a'; 65_536]));
        assert_eq!(first, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
        let second = key().chunk(&first, &Sha256::digest(vec![b'a'; 1024]));
        assert_eq!(second, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
        let last = key().chunk(&second, &Sha256::digest(b""));
        assert_eq!(last, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    }
}
