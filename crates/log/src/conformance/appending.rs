//! Rules about appends.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future;

use super::{Subject, append, assert_refused};
use host::files::Buffers;

use crate::{Append, Condition, Error, Packed, Refused, Reshard, ShardId, StreamId};

pub(super) async fn offsets_are_dense_and_start_at_zero(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    assert_eq!(subject.appended(shard, &["a", "b"]).await.first_offset, 0);
    assert_eq!(subject.appended(shard, &["c"]).await.first_offset, 2);
    let batches = subject.read(shard, 0).await.expect("readable");
    let offsets: Vec<u64> = batches.iter().map(|record| record.offset).collect();
    assert_eq!(offsets, [0, 1, 2]);
}

pub(super) async fn answers_stand_in_the_order_of_the_requests(subject: &Subject<'_>) {
    let stream = subject.stream("s", 2).await;
    let (first, second) = (stream.shards[0].id, stream.shards[1].id);
    let nowhere = ShardId { stream: StreamId(u64::MAX), index: 0 };
    let appends =
        vec![append(second, &["a"]), append(nowhere, &["b"]), append(first, &["c", "d"]), append(second, &["e"])];
    let results = subject.engine.append(appends).await.expect("answered");
    let offsets: Vec<Option<u64>> = results.iter().map(|result| Some(result.as_ref().ok()?.first_offset)).collect();
    assert_eq!(offsets, [Some(0), None, Some(0), Some(1)]);
    assert_refused!(&results[1], Error::NotFound);
    assert_eq!(subject.values(first, 0).await, ["c", "d"]);
    assert_eq!(subject.values(second, 0).await, ["a", "e"]);
    assert!(subject.engine.append(Vec::new()).await.expect("answered").is_empty());
}

pub(super) async fn packed_appends_are_as_others(subject: &Subject<'_>) {
    let stream = subject.stream("s", 2).await;
    let (first, second) = (stream.shards[0].id, stream.shards[1].id);
    let nowhere = ShardId { stream: StreamId(u64::MAX), index: 0 };
    let long = "l".repeat(10_000);
    subject.appended(first, &["a"]).await;
    let appends = [append(first, &["b", &long, ""]), append(nowhere, &["c"]), append(second, &["d"])];
    let packed = Packed::of(&Buffers::default(), &appends);
    let results = subject.engine.append_packed(packed).await.expect("answered");
    let offsets: Vec<Option<u64>> = results.iter().map(|result| Some(result.as_ref().ok()?.first_offset)).collect();
    assert_eq!(offsets, [Some(1), None, Some(0)]);
    assert!(matches!(&results[1], Err(Refused { error: Error::NotFound, records }) if records.is_empty()));
    subject.appended(first, &["e"]).await;
    assert_eq!(subject.values(first, 0).await, ["a", "b", &long, "", "e"]);
    assert_eq!(subject.values(first, 2).await, [&long, "", "e"]);
    assert_eq!(subject.values(second, 0).await, ["d"]);
    let batches = subject.read(second, 0).await.expect("readable");
    assert!(batches.iter().all(|record| record.key == b"key" && record.headers().count() == 0));
    let stats = subject.engine.shard_stats(first).await.expect("known");
    assert_eq!((stats.records_in, stats.bytes_in), (5, 3 + 5 * 3 + 10_000));
}

pub(super) async fn packed_appends_to_a_sealed_shard_come_back(subject: &Subject<'_>) {
    let stream = subject.stream("s", 2).await;
    let (sealed, open) = (stream.shards[0].id, stream.shards[1].id);
    let range = stream.shards[0].range;
    let split = Reshard { parents: vec![0], children: super::ranges(range.start..=range.end, 2) };
    subject.engine.reshard(stream.id, stream.version, vec![split], None).await.expect("a split");
    let packed = Packed::of(&Buffers::default(), &[append(sealed, &["a", "b"]), append(open, &["c"])]);
    let results = subject.engine.append_packed(packed).await.expect("answered");
    let Err(Refused { error: Error::Sealed { end: 0 }, records }) = &results[0] else { panic!("{results:?}") };
    let values: Vec<&[u8]> = records.iter().map(|record| &record.value[..]).collect();
    assert_eq!(values, [b"a", b"b"]);
    assert!(records.iter().all(|record| record.key == "key"));
    assert_eq!(subject.values(open, 0).await, ["c"]);
}

