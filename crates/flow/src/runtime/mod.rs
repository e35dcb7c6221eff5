//! One application at work: what comes from its [`Source`] is stamped, journalled, pushed through the program's
//! [`Graph`] and given to its [`Sink`]s.
//!
//! The journal holds which records came at which time, durable before anything of it leaves. So a run can be repeated
//! bit by bit from the last checkpoint on, and only rows that a destination does not hold yet are written: exactly once where
//! a destination can be read back, at least once elsewhere.
//!
//! * `reader` reads ahead, `runner` stamps and computes, a `writer` for each output appends: three kinds of tasks with short
//!   queues between them, so that a destination that does not take rows stops the reading.
//! * `journal` is the rows in the store, fenced by generations; `checkpoint` what a restart goes on from.
//! * `recovery` is what happens between a start and the first new record.

mod checkpoint;
mod clock;
mod journal;
mod patience;
mod reader;
mod recovery;
mod runner;
mod sink;
mod source;
mod status;
mod tasks;
mod writer;

#[cfg(test)]
mod tests;

use std::time::Duration;

use host::Host;
use store::{Blobs, Store};
use tokio::sync::watch;

use crate::graph::{Exhausted, Graph};

pub use journal::forget;
pub use sink::{Outgoing, Sink};
pub use source::{Arrived, Polled, Rejected, Source, StartingPosition};
pub use status::{State, Status};

/// Why a source or a sink could not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Perhaps later: throttled, not reachable, the stream is being made. Tried again for ever with growing pauses.
    #[error("{0}")]
    Later(String),
    /// Never again: the records are not there any more, the stream was deleted for good. The application stops.
    #[error("{0}")]
    Gone(String),
}

/// Why an application does not run any more.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The program holds too many rows: change it, or give it more memory.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The records to go on with are not there any more: start it elsewhere.
    #[error("the input cannot be read any more: {0}")]
    Input(String),
    /// A destination is gone for good: configure another one.
    #[error("output {output} cannot be written any more: {reason}")]
    Output {
        /// Its id.
        output: String,
        /// What the sink said.
        reason: String,
    },
    /// A newer start of the same application has taken over.
    #[error("a newer start of the application has taken over")]
    Fenced,
    /// What the store holds for it cannot be read.
    #[error("the application's journal or checkpoint is damaged")]
    Damaged,
    /// The store does not work.
    #[error("the application's journal cannot be written")]
    Store(#[source] store::Error),
    /// Told to end without a last checkpoint, or the process is ending.
    #[error("the application was ended in the midst of its work")]
    Killed,
}

/// How an application is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// On purpose. Windows and models begin empty, as AWS has them; output rows are numbered on.
    At(StartingPosition),
    /// After a crash: goes on as if nothing had happened. Begins at the given position if it had not got further than being told
    /// to start. Where the program is another one than before, or the server a newer one that computes otherwise, windows begin
    /// empty at the last checkpoint, and rows made since may come out again.
    Recover(StartingPosition),
    /// After a recovery for which the source has not everything any more: at the last checkpoint, with empty windows. Rows made
    /// since may come out again.
    Abandon,
}

/// Everything an application is made of.
pub struct Application {
    /// Its name in the store; another one for every application that was ever created.
    pub id: String,
    /// Its program, put together afresh. A recovery needs the same reference tables as the run before it.
    pub graph: Graph,
    /// What it reads.
    pub source: Box<dyn Source>,
    /// Its outputs, one for each tap of the graph, each with an id of its own that stays when others come or go.
    pub outputs: Vec<(String, Box<dyn Sink>)>,
    /// How it is started.
    pub start: Start,
}

/// The machine and the store that applications run on. Cheap to clone.
#[derive(Clone)]
pub struct Ground {
    /// Clock and tasks.
    pub host: Host,
    /// Journals.
    pub store: Store,
    /// Checkpoints.
    pub blobs: Blobs,
}

/// An application that runs. Dropping it ends it without a last checkpoint.
pub struct Running {
    status: watch::Receiver<Status>,
    will: watch::Sender<Will>,
    host: Host,
}

/// What an application is to do. It is to end at once where nobody wants anything any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Will {
    GoOn,
    Stop,
}

/// Starts an application on a thread of its own. At most one run of an application may be there in a process: wait for the end
/// of the one before with [`Running::stop`] or [`Running::kill`].
pub fn start(ground: Ground, application: Application) -> Running {
    let (status_sender, status) = watch::channel(Status::default());
    let (will, willed) = watch::channel(Will::GoOn);
    let host = ground.host.clone();
    ground.host.clone().spawn_thread("flow-application", async move {
        let id = application.id.clone();
        let told = status::Told::new(status_sender);
        let ended = runner::run(ground, application, willed, told.clone()).await;
        if let Err(error) = &ended {
            tracing::warn!(application = id, error = error as &dyn std::error::Error, "an application has ended");
        }
        told.ended(ended);
    });
    Running { status, will, host }
}

impl Running {
    /// How it is going; changes can be waited for.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Stops it with a last checkpoint, from which [`StartingPosition::LastStoppedPoint`] goes on. Rows that are on their way are
    /// written first; where a destination does not take them within `patience`, it is ended as [`Running::kill`] does, and
    /// the next start writes them.
    pub async fn stop(self, patience: Duration) -> Result<(), Error> {
        self.will.send_replace(Will::Stop);
        let mut status = self.status.clone();
        let patience = self.host.sleep(patience);
        tokio::select! {
            biased;
            ended = end_of(&mut status) => ended,
            () = patience => {
                drop(self);
                end_of(&mut status).await
            }
        }
    }

    /// Ends it as a crash would, and waits until nothing of it is left in this process.
    pub async fn kill(self) {
        let mut status = self.status.clone();
        drop(self);
        let _ = end_of(&mut status).await; // It was to end, however.
    }
}

async fn end_of(status: &mut watch::Receiver<Status>) -> Result<(), Error> {
    let ended = status.wait_for(|status| matches!(status.state, State::Stopped | State::Failed(_))).await;
    match ended.map(|status| status.state.clone()) {
        Ok(State::Failed(error)) => Err(error),
        Ok(_) => Ok(()),
        // Its thread is gone with the process.
        Err(_) => Err(Error::Killed),
    }
}
