//! Amazon Data Firehose over the durable log (`crates/log`): what is accepted is buffered in a log stream and
//! delivered from there at least once.
//!
//! All there is to remember of a delivery stream beside its records is one [`stream::DeliveryStream`], stored with the
//! log stream in the engine's own transaction (its annotation), so that no change can be half done.
//!
//! Differs from AWS: see docs/firehose.md.

mod configuration;
mod errors;
mod live;
mod operations;
mod settings;
mod shapes;
mod sink;
mod stream;
mod stream_source;
mod view;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use aws::{Face, Protocol, ServiceError};
use host::Host;
use keys::Keys;
use log::LogEngine;
use store::Store;

pub use settings::{Limits, Settings, Transitions};
pub use sink::{NewObject, ObjectBody, ObjectSink, SinkError};
pub use stream_source::{SourceError, SourceRead, SourceRecord, SourceShard, SourceStream, StreamSource};

use crate::view::StreamView;

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
}

/// The service.
pub struct Firehose {
    pub(crate) host: Host,
    pub(crate) log: Arc<dyn LogEngine>,
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keys>,
    pub(crate) objects: Arc<dyn ObjectSink>,
    pub(crate) data_streams: Arc<dyn StreamSource>,
    pub(crate) settings: Settings,
    views: RwLock<HashMap<String, Arc<StreamView>>>,
}

impl Firehose {
    /// Opens the service over its parts.
    pub async fn open(parts: Parts, settings: Settings) -> Result<Arc<Self>, ServiceError> {
        let Parts { host, log, store, keys, objects, data_streams } = parts;
        let views = RwLock::default();
        Ok(Arc::new(Self { host, log, store, keys, objects, data_streams, settings, views }))
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

    /// Wall-clock milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }
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
