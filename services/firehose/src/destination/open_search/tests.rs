//! Domains that take documents, some of them, or none, in virtual time.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::*;
use crate::destination::StopSwitch;
use crate::destination::testing::http::{After, Received, Reply, serve};
use crate::destination::testing::{batch, bucket, failed, hints, logging, outgoing, retry, simulate};
use crate::shapes::DocumentsBackupMode;

fn settings(duration_s: u32) -> OpenSearchDestination {
    OpenSearchDestination {
        flavour: Flavour::OpenSearch,
        role_arn: "arn:aws:iam::000000000000:role/firehose".to_owned(),
        domain_arn: None,
        endpoint: Some("http://search.localhost:9200".to_owned()),
        index_name: "flights".to_owned(),
        type_name: None,
        rotation: IndexRotationPeriod::OneDay,
        hints: hints(),
        retry: retry(duration_s),
        backup_mode: DocumentsBackupMode::FailedDocumentsOnly,
        s3: bucket(),
        processing: None,
        logging: logging(),
        document_ids: DocumentIdFormat::FirehoseDefault,
    }
}

/// Delivers records to a domain: the outcome, what it was sent, and the seconds it took.
fn deliver(
    settings: &OpenSearchDestination,
    records: &[&str],
    script: impl FnMut(&Received) -> Reply + Send + 'static,
) -> (Outcome, Vec<Received>, f64) {
    simulate(|host, network| async move {
        let log = serve(&host, &network, ("search.localhost", 9200), script);
        let search = OpenSearch::new(&outgoing(&host), settings).unwrap();
        let (_switch, stop) = StopSwitch::new();
        let started = host.monotonic();
        let outcome = search.deliver(&batch(records), &mut Tries::staying(), &stop).await;
        (outcome, log.all(), (host.monotonic() - started).as_secs_f64())
    })
}

/// The action and the document of each pair of lines, as a domain reads them.
fn documents(received: &Received) -> Vec<(Value, String)> {
    let text = String::from_utf8(received.body.clone()).unwrap();
    assert!(text.ends_with('\n'), "a bulk request ends with a line feed");
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(2).map(|pair| (serde_json::from_str(pair[0]).unwrap(), pair[1].to_owned())).collect()
}

/// A domain's answer, by what it makes of each document.
fn results(received: &Received, status: impl Fn(&str) -> u16) -> Reply {
    let item = |(_, document): &(Value, String)| match status(document) {
        status @ 200..=299 => format!("{{\"index\":{{\"status\":{status}}}}}"),
        status => format!("{{\"index\":{{\"status\":{status},\"error\":{{\"reason\":\"no {status}\"}}}}}}"),
    };
    let items: Vec<String> = documents(received).iter().map(item).collect();
    Reply::json(200, &format!("{{\"took\":1,\"errors\":true,\"items\":[{}]}}", items.join(",")))
}

fn settled() -> Outcome {
    Outcome::Settled { failed: Vec::new(), dropped: 0 }
}

#[test]
fn documents_go_to_the_index_of_their_arrival_under_stable_ids() {
    let (outcome, log, _) =
        deliver(&settings(300), &["{\"a\":1}", "{\n\"b\":2}"], |received| results(received, |_| 201));
    assert_eq!((outcome, log.len()), (settled(), 1));
    assert_eq!(log[0].line, "POST /_bulk HTTP/1.1");
    assert_eq!(log[0].header("content-type"), "application/x-ndjson");
    assert!(!log[0].headers.contains_key("authorization"));
    let expected = "{\"index\":{\"_index\":\"flights-2016-02-25\",\"_id\":\"49580.0\"}}\n{\"a\":1}\n\
                    {\"index\":{\"_index\":\"flights-2016-02-25\",\"_id\":\"49581.0\"}}\n{ \"b\":2}\n";
    assert_eq!(String::from_utf8(log[0].body.clone()).unwrap(), expected);
}

