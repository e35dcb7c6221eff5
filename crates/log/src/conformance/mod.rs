//! The rules of [`crate::engine`], one test each, for any engine.
//!
//! An engine's own tests call [`check_all`] with a way to build it; every rule gets an engine of its own.

mod appending;
mod changing;
mod clock;
mod reading;
mod resharding;
mod retaining;

use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use host::{Host, OsRandom, TokioTasks};

pub use clock::ManualClock;

use crate::{
    Append, Appended, Condition, Error, HashRange, LogEngine, NewRecord, NewStream, Position, ReadLimits,
    RecordBatches, ShardId, Stream,
};

/// A way to build an engine with nothing in it.
pub trait Factory: Send + Sync {
    /// Builds one on this host.
    fn build(&self, host: Host) -> BoxFuture<'_, Arc<dyn LogEngine>>;

    /// Makes an engine that this built do now what it otherwise does from time to time.
    fn upkeep<'a>(&'a self, engine: &'a Arc<dyn LogEngine>) -> BoxFuture<'a, ()>;
}

/// Day, in milliseconds: the retention of the streams in these tests unless they say otherwise.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// No limits that matter here.
const PLENTY: ReadLimits = ReadLimits { records_max: 100_000, bytes_max: 100_000_000 };

/// An engine under test.
pub(crate) struct Subject<'a> {
    factory: &'a dyn Factory,
    engine: Arc<dyn LogEngine>,
    clock: Arc<ManualClock>,
}

/// Runs every rule; panics where one is broken.
pub async fn check_all(factory: &dyn Factory) {
    macro_rules! rules {
        ($($module:ident :: $rule:ident),* $(,)?) => {
            $({
                tracing::debug!(rule = stringify!($rule));
                $module::$rule(&Subject::build(factory).await).await;
            })*
        };
    }
    rules![
        appending::offsets_are_dense_and_start_at_zero,
        appending::answers_stand_in_the_order_of_the_requests,
        appending::packed_appends_are_as_others,
        appending::packed_appends_to_a_sealed_shard_come_back,
        appending::concurrent_appends_lose_and_double_nothing,
        appending::arrival_never_decreases_even_if_the_clock_does,
        appending::a_condition_that_does_not_hold_writes_nothing,
        appending::nonsense_is_refused,
        appending::a_closed_engine_refuses_appends,
        reading::what_was_appended_is_read_as_it_was,
        reading::limits_are_kept_but_one_record_always_comes,
        reading::any_offset_can_be_read_from,
        reading::positions_are_located,
        reading::a_waiting_reader_is_woken_by_an_append,
        reading::a_waiting_reader_gives_up_in_time,
        reading::a_waiting_reader_is_woken_by_a_seal,
        reading::a_waiting_reader_is_woken_by_a_deletion,
        reading::reading_behind_the_end_is_refused,
        reading::counters_count,
        changing::a_stream_is_described_and_listed,
        changing::names_are_unique_among_the_living,
        changing::a_wrong_version_changes_nothing,
        changing::an_alteration_changes_only_what_it_names,
        changing::a_deleted_stream_is_gone,
        changing::an_id_is_never_used_again,
        resharding::a_split_seals_the_parent_at_its_end,
        resharding::a_merge_has_two_parents,
        resharding::children_must_cover_what_the_parents_covered,
        resharding::steps_become_visible_together,
        resharding::appends_during_a_reshard_land_on_one_side,
        retaining::records_beyond_retention_are_not_shown,
        retaining::raising_retention_brings_nothing_back,
        retaining::lowering_retention_trims_at_once,
        retaining::a_trim_hides_records_for_good,
        retaining::sealed_shards_are_forgotten_when_their_time_is_over,
        retaining::every_method_answers_for_an_empty_shard,
    ];
}

impl<'a> Subject<'a> {
    async fn build(factory: &'a dyn Factory) -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000));
        let clock_of_host: Arc<dyn host::Clock> = Arc::<ManualClock>::clone(&clock);
        let host = Host::new(clock_of_host, Arc::new(OsRandom), host::files::real(), Arc::new(TokioTasks));
        let engine = factory.build(host).await;
        Self { factory, engine, clock }
    }

    /// A stream of so many shards that share all keys evenly.
    async fn stream(&self, name: &str, shards: u128) -> Arc<Stream> {
        let new = NewStream {
            name: name.to_owned(),
            ranges: ranges(0..=u128::MAX, shards),
            retention_ms: DAY_MS,
            annotation: Bytes::from_static(b"note"),
        };
        self.engine.create_stream(new).await.expect("a stream can be created")
    }

    async fn append(&self, shard: ShardId, values: &[&str]) -> Result<Appended, Error> {
        let results = self.engine.append(vec![append(shard, values)]).await?;
        results.into_iter().next().expect("one answer for one append")
    }

    async fn appended(&self, shard: ShardId, values: &[&str]) -> Appended {
        self.append(shard, values).await.expect("the append is accepted")
    }

    async fn read(&self, shard: ShardId, from: u64) -> Result<RecordBatches, Error> {
        self.engine.read(shard, from, PLENTY, None).await
    }

    async fn values(&self, shard: ShardId, from: u64) -> Vec<String> {
        let batches = self.read(shard, from).await.expect("the shard can be read");
        batches.iter().map(|record| String::from_utf8_lossy(record.value).into_owned()).collect()
    }

    async fn locate(&self, shard: ShardId, position: Position) -> u64 {
        self.engine.locate(shard, position).await.expect("the position can be located")
    }

    async fn upkeep(&self) {
        self.factory.upkeep(&self.engine).await;
    }
}

fn record(value: &str) -> NewRecord {
    NewRecord { key: Bytes::from_static(b"key"), value: Bytes::copy_from_slice(value.as_bytes()), headers: Vec::new() }
}

fn append(shard: ShardId, values: &[&str]) -> Append {
    Append { shard, records: values.iter().map(|value| record(value)).collect(), condition: Condition::None }
}

/// Cuts a range of keys into so many even ones.
fn ranges(keys: RangeInclusive<u128>, count: u128) -> Vec<HashRange> {
    let step = (keys.end() - keys.start()) / count;
    let start = |index: u128| keys.start() + index * step + index.min(1);
    let end = |index: u128| if index + 1 == count { *keys.end() } else { start(index + 1) - 1 };
    (0..count).map(|index| HashRange { start: start(index), end: end(index) }).collect()
}

/// Whether a refusal is the expected one.
macro_rules! assert_refused {
    ($result:expr, $pattern:pat) => {{
        let result = $result;
        assert!(matches!(result, Err($pattern)), "expected {}, got {result:?}", stringify!($pattern));
    }};
}
use assert_refused;
