//! What is too much, too slow or too late is refused, and others don't notice.

use std::sync::atomic::Ordering;
use std::time::Duration;

use gateway::{Config, Hooks, Limits};
use tokio::io::AsyncWriteExt;

use crate::client::{Http1, Http2, JSON, request};
use crate::echo::{config, serve, serve_plain};

const HELLO: &str = r#"{"Text":"hello"}"#;
const WAIT: (&str, &str) = ("x-amz-target", "Echo_20200101.Wait");

fn limited(change: impl FnOnce(&mut Limits)) -> Config {
    let mut limits = Limits::default();
    change(&mut limits);
    Config { limits, ..config() }
}

#[tokio::test]
async fn bodies_beyond_an_operations_limit_are_refused() {
    let (server, _) = serve_plain().await;
    let expected = r#"{"__type":"RequestEntityTooLargeException","message":"Request must be smaller than 1048576 bytes for this operation"}"#;
    let large = vec![b' '; (1 << 20) + 1];
    // Declared, …
    let mut client = Http1::connect(server.address()).await;
    let answer = client.call("POST", "/", &[], &large).await;
    assert_eq!((answer.status, answer.text().as_str()), (413, expected));
    assert!(client.closed().await);
    // … found out while it comes, …
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("POST", "/", &[("transfer-encoding", "chunked"), ("content-length", "")], b"")).await;
    let mut chunks = format!("{:x}\r\n", large.len()).into_bytes();
    chunks.extend_from_slice(&large);
    chunks.extend_from_slice(b"\r\n0\r\n\r\n");
    client.send(&chunks).await;
    assert_eq!(client.answer().await.status, 413);
    // … far beyond all reason, and nothing of it is waited for; and over HTTP/2.
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("POST", "/", &[("content-length", "1000000000000")], b"")).await;
    assert_eq!(client.answer().await.status, 413);
    assert_eq!(Http2::connect(server.address()).await.call("Say", JSON, &large).await.status, 413);
    let small = Http1::connect(server.address()).await.call("POST", "/", &[WAIT], &large[..1_001]).await;
    assert_eq!(small.status, 413, "each operation has its own limit");
}

