//! What the log keeps in the store: JSON with named fields, so that it can grow.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::Changes;

use crate::segment::SegmentMeta;
use crate::{HashRange, Sealed, Shard, ShardId, Stream, StreamId};

pub(crate) const STREAMS: &str = "log/streams";
pub(crate) const SHARDS: &str = "log/shards";
const META: &str = "log/meta";
const NEXT_STREAM: &[u8] = b"next_stream";
const CHECKPOINT: &[u8] = b"checkpoint";

/// Which part of the write-ahead log is in segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Checkpoint {
    /// Files up to this generation need not be read any more.
    pub(crate) generation: u64,
    /// The last block in them.
    pub(crate) lsn: u64,
}

/// What a shard needs besides the stream's descriptor. A shard without one has nothing in segments and no trim.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ShardRecord {
    /// One past the last offset that is in segments.
    pub(crate) flushed: u64,
    /// Arrival of that last record.
    pub(crate) last_arrival_ms: u64,
    /// The first readable offset, as far as it was decided for good.
    pub(crate) trim: u64,
    pub(crate) segments: Vec<SegmentMeta>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StreamRecord {
    name: String,
    version: u64,
    created_ms: u64,
    retention_ms: u64,
    /// Base64.
    annotation: String,
    shards: Vec<StreamShard>,
}

/// Hash keys as text: JSON's numbers are not made for 128 bits.
#[derive(Debug, Serialize, Deserialize)]
struct StreamShard {
    index: u32,
    start: String,
    end: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parents: Vec<u32>,
    created_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Sealed>,
}

fn encode(record: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(record).expect("structs with string keys always serialize")
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

pub(crate) fn stream_key(id: StreamId) -> [u8; 8] {
    id.0.to_be_bytes()
}

pub(crate) fn shard_key(id: ShardId) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&id.stream.0.to_be_bytes());
    key[8..].copy_from_slice(&id.index.to_be_bytes());
    key
}

/// The shard of a key.
pub(crate) fn shard_of_key(key: &[u8]) -> Option<ShardId> {
    let (stream, index) = key.split_first_chunk::<8>()?;
    let index = u32::from_be_bytes(index.try_into().ok()?);
    Some(ShardId { stream: StreamId(u64::from_be_bytes(*stream)), index })
}

pub(crate) fn put_stream(changes: Changes, stream: &Stream) -> Changes {
    changes.put(STREAMS, stream_key(stream.id), stream_value(stream))
}

fn stream_value(stream: &Stream) -> Vec<u8> {
    let shard = |shard: &Shard| StreamShard {
        index: shard.id.index,
        start: shard.range.start.to_string(),
        end: shard.range.end.to_string(),
        parents: shard.parents.clone(),
        created_ms: shard.created_ms,
        sealed: shard.sealed,
    };
    let record = StreamRecord {
        name: stream.name.clone(),
        version: stream.version,
        created_ms: stream.created_ms,
        retention_ms: stream.retention_ms,
        annotation: base64_simd::STANDARD.encode_to_string(&stream.annotation),
        shards: stream.shards.iter().map(shard).collect(),
    };
    encode(&record)
}

pub(crate) fn stream(key: &[u8], value: &[u8]) -> Option<Stream> {
    let id = StreamId(u64::from_be_bytes(key.try_into().ok()?));
    let record: StreamRecord = decode(value)?;
    let annotation = base64_simd::STANDARD.decode_to_vec(record.annotation.as_bytes()).ok()?;
    let shard = |shard: StreamShard| -> Option<Shard> {
        Some(Shard {
            id: ShardId { stream: id, index: shard.index },
            range: HashRange { start: shard.start.parse().ok()?, end: shard.end.parse().ok()? },
            parents: shard.parents,
            created_ms: shard.created_ms,
            sealed: shard.sealed,
        })
    };
    Some(Stream {
        id,
        name: record.name,
        version: record.version,
        created_ms: record.created_ms,
        retention_ms: record.retention_ms,
        annotation: Bytes::from(annotation),
        shards: record.shards.into_iter().map(shard).collect::<Option<_>>()?,
    })
}

pub(crate) fn put_shard(changes: Changes, id: ShardId, record: &ShardRecord) -> Changes {
    changes.put(SHARDS, shard_key(id), encode(record))
}

pub(crate) fn shard(value: &[u8]) -> Option<ShardRecord> {
    decode(value)
}

pub(crate) fn put_next_stream(changes: Changes, next: StreamId) -> Changes {
    changes.put(META, NEXT_STREAM, next.0.to_be_bytes())
}

/// The first id that no stream ever had.
pub(crate) fn next_stream(store: &store::Store) -> Result<StreamId, store::Error> {
    let value = store.get(META, NEXT_STREAM)?;
    let next = value.and_then(|value| value.try_into().ok()).map_or(0, u64::from_be_bytes);
    Ok(StreamId(next))
}

pub(crate) fn put_checkpoint(changes: Changes, checkpoint: Checkpoint) -> Changes {
    changes.put(META, CHECKPOINT, encode(&checkpoint))
}

pub(crate) fn checkpoint(store: &store::Store) -> Result<Option<Checkpoint>, store::Error> {
    Ok(store.get(META, CHECKPOINT)?.map_or(Some(Checkpoint::default()), |value| decode(&value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_survives_the_store() {
        let id = StreamId(77);
        let shard = |index, sealed| Shard {
            id: ShardId { stream: id, index },
            range: HashRange { start: u128::from(index) << 100, end: u128::MAX },
            parents: vec![0; index as usize],
            created_ms: 5,
            sealed,
        };
        let before = Stream {
            id,
            name: "a/b:ö".to_owned(),
            version: 3,
            created_ms: 4,
            retention_ms: u64::MAX,
            annotation: Bytes::from_static(&[0, 255, 7]),
            shards: vec![shard(0, Some(Sealed { end: 9, at_ms: 10 })), shard(2, None)],
        };
        assert_eq!(stream(&stream_key(id), &stream_value(&before)), Some(before.clone()));
        assert_eq!(shard_of_key(&shard_key(before.shards[1].id)), Some(before.shards[1].id));
        assert_eq!(stream(b"short", b"{}"), None);
    }

    #[test]
    fn a_shard_record_of_an_older_version_is_read() {
        assert_eq!(shard(b"{\"flushed\":3}"), Some(ShardRecord { flushed: 3, ..ShardRecord::default() }));
        assert_eq!(shard(b"{"), None);
    }
}
