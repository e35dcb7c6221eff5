//! Puts the flights into the stream: one lane per shard, one request in flight per lane, so that retries keep the order
//! of each key.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::audit::Place;
use super::flights::Flight;
use super::story::Shared;
use super::{Error, screen};
use crate::client::{CallError, Client};

/// AWS's most records in a request.
const BATCH_RECORDS_MAX: usize = 500;
/// Flights that wait in front of a lane; the reader of the data set waits while one is full.
const LANE_RECORDS_MAX: usize = 2000;
/// How long a lane collects before it sends fewer than the most.
const LINGER: Duration = Duration::from_millis(10);
/// How long a shard needs for a record at AWS's limit of 1,000 records a second.
const RECORD_TIME: Duration = Duration::from_millis(1);
/// Before another try at a server that is away.
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// A lane gives up when this many tries in a row brought nothing.
const TRIES_MAX: u32 = 300;

/// A shard at the start, and the hash keys that it owns.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) shard: String,
    pub(super) first_hash_key: u128,
    pub(super) last_hash_key: u128,
}

/// The hash key of a partition key.
fn hash_key(partition_key: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into())
}

/// Sends all flights in their order and ends when the last is acknowledged.
pub(super) async fn produce(shared: Rc<Shared>, flights: Vec<Flight>, lanes: Vec<Lane>) -> Result<(), Error> {
    let mut entries = Vec::new();
    let mut tasks = Vec::new();
    for _ in &lanes {
        let (entry, exit) = mpsc::channel(LANE_RECORDS_MAX);
        entries.push(entry);
        tasks.push(tokio::task::spawn_local(send_all(Rc::clone(&shared), exit)));
    }
    for flight in flights {
        let key = hash_key(&flight.origin);
        let lane = lanes.iter().position(|lane| (lane.first_hash_key..=lane.last_hash_key).contains(&key));
        let entry = &entries[lane.ok_or("the shards do not cover all hash keys")?];
        if entry.send(flight).await.is_err() {
            break;
        }
    }
    drop(entries);
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// The work of one lane.
async fn send_all(shared: Rc<Shared>, mut waiting: mpsc::Receiver<Flight>) -> Result<(), Error> {
    let mut client = Client::new(shared.address);
    let mut batch: VecDeque<Flight> = VecDeque::new();
    let mut tries = 0;
    loop {
        if batch.is_empty() {
            let Some(flight) = waiting.recv().await else { return Ok(()) };
            batch.push_back(flight);
            tokio::time::sleep(LINGER).await;
        }
        while batch.len() < BATCH_RECORDS_MAX {
            let Ok(flight) = waiting.try_recv() else { break };
            batch.push_back(flight);
        }
        let sent = batch.len();
        match put(&shared, &mut client, &mut batch).await {
            // What is left was refused: after half the time that the shard needs for it, some of it passes.
            Ok(()) => tokio::time::sleep(RECORD_TIME * u32::try_from(batch.len())? / 2).await,
            Err(error) if error.is_passing() => tokio::time::sleep(RETRY_AFTER).await,
            Err(error) => return Err(error.into()),
        }
        tries = if batch.len() < sent { 0 } else { tries + 1 };
        if tries == TRIES_MAX {
            return Err(format!("{} records are not accepted any more", screen::count(sent)).into());
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecordsAnswer {
    records: Vec<PutAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutAnswer {
    shard_id: Option<String>,
    sequence_number: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
}

/// Sends a batch once; what was not accepted stays in it, in order.
async fn put(shared: &Shared, client: &mut Client, batch: &mut VecDeque<Flight>) -> Result<(), CallError> {
    let records: Vec<Value> = batch.iter().map(record).collect();
    let began = shared.began.elapsed();
    for flight in batch.iter() {
        shared.ledger.borrow_mut().sent_at[flight.number] = began;
    }
    let answer = client.call("PutRecords", &json!({"StreamName": shared.stream, "Records": records})).await;
    let mut ledger = shared.ledger.borrow_mut();
    let answer: PutRecordsAnswer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            if matches!(error, CallError::Broken(_)) {
                ledger.in_doubt += batch.len();
            }
            return Err(error);
        }
    };
    ledger.put_latencies.push(shared.began.elapsed() - began);
    for (flight, answer) in std::mem::take(batch).into_iter().zip(answer.records) {
        match (answer.shard_id, answer.sequence_number) {
            (Some(shard), Some(sequence_number)) => {
                ledger.acknowledge(flight.number, Place { shard, sequence_number });
            }
            _ => match answer.error_code.as_deref() {
                Some("ProvisionedThroughputExceededException" | "InternalFailure") => {
                    ledger.throttled += 1;
                    batch.push_back(flight);
                }
                code => {
                    let (code, message) = (code.unwrap_or_default(), answer.error_message.unwrap_or_default());
                    return Err(CallError::Refused { code: code.to_owned(), message });
                }
            },
        }
    }
    Ok(())
}

fn record(flight: &Flight) -> Value {
    let data = serde_json::to_vec(flight).expect("a flight is plain text and numbers");
    json!({"PartitionKey": flight.origin, "Data": base64_simd::STANDARD.encode_to_string(data)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_keys_are_the_md5_of_the_partition_key_read_as_a_big_endian_number() {
        assert_eq!(hash_key(""), 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e);
        assert_eq!(hash_key("ORD") >> 120, u128::from(Md5::digest(b"ORD")[0]));
    }
}
