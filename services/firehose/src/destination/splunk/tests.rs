//! Collectors that acknowledge, late or never, and those that refuse, in virtual time.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::destination::StopSwitch;
use crate::destination::testing::http::{After, Received, Reply, serve};
use crate::destination::testing::{batch, bucket, failed, hints, logging, outgoing, retry, simulate};
use crate::shapes::EventsBackupMode;

const ARN: &str = "arn:aws:firehose:us-east-1:000000000000:deliverystream/s";

fn settings(duration_s: u32) -> SplunkDestination {
    SplunkDestination {
        endpoint: "http://splunk.localhost:8088".to_owned(),
        endpoint_type: HecEndpointType::Raw,
        token: Some("0d1b2c3d".to_owned()),
        acknowledgment_timeout_s: 180,
        retry: retry(duration_s),
        backup_mode: EventsBackupMode::FailedEventsOnly,
        s3: bucket(),
        processing: None,
        logging: logging(),
        hints: hints(),
    }
}

/// Delivers two records to a collector: the outcome, what it was sent, and the seconds it took.
fn deliver(
    settings: &SplunkDestination,
    script: impl FnMut(&Received) -> Reply + Send + 'static,
) -> (Outcome, Vec<Received>, f64) {
    simulate(|host, network| async move {
        let log = serve(&host, &network, ("splunk.localhost", 8088), script);
        let splunk = Splunk::new(&outgoing(&host), ARN, settings, Arc::default()).unwrap();
        let (_switch, stop) = StopSwitch::new();
        let started = host.monotonic();
        let outcome = splunk.deliver(&batch(&["one\n", "two\n"]), &mut Tries::staying(), &stop).await;
        (outcome, log.all(), (host.monotonic() - started).as_secs_f64())
    })
}

fn is_question(received: &Received) -> bool {
    received.line.contains("/ack ")
}

fn taken(ack: u64) -> Reply {
    Reply::json(200, &format!("{{\"text\":\"Success\",\"code\":0,\"ackId\":{ack}}}"))
}

fn acks(acks: &[(u64, bool)]) -> Reply {
    let acks: Vec<String> = acks.iter().map(|(ack, is_there)| format!("\"{ack}\":{is_there}")).collect();
    Reply::json(200, &format!("{{\"acks\":{{{}}}}}", acks.join(",")))
}

fn settled() -> Outcome {
    Outcome::Settled { failed: Vec::new(), dropped: 0 }
}

