//! Applications at work: what comes in comes out, whatever happens in between.

use bytes::Bytes;
use log::aggregate;
use serde_json::{Value, json};

use crate::Settings;
use crate::testing::{LAKE, PASS, ROLE, World, input, output, simulate, unlimited};

/// The labels of `shop` in metrics.
const LABELS: &str = r#"account="123456789012",region="us-east-1",application="shop""#;

#[test]
fn rows_of_all_shards_come_out() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.order(0, 0..3).await;
        world.start("TRIM_HORIZON").await;
        world.order(1, 3..6).await;
        assert_eq!(world.totals(6).await, [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn what_came_before_now_is_not_read() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.order(0, [1]).await;
        world.start("NOW").await;
        world.order(0, [2]).await;
        assert_eq!(world.totals(1).await, [2]);
    });
}

#[test]
fn a_stopped_application_goes_on_where_it_stopped() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        world.order(0, [1]).await;
        world.totals(1).await;
        world.stop().await;
        world.order(1, [2, 3]).await;
        let world = world.restart().await;
        assert_eq!(world.status().await, "READY", "what was stopped stays so");
        world.start("LAST_STOPPED_POINT").await;
        assert_eq!(world.totals(3).await, [1, 2, 3]);
    });
}

#[test]
fn crashes_neither_lose_nor_repeat_rows() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("TRIM_HORIZON").await;
        let mut world = world;
        for round in 0..8 {
            world.order(u32::try_from(round % 2).unwrap(), round * 10..round * 10 + 10).await;
            world.pass(7 * u64::try_from(round).unwrap()).await;
            world = world.restart().await;
        }
        world.until("RUNNING").await;
        assert_eq!(world.totals(80).await, (0..80).collect::<Vec<_>>());
        world.pass(5_000).await;
        assert_eq!(world.totals(80).await.len(), 80, "nothing comes twice");
    });
}

#[test]
fn throttled_rows_are_written_later_and_once() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        *world.streams.throttled.lock().unwrap() = 50;
        world.order(0, 0..20).await;
        assert_eq!(world.totals(20).await, (0..20).collect::<Vec<_>>());
        world.pass(5_000).await;
        assert_eq!(world.totals(20).await.len(), 20);
    });
}

#[test]
fn aggregates_are_taken_apart_and_bad_records_go_to_the_error_stream() {
    simulate(unlimited(), |world| async move {
        let outputs = json!([output("DEST"), {
            "Name": "error_stream", "KinesisFirehoseOutput": {"ResourceARN": LAKE, "RoleARN": ROLE},
            "DestinationSchema": {"RecordFormatType": "JSON"},
        }]);
        let request = json!({
            "ApplicationName": "shop", "Inputs": [input()], "Outputs": outputs, "ApplicationCode": PASS,
        });
        world.ok("CreateApplication", request).await;
        world.start("NOW").await;
        let users: [&[u8]; 3] =
            [br#"{"item": "a", "price": 1}"#, br#"{"item": "b", "price": "x"}"#, br#"{"price": 3}"#];
        world.streams.put("orders", 0, [aggregate::close(&users)]).await;
        assert_eq!(world.totals(2).await, [1, 3]);
        world.pass(2_000).await;
        let errors = world.lake.delivered.lock().unwrap().clone();
        let [error] = &errors[..] else { panic!("one row is bad, not {errors:?}") };
        let error: serde_json::Value = serde_json::from_str(error).unwrap();
        assert!(error["DATA_ROW"].is_string() && error["MESSAGE"].is_string(), "{error}");
    });
}

#[test]
fn shards_are_divided_over_in_application_streams() {
    simulate(unlimited(), |world| async move {
        let code = r#"CREATE STREAM "DEST" ("PRICE" INTEGER);
            CREATE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "PRICE" FROM "SOURCE_SQL_STREAM_002";"#;
        let mut input = input();
        input["InputParallelism"] = json!({"Count": 2});
        let request = json!({
            "ApplicationName": "shop", "Inputs": [input], "Outputs": [output("DEST")], "ApplicationCode": code,
        });
        world.ok("CreateApplication", request).await;
        world.start("NOW").await;
        world.order(0, [1, 2]).await;
        world.order(1, [3, 4]).await;
        assert_eq!(world.totals(2).await, [3, 4]);
    });
}

#[test]
fn resharding_is_followed_from_parents_to_children() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.order(0, [1]).await;
        let stream = world.streams.log.describe_stream("orders").await.unwrap();
        let range = stream.shards[0].range;
        let middle = range.start + (range.end - range.start) / 2;
        let children = vec![
            log::HashRange { start: range.start, end: middle },
            log::HashRange { start: middle + 1, end: range.end },
        ];
        let change = log::Reshard { parents: vec![0], children };
        world.streams.log.reshard(stream.id, stream.version, vec![change], None).await.unwrap();
        world.order(2, [2]).await;
        world.order(3, [3]).await;
        world.start("TRIM_HORIZON").await;
        world.order(1, [4]).await;
        assert_eq!(world.totals(4).await, [1, 2, 3, 4]);
        let world = world.restart().await;
        world.order(3, [5]).await;
        assert_eq!(world.totals(5).await, [1, 2, 3, 4, 5]);
    });
}

