//! Amazon Kinesis Data Analytics for SQL: applications whose programs run on the engine of `crates/flow`.
//!
//! Two versions of one API look at the same applications: `operations` is that of 2015, `v2` that of 2018, and
//! `both_versions` has the operations that are alike. What they share is in `control`; an application is one row of the
//! store, with a row for each of its versions.
//!
//! Differs from AWS: see docs/analytics.md.

mod application;
mod both_versions;
mod code;
mod configuration;
mod control;
mod discovery;
mod error_log;
mod errors;
mod limits;
mod links;
mod metrics;
mod operations;
mod records;
mod running;
mod schema;
mod settings;
mod shapes;
mod tasks;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod v2;

use std::sync::Arc;

use aws::{Face, Protocol, ServiceError};
use host::{Host, LineFiles};
use store::{Blobs, Store};

pub use aws::{Limits, Transitions};
pub use links::{DataStreams, DeliveryStreams, LinkError, Named, ObjectBytes, Objects};
pub use settings::Settings;

/// What the service is made of.
pub struct Parts {
    /// Clock and randomness.
    pub host: Host,
    /// Where applications are kept, and their journals.
    pub store: Store,
    /// Where their checkpoints are kept.
    pub blobs: Blobs,
    /// The data streams that applications read and write.
    pub streams: Arc<dyn DataStreams>,
    /// The delivery streams that applications write.
    pub deliveries: Arc<dyn DeliveryStreams>,
    /// The objects that have the rows of reference tables.
    pub objects: Arc<dyn Objects>,
    /// The files that stand for the log streams of applications.
    pub logs: Arc<LineFiles>,
}

/// The service.
pub struct KinesisAnalytics {
    pub(crate) host: Host,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) streams: Arc<dyn DataStreams>,
    pub(crate) deliveries: Arc<dyn DeliveryStreams>,
    pub(crate) objects: Arc<dyn Objects>,
    pub(crate) logs: Arc<LineFiles>,
    pub(crate) runs: running::Runs,
    pub(crate) settings: Settings,
    /// Held while an application is read, changed and written.
    turn: tokio::sync::Mutex<()>,
}

impl KinesisAnalytics {
    /// Opens the service over its parts.
    pub async fn open(parts: Parts, settings: Settings) -> Result<Arc<Self>, ServiceError> {
        let Parts { host, store, blobs, streams, deliveries, objects, logs } = parts;
        let (runs, turn) = (running::Runs::default(), tokio::sync::Mutex::default());
        let analytics = Arc::new(Self { host, store, blobs, streams, deliveries, objects, logs, runs, settings, turn });
        tasks::start(&analytics)?;
        Ok(analytics)
    }

    /// Deletes every application of every account.
    pub async fn reset(&self) -> Result<(), ServiceError> {
        for application in records::list(&self.store, "", None, usize::MAX)? {
            self.end_run(application.id).await;
            let _turn = self.turn.lock().await;
            self.forget(&application).await?;
        }
        Ok(())
    }

    /// Wall-clock milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }
}

/// The first version as the gateway sees it.
pub fn face(analytics: Arc<KinesisAnalytics>) -> Face {
    let protocol = Protocol {
        signing_name: "kinesisanalytics",
        target_prefix: Some("KinesisAnalytics_20150814"),
        query_version: None,
        query_namespace: None,
        not_implemented: operations::NOT_IMPLEMENTED,
    };
    Face::new(analytics, protocol, operations::table())
}

/// The second version as the gateway sees it.
pub fn face_v2(analytics: Arc<KinesisAnalytics>) -> Face {
    let protocol = Protocol {
        signing_name: "kinesisanalytics",
        target_prefix: Some("KinesisAnalytics_20180523"),
        query_version: None,
        query_namespace: None,
        not_implemented: v2::operations::NOT_IMPLEMENTED,
    };
    Face::new(analytics, protocol, v2::operations::table().with_capital_messages()).named("kinesisanalyticsv2")
}
