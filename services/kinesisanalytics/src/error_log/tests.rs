//! What is told, to whom, and how often.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::Settings;
use crate::testing::{PASS, ROLE, World, input, output, simulate, unlimited};

const STREAM: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/kinesis-analytics/shop:log-stream:";
const SHOP: &str = "arn:aws:kinesisanalytics:us-east-1:123456789012:application/shop";
/// Milliseconds after which a part that fails anew is told again.
const AGAIN_MS: u64 = 601_000;

/// The events of a log stream of the group that all tests use.
fn told(world: &World, name: &str) -> Vec<Value> {
    let path = format!("/data/logs/123456789012/us-east-1/%2Faws%2Fkinesis-analytics%2Fshop/{name}.jsonl");
    let Ok(bytes) = world.host.files().read(path.as_ref()) else { return Vec::new() };
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Adds a log stream to `shop`, which is at that version.
async fn add_option(world: &World, version: u64, arn: &str) {
    let option = json!({"LogStreamARN": arn, "RoleARN": ROLE});
    let request =
        json!({"ApplicationName": "shop", "CurrentApplicationVersionId": version, "CloudWatchLoggingOption": option});
    world.ok("AddApplicationCloudWatchLoggingOption", request).await;
}

async fn delete_stream(world: &World, name: &str) {
    let log = &world.streams.log;
    let stream = log.describe_stream(name).await.unwrap();
    log.delete_stream(stream.id, stream.version).await.unwrap();
}

#[test]
fn an_input_that_is_deleted_is_told_once_each_time() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        add_option(&world, 1, &format!("{STREAM}log")).await;
        world.start("NOW").await;
        world.order(0, [1]).await;
        world.totals(1).await;
        assert!(told(&world, "log").is_empty(), "nothing is wrong");
        delete_stream(&world, "orders").await;
        world.pass(60_000).await;
        let events = told(&world, "log");
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        let message = event["message"].as_str().unwrap();
        assert!(message.starts_with("There is a problem related to the configuration of your input. "), "{message}");
        assert!(message.ends_with("(the data stream orders does not exist)"), "{message}");
        let mut event = event.clone();
        let event = event.as_object_mut().unwrap();
        assert!(event.remove("timestamp").unwrap().is_u64() && event.remove("message").is_some());
        let expected = json!({
            "applicationARN": SHOP, "applicationVersionId": "2", "messageType": "ERROR", "inputId": "1.1",
            "errorCode": "InputError", "messageSchemaVersion": "1",
        });
        assert_eq!(json!(event), expected);
        // It comes and goes: told again, but not before some time has gone by.
        for (wait_ms, count) in [(1_000, 1), (AGAIN_MS, 2)] {
            world.streams.make("orders", 1).await;
            world.pass(20_000).await;
            world.pass(wait_ms).await;
            delete_stream(&world, "orders").await;
            world.pass(30_000).await;
            assert_eq!(told(&world, "log").len(), count);
        }
    });
}

#[test]
fn an_output_that_is_deleted_is_told_while_nothing_else_is_wrong() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        add_option(&world, 1, &format!("{STREAM}log")).await;
        world.start("NOW").await;
        delete_stream(&world, "totals").await;
        world.order(0, [1]).await;
        world.pass(60_000).await;
        let events = told(&world, "log");
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        assert_eq!((&event["errorCode"], &event["outputId"]), (&json!("OutputError"), &json!("1.1")));
        assert!(event.get("inputId").is_none(), "{event}");
        world.streams.make("totals", 1).await;
        assert_eq!(world.totals(1).await, [1], "it goes on by itself");
    });
}