/// Rows with the number of the in-application stream that they came through.
const LANES: &str = r#"CREATE STREAM "DEST" ("LANE" INTEGER, "PRICE" INTEGER);
    CREATE PUMP "A" AS INSERT INTO "DEST" SELECT STREAM 1, "PRICE" FROM "SOURCE_SQL_STREAM_001";
    CREATE PUMP "B" AS INSERT INTO "DEST" SELECT STREAM 2, "PRICE" FROM "SOURCE_SQL_STREAM_002";"#;

/// Makes and starts `shop` with two in-application streams.
async fn start_lanes(world: &World, output: Value) {
    let mut input = input();
    input["InputParallelism"] = json!({"Count": 2});
    let request = json!({
        "ApplicationName": "shop", "Inputs": [input], "Outputs": [output], "ApplicationCode": LANES,
    });
    world.ok("CreateApplication", request).await;
    world.start("NOW").await;
}

/// Splits a shard of `orders` in the middle, or merges two.
pub(super) async fn reshard(world: &World, parents: [u32; 2]) {
    let stream = world.streams.log.describe_stream("orders").await.unwrap();
    let [first, last] = parents.map(|index| stream.shards[index as usize].range);
    let middle = first.start + (first.end - first.start) / 2;
    let (parents, children) = match parents {
        [one, other] if one == other => {
            let halves = [(first.start, middle), (middle + 1, first.end)];
            (vec![one], halves.map(|(start, end)| log::HashRange { start, end }).to_vec())
        }
        both => (both.to_vec(), vec![log::HashRange { start: first.start, end: last.end }]),
    };
    let change = log::Reshard { parents, children };
    world.streams.log.reshard(stream.id, stream.version, vec![change], None).await.unwrap();
}

