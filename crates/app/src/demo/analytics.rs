//! SQL on the stream: an application of Kinesis Data Analytics counts, averages, scores and joins; its answers are read back.

use std::rc::Rc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::answers::{AIRPORTS, Answers};
use super::consumers::{POLL_EVERY, poll};
use super::story::{Shared, wait_until_active};
use super::{Error, lake};
use crate::client::{ANALYTICS, Client};

/// The application.
pub(super) const APPLICATION: &str = "airports";
/// Its code.
const CODE: &str = include_str!("analytics.sql");
/// The in-application streams that leave it, each with the data stream it goes into.
const OUTPUTS: [(&str, &str); 3] =
    [("CITIES", "airports-cities"), ("LATE", "airports-late"), ("SCORES", "airports-scores")];
/// The object that holds the reference table.
const REFERENCE_KEY: &str = "reference/airports.csv";
/// The only shard of an output.
const SHARD: &str = "shardId-000000000000";
/// Between two looks at the application's state.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Creates the outputs, the reference table and the application, and starts it at the oldest record.
pub(super) async fn open(client: &mut Client, stream_arn: &str) -> Result<(), Error> {
    client.put_object(&format!("/{}/{REFERENCE_KEY}", lake::BUCKET), AIRPORTS).await?;
    let mut outputs = Vec::new();
    for (name, stream) in OUTPUTS {
        client.call_patiently::<Value>("CreateStream", &json!({"StreamName": stream, "ShardCount": 1})).await?;
        let arn = wait_until_active(client, stream).await?;
        outputs.push(json!({
            "Name": name,
            "KinesisStreamsOutput": {"ResourceARN": arn},
            "DestinationSchema": {"RecordFormatType": "JSON"},
        }));
    }
    let account = stream_arn.split(':').nth(4).unwrap_or_default();
    let body = json!({
        "ApplicationName": APPLICATION,
        "RuntimeEnvironment": "SQL-1_0",
        "ServiceExecutionRole": format!("arn:aws:iam::{account}:role/demo"),
        "ApplicationConfiguration": {
            "SqlApplicationConfiguration": {
                "Inputs": [input(stream_arn)],
                "Outputs": outputs,
                "ReferenceDataSources": [reference()],
            },
            "ApplicationCodeConfiguration": {"CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": CODE}},
        },
    });
    client.call_of::<Value>(ANALYTICS, "CreateApplication", &body).await?;
    wait_for(client, "READY").await?;
    let start =
        json!({"InputId": "1.1", "InputStartingPositionConfiguration": {"InputStartingPosition": "TRIM_HORIZON"}});
    let body = json!({"ApplicationName": APPLICATION, "RunConfiguration": {"SqlRunConfigurations": [start]}});
    client.call_of::<Value>(ANALYTICS, "StartApplication", &body).await?;
    wait_for(client, "RUNNING").await
}

/// The flights, as rows.
fn input(stream_arn: &str) -> Value {
    json!({
        "NamePrefix": "FLIGHTS",
        "KinesisStreamsInput": {"ResourceARN": stream_arn},
        "InputSchema": {
            "RecordFormat": {
                "RecordFormatType": "JSON",
                "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
            },
            "RecordEncoding": "UTF-8",
            "RecordColumns": [
                {"Name": "FLIGHT", "Mapping": "$.number", "SqlType": "INTEGER"},
                {"Name": "DELAY", "Mapping": "$.delay_minutes", "SqlType": "INTEGER"},
                {"Name": "DISTANCE", "Mapping": "$.distance_miles", "SqlType": "INTEGER"},
                {"Name": "ORIGIN", "Mapping": "$.origin", "SqlType": "VARCHAR(4)"},
            ],
        },
    })
}

/// The airports' cities.
fn reference() -> Value {
    json!({
        "TableName": "AIRPORTS",
        "S3ReferenceDataSource": {
            "BucketARN": format!("arn:aws:s3:::{}", lake::BUCKET),
            "FileKey": REFERENCE_KEY,
        },
        "ReferenceSchema": {
            "RecordFormat": {
                "RecordFormatType": "CSV",
                "MappingParameters": {
                    "CSVMappingParameters": {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": ","},
                },
            },
            "RecordColumns": [
                {"Name": "AIRPORT", "SqlType": "VARCHAR(4)"},
                {"Name": "CITY", "SqlType": "VARCHAR(32)"},
            ],
        },
    })
}

async fn wait_for(client: &mut Client, status: &str) -> Result<(), Error> {
    loop {
        let body = json!({"ApplicationName": APPLICATION});
        let answer: Value = client.call_of(ANALYTICS, "DescribeApplication", &body).await?;
        if answer["ApplicationDetail"]["ApplicationStatus"] == status {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Reads all outputs in the background, each from its beginning.
pub(super) fn follow(shared: &Rc<Shared>) {
    let [(_, cities), (_, late), (_, scores)] = OUTPUTS;
    read(Rc::clone(shared), cities, |answers, row| answers.cities.push(row));
    read(Rc::clone(shared), late, |answers, row| answers.late.push(row));
    read(Rc::clone(shared), scores, |answers, row| answers.scores.push(row));
}

fn read<Row: DeserializeOwned + 'static>(shared: Rc<Shared>, stream: &'static str, book: fn(&mut Answers, Row)) {
    tokio::task::spawn_local(async move {
        if let Err(error) = read_on(&shared, stream, book).await {
            shared.fail(format!("{stream}: {error}"));
        }
    });
}

async fn read_on<Row: DeserializeOwned>(
    shared: &Shared,
    stream: &str,
    book: fn(&mut Answers, Row),
) -> Result<(), Error> {
    let mut client = Client::new(shared.address);
    let mut ticks = interval(POLL_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut iterator, mut newest) = (None, None);
    loop {
        ticks.tick().await;
        let page = match poll(stream, &mut client, SHARD, &mut iterator, newest.as_deref()).await {
            Ok(page) => page,
            Err(error) if error.is_passing() => continue,
            Err(error) => return Err(error.into()),
        };
        for record in page.records {
            let data = base64_simd::STANDARD.decode_to_vec(record.data)?;
            book(&mut shared.answers.borrow_mut(), serde_json::from_slice(&data)?);
            newest = Some(record.sequence_number);
        }
        iterator = page.next_shard_iterator;
    }
}
