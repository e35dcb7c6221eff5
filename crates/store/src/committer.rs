//! One task that commits for everybody: what waits while the disk works becomes the next transaction.

use std::sync::{Arc, Weak};

use host::Host;
use redb::{ReadableTable, WriteTransaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::blobs::{self, Trashed};
use crate::changes::{Changes, Pair};
use crate::database::{Shared, table};
use crate::{Error, database};

/// Transactions that may wait.
const QUEUE_COUNT_MAX: usize = 1024;

/// Bytes of transactions that may wait, and so the largest one.
const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The unit in which waiting bytes are counted; semaphores count in 32 bits.
const PERMIT_BYTES: usize = 1024;

/// A transaction that waits for the disk.
pub(crate) struct Request {
    changes: Changes,
    answer: oneshot::Sender<Result<(), Error>>,
    /// Its share of the queue, given back when it is answered.
    _room: OwnedSemaphorePermit,
}

impl Request {
    /// Lets go of the changes first: the blobs among them may hold the last handle on the store.
    fn answer(self, outcome: Result<(), Error>) {
        for new in self.changes.references.iter().filter_map(|reference| reference.new.as_ref()) {
            new.note(outcome.as_ref().copied());
        }
        drop(self.changes);
        let _ = self.answer.send(outcome); // Whoever dropped its future does not want to know.
    }
}

/// The sending side of the queue.
#[derive(Clone)]
pub(crate) struct Queue {
    requests: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
}

impl Queue {
    /// Waits for room, then for the answer.
    pub(crate) async fn submit(&self, changes: Changes) -> Result<(), Error> {
        let bytes = changes.bytes;
        if bytes > QUEUE_BYTES_MAX {
            return Err(Error::TooLarge { bytes, bytes_max: QUEUE_BYTES_MAX });
        }
        let permits = u32::try_from(bytes.div_ceil(PERMIT_BYTES)).expect("the limit fits");
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await.map_err(|_closed| Error::Closed)?;
        let (answer, answered) = oneshot::channel();
        let request = Request { changes, answer, _room: room };
        self.requests.send(request).await.map_err(|_closed| Error::Closed)?;
        answered.await.map_err(|_dropped| Error::Closed)?
    }
}

/// Starts the committer, which ends with the last handle on the store.
pub(crate) fn start(host: &Host, shared: &Arc<Shared>) -> Queue {
    let (sender, mut receiver) = mpsc::channel(QUEUE_COUNT_MAX);
    // Weak: the file is to be closed where the last handle is dropped, not some time later by this task.
    let shared: Weak<Shared> = Arc::downgrade(shared);
    host.spawn_thread("store-commit", async move {
        let mut batch = Vec::new();
        while receiver.recv_many(&mut batch, QUEUE_COUNT_MAX).await > 0 {
            // Without a handle left nobody waits for the answers any more.
            let Some(shared) = shared.upgrade() else { break };
            commit(shared, std::mem::take(&mut batch));
        }
    });
    Queue { requests: sender, room: Arc::new(Semaphore::new(QUEUE_BYTES_MAX / PERMIT_BYTES)) }
}

/// Commits a batch as one transaction and answers everybody.
fn commit(shared: Arc<Shared>, batch: Vec<Request>) {
    let mut has_trash = false;
    let verdicts = shared.with(|database| {
        let mut writing = database.begin_write()?;
        writing.set_durability(redb::Durability::Immediate)?;
        let mut verdicts = Vec::with_capacity(batch.len());
        let mut dirty = false;
        for Request { changes, .. } in &batch {
            let holds = holds(&writing, &changes.expectations)? && blobs::hold(&writing, &changes.references)?;
            if holds {
                write(&writing, &changes.writes)?;
                has_trash |= blobs::write(&writing, &changes.references)? == Trashed::Some;
                dirty |= !changes.is_empty();
            }
            verdicts.push(holds);
        }
        if dirty {
            writing.commit()?;
        } else {
            writing.abort()?;
        }
        Ok(verdicts)
    });
    if has_trash && verdicts.is_ok() {
        shared.trash_notice().notify_one();
    }
    // Before the answers, so that whoever drops the last handle on an answer has closed the file with that.
    drop(shared);
    match verdicts {
        Ok(verdicts) => {
            for (request, holds) in batch.into_iter().zip(verdicts) {
                request.answer(if holds { Ok(()) } else { Err(Error::Conflict) });
            }
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, waiting = batch.len(), "a transaction failed");
            batch.into_iter().for_each(|request| request.answer(Err(error.clone())));
        }
    }
}

/// Whether every expectation holds, the earlier changes of this transaction considered.
fn holds(writing: &WriteTransaction, expectations: &[Pair]) -> Result<bool, redb::Error> {
    for pair in expectations {
        let table = writing.open_table(table(&pair.table))?;
        let found = table.get(pair.key.as_slice())?;
        if found.as_ref().map(|value| value.value()) != pair.value.as_deref() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write(writing: &WriteTransaction, writes: &[Pair]) -> Result<(), redb::Error> {
    for pair in writes {
        let mut table = writing.open_table(database::table(&pair.table))?;
        match &pair.value {
            Some(value) => table.insert(pair.key.as_slice(), value.as_slice())?,
            None => table.remove(pair.key.as_slice())?,
        };
    }
    Ok(())
}
