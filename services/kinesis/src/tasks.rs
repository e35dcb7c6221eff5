//! What happens without a request: deleted streams and deregistered consumers go once their transition is over, and
//! on-demand streams scale.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use aws::{Call, Identity, RequestId, ServiceError};
use futures::future::{Either, select};
use tokio::sync::Notify;

use crate::reshard::ATTEMPTS_MAX;
use crate::scaling::{self, Observer, Pace};
use crate::shapes::{StreamMode, StreamStatus};
use crate::stream::{self, NAMESPACE};
use crate::view::StreamView;
use crate::{Kinesis, errors};

/// Streams read from the engine at once.
const PAGE: usize = 1_000;
/// How long to wait after the engine refused a change.
const RETRY_MS: u64 = 1_000;
/// How long to sleep when nothing is due.
const IDLE: Duration = Duration::from_secs(3_600);

/// When which stream has to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Due {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Wall-clock milliseconds and engine name.
    queue: Mutex<BTreeSet<(u64, String)>>,
    changed: Notify,
}

impl Due {
    /// Has the stream of that engine name looked at once the instant has come.
    pub(crate) fn at(&self, due_ms: u64, key: &str) {
        self.shared.queue.lock().expect("no panic while held").insert((due_ms, key.to_owned()));
        self.shared.changed.notify_one();
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        // The task finds the service gone and ends.
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn next_due_ms(&self) -> Option<u64> {
        self.queue.lock().expect("no panic while held").first().map(|(due_ms, _)| *due_ms)
    }

    fn pop_due(&self, now_ms: u64) -> Option<String> {
        let mut queue = self.queue.lock().expect("no panic while held");
        queue.first().filter(|(due_ms, _)| *due_ms <= now_ms)?;
        queue.pop_first().map(|(_, key)| key)
    }
}

/// Notes what a restart has interrupted and starts the tasks. They end with the service.
pub(crate) async fn start(kinesis: &Arc<Kinesis>) -> Result<(), ServiceError> {
    let mut after = None::<String>;
    loop {
        let page = kinesis.log.list_streams(NAMESPACE, after.as_deref(), PAGE).await.map_err(errors::engine)?;
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        for stream in page {
            let view = kinesis.cached_view(stream)?;
            if view.record.transition == StreamStatus::Deleting {
                kinesis.due.at(view.record.settled_ms, &view.stream.name);
            }
            for consumer in view.record.consumers.iter().filter(|consumer| consumer.is_deleting) {
                kinesis.due.at(consumer.settled_ms, &view.stream.name);
            }
        }
    }
    kinesis.host.spawn("kinesis-settle", settle_when_due(Arc::downgrade(kinesis), Arc::clone(&kinesis.due.shared)));
    kinesis.host.spawn("kinesis-scale", scale(Arc::downgrade(kinesis)));
    Ok(())
}

async fn settle_when_due(service: Weak<Kinesis>, due: Arc<Shared>) {
    loop {
        let Some(kinesis) = service.upgrade() else { return };
        while let Some(key) = due.pop_due(kinesis.now_ms()) {
            if let Err(error) = settle(&kinesis, &key).await {
                tracing::warn!(stream = key, error = %error, "a finished transition could not be stored");
                due.queue.lock().expect("no panic while held").insert((kinesis.now_ms() + RETRY_MS, key));
            }
        }
        let wait = due.next_due_ms().map(|due_ms| due_ms.saturating_sub(kinesis.now_ms()));
        let sleep = kinesis.host.sleep(wait.map_or(IDLE, |wait_ms| Duration::from_millis(wait_ms.max(1))));
        drop(kinesis);
        match select(sleep, Box::pin(due.changed.notified())).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }
}

/// Really deletes a stream whose deletion is over, and forgets consumers whose deregistration is.
pub(crate) async fn settle(kinesis: &Kinesis, key: &str) -> Result<(), ServiceError> {
    let Some(view) = kinesis.view_by_key(key).await? else { return Ok(()) };
    let now_ms = kinesis.now_ms();
    if view.record.is_gone(now_ms) {
        return delete(kinesis, &view).await;
    }
    if view.record.consumers.iter().any(|consumer| consumer.is_gone(now_ms)) {
        let call = owner(&view);
        let forget = kinesis.change_stream(&view, &call, |_, record| {
            record.forget_consumers(now_ms);
            Ok(log::Alteration::default())
        });
        forget.await?;
    }
    Ok(())
}

async fn delete(kinesis: &Kinesis, view: &StreamView) -> Result<(), ServiceError> {
    let _turn = view.live.turn.lock().await;
    for _ in 0..ATTEMPTS_MAX {
        let current = kinesis.view_by_key(&view.stream.name).await?;
        let Some(current) = current.filter(|current| current.stream.id == view.stream.id) else { return Ok(()) };
        match kinesis.log.delete_stream(current.stream.id, current.stream.version).await {
            // The engine has forgotten an expired shard in between: look again.
            Err(log::Error::Conflict { .. }) => {}
            Ok(()) | Err(log::Error::NotFound) => {
                // Finds nothing, and drops what is remembered of the stream.
                kinesis.view_by_key(&view.stream.name).await?;
                return Ok(());
            }
            Err(error) => return Err(errors::engine(error)),
        }
    }
    Err(ServiceError::internal(log::Error::Conflict { next: view.stream.version }))
}

/// Deletes all streams of all accounts, whatever state they are in.
pub(crate) async fn delete_all(kinesis: &Kinesis) -> Result<(), ServiceError> {
    loop {
        let page = kinesis.log.list_streams(NAMESPACE, None, PAGE).await.map_err(errors::engine)?;
        if page.is_empty() {
            return Ok(());
        }
        for stream in page {
            let view = kinesis.cached_view(stream)?;
            delete(kinesis, &view).await?;
        }
    }
}

/// The owner of a stream, as if it had called.
fn owner(view: &StreamView) -> Call {
    let (account, region) = stream::owner_of(&view.stream.name);
    let caller = format!("arn:aws:iam::{account}:root");
    let (account, region) = (account.to_owned(), region.to_owned());
    Call::new(Identity { account, region, caller, access_key: String::new() }, RequestId::new(""))
}

async fn scale(service: Weak<Kinesis>) {
    let mut observers = BTreeMap::new();
    loop {
        let Some(kinesis) = service.upgrade() else { return };
        let sleep = kinesis.host.sleep(Duration::from_millis(Pace::of(&kinesis.settings).tick_ms));
        drop(kinesis);
        sleep.await;
        let Some(kinesis) = service.upgrade() else { return };
        if let Err(error) = scale_once(&kinesis, &mut observers).await {
            tracing::warn!(error = %error, "on-demand streams could not be scaled");
        }
    }
}

/// Looks at every on-demand stream once.
async fn scale_once(kinesis: &Kinesis, observers: &mut BTreeMap<log::StreamId, Observer>) -> Result<(), ServiceError> {
    let (mut after, mut seen) = (None::<String>, BTreeSet::new());
    loop {
        let page = kinesis.log.list_streams(NAMESPACE, after.as_deref(), PAGE).await.map_err(errors::engine)?;
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        for stream in page {
            let view = kinesis.cached_view(stream)?;
            let is_active = view.status(kinesis.now_ms()) == StreamStatus::Active;
            if is_active && view.record.mode == StreamMode::OnDemand {
                seen.insert(view.stream.id);
                let observer = observers.entry(view.stream.id).or_default();
                if let Err(error) = scale_stream(kinesis, &view, observer).await {
                    // Usually the account's shard quota: AWS throttles then, and so do we.
                    tracing::debug!(stream = view.stream.name, error = %error, "the stream stays as it is");
                }
            }
        }
    }
    observers.retain(|id, _| seen.contains(id));
    Ok(())
}

async fn scale_stream(kinesis: &Kinesis, view: &StreamView, observer: &mut Observer) -> Result<(), ServiceError> {
    let (now_ms, pace) = (kinesis.now_ms(), Pace::of(&kinesis.settings));
    let mut stats = Vec::new();
    for shard in view.stream.open_shards() {
        let counted = kinesis.log.shard_stats(shard.id).await.map_err(errors::engine)?;
        stats.push((shard.id.index, counted));
    }
    observer.observe(now_ms, &stats, &pace);
    let call = owner(view);
    let written: u64 = view.live.write_rates(kinesis.host.monotonic()).iter().map(|rate| rate.bytes_last_minute).sum();
    if scaling::is_new_peak(&view.record, written / 60, now_ms, &pace) {
        let note = kinesis.change_stream(view, &call, |_, record| {
            (record.peak_write_bps, record.peak_write_ms) = (written / 60, now_ms);
            Ok(log::Alteration::default())
        });
        note.await?;
    }
    let wanted = scaling::shards_wanted(&view.record);
    if scaling::decide(&view.stream, wanted, observer, now_ms, &pace).is_empty() {
        return Ok(());
    }
    let plan = |current: &StreamView, record: &mut crate::stream::StreamRecord| {
        if record.mode != StreamMode::OnDemand || record.status(now_ms) != StreamStatus::Active {
            return Ok(Vec::new());
        }
        Ok(scaling::decide(&current.stream, scaling::shards_wanted(record), observer, now_ms, &pace))
    };
    let before = view.stream.shards.len();
    let after = kinesis.reshape(view, &call, plan).await?;
    if after.stream.shards.len() != before {
        observer.resharded(now_ms);
        let open = after.stream.open_shards().count();
        tracing::info!(stream = view.stream.name, open_shards = open, "on-demand stream scaled");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
