//! How the records of a stream become rows: found out from its oldest records.

use bytes::Bytes;
use flow::formats::{Discovered, Hidden, Mapping, Undiscovered, discover};
use flow::types::DataType;
use serde::Deserialize;
use serde::de::IgnoredAny;
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
    let discovered = discovered(&samples)
        .map_err(|error| Failure::new(format!("the columns of stream '{stream}' were not found out: {error}")))?;
    let mut mapping = discovered.mapping;
    leave_room(&mut mapping);
    mapping.hidden = Hidden::OF_SHARDS.to_vec();
    Ok(mapping)
}

/// Looks at samples. A few that are no JSON among many that are do not keep people from the others: they are refused as rows
/// when the stream is read.
fn discovered(samples: &[Bytes]) -> Result<Discovered, Undiscovered> {
    let is_json = |sample: &&Bytes| {
        let opens = sample.trim_ascii_start().first().is_some_and(|first| b"{[".contains(first));
        opens && serde_json::from_slice::<IgnoredAny>(sample).is_ok()
    };
    let json: Vec<Bytes> = samples.iter().filter(is_json).cloned().collect();
    discover(if json.len() * 2 > samples.len() { &json } else { samples })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(samples: &[&'static str]) -> Result<Vec<String>, Undiscovered> {
        let samples: Vec<Bytes> = samples.iter().map(|sample| Bytes::from_static(sample.as_bytes())).collect();
        let mapping = discovered(&samples)?.mapping;
        Ok(mapping.columns.into_iter().map(|column| column.name).collect())
    }

    #[test]
    fn a_few_bad_records_do_not_hide_the_columns_of_the_others() {
        for bad in ["nonsense", "{\"a\": ", "7", ""] {
            assert_eq!(names(&["{\"a\": 1}", bad, " {\"a\": 2}"]), Ok(vec!["a".to_owned()]), "{bad}");
            assert_eq!(names(&[bad, "{\"a\": 1}", "{\"a\": 2}"]), Ok(vec!["a".to_owned()]), "{bad}");
        }
        assert_eq!(names(&["{\"a\": 1}", "nonsense"]), Err(Undiscovered::NotJson));
        assert_eq!(names(&[]), Err(Undiscovered::Empty));
    }
}