/// The rows of `totals` once there are so many: price and in-application stream.
async fn lanes(world: &World, count: usize) -> Vec<(i64, i64)> {
    world.totals(count).await;
    let rows = world.streams.rows("totals").await;
    let mut rows: Vec<_> =
        rows.iter().map(|row| (row["PRICE"].as_i64().unwrap(), row["LANE"].as_i64().unwrap())).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn resharding_moves_no_key_to_another_in_application_stream_where_the_division_stays_even() {
    simulate(unlimited(), |world| async move {
        start_lanes(&world, output("DEST")).await;
        world.order(0, [1]).await;
        world.order(1, [2]).await;
        assert_eq!(lanes(&world, 2).await, [(1, 1), (2, 2)]);
        reshard(&world, [0, 0]).await;
        reshard(&world, [1, 1]).await;
        world.order(2, [3]).await;
        world.order(3, [4]).await;
        // A crash in between: what is read again goes where it went.
        let world = world.restart().await;
        world.order(4, [5]).await;
        world.order(5, [6]).await;
        let expected = [(1, 1), (2, 2), (3, 1), (4, 1), (5, 2), (6, 2)];
        assert_eq!(lanes(&world, 6).await, expected);
        reshard(&world, [2, 3]).await;
        world.order(6, [7]).await;
        let world = world.restart().await;
        assert_eq!(lanes(&world, 7).await[6], (7, 1), "merged, and where it was");
        world.stop().await;
        world.start("LAST_STOPPED_POINT").await;
        world.order(6, [8]).await;
        world.order(4, [9]).await;
        assert_eq!(lanes(&world, 9).await[7..], [(8, 1), (9, 2)], "a start keeps the division");
    });
}

#[test]
fn a_changed_parallelism_divides_the_shards_anew_and_loses_nothing() {
    simulate(unlimited(), |world| async move {
        start_lanes(&world, output("DEST")).await;
        world.order(0, [1]).await;
        world.order(1, [2]).await;
        lanes(&world, 2).await;
        let count = json!([{"InputId": "1.1", "InputParallelismUpdate": {"CountUpdate": 3}}]);
        let code = LANES.replace("SELECT STREAM 2,", "SELECT STREAM 4,");
        let update = json!({"InputUpdates": count, "ApplicationCodeUpdate": code});
        let request = json!({"ApplicationName": "shop", "CurrentApplicationVersionId": 1, "ApplicationUpdate": update});
        world.ok("UpdateApplication", request).await;
        world.order(0, [3]).await;
        world.until("RUNNING").await;
        world.order(1, [4]).await;
        assert_eq!(lanes(&world, 4).await, [(1, 1), (2, 2), (3, 1), (4, 4)]);
    });
}

#[test]
fn the_order_of_a_key_survives_reshardings() {
    simulate(unlimited(), |world| async move {
        let lake = json!({
            "Name": "DEST", "KinesisFirehoseOutput": {"ResourceARN": LAKE, "RoleARN": ROLE},
            "DestinationSchema": {"RecordFormatType": "JSON"},
        });
        start_lanes(&world, lake).await;
        // The keys of one quarter: they are in shard 0, then 2, then 2 and 1 merged, then a half of that.
        world.order(0, 0..10).await;
        reshard(&world, [0, 0]).await;
        world.order(3, 10..20).await;
        reshard(&world, [3, 1]).await;
        world.order(4, 20..30).await;
        reshard(&world, [4, 4]).await;
        world.order(5, 30..40).await;
        world.pass(3_000).await;
        let delivered = world.lake.delivered.lock().unwrap().clone();
        let price = |row: &String| serde_json::from_str::<Value>(row).unwrap()["PRICE"].as_i64().unwrap();
        assert_eq!(delivered.iter().map(price).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    });
}

#[test]
fn a_stream_that_is_made_anew_is_read_from_its_beginning() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        world.order(0, [1]).await;
        world.totals(1).await;
        let stream = world.streams.log.describe_stream("orders").await.unwrap();
        world.streams.log.delete_stream(stream.id, stream.version).await.unwrap();
        world.pass(3_000).await;
        world.streams.make("orders", 1).await;
        world.order(0, [2]).await;
        assert_eq!(world.totals(2).await, [1, 2]);
    });
}

#[test]
fn a_crash_before_a_stream_is_made_anew_is_recovered_from() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        world.order(0, [1]).await;
        world.totals(1).await;
        world.order(0, [2]).await;
        world.totals(2).await;
        world.analytics.close().await;
        let stream = world.streams.log.describe_stream("orders").await.unwrap();
        world.streams.log.delete_stream(stream.id, stream.version).await.unwrap();
        world.streams.make("orders", 1).await;
        world.order(0, [3]).await;
        let world = world.restart().await;
        assert_eq!(world.totals(3).await, [1, 2, 3]);
    });
}

