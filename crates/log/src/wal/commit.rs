//! The committing thread: takes all that waits, packs it into one block, makes it durable, shows it, acknowledges it.
//!
//! No timer: while one block is being synced the next one collects.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures::future;
use tokio::sync::oneshot;

use super::block::{self, Place};
use super::plan::{Encoded, Group, Plan, Results, Source};
use super::queue::{Item, Load, Request, Work};
use super::{FullFile, WalFile};
use crate::disk::Shared;
use crate::shard::ShardState;
use crate::tail::{Block, MemoryBudget, TailEntry};
use crate::{Appended, Error, Packed, Refused, batch};

/// A hint for callers when the disk is full, in milliseconds.
const DISK_FULL_RETRY_MS: u64 = 1000;

/// Full files that wait to be copied when the next one is begun; together with that one they fit into the memory tail.
const UNCOPIED_FILES_MAX: usize = 2;

/// How long a commit waits for that.
const KEEPER_PATIENCE: Duration = Duration::from_millis(100);

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
        if plan.batches.is_empty() {
            return self.answer(plan);
        }
        let mut encoded = plan.encode();
        let (wal_file, position) = match self.room_for(encoded.front_bytes + encoded.padded_bytes).await {
            Ok(room) => room,
            Err(error) => {
                replace_successes(&mut plan.results, || copy(&error));
                return self.answer(plan);
            }
        };
        let place = Place { generation: wal_file.generation, lsn: self.next_lsn, durable_lsn: self.next_lsn - 1 };
        let Encoded { front, start, entries, padded_bytes, .. } = &mut encoded;
        block::finish(front, *start, place, entries, *padded_bytes);
        match write(&wal_file, &encoded, &plan, position) {
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
        let answers = self.publish(plan, encoded, &wal_file, position);
        self.send(answers);
    }

    /// Decides every append: which are refused, and which offsets the others get.
    fn plan(&mut self, requests: Vec<Request>) -> Plan {
        let mut plan = Plan::new(self.shared.host.now_ms());
        for request in requests {
            if self.sealing_count > 0 && touches_sealing(&request) {
                self.parked.push(request);
            } else {
                plan.add(request);
            }
        }
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
        self.wait_for_keeper().await;
        let file = self.shared.pool.next_file().await?;
        self.current = Some(Current { file: Arc::clone(&file), position: 0, touched: Vec::new() });
        Ok((file, 0))
    }

    /// Lets the keeper copy what is still in memory: what it must read back costs all of us more. Not for long, since
    /// there is room on the disk for what it cannot copy now.
    async fn wait_for_keeper(&self) {
        let copied = std::pin::pin!(self.shared.inbox.caught_up(UNCOPIED_FILES_MAX));
        let patience = self.shared.host.sleep(KEEPER_PATIENCE);
        future::select(copied, patience).await;
    }

    /// Shows what is durable to readers.
    fn publish(&mut self, mut plan: Plan, encoded: Encoded, file: &Arc<WalFile>, position: u64) -> Vec<Answer> {
        let current = self.current.as_mut().expect("it was just written");
        current.position += encoded.front_bytes + encoded.padded_bytes;
        if self.shared.unflushed_since_ms.load(Ordering::Relaxed) == 0 {
            self.shared.unflushed_since_ms.store(self.shared.host.now_ms().max(1), Ordering::Relaxed);
        }
        for batch in &plan.batches {
            let shard = &plan.groups[batch.group].shard;
            if shard.touched_generation.swap(file.generation, Ordering::Relaxed) != file.generation {
                current.touched.push(Arc::clone(shard));
            }
            shard.counters.records_in.fetch_add(batch.count, Ordering::Relaxed);
            shard.counters.bytes_in.fetch_add(plan.data_bytes(batch) as u64, Ordering::Relaxed);
        }
        let requests = std::mem::take(&mut plan.requests);
        let results = std::mem::take(&mut plan.results);
        let (answers, packed): (Vec<_>, Vec<_>) = requests.into_iter().zip(results).map(Answer::new).unzip();
        for entry in self.tail_entries(&plan, encoded, packed, file, position) {
            plan.groups[entry.0].entries.push(entry.1);
        }
        for Group { shard, next_offset, arrival_ms, entries, .. } in plan.groups {
            if entries.is_empty() {
                continue; // Conditions may have left a shard with nothing.
            }
            shard.change(|inner| {
                if !inner.is_deleted {
                    inner.tail.extend(entries);
                    inner.end = next_offset;
                    inner.newest_arrival_ms = arrival_ms;
                }
            });
        }
        answers
    }

    /// The batches as readers find them, with their groups; what is packed stays in memory where it is.
    fn tail_entries(
        &mut self,
        plan: &Plan,
        encoded: Encoded,
        mut packed: Vec<Option<Packed>>,
        file: &Arc<WalFile>,
        position: u64,
    ) -> Vec<(usize, TailEntry)> {
        let tail_bytes_max = self.shared.options.tail_bytes_max;
        let mut block = |at: usize, bytes: Bytes| {
            let length = bytes.len();
            let block = Block::new(Arc::clone(file), position + at as u64, Some(bytes));
            self.budget.add(&block, length, tail_bytes_max);
            block
        };
        let Encoded { front, start, entries, pieces, .. } = encoded;
        let mut front = Some(Bytes::from(front).slice(start..));
        let mut front_block = None;
        let mut pieces = pieces.into_iter();
        let mut piece = None;
        let mut found = Vec::with_capacity(entries.len());
        for (batch, entry) in plan.batches.iter().zip(entries) {
            let of_batch = match batch.source {
                Source::Loose(_) => {
                    front_block = front_block.or_else(|| front.take().map(|front| block(0, front)));
                    front_block.clone()
                }
                Source::Packed(request, _) => {
                    if let Some(packed) = packed[request].take() {
                        piece = pieces.next().map(|(_, at)| block(at, packed.freeze()));
                    }
                    piece.clone()
                }
            };
            let entry = TailEntry {
                base_offset: batch.base_offset,
                arrival_ms: plan.groups[batch.group].arrival_ms,
                position: position + u64::from(entry.position),
                length: entry.length,
                count: u32::try_from(batch.count).expect("blocks are smaller than their files"),
                is_padded: entry.is_padded,
                block: of_batch.expect("every batch is in a piece of the block"),
            };
            found.push((batch.group, entry));
        }
        found
    }

    fn answer(&self, plan: Plan) {
        let answers = plan.requests.into_iter().zip(plan.results).map(|answered| Answer::new(answered).0);
        self.send(answers.collect());
    }

    fn send(&self, answers: Vec<Answer>) {
        let mut bytes = 0;
        for answer in answers {
            bytes += answer.bytes;
            answer.send();
        }
        self.shared.queue.finished(bytes);
    }

    fn refuse(&self, request: Request, error: impl Fn() -> Error) {
        let results = (0..request.load.count()).map(|_| Err(Refused::from(error()))).collect();
        self.send(vec![Answer::new((request, results)).0]);
    }
}

