//! The quick way of large PutRecords calls: the data is decoded once, straight into the batches that the log writes.
//!
//! Taken only where nothing is unusual: plain JSON, no limits to count against, no encryption, at least
//! [`PART_BYTES_MIN`] for each shard. Everything else goes the careful way, which decides the same.

mod answer;
pub(crate) mod scan;

use std::sync::Arc;

use aws::{Call, Codec, Constraints, ServiceError};
use base64_simd::AsOut;
use bytes::Bytes;
use log::{Appended, NewRecord, Packed, Packer, PartSize, Refused};

use self::answer::Entries;
use self::scan::{Found, Scanned};
use crate::Limits;
use crate::key_hash::{self, LANES};
use crate::put::{Incoming, Outcome};
use crate::sequence::Numbering;
use crate::shapes::DistributionStrategy;
use crate::view::StreamView;
use crate::{Kinesis, errors, limits, put, shapes};

/// Below this much for each shard it is better to put small appends of several calls together.
const PART_BYTES_MIN: usize = 16 << 10;

/// A call on its way into the log.
pub(crate) struct Bulk {
    pub(crate) view: Arc<StreamView>,
    packed: Packed,
    /// Open shards that get records, with what they get.
    parts: Vec<(u32, PartSize)>,
    /// For each record its part.
    places: Vec<u16>,
}

/// What came of a call.
pub(crate) enum Written {
    /// Everything is durable; the answer.
    All(Bytes),
    /// For each record what came of it, and the bytes of those that are durable.
    Some(Vec<Outcome>, u64),
}

impl Kinesis {
    /// Takes the body of a call apart, if it is usual.
    pub(crate) async fn bulk(&self, call: &Call, codec: Codec, body: &[u8]) -> Option<Bulk> {
        let is_json = matches!(codec, Codec::Json10 | Codec::Json11);
        if !is_json || self.settings.limits != Limits::Off || body.len() < PART_BYTES_MIN {
            return None;
        }
        let Scanned { records, stream_name, stream_arn } = scan::scan(body)?;
        let (name, arn) = (stream_name.map(str::to_owned), stream_arn.map(str::to_owned));
        let mut check = Constraints::new();
        shapes::stream_name(&mut check, &name);
        shapes::stream_arn(&mut check, &arn);
        check.finish().ok()?;
        let view = self.find_stream(call, &name, &arn).await.ok()?;
        view.require_usable(self.now_ms(), call).ok()?;
        let is_plain = view.record.encryption.is_none() && view.record.strategy != DistributionStrategy::Auto;
        let record_bytes_max = shapes::record_bytes_max(view.record.record_kib_max);
        let is_small = |found: &Found<'_>| found.bytes + found.key.len() <= record_bytes_max;
        if !is_plain || !records.iter().all(is_small) {
            return None;
        }
        let (parts, places) = route(&view, &records);
        let bytes: usize = parts.iter().map(|(_, size)| size.data_bytes()).sum();
        if bytes < parts.len() * PART_BYTES_MIN || bytes > limits::PUT_RECORDS_BYTES_MAX {
            return None;
        }
        let sizes = parts.iter().map(|(shard, size)| (view.shard_id(*shard), *size));
        let mut packer = Packer::new(&self.buffers, sizes);
        for (found, place) in records.iter().zip(&places) {
            packer.push(usize::from(*place), found.key, found.bytes, |room| decode(found, room)).ok()?;
        }
        Some(Bulk { packed: packer.finish(), view, parts, places })
    }

    /// Appends a call.
    pub(crate) async fn put_bulk(&self, call: &Call, bulk: Bulk) -> Result<Written, ServiceError> {
        let Bulk { view, packed, parts, places } = bulk;
        let now = self.host.monotonic();
        for (shard, size) in &parts {
            view.live.shard(*shard).flow().count_written(now, size.data_bytes() as u64);
        }
        let results = self.log.append_packed(packed).await;
        let results = results.map_err(|error| errors::stream_engine(error, &view, call))?;
        for ((shard, size), _) in parts.iter().zip(&results).filter(|(_, result)| result.is_ok()) {
            view.count_written(&view.live.shard(*shard), size.data_bytes() as u64, u64::from(size.count()));
        }
        if results.iter().all(Result::is_ok) {
            let entries = |((shard, _), appended): (&(u32, PartSize), &Appended)| {
                let mut numbering = Numbering::new(view.created_s_of(*shard), *shard);
                Entries::new(numbering.at(appended.first_offset, appended.arrival_ms / 1000), *shard)
            };
            let mut entries: Vec<_> = parts.iter().zip(results.iter().flatten()).map(entries).collect();
            return Ok(Written::All(Bytes::from(answer::write(&mut entries, &places))));
        }
        let mut outcomes = Vec::with_capacity(parts.len());
        let mut durable = 0;
        for ((shard, size), result) in parts.iter().zip(results) {
            let (of_part, bytes) = self.part_outcomes(&view, call, *shard, *size, result).await?;
            outcomes.push(of_part.into_iter());
            durable += bytes;
        }
        let outcome = |place: &u16| outcomes[usize::from(*place)].next().expect("an outcome for every record");
        Ok(Written::Some(places.iter().map(outcome).collect(), durable))
    }

