//! Applications of Kinesis Data Analytics: the few calls that the scenarios need, and the records that applications read.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use flow::types::DataType;
use serde_json::{Value, json};

use crate::Error;
use crate::events::{self, BATCH_EVENTS};
use crate::kinesis::{self, BATCH_RECORDS, Noise, STREAM, text};
use crate::wire::{Connection, request, service_request};

/// What the in-application stream of the rows that leave is called, and the data stream that they go to.
pub(crate) const OUTPUT: &str = "OUT";
/// The application's name.
const APPLICATION: &str = "bench";
/// Between two looks at an application.
const POLL: Duration = Duration::from_millis(10);

/// A client for applications and for the server's figures.
pub(crate) struct Client {
    connection: Connection,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, Error> {
        Ok(Self { connection: Connection::open(address).await? })
    }

    async fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Error> {
        let target = format!("KinesisAnalytics_20150814.{operation}");
        let request = service_request("kinesisanalytics", &target, body.to_string().as_bytes());
        let answer = self.connection.call(&request).await?;
        if answer.status != 200 {
            return Err(format!("{operation}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
        Ok(if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body)? })
    }

    /// Makes streams and an application between them, and starts it at the end of its input.
    pub(crate) async fn start(address: SocketAddr, shards: usize, code: &str) -> Result<Self, Error> {
        let mut streams = kinesis::Client::connect(address).await?;
        streams.create_stream(STREAM, shards).await?;
        streams.create_stream(OUTPUT, 1).await?;
        let mut client = Self::connect(address).await?;
        let (input, output) = (arn(&mut streams, STREAM).await?, arn(&mut streams, OUTPUT).await?);
        client.call("CreateApplication", &application(&input, &output, code)).await?;
        let position = json!({"Id": "1.1", "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"}});
        let start = json!({"ApplicationName": APPLICATION, "InputConfigurations": [position]});
        client.call("StartApplication", &start).await?;
        loop {
            let described = client.call("DescribeApplication", &json!({"ApplicationName": APPLICATION})).await?;
            if described["ApplicationDetail"]["ApplicationStatus"] == "RUNNING" {
                return Ok(client);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// One of the application's figures; 0 as long as it has none.
    pub(crate) async fn figure(&mut self, name: &str, label: &str) -> Result<f64, Error> {
        let answer = self.connection.call(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
        let all = String::from_utf8(answer.body)?;
        let name = format!("aws_kinesisanalytics_{name}{{");
        let line = all.lines().find(|line| line.starts_with(&name) && line.contains(label));
        let number = line.and_then(|line| line.rsplit(' ').next());
        Ok(number.map_or(Ok(0.0), str::parse)?)
    }
}

async fn arn(streams: &mut kinesis::Client, name: &str) -> Result<String, Error> {
    let summary = streams.call("DescribeStreamSummary", &json!({"StreamName": name})).await?;
    text(&summary["StreamDescriptionSummary"]["StreamARN"])
}

fn application(input: &str, output: &str, code: &str) -> Value {
    let role = "arn:aws:iam::123456789012:role/bench";
    let sql_type = |data_type: DataType| match data_type {
        DataType::Timestamp => "TIMESTAMP".to_owned(),
        DataType::Double => "DOUBLE".to_owned(),
        DataType::Integer => "INTEGER".to_owned(),
        DataType::BigInt => "BIGINT".to_owned(),
        DataType::Varchar(length) => format!("VARCHAR({length})"),
        other => unreachable!("events have no column of {other:?}"),
    };
    let columns = events::mapping().columns.into_iter();
    let columns = columns
        .map(|column| json!({"Name": column.name, "Mapping": column.path, "SqlType": sql_type(column.data_type)}));
    let format = json!({
        "RecordFormatType": "JSON", "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
    });
    json!({
        "ApplicationName": APPLICATION,
        "ApplicationCode": code,
        "Inputs": [{
            "NamePrefix": "S",
            "KinesisStreamsInput": {"ResourceARN": input, "RoleARN": role},
            "InputSchema": {"RecordFormat": format, "RecordColumns": columns.collect::<Vec<_>>()},
        }],
        "Outputs": [{
            "Name": OUTPUT,
            "KinesisStreamsOutput": {"ResourceARN": output, "RoleARN": role},
            "DestinationSchema": {"RecordFormatType": "JSON"},
        }],
    })
}

/// PutRecords requests of so many events each, together one batch.
pub(crate) fn put_events(noise: &mut Noise, first_order: u64, events_each: usize) -> Vec<Bytes> {
    assert!(events_each <= BATCH_RECORDS && BATCH_EVENTS.is_multiple_of(events_each), "requests take so many");
    let batch = events::batch(noise, first_order);
    let body = |events: &[flow::formats::Record]| {
        let record = |(index, event): (usize, &flow::formats::Record)| {
            let data = base64_simd::STANDARD.encode_to_string(&event.data);
            format!(r#"{{"Data":"{data}","PartitionKey":"{}"}}"#, first_order as usize + index)
        };
        let records: Vec<String> = events.iter().enumerate().map(record).collect();
        let body = format!(r#"{{"Records":[{}],"StreamName":"{STREAM}"}}"#, records.join(","));
        request("PutRecords", body.as_bytes())
    };
    batch.chunks(events_each).map(body).collect()
}