#[test]
fn flavours_differ_in_types_ids_and_lines() {
    let elasticsearch = OpenSearchDestination {
        flavour: Flavour::Elasticsearch,
        endpoint: Some("http://me:secret@search.localhost:9200/base/".to_owned()),
        type_name: Some("doc".to_owned()),
        rotation: IndexRotationPeriod::NoRotation,
        document_ids: DocumentIdFormat::NoDocumentId,
        ..settings(0)
    };
    let serverless = OpenSearchDestination {
        flavour: Flavour::Serverless,
        rotation: IndexRotationPeriod::NoRotation,
        ..settings(0)
    };
    for (settings, action, members) in [
        (
            elasticsearch,
            r#"{"index":{"_index":"flights","_type":"doc"}}"#,
            ["esDocumentId", "esIndexName", "esTypeName"],
        ),
        (serverless, r#"{"index":{"_index":"flights"}}"#, ["osDocumentId", "osIndexName", "rawData"]),
    ] {
        let (outcome, log, _) = deliver(&settings, &["{}"], |received| results(received, |_| 400));
        assert_eq!(documents(&log[0])[0].0, serde_json::from_str::<Value>(action).unwrap());
        let is_elastic = settings.flavour == Flavour::Elasticsearch;
        assert_eq!(log[0].line, if is_elastic { "POST /base/_bulk HTTP/1.1" } else { "POST /_bulk HTTP/1.1" });
        assert_eq!(log[0].headers.contains_key("authorization"), is_elastic);
        let failed = failed(outcome);
        let line = simulate(|host, _| async move {
            let search = OpenSearch::new(&outgoing(&host), &settings).unwrap();
            let mut line = Vec::new();
            search.write_failure(&batch(&["{}"]).records[0], &failed[0], &mut line);
            serde_json::from_slice::<Value>(&line).unwrap()
        });
        assert!(members.iter().all(|member| line.get(member).is_some()), "{line}");
        assert_eq!((&line["errorCode"], &line["errorMessage"]), (&"400".into(), &"{\"reason\":\"no 400\"}".into()));
    }
}

#[test]
fn only_what_may_pass_later_is_tried_again() {
    let round = AtomicUsize::new(0);
    let records = ["{\"n\":\"ok\"}", "{\"n\":\"busy\"}", "{\"n\":\"bad\"}", "no json", "{\"n\":\"broken\"}"];
    let (outcome, log, _) = deliver(&settings(300), &records, move |received| {
        let round = round.fetch_add(1, Ordering::Relaxed);
        results(received, |document| match document {
            document if document.contains("bad") => 400,
            document if document.contains("busy") && round < 2 => 429,
            document if document.contains("broken") && round < 1 => 503,
            _ => 200,
        })
    });
    let sent: Vec<usize> = log.iter().map(|received| documents(received).len()).collect();
    assert_eq!(sent, [4, 2, 1]);
    let failed = failed(outcome);
    let summary: Vec<_> = failed.iter().map(|record| (record.index, record.attempts_made, record.code)).collect();
    assert_eq!(summary, [(2, 1, "400"), (3, 0, "400")]);
    assert_eq!(&*failed[0].message, "{\"reason\":\"no 400\"}");
}

#[test]
fn requests_that_fail_as_a_whole_are_tried_again_until_the_duration_is_over() {
    let count = AtomicUsize::new(0);
    let (outcome, log, _) =
        deliver(&settings(300), &["{}"], move |received| match count.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::json(503, "unavailable"),
            1 => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\"", After::Reset),
            2 => Reply::json(200, "{\"items\":[]}"),
            3 => Reply::json(403, "read-only"),
            _ => results(received, |_| 200),
        });
    assert_eq!((outcome, log.len()), (settled(), 5));
    let (outcome, log, seconds) = deliver(&settings(300), &["{}"], |_| Reply::json(429, "too many").after_seconds(10));
    let failed = failed(outcome);
    assert_eq!((failed.len(), failed[0].code, &*failed[0].message), (1, "429", "too many"));
    // The whole time counts: 10 s each, and 1, 2, 4 … seconds between; the last one is made when 300 s are over.
    assert_eq!(failed[0].attempts_made as usize, log.len());
    assert!((300.0..311.0).contains(&seconds), "{seconds}");
}

#[test]
fn what_is_too_large_is_sent_in_smaller_requests() {
    let records = ["{\"n\":1}", "{\"n\":2}", "{\"huge\":3}", "{\"n\":4}", "{\"n\":5}"];
    let (outcome, log, _) = deliver(&settings(0), &records, |received| {
        let found = documents(received);
        match found.len() > 2 || found.iter().any(|(_, document)| document.contains("huge")) {
            true => Reply::json(413, ""),
            false => results(received, |_| 200),
        }
    });
    let failed = failed(outcome);
    assert_eq!(failed.iter().map(|record| (record.index, record.code)).collect::<Vec<_>>(), [(2, "413")]);
    let sent: Vec<usize> = log.iter().map(|received| documents(received).len()).collect();
    assert_eq!(sent, [5, 2, 2, 1, 1, 1]);
}

#[test]
fn a_batch_without_documents_is_no_request() {
    let (outcome, log, _) = deliver(&settings(300), &["", "[]"], |received| results(received, |_| 200));
    assert_eq!((failed(outcome).len(), log.len()), (2, 0));
}

#[test]
fn a_domain_without_an_endpoint_cannot_be_reached() {
    simulate(|host, _| async move {
        let settings = OpenSearchDestination { endpoint: None, ..settings(0) };
        assert!(OpenSearch::new(&outgoing(&host), &settings).is_err());
    });
}
