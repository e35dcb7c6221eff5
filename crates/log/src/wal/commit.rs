//! The committing thread: takes all that waits, packs it into one block, makes it durable, shows it, acknowledges it.
//!
//! No timer: while one block is being synced the next one collects.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::block::{self, Place};
use super::queue::{Item, Request, Results, Work};
use super::{FullFile, WalFile};
use crate::batch::{self, Encoder};
use crate::disk::Shared;
use crate::shard::ShardState;
use crate::tail::{Block, MemoryBudget, TailEntry};
use crate::{Append, Appended, Condition, Error, ShardId};

/// A hint for callers when the disk is full, in milliseconds.
const DISK_FULL_RETRY_MS: u64 = 1000;

/// What an append needs in a block besides its records.
pub(crate) const APPEND_OVERHEAD: usize = batch::HEADER_BYTES + block::ENTRY_BYTES;

/// What a block needs besides its appends.
pub(crate) const BLOCK_OVERHEAD: usize = block::HEAD_BYTES + block::ALIGNMENT;

/// The file that blocks go to.
struct Current {
    file: Arc<WalFile>,
    position: usize,
    touched: Vec<Arc<ShardState>>,
}

/// What one shard gets in a block.
struct Group {
    shard: Arc<ShardState>,
    base_offset: u64,
    next_offset: u64,
    arrival_ms: u64,
    /// Indexes of the request and of the append in it.
    members: Vec<(usize, usize)>,
}

/// A commit that is decided but not written yet.
struct Plan {
    requests: Vec<Request>,
    /// For each request, as if the write had succeeded.
    results: Vec<Results>,
    groups: Vec<Group>,
    group_of: HashMap<ShardId, usize>,
    bytes: usize,
    now_ms: u64,
}

