//! A data stream as the source: from the creation on, through splits and merges, parents before children.

use std::sync::Arc;
use std::time::Duration;

use aws::Codec;
use bytes::Bytes;
use host::simulated::{Ended, Simulation};
use host::{Host, LineFiles};
use keys::Keys;
use log::{Append, Condition, HashRange, LogEngine, MemoryLog, NewRecord, NewStream, Reshard, ShardId};
use serde_json::json;
use store::Store;

use super::{hints, with};
use crate::testing::{Objects, caller, s3, unlimited};
use crate::{Firehose, ObjectSink, Parts, face};
use log::aggregate::close as aggregate;
use log::source::PlainStreams;

const NAME: &str = "kinesis/orders";
const MIDDLE: u128 = 1 << 127;

/// A service, and what outlives it.
struct Stage {
    host: Host,
    store: Store,
    log: Arc<dyn LogEngine>,
    objects: Arc<Objects>,
    firehose: Arc<Firehose>,
}

impl Stage {
    async fn new(host: Host) -> Self {
        let store = Store::open(&host, "/data".as_ref()).expect("an empty simulated disk");
        let log: Arc<dyn LogEngine> = Arc::new(MemoryLog::new(host.clone(), 64 << 20));
        let objects = Arc::<Objects>::default();
        let firehose = open(&host, &store, &log, &objects).await;
        Self { host, store, log, objects, firehose }
    }

    async fn restart(self) -> Self {
        let Self { host, store, log, objects, firehose } = self;
        firehose.stop();
        drop(firehose);
        let firehose = open(&host, &store, &log, &objects).await;
        Self { host, store, log, objects, firehose }
    }

    async fn make_source(&self, shards: u32) {
        let range = |index: u32| HashRange { start: u128::from(index) << 100, end: (u128::from(index) << 100) + 1 };
        let ranges = match shards {
            1 => vec![HashRange { start: 0, end: u128::MAX }],
            count => (0..count).map(range).collect(),
        };
        let new = NewStream { name: NAME.to_owned(), ranges, retention_ms: 86_400_000, annotation: Bytes::new() };
        self.log.create_stream(new).await.expect("a new name");
    }

    async fn put(&self, shard: u32, data: impl Into<Bytes>) {
        let stream = self.log.describe_stream(NAME).await.expect("the source");
        let record = NewRecord { key: Bytes::from_static(b"k"), value: data.into(), headers: Vec::new() };
        let shard = ShardId { stream: stream.id, index: shard };
        let append = Append { shard, records: vec![record], condition: Condition::None };
        let appended = self.log.append(vec![append]).await.expect("an open log");
        appended.into_iter().for_each(|appended| assert!(appended.is_ok(), "the shard is open"));
    }

    async fn reshard(&self, parents: &[u32], children: &[HashRange]) {
        let stream = self.log.describe_stream(NAME).await.expect("the source");
        let step = Reshard { parents: parents.to_vec(), children: children.to_vec() };
        self.log.reshard(stream.id, stream.version, vec![step], None).await.expect("a sound step");
    }

    async fn deliver_from_it(&self, size: u32, interval: u32) {
        let request = json!({"DeliveryStreamName": "sink", "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"RoleARN": "arn:aws:iam::123456789012:role/f",
                "KinesisStreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/orders"},
            "ExtendedS3DestinationConfiguration": with(s3(), json!({"BufferingHints": hints(size, interval)}))});
        let face = face(Arc::clone(&self.firehose));
        let body = Bytes::from(request.to_string());
        let running = face.run("CreateDeliveryStream", caller(), Codec::Json11, body).expect("in the table");
        if let Err(refused) = running.await {
            panic!("{refused}");
        }
    }

    async fn pass(&self, ms: u64) {
        self.host.sleep(Duration::from_millis(ms)).await;
    }

    /// All objects one after the other.
    fn text(&self) -> String {
        let stored = self.objects.stored.lock().expect("no panic while held");
        stored.values().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    fn metrics(&self) -> String {
        let mut metrics = String::new();
        self.firehose.write_metrics(&mut metrics);
        metrics
    }
}

