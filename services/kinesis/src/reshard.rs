//! Splits, merges and what AWS makes of them to reach a number of shards: plans as pure functions, and the one place
//! that carries them out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::{Call, ServiceError};
use log::{HashRange, Reshard};

use crate::shapes::StreamMode;
use crate::stream::StreamRecord;
use crate::view::StreamView;
use crate::{Kinesis, errors, shard};

/// Attempts at a change that other changes of the same stream keep overtaking.
pub(crate) const ATTEMPTS_MAX: usize = 16;

/// The open shards a plan works on, ordered by hash key, and the steps so far.
#[derive(Debug)]
pub(crate) struct Plan {
    open: Vec<(HashRange, u32)>,
    next_index: u32,
    steps: Vec<Reshard>,
}

impl Plan {
    /// A plan that begins with the stream's open shards.
    pub(crate) fn of(stream: &log::Stream) -> Self {
        let open = stream.open_shards().map(|shard| (shard.range, shard.id.index));
        // Indexes are never reused, and the newest shard is always open, hence listed.
        let next_index = stream.shards.last().map_or(0, |shard| shard.id.index + 1);
        Self::new(open, next_index)
    }

    fn new(open: impl IntoIterator<Item = (HashRange, u32)>, next_index: u32) -> Self {
        let mut open: Vec<_> = open.into_iter().collect();
        open.sort_unstable_by_key(|(range, _)| range.start);
        Self { open, next_index, steps: Vec::new() }
    }

    /// The open shards as the plan leaves them, by hash key.
    pub(crate) fn open(&self) -> &[(HashRange, u32)] {
        &self.open
    }

    /// The steps, in order.
    pub(crate) fn into_steps(self) -> Vec<Reshard> {
        self.steps
    }

    /// Splits the shard at `position` so that its upper half begins with `boundary`.
    pub(crate) fn split(&mut self, position: usize, boundary: u128) {
        let (range, parent) = self.open[position];
        assert!(range.start < boundary && boundary <= range.end, "both halves of a split own a key");
        let lower = HashRange { start: range.start, end: boundary - 1 };
        let upper = HashRange { start: boundary, end: range.end };
        self.steps.push(Reshard { parents: vec![parent], children: vec![lower, upper] });
        self.open[position] = (lower, self.next_index);
        self.open.insert(position + 1, (upper, self.next_index + 1));
        self.next_index += 2;
    }

    /// Merges the shard at `position` with the one above it.
    pub(crate) fn merge(&mut self, position: usize) {
        let ((lower, first), (upper, second)) = (self.open[position], self.open[position + 1]);
        let child = HashRange { start: lower.start, end: upper.end };
        self.steps.push(Reshard { parents: vec![first, second], children: vec![child] });
        self.open[position] = (child, self.next_index);
        self.open.remove(position + 1);
        self.next_index += 1;
    }

    /// Makes `count` equal shards the way AWS does: every shard is split at the new boundaries inside it, the middle
    /// one first; then what belongs together is merged in pairs. A shard that fits already stays.
    pub(crate) fn make_uniform(&mut self, count: u32) {
        let targets = shard::uniform_ranges(count);
        let boundaries: Vec<u128> = targets.iter().skip(1).map(|range| range.start).collect();
        let mut position = 0;
        while position < self.open.len() {
            let range = self.open[position].0;
            let first = boundaries.partition_point(|boundary| *boundary <= range.start);
            let last = boundaries.partition_point(|boundary| *boundary <= range.end);
            match &boundaries[first..last] {
                [] => position += 1,
                inside => self.split(position, inside[inside.len() / 2]),
            }
        }
        for (position, target) in targets.iter().enumerate() {
            while self.open[position].0.end < target.end {
                // In rounds, so that the family tree grows with the logarithm of the number of pieces.
                let pieces = self.open[position..].iter().take_while(|(range, _)| range.end <= target.end).count();
                for pair in 0..pieces / 2 {
                    self.merge(position + pair);
                }
            }
        }
    }

