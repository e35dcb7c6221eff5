//! Amazon Data Firehose over the durable log (`crates/log`): what is accepted is buffered in a log stream and
//! delivered from there at least once.
//!
//! All there is to remember of a delivery stream beside its records is one [`stream::DeliveryStream`], stored with the
//! log stream in the engine's own transaction (its annotation), so that no change can be half done.
//!
//! Differs from AWS: see docs/firehose.md.

mod buffering;
mod configuration;
mod deaggregation;
mod delivery;
mod destination;
mod encryption;
mod error_log;
mod errors;
mod expressions;
mod failure_lines;
mod format;
mod http_client;
mod limiter;
mod limits;
mod live;
mod metrics;
mod operations;
mod partitioning;
mod pipeline;
mod prefix;
mod progress;
mod put;
mod rates;
mod reader;
mod retry;
mod settings;
mod shapes;
mod sink;
mod source;
mod stream;
mod tasks;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod view;
mod writer;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use aws::{Call, Face, Protocol, ServiceError};
use host::{Host, LineFiles};
use keys::Keys;
use log::LogEngine;
use store::Store;
use tokio::sync::watch;

pub use aws::{Limits, Transitions};
pub use expressions::{WORKER_ARGUMENT, run_worker};
pub use log::source::{SourceError, SourceRead, SourceRecord, SourceShard, SourceStream, StreamSource};
pub use settings::Settings;
pub use sink::{NewObject, ObjectBody, ObjectSink, SinkError};
pub use writer::WriteError;

use crate::configuration::Destination;
use crate::destination::Outgoing;
use crate::expressions::Expressions;
use crate::stream::DeliveryStream;
use crate::view::StreamView;

/// How often a change is tried again that the engine refused because of another change.
pub(crate) const ATTEMPTS_MAX: usize = 16;
/// Streams read from the engine at once.
const PAGE: usize = 1_000;

/// What the service is made of.
pub struct Parts {
    /// Clock and randomness.
    pub host: Host,
    /// Where records are buffered.
    pub log: Arc<dyn LogEngine>,
    /// Where deliverers remember how far they are.
    pub store: Store,
    /// Keys for the encryption of what is buffered.
    pub keys: Arc<Keys>,
    /// Where objects go.
    pub objects: Arc<dyn ObjectSink>,
    /// The data streams that delivery streams may read.
    pub data_streams: Arc<dyn StreamSource>,
    /// The text of a PEM file: authorities that destinations' certificates may come from, beside those all browsers
    /// trust.
    pub authorities: Option<Vec<u8>>,
    /// The program whose processes run jq expressions, where [`run_worker`] is behind the argument
    /// [`WORKER_ARGUMENT`]; without it they run in this process, and nothing limits them.
    pub worker: Option<PathBuf>,
    /// The files that errors of deliveries are written to.
    pub logs: Arc<LineFiles>,
}

/// The service.
pub struct Firehose {
    pub(crate) host: Host,
    pub(crate) log: Arc<dyn LogEngine>,
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keys>,
    pub(crate) objects: Arc<dyn ObjectSink>,
    pub(crate) data_streams: Arc<dyn StreamSource>,
    pub(crate) outgoing: Outgoing,
    pub(crate) expressions: Arc<dyn Expressions>,
    pub(crate) error_log: error_log::ErrorLog,
    pub(crate) settings: Settings,
    views: RwLock<HashMap<String, Arc<StreamView>>>,
    rates: rates::Rates,
    list_latency: metrics::Latency,
    pub(crate) deliveries: delivery::Deliveries,
    /// Buffers that others in this process read.
    pub(crate) readers: reader::Readers,
    /// Grows with every delivery stream that is created: somebody has to deliver from it.
    pub(crate) created: watch::Sender<u64>,
    /// Streams made since they were last counted, and those counted.
    streams_made: AtomicUsize,
    /// Held while streams are counted and then created.
    quota_turn: tokio::sync::Mutex<()>,
}

impl Firehose {
    /// Opens the service over its parts.
    pub async fn open(parts: Parts, settings: Settings) -> Result<Arc<Self>, ServiceError> {
        let Parts { host, log, store, keys, objects, data_streams, authorities, worker, logs } = parts;
        let outgoing = Outgoing::new(&host, authorities.as_deref()).map_err(ServiceError::internal)?;
        let expressions = expressions::open(&host, worker);
        let error_log = error_log::ErrorLog { host: host.clone(), files: logs };
        let readers = reader::Readers::load(&store)?;
        let firehose = Arc::new(Self {
            readers,
            host,
            log,
            store,
            keys,
            objects,
            data_streams,
            outgoing,
            expressions,
            error_log,
            settings,
            views: RwLock::default(),
            rates: rates::Rates::default(),
            list_latency: metrics::Latency::default(),
            deliveries: delivery::Deliveries::default(),
            created: watch::Sender::default(),
            // As if full: the first creation counts.
            streams_made: AtomicUsize::new(limits::SERVER_STREAMS_MAX),
            quota_turn: tokio::sync::Mutex::default(),
        });
        tasks::start(&firehose).await?;
        delivery::start(&firehose).await?;
        Ok(firehose)
    }

    /// The delivery stream of that name in the caller's account and region, in whatever state.
    pub(crate) async fn view(&self, call: &Call, name: &str) -> Result<Arc<StreamView>, ServiceError> {
        let view = self.view_by_key(&stream::engine_name(&call.account, &call.region, name)).await?;
        let view = view.filter(|view| !view.record.is_gone(self.now_ms()));
        view.ok_or_else(|| errors::stream_not_found(name, call))
    }

