//! From a put to a server that is not a bucket, through the whole service, in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use host::simulated::{Ended, SimulatedNetwork, Simulation};
use log::{LogEngine, MemoryLog};
use serde_json::{Value, json};
use store::Store;

use super::testing::http::{Received, Reply, serve};
use super::testing::postgres;
use crate::testing::{World, s3, unlimited};

/// Runs `program` on a service of its own, with other machines within reach.
fn simulate<F: Future<Output = ()>>(program: impl FnOnce(World, SimulatedNetwork) -> F) {
    let simulation = Simulation::new(1);
    let network = simulation.network().clone();
    let ended = simulation.boot(|host| async move {
        let log: Arc<dyn LogEngine> = Arc::new(MemoryLog::new(host.clone(), 64 << 20));
        let store = Store::open(&host, "/data".as_ref()).expect("an empty simulated disk");
        program(World::open(host, log, store, Arc::default(), unlimited()).await, network).await;
    });
    assert!(matches!(ended, Ended::Finished(())));
}

/// Keys and texts of everything in the bucket `lake` whose key begins like that.
fn objects(world: &World, prefix: &str) -> Vec<(String, String)> {
    let stored = world.objects.stored.lock().expect("no panic while held");
    let of_lake = stored.iter().filter_map(|(name, (_, bytes))| Some((name.strip_prefix("lake/")?, bytes)));
    let found = of_lake.filter(|(key, _)| key.starts_with(prefix));
    found.map(|(key, bytes)| (key.to_owned(), String::from_utf8(bytes.clone()).expect("text"))).collect()
}

/// The lines of the only object with such a key.
fn lines(world: &World, prefix: &str) -> Vec<Value> {
    let found = objects(world, prefix);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].1.lines().map(|line| serde_json::from_str(line).expect("lines are JSON")).collect()
}

async fn put(world: &World, stream: &str, records: &[&str]) {
    let data = |text: &&str| json!({"Data": base64_simd::STANDARD.encode_to_string(text.as_bytes())});
    let records: Vec<Value> = records.iter().map(data).collect();
    let put = world.ok("PutRecordBatch", json!({"DeliveryStreamName": stream, "Records": records})).await;
    assert_eq!(put["FailedPutCount"], 0);
}

fn at_once() -> Value {
    json!({"SizeInMBs": 1, "IntervalInSeconds": 0})
}

fn http_endpoint(duration_s: u32, backup: &str) -> Value {
    json!({"HttpEndpointDestinationConfiguration": {
        "EndpointConfiguration": {"Url": "http://localhost:8080/in", "AccessKey": "k"},
        "BufferingHints": at_once(),
        "RetryOptions": {"DurationInSeconds": duration_s},
        "S3BackupMode": backup,
        "S3Configuration": s3(),
    }})
}

fn accepted(received: &Received) -> Reply {
    let request_id = received.header("x-amz-firehose-request-id");
    Reply::json(200, &format!("{{\"requestId\":\"{request_id}\",\"timestamp\":1}}"))
}