#[test]
fn a_delivery_stream_is_read_and_kept_until_the_application_is_deleted() {
    simulate(unlimited(), |world| async move {
        let mut input = input();
        input["KinesisFirehoseInput"] = json!({"ResourceARN": LAKE, "RoleARN": ROLE});
        input.as_object_mut().unwrap().remove("KinesisStreamsInput");
        let request = json!({
            "ApplicationName": "shop", "Inputs": [input], "Outputs": [output("DEST")], "ApplicationCode": PASS,
        });
        world.ok("CreateApplication", request).await;
        let position = json!({"InputStartingPosition": "TRIM_HORIZON"});
        let position = json!([{"Id": "1.1", "InputStartingPositionConfiguration": position}]);
        let start = json!({"ApplicationName": "shop", "InputConfigurations": position});
        let refused = world.refused("StartApplication", start).await;
        assert!(refused.starts_with("InvalidArgumentException: TRIM_HORIZON"), "{refused}");
        world.start("NOW").await;
        let put = |price: i64| {
            let row = Bytes::from(json!({"item": "i", "price": price}).to_string());
            world.lake.put.lock().unwrap().push(row);
        };
        (1..4).for_each(put);
        assert_eq!(world.totals(3).await, [1, 2, 3]);
        let world = world.restart().await;
        world.lake.put.lock().unwrap().push(Bytes::from_static(br#"{"item": "i", "price": 4}"#));
        assert_eq!(world.totals(4).await, [1, 2, 3, 4]);
        assert_eq!(world.lake.readers.lock().unwrap().len(), 1);
        world.analytics.reset().await.unwrap();
        assert!(world.lake.readers.lock().unwrap().is_empty());
    });
}

#[test]
fn an_application_that_outgrows_its_memory_stops_and_loses_nothing() {
    const COUNT: i64 = 1_300;
    simulate(Settings { memory_bytes_max: 1 << 20, ..unlimited() }, |world| async move {
        let key = format!(r#"CAST("PRICE" AS VARCHAR(12)) || '{}'"#, "x".repeat(150));
        let code = format!(
            r#"CREATE STREAM "DEST" ("PRICE" INTEGER);
            CREATE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM SUM("PRICE") FROM "SOURCE_SQL_STREAM_001" AS s
            GROUP BY {key}, STEP(s.ROWTIME BY INTERVAL '20' SECOND);"#
        );
        world.make_shop(&code).await;
        world.start("NOW").await;
        world.order(0, 0..COUNT).await;
        world.pass(1_000).await;
        world.order(0, COUNT..2 * COUNT).await;
        world.until("READY").await;
        let failed = format!("aws_kinesisanalytics_failed{{{LABELS}}} 1\n");
        let world = world.restart().await;
        assert_eq!(world.status().await, "READY", "nothing starts it again by itself");
        let mut out = String::new();
        world.analytics.write_metrics(&mut out);
        assert!(out.contains(&failed), "{out}");
        world.pass(20_000).await;
        // By now its window is over, and without another word it goes on where it was.
        world.ok("StartApplication", json!({"ApplicationName": "shop", "InputConfigurations": []})).await;
        assert_eq!(world.totals(2 * 1_300).await, (0..2 * COUNT).collect::<Vec<_>>());
        world.until("RUNNING").await;
        let mut out = String::new();
        world.analytics.write_metrics(&mut out);
        assert!(!out.contains("aws_kinesisanalytics_failed"), "{out}");
    });
}

#[test]
fn a_reference_table_is_read_anew_by_an_update_and_by_no_recovery() {
    simulate(unlimited(), |world| async move {
        *world.lake.items.lock().unwrap() = "i,1000\n".to_owned();
        world.make_shop(PASS).await;
        let schema = json!({
            "RecordFormat": {"RecordFormatType": "CSV", "MappingParameters": {
                "CSVMappingParameters": {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": ","},
            }},
            "RecordColumns": [{"Name": "ITEM", "SqlType": "VARCHAR(16)"}, {"Name": "FACTOR", "SqlType": "INTEGER"}],
        });
        let object = json!({"BucketARN": "arn:aws:s3:::b", "FileKey": "items.csv", "ReferenceRoleARN": ROLE});
        let table = json!({"TableName": "ITEMS", "S3ReferenceDataSource": object, "ReferenceSchema": schema});
        let add = json!({"ApplicationName": "shop", "CurrentApplicationVersionId": 1, "ReferenceDataSource": table});
        world.ok("AddApplicationReferenceDataSource", add).await;
        let code = r#"CREATE STREAM "DEST" ("PRICE" INTEGER);
            CREATE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM s."PRICE" + r."FACTOR"
            FROM "SOURCE_SQL_STREAM_001" AS s JOIN "ITEMS" AS r ON s."ITEM" = r."ITEM";"#;
        let update = |version: u64, update: serde_json::Value| json!({"ApplicationName": "shop", "CurrentApplicationVersionId": version, "ApplicationUpdate": update});
        world.ok("UpdateApplication", update(2, json!({"ApplicationCodeUpdate": code}))).await;
        world.start("NOW").await;
        world.order(0, [1]).await;
        assert_eq!(world.totals(1).await, [1001]);
        *world.lake.items.lock().unwrap() = "i,2000\n".to_owned();
        let world = world.restart().await;
        world.order(0, [2]).await;
        assert_eq!(world.totals(2).await, [1001, 1002]);
        world.ok("UpdateApplication", update(3, json!({}))).await;
        world.until("RUNNING").await;
        world.order(0, [2]).await;
        assert_eq!(world.totals(3).await, [1001, 1002, 2002]);
        *world.lake.items.lock().unwrap() = "i,3000\n".to_owned();
        world.stop().await;
        world.start("LAST_STOPPED_POINT").await;
        world.order(0, [3]).await;
        assert_eq!(world.totals(4).await, [1001, 1002, 2002, 3003]);
        let kept = world.tables_kept();
        assert_eq!(kept, 1);
        world.analytics.reset().await.unwrap();
        assert_eq!(world.tables_kept(), 0, "nothing is left of what is deleted");
    });
}

#[test]
fn a_deleted_application_runs_no_more() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        let created = world.describe().await["CreateTimestamp"].clone();
        world.ok("DeleteApplication", json!({"ApplicationName": "shop", "CreateTimestamp": created})).await;
        world.pass(1_000).await;
        world.order(0, [1]).await;
        world.pass(5_000).await;
        assert!(world.streams.rows("totals").await.is_empty());
        let mut out = String::new();
        world.analytics.write_metrics(&mut out);
        assert_eq!(out, "");
    });
}

#[test]
fn what_flows_is_counted() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        world.streams.put("orders", 0, [Bytes::from_static(br#"{"item": "a", "price": 1}"#)]).await;
        world.totals(1).await;
        world.pass(100).await;
        let mut out = String::new();
        world.analytics.write_metrics(&mut out);
        for expected in [
            format!("aws_kinesisanalytics_records_total{{{LABELS},flow=\"Input\",id=\"1.1\"}} 1\n"),
            format!("aws_kinesisanalytics_bytes_total{{{LABELS},flow=\"Input\",id=\"1.1\"}} 25\n"),
            format!("aws_kinesisanalytics_records_total{{{LABELS},flow=\"Output\",id=\"1.1\"}} 1\n"),
            format!("aws_kinesisanalytics_millis_behind_latest{{{LABELS}}} 0\n"),
        ] {
            assert!(out.contains(&expected), "{expected} in {out}");
        }
    });
}
