//! What happens without a request: deleted delivery streams go once their transition is over.

use std::sync::Arc;
use std::time::Duration;

use aws::ServiceError;

use crate::shapes::DeliveryStreamStatus;
use crate::stream::NAMESPACE;
use crate::view::StreamView;
use crate::{ATTEMPTS_MAX, Firehose, errors};

/// Streams read from the engine at once.
const PAGE: usize = 1_000;
/// How long to wait after the engine refused a change.
const RETRY: Duration = Duration::from_secs(1);

/// Takes up what a restart has interrupted.
pub(crate) async fn start(firehose: &Arc<Firehose>) -> Result<(), ServiceError> {
    for view in all(firehose).await? {
        if view.record.transition == DeliveryStreamStatus::Deleting {
            delete_when_due(firehose, &view);
        }
    }
    Ok(())
}

/// All delivery streams of all accounts and regions, by name.
pub(crate) async fn all(firehose: &Firehose) -> Result<Vec<Arc<StreamView>>, ServiceError> {
    let (mut views, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = firehose.log.list_streams(NAMESPACE, after.as_deref(), PAGE).await.map_err(errors::engine)?;
        let Some(last) = page.last() else { return Ok(views) };
        after = Some(last.name.clone());
        for stream in page {
            views.push(firehose.cached_view(stream)?);
        }
    }
}

/// Really deletes a stream once its DELETING is over.
pub(crate) fn delete_when_due(firehose: &Arc<Firehose>, view: &StreamView) {
    let (service, host, key) = (Arc::downgrade(firehose), firehose.host.clone(), view.stream.name.clone());
    let mut wait = Duration::from_millis(view.record.settled_ms.saturating_sub(firehose.now_ms()));
    firehose.host.spawn("firehose-delete", async move {
        loop {
            host.sleep(wait).await;
            let Some(firehose) = service.upgrade() else { return };
            match settle(&firehose, &key).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(stream = key, %error, "a delivery stream could not be deleted yet"),
            }
            wait = RETRY;
        }
    });
}

/// Really deletes the stream of that engine name if its DELETING is over.
pub(crate) async fn settle(firehose: &Firehose, key: &str) -> Result<(), ServiceError> {
    match firehose.view_by_key(key).await? {
        Some(view) if view.record.is_gone(firehose.now_ms()) => delete(firehose, &view).await,
        _ => Ok(()),
    }
}

async fn delete(firehose: &Firehose, view: &StreamView) -> Result<(), ServiceError> {
    let _turn = view.live.turn.lock().await;
    for _ in 0..ATTEMPTS_MAX {
        let current = firehose.view_by_key(&view.stream.name).await?;
        let Some(current) = current.filter(|current| current.stream.id == view.stream.id) else { return Ok(()) };
        match firehose.log.delete_stream(current.stream.id, current.stream.version).await {
            // Somebody else has changed it: look again.
            Err(log::Error::Conflict { .. }) => {}
            Ok(()) | Err(log::Error::NotFound) => {
                // Finds nothing, and drops what is remembered of the stream.
                firehose.view_by_key(&view.stream.name).await?;
                return Ok(());
            }
            Err(error) => return Err(errors::engine(error)),
        }
    }
    Err(ServiceError::internal(log::Error::Conflict { next: view.stream.version }))
}

/// Deletes all delivery streams of all accounts, whatever state they are in.
pub(crate) async fn delete_all(firehose: &Firehose) -> Result<(), ServiceError> {
    for view in all(firehose).await? {
        delete(firehose, &view).await?;
    }
    Ok(())
}
