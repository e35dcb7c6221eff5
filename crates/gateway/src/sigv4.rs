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
pub(crate) struct Signed<'r> {
    pub(crate) secret: &'r str,
    /// `date/region/service/aws4_request`
    pub(crate) scope: &'r str,
    /// `YYYYMMDDTHHMMSSZ`
    pub(crate) signed_at: &'r str,
    /// Lower-case names, separated by semicolons.
    pub(crate) signed_headers: &'r str,
    pub(crate) parts: &'r Parts,
    pub(crate) body: &'r [u8],
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
    let mut out = format!(
        "{}\n{}\n{}\n",
        signed.parts.method,
        canonical_path(uri.path()),
        canonical_query(uri.query().unwrap_or_default())
    );
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
mod tests {
    use http::Request;

    use super::*;

    /// Figures of AWS's published signature test suite and of the IAM user guide's example.
    #[test]
    fn known_answers_of_aws() {
        const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        for (method, uri, host, content_type, service, expected) in [
            (
                "GET",
                "/",
                "example.amazonaws.com",
                "",
                "service",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "/",
                "example.amazonaws.com",
                "",
                "service",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                "example.amazonaws.com",
                "",
                "service",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "GET",
                "/?Action=ListUsers&Version=2010-05-08",
                "iam.amazonaws.com",
                form,
                "iam",
                "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
        ] {
            let mut request = Request::builder().method(method).uri(uri).header("host", host);
            let mut signed_headers = "host;x-amz-date";
            if !content_type.is_empty() {
                request = request.header("content-type", content_type);
                signed_headers = "content-type;host;x-amz-date";
            }
            let request = request.header("x-amz-date", "20150830T123600Z").body(()).expect("a valid request");
            let made = signature(&Signed {
                secret: SECRET,
                scope: &format!("20150830/us-east-1/{service}/aws4_request"),
                signed_at: "20150830T123600Z",
                signed_headers,
                parts: &request.into_parts().0,
                body: b"",
            });
            assert_eq!(hex(&made), expected, "{method} {uri}");
            assert_eq!(unhex(expected), Some(made));
        }
    }

    #[test]
    fn paths_and_queries_become_canonical() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/a/../b", "/b"),
            ("/a//b/", "/a/b/"),
            ("/a%20b", "/a%2520b"),
        ] {
            assert_eq!(canonical_path(path), expected, "{path}");
        }
        for (query, expected) in [
            ("", ""),
            ("b=2&a=1&a=0", "a=0&a=1&b=2"),
            ("a", "a="),
            ("a=b+c&X-Amz-Signature=x", "a=b%20c"),
            ("%7Ea=/", "~a=%2F"),
        ] {
            assert_eq!(canonical_query(query), expected, "{query}");
        }
    }
}