    /// Delivery streams of the caller's account and region by name, after the one called `after`, for which `wanted`
    /// holds, at most `count_max`.
    pub(crate) async fn views_after(
        &self,
        call: &Call,
        after: Option<&str>,
        count_max: usize,
        wanted: impl Fn(&DeliveryStream) -> bool + Send,
    ) -> Result<Vec<Arc<StreamView>>, ServiceError> {
        let prefix = stream::engine_name(&call.account, &call.region, "");
        let mut after = after.map(|name| format!("{prefix}{name}"));
        let (mut views, now_ms) = (Vec::new(), self.now_ms());
        while views.len() < count_max {
            let page = self.log.list_streams(&prefix, after.as_deref(), PAGE.min(count_max)).await;
            let page = page.map_err(errors::engine)?;
            let Some(last) = page.last() else { break };
            after = Some(last.name.clone());
            for stream in page {
                let view = self.cached_view(stream)?;
                if !view.record.is_gone(now_ms) && wanted(&view.record) {
                    views.push(view);
                }
            }
        }
        views.truncate(count_max);
        Ok(views)
    }

    /// Refuses when the account or the server has all the delivery streams it may have; counts one more otherwise.
    /// Called with [`Firehose::quota_turn`] held.
    pub(crate) async fn require_room(&self, call: &Call) -> Result<(), ServiceError> {
        let limit = limits::STREAMS_MAX;
        if self.settings.limits == Limits::Aws && self.views_after(call, None, limit, |_| true).await?.len() >= limit {
            return Err(errors::too_many_streams(limit, call));
        }
        let limit = limits::SERVER_STREAMS_MAX;
        if self.streams_made.load(Ordering::Relaxed) >= limit {
            // Streams go without a word to us, so what was made is not what is there.
            self.streams_made.store(tasks::all(self).await?.len(), Ordering::Relaxed);
        }
        if self.streams_made.load(Ordering::Relaxed) >= limit {
            return Err(errors::server_is_full(limit));
        }
        self.streams_made.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Changes a delivery stream's record; `change` sees the current one and may refuse. Changes of one stream run one
    /// after the other.
    pub(crate) async fn change_stream(
        &self,
        view: &StreamView,
        call: &Call,
        mut change: impl FnMut(&mut DeliveryStream) -> Result<(), ServiceError> + Send,
    ) -> Result<Arc<StreamView>, ServiceError> {
        let _turn = view.live.turn.lock().await;
        for _ in 0..ATTEMPTS_MAX {
            let current = self.view_by_key(&view.stream.name).await?;
            let current = current.filter(|current| current.stream.id == view.stream.id);
            let current = current.ok_or_else(|| errors::stream_not_found(&view.record.name, call))?;
            let mut record = current.record.clone();
            change(&mut record)?;
            if record == current.record {
                return Ok(current);
            }
            let alteration = log::Alteration { annotation: Some(record.encode()), ..log::Alteration::default() };
            match self.log.alter_stream(current.stream.id, current.stream.version, alteration).await {
                // Somebody else was faster: look again.
                Err(log::Error::Conflict { .. }) => {}
                altered => return self.cached_view(altered.map_err(errors::engine)?),
            }
        }
        Err(ServiceError::internal(log::Error::Conflict { next: view.stream.version }))
    }

    /// Deletes every delivery stream of every account.
    pub async fn reset(&self) -> Result<(), ServiceError> {
        let _quota = self.quota_turn.lock().await;
        tasks::delete_all(self).await?;
        self.rates.reset();
        Ok(())
    }

    /// The delivery stream of that engine name (`firehose/account/region/name`), if there is one.
    pub(crate) async fn view_by_key(&self, key: &str) -> Result<Option<Arc<StreamView>>, ServiceError> {
        let stream = match self.log.describe_stream(key).await {
            Ok(stream) => stream,
            Err(log::Error::NotFound) => {
                let forgotten = self.views.write().expect("no panic while held").remove(key);
                forgotten.iter().for_each(|view| view.live.end());
                return Ok(None);
            }
            Err(error) => return Err(errors::engine(error)),
        };
        self.cached_view(stream).map(Some)
    }

    /// The parsed view of an engine stream; parsed once per version.
    pub(crate) fn cached_view(&self, stream: Arc<log::Stream>) -> Result<Arc<StreamView>, ServiceError> {
        let known = self.views.read().expect("no panic while held").get(&stream.name).cloned();
        let live = match known {
            Some(view) if view.stream.id == stream.id && view.stream.version >= stream.version => return Ok(view),
            Some(view) if view.stream.id == stream.id => Arc::clone(&view.live),
            _ => Arc::default(),
        };
        let view = Arc::new(StreamView::parse(stream, live)?);
        let mut views = self.views.write().expect("no panic while held");
        let current = views.entry(view.stream.name.clone()).or_insert_with(|| Arc::clone(&view));
        if current.stream.id != view.stream.id || current.stream.version < view.stream.version {
            if current.stream.id != view.stream.id {
                current.live.end();
            }
            *current = Arc::clone(&view);
            view.live.follow(&view.stream);
        }
        Ok(Arc::clone(current))
    }

    /// Refuses a destination whose jq expression cannot be run.
    pub(crate) async fn require_query(&self, destination: &Destination) -> Result<(), ServiceError> {
        match destination.query() {
            Some(query) => self.expressions.keys(&query, Vec::new()).await.map(drop).map_err(errors::metadata_query),
            None => Ok(()),
        }
    }

    /// Wall-clock milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The service as the gateway sees it.
pub fn face(firehose: Arc<Firehose>) -> Face {
    let protocol = Protocol {
        signing_name: "firehose",
        target_prefix: Some("Firehose_20150804"),
        query_version: None,
        query_namespace: None,
        not_implemented: operations::NOT_IMPLEMENTED,
    };
    Face::new(firehose, protocol, operations::table())
}
