//! Applications that are refused what they name, or cannot get at it yet.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::running::reshard;
use crate::testing::{LAKE, PASS, ROLE, World, input, output, simulate, unlimited};

/// Makes `shop` with an input, outputs and PASS.
fn shop(input: &Value, output: &Value) -> Value {
    json!({"ApplicationName": "shop", "Inputs": [input], "Outputs": [output], "ApplicationCode": PASS})
}

/// An ARN like that one, of another account.
fn elsewhere(arn: &Value) -> Value {
    json!(arn.as_str().expect("an ARN").replace("123456789012", "210987654321"))
}

#[test]
fn nobody_uses_streams_of_other_accounts() {
    simulate(unlimited(), |world| async move {
        let (mut theirs, mut there) = (input(), output("DEST"));
        let stream = &mut theirs["KinesisStreamsInput"]["ResourceARN"];
        *stream = elsewhere(stream);
        let stream = stream.clone();
        let destination = &mut there["KinesisStreamsOutput"]["ResourceARN"];
        *destination = elsewhere(destination);
        let (lake, destination) = (elsewhere(&json!(LAKE)), destination.clone());
        let mut theirs_too = json!({"NamePrefix": "S", "InputSchema": input()["InputSchema"]});
        theirs_too["KinesisFirehoseInput"] = json!({"ResourceARN": lake, "RoleARN": ROLE});
        for (request, arn, kind) in [
            (shop(&theirs, &output("DEST")), &stream, "Kinesis data stream"),
            (shop(&input(), &there), &destination, "Kinesis data stream"),
            (shop(&theirs_too, &output("DEST")), &lake, "Firehose delivery stream"),
        ] {
            let refused = world.refused("CreateApplication", request).await;
            let arn = arn.as_str().unwrap();
            assert_eq!(refused, format!("InvalidArgumentException: {arn} is not the ARN of a {kind} of this account"));
        }
        world.make_shop(PASS).await;
        let resource = json!({"ResourceARNUpdate": stream});
        for update in [
            json!({"InputUpdates": [{"InputId": "1.1", "KinesisStreamsInputUpdate": resource}]}),
            json!({"OutputUpdates": [{"OutputId": "1.1", "KinesisStreamsOutputUpdate": resource}]}),
        ] {
            let request =
                json!({"ApplicationName": "shop", "CurrentApplicationVersionId": 1, "ApplicationUpdate": update});
            let refused = world.refused("UpdateApplication", request).await;
            assert!(refused.starts_with("InvalidArgumentException: "), "{refused}");
        }
        for arn in [&stream, &lake] {
            let refused = world.refused("DiscoverInputSchema", json!({"ResourceARN": arn, "RoleARN": ROLE})).await;
            assert!(refused.contains("of this account"), "{refused}");
        }
    });
}

#[test]
fn a_delivery_stream_that_a_data_stream_feeds_is_refused_at_the_start() {
    simulate(unlimited(), |world| async move {
        let mut fed = json!({"NamePrefix": "SOURCE_SQL_STREAM", "InputSchema": input()["InputSchema"]});
        fed["KinesisFirehoseInput"] = json!({"ResourceARN": LAKE.replace("lake", "fed"), "RoleARN": ROLE});
        world.ok("CreateApplication", shop(&fed, &output("DEST"))).await;
        let refused =
            world.refused("StartApplication", json!({"ApplicationName": "shop", "InputConfigurations": []})).await;
        let expected = "InvalidApplicationConfigurationException: Application shop cannot be started: \
                        it takes its records from a data stream";
        assert_eq!(refused, expected);
        assert_eq!(world.status().await, "READY");
    });
}

/// A reference table of one column.
fn items() -> Value {
    let object = json!({"BucketARN": "arn:aws:s3:::b", "FileKey": "items.csv", "ReferenceRoleARN": ROLE});
    let columns = json!([{"Name": "ITEM", "SqlType": "VARCHAR(16)"}]);
    let schema = json!({"RecordFormat": {"RecordFormatType": "CSV"}, "RecordColumns": columns});
    json!({"TableName": "ITEMS", "S3ReferenceDataSource": object, "ReferenceSchema": schema})
}

