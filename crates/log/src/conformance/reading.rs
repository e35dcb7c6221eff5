//! Rules about reads.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{DAY_MS, PLENTY, Subject, append, assert_refused, ranges};
use crate::{Append, Condition, Error, LogEngine, NewRecord, Position, ReadLimits, RecordBatches, Reshard, ShardId};

pub(super) async fn what_was_appended_is_read_as_it_was(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    let records = vec![
        NewRecord { key: Bytes::from_static(b"k"), value: Bytes::from(vec![9; 100_000]), headers: Vec::new() },
        NewRecord::default(),
        NewRecord {
            key: Bytes::from_static(&[0, 255]),
            value: Bytes::from_static(b"v"),
            headers: vec![
                (Bytes::from_static(b"name"), Bytes::from_static(b"value")),
                (Bytes::new(), Bytes::from(vec![3; 300])),
            ],
        },
    ];
    let append = Append { shard, records: records.clone(), condition: Condition::None };
    let results = subject.engine.append(vec![append]).await.expect("answered");
    let arrival_ms = results[0].as_ref().expect("accepted").arrival_ms;
    let batches = subject.read(shard, 0).await.expect("readable");
    let read: Vec<NewRecord> = batches
        .iter()
        .map(|record| NewRecord {
            key: Bytes::copy_from_slice(record.key),
            value: Bytes::copy_from_slice(record.value),
            headers: record
                .headers()
                .map(|(name, value)| (Bytes::copy_from_slice(name), Bytes::copy_from_slice(value)))
                .collect(),
        })
        .collect();
    assert!(
        read.iter()
            .zip(&records)
            .all(|(read, new)| { read.key == new.key && read.value == new.value && read.headers == new.headers })
    );
    assert!(batches.iter().all(|record| record.arrival_ms == arrival_ms));
    assert_eq!((batches.len(), batches.next), (3, 3));
    assert_eq!(batches.bytes, 100_001 + 3);
}

pub(super) async fn limits_are_kept_but_one_record_always_comes(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    for _ in 0..4 {
        subject.appended(shard, &["0123456", "0123456", "0123456"]).await;
    }
    for (records_max, bytes_max, expected) in
        [(5, 1000, 5), (100, 1000, 12), (100, 40, 4), (100, 39, 3), (100, 1, 1), (0, 0, 1), (1, 1000, 1)]
    {
        let batches =
            subject.engine.read(shard, 0, ReadLimits { records_max, bytes_max }, None).await.expect("readable");
        assert_eq!(batches.len(), expected, "{records_max} records, {bytes_max} bytes");
        assert_eq!(batches.iter().count(), expected);
        assert_eq!(batches.bytes, expected * 10);
    }
}

pub(super) async fn any_offset_can_be_read_from(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    let values: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    for three in values.chunks(3) {
        let three: Vec<&str> = three.iter().map(String::as_str).collect();
        subject.appended(shard, &three).await;
    }
    for from in 0..=30 {
        let batches = subject.read(shard, from).await.expect("readable");
        assert_eq!((batches.from, batches.next), (from, 30));
        let first = batches.iter().next().map(|record| record.offset);
        assert_eq!(first, (from < 30).then_some(from));
        assert_eq!(subject.values(shard, from).await, values[usize::try_from(from).expect("small")..]);
    }
}

pub(super) async fn positions_are_located(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    assert_eq!(subject.locate(shard, Position::Latest).await, 0);
    assert_eq!(subject.locate(shard, Position::AtTime(0)).await, 0);
    let first = subject.appended(shard, &["a", "b"]).await.arrival_ms;
    subject.clock.advance(100);
    let second = subject.appended(shard, &["c"]).await.arrival_ms;
    assert_eq!(second, first + 100);
    for (position, expected) in [
        (Position::Horizon, 0),
        (Position::Latest, 3),
        (Position::At(2), 2),
        (Position::At(3), 3),
        (Position::After(0), 1),
        (Position::After(2), 3),
        (Position::AtTime(0), 0),
        (Position::AtTime(first), 0),
        (Position::AtTime(first + 1), 2),
        (Position::AtTime(second), 2),
        (Position::AtTime(second + 1), 3),
    ] {
        assert_eq!(subject.locate(shard, position).await, expected, "{position:?}");
    }
    for position in [Position::At(4), Position::After(3), Position::After(u64::MAX)] {
        assert_refused!(subject.engine.locate(shard, position).await, Error::Invalid(_));
    }
    subject.engine.trim(shard, 2).await.expect("trims");
    for position in [Position::Horizon, Position::At(0), Position::After(0), Position::AtTime(0)] {
        assert_eq!(subject.locate(shard, position).await, 2, "{position:?}");
    }
}

