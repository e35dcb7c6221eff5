//! The few Kinesis calls that the scenarios need, and the bodies they send.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::Error;
use crate::wire::{Answer, Connection, request};

/// The stream all scenarios use.
pub(crate) const STREAM: &str = "bench";
/// Payload bytes of a record.
pub(crate) const RECORD_BYTES: usize = 1024;
/// Records of a PutRecords request: AWS's most.
pub(crate) const BATCH_RECORDS: usize = 500;

/// A client for set-up calls.
pub(crate) struct Client {
    connection: Connection,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, Error> {
        Ok(Self { connection: Connection::open(address).await? })
    }

    /// Calls an operation and reads its answer; anything but 200 is an error.
    pub(crate) async fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Error> {
        let answer = self.connection.call(&request(operation, body.to_string().as_bytes())).await?;
        if answer.status != 200 {
            return Err(format!("{operation}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
        Ok(if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body)? })
    }

    /// Creates a stream and waits until it is active.
    pub(crate) async fn create_stream(&mut self, name: &str, shards: usize) -> Result<(), Error> {
        self.call("CreateStream", &json!({"StreamName": name, "ShardCount": shards})).await?;
        loop {
            let summary = self.call("DescribeStreamSummary", &json!({"StreamName": name})).await?;
            if summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE" {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// An iterator at the oldest record of a shard.
    pub(crate) async fn iterator(&mut self, shard: &str, kind: &str) -> Result<String, Error> {
        let body = json!({"StreamName": STREAM, "ShardId": shard, "ShardIteratorType": kind});
        text(&self.call("GetShardIterator", &body).await?["ShardIterator"])
    }
}

/// A member that must be text.
pub(crate) fn text(value: &Value) -> Result<String, Error> {
    Ok(value.as_str().ok_or("the answer lacks a text")?.to_owned())
}

/// The wire name of a shard.
pub(crate) fn shard_name(index: usize) -> String {
    format!("shardId-{index:012}")
}

/// A reproducible stream of bytes that no compressor shortens (xorshift64*).
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]));
    }

    fn payload(&mut self) -> String {
        let bytes: Vec<u8> = (0..RECORD_BYTES / 8).flat_map(|_| self.next().to_le_bytes()).collect();
        base64_simd::STANDARD.encode_to_string(bytes)
    }
}

/// A PutRecords request of [`BATCH_RECORDS`] records, as the SDKs write it.
pub(crate) fn put_records(noise: &mut Noise) -> Bytes {
    let records: Vec<String> = (0..BATCH_RECORDS)
        .map(|_| format!(r#"{{"Data":"{}","PartitionKey":"key-{:08x}"}}"#, noise.payload(), noise.next() >> 32))
        .collect();
    let body = format!(r#"{{"Records":[{}],"StreamName":"{STREAM}"}}"#, records.join(","));
    request("PutRecords", body.as_bytes())
}

/// A PutRecord request.
pub(crate) fn put_record(noise: &mut Noise) -> Bytes {
    let (data, key) = (noise.payload(), noise.next() >> 32);
    let body = format!(r#"{{"Data":"{data}","PartitionKey":"key-{key:08x}","StreamName":"{STREAM}"}}"#);
    request("PutRecord", body.as_bytes())
}

/// Everything was stored.
pub(crate) fn all_stored(answer: &Answer) -> Result<(), Error> {
    let is_refused = |body: &[u8]| {
        memchr::memmem::find(body, b"\"FailedRecordCount\":").is_some_and(|at| body.get(at + 20) != Some(&b'0'))
    };
    match answer.status == 200 && !is_refused(&answer.body) {
        true => Ok(()),
        false => Err(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)).into()),
    }
}

/// As [`all_stored`], or the yardstick's answer, which is blanks.
pub(crate) fn all_stored_or_blank(answer: &Answer) -> Result<(), Error> {
    if answer.body.first() == Some(&b' ') { Ok(()) } else { all_stored(answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_records_are_noticed() {
        for (status, body, expected) in [
            (200, r#"{"FailedRecordCount":0,"Records":[]}"#, true),
            (200, r#"{"FailedRecordCount":3,"Records":[]}"#, false),
            (400, "{}", false),
            (200, r#"{"ShardId":"s"}"#, true),
        ] {
            let answer = Answer { status, etag: None, body: body.as_bytes().to_vec() };
            assert_eq!(all_stored(&answer).is_ok(), expected, "{body}");
        }
    }
}