pub(crate) struct Committer {
    shared: Arc<Shared>,
    current: Option<Current>,
    next_lsn: u64,
    budget: MemoryBudget,
    /// Requests that touch a shard that is being sealed.
    parked: Vec<Request>,
    sealing_count: usize,
}

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, next_lsn: u64) -> Self {
        let (budget, parked) = (MemoryBudget::default(), Vec::new());
        Self { shared, current: None, next_lsn, budget, parked, sealing_count: 0 }
    }

    /// Works until the queue is closed and empty.
    pub(crate) async fn run(mut self) {
        while let Some(work) = self.shared.queue.take(self.shared.options.block_bytes_max).await {
            match work {
                Work::Appends(requests) if self.shared.is_poisoned() => {
                    for request in requests {
                        self.refuse(request, || Error::Unavailable { retry_ms: DISK_FULL_RETRY_MS });
                    }
                }
                Work::Appends(requests) => self.commit(requests).await,
                Work::Other(item) => self.other(item),
            }
        }
    }

    fn other(&mut self, item: Item) {
        // Whoever does not wait any more does not need the answer, hence the ignored results of sending.
        match item {
            Item::Append(request) => self.shared.queue.put_back(vec![request]),
            Item::Seal { shards, answer } => {
                let end = |shard: &Arc<ShardState>| {
                    shard.is_sealing.store(true, Ordering::Relaxed);
                    let inner = shard.lock();
                    (shard.id, inner.end, inner.newest_arrival_ms)
                };
                let ends = shards.iter().map(end).collect();
                self.sealing_count += shards.len();
                let _ = answer.send(ends);
            }
            Item::Unseal { shards } => {
                for shard in &shards {
                    shard.is_sealing.store(false, Ordering::Relaxed);
                }
                self.sealing_count -= shards.len();
                self.shared.queue.put_back(std::mem::take(&mut self.parked));
            }
            Item::Rotate { answer } => {
                self.rotate();
                let _ = answer.send(());
            }
        }
    }

    /// Hands the current file to the keeper, if there is anything in it.
    fn rotate(&mut self) {
        let Some(current) = self.current.take_if(|current| current.position > 0) else { return };
        self.shared.unflushed_since_ms.store(0, Ordering::Relaxed);
        let full = FullFile { file: current.file, touched: current.touched, last_lsn: self.next_lsn - 1 };
        self.shared.inbox.add_full(full);
    }

    async fn commit(&mut self, requests: Vec<Request>) {
        let mut plan = self.plan(requests);
        if plan.groups.is_empty() {
            return self.answer(plan);
        }
        let Encoded { mut buffer, start, entries } = encode(&plan);
        let (wal_file, position) = match self.room_for(buffer.len() - start + block::ALIGNMENT).await {
            Ok(room) => room,
            Err(error) => {
                replace_successes(&mut plan.results, || copy(&error));
                return self.answer(plan);
            }
        };
        let place = Place { generation: wal_file.generation, lsn: self.next_lsn, durable_lsn: self.next_lsn - 1 };
        block::finish(&mut buffer, start, place, &entries);
        match write(&wal_file, &buffer[start..], position) {
            Ok(()) => {}
            Err(Failure::Nothing) => {
                replace_successes(&mut plan.results, || Error::Unavailable { retry_ms: DISK_FULL_RETRY_MS });
                return self.answer(plan);
            }
            Err(Failure::Unknown(error)) => {
                self.shared.poison();
                self.shared.pool.note_failed_sync();
                replace_successes(&mut plan.results, || Error::ResultUnknown);
                self.answer(plan);
                let path = wal_file.path.display();
                return self.shared.fatal(&format!("the write-ahead file {path} cannot be written: {error}"));
            }
        }
        self.next_lsn += 1;
        self.publish(&plan, Bytes::from(buffer).slice(start..), &entries, wal_file, position);
        self.answer(plan);
    }

    /// Decides every append: which are refused, and which offsets the others get.
    fn plan(&mut self, requests: Vec<Request>) -> Plan {
        let mut plan = Plan::new(self.shared.host.now_ms());
        for mut request in requests {
            if self.sealing_count > 0 && touches_sealing(&request) {
                self.parked.push(request);
                continue;
            }
            let decide = |(append_at, (append, target)): (usize, &mut (Append, Result<Arc<ShardState>, Error>))| {
                let shard = std::mem::replace(target, Err(Error::NotFound))?;
                plan.decide(append, append_at, shard)
            };
            let results = request.appends.iter_mut().enumerate().map(decide).collect();
            plan.bytes += request.bytes;
            plan.requests.push(request);
            plan.results.push(results);
        }
        // Conditions may have left a shard with nothing.
        plan.groups.retain(|group| !group.members.is_empty());
        plan
    }

    /// A place in the current file if it has room, else in the next one.
    async fn room_for(&mut self, bytes: usize) -> Result<(Arc<WalFile>, u64), Error> {
        if self.current.as_ref().is_some_and(|current| current.position + bytes > self.shared.options.wal_file_bytes) {
            self.rotate();
        }
        if let Some(current) = &self.current {
            return Ok((Arc::clone(&current.file), current.position as u64));
        }
        let file = self.shared.pool.next_file().await?;
        self.current = Some(Current { file: Arc::clone(&file), position: 0, touched: Vec::new() });
        Ok((file, 0))
    }

    /// Shows what is durable to readers.
    fn publish(&mut self, plan: &Plan, block: Bytes, entries: &[block::Entry], file: Arc<WalFile>, position: u64) {
        let current = self.current.as_mut().expect("it was just written");
        current.position += block.len();
        if self.shared.unflushed_since_ms.load(Ordering::Relaxed) == 0 {
            self.shared.unflushed_since_ms.store(self.shared.host.now_ms().max(1), Ordering::Relaxed);
        }
        let generation = file.generation;
        let block_bytes = block.len();
        let block = Block::new(file, position, Some(block));
        self.budget.add(&block, block_bytes, self.shared.options.tail_bytes_max);
        let mut batch_position = position + block::payload_start(entries.len()) as u64;
        for (group, entry) in plan.groups.iter().zip(entries) {
            let count = group.next_offset - group.base_offset;
            let tail_entry = TailEntry {
                base_offset: group.base_offset,
                arrival_ms: group.arrival_ms,
                position: batch_position,
                length: entry.length,
                count: u32::try_from(count).expect("blocks are smaller than their files"),
                block: Arc::clone(&block),
            };
            batch_position += u64::from(entry.length);
            let shard = &group.shard;
            if shard.touched_generation.swap(generation, Ordering::Relaxed) != generation {
                current.touched.push(Arc::clone(shard));
            }
            let data = |&(request, append): &(usize, usize)| {
                batch::data_bytes(&plan.requests[request].appends[append].0.records)
            };
            let bytes: usize = group.members.iter().map(data).sum();
            shard.counters.records_in.fetch_add(count, Ordering::Relaxed);
            shard.counters.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
            shard.change(|inner| {
                if !inner.is_deleted {
                    inner.tail.push_back(tail_entry);
                    inner.end = group.next_offset;
                    inner.newest_arrival_ms = group.arrival_ms;
                }
            });
        }
    }

    fn answer(&self, plan: Plan) {
        let mut bytes = 0;
        for (request, results) in plan.requests.into_iter().zip(plan.results) {
            bytes += request.bytes;
            // Whoever dropped its future does not want the answer.
            let _ = request.answer.send(results);
        }
        self.shared.queue.finished(bytes);
    }

    fn refuse(&self, request: Request, error: impl Fn() -> Error) {
        let results = request.appends.iter().map(|_| Err(error())).collect();
        let _ = request.answer.send(results);
        self.shared.queue.finished(request.bytes);
    }
}

