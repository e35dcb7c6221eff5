//! The contract against endpoints that keep it and endpoints that do not, in virtual time.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64_simd::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::destination::StopSwitch;
use crate::destination::testing::http::{After, Log, Received, Reply, serve};
use crate::destination::testing::{batch, bucket, failed, hints, logging, outgoing, retry, simulate};
use crate::shapes::DataBackupMode;

const ARN: &str = "arn:aws:firehose:us-east-1:000000000000:deliverystream/s";

fn settings(duration_s: u32) -> HttpEndpointDestination {
    HttpEndpointDestination {
        url: "http://endpoint.localhost/firehose?version=1".to_owned(),
        name: None,
        access_key: Some("key=with \"quotes\"".to_owned()),
        hints: hints(),
        logging: logging(),
        content_encoding: ContentEncoding::None,
        common_attributes: vec![("stage".to_owned(), "test".to_owned())],
        processing: None,
        role_arn: None,
        retry: retry(duration_s),
        backup_mode: DataBackupMode::FailedDataOnly,
        s3: bucket(),
    }
}

/// What an endpoint answers that takes everything.
fn accepted(received: &Received) -> Reply {
    let request_id = received.header("x-amz-firehose-request-id");
    Reply::json(200, &format!("{{\"requestId\":\"{request_id}\",\"timestamp\":1}}"))
}

/// Delivers three records to an endpoint: the outcome, what it was sent, and the seconds it took.
fn deliver(
    settings: &HttpEndpointDestination,
    script: impl FnMut(&Received) -> Reply + Send + 'static,
) -> (Outcome, Vec<Received>, f64) {
    simulate(|host, network| async move {
        let log = serve(&host, &network, ("endpoint.localhost", 80), script);
        let endpoint = HttpEndpoint::new(&outgoing(&host), ARN, settings, Arc::default()).unwrap();
        let (_switch, stop) = StopSwitch::new();
        let started = host.monotonic();
        let outcome = endpoint.deliver(&batch(&["one", "two", ""]), &mut Tries::staying(), &stop).await;
        (outcome, log.all(), (host.monotonic() - started).as_secs_f64())
    })
}

/// The code that all records failed with after one attempt.
fn failure(script: impl FnMut(&Received) -> Reply + Send + 'static) -> &'static str {
    let (outcome, log, _) = deliver(&settings(0), script);
    let failed = failed(outcome);
    assert_eq!((failed.len(), log.len().max(1)), (3, 1));
    assert!(failed.iter().all(|record| record.attempts_made == 1 && record.code == failed[0].code));
    failed[0].code
}

fn settled() -> Outcome {
    Outcome::Settled { failed: Vec::new(), dropped: 0 }
}

#[test]
fn a_request_is_the_contracts() {
    let (outcome, log, _) = deliver(&settings(300), accepted);
    assert_eq!((outcome, log.len()), (settled(), 1));
    let received = &log[0];
    assert_eq!(received.line, "POST /firehose?version=1 HTTP/1.1");
    for (name, value) in [
        ("host", "endpoint.localhost"),
        ("content-type", "application/json"),
        ("x-amz-firehose-protocol-version", "1.0"),
        ("x-amz-firehose-request-id", "ed4acda5-034f-9f42-bba1-f29aea6d7d8f"),
        ("x-amz-firehose-source-arn", ARN),
        ("x-amz-firehose-access-key", "key=with \"quotes\""),
        ("x-amz-firehose-common-attributes", r#"{"commonAttributes":{"stage":"test"}}"#),
        ("content-length", &received.body.len().to_string()),
    ] {
        assert_eq!(received.header(name), value, "{name}");
    }
    assert!(!received.headers.contains_key("content-encoding"));
    let body = received.json();
    assert_eq!(body["requestId"], "ed4acda5-034f-9f42-bba1-f29aea6d7d8f");
    assert_eq!(body["timestamp"], 1_767_225_600_000_u64);
    let data: Vec<Value> =
        ["one", "two", ""].iter().map(|text| json!({"data": STANDARD.encode_to_string(text)})).collect();
    assert_eq!(body["records"], Value::from(data));
}

#[test]
fn bodies_are_compressed_when_asked_for() {
    let gzip = HttpEndpointDestination {
        content_encoding: ContentEncoding::Gzip,
        access_key: None,
        common_attributes: Vec::new(),
        ..settings(300)
    };
    let (outcome, log, _) = deliver(&gzip, accepted);
    assert_eq!(outcome, settled());
    assert_eq!(log[0].header("content-encoding"), "gzip");
    assert!(!log[0].headers.keys().any(|name| name.ends_with("access-key") || name.ends_with("attributes")));
    let mut body = String::new();
    flate2::read::GzDecoder::new(&log[0].body[..]).read_to_string(&mut body).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["records"][0]["data"], "b25l");
}

#[test]
fn a_failed_request_comes_again_as_it_was_until_it_is_taken() {
    let count = AtomicUsize::new(0);
    let (outcome, log, seconds) =
        deliver(&settings(300), move |received| match count.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::json(500, "{}"),
            1 => Reply::json(429, "slow down"),
            2 => Reply::raw("HTTP/1.1 200 OK\r\nContent-", After::Reset),
            3 => Reply::raw("", After::Close),
            4 => Reply::json(302, "{}"),
            _ => accepted(received),
        });
    assert_eq!((outcome, log.len()), (settled(), 6));
    assert!(log.iter().all(|received| received.headers == log[0].headers && received.body == log[0].body));
    // Pauses of 1, 2, 4 and 8 seconds, each ±15 %; the reset broke a connection that was used again, which costs none.
    assert!((15.0 * 0.85..15.0 * 1.15 + 0.1).contains(&seconds), "{seconds}");
}