async fn open(host: &Host, store: &Store, log: &Arc<dyn LogEngine>, objects: &Arc<Objects>) -> Arc<Firehose> {
    let parts = Parts {
        host: host.clone(),
        log: Arc::clone(log),
        store: store.clone(),
        keys: Arc::new(Keys::open(host, store.clone(), "/data/master.key".as_ref())),
        objects: Arc::clone(objects) as Arc<dyn ObjectSink>,
        data_streams: Arc::new(PlainStreams { log: Arc::clone(log), prefix: "kinesis/" }),
        authorities: None,
        worker: None,
        logs: Arc::new(LineFiles::new(host.clone(), "/data/logs".into())),
    };
    Firehose::open(parts, unlimited()).await.expect("sound parts")
}

fn simulate<F: Future<Output = ()>>(program: impl FnOnce(Stage) -> F) {
    let ended = Simulation::new(3).boot(|host| async move { program(Stage::new(host).await).await });
    assert!(matches!(ended, Ended::Finished(())));
}

#[test]
fn records_are_delivered_from_the_creation_on() {
    simulate(|stage| async move {
        stage.make_source(1).await;
        stage.put(0, "before ").await;
        stage.pass(10).await;
        stage.deliver_from_it(1, 60).await;
        stage.pass(1_000).await;
        stage.put(0, "one ").await;
        stage.put(0, aggregate(&[b"two ", b"three "])).await;
        stage.pass(61_000).await;
        assert_eq!(stage.text(), "one two three ");
        let metrics = stage.metrics();
        let read =
            metrics.lines().find(|line| line.starts_with("aws_firehose_data_read_from_kinesis_stream_records_total"));
        assert!(read.is_some_and(|line| line.ends_with(" 2")), "{read:?}");
    });
}

#[test]
fn splits_and_merges_are_followed_parents_first() {
    simulate(|stage| async move {
        stage.make_source(1).await;
        stage.deliver_from_it(1, 60).await;
        stage.pass(100).await;
        stage.put(0, "a ").await;
        let halves = [HashRange { start: 0, end: MIDDLE - 1 }, HashRange { start: MIDDLE, end: u128::MAX }];
        stage.reshard(&[0], &halves).await;
        stage.put(1, "b ").await;
        stage.put(2, "c ").await;
        stage.reshard(&[1, 2], &[HashRange { start: 0, end: u128::MAX }]).await;
        stage.put(3, "d ").await;
        stage.pass(61_000).await;
        assert_eq!(stage.text(), "a b c d ");
        stage.put(3, "e ").await;
        stage.pass(61_000).await;
        assert_eq!(stage.text(), "a b c d e ");
    });
}

#[test]
fn a_restart_goes_on_where_deliveries_were() {
    simulate(|stage| async move {
        stage.make_source(3).await;
        stage.deliver_from_it(1, 60).await;
        stage.pass(100).await;
        for shard in 0..3 {
            stage.put(shard, format!("{shard} ")).await;
        }
        stage.pass(61_000).await;
        assert_eq!(stage.text(), "0 1 2 ");
        stage.put(1, "late ").await;
        stage.pass(30_000).await;
        let stage = stage.restart().await;
        stage.pass(61_000).await;
        assert_eq!(stage.text(), "0 1 2 late ");
        stage.put(2, "end ").await;
        stage.pass(61_000).await;
        assert_eq!(stage.text(), "0 1 2 late end ");
    });
}

#[test]
fn a_source_that_was_deleted_may_come_again() {
    simulate(|stage| async move {
        stage.make_source(1).await;
        stage.deliver_from_it(1, 60).await;
        stage.pass(100).await;
        stage.put(0, "old ").await;
        stage.pass(61_000).await;
        let stream = stage.log.describe_stream(NAME).await.expect("the source");
        stage.log.delete_stream(stream.id, stream.version).await.expect("nobody changed it");
        stage.pass(61_000).await;
        stage.make_source(1).await;
        stage.put(0, "new ").await;
        stage.pass(90_000).await;
        assert_eq!(stage.text(), "old new ");
    });
}

#[test]
fn a_lagging_reader_catches_up_with_larger_objects() {
    simulate(|stage| async move {
        stage.make_source(1).await;
        stage.deliver_from_it(1, 60).await;
        stage.pass(100).await;
        stage.firehose.stop();
        for _ in 0..6 {
            stage.put(0, vec![b'x'; 1 << 20]).await;
        }
        stage.pass(600_000).await;
        let stage = stage.restart().await;
        stage.pass(10_000).await;
        let stored = stage.objects.stored.lock().expect("no panic while held");
        let sizes: Vec<usize> = stored.values().map(|(_, bytes)| bytes.len() >> 20).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 6);
        assert!(sizes.contains(&4), "{sizes:?}");
    });
}
