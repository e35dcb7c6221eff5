//! What one commit does, decided before anything is written: which appends are refused, which offsets the others get,
//! and how their records are put into batches.

use std::collections::HashMap;
use std::sync::Arc;

use super::block;
use super::queue::{Load, Request, Target};
use crate::shard::ShardState;
use crate::tail::TailEntry;
use crate::{Append, Appended, Condition, Error, Refused, ShardId, batch};

/// What became of the appends of one request.
pub(super) type Results = Vec<Result<Appended, Refused>>;

/// A commit that is decided but not written yet.
pub(super) struct Plan {
    pub(super) requests: Vec<Request>,
    /// For each request, as if the write had succeeded.
    pub(super) results: Vec<Results>,
    pub(super) groups: Vec<Group>,
    group_of: HashMap<ShardId, usize>,
    /// Those of one shard in the order of their offsets.
    pub(super) batches: Vec<Batch>,
    /// At most so many bytes need the batches that are not packed yet.
    pub(super) loose_bytes: usize,
    now_ms: u64,
}

/// What one shard gets in a block.
pub(super) struct Group {
    pub(super) shard: Arc<ShardState>,
    pub(super) next_offset: u64,
    pub(super) arrival_ms: u64,
    /// The batch that takes further records.
    open_batch: Option<usize>,
    /// Its batches, once they are written.
    pub(super) entries: Vec<TailEntry>,
}

/// A batch of a shard.
pub(super) struct Batch {
    pub(super) group: usize,
    pub(super) base_offset: u64,
    pub(super) count: u64,
    pub(super) source: Source,
}

/// Where the records of a batch are.
pub(super) enum Source {
    /// Indexes of requests and of appends in them.
    Loose(Vec<(usize, usize)>),
    /// Index of the request and of the part in it.
    Packed(usize, usize),
}

impl Plan {
    pub(super) fn new(now_ms: u64) -> Self {
        Self {
            requests: Vec::new(),
            results: Vec::new(),
            groups: Vec::new(),
            group_of: HashMap::new(),
            batches: Vec::new(),
            loose_bytes: 0,
            now_ms,
        }
    }

    /// Decides a request.
    pub(super) fn add(&mut self, mut request: Request) {
        let results = match &mut request.load {
            Load::Records { appends, .. } => {
                self.loose_bytes += request.bytes;
                let decide = |(at, (append, target)): (usize, &mut (Append, Target))| {
                    self.decide_append(append, at, target).map_err(Refused::from)
                };
                appends.iter_mut().enumerate().map(decide).collect()
            }
            Load::Packed { packed, targets, .. } => {
                let decide = |(part, target): (usize, &mut Target)| {
                    let count = u64::from(packed.parts[part].count);
                    let decided = self.group(target).map(|group| self.decide_part(group, part, count));
                    decided.map_err(|error| {
                        let is_sealed = matches!(error, Error::Sealed { .. });
                        Refused { error, records: if is_sealed { packed.unpack(part) } else { Vec::new() } }
                    })
                };
                targets.iter_mut().enumerate().map(decide).collect()
            }
        };
        self.requests.push(request);
        self.results.push(results);
    }

    /// The group of a shard that takes records.
    fn group(&mut self, target: &mut Target) -> Result<usize, Error> {
        let shard = std::mem::replace(target, Err(Error::NotFound))?;
        if let Some(&at) = self.group_of.get(&shard.id) {
            return Ok(at);
        }
        let group = Group::begin(shard, self.now_ms)?;
        self.group_of.insert(group.shard.id, self.groups.len());
        self.groups.push(group);
        Ok(self.groups.len() - 1)
    }

    /// Gives an append of the next request its offsets.
    fn decide_append(&mut self, append: &Append, append_at: usize, target: &mut Target) -> Result<Appended, Error> {
        let group_at = self.group(target)?;
        let member = (self.requests.len(), append_at);
        let group = &mut self.groups[group_at];
        if let Condition::NextOffset(wanted) = append.condition
            && wanted != group.next_offset
        {
            return Err(Error::Conflict { next: group.next_offset });
        }
        let count = append.records.len() as u64;
        let appended = Appended { first_offset: group.next_offset, arrival_ms: group.arrival_ms };
        group.next_offset += count;
        match group.open_batch.map(|at| &mut self.batches[at]) {
            Some(Batch { count: so_far, source: Source::Loose(members), .. }) => {
                *so_far += count;
                members.push(member);
            }
            _ => {
                group.open_batch = Some(self.batches.len());
                let source = Source::Loose(vec![member]);
                self.batches.push(Batch { group: group_at, base_offset: appended.first_offset, count, source });
            }
        }
        Ok(appended)
    }

