//! Rules about retention and trimming.

use super::{DAY_MS, Subject, assert_refused, ranges};
use crate::{Alteration, Error, Position, Reshard};

pub(super) async fn records_beyond_retention_are_not_shown(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.appended(shard, &["a", "b"]).await;
    subject.clock.advance(DAY_MS / 2);
    subject.appended(shard, &["c"]).await;
    // The horizon moves in steps that are small against the retention.
    subject.clock.advance(DAY_MS / 2 + DAY_MS / 100);
    assert_eq!(subject.locate(shard, Position::Horizon).await, 2);
    assert_refused!(subject.read(shard, 1).await, Error::Trimmed { horizon: 2 });
    assert_eq!(subject.values(shard, 2).await, ["c"]);
    subject.clock.advance(DAY_MS);
    let bounds = subject.engine.bounds(shard).await.expect("known");
    assert_eq!((bounds.horizon, bounds.end), (3, 3));
    assert!(subject.values(shard, 3).await.is_empty());
    assert_eq!(subject.appended(shard, &["d"]).await.first_offset, 3);
}

async fn set_retention(subject: &Subject<'_>, version: u64, retention_ms: u64) {
    let id = subject.engine.describe_stream("s").await.expect("it lives").id;
    let change = Alteration { retention_ms: Some(retention_ms), annotation: None };
    subject.engine.alter_stream(id, version, change).await.expect("altered");
}

pub(super) async fn raising_retention_brings_nothing_back(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.appended(shard, &["a"]).await;
    subject.clock.advance(DAY_MS + DAY_MS / 100);
    subject.appended(shard, &["b"]).await;
    set_retention(subject, 1, 10 * DAY_MS).await;
    assert_eq!(subject.locate(shard, Position::Horizon).await, 1);
    subject.clock.advance(5 * DAY_MS);
    assert_eq!(subject.values(shard, 1).await, ["b"]);
}

pub(super) async fn lowering_retention_trims_at_once(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.appended(shard, &["a"]).await;
    subject.clock.advance(DAY_MS / 2);
    subject.appended(shard, &["b"]).await;
    set_retention(subject, 1, DAY_MS / 4).await;
    assert_refused!(subject.read(shard, 0).await, Error::Trimmed { horizon: 1 });
    set_retention(subject, 2, DAY_MS).await;
    assert_refused!(subject.read(shard, 0).await, Error::Trimmed { horizon: 1 });
    assert_eq!(subject.values(shard, 1).await, ["b"]);
}

pub(super) async fn a_trim_hides_records_for_good(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.appended(shard, &["a", "b", "c"]).await;
    subject.engine.trim(shard, 2).await.expect("trims");
    assert_refused!(subject.read(shard, 1).await, Error::Trimmed { horizon: 2 });
    assert_eq!(subject.values(shard, 2).await, ["c"]);
    subject.engine.trim(shard, 1).await.expect("trimming less changes nothing");
    assert_eq!(subject.locate(shard, Position::Horizon).await, 2);
    assert_refused!(subject.engine.trim(shard, 4).await, Error::Invalid(_));
    subject.engine.trim(shard, 3).await.expect("trims all");
    let bounds = subject.engine.bounds(shard).await.expect("known");
    assert_eq!((bounds.horizon, bounds.end), (3, 3));
    assert_eq!(subject.appended(shard, &["d"]).await.first_offset, 3);
    assert_eq!(subject.values(shard, 3).await, ["d"]);
}

pub(super) async fn sealed_shards_are_forgotten_when_their_time_is_over(subject: &Subject<'_>) {
    let stream = subject.stream("s", 1).await;
    let parent = stream.shards[0].id;
    subject.appended(parent, &["a"]).await;
    let step = Reshard { parents: vec![0], children: ranges(0..=u128::MAX, 2) };
    subject.engine.reshard(stream.id, 1, vec![step], None).await.expect("splits");
    subject.clock.advance(DAY_MS / 2);
    subject.upkeep().await;
    assert_eq!(subject.engine.describe_stream("s").await.expect("it lives").shards.len(), 3);
    subject.clock.advance(DAY_MS / 2 + DAY_MS / 100);
    subject.upkeep().await;
    let after = subject.engine.describe_stream("s").await.expect("it lives");
    assert_eq!(after.shards.iter().map(|shard| shard.id.index).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(after.version, 3);
    assert_refused!(subject.read(parent, 0).await, Error::NotFound);
    // Indexes are not used again.
    let step = Reshard { parents: vec![1, 2], children: ranges(0..=u128::MAX, 1) };
    let merged = subject.engine.reshard(stream.id, 3, vec![step], None).await.expect("merges");
    assert_eq!(merged.open_shards().map(|shard| shard.id.index).collect::<Vec<_>>(), [3]);
}

pub(super) async fn every_method_answers_for_an_empty_shard(subject: &Subject<'_>) {
    let stream = subject.stream("s", 1).await;
    let shard = stream.shards[0].id;
    let engine = &subject.engine;
    let bounds = engine.bounds(shard).await.expect("known");
    assert_eq!((bounds.horizon, bounds.end, bounds.sealed), (0, 0, false));
    assert_eq!(bounds.newest_arrival_ms, stream.shards[0].created_ms);
    assert!(engine.segments(shard).await.expect("known").is_empty());
    assert_eq!(engine.owner(shard).await.expect("known"), None);
    assert_eq!(engine.shard_stats(shard).await.expect("known"), crate::ShardStats::default());
    engine.trim(shard, 0).await.expect("nothing to trim");
    assert!(subject.read(shard, 0).await.expect("readable").is_empty());
    engine.close().await.expect("closes");
}