pub(super) async fn concurrent_appends_lose_and_double_nothing(subject: &Subject<'_>) {
    let stream = subject.stream("s", 3).await;
    let shards: Vec<ShardId> = stream.shards.iter().map(|shard| shard.id).collect();
    let writer = |writer: usize| {
        let (engine, shards) = (Arc::clone(&subject.engine), shards.clone());
        async move {
            for turn in 0..20 {
                let shard = shards[(writer + turn) % shards.len()];
                let results = engine.append(vec![append(shard, &[&format!("{writer}-{turn}")])]).await;
                assert!(results.expect("answered")[0].is_ok());
            }
        }
    };
    future::join_all((0..16).map(writer)).await;
    let mut seen = BTreeSet::new();
    for shard in shards {
        let values = subject.values(shard, 0).await;
        for own in 0..16 {
            let turns = values.iter().filter_map(|value| value.strip_prefix(&format!("{own}-"))?.parse::<u32>().ok());
            assert!(turns.is_sorted(), "a writer's records are in its order");
        }
        for value in values {
            assert!(seen.insert(value), "no record is there twice");
        }
    }
    assert_eq!(seen.len(), 16 * 20);
}

pub(super) async fn arrival_never_decreases_even_if_the_clock_does(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.clock.advance(1000);
    let first = subject.appended(shard, &["a"]).await.arrival_ms;
    subject.clock.step_back(500);
    assert_eq!(subject.appended(shard, &["b"]).await.arrival_ms, first);
    subject.clock.advance(501);
    assert_eq!(subject.appended(shard, &["c"]).await.arrival_ms, first + 1);
    let batches = subject.read(shard, 0).await.expect("readable");
    assert!(batches.iter().map(|record| record.arrival_ms).is_sorted());
    assert_eq!(subject.engine.bounds(shard).await.expect("known").newest_arrival_ms, first + 1);
}

pub(super) async fn a_condition_that_does_not_hold_writes_nothing(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    let at = |offset, value| Append { condition: Condition::NextOffset(offset), ..append(shard, &[value]) };
    let appends = vec![at(0, "a"), at(0, "b"), at(1, "c"), at(5, "d")];
    let results = subject.engine.append(appends).await.expect("answered");
    assert_eq!(results[0].as_ref().expect("holds").first_offset, 0);
    assert_refused!(&results[1], Error::Conflict { next: 1 });
    assert_eq!(results[2].as_ref().expect("holds").first_offset, 1);
    assert_refused!(&results[3], Error::Conflict { next: 2 });
    let only_refused = subject.engine.append(vec![at(7, "e")]).await.expect("answered");
    assert_refused!(&only_refused[0], Error::Conflict { next: 2 });
    assert_eq!(subject.values(shard, 0).await, ["a", "c"]);
}

pub(super) async fn nonsense_is_refused(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    assert_refused!(subject.append(shard, &[]).await, Error::Invalid(_));
    assert_refused!(subject.append(ShardId { index: 1, ..shard }, &["a"]).await, Error::NotFound);
    assert_eq!(subject.engine.bounds(shard).await.expect("known").end, 0);
}

pub(super) async fn a_closed_engine_refuses_appends(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.appended(shard, &["a"]).await;
    subject.engine.close().await.expect("closes");
    assert_refused!(subject.append(shard, &["b"]).await, Error::Unavailable { .. });
    assert_eq!(subject.values(shard, 0).await, ["a"]);
    subject.engine.close().await.expect("closes again");
}
