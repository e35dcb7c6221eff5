//! How an application is going.

use std::sync::Arc;

use tokio::sync::watch;

use super::Error;

/// Where an application stands.
#[derive(Debug, Clone, Default)]
pub enum State {
    /// It takes up where it was, or looks for its starting position.
    #[default]
    Starting,
    /// It reads.
    Running,
    /// It has ended as it was told to.
    Stopped,
    /// It has ended otherwise.
    Failed(Error),
}

/// How an application is going.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Where it stands.
    pub state: State,
    /// Which start of the application this is.
    pub generation: u64,
    /// Records read since it was started.
    pub record_count: u64,
    /// Rows and records that went to the error stream since it was started.
    pub failed_count: u64,
    /// How far the reading is behind, in milliseconds.
    pub behind_ms: u64,
    /// What operators hold, in bytes.
    pub memory_bytes: usize,
    /// How many rows of each output were written since the application was created.
    pub written: Vec<u64>,
    /// Why the source or an output does not work at the moment.
    pub hindered: Option<String>,
    /// Checkpoints written since it was started.
    pub checkpoint_count: u64,
}

/// The tasks' side of a status. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Told(Arc<watch::Sender<Status>>);

impl Told {
    pub(super) fn new(status: watch::Sender<Status>) -> Self {
        Self(Arc::new(status))
    }

    /// Changes the status without waking anybody: figures move all the time.
    pub(super) fn note(&self, change: impl FnOnce(&mut Status)) {
        self.0.send_if_modified(|status| {
            change(status);
            false
        });
    }

    /// Changes the status and wakes those who wait for changes.
    pub(super) fn announce(&self, change: impl FnOnce(&mut Status)) {
        self.0.send_modify(change);
    }

    pub(super) fn ended(&self, ended: Result<(), Error>) {
        self.announce(|status| {
            status.state = match ended {
                Ok(()) => State::Stopped,
                Err(error) => State::Failed(error),
            };
        });
    }
}
