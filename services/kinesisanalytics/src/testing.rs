//! The service on a simulated machine: virtual time, data streams in memory, requests and answers as JSON.

mod memory;

use std::sync::Arc;
use std::time::Duration;

use aws::Face;
use bytes::Bytes;
use host::simulated::{Ended, Simulation};
use host::{Host, LineFiles};
use log::{LogEngine, MemoryLog};
use serde_json::{Value, json};
use store::{Blobs, Store};

pub(crate) use memory::{MemoryLake, MemoryStreams};

use crate::{KinesisAnalytics, Limits, Parts, Settings, Transitions, face, face_v2};

/// Memory for records, in bytes.
const LOG_BYTES: usize = 64 << 20;
/// What applications in tests name.
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/analytics";
pub(crate) const ORDERS: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
pub(crate) const TOTALS: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/totals";
pub(crate) const LAKE: &str = "arn:aws:firehose:us-east-1:123456789012:deliverystream/lake";
/// Rows go on as they are.
pub(crate) const PASS: &str = r#"CREATE STREAM "DEST" ("ITEM" VARCHAR(16), "PRICE" INTEGER);
    CREATE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "ITEM", "PRICE" FROM "SOURCE_SQL_STREAM_001";"#;

/// A running service.
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) analytics: Arc<KinesisAnalytics>,
    first: Face,
    second: Face,
    pub(crate) streams: Arc<MemoryStreams>,
    pub(crate) lake: Arc<MemoryLake>,
    store: Store,
    settings: Settings,
}

/// Settings without limits and with short transitions.
pub(crate) fn unlimited() -> Settings {
    Settings { limits: Limits::Off, ..Settings::default() }
}

/// Settings with AWS's limits and its transition times.
pub(crate) fn like_aws() -> Settings {
    Settings { transitions: Transitions::Aws, ..Settings::default() }
}

/// Runs `program` on a service of its own, in virtual time. There are the streams `orders` and `totals`.
pub(crate) fn simulate<F: Future<Output = ()>>(settings: Settings, program: impl FnOnce(World) -> F) {
    let ended = Simulation::new(1).boot(|host| async move {
        let log: Arc<dyn LogEngine> = Arc::new(MemoryLog::new(host.clone(), LOG_BYTES));
        let store = Store::open(&host, "/data".as_ref()).expect("an empty simulated disk");
        let streams = Arc::new(MemoryStreams::new(log));
        streams.make("orders", 2).await;
        streams.make("totals", 2).await;
        program(World::open(host, store, streams, Arc::default(), settings).await).await;
    });
    assert!(matches!(ended, Ended::Finished(())));
}

impl World {
    async fn open(
        host: Host,
        store: Store,
        streams: Arc<MemoryStreams>,
        lake: Arc<MemoryLake>,
        settings: Settings,
    ) -> Self {
        lake.host.get_or_init(|| host.clone());
        let parts = Parts {
            host: host.clone(),
            store: store.clone(),
            blobs: Blobs::open(&host, "/data".as_ref(), &store).expect("an empty simulated disk"),
            streams: Arc::clone(&streams) as _,
            deliveries: Arc::clone(&lake) as _,
            objects: Arc::clone(&lake) as _,
            logs: Arc::new(LineFiles::new(host.clone(), "/data/logs".into())),
        };
        let analytics = KinesisAnalytics::open(parts, settings).await.expect("sound parts");
        let (first, second) = (face(Arc::clone(&analytics)), face_v2(Arc::clone(&analytics)));
        Self { host, analytics, first, second, streams, lake, store, settings }
    }

    /// The service ends as with a crash, and begins again with what it has stored.
    pub(crate) async fn restart(self) -> Self {
        let Self { host, analytics, first, second, streams, lake, store, settings } = self;
        analytics.close().await;
        drop((analytics, first, second));
        Self::open(host, store, streams, lake, settings).await
    }

    /// Lets virtual time pass.
    pub(crate) async fn pass(&self, ms: u64) {
        self.host.sleep(Duration::from_millis(ms)).await;
    }

    /// Calls an operation of the first version that must succeed.
    pub(crate) async fn ok(&self, operation: &str, request: Value) -> Value {
        aws::testing::ok(&self.first, operation, request).await
    }