/// Makes `shop` with a reference table whose object is not there yet, and starts it at NOW: it is RUNNING and cannot read.
async fn start_hindered(world: &World) {
    world.lake.is_empty.store(true, Ordering::Relaxed);
    world.make_shop(PASS).await;
    world.ok("AddApplicationReferenceDataSource", at(1, "ReferenceDataSource", items())).await;
    world.order(0, [1]).await;
    world.order(1, [2]).await;
    world.start("NOW").await;
}

#[test]
fn what_is_put_while_a_running_application_cannot_read_yet_is_read_later() {
    simulate(unlimited(), |world| async move {
        start_hindered(&world).await;
        world.order(0, [3]).await;
        reshard(&world, [0, 0]).await;
        world.order(2, [4]).await;
        world.order(1, [5]).await;
        let world = world.restart().await;
        world.pass(2_000).await;
        assert!(world.streams.rows("totals").await.is_empty(), "the table is missing");
        world.order(3, [6]).await;
        world.lake.is_empty.store(false, Ordering::Relaxed);
        assert_eq!(world.totals(4).await, [3, 4, 5, 6]);
        world.pass(5_000).await;
        assert_eq!(world.totals(4).await.len(), 4, "what came before NOW is not read");
    });
}

/// Rows whose item is in the reference table.
const JOIN: &str = r#"CREATE STREAM "DEST" ("PRICE" INTEGER); CREATE PUMP "P" AS INSERT INTO "DEST"
    SELECT STREAM s."PRICE" FROM "SOURCE_SQL_STREAM_001" AS s JOIN "ITEMS" AS r ON s."ITEM" = r."ITEM";"#;

/// A request of `shop` at a version.
fn at(version: u64, member: &str, value: Value) -> Value {
    json!({"ApplicationName": "shop", "CurrentApplicationVersionId": version, member: value})
}

#[test]
fn inputs_and_tables_may_come_after_the_code_that_names_them() {
    simulate(unlimited(), |world| async move {
        *world.lake.items.lock().unwrap() = "i\n".to_owned();
        world.ok("CreateApplication", json!({"ApplicationName": "shop", "ApplicationCode": JOIN})).await;
        world.ok("AddApplicationInput", at(1, "Input", input())).await;
        world.ok("AddApplicationOutput", at(2, "Output", output("DEST"))).await;
        let start = json!({"ApplicationName": "shop", "InputConfigurations": []});
        let missing = "InvalidApplicationConfigurationException: Application shop cannot be started: \
                       from line 2, column 68 to line 2, column 75: Object 'ITEMS' not found";
        assert_eq!(world.refused("StartApplication", start.clone()).await, missing);
        world.ok("AddApplicationReferenceDataSource", at(3, "ReferenceDataSource", items())).await;
        // Nothing can be added any more, so nothing may be missing.
        let update = json!({"ApplicationCodeUpdate": JOIN.replace("ITEMS", "OTHER")});
        let refused = world.refused("UpdateApplication", at(4, "ApplicationUpdate", update.clone())).await;
        assert!(refused.starts_with("CodeValidationException: "), "{refused}");
        world.ok("StartApplication", start.clone()).await;
        world.until("RUNNING").await;
        world.order(0, [1]).await;
        assert_eq!(world.totals(1).await, [1]);
        let delete = at(4, "ReferenceId", json!("4.1"));
        let refused = world.refused("DeleteApplicationReferenceDataSource", delete.clone()).await;
        assert!(
            refused.starts_with("InvalidArgumentException: The application's code would not be valid"),
            "{refused}"
        );
        world.stop().await;
        world.ok("DeleteApplicationReferenceDataSource", delete).await;
        assert_eq!(world.refused("StartApplication", start.clone()).await, missing);
        world.ok("UpdateApplication", at(5, "ApplicationUpdate", json!({"ApplicationCodeUpdate": PASS}))).await;
        world.ok("StartApplication", start).await;
        world.until("RUNNING").await;
        let refused = world.refused("UpdateApplication", at(6, "ApplicationUpdate", update)).await;
        assert!(refused.starts_with("CodeValidationException: "), "what runs misses nothing: {refused}");
    });
}
