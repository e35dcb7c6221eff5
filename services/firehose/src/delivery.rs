//! From the buffer to the destination: every delivery stream has two lanes, one to its destination and one for raw
//! copies, each a task of its own that waits on its source and costs next to nothing while nothing comes.
//!
//! A lane seals a delivery (its bounds and its seed become durable), carries it out until that succeeds, and moves its
//! positions. Whatever a crash interrupts is done again under the same names and request ids.

mod batches;
mod carry;
pub(crate) mod counters;
mod failures;
mod lane;
mod naming;
mod object;
mod objects;
mod records;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use aws::ServiceError;
use log::StreamId;
use tokio::sync::Semaphore;

use crate::destination::{Stop, StopSwitch};
use crate::progress::{self, Kind};
use crate::sink::SinkError;
use crate::view::StreamView;
use crate::{Firehose, tasks};
use log::source::SourceError;

use lane::Lane;

/// Shares of memory for deliveries that write objects; each is about a megabyte.
const SHARES: usize = 64;
/// What a delivery with many objects at once takes.
const PARTITIONED_SHARES: u32 = 16;
/// Bytes of batches that are held at once; the largest batch has 100 MiB.
const BATCH_KIB: usize = 512 * 1024;
/// The part of it for destinations that did not take something at first: the others are not to wait for them.
const RETRIED_KIB: u32 = 256 * 1024;
/// Pause after a failure of our own engines.
const PAUSE: Duration = Duration::from_secs(1);

/// What all lanes have in common.
pub(crate) struct Deliveries {
    switch: StopSwitch,
    pub(crate) stop: Stop,
    shares: Semaphore,
    batch_kib: Semaphore,
    retried_kib: Semaphore,
    /// How far the lanes of a buffer are: nothing behind the slowest one is let go.
    positions: Mutex<HashMap<StreamId, HashMap<Kind, u64>>>,
}

/// Why a delivery could not be carried out this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Setback {
    #[error("the bucket did not take an object")]
    Sink(#[from] SinkError),
    #[error("the source could not be read")]
    Source(#[from] SourceError),
    #[error("the settings cannot be carried out: {0}")]
    Settings(String),
    #[error("a stop was asked for")]
    Stopped,
    /// No failure of this attempt: the destination is asked again after so long.
    #[error("the destination is asked again later")]
    Paused(Duration),
}

impl Setback {
    /// AWS's code for it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Sink(SinkError::NoSuchBucket) => "S3.NoSuchBucket",
            Self::Sink(SinkError::AccessDenied) => "S3.AccessDenied",
            Self::Sink(SinkError::NoSuchKey) => "S3.KMS.NotFoundException",
            Self::Source(SourceError::NotFound) => "Kinesis.ResourceNotFound",
            _ => "InternalError",
        }
    }
}

impl Default for Deliveries {
    fn default() -> Self {
        let (switch, stop) = StopSwitch::new();
        let (shares, batch_kib) = (Semaphore::new(SHARES), Semaphore::new(BATCH_KIB));
        let retried_kib = Semaphore::new(RETRIED_KIB as usize);
        Self { switch, stop, shares, batch_kib, retried_kib, positions: Mutex::default() }
    }
}

impl Deliveries {
    /// Notes how far a lane is, and answers how far all are.
    fn advance(&self, stream: StreamId, kind: Kind, position: u64) -> u64 {
        let mut positions = self.positions.lock().expect("no panic while held");
        let lanes = positions.entry(stream).or_default();
        lanes.insert(kind, position);
        lanes.values().copied().min().unwrap_or(0)
    }

    /// A lane that is switched off keeps nothing any more.
    fn retire(&self, stream: StreamId, kind: Kind) {
        if let Some(lanes) = self.positions.lock().expect("no panic while held").get_mut(&stream) {
            lanes.remove(&kind);
        }
    }

    fn forget(&self, stream: StreamId) {
        self.positions.lock().expect("no panic while held").remove(&stream);
    }
}

impl Firehose {
    /// Ends all deliveries where they are. What is not delivered stays in the buffers.
    pub fn stop(&self) {
        self.deliveries.switch.stop();
    }
}

/// Begins to deliver from every delivery stream there is and will be.
pub(crate) async fn start(firehose: &Arc<Firehose>) -> Result<(), ServiceError> {
    let views = tasks::all(firehose).await?;
    let alive: HashSet<StreamId> = views.iter().map(|view| view.stream.id).collect();
    let swept = progress::sweep(&firehose.store, |stream| alive.contains(&stream)).await;
    swept.map_err(ServiceError::internal)?;
    let (service, stop) = (Arc::downgrade(firehose), firehose.deliveries.stop.clone());
    let mut created = firehose.created.subscribe();
    firehose.host.spawn("firehose-deliver", async move {
        let mut known = HashSet::new();
        loop {
            let Some(wait) = follow(&service, &mut known).await else { return };
            tokio::select! {
                biased;
                () = stop.asked() => return,
                changed = created.changed() => if changed.is_err() { return },
                () = wait => {}
            }
        }
    });
    Ok(())
}

/// Gives every delivery stream its lanes. Answers how long to wait for more; `None` when the service is gone.
async fn follow(
    service: &Weak<Firehose>,
    known: &mut HashSet<StreamId>,
) -> Option<futures::future::BoxFuture<'static, ()>> {
    let firehose = service.upgrade()?;
    let views = match tasks::all(&firehose).await {
        Ok(views) => views,
        Err(error) => {
            tracing::warn!(%error, "the delivery streams could not be listed");
            return Some(firehose.host.sleep(PAUSE));
        }
    };
    let alive: HashSet<StreamId> = views.iter().map(|view| view.stream.id).collect();
    known.retain(|stream| alive.contains(stream));
    for view in views {
        if known.contains(&view.stream.id) {
            continue;
        }
        if let Err(error) = begin(&firehose, &view) {
            tracing::error!(stream = view.stream.name, %error, "a delivery stream is not delivered from");
            return Some(firehose.host.sleep(PAUSE));
        }
        known.insert(view.stream.id);
    }
    Some(Box::pin(futures::future::pending()))
}

/// Starts both lanes of a delivery stream. Both are known before either lets go of anything.
fn begin(firehose: &Arc<Firehose>, view: &Arc<StreamView>) -> Result<(), store::Error> {
    let lanes = [Lane::open(firehose, view, Kind::Primary)?, Lane::open(firehose, view, Kind::Backup)?];
    for lane in lanes {
        firehose.host.spawn("firehose-lane", lane.run());
    }
    Ok(())
}