    /// Calls an operation of the second version that must succeed.
    pub(crate) async fn ok_v2(&self, operation: &str, request: Value) -> Value {
        aws::testing::ok(&self.second, operation, request).await
    }

    /// Calls an operation of the first version that must be refused.
    pub(crate) async fn refused(&self, operation: &str, request: Value) -> String {
        aws::testing::refused(&self.first, operation, request).await
    }

    /// How many blobs are there of reference tables, and rows that speak of them: as many of both.
    pub(crate) fn tables_kept(&self) -> usize {
        use std::ops::Bound::Unbounded;
        let count = |table| self.store.scan(table, Unbounded, Unbounded, 10).expect("the store works").len();
        let kept = count("kinesisanalytics_tables");
        // Each application has a checkpoint, too.
        assert_eq!(count("blob"), kept * 2);
        kept
    }

    /// Creates the application `shop`, which reads `orders` and writes `totals`.
    pub(crate) async fn make_shop(&self, code: &str) {
        let request = json!({
            "ApplicationName": "shop", "Inputs": [input()], "Outputs": [output("DEST")], "ApplicationCode": code,
        });
        self.ok("CreateApplication", request).await;
    }

    /// The description of `shop`.
    pub(crate) async fn describe(&self) -> Value {
        self.ok("DescribeApplication", json!({"ApplicationName": "shop"})).await["ApplicationDetail"].clone()
    }

    /// The state of `shop`.
    pub(crate) async fn status(&self) -> String {
        self.describe().await["ApplicationStatus"].as_str().expect("a status").to_owned()
    }

    /// Waits until `shop` is in a state.
    pub(crate) async fn until(&self, status: &str) {
        for _ in 0..1_000 {
            if self.status().await == status {
                return;
            }
            self.pass(50).await;
        }
        panic!("the application is {} and not {status}", self.status().await);
    }

    /// Starts `shop`, and waits until it runs.
    pub(crate) async fn start(&self, position: &str) {
        let position = json!({"InputStartingPosition": position});
        let input = json!({"Id": "1.1", "InputStartingPositionConfiguration": position});
        self.ok("StartApplication", json!({"ApplicationName": "shop", "InputConfigurations": [input]})).await;
        self.until("RUNNING").await;
    }

    /// Stops `shop`, and waits until it has.
    pub(crate) async fn stop(&self) {
        self.ok("StopApplication", json!({"ApplicationName": "shop"})).await;
        self.until("READY").await;
    }

    /// Puts rows with these prices into a shard of `orders`.
    pub(crate) async fn order(&self, shard: u32, prices: impl IntoIterator<Item = i64>) {
        let row = |price| Bytes::from(json!({"item": "i", "price": price}).to_string());
        self.streams.put("orders", shard, prices.into_iter().map(row)).await;
    }

    /// The prices in `totals`, in order, once there are so many.
    pub(crate) async fn totals(&self, count: usize) -> Vec<i64> {
        for _ in 0..1_000 {
            let rows = self.streams.rows("totals").await;
            if rows.len() >= count {
                let mut prices: Vec<_> = rows.iter().map(|row| row["PRICE"].as_i64().expect("a price")).collect();
                prices.sort_unstable();
                return prices;
            }
            self.pass(50).await;
        }
        panic!("{:?} are not {count} rows", self.streams.rows("totals").await);
    }
}

/// The input of `shop`.
pub(crate) fn input() -> Value {
    json!({
        "NamePrefix": "SOURCE_SQL_STREAM",
        "KinesisStreamsInput": {"ResourceARN": ORDERS, "RoleARN": ROLE},
        "InputSchema": {
            "RecordFormat": {
                "RecordFormatType": "JSON", "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
            },
            "RecordColumns": [
                {"Name": "ITEM", "Mapping": "$.item", "SqlType": "VARCHAR(16)"},
                {"Name": "PRICE", "Mapping": "$.price", "SqlType": "INTEGER"},
            ],
        },
    })
}

/// An output into `totals`.
pub(crate) fn output(name: &str) -> Value {
    json!({
        "Name": name,
        "KinesisStreamsOutput": {"ResourceARN": TOTALS, "RoleARN": ROLE},
        "DestinationSchema": {"RecordFormatType": "JSON"},
    })
}
