//! The two consumers: one polls GetRecords, one is pushed to by enhanced fan-out. Both begin at the oldest record,
//! follow splits to the children, and go on where they were after the server died.

use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use super::Error;
use super::audit::Place;
use super::flights::Flight;
use super::story::{By, Shared};
use crate::client::{CallError, Client, Subscription};

/// AWS allows five GetRecords calls a second on a shard.
pub(super) const POLL_EVERY: Duration = Duration::from_millis(220);
/// Before another try at a server that is away.
const RETRY_AFTER: Duration = Duration::from_millis(50);
/// Before another try at a subscription that was refused: one call a second is allowed.
const SUBSCRIBE_AGAIN_AFTER: Duration = Duration::from_millis(1100);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Record {
    pub(super) sequence_number: String,
    /// In seconds since 1970, with milliseconds.
    approximate_arrival_timestamp: f64,
    partition_key: String,
    pub(super) data: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChildShard {
    shard_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    pub(super) next_shard_iterator: Option<String>,
    child_shards: Option<Vec<ChildShard>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pushed {
    records: Vec<Record>,
    continuation_sequence_number: Option<String>,
    child_shards: Option<Vec<ChildShard>>,
}

/// Follows a shard in the background, and its children when it has ended.
pub(super) fn follow(shared: Rc<Shared>, by: By, shard: String) {
    tokio::task::spawn_local(async move {
        let ended = match by {
            By::Polling => poll_to_the_end(&shared, &shard).await,
            By::FanOut => subscribe_to_the_end(&shared, &shard).await,
        };
        match ended {
            // A shard that was split is the only parent of its children, so they may begin now.
            Ok(children) => children.into_iter().for_each(|child| follow(Rc::clone(&shared), by, child.shard_id)),
            Err(error) => shared.fail(format!("{} of {shard}: {error}", by.name())),
        }
    });
}

async fn poll_to_the_end(shared: &Shared, shard: &str) -> Result<Vec<ChildShard>, Error> {
    let mut client = Client::new(shared.address);
    let mut ticks = tokio::time::interval(POLL_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut iterator, mut newest) = (None, None);
    loop {
        ticks.tick().await;
        let page = match poll(&shared.stream, &mut client, shard, &mut iterator, newest.as_deref()).await {
            Ok(page) => page,
            Err(error) if error.is_passing() => continue,
            Err(error) => return Err(error.into()),
        };
        for record in page.records {
            newest = Some(record.sequence_number.clone());
            receive(shared, By::Polling, shard, record)?;
        }
        match page.next_shard_iterator {
            Some(next) => iterator = Some(next),
            None => return Ok(page.child_shards.unwrap_or_default()),
        }
    }
}

/// Reads a page. After a failure the iterator is asked for anew, behind the newest record.
pub(super) async fn poll(
    stream: &str,
    client: &mut Client,
    shard: &str,
    iterator: &mut Option<String>,
    newest: Option<&str>,
) -> Result<Page, CallError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Iterator {
        shard_iterator: String,
    }
    let current = match iterator.take() {
        Some(current) => current,
        None => {
            let mut body = position("ShardIteratorType", "StartingSequenceNumber", newest);
            body["StreamName"] = stream.into();
            body["ShardId"] = shard.into();
            client.call::<Iterator>("GetShardIterator", &body).await?.shard_iterator
        }
    };
    client.call("GetRecords", &json!({"ShardIterator": current})).await
}

async fn subscribe_to_the_end(shared: &Shared, shard: &str) -> Result<Vec<ChildShard>, Error> {
    let mut client = Client::new(shared.address);
    let mut newest: Option<String> = None;
    loop {
        let position = position("Type", "SequenceNumber", newest.as_deref());
        let body = json!({"ConsumerARN": shared.consumer, "ShardId": shard, "StartingPosition": position});
        let outcome = match client.subscribe("SubscribeToShard", &body).await {
            Ok(mut subscription) => listen(shared, &mut subscription, shard, &mut newest).await,
            Err(error) => Err(error.into()),
        };
        match outcome.map_err(|error| error.downcast::<CallError>()) {
            Ok(children) if !children.is_empty() => return Ok(children),
            Ok(_) => {}
            Err(Ok(error)) if matches!(*error, CallError::Broken(_)) => tokio::time::sleep(RETRY_AFTER).await,
            Err(Ok(error)) if error.is_passing() => tokio::time::sleep(SUBSCRIBE_AGAIN_AFTER).await,
            Err(Ok(error)) => return Err(error),
            Err(Err(error)) => return Err(error),
        }
    }
}

/// Takes what is pushed, until the subscription or the shard ends; the latter brings children.
async fn listen(
    shared: &Shared,
    subscription: &mut Subscription,
    shard: &str,
    newest: &mut Option<String>,
) -> Result<Vec<ChildShard>, Error> {
    while let Some(pushed) = subscription.next::<Pushed>("SubscribeToShardEvent").await? {
        for record in pushed.records {
            receive(shared, By::FanOut, shard, record)?;
        }
        if pushed.continuation_sequence_number.is_some() {
            *newest = pushed.continuation_sequence_number;
        }
        if let Some(children) = pushed.child_shards.filter(|children| !children.is_empty()) {
            return Ok(children);
        }
    }
    Ok(Vec::new())
}

/// Behind the newest record, or at the oldest.
fn position(type_member: &str, number_member: &str, newest: Option<&str>) -> Value {
    match newest {
        Some(number) => json!({type_member: "AFTER_SEQUENCE_NUMBER", number_member: number}),
        None => json!({type_member: "TRIM_HORIZON"}),
    }
}

fn receive(shared: &Shared, by: By, shard: &str, record: Record) -> Result<(), Error> {
    let data = base64_simd::STANDARD.decode_to_vec(record.data)?;
    let flight: Flight = serde_json::from_slice(&data)?;
    let place = Place { shard: shard.to_owned(), sequence_number: record.sequence_number };
    let at_ms = (record.approximate_arrival_timestamp * 1e3).round() as i64;
    shared.receive(by, &flight, at_ms, &record.partition_key, place)
}