fn metric(world: &World, name: &str) -> f64 {
    let mut page = String::new();
    world.firehose.write_metrics(&mut page);
    let line = page.lines().find(|line| line.starts_with(&format!("aws_firehose_{name}{{")));
    let line = line.unwrap_or_else(|| panic!("no {name} in {page}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

#[test]
fn an_endpoint_takes_records_or_they_become_lines_of_the_error_prefix() {
    simulate(|world, network| async move {
        let is_down = Arc::new(AtomicBool::new(false));
        let down = Arc::clone(&is_down);
        let log =
            serve(&world.host, &network, ("localhost", 8080), move |received| match down.load(Ordering::Relaxed) {
                true => Reply::json(503, "busy"),
                false => accepted(received),
            });
        world.make_stream_with("events", http_endpoint(10, "FailedDataOnly")).await;
        put(&world, "events", &["one", "two"]).await;
        world.pass(5_000).await;
        assert_eq!(log.all().len(), 1);
        assert_eq!(log.all()[0].json()["records"], json!([{"data": "b25l"}, {"data": "dHdv"}]));
        assert!(objects(&world, "").is_empty(), "nothing failed");
        is_down.store(true, Ordering::Relaxed);
        put(&world, "events", &["three", "four"]).await;
        world.pass(60_000).await;
        let lines = lines(&world, "http-endpoint-failed/2026/01/01/00/events-1-");
        assert_eq!(lines.len(), 2);
        assert_eq!((&lines[1]["rawData"], &lines[1]["attemptsMade"]), (&json!("Zm91cg=="), &json!(5)));
        assert_eq!(lines[1]["errorCode"], "HttpEndpoint.DestinationException");
        for (name, expected) in [
            ("delivery_to_http_endpoint_records_total", 2.0),
            ("delivery_to_http_endpoint_bytes_total", 6.0),
            ("delivery_to_http_endpoint_processed_records_total", 12.0),
            ("delivery_to_http_endpoint_processed_bytes_total", 51.0),
        ] {
            assert_eq!(metric(&world, name), expected, "{name}");
        }
    });
}

#[test]
fn an_interrupted_delivery_comes_again_under_its_request_id() {
    simulate(|world, network| async move {
        let count = Arc::new(AtomicUsize::new(0));
        let log = serve(&world.host, &network, ("localhost", 8080), move |received| {
            match count.fetch_add(1, Ordering::Relaxed) {
                0..3 => Reply::json(500, "{}"),
                _ => accepted(received),
            }
        });
        world.make_stream_with("events", http_endpoint(7200, "AllData")).await;
        put(&world, "events", &["one", "two"]).await;
        world.pass(2_500).await;
        put(&world, "events", &["three"]).await;
        // In the middle of a pause.
        world.firehose.stop();
        world.pass(100).await;
        let world = world.restart().await;
        world.pass(400_000).await;
        let all = log.all();
        let ids: Vec<&str> = all.iter().map(|received| received.header("x-amz-firehose-request-id")).collect();
        assert_eq!(ids.len(), 5, "{ids:?}");
        assert!(ids[..4].iter().all(|id| *id == ids[0]) && ids[4] != ids[0], "{ids:?}");
        assert!(all[..4].iter().all(|received| received.json()["records"] == all[0].json()["records"]));
        let backup: String = objects(&world, "2026/").into_iter().map(|(_, text)| text).collect();
        assert_eq!(backup, "onetwothree");
    });
}

#[test]
fn new_settings_are_tried_at_once_by_what_failed_with_the_old_ones() {
    simulate(|world, network| async move {
        let log = serve(&world.host, &network, ("localhost", 9090), accepted);
        world.make_stream_with("events", http_endpoint(7200, "FailedDataOnly")).await;
        put(&world, "events", &["one", "two"]).await;
        world.pass(1_000_000).await;
        assert!(log.all().is_empty(), "nobody listens where the records are sent to");
        let mut update = json!({"HttpEndpointDestinationUpdate": {
            "EndpointConfiguration": {"Url": "http://localhost:9090/in", "AccessKey": "k"},
        }});
        update["DeliveryStreamName"] = json!("events");
        update["CurrentDeliveryStreamVersionId"] = json!("1");
        update["DestinationId"] = json!("destinationId-000000000001");
        world.ok("UpdateDestination", update).await;
        world.pass(1_000).await;
        assert_eq!(log.all().len(), 1);
        assert_eq!(log.all()[0].json()["records"], json!([{"data": "b25l"}, {"data": "dHdv"}]));
        put(&world, "events", &["three"]).await;
        world.pass(5_000).await;
        assert_eq!(log.all().len(), 2);
        assert!(objects(&world, "").is_empty(), "nothing failed");
    });
}

#[test]
fn endpoints_that_nobody_reaches_hold_no_memory_of_others() {
    simulate(|world, network| async move {
        // Each may hold 64 MiB of the 512 MiB that batches have altogether.
        for n in 0..12 {
            let mut unreachable = http_endpoint(7200, "FailedDataOnly");
            unreachable["HttpEndpointDestinationConfiguration"]["BufferingHints"] =
                json!({"SizeInMBs": 64, "IntervalInSeconds": 0});
            world.make_stream_with(&format!("lost-{n:02}"), unreachable).await;
            put(&world, &format!("lost-{n:02}"), &[&format!("{n}")]).await;
        }
        world.pass(300_000).await;
        let mut healthy = http_endpoint(7200, "FailedDataOnly");
        healthy["HttpEndpointDestinationConfiguration"]["EndpointConfiguration"] =
            json!({"Url": "http://localhost:9090/in", "AccessKey": "k"});
        healthy["HttpEndpointDestinationConfiguration"]["BufferingHints"] =
            json!({"SizeInMBs": 64, "IntervalInSeconds": 0});
        let healthy_log = serve(&world.host, &network, ("localhost", 9090), accepted);
        world.make_stream_with("healthy", healthy).await;
        put(&world, "healthy", &["one"]).await;
        world.pass(2_000).await;
        assert_eq!(healthy_log.all().len(), 1, "it does not wait for the others");
        // What waited is there when somebody listens, each batch once.
        let log = serve(&world.host, &network, ("localhost", 8080), accepted);
        world.pass(150_000).await;
        let mut records: Vec<String> =
            log.all().iter().map(|received| received.json()["records"][0]["data"].to_string()).collect();
        records.sort();
        records.dedup();
        assert_eq!((log.all().len(), records.len()), (12, 12));
    });
}

#[test]
fn batches_that_are_settled_are_not_sent_again_while_others_wait() {
    simulate(|world, network| async move {
        // Of three batches the second is refused until the retry duration is over; a pause lets go of all of them.
        let log = serve(&world.host, &network, ("localhost", 8080), |received| {
            let text = received.json()["records"].to_string();
            match text.contains(&base64_simd::STANDARD.encode_to_string(b"second")) {
                true => Reply::json(503, "busy"),
                false => accepted(received),
            }
        });
        world.make_stream_with("events", http_endpoint(60, "FailedDataOnly")).await;
        let filler = "x".repeat(900_000);
        put(&world, "events", &[&filler, &format!("second{filler}"), &format!("thirds{filler}")]).await;
        world.pass(300_000).await;
        let of = |word: &str| {
            let wanted = base64_simd::STANDARD.encode_to_string(word.as_bytes());
            log.all()
                .iter()
                .filter(|one| one.json()["records"][0]["data"].as_str().unwrap().starts_with(&wanted))
                .count()
        };
        assert_eq!((of("xxx"), of("thirds")), (1, 1));
        let lines = lines(&world, "http-endpoint-failed/");
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["attemptsMade"], of("second"));
        assert!(of("second") >= 6, "1, 2, 4, 8, 16 seconds, and the rest of the 60");
    });
}

#[test]
fn splunk_has_records_once_it_says_so() {
    simulate(|world, network| async move {
        let log = serve(&world.host, &network, ("localhost", 8088), |received| match received.line.contains("/ack ") {
            true => Reply::json(200, r#"{"acks":{"3":true}}"#),
            false => Reply::json(200, r#"{"text":"Success","code":0,"ackId":3}"#),
        });
        let splunk = json!({"SplunkDestinationConfiguration": {
            "HECEndpoint": "http://localhost:8088", "HECEndpointType": "Event", "HECToken": "t",
            "BufferingHints": at_once(), "S3Configuration": s3(),
        }});
        world.make_stream_with("events", splunk).await;
        put(&world, "events", &["{\"event\":1}", "{\"event\":2}"]).await;
        world.pass(5_000).await;
        assert_eq!(log.all().len(), 2);
        assert_eq!(log.all()[0].body, b"{\"event\":1}{\"event\":2}");
        assert_eq!(metric(&world, "delivery_to_splunk_records_total"), 2.0);
        assert_eq!(metric(&world, "delivery_to_splunk_data_ack_latency_seconds_count"), 1.0);
        assert!(objects(&world, "").is_empty(), "nothing failed");
    });
}

#[test]
fn documents_that_a_domain_refuses_become_lines_of_the_error_prefix() {
    simulate(|world, network| async move {
        let log = serve(&world.host, &network, ("localhost", 9200), |_| {
            Reply::json(200, r#"{"items":[{"index":{"status":201}},{"index":{"status":400,"error":{"reason":"no"}}}]}"#)
        });
        let domain = json!({"AmazonopensearchserviceDestinationConfiguration": {
            "RoleARN": s3()["RoleARN"], "ClusterEndpoint": "http://localhost:9200", "IndexName": "flights",
            "BufferingHints": at_once(), "S3Configuration": s3(),
        }});
        world.make_stream_with("events", domain).await;
        put(&world, "events", &["{\"a\":1}", "{\"a\":2}", "text"]).await;
        world.pass(5_000).await;
        assert_eq!(log.all().len(), 1);
        let lines = lines(&world, "AmazonOpenSearchService-failed/2026/01/01/00/events-1-");
        let failed: Vec<_> = lines.iter().map(|line| (line["rawData"].clone(), line["attemptsMade"].clone())).collect();
        assert_eq!(failed, [(json!("eyJhIjoyfQ=="), json!(1)), (json!("dGV4dA=="), json!(0))]);
        assert_eq!(lines[0]["esIndexName"], "flights-2026-01-01");
        let id = lines[0]["esDocumentId"].as_str().expect("documents have ids");
        assert!(String::from_utf8_lossy(&log.all()[0].body).contains(id));
        assert_eq!(metric(&world, "delivery_to_amazon_open_search_service_records_total"), 1.0);
    });
}

#[test]
fn a_table_is_loaded_from_a_manifest_or_the_manifest_is_kept() {
    simulate(|world, network| async move {
        let is_missing = Arc::new(AtomicBool::new(false));
        let missing = Arc::clone(&is_missing);
        let events = postgres::serve(&world.host, &network, ("localhost", 5439), "secret", move |_| {
            match missing.load(Ordering::Relaxed) {
                true => postgres::Answer::Error("42P01", "relation \"t\" does not exist"),
                false => postgres::Answer::Copied(2),
            }
        });
        let redshift = json!({"RedshiftDestinationConfiguration": {
            "RoleARN": s3()["RoleARN"], "ClusterJDBCURL": "jdbc:redshift://localhost:5439/dev",
            "CopyCommand": {"DataTableName": "t", "CopyOptions": "json 'auto'"},
            "Username": "loader", "Password": "secret", "RetryOptions": {"DurationInSeconds": 20},
            "S3Configuration": {"RoleARN": s3()["RoleARN"], "BucketARN": s3()["BucketARN"], "BufferingHints": at_once()},
        }});
        world.make_stream_with("events", redshift).await;
        put(&world, "events", &["{\"a\":1}\n", "{\"a\":2}\n"]).await;
        world.pass(5_000).await;
        let (data, manifests) = (objects(&world, "2026/"), objects(&world, "manifests/"));
        assert_eq!((data.len(), manifests.len()), (1, 1));
        assert_eq!(data[0].1, "{\"a\":1}\n{\"a\":2}\n");
        let manifest: Value = serde_json::from_str(&manifests[0].1).expect("JSON");
        let url = format!("s3://lake/{}", data[0].0);
        assert_eq!(manifest, json!({"entries": [{"url": url, "mandatory": true}]}));
        let statement = format!(
            "COPY t FROM 's3://lake/{}' CREDENTIALS 'aws_iam_role=arn:aws:iam::123456789012:role/firehose' MANIFEST \
             json 'auto'",
            manifests[0].0
        );
        assert_eq!(events.statements(), [statement]);
        assert!(objects(&world, "errors/").is_empty());
        is_missing.store(true, Ordering::Relaxed);
        put(&world, "events", &["{\"a\":3}\n"]).await;
        world.pass(120_000).await;
        let (data, kept) = (objects(&world, "2026/"), objects(&world, "errors/manifests/"));
        assert_eq!((data.len(), kept.len()), (2, 1), "the objects stay where they are");
        let skipped = data.iter().find(|(_, text)| text.contains('3')).expect("the second object");
        assert!(kept[0].1.contains(&skipped.0), "{kept:?}");
        assert_eq!(events.statements().len(), 1 + 6, "after 1, 2, 4, 8 and what is left of 20 seconds");
    });
}