#[test]
fn a_batch_is_sent_and_its_acknowledgement_asked_for_on_the_same_channel() {
    let count = AtomicUsize::new(0);
    let (outcome, log, seconds) = deliver(&settings(300), move |received| match is_question(received) {
        false => taken(7),
        true => acks(&[(7, count.fetch_add(1, Ordering::Relaxed) == 3)]),
    });
    assert_eq!((outcome, log.len()), (settled(), 5));
    assert_eq!(log[0].line, "POST /services/collector/raw HTTP/1.1");
    assert_eq!(log[0].body, b"one\ntwo\n");
    assert_eq!(log[0].header("authorization"), "Splunk 0d1b2c3d");
    let channel = log[0].header("x-splunk-request-channel");
    assert_eq!(channel, "f1eddfd2-9125-8c1a-87df-db08836b70c1");
    for question in &log[1..] {
        assert_eq!(question.line, "POST /services/collector/ack HTTP/1.1");
        assert_eq!(question.body, br#"{"acks":[7]}"#);
        assert_eq!(question.header("x-splunk-request-channel"), channel);
    }
    // Pauses of 0.5, 1, 2 and 4 seconds.
    assert!((7.5..7.6).contains(&seconds), "{seconds}");
}

#[test]
fn paths_may_be_part_of_the_endpoint() {
    for endpoint in ["", "/", "/services/collector", "/services/collector/event", "/services/collector/raw/"] {
        let event = SplunkDestination {
            endpoint: format!("http://splunk.localhost:8088{endpoint}"),
            endpoint_type: HecEndpointType::Event,
            ..settings(0)
        };
        let (outcome, log, _) =
            deliver(&event, |received| if is_question(received) { acks(&[(0, true)]) } else { taken(0) });
        assert_eq!(outcome, settled());
        assert_eq!(log[0].line, "POST /services/collector/event HTTP/1.1", "{endpoint}");
    }
    let proxied = SplunkDestination { endpoint: "http://splunk.localhost:8088/hec".to_owned(), ..settings(0) };
    let (_, log, _) = deliver(&proxied, |received| if is_question(received) { acks(&[(0, true)]) } else { taken(0) });
    assert_eq!(log[0].line, "POST /hec/services/collector/raw HTTP/1.1");
}

#[test]
fn an_acknowledgement_that_never_comes_times_out_and_every_attempt_has_the_whole_time() {
    let (outcome, log, seconds) =
        deliver(&settings(2), |received| if is_question(received) { acks(&[]) } else { taken(1) });
    let failed = failed(outcome);
    assert_eq!(failed.len(), 2);
    // Attempts at 0, after 1 second and when 2 seconds of pauses are over; waiting does not count.
    let sent = log.iter().filter(|received| !is_question(received)).count();
    assert_eq!((sent, failed[0].attempts_made, failed[0].code), (3, 3, "Splunk.AckTimeout"));
    assert!((542.0..542.2).contains(&seconds), "{seconds}");
    let questions = log.len() - sent;
    assert!((60..70).contains(&questions), "{questions}");
}

#[test]
fn a_late_acknowledgement_of_an_earlier_attempt_counts() {
    let sent = AtomicUsize::new(0);
    let (outcome, log, _) = deliver(&settings(300), move |received| match is_question(received) {
        false => taken(sent.fetch_add(1, Ordering::Relaxed) as u64),
        true if received.body == br#"{"acks":[0,1]}"# => acks(&[(0, true), (1, false)]),
        true => acks(&[(0, false)]),
    });
    assert_eq!(outcome, settled());
    assert_eq!(log.iter().filter(|received| !is_question(received)).count(), 2);
}

#[test]
fn questions_that_fail_are_asked_again() {
    let count = AtomicUsize::new(0);
    let (outcome, log, _) = deliver(&settings(0), move |received| {
        if !is_question(received) {
            return taken(1);
        }
        match count.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::raw("", After::Reset),
            1 => Reply::json(503, r#"{"text":"Server is busy","code":9}"#),
            2 => Reply::json(200, "nonsense"),
            3 => Reply::raw("", After::Hang),
            _ => acks(&[(1, true)]),
        }
    });
    assert_eq!(outcome, settled());
    assert_eq!(log.iter().filter(|received| !is_question(received)).count(), 1);
}

#[test]
fn refusals_have_awss_codes() {
    let code = |reply: Reply| {
        let (outcome, _, _) = deliver(&settings(0), move |_| reply.clone());
        failed(outcome)[0].code
    };
    for (status, body, expected) in [
        (403, r#"{"text":"Token disabled","code":1}"#, "Splunk.DisabledToken"),
        (401, r#"{"text":"Token is required","code":2}"#, "Splunk.InvalidToken"),
        (403, r#"{"text":"Invalid token","code":4}"#, "Splunk.InvalidToken"),
        (400, r#"{"text":"Invalid data format","code":6}"#, "Splunk.InvalidDataFormat"),
        (400, r#"{"text":"Incorrect index","code":7}"#, "Splunk.InvalidIndex"),
        (500, r#"{"text":"Internal server error","code":8}"#, "Splunk.ServerError"),
        (503, r#"{"text":"Server is busy","code":9}"#, "Splunk.ServerError"),
        (400, r#"{"text":"ACK is disabled","code":14}"#, "Splunk.DisabledAck"),
        (200, r#"{"text":"Success","code":0}"#, "Splunk.DisabledAck"),
        (200, "not json", "Splunk.ServerError"),
        (404, "", "Splunk.InvalidEndpoint"),
        (302, "", "Splunk.ServerError"),
    ] {
        assert_eq!(code(Reply::json(status, body)), expected, "{status} {body}");
    }
    assert_eq!(code(Reply::raw("", After::Reset)), "Splunk.ConnectionClosed");
    assert_eq!(code(Reply::raw("", After::Hang)), "Splunk.ConnectionTimeout");
    let elsewhere = SplunkDestination { endpoint: "http://elsewhere.localhost".to_owned(), ..settings(0) };
    assert_eq!(failed(deliver(&elsewhere, |_| taken(1)).0)[0].code, "Splunk.InvalidEndpoint");
    let lost = |received: &Received| match is_question(received) {
        true => Reply::json(400, r#"{"text":"Invalid data channel","code":11}"#),
        false => taken(1),
    };
    assert_eq!(failed(deliver(&settings(0), lost).0)[0].code, "Splunk.ProxyWithoutStickySessions");
}

#[test]
fn a_stop_ends_the_wait_for_an_acknowledgement() {
    simulate(|host, network| async move {
        let script = |received: &Received| if is_question(received) { acks(&[]) } else { taken(1) };
        serve(&host, &network, ("splunk.localhost", 8088), script);
        let splunk = Splunk::new(&outgoing(&host), ARN, &settings(7200), Arc::default()).unwrap();
        let (switch, stop) = StopSwitch::new();
        let later = host.clone();
        host.spawn("stop", async move {
            later.sleep(Duration::from_secs(10)).await;
            switch.stop();
        });
        assert_eq!(splunk.deliver(&batch(&["one"]), &mut Tries::staying(), &stop).await, Outcome::Stopped);
        assert!((10..11).contains(&host.monotonic().as_secs()));
    });
}
