//! What a change makes of a stream: pure functions that every engine uses, so that they agree on what is refused.

use crate::{Alteration, Error, HashRange, NewStream, Reshard, Sealed, Shard, ShardId, Stream, StreamId};

/// The stream that a creation makes.
pub(crate) fn create(new: &NewStream, id: StreamId, now_ms: u64) -> Result<Stream, Error> {
    if new.name.is_empty() {
        return Err(Error::Invalid("a stream needs a name"));
    }
    if new.ranges.is_empty() {
        return Err(Error::Invalid("a stream needs at least one shard"));
    }
    let count = u32::try_from(new.ranges.len()).map_err(|_too_many| Error::Invalid("too many shards"))?;
    if !are_disjoint(&new.ranges) {
        return Err(Error::Invalid("the shards' ranges overlap or are empty"));
    }
    let shard = |(index, range): (u32, &HashRange)| Shard {
        id: ShardId { stream: id, index },
        range: *range,
        parents: Vec::new(),
        created_ms: now_ms,
        sealed: None,
    };
    Ok(Stream {
        id,
        name: new.name.clone(),
        version: 1,
        created_ms: now_ms,
        retention_ms: new.retention_ms,
        annotation: new.annotation.clone(),
        shards: (0..count).zip(&new.ranges).map(shard).collect(),
    })
}

/// The stream after an alteration.
pub(crate) fn alter(stream: &Stream, change: &Alteration) -> Stream {
    let mut altered = Stream { version: stream.version + 1, ..stream.clone() };
    if let Some(retention_ms) = change.retention_ms {
        altered.retention_ms = retention_ms;
    }
    if let Some(annotation) = &change.annotation {
        altered.annotation = annotation.clone();
    }
    altered
}

/// The open shards that these steps seal, or why they cannot be done. Later steps may name children of earlier ones
/// as parents; those never see a record.
pub(crate) fn parents(stream: &Stream, steps: &[Reshard]) -> Result<Vec<u32>, Error> {
    if steps.is_empty() {
        return Err(Error::Invalid("nothing to reshard"));
    }
    // Where the ends will be does not matter for the checks.
    let trial = reshard(stream, steps, None, stream.created_ms, |_| (0, 0))?;
    let was_open = |shard: &&Shard| shard.sealed.is_none();
    let is_sealed = |shard: &&Shard| trial.shard(shard.id.index).is_some_and(|after| after.sealed.is_some());
    Ok(stream.shards.iter().filter(was_open).filter(is_sealed).map(|shard| shard.id.index).collect())
}

/// The stream after resharding; `end_of` tells the end and the newest arrival of a parent that was open before.
pub(crate) fn reshard(
    stream: &Stream,
    steps: &[Reshard],
    annotation: Option<bytes::Bytes>,
    now_ms: u64,
    end_of: impl Fn(u32) -> (u64, u64),
) -> Result<Stream, Error> {
    let first_new = next_index(stream)?;
    let mut resharded = Stream { version: stream.version + 1, ..stream.clone() };
    if let Some(annotation) = annotation {
        resharded.annotation = annotation;
    }
    for step in steps {
        let mut covered = Vec::with_capacity(step.parents.len());
        let mut created_ms = now_ms;
        for &index in &step.parents {
            let found = resharded.shards.binary_search_by_key(&index, |shard| shard.id.index);
            let shard = found.ok().map(|at| &mut resharded.shards[at]).ok_or(Error::NotFound)?;
            if let Some(sealed) = shard.sealed {
                return Err(Error::Sealed { end: sealed.end });
            }
            let (end, newest_arrival_ms) = if index < first_new { end_of(index) } else { (0, shard.created_ms) };
            let at_ms = now_ms.max(newest_arrival_ms);
            shard.sealed = Some(Sealed { end, at_ms });
            covered.push(shard.range);
            // A child is never older than what its parents hold.
            created_ms = created_ms.max(at_ms);
        }
        if !cover_the_same(&covered, &step.children) {
            return Err(Error::Invalid("the children do not cover what the parents covered"));
        }
        for &range in &step.children {
            let id = ShardId { stream: stream.id, index: next_index(&resharded)? };
            resharded.shards.push(Shard { id, range, parents: step.parents.clone(), created_ms, sealed: None });
        }
    }
    Ok(resharded)
}

/// The stream without those sealed shards whose records all are beyond retention; `None` when there are none.
pub(crate) fn forget(stream: &Stream, now_ms: u64) -> Option<Stream> {
    let is_over = |shard: &Shard| match shard.sealed {
        Some(sealed) => sealed.at_ms.saturating_add(stream.retention_ms) < now_ms,
        None => false,
    };
    if !stream.shards.iter().any(is_over) {
        return None;
    }
    let shards = stream.shards.iter().filter(|shard| !is_over(shard)).cloned().collect();
    Some(Stream { version: stream.version + 1, shards, ..stream.clone() })
}

/// The shard of the highest index is never forgotten: it is open, or has children of higher indexes.
fn next_index(stream: &Stream) -> Result<u32, Error> {
    let last = stream.shards.last().expect("a stream has at least one shard");
    last.id.index.checked_add(1).ok_or(Error::Invalid("no more shard indexes"))
}

fn are_disjoint(ranges: &[HashRange]) -> bool {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|range| range.start);
    let in_order = sorted.windows(2).all(|pair| pair[0].end < pair[1].start);
    in_order && sorted.iter().all(|range| range.start <= range.end)
}

/// Whether both are the same stretch of keys without gaps.
fn cover_the_same(parents: &[HashRange], children: &[HashRange]) -> bool {
    matches!((stretch(parents), stretch(children)), (Some(parents), Some(children)) if parents == children)
}

fn stretch(ranges: &[HashRange]) -> Option<(u128, u128)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|range| range.start);
    let gapless = sorted.windows(2).all(|pair| pair[0].end.checked_add(1) == Some(pair[1].start));
    let (first, last) = (sorted.first()?, sorted.last()?);
    (gapless && sorted.iter().all(|range| range.start <= range.end)).then_some((first.start, last.end))
}
