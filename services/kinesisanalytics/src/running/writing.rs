//! Writing rows to a destination that may take no more for a while.

use std::time::Duration;

use flow::runtime::Failure;
use host::Host;
use log::sink::Written;

use crate::links::LinkError;
use crate::metrics::FlowCounters;

/// How often records that were throttled are tried again before the runtime is told.
const ATTEMPTS_MAX: usize = 20;
/// How long to wait before that; a shard's limit is by the second.
const THROTTLED: Duration = Duration::from_millis(100);

/// Where rows go.
pub(super) struct Destination<'a> {
    /// What it is, for example `data stream`.
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) counters: &'a FlowCounters,
}

/// Writes until everything is there; gives up when the destination takes no more for a while. What it never takes is
/// dropped and counted.
pub(super) async fn write_all<R: Clone, F>(
    host: &Host,
    Destination { kind, name, counters }: Destination<'_>,
    mut records: Vec<R>,
    data_bytes: impl Fn(&R) -> usize,
    mut write: impl FnMut(Vec<R>) -> F,
) -> Result<(), Failure>
where
    F: Future<Output = Result<Vec<Written>, LinkError>>,
{
    for _ in 0..ATTEMPTS_MAX {
        let written = write(records.clone()).await.map_err(|error| match error {
            LinkError::NotFound(reason) | LinkError::Failed(reason) => Failure::Later(reason),
        })?;
        let mut outcomes = written.into_iter();
        records.retain(|record| match outcomes.next() {
            Some(Written::Yes) => {
                counters.records.add(1);
                counters.bytes.add(data_bytes(record) as u64);
                false
            }
            Some(Written::TooLarge) => {
                tracing::warn!(stream = name, bytes = data_bytes(record), "a row is too large for its {kind}");
                counters.dropped.add(1);
                false
            }
            Some(Written::NotNow) | None => true,
        });
        if records.is_empty() {
            return Ok(());
        }
        host.sleep(THROTTLED).await;
    }
    Err(Failure::Later(format!("the {kind} {name} takes no more for now")))
}
