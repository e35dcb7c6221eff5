//! Event streams, over HTTP/1.1 and HTTP/2.

use std::time::Duration;

use gateway::Hooks;
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use crate::client::{Http1, Http2, JSON};
use crate::echo::{Echo, Said, config, serve, serve_plain};

const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

fn said(text: &str) -> Said {
    let text = text.to_owned();
    Said { text, data: None, at: None, account: String::new(), region: String::new(), caller: String::new() }
}

fn channel(echo: &Echo) -> mpsc::Sender<Said> {
    let (sender, receiver) = mpsc::channel(1);
    *echo.events.lock().expect("no panic while held") = Some(receiver);
    sender
}

fn has(frame: &[u8], text: &str) -> bool {
    frame.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The frame that AWS begins every stream with.
fn initial(frame: &[u8]) -> bool {
    frame.len() == 114 && has(frame, "initial-response") && frame.ends_with(b"{}\xac\xae\x6b\x7d")
}

#[tokio::test]
async fn events_are_chunks_of_http1() {
    let (server, echo) = serve_plain().await;
    let events = channel(&echo);
    let mut client = Http1::connect(server.address()).await;
    client.send(&crate::client::request("POST", "/", &[("x-amz-target", "Echo_20200101.Listen")], b"{}")).await;
    let head = client.head().await;
    assert_eq!((head.status, head.header("content-type")), (200, Some(EVENT_STREAM)));
    assert_eq!((head.header("transfer-encoding"), head.header("x-amz-id-2")), (Some("chunked"), None));
    assert!(head.header("x-amzn-requestid").is_some());
    assert!(initial(&client.chunk().await.expect("the first frame")));
    for text in ["one", "two"] {
        events.send(said(text)).await.expect("somebody listens");
        let frame = client.chunk().await.expect("an event");
        assert!(has(&frame, "Said") && has(&frame, &format!(r#""Text":"{text}""#)));
    }
    events.send(said("fail")).await.expect("somebody listens");
    let frame = client.chunk().await.expect("an exception");
    assert!(has(&frame, ":exception-type") && has(&frame, "Broken") && has(&frame, r#"{"message":"it broke"}"#));
    drop(events);
    assert_eq!(client.chunk().await, None);
    // The connection is good for more.
    let refused = client.json("Listen", "{}").await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.header("content-type"), Some(JSON));
}

#[tokio::test]
async fn a_silent_stream_outlives_idle_connections() {
    let mut config = config();
    config.limits.idle = Duration::from_millis(200);
    let (server, echo) = serve(config, Hooks::default()).await;
    let events = channel(&echo);
    let mut client = Http1::connect(server.address()).await;
    client.send(&crate::client::request("POST", "/", &[("x-amz-target", "Echo_20200101.Listen")], b"{}")).await;
    assert_eq!(client.head().await.status, 200);
    assert!(initial(&client.chunk().await.expect("the first frame")));
    // By the time two others in a row were idle for too long, the stream was silent for longer.
    for _ in 0..2 {
        let mut idle = Http1::connect(server.address()).await;
        assert_eq!(idle.json("Say", r#"{"Text":"hello"}"#).await.status, 200);
        assert!(idle.closed().await);
    }
    events.send(said("late")).await.expect("somebody listens");
    assert!(has(&client.chunk().await.expect("an event"), "late"));
}

#[tokio::test]
async fn events_are_data_of_http2_and_wait_for_their_reader() {
    let (server, echo) = serve_plain().await;
    let events = channel(&echo);
    let mut client = Http2::connect(server.address()).await;
    let response = client.send("Listen", JSON, b"{}").await;
    assert_eq!(response.headers().get("content-type").map(|value| value.as_bytes()), Some(EVENT_STREAM.as_bytes()));
    let mut body = response.into_body();
    let first = body.frame().await.expect("a frame").expect("no error").into_data().expect("data");
    assert!(initial(&first));
    // Nobody reads: before long the service is no longer asked for events.
    let large = "x".repeat(1 << 20);
    let mut sent = 0;
    while tokio::time::timeout(std::time::Duration::from_millis(200), events.send(said(&large))).await.is_ok() {
        sent += 1;
        assert!(sent < 64, "events pile up before a reader who does not read");
    }
    let mut received = 0;
    while received < sent * large.len() {
        let frame = body.frame().await.expect("a frame").expect("no error");
        received += frame.data_ref().map_or(0, bytes::Bytes::len);
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let (server, echo) = serve_plain().await;
    let events = channel(&echo);
    let mut client = Http1::connect(server.address()).await;
    client.send(&crate::client::request("POST", "/", &[("x-amz-target", "Echo_20200101.Listen")], b"{}")).await;
    client.head().await;
    assert!(initial(&client.chunk().await.expect("the first frame")));
    let (end, ()) = tokio::join!(client.chunk(), server.shutdown());
    assert_eq!(end, None, "a clean end");
    assert!(events.is_closed());
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_leaves() {
    let (server, echo) = serve_plain().await;
    let events = channel(&echo);
    let mut client = Http1::connect(server.address()).await;
    client.send(&crate::client::request("POST", "/", &[("x-amz-target", "Echo_20200101.Listen")], b"{}")).await;
    client.head().await;
    drop(client);
    events.closed().await;
    drop(server);
}
