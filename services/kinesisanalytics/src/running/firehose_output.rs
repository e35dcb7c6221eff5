//! A delivery stream as the destination of an application's rows: at least once, for nobody can look what is there.

use std::sync::Arc;
use std::time::Duration;

use flow::formats::Encoder;
use flow::runtime::{Failure, Outgoing, Sink};
use futures::future::BoxFuture;
use host::Host;

use crate::links::{DeliveryStreams, LinkError, Named, Written};
use crate::metrics::FlowCounters;

/// How often records that were throttled are tried again before the runtime is told.
const ATTEMPTS_MAX: usize = 20;
/// How long to wait before that.
const THROTTLED: Duration = Duration::from_millis(100);

/// Writes to a delivery stream.
pub(super) struct FirehoseOutput {
    pub(super) host: Host,
    pub(super) deliveries: Arc<dyn DeliveryStreams>,
    pub(super) named: Named,
    pub(super) encoder: Encoder,
    pub(super) counters: Arc<FlowCounters>,
}

impl FirehoseOutput {
    async fn write(&mut self, outgoing: &Outgoing) -> Result<(), Failure> {
        let mut records = self.encoder.encode(&outgoing.rows);
        for _ in 0..ATTEMPTS_MAX {
            let written = self.deliveries.write(&self.named, records.clone()).await;
            self.counters.attempted(written.is_ok());
            let written = written.map_err(|error| match error {
                LinkError::NotFound(reason) | LinkError::Failed(reason) => Failure::Later(reason),
            })?;
            let mut outcomes = written.into_iter();
            records.retain(|record| match outcomes.next() {
                Some(Written::Yes) => {
                    self.counters.records.add(1);
                    self.counters.bytes.add(record.len() as u64);
                    false
                }
                Some(Written::TooLarge) => {
                    let (stream, bytes) = (&self.named.name, record.len());
                    tracing::warn!(stream, bytes, "a row is too large for its delivery stream");
                    self.counters.dropped.add(1);
                    false
                }
                Some(Written::NotNow) | None => true,
            });
            if records.is_empty() {
                return Ok(());
            }
            self.host.sleep(THROTTLED).await;
        }
        Err(Failure::Later(format!("the delivery stream {} takes no more for now", self.named.name)))
    }
}

impl Sink for FirehoseOutput {
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.write(rows))
    }

    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn written<'a>(&'a mut self, _position: &'a [u8], _first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
