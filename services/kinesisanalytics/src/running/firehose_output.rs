//! A delivery stream as the destination of an application's rows: at least once, for nobody can look what is there.

use std::sync::Arc;

use bytes::Bytes;
use flow::formats::Encoder;
use flow::runtime::{Failure, Outgoing, Sink};
use futures::future::BoxFuture;
use host::Host;

use super::writing::{Destination, write_all};
use crate::links::{DeliveryStreams, Named};
use crate::metrics::FlowCounters;

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
        let records = self.encoder.encode(&outgoing.rows);
        let Self { host, deliveries, named, counters, .. } = self;
        let destination = Destination { kind: "delivery stream", name: &named.name, counters };
        let (deliveries, named, counters) = (&**deliveries, &*named, &**counters);
        let write = |records| async move {
            let written = deliveries.write(named, records).await;
            counters.attempted(written.is_ok());
            written
        };
        write_all(host, destination, records, Bytes::len, write).await
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
