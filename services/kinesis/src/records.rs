//! Stored records as answers show them.

use std::borrow::Cow;
use std::time::Duration;

use aws::{Call, Codec, See, ServiceError, Timestamp, WireEnum};
use log::{Bounds, ReadLimits, RecordBatches, RecordView, RecordWalk, Shard};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use crate::encryption::Opened;
use crate::sequence::{Digits, Numbering};
use crate::shapes::{EncryptionType, HashKeyRange};
use crate::view::StreamView;
use crate::{Kinesis, errors, shard};

/// The records of one answer. They are written from the bytes the engine read, without a copy in between.
#[derive(Debug)]
pub(crate) struct Records {
    batches: RecordBatches,
    /// What was sealed, opened; stands beside the records.
    opened: Opened,
    created_s: u64,
    shard: u32,
}

impl Records {
    pub(crate) fn new(view: &StreamView, shard: &Shard, batches: RecordBatches, opened: Opened) -> Self {
        Self { batches, opened, created_s: view.shard_created_s(shard), shard: shard.id.index }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.batches.next - self.batches.from
    }

    /// How far a reader that goes on behind these is from the tip: 0 there, else the age of the last record, in whole
    /// seconds as AWS answers it, and never 0.
    pub(crate) fn millis_behind(&self, now_ms: u64, bounds: &Bounds) -> u64 {
        if self.batches.next >= bounds.end {
            return 0;
        }
        let last_arrival_ms = self.last_arrival_ms().unwrap_or(bounds.newest_arrival_ms);
        now_ms.saturating_sub(last_arrival_ms).div_ceil(1000).max(1) * 1000
    }

    /// The arrival of the last record.
    pub(crate) fn last_arrival_ms(&self) -> Option<u64> {
        self.batches.last_arrival_ms()
    }

    /// Key and data bytes as they are stored.
    pub(crate) fn bytes(&self) -> u64 {
        self.batches.bytes as u64
    }
}

/// The same records, shown one after the other; what has been shown is not kept.
#[derive(Debug)]
pub(crate) struct RecordsOut {
    records: Records,
    /// Takes the place of the batches once the first record is shown.
    walk: Option<RecordWalk>,
    numbering: Numbering,
    shown: usize,
}

impl From<Records> for RecordsOut {
    fn from(records: Records) -> Self {
        let numbering = Numbering::new(records.created_s, records.shard);
        Self { records, walk: None, numbering, shown: 0 }
    }
}

impl RecordsOut {
    pub(crate) fn count(&self) -> usize {
        self.records.batches.len()
    }

    /// How many bytes all of them take in an answer. The records of a batch differ in nothing but key and data, and all
    /// numbers have equally many digits: what else there is, is measured once.
    pub(crate) fn items_bytes(&self, codec: Codec) -> Result<u64, ServiceError> {
        let mut bytes = 0;
        let number = { self.numbering }.at(self.records.batches.from, 0);
        let mut frame = Frame::default();
        for (at, record) in self.records.batches.iter().enumerate() {
            let record = StoredRecord::new(number, &record, self.records.opened.get(at));
            bytes += if at == 0 || record.key.is_empty() {
                codec.item_bytes(at == 0, &record)?
            } else {
                frame.bytes(codec, &record)? + codec.text_bytes(&text(record.key)) + codec.blob_bytes(record.data.len())
            };
        }
        Ok(bytes)
    }

    pub(crate) fn show_next(&mut self, see: &mut impl See) -> Result<bool, ServiceError> {
        let Self { records, walk, numbering, shown } = self;
        let walk = walk.get_or_insert_with(|| std::mem::take(&mut records.batches).walk());
        let Some(record) = walk.step() else { return Ok(false) };
        let number = numbering.at(record.offset, record.arrival_ms / 1000);
        see.see(&StoredRecord::new(number, &record, records.opened.get(*shown)))?;
        records.opened.forget(*shown);
        *shown += 1;
        Ok(true)
    }
}

/// How long a record is without its key and its data.
#[derive(Debug, Default)]
struct Frame {
    arrival_ms: u64,
    is_sealed: bool,
    /// With what parts it from the record before.
    bytes: Option<u64>,
}