#[tokio::test]
async fn bodies_of_unknown_length_are_read() {
    let (server, _) = serve_plain().await;
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("POST", "/", &[("transfer-encoding", "chunked"), ("content-length", "")], b"")).await;
    let text = format!(r#"{{"Text":"{}"}}"#, "x".repeat(300_000));
    for chunk in text.as_bytes().chunks(10_000) {
        client.send(format!("{:x}\r\n", chunk.len()).as_bytes()).await;
        client.send(chunk).await;
        client.send(b"\r\n").await;
    }
    client.send(b"0\r\n\r\n").await;
    let answer = client.answer().await;
    assert!(answer.status == 200 && answer.text().contains(&"x".repeat(300_000)));
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused() {
    let (server, _) = serve(limited(|limits| limits.header_bytes = 1_000), Hooks::default()).await;
    let padding = "x".repeat(1_000);
    let answer = Http1::connect(server.address()).await.call("POST", "/", &[("x-padding", &padding)], b"{}").await;
    let expected = r#"{"__type":"RequestHeaderSectionTooLargeException","message":"Request headers must be smaller than 1000 bytes"}"#;
    assert_eq!((answer.status, answer.text().as_str()), (431, expected));
    // Headers without end never reach us: the protocol's own limit stands before.
    let mut client = Http1::connect(server.address()).await;
    let endless = request("POST", "/", &[("x-padding", &"x".repeat(1 << 20))], b"");
    let _ = client.stream.write_all(&endless).await; // The server may hang up in the middle.
    assert_eq!(client.head().await.status, 431);
}

#[tokio::test]
async fn connections_that_dawdle_are_closed_and_others_are_not() {
    let short = |limits: &mut Limits| {
        limits.handshake = Duration::from_millis(100);
        limits.header_read = Duration::from_millis(200);
        limits.idle = Duration::from_millis(600);
        limits.body_read = Duration::from_millis(200);
    };
    let (server, echo) = serve(limited(short), Hooks::default()).await;
    let mut silent = Http1::connect(server.address()).await;
    let mut half_line = Http1::connect(server.address()).await;
    half_line.send(b"POST / HTT").await;
    let mut half_preface = Http1::connect(server.address()).await;
    half_preface.send(b"PRI * HT").await;
    let mut half_body = Http1::connect(server.address()).await;
    half_body.send(&request("POST", "/", &[("content-length", "100")], b"{")).await;
    let mut idle = Http1::connect(server.address()).await;
    assert_eq!(idle.json("Say", HELLO).await.status, 200);
    let mut busy = Http1::connect(server.address()).await;
    busy.send(&request("POST", "/", &[WAIT], b"{}")).await;
    let mut idle2 = Http2::connect(server.address()).await;
    assert_eq!(idle2.call("Say", JSON, HELLO.as_bytes()).await.status, 200);

    assert!(silent.closed().await);
    assert!(half_line.closed().await);
    assert!(half_preface.closed().await);
    let answer = half_body.answer().await;
    let expected = r#"{"__type":"RequestTimeoutException","message":"The request body was not received within the timeout period."}"#;
    assert_eq!((answer.status, answer.text().as_str()), (408, expected));
    assert!(idle.closed().await);
    // Whoever waits for an answer may wait.
    echo.go.notify_one();
    assert_eq!(busy.answer().await.status, 200);
}

#[tokio::test]
async fn headers_that_trickle_do_not_keep_a_connection() {
    let short = |limits: &mut Limits| limits.header_read = Duration::from_millis(200);
    let (server, _) = serve(limited(short), Hooks::default()).await;
    let mut client = Http1::connect(server.address()).await;
    assert_eq!(client.json("Say", HELLO).await.status, 200);
    let host = host::Host::real();
    let trickle = async {
        loop {
            if client.stream.write_all(b"x").await.is_err() {
                break;
            }
            host.sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), trickle).await.expect("closed");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_told_to_come_again() {
    let (server, echo) = serve(limited(|limits| limits.requests = 1), Hooks::default()).await;
    let mut first = Http1::connect(server.address()).await;
    first.send(&request("POST", "/", &[WAIT], b"{}")).await;
    echo.until(|echo| echo.begun.load(Ordering::SeqCst), 1).await;
    let mut second = Http1::connect(server.address()).await;
    let answer = second.json("Say", HELLO).await;
    let expected = r#"{"__type":"ServiceUnavailable","message":"The request has failed due to a temporary failure of the server."}"#;
    assert_eq!((answer.status, answer.text().as_str()), (503, expected));
    echo.go.notify_one();
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(second.json("Say", HELLO).await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_limit_read_why() {
    let (server, _) = serve(limited(|limits| limits.connections = 1), Hooks::default()).await;
    let mut first = Http1::connect(server.address()).await;
    assert_eq!(first.json("Say", HELLO).await.status, 200);
    let mut second = Http1::connect(server.address()).await;
    let answer = second.answer().await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().ends_with("set to bear.\"}"), "{}", answer.text());
    assert!(second.closed().await);
    assert_eq!(first.json("Say", HELLO).await.status, 200);
}

#[tokio::test]
async fn an_operation_ends_even_when_its_client_leaves() {
    let (server, echo) = serve_plain().await;
    let mut client = Http1::connect(server.address()).await;
    client.send(&request("POST", "/", &[WAIT], b"{}")).await;
    echo.until(|echo| echo.begun.load(Ordering::SeqCst), 1).await;
    drop(client);
    // One more request proves that the server goes on in the meantime.
    assert_eq!(Http1::connect(server.address()).await.json("Say", HELLO).await.status, 200);
    echo.go.notify_one();
    echo.until(|echo| echo.ended.load(Ordering::SeqCst), 1).await;
}

#[tokio::test]
async fn a_stopping_server_ends_what_it_has_begun() {
    let (server, echo) = serve_plain().await;
    let address = server.address();
    let mut idle = Http1::connect(address).await;
    assert_eq!(idle.json("Say", HELLO).await.status, 200);
    let mut busy = Http1::connect(address).await;
    busy.send(&request("POST", "/", &[WAIT], b"{}")).await;
    let mut busy2 = Http2::connect(address).await;
    let waiting = tokio::spawn(async move { busy2.call("Wait", JSON, b"{}").await.status });
    echo.until(|echo| echo.begun.load(Ordering::SeqCst), 2).await;
    let stopping = tokio::spawn(server.shutdown());
    assert!(idle.closed().await);
    echo.go.notify_one();
    echo.until(|echo| echo.ended.load(Ordering::SeqCst), 1).await;
    echo.go.notify_one();
    assert_eq!(busy.answer().await.status, 200);
    assert_eq!(waiting.await.expect("no panic"), 200);
    stopping.await.expect("no panic");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_stopping_server_does_not_wait_for_ever() {
    let (server, echo) = serve(limited(|limits| limits.drain = Duration::from_millis(100)), Hooks::default()).await;
    let mut stuck = Http1::connect(server.address()).await;
    stuck.send(&request("POST", "/", &[WAIT], b"{}")).await;
    echo.until(|echo| echo.begun.load(Ordering::SeqCst), 1).await;
    server.shutdown().await;
    assert!(stuck.closed().await);
}
