//! Services whose requests are paths and whose bodies are streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws::rest::BodyEnd;
use gateway::{Auth, Config, Credential, Credentials, Hooks, Limits, Session, SessionRefused, Sessions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Answer, Http1, Http2, request};
use crate::depot::{LIMIT, bytes, serve};
use crate::echo::config;

/// Leaves out what a signed JSON call has.
const PLAIN: [(&str, &str); 4] =
    [("content-type", ""), ("x-amz-target", ""), ("x-amz-date", ""), ("authorization", "")];
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=111122223333/20200101/eu-west-3/depot/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=00";

fn headers<'h>(more: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
    let plain = PLAIN.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    plain.chain(more).copied().collect()
}

async fn call(client: &mut Http1, method: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
    client.call(method, path, &headers(more), body).await
}

fn counted(body: &[u8]) -> String {
    let sum = body.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    format!("{} {sum}", body.len())
}

#[tokio::test]
async fn bodies_larger_than_any_buffer_pass_in_both_directions() {
    let (server, _) = serve(config(), Hooks::default()).await;
    let large = bytes(0, 20 << 20);
    let mut client = Http1::connect(server.address()).await;
    let answer = call(&mut client, "PUT", "/some/key", &[], &large).await;
    assert_eq!((answer.status, answer.text()), (200, counted(&large)));
    assert!(answer.header("x-amz-request-id").is_some() && answer.header("x-amz-id-2").is_some());
    let chunked = headers(&[("transfer-encoding", "chunked"), ("content-length", "")]);
    client.send(&request("PUT", "/some/key", &chunked, b"")).await;
    for chunk in large.chunks(1 << 20) {
        client.send(format!("{:x}\r\n", chunk.len()).as_bytes()).await;
        client.send(chunk).await;
        client.send(b"\r\n").await;
    }
    client.send(b"0\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), counted(&large));
    let answer = call(&mut client, "GET", &format!("/bytes/{}", large.len()), &[], b"").await;
    assert!(answer.body == large, "{} bytes", answer.body.len());
    client.send(&request("HEAD", "/bytes/12345", &headers(&[]), b"")).await;
    assert_eq!(client.head().await.header("content-length"), Some("12345"));
    let empty = call(&mut client, "PUT", "/some/key", &[], b"").await;
    assert_eq!(empty.text(), "0 0");
    let mut http2 = Http2::connect(server.address()).await;
    assert_eq!(http2.rest("PUT", "/some/key", &large).await.text(), counted(&large));
    assert!(http2.rest("GET", &format!("/bytes/{}", large.len()), b"").await.body == large);
}

#[tokio::test]
async fn whoever_asks_before_sending_is_told_when_the_body_is_wanted() {
    let (server, _) = serve(config(), Hooks::default()).await;
    let mut client = Http1::connect(server.address()).await;
    let expecting = headers(&[("expect", "100-continue"), ("content-length", "5")]);
    client.send(&request("PUT", "/key", &expecting, b"")).await;
    assert_eq!(client.head().await.status, 100);
    client.send(b"hello").await;
    assert_eq!(client.answer().await.text(), counted(b"hello"));
    client.send(&request("POST", "/refuse", &expecting, b"")).await;
    assert_eq!(client.answer().await.status, 403);
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_can_be_read() {
    let (server, depot) = serve(config(), Hooks::default()).await;
    let large = vec![7; 8 << 20];
    let answer = call(&mut Http1::connect(server.address()).await, "POST", "/refuse", &[], &large).await;
    assert_eq!((answer.status, answer.text().as_str()), (403, "not refuse"));
    let too_large = vec![7; LIMIT as usize + 1];
    let answer = call(&mut Http1::connect(server.address()).await, "PUT", "/key", &[], &too_large).await;
    assert_eq!((answer.status, answer.text()), (400, BodyEnd::TooLarge.to_string()));
    assert_eq!(*depot.broken.lock().unwrap(), Some(BodyEnd::TooLarge));
}

#[tokio::test]
async fn bodies_that_come_too_slowly_or_break_off_are_told_to_the_service() {
    let limits = Limits { body_read: Duration::from_millis(200), ..Limits::default() };
    let (server, depot) = serve(Config { limits, ..config() }, Hooks::default()).await;
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("PUT", "/key", &headers(&[("content-length", "100")]), b"half")).await;
    assert_eq!(client.answer().await.text(), BodyEnd::TooSlow.to_string());
    // A trickle is no better than nothing.
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("PUT", "/key", &headers(&[("content-length", "100000")]), b"")).await;
    let (mut reading, mut writing) = client.stream.into_split();
    let told = AtomicBool::new(false);
    let trickle = async {
        while !told.load(Ordering::Relaxed) && writing.write_all(b"x").await.is_ok() {
            host::Host::real().sleep(Duration::from_millis(20)).await;
        }
    };
    let answer = async {
        let mut answer = [0; 12];
        reading.read_exact(&mut answer).await.expect("an answer");
        told.store(true, Ordering::Relaxed);
        answer
    };
    let (answer, ()) = tokio::join!(answer, trickle);
    assert_eq!(&answer, b"HTTP/1.1 400");
    // Nobody is left to read the answer, but the service is to know.
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("PUT", "/key", &headers(&[("content-length", "100")]), b"half")).await;
    while depot.broken.lock().unwrap().take().is_some() {}
    drop(client);
    loop {
        depot.ended.notified().await;
        if *depot.broken.lock().unwrap() == Some(BodyEnd::Broken) {
            break;
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_taken_for_whole() {
    let (server, _) = serve(config(), Hooks::default()).await;
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("GET", "/broken/1000000", &headers(&[]), b"")).await;
    assert_eq!(client.head().await.header("content-length"), Some("1000000"));
    let mut rest = Vec::new();
    let ended = client.stream.read_to_end(&mut rest).await;
    assert!(ended.is_err() || rest.len() < 1_000_000);
}

#[tokio::test]
async fn what_is_nobody_elses_is_offered_to_the_service() {
    let (server, _) = serve(config(), Hooks::default()).await;
    let (form, target) = (("content-type", "multipart/form-data; boundary=x"), ("x-amz-target", "Echo_20200101.Say"));
    let signed = [("authorization", SIGNED), ("x-amz-date", "20200101T000000Z")];
    let foreign = SIGNED.replace("/depot/", "/lambda/");
    let foreign = [("authorization", foreign.as_str()), ("x-amz-date", "20200101T000000Z")];
    let presigned = "/health?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k%2F20200101%2Fus-east-1%2Fdepot%2F\
                     aws4_request&X-Amz-Date=20200101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00&X-Amz-Expires=9";
    for (what, method, path, more, is_ours) in [
        ("unsigned", "GET", "/", &[][..], true),
        ("with a type", "POST", "/bucket?delete", &[("content-type", "application/xml")], true),
        ("with a type of JSON", "POST", "/bucket/key?uploads", &[("content-type", "application/json")], true),
        (
            "with a type of forms",
            "POST",
            "/bucket/key?uploads",
            &[("content-type", "application/x-www-form-urlencoded")],
            true,
        ),
        ("signed", "POST", "/", &signed, true),
        ("a form with files", "POST", "/", &[form], true),
        ("a page by its name", "GET", "/health", &signed, true),
        ("a page by its name, presigned", "GET", presigned, &[], true),
        ("not claimed", "GET", "/nobody", &[], false),
        ("for another service", "GET", "/2015-03-31/functions", &foreign, false),
        ("an operation", "POST", "/", &[target], false),
        ("an operation with another method", "PUT", "/", &[target], false),
        ("no form", "POST", "/", &[("content-type", "application/xml")], false),
        ("a page", "GET", "/health", &[], false),
        ("a query", "GET", "/?Action=Say&Version=2020-01-01", &[], false),
    ] {
        let answer = call(&mut Http1::connect(server.address()).await, method, path, more, b"").await;
        assert_eq!(answer.text().starts_with("not "), is_ours, "{what}: {} {}", answer.status, answer.text());
    }
}

struct Known;

impl Sessions for Known {
    fn open(&self, access_key: &str, token: &str, _now_ms: u64) -> Result<Session, SessionRefused> {
        match (access_key, token) {
            ("ASIA", "good") => Ok(Session {
                secret_key: "temporary".to_owned(),
                account: "444455556666".to_owned(),
                caller: "arn:role".to_owned(),
            }),
            (_, "old") => Err(SessionRefused::Expired),
            _ => Err(SessionRefused::Unknown),
        }
    }
}

#[tokio::test]
async fn the_service_is_told_who_asks_and_is_lent_the_secret() {
    let alice = Credential {
        access_key: "AKID".to_owned(),
        secret_key: "secret".to_owned(),
        account: "111122223333".to_owned(),
        caller: "arn:alice".to_owned(),
    };
    let auth = Auth::Keys(Arc::new(Credentials::new([alice]).unwrap()));
    let hooks = || Hooks { sessions: Some(Arc::new(Known)), ..Hooks::default() };
    let (open, _) = serve(config(), hooks()).await;
    let (keys, _) = serve(Config { auth, ..config() }, hooks()).await;
    let version_4 = |key: &str| SIGNED.replace("111122223333", key);
    let root = |account: &str| format!("Ok(\"None {account} arn:aws:iam::{account}:root\")");
    for (server, authorization, token, path, expected) in [
        (&open, String::new(), "", "/who", format!("Open None None us-east-1 {}", root("000000000000"))),
        (
            &open,
            SIGNED.to_owned(),
            "",
            "/who",
            format!("Open Some(\"111122223333\") None eu-west-3 {}", root("111122223333")),
        ),
        (
            &open,
            "AWS any:sig".to_owned(),
            "",
            "/who",
            format!("Open Some(\"any\") None us-east-1 {}", root("000000000000")),
        ),
        (&keys, String::new(), "", "/who", "Keys None None us-east-1 Err(Missing)".to_owned()),
        (
            &keys,
            version_4("AKID"),
            "",
            "/who",
            "Keys Some(\"AKID\") None eu-west-3 Ok(\"Some(\\\"secret\\\") 111122223333 arn:alice\")".to_owned(),
        ),
        (
            &keys,
            version_4("ASIA"),
            "good",
            "/who",
            "Keys Some(\"ASIA\") Some(\"good\") eu-west-3 Ok(\"Some(\\\"temporary\\\") 444455556666 arn:role\")"
                .to_owned(),
        ),
        (
            &keys,
            version_4("ASIA"),
            "old",
            "/who",
            "Keys Some(\"ASIA\") Some(\"old\") eu-west-3 Err(Expired)".to_owned(),
        ),
        (&keys, version_4("NOBODY"), "", "/who", "Keys Some(\"NOBODY\") None eu-west-3 Err(Unknown)".to_owned()),
        (
            &keys,
            String::new(),
            "",
            "/who?AWSAccessKeyId=AKID&Expires=1&Signature=x",
            "Keys Some(\"AKID\") None us-east-1 Ok(\"Some(\\\"secret\\\") 111122223333 arn:alice\")".to_owned(),
        ),
    ] {
        let mut more = vec![("x-amz-date", "20200101T000000Z")];
        more.extend([("authorization", authorization.as_str()), ("x-amz-security-token", token)]);
        let answer = call(&mut Http1::connect(server.address()).await, "GET", path, &more, b"").await;
        assert_eq!(answer.text(), expected);
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused_in_the_services_form() {
    let limits = Limits { header_bytes: 500, requests: 1, ..Limits::default() };
    let (server, _) = serve(Config { limits, ..config() }, Hooks::default()).await;
    let mut client = Http1::connect(server.address()).await;
    let padding = "x".repeat(500);
    let answer = call(&mut client, "GET", "/bytes/1", &[("x-padding", &padding)], b"").await;
    assert!(answer.status == 400 && answer.text().contains("<Code>RequestHeaderSectionTooLarge</Code>"));
    // An answer that is being written counts.
    client.send(&request("GET", "/bytes/100000000", &headers(&[]), b"")).await;
    assert_eq!(client.head().await.status, 200);
    let mut other = Http1::connect(server.address()).await;
    let answer = call(&mut other, "GET", "/bytes/1", &[], b"").await;
    assert!(answer.status == 503 && answer.text().contains("<Code>SlowDown</Code>"));
    drop(client);
    while call(&mut other, "GET", "/bytes/1", &[], b"").await.status == 503 {}
}

#[tokio::test]
async fn the_service_is_counted_by_operation_and_shown() {
    let (server, _) = serve(config(), Hooks::default()).await;
    let mut client = Http1::connect(server.address()).await;
    call(&mut client, "PUT", "/key", &[], b"x").await;
    call(&mut client, "GET", "/bytes/1", &[], b"").await;
    call(&mut client, "GET", "/refuse", &[], b"").await;
    let page = call(&mut client, "GET", "/metrics", &[], b"").await.text();
    for line in [
        r#"millstream_requests_total{service="depot",operation="Count",status="200"} 1"#,
        r#"millstream_requests_total{service="depot",operation="Give",status="200"} 1"#,
        r#"millstream_requests_total{service="depot",operation="",status="403"} 1"#,
        "millstream_requests_in_flight 0",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
    }
    let health = call(&mut client, "GET", "/health", &[], b"").await.text();
    assert!(health.contains(r#""services":["depot","echo"]"#), "{health}");
}

#[tokio::test]
async fn scripts_of_other_origins_may_read_all_of_an_answer() {
    let (server, _) = serve(config(), Hooks::default()).await;
    let mut client = Http1::connect(server.address()).await;
    let answer = call(&mut client, "GET", "/bytes/1", &[("origin", "http://example.com")], b"").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-expose-headers"), Some("*"));
}
