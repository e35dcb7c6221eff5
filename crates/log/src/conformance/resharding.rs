//! Rules about splits and merges.

use std::sync::Arc;

use bytes::Bytes;
use futures::future;

use super::{Subject, append, assert_refused, ranges};
use crate::{Error, HashRange, Position, Reshard, Sealed, ShardId, Stream};

async fn reshard(subject: &Subject<'_>, stream: &Stream, steps: Vec<Reshard>) -> Result<Arc<Stream>, Error> {
    subject.engine.reshard(stream.id, stream.version, steps, None).await
}

pub(super) async fn a_split_seals_the_parent_at_its_end(subject: &Subject<'_>) {
    let stream = subject.stream("s", 1).await;
    let parent = stream.shards[0].id;
    let last = subject.appended(parent, &["a", "b"]).await;
    let step = Reshard { parents: vec![0], children: ranges(0..=u128::MAX, 2) };
    let after = reshard(subject, &stream, vec![step.clone()]).await.expect("splits");
    assert_eq!(after.version, 2);
    let sealed = after.shard(0).and_then(|shard| shard.sealed);
    assert!(matches!(sealed, Some(Sealed { end: 2, at_ms }) if at_ms >= last.arrival_ms));
    let children: Vec<ShardId> = after.open_shards().map(|shard| shard.id).collect();
    assert_eq!(children.iter().map(|child| child.index).collect::<Vec<_>>(), [1, 2]);
    assert!(after.open_shards().all(|shard| shard.parents == [0] && shard.created_ms >= last.arrival_ms));
    assert_refused!(subject.append(parent, &["c"]).await, Error::Sealed { end: 2 });
    assert_refused!(reshard(subject, &after, vec![step]).await, Error::Sealed { end: 2 });
    let bounds = subject.engine.bounds(parent).await.expect("known");
    assert!(bounds.sealed && bounds.end == 2);
    assert_eq!(subject.values(parent, 0).await, ["a", "b"]);
    assert_eq!(subject.appended(children[0], &["c"]).await.first_offset, 0);
    assert_eq!(subject.values(children[0], 0).await, ["c"]);
    assert_eq!(subject.locate(parent, Position::Latest).await, 2);
}

pub(super) async fn a_merge_has_two_parents(subject: &Subject<'_>) {
    let stream = subject.stream("s", 2).await;
    subject.appended(stream.shards[1].id, &["a"]).await;
    let step = Reshard { parents: vec![1, 0], children: ranges(0..=u128::MAX, 1) };
    let after = reshard(subject, &stream, vec![step]).await.expect("merges");
    let ends: Vec<Option<u64>> = after.shards.iter().map(|shard| shard.sealed.map(|sealed| sealed.end)).collect();
    assert_eq!(ends, [Some(0), Some(1), None]);
    assert_eq!(after.shards[2].parents, [1, 0]);
}

pub(super) async fn children_must_cover_what_the_parents_covered(subject: &Subject<'_>) {
    let stream = subject.stream("s", 3).await;
    let range = |index: usize| stream.shards[index].range;
    let whole = range(0);
    let middle = whole.end / 2;
    for (parents, children) in [
        (vec![0], vec![]),
        (vec![0], vec![HashRange { start: 0, end: middle }]),
        (vec![0], vec![HashRange { start: 0, end: middle }, HashRange { start: middle, end: whole.end }]),
        (vec![0], vec![HashRange { start: 0, end: middle }, HashRange { start: middle + 2, end: whole.end }]),
        (vec![0, 2], vec![HashRange { start: 0, end: u128::MAX }]),
        (vec![], vec![whole]),
    ] {
        assert_refused!(reshard(subject, &stream, vec![Reshard { parents, children }]).await, Error::Invalid(_));
    }
    let unknown = Reshard { parents: vec![9], children: vec![whole] };
    assert_refused!(reshard(subject, &stream, vec![unknown]).await, Error::NotFound);
    let twice = Reshard { parents: vec![0, 0], children: vec![whole] };
    assert_refused!(reshard(subject, &stream, vec![twice]).await, Error::Sealed { .. });
    assert_refused!(reshard(subject, &stream, Vec::new()).await, Error::Invalid(_));
    assert_eq!(subject.engine.describe_stream("s").await.expect("it lives"), stream);
    for shard in &stream.shards {
        subject.appended(shard.id, &["still open"]).await;
    }
}

pub(super) async fn steps_become_visible_together(subject: &Subject<'_>) {
    let stream = subject.stream("s", 2).await;
    let (low, high) = (stream.shards[0].range, stream.shards[1].range);
    let third = high.start + (high.end - high.start) / 2;
    let steps = vec![
        Reshard {
            parents: vec![1],
            children: vec![HashRange { start: high.start, end: third }, HashRange { start: third + 1, end: high.end }],
        },
        // Its second parent is a child of the step before.
        Reshard { parents: vec![0, 2], children: vec![HashRange { start: low.start, end: third }] },
    ];
    let annotation = Bytes::from_static(b"after");
    let after = subject.engine.reshard(stream.id, 1, steps, Some(annotation.clone())).await.expect("reshards");
    assert_eq!((after.version, &after.annotation), (2, &annotation));
    assert_eq!(after.open_shards().map(|shard| shard.id.index).collect::<Vec<_>>(), [3, 4]);
    assert!(after.shard(2).is_some_and(|shard| shard.sealed.is_some_and(|sealed| sealed.end == 0)));
    assert_refused!(subject.append(ShardId { stream: stream.id, index: 2 }, &["a"]).await, Error::Sealed { end: 0 });
    assert_eq!(subject.engine.describe_stream("s").await.expect("it lives"), after);
}

pub(super) async fn appends_during_a_reshard_land_on_one_side(subject: &Subject<'_>) {
    let stream = subject.stream("s", 1).await;
    let parent = stream.shards[0].id;
    let writer = |writer: usize| {
        let engine = Arc::clone(&subject.engine);
        async move {
            let mut accepted = 0_u64;
            for turn in 0..20 {
                match engine.append(vec![append(parent, &[&format!("{writer}-{turn}")])]).await.expect("answered")[0] {
                    Ok(_) => accepted += 1,
                    Err(Error::Sealed { .. }) => break,
                    ref other => panic!("neither accepted nor sealed: {other:?}"),
                }
            }
            accepted
        }
    };
    let splitting = async {
        let step = Reshard { parents: vec![0], children: ranges(0..=u128::MAX, 2) };
        reshard(subject, &stream, vec![step]).await.expect("splits")
    };
    let (accepted, after) = future::join(future::join_all((0..8).map(writer)), splitting).await;
    let end = after.shard(0).and_then(|shard| shard.sealed).map(|sealed| sealed.end);
    assert_eq!(end, Some(accepted.iter().sum()));
    assert_eq!(subject.values(parent, 0).await.len() as u64, accepted.iter().sum::<u64>());
}