#[test]
fn failures_have_awss_codes() {
    assert_eq!(failure(|_| Reply::json(503, "{}")), "HttpEndpoint.DestinationException");
    assert_eq!(failure(|_| Reply::json(307, "{}")), "HttpEndpoint.DestinationException");
    assert_eq!(failure(|_| Reply::raw("", After::Reset)), "HttpEndpoint.ConnectionReset");
    assert_eq!(failure(|_| Reply::raw("", After::Hang)), "HttpEndpoint.RequestTimeout");
    assert_eq!(failure(|received| accepted(received).after_seconds(200)), "HttpEndpoint.RequestTimeout");
    assert_eq!(failure(|_| Reply::json(200, &" ".repeat((1 << 20) + 1))), "HttpEndpoint.ResponseTooLarge");
    let another = r#"{"requestId":"another","timestamp":1}"#;
    assert_eq!(failure(|_| Reply::json(200, another)), "HttpEndpoint.InvalidResponseFromDestination");
    assert_eq!(
        failure(|_| Reply::raw("nonsense\r\n\r\n", After::Close)),
        "HttpEndpoint.InvalidResponseFromDestination"
    );
    let elsewhere = HttpEndpointDestination { url: "http://elsewhere.localhost/".to_owned(), ..settings(0) };
    let (outcome, log, _) = deliver(&elsewhere, accepted);
    assert_eq!((failed(outcome)[0].code, log.len()), ("HttpEndpoint.ConnectionFailed", 0));
}

#[test]
fn a_slow_answer_is_an_answer() {
    let (outcome, log, seconds) = deliver(&settings(0), |received| accepted(received).after_seconds(179));
    assert_eq!((outcome, log.len()), (settled(), 1));
    assert!(seconds >= 179.0);
}

#[test]
fn what_is_too_large_is_dropped_at_once() {
    let (outcome, log, _) = deliver(&settings(7200), |_| Reply::json(413, "{}"));
    assert_eq!((outcome, log.len()), (Outcome::Settled { failed: Vec::new(), dropped: 3 }, 1));
}

#[test]
fn a_batch_is_given_up_when_the_retry_duration_is_over_and_waiting_does_not_count() {
    let said = r#"{"requestId":"ed4acda5-034f-9f42-bba1-f29aea6d7d8f","timestamp":1,"errorMessage":"Unauthorized"}"#;
    let (outcome, log, seconds) = deliver(&settings(20), move |_| Reply::json(401, said).after_seconds(100));
    // 1 + 2 + 4 + 8 seconds and what is left of 20; six times a hundred seconds of waiting.
    assert_eq!(log.len(), 6);
    assert!((620.0..620.2).contains(&seconds), "{seconds}");
    let failed = failed(outcome);
    let message = format!("Received the following response from the endpoint destination. {said}");
    for (index, record) in failed.iter().enumerate() {
        assert_eq!((record.index, record.attempts_made), (index, 6));
        assert_eq!((record.code, &*record.message), ("HttpEndpoint.DestinationException", &*message));
        assert_eq!(record.attempt_ended_ms, 1_767_225_600_000 + (seconds * 1000.0) as u64);
    }
    let mut line = Vec::new();
    failure_lines::http_endpoint(&batch(&["one", "two"]).records[1], &failed[1], &mut line);
    let line: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!((&line["dataId"], &line["rawData"]), (&json!("49581.0"), &json!("dHdv")));
}

#[test]
fn a_stop_ends_a_delivery_wherever_it_is() {
    for (script, duration_s) in [(Reply::raw("", After::Hang), 0), (Reply::json(500, "{}"), 7200)] {
        simulate(|host, network| async move {
            let _log: Log = serve(&host, &network, ("endpoint.localhost", 80), move |_| script.clone());
            let endpoint = HttpEndpoint::new(&outgoing(&host), ARN, &settings(duration_s), Arc::default()).unwrap();
            let (switch, stop) = StopSwitch::new();
            let later = host.clone();
            host.spawn("stop", async move {
                later.sleep(Duration::from_secs(10)).await;
                switch.stop();
            });
            assert_eq!(endpoint.deliver(&batch(&["one"]), &mut Tries::staying(), &stop).await, Outcome::Stopped);
            assert!((10..11).contains(&host.monotonic().as_secs()));
        });
    }
}
