//! Follows a stream: the records of all its shards as they come, and those of the shards that a split or a merge makes.

use std::sync::Arc;

use bytes::Bytes;
use flow::formats::Record;
use serde::Deserialize;
use serde_json::json;

use crate::client::{CallError, Client};

use super::StartAt;
use super::streams::{self, Shard};

/// As many records are asked for at once: as many as Kinesis gives.
const RECORDS_AT_ONCE: u32 = 10_000;

/// So often a server may fail to answer, one poll after the other, before that is an error.
const MISSES_MAX: u32 = 50;
/// After so many, whoever waits is told: a second.
const MISSES_TOLD_AT: u32 = 5;

/// A stream as it is read.
pub(super) struct Reader {
    stream: String,
    shards: Vec<Place>,
    /// Shards that wait for the end of those they were split from.
    children: Vec<Shard>,
    /// Calls in a row that failed in a way that may pass.
    misses: u32,
    /// Why nothing is read at the moment, until it was told.
    trouble: Option<String>,
}

/// A shard, and how far it was read.
struct Place {
    shard: Arc<str>,
    start: &'static str,
    iterator: Option<String>,
    newest: Option<String>,
    /// Whether everything that is there was read.
    at_end: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    records: Vec<Arrived>,
    next_shard_iterator: Option<String>,
    millis_behind_latest: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Arrived {
    sequence_number: String,
    #[serde(default)]
    approximate_arrival_timestamp: f64,
    partition_key: String,
    data: String,
}

impl Place {
    fn new(shard: &str, start: &'static str) -> Self {
        Self { shard: shard.into(), start, iterator: None, newest: None, at_end: false }
    }
}

impl Reader {
    /// Begins to read a stream.
    pub(super) async fn open(client: &mut Client, stream: &str, start: StartAt) -> Result<Self, CallError> {
        let all = streams::shards(client, stream).await?;
        let (first, children): (Vec<Shard>, Vec<Shard>) = match start {
            StartAt::TrimHorizon => all.iter().cloned().partition(|shard| !shard.has_parent_in(&all)),
            // Closed shards have nothing behind their newest record.
            StartAt::Latest => (all.into_iter().filter(Shard::is_open).collect(), Vec::new()),
        };
        let mut shards: Vec<Place> =
            first.iter().map(|shard| Place::new(&shard.shard_id, start.iterator_type())).collect();
        let stream = stream.to_owned();
        for place in &mut shards {
            // Asked for now: what comes from now on is behind LATEST.
            place.iterator = Some(iterator(client, &stream, place).await?);
        }
        Ok(Self { stream, shards, children, misses: 0, trouble: None })
    }

    /// Why nothing is read at the moment, once for each time.
    pub(super) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Whether everything was read that is there.
    pub(super) fn is_at_end(&self) -> bool {
        self.children.is_empty() && self.shards.iter().all(|place| place.at_end)
    }

    /// The next records of each shard, shard by shard.
    pub(super) async fn poll(&mut self, client: &mut Client) -> Result<Vec<Record>, CallError> {
        let mut records = Vec::new();
        let mut ended = Vec::new();
        for (index, place) in self.shards.iter_mut().enumerate() {
            let page = match page(client, &self.stream, place).await {
                Ok(page) => page,
                // Too many calls, or a server that is restarting: the next poll tries again.
                Err(error) if error.is_passing() && self.misses < MISSES_MAX => {
                    self.misses += 1;
                    if self.misses == MISSES_TOLD_AT {
                        self.trouble = Some(error.to_string());
                    }
                    place.at_end = false;
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.misses = 0;
            if let Some(last) = page.records.last() {
                place.newest = Some(last.sequence_number.clone());
            }
            place.at_end = page.records.is_empty() && page.millis_behind_latest.unwrap_or(0) == 0;
            for arrived in page.records {
                let whole = record(arrived, &place.shard)?;
                // What the Kinesis Producer Library put together is taken apart, as in an application.
                match log::aggregate::open(&whole.data) {
                    Some(users) => records.extend(users.into_iter().map(|data| Record { data, ..whole.clone() })),
                    None => records.push(whole),
                }
            }
            place.iterator = page.next_shard_iterator;
            if place.iterator.is_none() {
                ended.push(index);
            }
        }
        for index in ended.into_iter().rev() {
            let parent = self.shards.remove(index);
            self.follow(client, &parent.shard).await?;
        }
        Ok(records)
    }

    /// Goes on with the shards that an ended one became.
    async fn follow(&mut self, client: &mut Client, parent: &str) -> Result<(), CallError> {
        // Only now: a split may have come after reading began.
        let all = streams::shards(client, &self.stream).await?;
        let parents: Vec<Shard> = all.iter().filter(|shard| *shard.shard_id == *parent).cloned().collect();
        for child in all.iter().filter(|shard| shard.has_parent_in(&parents)) {
            self.children.retain(|waiting| waiting.shard_id != child.shard_id);
            if !self.shards.iter().any(|place| *place.shard == *child.shard_id) {
                self.shards.push(Place::new(&child.shard_id, StartAt::TrimHorizon.iterator_type()));
            }
        }
        Ok(())
    }
}

async fn page(client: &mut Client, stream: &str, place: &mut Place) -> Result<Page, CallError> {
    let current = match place.iterator.take() {
        Some(current) => current,
        None => iterator(client, stream, place).await?,
    };
    let answer = client.call("GetRecords", &json!({"ShardIterator": current, "Limit": RECORDS_AT_ONCE})).await;
    // Asked for anew, LATEST would be behind what came while the server was away.
    place.iterator = match &answer {
        Err(CallError::Refused { code, .. }) if code == "ExpiredIteratorException" => None,
        Err(_) => Some(current),
        Ok(_) => None,
    };
    answer
}

/// An iterator behind the newest record read, or where the shard begins.
async fn iterator(client: &mut Client, stream: &str, place: &Place) -> Result<String, CallError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        shard_iterator: String,
    }
    let mut body = json!({"StreamName": stream, "ShardId": *place.shard, "ShardIteratorType": place.start});
    if let Some(newest) = &place.newest {
        body["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
        body["StartingSequenceNumber"] = newest.as_str().into();
    }
    Ok(client.call_patiently::<Answer>("GetShardIterator", &body).await?.shard_iterator)
}

fn record(arrived: Arrived, shard: &Arc<str>) -> Result<Record, CallError> {
    let data = base64_simd::STANDARD.decode_to_vec(&arrived.data);
    let data = data.map_err(|error| CallError::Refused {
        code: "a record that is no base64".to_owned(),
        message: error.to_string(),
    })?;
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    let arrival_ms = (arrived.approximate_arrival_timestamp * 1_000.0).round() as i64;
    Ok(Record {
        data: data.into(),
        arrival_ms,
        partition_key: Bytes::from(arrived.partition_key),
        sequence: Bytes::from(arrived.sequence_number),
        shard: Arc::clone(shard),
    })
}
