//! The examples of AWS's documentation.

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
