//! Tests of `sigv4`.

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
            path_as_sent: service == "s3",
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
