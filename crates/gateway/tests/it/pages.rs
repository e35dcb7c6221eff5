//! The gateway's own pages.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway::{Hooks, MetricsSource};

use crate::client::{Http1, Http2, JSON};
use crate::echo::{config, serve, serve_plain};

struct Extra;

impl MetricsSource for Extra {
    fn write(&self, out: &mut String) {
        out.push_str("extra_total 7\n");
    }
}

#[tokio::test]
async fn health_says_what_is_served() {
    let (server, _) = serve_plain().await;
    let answer = Http1::connect(server.address()).await.call("GET", "/health", &[("authorization", "")], b"").await;
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(r#"{{"services":["echo"],"status":"ok","version":"{version}"}}"#);
    assert_eq!((answer.status, answer.text()), (200, expected));
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let hooks = Hooks { metrics: vec![Arc::new(Extra)], ..Hooks::default() };
    let (server, _) = serve(config(), hooks).await;
    let mut client = Http1::connect(server.address()).await;
    for body in [r#"{"Text":"a"}"#, r#"{"Text":"b"}"#, "{}"] {
        client.json("Say", body).await;
    }
    client.json("Nothing", "{}").await;
    Http2::connect(server.address()).await.call("Say", JSON, br#"{"Text":"fail"}"#).await;
    let page = client.call("GET", "/metrics", &[], b"").await.text();
    for line in [
        r#"millstream_requests_total{service="echo",operation="Say",status="200"} 2"#,
        r#"millstream_requests_total{service="echo",operation="Say",status="400"} 1"#,
        r#"millstream_requests_total{service="echo",operation="Say",status="500"} 1"#,
        r#"millstream_requests_total{service="",operation="",status="400"} 1"#,
        r#"millstream_request_seconds_count{service="echo",operation="Say"} 4"#,
        "millstream_connections_total 2",
        "millstream_requests_in_flight 0",
        "# TYPE process_cpu_seconds_total counter",
        "extra_total 7",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
    }
}

#[tokio::test]
async fn only_a_resettable_server_is_reset_and_not_by_a_page() {
    let (server, _) = serve_plain().await;
    let answer = Http1::connect(server.address()).await.call("POST", "/_millstream/reset", &[], b"").await;
    assert_eq!(answer.status, 403);
    let resets = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&resets);
    let reset: gateway::Reset = Arc::new(move || {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { if number == 0 { Ok(()) } else { Err("the disk is gone".to_owned()) } })
    });
    let (server, _) = serve(config(), Hooks { reset: Some(reset), ..Hooks::default() }).await;
    let mut client = Http1::connect(server.address()).await;
    let origin = [("origin", "http://example.com")];
    assert_eq!(client.call("POST", "/_millstream/reset", &origin, b"").await.status, 403);
    assert_eq!(client.call("GET", "/_millstream/reset", &[], b"").await.status, 403);
    assert_eq!(resets.load(Ordering::SeqCst), 0);
    let answer = client.call("POST", "/_millstream/reset", &[], b"").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
    let failed = client.call("POST", "/_millstream/reset", &[], b"").await;
    let expected = r#"{"__type":"InternalFailure","message":"the disk is gone"}"#;
    assert_eq!((failed.status, failed.text().as_str()), (500, expected));
}