#[test]
fn options_take_effect_while_the_application_runs() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        delete_stream(&world, "orders").await;
        world.pass(30_000).await;
        add_option(&world, 1, &format!("{STREAM}first")).await;
        world.pass(30_000).await;
        assert_eq!(told(&world, "first")[0]["applicationVersionId"], "2");
        let update = json!({"CloudWatchLoggingOptionId": "2.1", "LogStreamARNUpdate": format!("{STREAM}second")});
        let update = json!({
            "ApplicationName": "shop", "CurrentApplicationVersionId": 2,
            "ApplicationUpdate": {"CloudWatchLoggingOptionUpdates": [update]},
        });
        world.ok("UpdateApplication", update).await;
        world.pass(30_000).await;
        assert_eq!(told(&world, "second")[0]["applicationVersionId"], "3");
        let request = json!({
            "ApplicationName": "shop", "CurrentApplicationVersionId": 3, "CloudWatchLoggingOptionId": "2.1",
        });
        world.ok_v2("DeleteApplicationCloudWatchLoggingOption", request).await;
        world.pass(30_000).await;
        let request = json!({
            "ApplicationName": "shop", "CurrentApplicationVersionId": 4,
            "CloudWatchLoggingOption": {"LogStreamARN": format!("{STREAM}third")},
        });
        world.ok_v2("AddApplicationCloudWatchLoggingOption", request).await;
        world.pass(30_000).await;
        assert_eq!(told(&world, "third")[0]["applicationVersionId"], "5");
        assert_eq!((told(&world, "first").len(), told(&world, "second").len()), (1, 1));
    });
}

#[test]
fn log_streams_of_others_and_what_is_none_are_refused() {
    for arn in [
        "arn:aws:logs:us-east-1:999999999999:log-group:g:log-stream:s",
        "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:s",
        "arn:aws:logs:us-east-1:123456789012:log-group:g",
        "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:s",
        "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:*:x",
        "arn:aws:sqs:us-east-1:123456789012:queue",
    ] {
        simulate(unlimited(), |world| async move {
            world.make_shop(PASS).await;
            let no_stream = format!(
                "InvalidArgumentException: {arn} is not the ARN of a log stream in the account and region of the application"
            );
            let option = json!({"LogStreamARN": arn, "RoleARN": ROLE});
            let request = json!({
                "ApplicationName": "shop", "CurrentApplicationVersionId": 1, "CloudWatchLoggingOption": option,
            });
            let refused = world.refused("AddApplicationCloudWatchLoggingOption", request).await;
            assert_eq!(refused, no_stream, "{arn}");
            add_option(&world, 1, &format!("{STREAM}first")).await;
            let update = json!({"CloudWatchLoggingOptionId": "2.1", "LogStreamARNUpdate": arn});
            let request = json!({
                "ApplicationName": "shop", "CurrentApplicationVersionId": 2,
                "ApplicationUpdate": {"CloudWatchLoggingOptionUpdates": [update]},
            });
            let refused = world.refused("UpdateApplication", request).await;
            assert_eq!(refused, no_stream, "{arn}");
        });
    }
}