    /// Splits the widest shards in half until there are `count`, or until nothing can be split.
    pub(crate) fn widen_to(&mut self, count: usize) {
        while self.open.len() < count {
            let widths = self.open.iter().enumerate().map(|(at, (range, _))| (range.end - range.start, at));
            // The lowest of equally wide ones, so that the outcome does not depend on the order of ties.
            let widest = widths.max_by_key(|(width, at)| (*width, usize::MAX - at));
            let Some((width, position)) = widest.filter(|(width, _)| *width > 1) else { return };
            let start = self.open[position].0.start;
            self.split(position, start + width / 2 + 1);
        }
    }
}

/// How many more open shards there are than before at the most while the steps are carried out.
pub(crate) fn additional_shards(steps: &[Reshard]) -> usize {
    let (mut more, mut most) = (0_i64, 0_i64);
    for step in steps {
        more += step.children.len() as i64 - step.parents.len() as i64;
        most = most.max(more);
    }
    usize::try_from(most).unwrap_or(0)
}

/// Open shards once the steps are carried out.
fn open_after(stream: &log::Stream, steps: &[Reshard]) -> usize {
    let made: usize = steps.iter().map(|step| step.children.len()).sum();
    let closed: usize = steps.iter().map(|step| step.parents.len()).sum();
    stream.open_shards().count() + made - closed
}

/// The creation seconds of the shards that the steps make: later than their parents', so that the sequence numbers
/// of children sort after all of their parents'.
fn created_seconds(view: &StreamView, steps: &[Reshard], now_ms: u64) -> BTreeMap<u32, u64> {
    let mut next_index = view.stream.shards.last().map_or(0, |shard| shard.id.index + 1);
    let mut made = BTreeMap::new();
    for step in steps {
        let of_parent = |parent: &u32| {
            let known = view.stream.shard(*parent).map(|shard| view.shard_created_s(shard));
            known.or_else(|| made.get(parent).copied()).unwrap_or_default()
        };
        let latest = step.parents.iter().map(of_parent).max().unwrap_or_default();
        let created_s = latest.max(now_ms / 1000) + 1;
        for _ in &step.children {
            made.insert(next_index, created_s);
            next_index += 1;
        }
    }
    made
}

impl Kinesis {
    /// Changes a stream's record and its shards in one transaction. `plan` sees the current state, may refuse, and
    /// answers the steps; none leave the shards as they are. Holds shards and mode against the account's quotas.
    pub(crate) async fn reshape(
        &self,
        view: &StreamView,
        call: &Call,
        mut plan: impl FnMut(&StreamView, &mut StreamRecord) -> Result<Vec<Reshard>, ServiceError> + Send,
    ) -> Result<Arc<StreamView>, ServiceError> {
        let _quota = self.quota_turn.lock().await;
        let _turn = view.live.turn.lock().await;
        for _ in 0..ATTEMPTS_MAX {
            let current = self.view_by_key(&view.stream.name).await?;
            let current = current.filter(|current| current.stream.id == view.stream.id);
            let current = current.ok_or_else(|| errors::stream_not_found(view.name(), call))?;
            let mut record = current.record.clone();
            let steps = plan(&current, &mut record)?;
            if steps.is_empty() && record == current.record {
                return Ok(current);
            }
            if record.mode == StreamMode::OnDemand && current.record.mode != StreamMode::OnDemand {
                self.require_on_demand(call).await?;
            }
            let more = additional_shards(&steps);
            // Intermediate shards are closed at once; AWS's quota counts them, the server need not.
            self.require_sane_shards(open_after(&current.stream, &steps))?;
            self.require_shards(call, more).await?;
            self.require_room(steps.iter().map(|step| step.children.len()).sum()).await?;
            let listed: BTreeSet<u32> = current.stream.shards.iter().map(|shard| shard.id.index).collect();
            record.shard_created_s.retain(|index, _| listed.contains(index));
            record.shard_created_s.extend(created_seconds(&current, &steps, self.now_ms()));
            let (id, version, annotation) = (current.stream.id, current.stream.version, Some(record.encode()));
            let changed = if steps.is_empty() {
                let alteration = log::Alteration { annotation, ..Default::default() };
                self.log.alter_stream(id, version, alteration).await
            } else {
                self.log.reshard(id, version, steps, annotation).await
            };
            match changed {
                Err(log::Error::Conflict { .. }) => {}
                changed => return self.cached_view(changed.map_err(errors::engine)?),
            }
        }
        Err(ServiceError::internal(log::Error::Conflict { next: view.stream.version }))
    }
}

#[cfg(test)]
mod tests;