impl Plan {
    fn new(now_ms: u64) -> Self {
        Self {
            requests: Vec::new(),
            results: Vec::new(),
            groups: Vec::new(),
            group_of: HashMap::new(),
            bytes: BLOCK_OVERHEAD,
            now_ms,
        }
    }

    /// Gives an append of the next request its offsets.
    fn decide(&mut self, append: &Append, append_at: usize, shard: Arc<ShardState>) -> Result<Appended, Error> {
        let group_at = match self.group_of.get(&shard.id) {
            Some(&at) => at,
            None => {
                let group = Group::begin(shard, self.now_ms)?;
                self.group_of.insert(group.shard.id, self.groups.len());
                self.groups.push(group);
                self.groups.len() - 1
            }
        };
        let group = &mut self.groups[group_at];
        if let Condition::NextOffset(wanted) = append.condition
            && wanted != group.next_offset
        {
            return Err(Error::Conflict { next: group.next_offset });
        }
        let first_offset = group.next_offset;
        group.next_offset += append.records.len() as u64;
        group.members.push((self.requests.len(), append_at));
        Ok(Appended { first_offset, arrival_ms: group.arrival_ms })
    }
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
        let (end, arrival_ms) = (inner.end, now_ms.max(inner.newest_arrival_ms));
        drop(inner);
        Ok(Self { shard, base_offset: end, next_offset: end, arrival_ms, members: Vec::new() })
    }
}

fn touches_sealing(request: &Request) -> bool {
    let is_sealing = |shard: &Arc<ShardState>| shard.is_sealing.load(Ordering::Relaxed);
    request.appends.iter().any(|(_, target)| target.as_ref().is_ok_and(is_sealing))
}

/// A block and where it begins in its buffer: at an address that lets the block pass the page cache.
struct Encoded {
    buffer: Vec<u8>,
    start: usize,
    entries: Vec<block::Entry>,
}

/// Packs the records, one batch per shard, behind room for head and table.
fn encode(plan: &Plan) -> Encoded {
    let mut buffer: Vec<u8> = Vec::with_capacity(plan.bytes + block::ALIGNMENT);
    let start = buffer.as_ptr().align_offset(block::ALIGNMENT);
    buffer.resize(start + block::payload_start(plan.groups.len()), 0);
    let mut entries = Vec::with_capacity(plan.groups.len());
    for group in &plan.groups {
        let mut encoder = Encoder::begin(&mut buffer, group.base_offset, group.arrival_ms);
        for &(request, append) in &group.members {
            for record in &plan.requests[request].appends[append].0.records {
                encoder.push(record);
            }
        }
        let length = u32::try_from(encoder.finish()).expect("blocks are smaller than their files");
        entries.push(block::Entry { shard: group.shard.id, base_offset: group.base_offset, length });
    }
    Encoded { buffer, start, entries }
}

/// What came of a write.
enum Failure {
    /// The disk is full, and nothing of the block is left.
    Nothing,
    /// Nobody can tell what is on the disk.
    Unknown(io::Error),
}

fn write(file: &WalFile, block: &[u8], position: u64) -> Result<(), Failure> {
    if let Err(error) = file.file.write_all_at(block, position) {
        if !is_full(&error) {
            return Err(Failure::Unknown(error));
        }
        // Any part may have been written, even all of it; without its head the block is none.
        let undone = file.file.write_all_at(&[0; block::ALIGNMENT], position).and_then(|()| file.file.sync_data());
        return Err(undone.map_or_else(Failure::Unknown, |()| Failure::Nothing));
    }
    file.file.sync_data().map_err(Failure::Unknown)
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn replace_successes(results: &mut [Results], error: impl Fn() -> Error) {
    for result in results.iter_mut().flatten().filter(|result| result.is_ok()) {
        *result = Err(error());
    }
}

/// The refusals of the pool, for everybody who waited.
fn copy(error: &Error) -> Error {
    match error {
        Error::Throttled { retry_ms } => Error::Throttled { retry_ms: *retry_ms },
        _ => Error::Unavailable { retry_ms: DISK_FULL_RETRY_MS },
    }
}