impl Frame {
    /// The bytes around key and data of a record; they are measured where they may have changed.
    fn bytes(&mut self, codec: Codec, record: &StoredRecord<'_>) -> Result<u64, ServiceError> {
        // An empty key would be left out.
        const KEY: &str = "k";
        if let Some(bytes) = self.bytes
            && (self.arrival_ms, self.is_sealed) == (record.arrival_ms, record.is_sealed)
        {
            return Ok(bytes);
        }
        let bare = StoredRecord { key: KEY.as_bytes(), data: &[], ..*record };
        let bytes = codec.item_bytes(false, &bare)? - codec.text_bytes(KEY) - codec.blob_bytes(0);
        *self = Self { arrival_ms: record.arrival_ms, is_sealed: record.is_sealed, bytes: Some(bytes) };
        Ok(bytes)
    }
}

impl Serialize for Records {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(usize::try_from(self.len()).ok())?;
        let mut numbering = Numbering::new(self.created_s, self.shard);
        for (at, record) in self.batches.iter().enumerate() {
            let number = numbering.at(record.offset, record.arrival_ms / 1000);
            list.serialize_element(&StoredRecord::new(number, &record, self.opened.get(at)))?;
        }
        list.end()
    }
}

/// One record on its way out.
struct StoredRecord<'a> {
    number: Digits,
    arrival_ms: u64,
    key: &'a [u8],
    data: &'a [u8],
    is_sealed: bool,
}

impl<'a> StoredRecord<'a> {
    /// With the opened key and data of a record that was sealed.
    fn new(number: Digits, record: &RecordView<'a>, opened: Option<(&'a [u8], &'a [u8])>) -> Self {
        let (key, data) = opened.unwrap_or((record.key, record.value));
        Self { number, arrival_ms: record.arrival_ms, key, data, is_sealed: opened.is_some() }
    }
}

impl Serialize for StoredRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RecordOut {
            sequence_number: self.number,
            approximate_arrival_timestamp: Timestamp::from_ms(self.arrival_ms),
            data: Data(self.data),
            partition_key: (!self.key.is_empty()).then(|| text(self.key)),
            encryption_type: self.is_sealed.then(|| EncryptionType::Kms.name()),
        }
        .serialize(serializer)
    }
}

/// A key as a text. Keys are texts since they were put; looking for what is none is for damaged ones.
fn text(key: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(key).map_or_else(|_| String::from_utf8_lossy(key), Cow::Borrowed)
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct RecordOut<'a> {
    sequence_number: Digits,
    approximate_arrival_timestamp: Timestamp,
    data: Data<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_key: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_type: Option<&'static str>,
}

/// Bytes that are borrowed; the codecs write them as they write blobs.
struct Data<'a>(&'a [u8]);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// A shard that goes on where a closed one ended.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChildShard {
    shard_id: shard::Name,
    parent_shards: Vec<shard::Name>,
    hash_key_range: HashKeyRange,
}

/// The children of a closed shard.
fn children(stream: &log::Stream, parent: u32) -> Vec<ChildShard> {
    let children = stream.shards.iter().filter(|child| child.parents.contains(&parent));
    let child_shard = |child: &Shard| ChildShard {
        shard_id: shard::Name(child.id.index),
        parent_shards: child.parents.iter().map(|parent| shard::Name(*parent)).collect(),
        hash_key_range: child.range.into(),
    };
    children.map(child_shard).collect()
}

/// Whether nothing will ever follow.
pub(crate) fn has_ended(next: u64, bounds: &Bounds) -> bool {
    bounds.sealed && next >= bounds.end
}

impl Kinesis {
    /// Reads from `from` on, or from the horizon if that has been trimmed.
    pub(crate) async fn read_or_skip(
        &self,
        view: &StreamView,
        shard: u32,
        mut from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
        call: &Call,
    ) -> Result<RecordBatches, ServiceError> {
        loop {
            match self.log.read(view.shard_id(shard), from, limits, wait).await {
                Err(log::Error::Trimmed { horizon }) if horizon > from => from = horizon,
                read => return read.map_err(|error| errors::shard_engine(error, shard, view, call)),
            }
        }
    }

    /// The children of a closed shard. The view may be older than the closing.
    pub(crate) async fn children_of(&self, view: &StreamView, parent: u32) -> Result<Vec<ChildShard>, ServiceError> {
        let known = children(&view.stream, parent);
        if !known.is_empty() {
            return Ok(known);
        }
        let newer = self.view_by_key(&view.stream.name).await?;
        Ok(newer.map(|newer| children(&newer.stream, parent)).unwrap_or_default())
    }
}
