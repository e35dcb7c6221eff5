//! The request as `s3s` shall see it: path style, unsigned, unframed.

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use percent_encoding::percent_decode_str;

use super::Denial;

/// Parameters that say who signed.
const SIGNATURE: [&str; 10] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "awsaccesskeyid",
    "signature",
];
/// Subresources of an object that are documents.
const DOCUMENTS: [&str; 6] = ["acl", "tagging", "retention", "legal-hold", "restore", "select"];

/// Puts the bucket into the path, and takes the signature away.
pub(super) fn path_style(parts: &mut Parts, bucket: Option<&str>, is_presigned: bool) -> Result<(), Denial> {
    parts.headers.remove(AUTHORIZATION);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    if bucket.is_none() && !is_presigned {
        return Ok(());
    }
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
        let is_signature = SIGNATURE.contains(&name.as_str()) || name == "expires";
        if is_presigned && is_signature {
            continue;
        }
        // Presigners move headers into the query, where they mean the same.
        if is_presigned && name.starts_with("x-amz-") && hoist(&mut parts.headers, &name, value) {
            continue;
        }
        kept.push(pair);
    }
    let path = match bucket {
        Some(bucket) => format!("/{bucket}{}", parts.uri.path()),
        None => parts.uri.path().to_owned(),
    };
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let target = PathAndQuery::try_from(format!("{path}{query}")).map_err(|_| Denial::uri())?;
    parts.uri = Uri::from(target);
    Ok(())
}

/// Makes a header of a parameter, unless there is one already.
fn hoist(headers: &mut HeaderMap, name: &str, value: &str) -> bool {
    let value: Vec<u8> = percent_decode_str(&value.replace('+', " ")).collect();
    let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value)) else { return false };
    headers.entry(name).or_insert(value);
    true
}

/// Whether the body is an object's bytes rather than a document.
pub(super) fn is_data(parts: &Parts) -> bool {
    let has_key = parts.uri.path()[1..].split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let mut names = parts.uri.query().unwrap_or_default().split('&').map(|pair| pair.split('=').next().unwrap_or(""));
    parts.method == Method::PUT && has_key && !names.any(|name| DOCUMENTS.contains(&name))
}

/// Says what the body is without `aws-chunked`.
pub(super) fn unframe(headers: &mut HeaderMap, length: u64) {
    set_length(headers, length);
    headers.remove("x-amz-decoded-content-length");
    let all: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().to_owned())
        .filter(|one| !one.is_empty() && !one.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    headers.remove(CONTENT_ENCODING);
    if let Ok(value) = HeaderValue::from_str(&all.join(","))
        && !all.is_empty()
    {
        headers.insert(CONTENT_ENCODING, value);
    }
}

/// Says how long the body is.
pub(super) fn set_length(headers: &mut HeaderMap, length: u64) {
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.remove(http::header::TRANSFER_ENCODING);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, uri: &str) -> Parts {
        http::Request::builder().method(method).uri(uri).body(()).expect("a request").into_parts().0
    }

    #[test]
    fn a_presigned_request_loses_its_signature_and_keeps_the_rest() {
        let signed = "X-Amz-Algorithm=A&X-Amz-Date=D&X-Amz-Signature=S&X-Amz-Expires=1&X-Amz-SignedHeaders=host";
        let uri = format!("http://h/k%20y?{signed}&versionId=v%2F1&x-amz-acl=private&response-content-type=a%2Fb");
        let mut presigned = parts("PUT", &uri);
        path_style(&mut presigned, Some("orders"), true).expect("rewrites");
        assert_eq!(presigned.uri, "/orders/k%20y?versionId=v%2F1&response-content-type=a%2Fb");
        assert_eq!(presigned.headers["x-amz-acl"], "private");
    }

    #[test]
    fn data_is_told_from_documents() {
        let check = |method: &str, uri: &str, expected: bool| {
            assert_eq!(is_data(&parts(method, uri)), expected, "{method} {uri}");
        };
        check("PUT", "/bucket/key", true);
        check("PUT", "/bucket/a/b?partNumber=1&uploadId=x", true);
        check("PUT", "/bucket/key?tagging", false);
        check("PUT", "/bucket", false);
        check("PUT", "/bucket/?versioning", false);
        check("POST", "/bucket/key?uploads", false);
        check("PUT", "/", false);
    }

    #[test]
    fn an_encoding_beside_the_framing_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aws-chunked, gzip"));
        headers.insert("x-amz-decoded-content-length", HeaderValue::from_static("5"));
        unframe(&mut headers, 5);
        assert_eq!((&headers[CONTENT_ENCODING], &headers[CONTENT_LENGTH]), (&"gzip".parse().unwrap(), &5.into()));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aws-chunked"));
        unframe(&mut headers, 5);
        assert!(!headers.contains_key(CONTENT_ENCODING));
    }
}
