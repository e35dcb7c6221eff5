//! What waits for the committing thread, bounded in bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::shard::ShardState;
use crate::{Append, Appended, Error, Packed, Refused, ShardId};

/// A hint for callers whose append finds the queue full, in milliseconds: about one turn of the queue.
const RETRY_MS: u64 = 100;

/// A shard, or why there is nothing to do.
pub(crate) type Target = Result<Arc<ShardState>, Error>;

/// The appends of one call.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) load: Load,
    /// Bytes that they may need in a block.
    pub(crate) bytes: usize,
}

/// What is to be appended, with where to, and who waits for it.
#[derive(Debug)]
pub(crate) enum Load {
    Records {
        appends: Vec<(Append, Target)>,
        answer: oneshot::Sender<Vec<Result<Appended, Error>>>,
    },
    Packed {
        packed: Packed,
        /// Of its parts.
        targets: Vec<Target>,
        answer: oneshot::Sender<Vec<Result<Appended, Refused>>>,
    },
}

impl Load {
    /// Where its appends go.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Target> {
        let (appends, targets): (&[(Append, Target)], &[Target]) = match self {
            Self::Records { appends, .. } => (appends, &[]),
            Self::Packed { targets, .. } => (&[], targets),
        };
        appends.iter().map(|(_, target)| target).chain(targets)
    }

    /// How many appends it is.
    pub(crate) fn count(&self) -> usize {
        self.targets().count()
    }
}

/// What the committing thread is asked for.
#[derive(Debug)]
pub(crate) enum Item {
    Append(Request),
    /// Hold back appends to these shards and answer their ends.
    Seal {
        shards: Vec<Arc<ShardState>>,
        answer: oneshot::Sender<Vec<(ShardId, u64, u64)>>,
    },
    /// The reshard is over: what was held back goes on, to be refused or accepted.
    Unseal {
        shards: Vec<Arc<ShardState>>,
    },
    /// Hand the current file to the keeper, if there is anything in it.
    Rotate {
        answer: oneshot::Sender<()>,
    },
}

/// What one turn of the committing thread works on.
#[derive(Debug)]
pub(crate) enum Work {
    Appends(Vec<Request>),
    Other(Item),
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    /// Of all appends that are not answered yet, those being written included.
    bytes: usize,
    is_refusing: bool,
    is_closed: bool,
}

impl Queue {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), bytes_max }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues appends; a closed or full queue refuses.
    pub(crate) fn append(&self, request: Request) -> Result<(), Error> {
        {
            let mut state = self.lock();
            if state.is_refusing || state.is_closed {
                return Err(Error::Unavailable { retry_ms: RETRY_MS });
            }
            if state.bytes > 0 && state.bytes + request.bytes > self.bytes_max {
                return Err(Error::Throttled { retry_ms: RETRY_MS });
            }
            state.bytes += request.bytes;
            state.items.push_back(Item::Append(request));
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Queues anything else. After the end of the thread it is dropped, and its answer with it.
    pub(crate) fn ask(&self, item: Item) {
        let mut state = self.lock();
        if !state.is_closed {
            state.items.push_back(item);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Puts requests back in front, in their order; they are counted already.
    pub(crate) fn put_back(&self, requests: Vec<Request>) {
        let mut state = self.lock();
        for request in requests.into_iter().rev() {
            state.items.push_front(Item::Append(request));
        }
    }

    /// Appends of so many bytes are answered.
    pub(crate) fn finished(&self, bytes: usize) {
        self.lock().bytes -= bytes;
    }

    /// Refuses appends from now on.
    pub(crate) fn refuse_appends(&self) {
        self.lock().is_refusing = true;
    }

    /// Refuses everything from now on; what is queued is still done.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
    }

    /// Waits for work: all appends up to `bytes_max` together (one at least), or one thing of another kind. `None`
    /// when the queue is closed and empty.
    pub(crate) async fn take(&self, bytes_max: usize) -> Option<Work> {
        loop {
            {
                let mut state = self.lock();
                let mut appends = Vec::new();
                let mut bytes = 0;
                while let Some(item) = state.items.front() {
                    match item {
                        Item::Append(request) if appends.is_empty() || bytes + request.bytes <= bytes_max => {
                            bytes += request.bytes;
                        }
                        _ => break,
                    }
                    if let Some(Item::Append(request)) = state.items.pop_front() {
                        appends.push(request);
                    }
                }
                if !appends.is_empty() {
                    return Some(Work::Appends(appends));
                }
                if let Some(item) = state.items.pop_front() {
                    return Some(Work::Other(item));
                }
                if state.is_closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }
}
