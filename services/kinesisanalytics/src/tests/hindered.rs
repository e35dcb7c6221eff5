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

/// Makes `shop` with a reference table whose object is not there yet, and starts it at NOW: it is RUNNING and cannot read.
async fn start_hindered(world: &World) {
    world.lake.is_empty.store(true, Ordering::Relaxed);
    world.make_shop(PASS).await;
    let object = json!({"BucketARN": "arn:aws:s3:::b", "FileKey": "items.csv", "ReferenceRoleARN": ROLE});
    let format = json!({"RecordFormatType": "CSV"});
    let columns = json!([{"Name": "ITEM", "SqlType": "VARCHAR(16)"}]);
    let schema = json!({"RecordFormat": format, "RecordColumns": columns});
    let table = json!({"TableName": "ITEMS", "S3ReferenceDataSource": object, "ReferenceSchema": schema});
    let request = json!({"ApplicationName": "shop", "CurrentApplicationVersionId": 1, "ReferenceDataSource": table});
    world.ok("AddApplicationReferenceDataSource", request).await;
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
