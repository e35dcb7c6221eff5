//! Answers of endpoints that keep the contract, and of those that do not.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const GOOD: &str = r#"{"requestId":"r1","timestamp":1578090903599}"#;

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Result<Answer, Error> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let status = StatusCode::from_u16(status).unwrap();
    Ok(Answer { status, headers: map, body: Bytes::copy_from_slice(body.as_bytes()) })
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json"), ("content-length", "1")];

fn code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Delivered => "delivered",
        Verdict::TooLarge => "too large",
        Verdict::Failed { code, .. } => code,
    }
}

#[test]
fn only_a_conforming_200_delivers() {
    let charset: &[_] = &[("content-type", "Application/JSON; charset=utf-8"), ("content-length", "1")];
    let text_time = r#"{"requestId":"r1","timestamp":"1578090903599"}"#;
    for (status, headers, body, expected) in [
        (200, JSON, GOOD, "delivered"),
        (200, charset, GOOD, "delivered"),
        (200, JSON, text_time, "delivered"),
        (201, JSON, GOOD, DESTINATION_EXCEPTION),
        (204, JSON, "", DESTINATION_EXCEPTION),
        (302, JSON, GOOD, DESTINATION_EXCEPTION),
        (400, JSON, GOOD, DESTINATION_EXCEPTION),
        (429, JSON, "", DESTINATION_EXCEPTION),
        (500, &[], "oops", DESTINATION_EXCEPTION),
        (413, JSON, GOOD, "too large"),
        (413, &[], "", "too large"),
        (200, &[("content-type", "text/plain"), ("content-length", "1")], GOOD, INVALID_RESPONSE),
        (200, &[("content-length", "1")], GOOD, INVALID_RESPONSE),
        (200, &[("content-type", "application/json")], GOOD, INVALID_RESPONSE),
        (200, JSON, "", INVALID_RESPONSE),
        (200, JSON, r#"{"requestId":"r1"}"#, INVALID_RESPONSE),
        (200, JSON, r#"{"requestId":"r1","timestamp":"soon"}"#, INVALID_RESPONSE),
        (200, JSON, r#"{"requestId":"r2","timestamp":1}"#, INVALID_RESPONSE),
        (200, JSON, r#"["r1",1]"#, INVALID_RESPONSE),
    ] {
        assert_eq!(code(judge(answer(status, headers, body), "r1")), expected, "{status} {body}");
    }
    let encoded = &[("content-type", "application/json"), ("content-length", "1"), ("content-encoding", "gzip")];
    assert_eq!(code(judge(answer(200, encoded, GOOD), "r1")), INVALID_RESPONSE);
}

#[test]
fn what_a_conforming_answer_says_is_passed_on() {
    let body = r#"{"requestId":"r1","timestamp":1,"errorMessage":"Unauthorized"}"#;
    let Verdict::Failed { message, .. } = judge(answer(401, JSON, body), "r1") else { panic!("not delivered") };
    assert_eq!(message, format!("Received the following response from the endpoint destination. {body}"));
    let Verdict::Failed { message, .. } = judge(answer(502, &[], "<html>"), "r1") else { panic!("not delivered") };
    assert_eq!(message, "Received the following response from the endpoint destination. 502: <html>");
}