/// A reader that waits for up to a minute, and has begun to.
async fn waiting(subject: &Subject<'_>, shard: ShardId, from: u64) -> BoxFuture<'static, Result<RecordBatches, Error>> {
    let engine = Arc::clone(&subject.engine);
    let mut reading = async move { engine.read(shard, from, PLENTY, Some(Duration::from_secs(60))).await }.boxed();
    assert!(futures::poll!(&mut reading).is_pending(), "there is nothing to read yet");
    reading
}

pub(super) async fn a_waiting_reader_is_woken_by_an_append(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    let readers = [waiting(subject, shard, 0).await, waiting(subject, shard, 0).await];
    subject.appended(shard, &["a"]).await;
    for reader in readers {
        let batches = reader.await.expect("readable");
        assert_eq!(batches.iter().map(|record| record.value).collect::<Vec<_>>(), [b"a"]);
        assert_eq!(batches.bounds.map(|bounds| bounds.end), Some(1));
    }
}

pub(super) async fn a_waiting_reader_gives_up_in_time(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    let reader = waiting(subject, shard, 0).await;
    subject.clock.advance(60_000);
    let batches = reader.await.expect("an empty answer");
    assert!(batches.is_empty());
    assert_eq!((batches.from, batches.next), (0, 0));
    assert_eq!(batches.bounds.map(|bounds| (bounds.end, bounds.sealed)), Some((0, false)));
}

async fn split(engine: &dyn LogEngine, shard: ShardId, version: u64) {
    let step = Reshard { parents: vec![shard.index], children: ranges(0..=u128::MAX, 2) };
    engine.reshard(shard.stream, version, vec![step], None).await.expect("the shard can be split");
}

pub(super) async fn a_waiting_reader_is_woken_by_a_seal(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    let reader = waiting(subject, shard, 0).await;
    split(&*subject.engine, shard, 1).await;
    let batches = reader.await.expect("an empty answer");
    assert!(batches.is_empty() && batches.bounds.is_some_and(|bounds| bounds.sealed));
    // And from now on nobody waits.
    let again = subject.engine.read(shard, 0, PLENTY, Some(Duration::from_secs(60))).await.expect("an empty answer");
    assert!(again.is_empty());
}

pub(super) async fn a_waiting_reader_is_woken_by_a_deletion(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    let reader = waiting(subject, shard, 0).await;
    subject.engine.delete_stream(shard.stream, 1).await.expect("deletes");
    assert_refused!(reader.await, Error::NotFound);
}

pub(super) async fn reading_behind_the_end_is_refused(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.appended(shard, &["a"]).await;
    assert_refused!(subject.read(shard, 2).await, Error::Invalid(_));
    assert_refused!(subject.read(ShardId { index: 9, ..shard }, 0).await, Error::NotFound);
}

pub(super) async fn counters_count(subject: &Subject<'_>) {
    let shard = subject.stream("s", 1).await.shards[0].id;
    subject.engine.append(vec![append(shard, &["1234567", "1"]), append(shard, &["12"])]).await.expect("answered");
    subject.read(shard, 1).await.expect("readable");
    let stats = subject.engine.shard_stats(shard).await.expect("known");
    assert_eq!((stats.records_in, stats.bytes_in), (3, 19));
    assert_eq!((stats.records_out, stats.bytes_out), (2, 9));
    assert!(stats.stored_bytes > 19);
    let bounds = subject.engine.bounds(shard).await.expect("known");
    assert!(bounds.newest_arrival_ms > DAY_MS);
}
