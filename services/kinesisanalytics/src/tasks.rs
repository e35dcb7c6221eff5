//! What happens without a request: applications run on after a restart, and deleted ones are forgotten once their
//! transition is over.

use std::sync::Arc;
use std::time::Duration;

use aws::ServiceError;

use crate::application::Application;
use crate::shapes::ApplicationStatus;
use crate::{KinesisAnalytics, records};

/// How long to wait after the store refused a change.
const RETRY: Duration = Duration::from_secs(1);

/// Takes up what a restart has interrupted.
pub(crate) fn start(analytics: &Arc<KinesisAnalytics>) -> Result<(), ServiceError> {
    for application in records::list(&analytics.store, "", None, usize::MAX)? {
        analytics.runs.note_failed(&application);
        if application.transition == ApplicationStatus::Deleting {
            forget_when_due(analytics, &application);
        } else if application.is_started || application.is_waiting {
            analytics.supervise(&application, true);
        }
    }
    Ok(())
}

/// Really deletes an application once its DELETING is over.
pub(crate) fn forget_when_due(analytics: &Arc<KinesisAnalytics>, application: &Application) {
    let (service, host, id) = (Arc::downgrade(analytics), analytics.host.clone(), application.id);
    let key = records::key(&application.account, &application.region, &application.name);
    let mut wait = Duration::from_millis(application.settled_ms.saturating_sub(analytics.now_ms()));
    analytics.host.spawn("analytics-delete", async move {
        loop {
            host.sleep(wait).await;
            let Some(analytics) = service.upgrade() else { return };
            match forget(&analytics, &key, id).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(application = key, %error, "an application could not be deleted yet"),
            }
            wait = RETRY;
        }
    });
}

async fn forget(analytics: &Arc<KinesisAnalytics>, key: &str, id: u64) -> Result<(), ServiceError> {
    analytics.end_run(id).await;
    let _turn = analytics.turn.lock().await;
    match records::get(&analytics.store, key)? {
        Some(application) if application.id == id && application.is_gone(analytics.now_ms()) => {
            analytics.forget(&application).await
        }
        _ => Ok(()),
    }
}