/// What is told to who waits for a request.
struct Answer {
    bytes: usize,
    results: Results,
    to: Waiting,
}

enum Waiting {
    Records(oneshot::Sender<Vec<Result<Appended, Error>>>),
    Packed(oneshot::Sender<Results>),
}

impl Answer {
    /// Takes a request apart; what it had packed goes on without it.
    fn new((request, results): (Request, Results)) -> (Self, Option<Packed>) {
        let bytes = request.bytes;
        match request.load {
            Load::Records { answer, .. } => (Self { bytes, results, to: Waiting::Records(answer) }, None),
            Load::Packed { answer, packed, .. } => (Self { bytes, results, to: Waiting::Packed(answer) }, Some(packed)),
        }
    }

    // Whoever dropped its future does not want the answer, hence the ignored results of sending.
    fn send(self) {
        match self.to {
            Waiting::Records(answer) => {
                let plain = self.results.into_iter().map(|result| result.map_err(|refused| refused.error));
                let _ = answer.send(plain.collect());
            }
            Waiting::Packed(answer) => {
                let _ = answer.send(self.results);
            }
        }
    }
}

fn touches_sealing(request: &Request) -> bool {
    let is_sealing = |shard: &Arc<ShardState>| shard.is_sealing.load(Ordering::Relaxed);
    request.load.targets().any(|target| target.as_ref().is_ok_and(is_sealing))
}

/// What came of a write.
enum Failure {
    /// The disk is full, and nothing of the block is left.
    Nothing,
    /// Nobody can tell what is on the disk.
    Unknown(io::Error),
}

fn write(file: &WalFile, encoded: &Encoded, plan: &Plan, position: u64) -> Result<(), Failure> {
    let packed = |(request, _): &(usize, usize)| match &plan.requests[*request].load {
        Load::Packed { packed, .. } => packed.as_slice(),
        Load::Records { .. } => &[],
    };
    let front = &encoded.front[encoded.start..];
    let pieces = std::iter::once(front).chain(encoded.pieces.iter().map(packed));
    let mut pieces: Vec<IoSlice<'_>> = pieces.map(IoSlice::new).collect();
    let written = match pieces.len() {
        1 => file.file.write_all_at(front, position),
        _ => file.file.write_all_vectored_at(&mut pieces, position),
    };
    if let Err(error) = written {
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
        *result = Err(Refused::from(error()));
    }
}

/// The refusals of the pool, for everybody who waited.
fn copy(error: &Error) -> Error {
    match error {
        Error::Throttled { retry_ms } => Error::Throttled { retry_ms: *retry_ms },
        _ => Error::Unavailable { retry_ms: DISK_FULL_RETRY_MS },
    }
}
