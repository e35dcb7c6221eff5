//! Requests admitted and turned away, in both modes.

use std::sync::Arc;

use aws::rest::Keys;
use bytes::Bytes;
use futures::FutureExt;
use http_body_util::BodyExt as _;

use super::*;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "a-token";

/// Knows one key, which has a token that has expired.
struct OneKey(Mode);

impl Keys for OneKey {
    fn find(&self, access_key: &str, session_token: Option<&str>) -> Result<Key, KeyRefused> {
        let secret_key = (self.0 == Mode::Keys).then(|| SECRET.to_owned());
        match (access_key, session_token, self.0) {
            (_, _, Mode::Open) | (KEY, None, _) => {
                Ok(Key { secret_key, account: "111122223333".to_owned(), arn: String::new() })
            }
            (KEY, Some(TOKEN), _) => Err(KeyRefused::Expired),
            _ => Err(KeyRefused::Unknown),
        }
    }
}

fn caller(mode: Mode) -> Caller {
    Caller {
        mode,
        access_key: None,
        session_token: None,
        region: "us-east-1".to_owned(),
        request_id: String::new(),
        extended_id: String::new(),
        keys: Arc::new(OneKey(mode)),
    }
}

/// The bytes of the body, or the code of what is wrong with the request.
fn admit(mode: Mode, request: http::request::Builder, body: &'static [u8]) -> Result<(Parts, Bytes), String> {
    let front = Front::new(Host::real(), Domains::new([]));
    let request = request.body(Body::from(Bytes::from_static(body))).expect("a request");
    let admitting = async {
        let admitted = front.admit(request, &caller(mode)).await.map_err(|denial| denial.code().to_owned())?;
        let (parts, body) = admitted.request.into_parts();
        let code = |error: aws::rest::BodyError| match error.downcast::<S3Error>() {
            Ok(error) => error.code().as_str().to_owned(),
            Err(error) => error.to_string(),
        };
        Ok((parts, body.collect().await.map_err(code)?.to_bytes()))
    };
    admitting.now_or_never().expect("everything is there")
}

/// Signs as a client would, `seconds` after now.
fn signed(uri: &str, payload: &str, seconds: i64, secret: &str) -> http::request::Builder {
    let now = Host::real().now_ms() as i64;
    let at = Timestamp { ms: now + seconds * 1000 }.to_basic();
    let request = http::Request::put(uri).header("host", "127.0.0.1").header("x-amz-date", &at);
    let request = request.header("x-amz-content-sha256", payload);
    let names = "host;x-amz-content-sha256;x-amz-date";
    let scope = format!("{}/us-east-1/s3/aws4_request", &at[..8]);
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let key = SigningKey::new(secret, &scope, at);
    let signature = key.sign(&key.request_text(&signature::canonical_request(&parts, names, payload)));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}");
    let mut builder = http::Request::put(uri).header("authorization", authorization);
    for (name, value) in &parts.headers {
        builder = builder.header(name, value);
    }
    builder
}

fn code(outcome: Result<(Parts, Bytes), String>) -> String {
    outcome.expect_err("refused")
}

#[test]
fn signatures_are_checked_where_there_are_keys() {
    let good = || signed("http://127.0.0.1/bucket/a%20b", "UNSIGNED-PAYLOAD", 0, SECRET);
    let (parts, body) = admit(Mode::Keys, good(), b"x").expect("a good signature");
    assert_eq!((parts.uri.path(), &body[..]), ("/bucket/a%20b", &b"x"[..]));
    assert!(!parts.headers.contains_key("authorization"));
    assert_eq!(parts.extensions.get::<Identity>().expect("an identity").account, "111122223333");
    let keys = |request| code(admit(Mode::Keys, request, b"x"));
    let bad = || signed("http://127.0.0.1/bucket/k", "UNSIGNED-PAYLOAD", 0, "wrong");
    assert_eq!(keys(bad()), "SignatureDoesNotMatch");
    assert_eq!(keys(signed("http://127.0.0.1/b/k", "UNSIGNED-PAYLOAD", 1000, SECRET)), "RequestTimeTooSkewed");
    assert_eq!(keys(signed("http://127.0.0.1/b/k", "UNSIGNED-PAYLOAD", -1000, SECRET)), "RequestTimeTooSkewed");
    assert_eq!(keys(good().header("x-amz-acl", "public-read")), "AccessDenied");
    assert_eq!(keys(http::Request::put("http://127.0.0.1/bucket/k")), "AccessDenied");
    assert_eq!(keys(good().header("x-amz-security-token", TOKEN)), "ExpiredToken");
    assert_eq!(keys(good().header("x-amz-security-token", "other")), "InvalidToken");
    assert_eq!(keys(http::Request::put("http://h/b/k").header("authorization", "AWS key:sig")), "InvalidRequest");
    // Where there are none, nobody's signature matters.
    assert!(admit(Mode::Open, bad(), b"x").is_ok());
    assert!(admit(Mode::Open, http::Request::put("http://127.0.0.1/bucket/k"), b"x").is_ok());
}

