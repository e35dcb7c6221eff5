//! Rules about streams.

use std::sync::Arc;

use bytes::Bytes;

use super::{DAY_MS, Subject, assert_refused, ranges};
use crate::{Alteration, Error, HashRange, NewStream, Stream, StreamId};

pub(super) async fn a_stream_is_described_and_listed(subject: &Subject<'_>) {
    for name in ["b/2", "a/1", "b/1", "b/10", "c"] {
        subject.stream(name, 2).await;
    }
    let stream = subject.engine.describe_stream("b/1").await.expect("it lives");
    assert_eq!((stream.name.as_str(), stream.version, stream.retention_ms), ("b/1", 1, DAY_MS));
    assert_eq!(stream.annotation, Bytes::from_static(b"note"));
    assert_eq!(stream.shards.iter().map(|shard| shard.id.index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(stream.shards.iter().map(|shard| shard.range).collect::<Vec<_>>(), ranges(0..=u128::MAX, 2));
    let names = async |prefix, after, count_max| -> Vec<String> {
        let streams = subject.engine.list_streams(prefix, after, count_max).await.expect("listed");
        streams.iter().map(|stream| stream.name.clone()).collect()
    };
    assert_eq!(names("b/", None, 10).await, ["b/1", "b/10", "b/2"]);
    assert_eq!(names("b/", None, 2).await, ["b/1", "b/10"]);
    assert_eq!(names("b/", Some("b/10"), 2).await, ["b/2"]);
    assert_eq!(names("b/", Some("a"), 10).await, ["b/1", "b/10", "b/2"]);
    assert_eq!(names("", Some("b/2"), 10).await, ["c"]);
    assert_refused!(subject.engine.describe_stream("b").await, Error::NotFound);
}

pub(super) async fn names_are_unique_among_the_living(subject: &Subject<'_>) {
    let first = subject.stream("s", 1).await;
    let new = NewStream {
        name: "s".to_owned(),
        ranges: ranges(0..=u128::MAX, 1),
        retention_ms: DAY_MS,
        annotation: Bytes::new(),
    };
    assert_refused!(subject.engine.create_stream(new.clone()).await, Error::Conflict { .. });
    for refused in [
        NewStream { name: String::new(), ..new.clone() },
        NewStream { name: "t".to_owned(), ranges: Vec::new(), ..new.clone() },
        NewStream { name: "t".to_owned(), ranges: vec![HashRange { start: 2, end: 1 }], ..new.clone() },
        NewStream { name: "t".to_owned(), ranges: vec![HashRange { start: 0, end: 9 }; 2], ..new.clone() },
    ] {
        assert_refused!(subject.engine.create_stream(refused).await, Error::Invalid(_));
    }
    subject.engine.delete_stream(first.id, first.version).await.expect("deletes");
    assert_ne!(subject.engine.create_stream(new).await.expect("the name is free").id, first.id);
}

pub(super) async fn a_wrong_version_changes_nothing(subject: &Subject<'_>) {
    let stream = subject.stream("s", 1).await;
    let change = || Alteration { retention_ms: Some(5), annotation: None };
    assert_refused!(subject.engine.alter_stream(stream.id, 2, change()).await, Error::Conflict { next: 1 });
    assert_refused!(subject.engine.delete_stream(stream.id, 0).await, Error::Conflict { next: 1 });
    assert_refused!(subject.engine.reshard(stream.id, 7, Vec::new(), None).await, Error::Conflict { next: 1 });
    assert_refused!(subject.engine.alter_stream(StreamId(u64::MAX), 1, change()).await, Error::NotFound);
    assert_eq!(subject.engine.describe_stream("s").await.expect("it lives"), stream);
}

pub(super) async fn an_alteration_changes_only_what_it_names(subject: &Subject<'_>) {
    let stream = subject.stream("s", 2).await;
    let alter = async |version, change| -> Arc<Stream> {
        subject.engine.alter_stream(stream.id, version, change).await.expect("altered")
    };
    let first = alter(1, Alteration { retention_ms: Some(2 * DAY_MS), annotation: None }).await;
    assert_eq!(*first, Stream { version: 2, retention_ms: 2 * DAY_MS, ..Stream::clone(&stream) });
    let annotation = Bytes::from_static(b"other");
    let second = alter(2, Alteration { retention_ms: None, annotation: Some(annotation.clone()) }).await;
    assert_eq!(*second, Stream { version: 3, annotation, ..Stream::clone(&first) });
    assert_eq!(subject.engine.describe_stream("s").await.expect("it lives"), second);
}

pub(super) async fn a_deleted_stream_is_gone(subject: &Subject<'_>) {
    let stream = subject.stream("s", 1).await;
    let shard = stream.shards[0].id;
    subject.appended(shard, &["a"]).await;
    subject.engine.delete_stream(stream.id, 1).await.expect("deletes");
    assert_refused!(subject.engine.describe_stream("s").await, Error::NotFound);
    assert_refused!(subject.append(shard, &["b"]).await, Error::NotFound);
    assert_refused!(subject.read(shard, 0).await, Error::NotFound);
    assert_refused!(subject.engine.bounds(shard).await, Error::NotFound);
    assert_refused!(subject.engine.delete_stream(stream.id, 1).await, Error::NotFound);
    assert!(subject.engine.list_streams("", None, 10).await.expect("listed").is_empty());
}

pub(super) async fn an_id_is_never_used_again(subject: &Subject<'_>) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        let stream = subject.stream("s", 1).await;
        subject.appended(stream.shards[0].id, &["a"]).await;
        assert_eq!(subject.values(stream.shards[0].id, 0).await, ["a"]);
        subject.engine.delete_stream(stream.id, 1).await.expect("deletes");
        assert!(!ids.contains(&stream.id));
        ids.push(stream.id);
    }
}
