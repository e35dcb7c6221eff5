//! `GetRecords`.

use std::sync::Arc;

use aws::{Call, Codec, Constraints, Listed, Listing, Operation, Required, See, ServiceError};
use log::{ReadLimits, Shard};
use serde::{Deserialize, Serialize};

use crate::Limits;
use crate::iterator::Place;
use crate::live::ShardLive;
use crate::records::{ChildShard, Records, RecordsOut, has_ended};
use crate::view::StreamView;
use crate::{Kinesis, arn, errors, limits, shapes, shard};

/// Reads records from a place in a shard, and names the place to go on.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct GetRecords {
    shard_iterator: Required<String>,
    limit: Option<i32>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
    dry_run: Option<bool>,
}

/// Pages are large: their records are written one after the other.
#[derive(Debug)]
pub(crate) struct GetRecordsOutput {
    records: RecordsOut,
    rest: GetRecordsRest,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetRecordsRest {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_shard_iterator: Option<String>,
    millis_behind_latest: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    child_shards: Vec<ChildShard>,
}

impl Listing for GetRecordsOutput {
    const NAME: &'static str = "Records";
    type Rest = GetRecordsRest;

    fn rest(&self) -> &GetRecordsRest {
        &self.rest
    }

    fn count(&self) -> usize {
        self.records.count()
    }

    fn items_bytes(&self, codec: Codec) -> Result<u64, ServiceError> {
        self.records.items_bytes(codec)
    }

    fn show_next(&mut self, see: &mut impl See) -> Result<bool, ServiceError> {
        self.records.show_next(see)
    }
}

impl Operation for GetRecords {
    const NAME: &'static str = "GetRecords";
    const ANSWER_BYTES_MAX: usize = limits::GET_RECORDS_ANSWER_BYTES_MAX;
    type Service = Kinesis;
    type Output = Listed<GetRecordsOutput>;

    // The order is AWS's, not the model's.
    fn constraints(&self, check: &mut Constraints) {
        check.member("limit", &self.limit).range(1..=limits::GET_RECORDS_COUNT_MAX as i64);
        check.member("shardIterator", &self.shard_iterator).length(1..=limits::ITERATOR_CHARS_MAX);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<Listed<GetRecordsOutput>, ServiceError> {
        let begun = kinesis.host.monotonic();
        let place = kinesis.iterators.open(&self.shard_iterator)?;
        let now_ms = kinesis.now_ms();
        place.require_fresh(now_ms)?;
        if self.stream_arn.is_some() {
            arn::address(call, &Some(place.stream_name.clone()), &self.stream_arn)?;
        }
        let missing = || errors::shard_not_found(&shard::name(place.shard), &place.stream_name, call);
        let view = kinesis.known_view(call, &place.stream_name).await?;
        // A stream that was deleted and created again is another one; its shards were never in this iterator.
        let view = view.filter(|view| view.stream.id == place.stream).ok_or_else(missing)?;
        let shard = view.stream.shard(place.shard).ok_or_else(missing)?;
        if self.dry_run == Some(true) {
            return Err(errors::dry_run(Self::NAME));
        }
        let live = view.live.shard(place.shard);
        kinesis.admit_read(&view, &live, place.shard, call)?;
        let page = ReadLimits {
            records_max: usize::try_from(self.limit.unwrap_or(i32::MAX))
                .unwrap_or(0)
                .min(limits::GET_RECORDS_COUNT_MAX),
            bytes_max: limits::GET_RECORDS_BYTES_MAX,
        };
        let (records, rest) = kinesis.read_page(&view, shard, &place, page, call).await?;
        count(&view, &live, &records, rest.millis_behind_latest);
        live.flow().reads.spend(records.bytes());
        view.live.counters.get_records_latency.add(kinesis.host.monotonic().saturating_sub(begun));
        Ok(Listed(GetRecordsOutput { records: records.into(), rest }))
    }
}

impl Kinesis {
    /// Refuses with ProvisionedThroughputExceededException once the shard's read limit is used up.
    fn admit_read(&self, view: &StreamView, live: &ShardLive, shard: u32, call: &Call) -> Result<(), ServiceError> {
        let now = self.host.monotonic();
        if self.settings.limits == Limits::Off || live.flow().reads.admit(now) {
            return Ok(());
        }
        live.counters.read_exceeded.add(1);
        view.live.counters.read_exceeded.add(1);
        Err(errors::shard_rate_exceeded(shard, view.name(), call))
    }

    async fn read_page(
        &self,
        view: &StreamView,
        shard: &Shard,
        place: &Place,
        page: ReadLimits,
        call: &Call,
    ) -> Result<(Records, GetRecordsRest), ServiceError> {
        let batches = self.read_or_skip(view, shard.id.index, place.offset, page, None, call).await?;
        let bounds = batches.bounds.expect("a read tells the shard's bounds");
        let (next, now_ms) = (batches.next, self.now_ms());
        let opened = self.open_records(view, shard.id, &batches).await?;
        let records = Records::new(view, shard, batches, opened);
        let millis_behind_latest = records.millis_behind(now_ms, &bounds);
        if has_ended(next, &bounds) {
            let child_shards = self.children_of(view, shard.id.index).await?;
            return Ok((records, GetRecordsRest { next_shard_iterator: None, millis_behind_latest, child_shards }));
        }
        let next_place = Place { offset: next, created_ms: now_ms, ..place.clone() };
        let next_shard_iterator = Some(self.iterators.seal(&next_place));
        Ok((records, GetRecordsRest { next_shard_iterator, millis_behind_latest, child_shards: Vec::new() }))
    }
}

fn count(view: &StreamView, live: &ShardLive, records: &Records, millis_behind_latest: u64) {
    let (count, bytes) = (records.len(), records.bytes());
    let counters = &view.live.counters;
    counters.get_records_bytes.add(bytes);
    counters.get_records_records.add(count);
    counters.get_records_success.add(1);
    counters.get_records_iterator_age_ms.set(millis_behind_latest);
    live.counters.outgoing_bytes.add(bytes);
    live.counters.outgoing_records.add(count);
    live.counters.iterator_age_ms.set(millis_behind_latest);
}