#[test]
fn what_is_no_signature_is_told() {
    let check = |authorization: &str, expected: &str| {
        let request = http::Request::put("http://h/b/k").header("authorization", authorization);
        let request =
            request.header("x-amz-date", "20300101T000000Z").header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        assert_eq!(code(admit(Mode::Open, request, b"")), expected, "{authorization}");
    };
    let rest = "SignedHeaders=host, Signature=00";
    check("Basic eDp5", "InvalidArgument");
    check("AWS4-HMAC-SHA1 x", "InvalidRequest");
    check("AWS4-HMAC-SHA256 Credential=a/20300101/us-east-1/s3/aws4_request", "AuthorizationHeaderMalformed");
    for scope in [
        "a",
        "a/20300101/us-east-1/s3/aws5_request",
        "a/20300101/us-east-1/kinesis/aws4_request",
        "a/20300102/us-east-1/s3/aws4_request",
        "a/x/us-east-1/s3/aws4_request",
        "/20300101/us-east-1/s3/aws4_request",
    ] {
        check(&format!("AWS4-HMAC-SHA256 Credential={scope}, {rest}"), "AuthorizationHeaderMalformed");
    }
}

#[test]
fn a_body_must_be_what_its_digest_says() {
    let digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"; // Of "x".
    for mode in [Mode::Open, Mode::Keys] {
        let request = || signed("http://127.0.0.1/bucket/k", digest, 0, SECRET);
        assert_eq!(&admit(mode, request(), b"x").expect("the right body").1[..], b"x");
        assert_eq!(code(admit(mode, request(), b"y")), "XAmzContentSHA256Mismatch");
    }
    let nonsense = signed("http://127.0.0.1/bucket/k", "nonsense", 0, SECRET);
    assert_eq!(code(admit(Mode::Open, nonsense, b"x")), "InvalidArgument");
}

#[test]
fn chunks_are_undone() {
    let request = |payload: &str| {
        let request = signed("http://127.0.0.1/bucket/k", payload, 0, SECRET);
        request.header("x-amz-decoded-content-length", "3").header("content-encoding", "aws-chunked")
    };
    let wire = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
    let trailed = request("STREAMING-UNSIGNED-PAYLOAD-TRAILER").header("x-amz-trailer", "x-amz-checksum-crc32");
    let (parts, body) = admit(Mode::Open, trailed, wire).expect("a chunked body");
    assert_eq!(&body[..], b"abc");
    assert_eq!(parts.headers["content-length"], "3");
    assert!(!parts.headers.contains_key("content-encoding"));
    // Unsigned chunks where signatures were promised.
    assert_eq!(code(admit(Mode::Open, request("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), wire)), "InvalidRequest");
    let wrong = b"3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\n\r\n";
    assert!(admit(Mode::Open, request("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), wrong).is_ok());
    let no_length = signed("http://127.0.0.1/bucket/k", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", 0, SECRET);
    assert_eq!(code(admit(Mode::Open, no_length, wire)), "MissingContentLength");
}

#[test]
fn presigned_requests_end() {
    let now = Host::real().now_ms() as i64;
    let presigned = |seconds: i64, expires: &str, more: &str| {
        let at = Timestamp { ms: now + seconds * 1000 }.to_basic();
        let scope = format!("{}%2Fus-east-1%2Fs3%2Faws4_request", &at[..8]);
        http::Request::get(format!(
            "http://orders.localhost/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F{scope}&X-Amz-Date={at}\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=00{more}"
        ))
    };
    let (parts, _) = admit(Mode::Open, presigned(-50, "60", "&versionId=7"), b"").expect("in time");
    assert_eq!(parts.uri, "/orders/k?versionId=7");
    let open = |request| code(admit(Mode::Open, request, b""));
    assert_eq!(open(presigned(-70, "60", "")), "AccessDenied");
    for expires in ["604801", "-1", "soon"] {
        assert_eq!(open(presigned(0, expires, "")), "AuthorizationQueryParametersError");
    }
    assert_eq!(
        open(http::Request::get("http://h/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256")),
        "AuthorizationQueryParametersError"
    );
    assert_eq!(code(admit(Mode::Keys, presigned(0, "60", ""), b"")), "SignatureDoesNotMatch");
    assert_eq!(open(presigned(0, "60", "").header("authorization", "AWS a:b")), "InvalidArgument");
}
