//! What is measured and counted of a delivery stream while the server runs; shared by all its versions, never stored.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;

use crate::delivery::counters::DeliveryCounters;
use crate::limiter::PutLimit;
use crate::metrics::IngestCounters;

/// The volatile side of a delivery stream.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Changes of one stream take turns.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// The version of the log stream that is known, `u64::MAX` once the delivery stream is gone. Its deliverer looks
    /// again when it changes.
    pub(crate) version: watch::Sender<u64>,
    /// What was counted of puts and calls.
    pub(crate) ingest: IngestCounters,
    /// What was counted of deliveries.
    pub(crate) delivery: DeliveryCounters,
    puts: Mutex<PutLimit>,
}

impl Live {
    /// Tells the deliverer that there is a newer version.
    pub(crate) fn follow(&self, stream: &log::Stream) {
        self.version.send_replace(stream.version);
    }

    /// Tells the deliverer that the delivery stream is gone.
    pub(crate) fn end(&self) {
        self.version.send_replace(u64::MAX);
    }

    /// The limits of puts; held for arithmetic only.
    pub(crate) fn puts(&self) -> MutexGuard<'_, PutLimit> {
        self.puts.lock().expect("no panic while held")
    }
}