/// A reference table of `shop`, from an object of that name.
fn reference(key: &str) -> Value {
    let schema = json!({
        "RecordFormat": {"RecordFormatType": "CSV", "MappingParameters": {
            "CSVMappingParameters": {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": ","},
        }},
        "RecordColumns": [{"Name": "ITEM", "SqlType": "VARCHAR(16)"}, {"Name": "FACTOR", "SqlType": "INTEGER"}],
    });
    let object = json!({"BucketARN": "arn:aws:s3:::b", "FileKey": key, "ReferenceRoleARN": ROLE});
    json!({"TableName": "FACTORS", "S3ReferenceDataSource": object, "ReferenceSchema": schema})
}

#[test]
fn reference_data_that_is_not_there_or_has_bad_rows_is_told() {
    simulate(unlimited(), |world| async move {
        *world.lake.items.lock().unwrap() = "a,1\nb,many\nc,3\nd,more\n".to_owned();
        world.make_shop(PASS).await;
        add_option(&world, 1, &format!("{STREAM}log")).await;
        let add = |version, key: &str| {
            json!({
                "ApplicationName": "shop", "CurrentApplicationVersionId": version, "ReferenceDataSource": reference(key),
            })
        };
        world.ok("AddApplicationReferenceDataSource", add(2, "nothing.csv")).await;
        world.start("NOW").await;
        world.pass(90_000).await;
        let events = told(&world, "log");
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        assert_eq!((&event["errorCode"], &event["referenceId"]), (&json!("ReferenceDataError"), &json!("3.1")));
        assert!(event["message"].as_str().unwrap().ends_with("(reference object b/nothing.csv: NoSuchKey)"), "{event}");
        let update = json!({"ReferenceId": "3.1", "S3ReferenceDataSourceUpdate": {"FileKeyUpdate": "items.csv"}});
        let update = json!({
            "ApplicationName": "shop", "CurrentApplicationVersionId": 3,
            "ApplicationUpdate": {"ReferenceDataSourceUpdates": [update]},
        });
        world.ok("UpdateApplication", update).await;
        world.pass(30_000).await;
        let events = told(&world, "log");
        let [_, event] = &events[..] else { panic!("one event more, not {events:?}") };
        let message = event["message"].as_str().unwrap();
        assert!(message.starts_with("2 rows of reference table FACTORS were left out, the first: "), "{message}");
        assert_eq!((&event["errorCode"], &event["referenceId"]), (&json!("ReferenceDataError"), &json!("3.1")));
    });
}

#[test]
fn records_that_are_no_rows_are_told_once() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        add_option(&world, 1, &format!("{STREAM}log")).await;
        world.start("NOW").await;
        for _ in 0..5 {
            world.streams.put("orders", 0, [Bytes::from_static(b"nonsense")]).await;
            world.pass(1_000).await;
        }
        let events = told(&world, "log");
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        let message = event["message"].as_str().unwrap();
        assert!(message.starts_with("Records do not fit the input's schema and went to error_stream, "), "{message}");
        assert_eq!((&event["errorCode"], &event["inputId"]), (&json!("InputError"), &json!("1.1")));
    });
}

#[test]
fn rows_that_are_too_large_are_told() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        add_option(&world, 1, &format!("{STREAM}log")).await;
        world.start("NOW").await;
        *world.streams.record_bytes_max.lock().unwrap() = "{'ITEM':'i','PRICE':1}".len();
        world.order(0, [1, 22, 333]).await;
        assert_eq!(world.totals(1).await, [1]);
        world.pass(5_000).await;
        let events = told(&world, "log");
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        assert_eq!(event["message"], "2 rows are too large for their destination and were left out.");
        assert_eq!((&event["errorCode"], &event["outputId"]), (&json!("OutputError"), &json!("1.1")));
    });
}

#[test]
fn an_application_that_has_outgrown_its_memory_is_told() {
    simulate(Settings { memory_bytes_max: 1 << 20, ..unlimited() }, |world| async move {
        let key = format!(r#"CAST("PRICE" AS VARCHAR(12)) || '{}'"#, "x".repeat(150));
        let code = format!(
            r#"CREATE STREAM "DEST" ("PRICE" INTEGER);
            CREATE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM SUM("PRICE") FROM "SOURCE_SQL_STREAM_001" AS s
            GROUP BY {key}, STEP(s.ROWTIME BY INTERVAL '60' SECOND);"#
        );
        let option = json!({"LogStreamARN": format!("{STREAM}log"), "RoleARN": ROLE});
        let request = json!({
            "ApplicationName": "shop", "Inputs": [input()], "Outputs": [output("DEST")], "ApplicationCode": code,
            "CloudWatchLoggingOptions": [option],
        });
        world.ok("CreateApplication", request).await;
        world.start("NOW").await;
        world.order(0, 0..10_000).await;
        world.until("READY").await;
        let events = told(&world, "log");
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        assert_eq!(event["errorCode"], "ApplicationError");
        assert!(event["message"].as_str().unwrap().contains("(it has stopped: "), "{event}");
        assert!(["inputId", "outputId", "referenceId"].iter().all(|id| event.get(id).is_none()), "{event}");
    });
}
