//! The keeper: the one thread that writes and removes segments, so that these never meet.

mod flush;
mod retention;
mod sweep;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{self, Either};
use tokio::sync::{Notify, oneshot};

use crate::disk::Shared;
use crate::wal::FullFile;
use crate::wal::queue::Item;
use crate::{Error, StreamId};

/// After a failure the next attempt follows so much later.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// A hint for who waits for a flush that failed, in milliseconds.
const FLUSH_RETRY_MS: u64 = 1000;

/// What the keeper is asked for.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
    /// For who waits until files are copied.
    copied: Notify,
}

#[derive(Debug, Default)]
struct State {
    full: VecDeque<FullFile>,
    /// Of those that came and are not copied yet.
    uncopied: usize,
    deleted: Vec<StreamId>,
    /// Wait until everything that was queued before is in segments.
    flushes: Vec<oneshot::Sender<Result<(), Error>>>,
    /// Wait for a round of retention.
    rounds: Vec<oneshot::Sender<()>>,
    is_closed: bool,
}

/// What is to be done next.
enum Job {
    Flush(FullFile),
    Delete(StreamId),
    AnswerFlushes,
    Round(Vec<oneshot::Sender<()>>),
    Close,
    Nothing,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, add: impl FnOnce(&mut State)) {
        add(&mut self.lock());
        self.changed.notify_one();
    }

    pub(crate) fn add_full(&self, file: FullFile) {
        self.add(|state| {
            state.full.push_back(file);
            state.uncopied += 1;
        });
    }

    fn note_copied(&self) {
        self.lock().uncopied -= 1;
        self.copied.notify_one();
    }

    /// Resolves when at most so many files wait to be copied.
    pub(crate) async fn caught_up(&self, files_max: usize) {
        loop {
            {
                let state = self.lock();
                if state.uncopied <= files_max || state.is_closed {
                    return;
                }
            }
            self.copied.notified().await;
        }
    }

    pub(crate) fn add_deleted(&self, id: StreamId) {
        self.add(|state| state.deleted.push(id));
    }

    /// Resolves when all files that were queued before are in segments, or cannot be written.
    pub(crate) fn flushed(&self) -> oneshot::Receiver<Result<(), Error>> {
        let (answer, answered) = oneshot::channel();
        self.add(|state| state.flushes.push(answer));
        answered
    }

    /// Resolves after a round of retention.
    pub(crate) fn round(&self) -> oneshot::Receiver<()> {
        let (answer, answered) = oneshot::channel();
        self.add(|state| state.rounds.push(answer));
        answered
    }

    pub(crate) fn close(&self) {
        self.add(|state| state.is_closed = true);
        self.copied.notify_one();
    }

    fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    fn next(&self) -> Job {
        let mut state = self.lock();
        if state.is_closed {
            return Job::Close;
        }
        if let Some(file) = state.full.pop_front() {
            return Job::Flush(file);
        }
        if !state.flushes.is_empty() {
            return Job::AnswerFlushes;
        }
        if let Some(id) = state.deleted.pop() {
            return Job::Delete(id);
        }
        if !state.rounds.is_empty() {
            return Job::Round(std::mem::take(&mut state.rounds));
        }
        Job::Nothing
    }

    // Whoever does not wait any more does not need the answer, hence the ignored results of sending.
    fn answer_flushes(&self, answer: impl Fn() -> Result<(), Error>) {
        let waiting = std::mem::take(&mut self.lock().flushes);
        for flush in waiting {
            let _ = flush.send(answer());
        }
    }
}

/// Works until the inbox is closed.
pub(crate) async fn run(shared: Arc<Shared>) {
    sweep::remove_orphans(&shared);
    let interval = Duration::from_millis(shared.options.upkeep_interval_ms);
    let mut next_round = shared.host.monotonic() + interval;
    loop {
        match shared.inbox.next() {
            Job::Close => return,
            Job::Flush(file) => flush_until_done(&shared, file).await,
            Job::AnswerFlushes => shared.inbox.answer_flushes(|| Ok(())),
            Job::Delete(id) => sweep::remove_stream(&shared, id),
            Job::Round(waiting) => {
                retention::round(&shared).await;
                for round in waiting {
                    let _ = round.send(());
                }
            }
            Job::Nothing => {
                let now = shared.host.monotonic();
                if now >= next_round {
                    next_round = now + interval;
                    rotate_old(&shared);
                    retention::round(&shared).await;
                } else {
                    let changed = std::pin::pin!(shared.inbox.changed.notified());
                    let timer = shared.host.sleep(next_round - now);
                    if let Either::Left(_) = future::select(changed, timer).await {}
                }
            }
        }
    }
}

/// Copies a file to segments, however long that is refused, and gives it back.
async fn flush_until_done(shared: &Shared, file: FullFile) {
    while let Err(error) = flush::flush(shared, &file).await {
        let generation = file.file.generation;
        tracing::error!(
            cause = &error as &dyn std::error::Error,
            generation,
            "segments cannot be written; trying again"
        );
        shared.pool.set_keeper_stuck(true);
        shared.inbox.answer_flushes(|| Err(Error::Unavailable { retry_ms: FLUSH_RETRY_MS }));
        shared.host.sleep(RETRY_INTERVAL).await;
        if shared.inbox.is_closed() {
            return;
        }
    }
    shared.pool.set_keeper_stuck(false);
    file.file.retire();
    shared.inbox.note_copied();
}

/// Asks for the current file when records have been in it for long.
fn rotate_old(shared: &Shared) {
    let since_ms = shared.unflushed_since_ms.load(Ordering::Relaxed);
    if since_ms > 0 && shared.host.now_ms().saturating_sub(since_ms) >= shared.options.flush_age_ms {
        // Nobody waits for the answer.
        let (answer, _) = oneshot::channel();
        shared.queue.ask(Item::Rotate { answer });
    }
}
