//! Amazon Kinesis Data Streams over the durable log (`crates/log`).
//!
//! The engine keeps records, shards and retention; this service keeps AWS's words, states and limits. All it has to
//! remember of a stream beside the records is one [`StreamRecord`], stored with the stream in the engine's own
//! transaction (its annotation), so that no change can be half done.
//!
//! Differs from AWS: queues and channels (2026) are not implemented; IAM policies are stored, not enforced.

mod account;
mod arn;
mod bulk;
mod consumer;
mod description;
mod encryption;
mod entries;
mod errors;
mod fan_out;
#[doc(hidden)]
pub mod fuzzing;
mod iterator;
mod key_hash;
mod limiter;
mod limits;
mod live;
mod metrics;
mod monitoring;
mod operations;
mod position;
mod put;
mod rates;
mod reader;
mod records;
mod reshard;
mod resource;
mod retention;
mod scaling;
mod sequence;
mod settings;
mod shapes;
mod shard;
mod shard_filter;
mod single;
mod stream;
mod subscription;
mod tags;
mod tasks;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod throughput;
mod token;
mod view;
mod writer;

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, RwLock};

use aws::{Call, Face, Protocol, ServiceError};
use host::Host;
use host::files::Buffers;
use keys::Keys;
use log::LogEngine;
use store::Store;

pub use aws::{Limits, Transitions};
pub use reader::{ReadError, ReadPage, ReadRecord, ReadableStream};
pub use settings::Settings;
pub use writer::WriteError;

use crate::stream::StreamRecord;
use crate::view::StreamView;

/// What the service is made of.
pub struct Parts {
    /// Clock and randomness.
    pub host: Host,
    /// Where records live.
    pub log: Arc<dyn LogEngine>,
    /// Where account settings and the iterator secret live.
    pub store: Store,
    /// Keys for server-side encryption.
    pub keys: Arc<Keys>,
}

/// The service.
pub struct Kinesis {
    host: Host,
    log: Arc<dyn LogEngine>,
    store: Store,
    keys: Arc<Keys>,
    settings: Settings,
    /// What large calls are packed into.
    buffers: Buffers,
    iterators: iterator::Seal,
    views: RwLock<HashMap<String, Arc<StreamView>>>,
    tokens: token::Tokens,
    rates: rates::Rates,
    due: tasks::Due,
    /// Shards made since they were last counted, and those counted.
    shards_made: AtomicUsize,
    /// Held while totals are counted and then changed. Taken before the turn of a stream.
    quota_turn: tokio::sync::Mutex<()>,
}

impl Kinesis {
    /// Opens the service over its parts.
    pub async fn open(parts: Parts, settings: Settings) -> Result<Arc<Self>, ServiceError> {
        let Parts { host, log, store, keys } = parts;
        let iterators = iterator::Seal::load(&host, &store).await?;
        let tokens = token::Tokens::load(&host, &store).await?;
        let kinesis = Arc::new(Self {
            host,
            log,
            store,
            keys,
            settings,
            buffers: Buffers::default(),
            iterators,
            views: RwLock::default(),
            tokens,
            rates: rates::Rates::default(),
            due: tasks::Due::default(),
            // As if full: the first creation counts.
            shards_made: AtomicUsize::new(limits::SERVER_SHARDS_MAX),
            quota_turn: tokio::sync::Mutex::default(),
        });
        tasks::start(&kinesis).await?;
        Ok(kinesis)
    }

    /// The stream a request names by name, by ARN, or both. Does not look at its state.
    pub(crate) async fn find_stream(
        &self,
        call: &Call,
        name: &Option<String>,
        arn: &Option<String>,
    ) -> Result<Arc<StreamView>, ServiceError> {
        let address = arn::address(call, name, arn)?;
        self.view(call, &address).await
    }

    /// The stream of that name in the caller's account and region.
    pub(crate) async fn view(&self, call: &Call, name: &str) -> Result<Arc<StreamView>, ServiceError> {
        let key = stream::engine_name(&call.account, &call.region, name);
        let view = self.view_by_key(&key).await?.filter(|view| !view.record.is_gone(self.now_ms()));
        view.ok_or_else(|| errors::stream_not_found(name, call))
    }

    /// The same for callers with words of their own for a stream that is not there.
    pub(crate) async fn known_view(&self, call: &Call, name: &str) -> Result<Option<Arc<StreamView>>, ServiceError> {
        let view = self.view_by_key(&stream::engine_name(&call.account, &call.region, name)).await?;
        Ok(view.filter(|view| !view.record.is_gone(self.now_ms())))
    }

    /// The stream of that engine name (`kinesis/account/region/name`), if there is one.
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
            view.live.follow(&view.stream, &view.record.consumers);
        }
        Ok(Arc::clone(current))
    }

    /// Changes a stream's record; `change` sees the current one and may refuse. Changes of one stream run one after
    /// the other.
    pub(crate) async fn change_stream(
        &self,
        view: &StreamView,
        call: &Call,
        mut change: impl FnMut(&StreamView, &mut StreamRecord) -> Result<log::Alteration, ServiceError> + Send,
    ) -> Result<Arc<StreamView>, ServiceError> {
        let _turn = view.live.turn.lock().await;
        for _ in 0..reshard::ATTEMPTS_MAX {
            let current = self.view_by_key(&view.stream.name).await?;
            let current = current.filter(|current| current.stream.id == view.stream.id);
            let current = current.ok_or_else(|| errors::stream_not_found(view.name(), call))?;
            let mut record = current.record.clone();
            let mut alteration = change(&current, &mut record)?;
            if record == current.record && alteration.retention_ms.is_none() {
                return Ok(current);
            }
            alteration.annotation = Some(record.encode());
            match self.log.alter_stream(current.stream.id, current.stream.version, alteration).await {
                // The engine has forgotten an expired shard in between: look again.
                Err(log::Error::Conflict { .. }) => {}
                altered => return self.cached_view(altered.map_err(errors::engine)?),
            }
        }
        Err(ServiceError::internal(log::Error::Conflict { next: view.stream.version }))
    }

    /// Deletes every stream and every setting of every account.
    pub async fn reset(&self) -> Result<(), ServiceError> {
        let _quota = self.quota_turn.lock().await;
        tasks::delete_all(self).await?;
        self.forget_commitments().await?;
        self.rates.reset();
        Ok(())
    }

    /// Wall-clock milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }
}

/// The service as the gateway sees it.
pub fn face(kinesis: Arc<Kinesis>) -> Face {
    let protocol = Protocol {
        signing_name: "kinesis",
        target_prefix: Some("Kinesis_20131202"),
        query_version: None,
        query_namespace: None,
        not_implemented: operations::NOT_IMPLEMENTED,
    };
    Face::new(kinesis, protocol, operations::table())
}