    /// Gives a part of the next request its offsets.
    fn decide_part(&mut self, group_at: usize, part: usize, count: u64) -> Appended {
        let group = &mut self.groups[group_at];
        let appended = Appended { first_offset: group.next_offset, arrival_ms: group.arrival_ms };
        group.next_offset += count;
        group.open_batch = None;
        let source = Source::Packed(self.requests.len(), part);
        self.batches.push(Batch { group: group_at, base_offset: appended.first_offset, count, source });
        appended
    }

    /// Key plus value bytes of a batch.
    pub(super) fn data_bytes(&self, batch: &Batch) -> usize {
        let of_member = |&(request, append): &(usize, usize)| match &self.requests[request].load {
            Load::Records { appends, .. } => batch::data_bytes(&appends[append].0.records),
            Load::Packed { .. } => 0,
        };
        match &batch.source {
            Source::Loose(members) => members.iter().map(of_member).sum(),
            Source::Packed(request, part) => match &self.requests[*request].load {
                Load::Packed { packed, .. } => packed.parts[*part].data_bytes,
                Load::Records { .. } => 0,
            },
        }
    }

    /// Packs what is loose, one batch behind the other, behind room for head and table; completes what is packed
    /// already, which follows.
    pub(super) fn encode(&mut self) -> Encoded {
        let table = block::payload_start(self.batches.len());
        let mut front: Vec<u8> = Vec::with_capacity(table + self.loose_bytes + 2 * block::ALIGNMENT);
        let start = front.as_ptr().align_offset(block::ALIGNMENT);
        front.resize(start + table, 0);
        let narrow = |number: usize| u32::try_from(number).expect("blocks are smaller than their files");
        let mut entries = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let group = &self.groups[batch.group];
            let position = narrow(front.len() - start);
            let (length, is_padded) = match &batch.source {
                Source::Loose(members) => {
                    let mut encoder = batch::Encoder::begin(&mut front, batch.base_offset, group.arrival_ms);
                    for &(request, append) in members {
                        if let Load::Records { appends, .. } = &self.requests[request].load {
                            appends[append].0.records.iter().for_each(|record| encoder.push(record));
                        }
                    }
                    (narrow(encoder.finish()), false)
                }
                Source::Packed(..) => (0, true),
            };
            let (shard, base_offset) = (group.shard.id, batch.base_offset);
            entries.push(block::Entry { shard, base_offset, length, position, is_padded });
        }
        let mut padded_bytes = 0;
        let front_bytes = (front.len() - start).next_multiple_of(block::ALIGNMENT);
        let mut pieces: Vec<(usize, usize)> = Vec::new();
        for (batch, entry) in self.batches.iter().zip(&mut entries) {
            let Source::Packed(request, part) = batch.source else { continue };
            let Load::Packed { packed, .. } = &mut self.requests[request].load else { continue };
            if pieces.last().is_none_or(|(last, _)| *last != request) {
                pieces.push((request, front_bytes + padded_bytes));
                padded_bytes += packed.bytes();
            }
            packed.place(part, batch.base_offset, self.groups[batch.group].arrival_ms);
            let range = &packed.parts[part].range;
            let piece_at = pieces.last().map_or(0, |(_, at)| *at);
            (entry.position, entry.length) = (narrow(piece_at + range.start), narrow(range.len()));
        }
        Encoded { front, start, front_bytes, entries, padded_bytes, pieces }
    }
}

/// The bytes of a block, and where they are.
pub(super) struct Encoded {
    /// Head, table and loose batches.
    pub(super) front: Vec<u8>,
    /// Where the block begins in that: at an address that lets it pass the page cache.
    pub(super) start: usize,
    pub(super) front_bytes: usize,
    /// Of [`Plan::batches`].
    pub(super) entries: Vec<block::Entry>,
    /// Of all pieces.
    pub(super) padded_bytes: usize,
    /// Requests whose packed bytes follow, and where each begins in the block.
    pub(super) pieces: Vec<(usize, usize)>,
}

impl Group {
    fn begin(shard: Arc<ShardState>, now_ms: u64) -> Result<Self, Error> {
        let inner = shard.lock();
        if inner.is_deleted {
            return Err(Error::NotFound);
        }
        if let Some(sealed) = inner.sealed {
            return Err(Error::Sealed { end: sealed.end });
        }
        let (next_offset, arrival_ms) = (inner.end, now_ms.max(inner.newest_arrival_ms));
        drop(inner);
        Ok(Self { shard, next_offset, arrival_ms, open_batch: None, entries: Vec::new() })
    }
}