    /// What came of one shard's records, and the bytes of those that are durable; those whose shard was closed in the meantime go to its children.
    async fn part_outcomes(
        &self,
        view: &Arc<StreamView>,
        call: &Call,
        shard: u32,
        size: PartSize,
        result: Result<Appended, Refused>,
    ) -> Result<(Vec<Outcome>, u64), ServiceError> {
        match result {
            Ok(appended) => {
                let mut numbering = Numbering::new(view.created_s_of(shard), shard);
                let outcome = |at: u32| {
                    let offset = appended.first_offset + u64::from(at);
                    Outcome::Written { shard, number: numbering.at(offset, appended.arrival_ms / 1000) }
                };
                Ok(((0..size.count()).map(outcome).collect(), size.data_bytes() as u64))
            }
            Err(Refused { error: log::Error::Sealed { .. }, records }) => {
                let view = self.view(call, view.name()).await?;
                let incoming = |NewRecord { key, value, .. }| Incoming { key, data: value, hash_key: None };
                let incoming: Vec<_> = records.into_iter().map(incoming).collect();
                let outcomes = self.put(&view, call, &incoming).await?;
                let bytes = put::durable_bytes(&incoming, &outcomes);
                Ok((outcomes, bytes))
            }
            Err(Refused { error: log::Error::NotFound, .. }) => Err(errors::stream_not_found(view.name(), call)),
            Err(Refused { error, .. }) => {
                let error = Arc::new(error);
                tracing::warn!(shard, records = size.count(), %error, "records were not written");
                Ok(((0..size.count()).map(|_| Outcome::Failed(Arc::clone(&error))).collect(), 0))
            }
        }
    }
}

impl Bulk {
    /// Records of the call, and what quotas count of them.
    pub(crate) fn size(&self) -> (u64, u64) {
        let bytes: usize = self.parts.iter().map(|(_, size)| size.data_bytes()).sum();
        (self.places.len() as u64, bytes as u64)
    }
}

/// The shards that get records, with what they get, and for each record which of these it belongs to.
fn route(view: &StreamView, records: &[Found<'_>]) -> (Vec<(u32, PartSize)>, Vec<u16>) {
    // For each open shard its part.
    let mut part_of = vec![u16::MAX; view.open_shards().len()];
    let mut parts: Vec<(u32, PartSize)> = Vec::new();
    let mut places = Vec::with_capacity(records.len());
    for some in records.chunks(LANES) {
        let mut keys = [&[][..]; LANES];
        for (key, found) in keys.iter_mut().zip(some) {
            *key = found.key;
        }
        for (found, hash) in some.iter().zip(key_hash::hash_keys(&keys[..some.len()])) {
            let open = view.route_place(hash);
            if part_of[open] == u16::MAX {
                part_of[open] = u16::try_from(parts.len()).expect("not more parts than records");
                parts.push((view.open_shards()[open].1, PartSize::default()));
            }
            parts[usize::from(part_of[open])].1.add(found.key.len(), found.bytes);
            places.push(part_of[open]);
        }
    }
    (parts, places)
}

/// Not base64 after all.
#[derive(Debug)]
pub(crate) struct NotBase64;

/// Decodes the data of a record into room of its length.
pub(crate) fn decode(found: &Found<'_>, room: &mut [u8]) -> Result<(), NotBase64> {
    let expected = room.len();
    let decoded = base64_simd::STANDARD.decode(found.text, room.as_out()).map_err(|_| NotBase64)?;
    if decoded.len() == expected { Ok(()) } else { Err(NotBase64) }
}
