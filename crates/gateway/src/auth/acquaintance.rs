//! A caller that is known from the request before. Clients sign all requests of a connection with one key on one day:
//! their Authorization headers differ in the signature alone, and that is not looked at in mode `open`.

use std::sync::{Arc, Mutex};

use aws::Identity;
use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE, HeaderName, HeaderValue};
use http::request::Parts;

const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const SIGNED_AT: HeaderName = HeaderName::from_static("x-amz-date");
/// Longer headers are read anew each time.
const HEADER_BYTES_MAX: usize = 1 << 10;
/// What the last part of a header begins with.
const SIGNATURE: &str = "Signature=";

/// Who signed the last request of a connection.
#[derive(Debug, Default)]
pub(crate) struct Acquaintance(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    /// The Authorization header up to the signature, which says all that counts.
    header: Box<[u8]>,
    identity: Arc<Identity>,
}

impl Acquaintance {
    /// Notes who signed a request that was believed for what its header says, and for nothing else.
    pub(super) fn remember(&self, parts: &Parts, identity: &Arc<Identity>) {
        if !is_plain(parts) {
            return;
        }
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()).unwrap_or_default();
        let Some(start) = header.rfind(SIGNATURE) else { return };
        let before = &header[..start];
        if header.len() > HEADER_BYTES_MAX || !before.contains("Credential=") || !before.contains("SignedHeaders=") {
            return;
        }
        let header = Box::from(&header.as_bytes()[..start + SIGNATURE.len()]);
        *self.0.lock().expect("no panic while held") = Some(Known { header, identity: Arc::clone(identity) });
    }

    /// Who signed a request, if its header says the same as that of the one before.
    pub(super) fn recall(&self, parts: &Parts) -> Option<Arc<Identity>> {
        let header = parts.headers.get(AUTHORIZATION)?.as_bytes();
        let known = self.0.lock().expect("no panic while held");
        let known = known.as_ref()?;
        let signature = header.strip_prefix(&*known.header)?;
        (is_text(signature) && is_plain(parts)).then(|| Arc::clone(&known.identity))
    }
}

/// Whether nothing but the Authorization header says who signed.
fn is_plain(parts: &Parts) -> bool {
    let headers = &parts.headers;
    parts.uri.query().is_none()
        && !headers.contains_key(TOKEN)
        && (is_dated(headers, SIGNED_AT) || is_dated(headers, DATE))
}

fn is_dated(headers: &HeaderMap, name: HeaderName) -> bool {
    headers.get(name).map(HeaderValue::as_bytes).is_some_and(is_text)
}

/// What [`HeaderValue::to_str`] takes for text.
fn is_text(bytes: &[u8]) -> bool {
    // Without a way out of the loop, so that the compiler makes it a wide one.
    bytes.iter().fold(true, |is_text, &byte| is_text & (matches!(byte, 0x20..0x7f) | (byte == b'\t')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let builder = http::Request::builder().uri("/");
        let request = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        request.body(()).expect("well-formed").into_parts().0
    }

    fn identity() -> Arc<Identity> {
        let text = |text: &str| text.to_owned();
        Arc::new(Identity { account: text("1"), region: text("r"), caller: text("c"), access_key: text("k") })
    }

    const DATED: (&str, &str) = ("x-amz-date", "20260101T000000Z");

    #[test]
    fn only_the_signature_may_differ() {
        let acquaintance = Acquaintance::default();
        let header = |credential: &str, signature: &str| {
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature={signature}")
        };
        let known = header("a/20260101/r/s/aws4_request", "1");
        acquaintance.remember(&parts(&[("authorization", &known), DATED]), &identity());
        let same = header("a/20260101/r/s/aws4_request", "2");
        assert_eq!(acquaintance.recall(&parts(&[("authorization", &same), DATED])), Some(identity()));
        let other = header("a/20260101/other/s/aws4_request", "1");
        for (what, headers) in [
            ("another scope", vec![("authorization", other.as_str()), DATED]),
            ("no date", vec![("authorization", known.as_str())]),
            ("a token", vec![("authorization", known.as_str()), DATED, ("x-amz-security-token", "t")]),
        ] {
            assert_eq!(acquaintance.recall(&parts(&headers)), None, "{what}");
        }
    }

    #[test]
    fn a_header_that_goes_on_behind_the_signature_is_read_anew() {
        for header in [
            "AWS4-HMAC-SHA256 Signature=1, Credential=a/20260101/r/s/aws4_request, SignedHeaders=host",
            "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, Signature=1, SignedHeaders=host",
        ] {
            let acquaintance = Acquaintance::default();
            let parts = parts(&[("authorization", header), DATED]);
            acquaintance.remember(&parts, &identity());
            assert_eq!(acquaintance.recall(&parts), None, "{header}");
        }
    }
}
