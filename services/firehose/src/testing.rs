//! The service on a simulated machine: virtual time, records and objects in memory, requests and answers as JSON.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) use aws::testing::caller;
use aws::{Call, Face};
use futures::StreamExt;
use futures::future::BoxFuture;
use host::simulated::{Ended, Simulation};
use host::{Host, LineFiles};
use keys::Keys;
use log::{LogEngine, MemoryLog, Position, ReadLimits, ShardId};
use serde_json::{Value, json};
use store::Store;

use crate::{
    Firehose, Limits, NewObject, ObjectBody, ObjectSink, Parts, Settings, SinkError, SourceError, SourceRead,
    SourceStream, StreamSource, Transitions, face,
};

/// Memory for records, in bytes.
const LOG_BYTES: usize = 64 << 20;

/// A running service.
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) firehose: Arc<Firehose>,
    pub(crate) face: Face,
    pub(crate) log: Arc<dyn LogEngine>,
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) objects: Arc<Objects>,
    settings: Settings,
}

/// Objects in memory, by `bucket/key`; only the bucket `gone` does not exist.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) stored: Mutex<BTreeMap<String, (NewObject, Vec<u8>)>>,
}

impl ObjectSink for Objects {
    fn put(&self, object: NewObject, mut body: ObjectBody) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async move {
            if object.bucket == "gone" {
                return Err(SinkError::NoSuchBucket);
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = body.next().await {
                bytes.extend_from_slice(&chunk.map_err(|error| SinkError::Failed(error.to_string()))?);
            }
            let name = format!("{}/{}", object.bucket, object.key);
            self.stored.lock().expect("no panic while held").insert(name, (object, bytes));
            Ok(())
        })
    }
}

/// One data stream called `orders`, and nothing in it.
#[derive(Debug)]
pub(crate) struct DataStreams;

impl StreamSource for DataStreams {
    fn describe<'a>(
        &'a self,
        _account: &'a str,
        _region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>> {
        let stream = SourceStream { id: log::StreamId(1_000_000), created_ms: 0, shards: Vec::new() };
        Box::pin(async move { Ok((name == "orders").then_some(stream)) })
    }

    fn locate(&self, _shard: ShardId, _position: Position) -> BoxFuture<'_, Result<u64, SourceError>> {
        Box::pin(async { Err(SourceError::NotFound) })
    }

    fn read(
        &self,
        _shard: ShardId,
        _from: u64,
        _limits: ReadLimits,
        _wait: Option<Duration>,
    ) -> BoxFuture<'_, Result<SourceRead, SourceError>> {
        Box::pin(async { Err(SourceError::NotFound) })
    }
}

/// Settings without limits and with short transitions.
pub(crate) fn unlimited() -> Settings {
    Settings { limits: Limits::Off, ..Settings::default() }
}

/// Settings with AWS's limits and its transition times.
pub(crate) fn like_aws() -> Settings {
    Settings { transitions: Transitions::Aws, ..Settings::default() }
}

/// Runs `program` on a service of its own, in virtual time.
pub(crate) fn simulate<F: Future<Output = ()>>(settings: Settings, program: impl FnOnce(World) -> F) {
    let ended = Simulation::new(1).boot(|host| async move {
        let log: Arc<dyn LogEngine> = Arc::new(MemoryLog::new(host.clone(), LOG_BYTES));
        let store = Store::open(&host, "/data".as_ref()).expect("an empty simulated disk");
        program(World::open(host, log, store, Arc::default(), settings).await).await;
    });
    assert!(matches!(ended, Ended::Finished(())));
}

impl World {
    pub(crate) async fn open(
        host: Host,
        log: Arc<dyn LogEngine>,
        store: Store,
        objects: Arc<Objects>,
        settings: Settings,
    ) -> Self {
        let keys = Keys::open(&host, store.clone(), "/data/master.key".as_ref());
        let parts = Parts {
            host: host.clone(),
            log: Arc::clone(&log),
            store: store.clone(),
            keys: Arc::new(keys.clone()),
            objects: Arc::clone(&objects) as Arc<dyn ObjectSink>,
            data_streams: Arc::new(DataStreams),
            authorities: None,
            worker: None,
            logs: Arc::new(LineFiles::new(host.clone(), "/data/logs".into())),
        };
        let firehose = Firehose::open(parts, settings).await.expect("sound parts");
        Self { face: face(Arc::clone(&firehose)), host, firehose, log, store, keys, objects, settings }
    }

    /// The service ends and begins again with what it has stored.
    pub(crate) async fn restart(self) -> Self {
        let Self { host, firehose, face, log, store, keys, objects, settings } = self;
        drop((firehose, face, keys));
        Self::open(host, log, store, objects, settings).await
    }

    /// Lets virtual time pass.
    pub(crate) async fn pass(&self, ms: u64) {
        self.host.sleep(Duration::from_millis(ms)).await;
    }

    /// Calls an operation; an error is `Code: message`.
    pub(crate) async fn call(&self, operation: &str, request: Value) -> Result<Value, String> {
        self.call_as(caller(), operation, request).await
    }

    /// Calls an operation as somebody.
    pub(crate) async fn call_as(&self, call: Call, operation: &str, request: Value) -> Result<Value, String> {
        aws::testing::call(&self.face, call, operation, request).await
    }

    /// Calls an operation that must succeed.
    pub(crate) async fn ok(&self, operation: &str, request: Value) -> Value {
        aws::testing::ok(&self.face, operation, request).await
    }

    /// Calls an operation that must be refused.
    pub(crate) async fn refused(&self, operation: &str, request: Value) -> String {
        aws::testing::refused(&self.face, operation, request).await
    }

    /// Creates a delivery stream into the bucket `lake` and waits until it is ACTIVE.
    pub(crate) async fn make_stream(&self, name: &str) {
        self.make_stream_with(name, json!({"ExtendedS3DestinationConfiguration": s3()})).await;
    }

    /// The same with members of the request beside the name.
    pub(crate) async fn make_stream_with(&self, name: &str, mut request: Value) {
        request["DeliveryStreamName"] = json!(name);
        self.ok("CreateDeliveryStream", request).await;
        self.settle().await;
    }

    /// Waits until transitions are over and call rates are free again.
    pub(crate) async fn settle(&self) {
        self.pass(self.settings.transition_ms() + 1_000).await;
    }

    /// The description of a delivery stream.
    pub(crate) async fn describe(&self, name: &str) -> Value {
        let described = self.ok("DescribeDeliveryStream", json!({"DeliveryStreamName": name})).await;
        described["DeliveryStreamDescription"].clone()
    }
}

/// The least a bucket needs.
pub(crate) fn s3() -> Value {
    json!({"RoleARN": "arn:aws:iam::123456789012:role/firehose", "BucketARN": "arn:aws:s3:::lake"})
}
