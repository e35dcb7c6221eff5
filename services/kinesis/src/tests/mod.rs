//! Records through the whole service: what is put, what is read, what is pushed.

mod bulk;
mod encryption;
mod fan_out;
mod metrics;
mod puts;
mod reads;

use aws::{Codec, ReplyBody};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};

use crate::testing::{World, arn, caller, simulate};
use crate::{Limits, Settings};

/// Runs `program` against a fresh service.
fn run(limits: Limits, program: impl AsyncFnOnce(World)) {
    simulate(Settings { limits, ..Settings::default() }, |world| program(world));
}

/// What the tests about records do again and again.
impl World {
    async fn put(&self, stream: &str, key: &str, data: &[u8]) -> Value {
        let request = json!({"StreamName": stream, "PartitionKey": key, "Data": base64(data)});
        self.ok("PutRecord", request).await
    }

    async fn iterator(&self, stream: &str, shard: u32, kind: &str, more: Value) -> String {
        let mut request = json!({"StreamName": stream, "ShardId": shard_name(shard), "ShardIteratorType": kind});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        text(&self.ok("GetShardIterator", request).await["ShardIterator"])
    }

    async fn get(&self, iterator: &str) -> Value {
        self.ok("GetRecords", json!({"ShardIterator": iterator})).await
    }

    /// An ACTIVE consumer's ARN.
    async fn consumer(&self, stream: &str, name: &str) -> String {
        let stream_arn = arn(stream);
        let answer = self.ok("RegisterStreamConsumer", json!({"StreamARN": stream_arn, "ConsumerName": name})).await;
        self.pass(1_000).await;
        text(&answer["Consumer"]["ConsumerARN"])
    }

    async fn try_subscribe(&self, request: Value) -> Result<Events, String> {
        let body = Bytes::from(request.to_string());
        let run = self.face.run("SubscribeToShard", caller(), Codec::Json11, body).expect("known");
        let reply = run.await.map_err(|error| error.to_string())?;
        let ReplyBody::Frames(frames) = reply.body else { panic!("not a stream") };
        let mut events = Events { frames };
        let first = events.next().await.expect("a stream begins with a frame");
        assert_eq!(first, ("initial-response".to_owned(), json!({})));
        Ok(events)
    }

    async fn subscribe(&self, consumer: &str, shard: u32, position: Value) -> Events {
        let request = json!({"ConsumerARN": consumer, "ShardId": shard_name(shard), "StartingPosition": position});
        self.try_subscribe(request).await.expect("subscribes")
    }
}

/// The frames of a subscription.
struct Events {
    frames: BoxStream<'static, Bytes>,
}

impl Events {
    /// The next frame's event or exception type, and its payload; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        let frame = self.frames.next().await?;
        let headers_len = u32::from_be_bytes(frame[4..8].try_into().expect("4 bytes")) as usize;
        let (mut headers, payload) = (&frame[12..12 + headers_len], &frame[12 + headers_len..frame.len() - 4]);
        let mut kind = String::new();
        while !headers.is_empty() {
            let name_len = usize::from(headers[0]);
            let name = &headers[1..1 + name_len];
            let value_len = usize::from(u16::from_be_bytes(headers[2 + name_len..4 + name_len].try_into().expect("2")));
            let value = &headers[4 + name_len..4 + name_len + value_len];
            if name == b":event-type" || name == b":exception-type" {
                kind = String::from_utf8(value.to_vec()).expect("text");
            }
            headers = &headers[4 + name_len + value_len..];
        }
        Some((kind, serde_json::from_slice(payload).expect("JSON")))
    }

    /// The next event, which is no exception.
    async fn event(&mut self) -> Value {
        let (kind, payload) = self.next().await.expect("the subscription goes on");
        assert_eq!(kind, "SubscribeToShardEvent", "{payload}");
        payload
    }
}

fn base64(data: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(data)
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn shard_name(index: u32) -> String {
    crate::shard::name(index)
}

/// The data of the records of an answer.
fn data(answer: &Value) -> Vec<String> {
    let decoded = |record: &Value| {
        let bytes = base64_simd::STANDARD.decode_to_vec(text(&record["Data"])).expect("base64");
        String::from_utf8(bytes).expect("text")
    };
    answer["Records"].as_array().expect("a list").iter().map(decoded).collect()
}

/// The sequence numbers of the records of an answer.
fn numbers(answer: &Value) -> Vec<String> {
    answer["Records"].as_array().expect("a list").iter().map(|record| text(&record["SequenceNumber"])).collect()
}
