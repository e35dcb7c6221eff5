//! How the records of a stream become rows: found out from its oldest records.

use bytes::Bytes;
use flow::formats::{Hidden, Mapping, discover};
use flow::types::DataType;
use serde::Deserialize;
use serde_json::json;

use crate::Failure;
use crate::client::{CallError, Client};

use super::StartAt;
use super::streams;

/// Records that are looked at, from each shard and of all of them.
const SAMPLES_OF_SHARD: usize = 100;
const SAMPLES_MAX: usize = 400;
/// The engine finds out how long texts are in the sample, and cuts longer ones; later ones may well be longer.
const TEXT_CHARACTERS_MIN: u32 = 1_024;

/// Looks at a stream.
pub(super) async fn mapping(client: &mut Client, stream: &str) -> Result<Mapping, Failure> {
    let samples = samples(client, stream).await.map_err(|error| Failure::caused_by(&error))?;
    if samples.is_empty() {
        let sentence = "holds no records yet, so its columns cannot be found out; put one, and try again";
        return Err(Failure::new(format!("stream '{stream}' {sentence}")));
    }
    // Records that are not as the others are refused as rows when the stream is read.
    let discovered = discover(&samples)
        .map_err(|error| Failure::new(format!("the columns of stream '{stream}' were not found out: {error}")))?;
    let mut mapping = discovered.mapping;
    leave_room(&mut mapping);
    mapping.hidden = Hidden::OF_SHARDS.to_vec();
    Ok(mapping)
}

/// Makes room for texts that are longer than those of the sample.
pub(super) fn leave_room(mapping: &mut Mapping) {
    for column in &mut mapping.columns {
        if let DataType::Varchar(characters) = &mut column.data_type {
            *characters = (*characters).max(TEXT_CHARACTERS_MIN);
        }
    }
}

async fn samples(client: &mut Client, stream: &str) -> Result<Vec<Bytes>, CallError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        shard_iterator: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        records: Vec<Sample>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Sample {
        data: String,
    }
    let start = StartAt::TrimHorizon.iterator_type();
    let mut samples = Vec::new();
    for shard in streams::shards(client, stream).await? {
        let body = json!({"StreamName": stream, "ShardId": shard.shard_id, "ShardIteratorType": start});
        let iterator = client.call_patiently::<Answer>("GetShardIterator", &body).await?.shard_iterator;
        let body = json!({"ShardIterator": iterator, "Limit": SAMPLES_OF_SHARD});
        let page: Page = client.call_patiently("GetRecords", &body).await?;
        // A record that is no base64 was not written by Kinesis; the others tell enough.
        let data = page.records.iter().filter_map(|sample| base64_simd::STANDARD.decode_to_vec(&sample.data).ok());
        for data in data.map(Bytes::from) {
            match log::aggregate::open(&data) {
                Some(users) => samples.extend(users),
                None => samples.push(data),
            }
        }
        if samples.len() >= SAMPLES_MAX {
            break;
        }
    }
    samples.truncate(SAMPLES_MAX);
    Ok(samples)
}
