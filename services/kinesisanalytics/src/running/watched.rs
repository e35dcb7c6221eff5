//! A source or an output of an application, of which the application's log stream is told when it does not work.

use std::sync::Arc;
use std::time::Duration;

use flow::runtime::{Failure, Outgoing, Polled, Sink, Source, StartingPosition};
use futures::future::BoxFuture;

use crate::error_log::{ErrorLog, Loss, Part};
use crate::metrics::FlowCounters;

/// Something that is watched.
pub(super) struct Watched<T> {
    pub(super) inner: T,
    pub(super) watch: Watch,
}

/// Who tells of it.
pub(super) struct Watch {
    /// What it is of the application.
    pub(super) part: Part,
    pub(super) log: Arc<ErrorLog>,
    pub(super) counters: Arc<FlowCounters>,
}

impl Watch {
    /// Tells of a failure.
    async fn note_failure<A>(&self, done: Result<A, Failure>) -> Result<A, Failure> {
        if let Err(failure) = &done {
            self.log.hindered(&self.part, &failure.to_string()).await;
        }
        done
    }

    /// Tells of a failure, or that there is none any more; and of what was dropped.
    async fn note<A>(&self, done: Result<A, Failure>, dropped_before: u64, dropped: &str) -> Result<A, Failure> {
        if done.is_ok() {
            self.log.works(&self.part);
        }
        let count = self.counters.dropped.get() - dropped_before;
        if count > 0 {
            self.log.lost(&self.part, Loss::Dropped, || format!("{count} {dropped}.")).await;
        }
        self.note_failure(done).await
    }

    async fn note_polled(&self, polled: Result<Polled, Failure>, dropped_before: u64) -> Result<Polled, Failure> {
        let polled = self.note(polled, dropped_before, "records expired before they were read").await?;
        if let Some(first) = polled.arrived.iter().flat_map(|arrived| &arrived.rejected).next() {
            let error = &first.error;
            let sentence =
                || format!("Records do not fit the input's schema and went to error_stream, the first: {error}.");
            self.log.lost(&self.part, Loss::Rejected, sentence).await;
        }
        Ok(polled)
    }
}

impl<S: Source> Source for Watched<S> {
    fn begin(&mut self, start: StartingPosition) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async move {
            let begun = self.inner.begin(start).await;
            self.watch.note_failure(begun).await
        })
    }

    fn seek<'a>(&'a mut self, position: &'a [u8]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let sought = self.inner.seek(position).await;
            self.watch.note_failure(sought).await
        })
    }

    fn poll(&mut self, wait: Duration) -> BoxFuture<'_, Result<Polled, Failure>> {
        Box::pin(async move {
            let dropped_before = self.watch.counters.dropped.get();
            let polled = self.inner.poll(wait).await;
            self.watch.note_polled(polled, dropped_before).await
        })
    }

    fn again<'a>(&'a mut self, range: &'a [u8]) -> BoxFuture<'a, Result<Polled, Failure>> {
        Box::pin(async move {
            let polled = self.inner.again(range).await;
            self.watch.note_failure(polled).await
        })
    }
}

impl Sink for Watched<Box<dyn Sink>> {
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let dropped_before = self.watch.counters.dropped.get();
            let appended = self.inner.append(rows).await;
            self.watch
                .note(appended, dropped_before, "rows are too large for their destination and were left out")
                .await
        })
    }

    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(async move {
            let position = self.inner.position().await;
            self.watch.note_failure(position).await
        })
    }

    fn written<'a>(&'a mut self, position: &'a [u8], first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>> {
        Box::pin(async move {
            let written = self.inner.written(position, first).await;
            self.watch.note_failure(written).await
        })
    }
}
