//! The service on a simulated machine: virtual time, records in memory, requests and answers as JSON.

use std::sync::Arc;
use std::time::Duration;

use aws::Face;
pub(crate) use aws::testing::caller;
use host::Host;
use host::simulated::{Ended, Simulation};
use keys::Keys;
use log::{LogEngine, MemoryLog};
use serde_json::Value;
use store::Store;

use crate::{Kinesis, Limits, Parts, Settings, Transitions, face};

/// Memory for records, in bytes.
const LOG_BYTES: usize = 64 << 20;

/// A running service.
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) kinesis: Arc<Kinesis>,
    pub(crate) face: Face,
    pub(crate) log: Arc<dyn LogEngine>,
    pub(crate) keys: Keys,
    store: Store,
    settings: Settings,
}

/// Settings with AWS's limits and its transition times.
pub(crate) fn like_aws() -> Settings {
    Settings { transitions: Transitions::Aws, ..Settings::default() }
}

/// Settings without limits and with AWS's transition times, for programs that let days pass.
pub(crate) fn unhurried() -> Settings {
    Settings { limits: Limits::Off, ..like_aws() }
}

/// Settings without limits and with short transitions.
pub(crate) fn unlimited() -> Settings {
    Settings { limits: Limits::Off, ..Settings::default() }
}

/// Runs `program` on a service of its own, in virtual time.
pub(crate) fn simulate<F: Future<Output = ()>>(settings: Settings, program: impl FnOnce(World) -> F) {
    let ended = Simulation::new(1).boot(|host| async move {
        let log: Arc<dyn LogEngine> = Arc::new(MemoryLog::new(host.clone(), LOG_BYTES));
        let store = Store::open(&host, "/data".as_ref()).expect("an empty simulated disk");
        program(World::open(host, log, store, settings).await).await;
    });
    assert!(matches!(ended, Ended::Finished(())));
}

impl World {
    pub(crate) async fn open(host: Host, log: Arc<dyn LogEngine>, store: Store, settings: Settings) -> Self {
        let keys = Keys::open(&host, store.clone(), "/data/master.key".as_ref());
        let (log_part, keys_part) = (Arc::clone(&log), Arc::new(keys.clone()));
        let parts = Parts { host: host.clone(), log: log_part, store: store.clone(), keys: keys_part };
        let kinesis = Kinesis::open(parts, settings).await.expect("sound parts");
        Self { face: face(Arc::clone(&kinesis)), host, kinesis, log, keys, store, settings }
    }

    /// The service ends and begins again with what it has stored.
    pub(crate) async fn restart(self) -> Self {
        let Self { host, kinesis, face, log, keys, store, settings } = self;
        drop((kinesis, face, keys));
        Self::open(host, log, store, settings).await
    }

    /// Lets virtual time pass.
    pub(crate) async fn pass(&self, ms: u64) {
        self.host.sleep(Duration::from_millis(ms)).await;
    }

    /// Calls an operation; an error is `Code: message`.
    pub(crate) async fn call(&self, operation: &str, request: Value) -> Result<Value, String> {
        aws::testing::call(&self.face, caller(), operation, request).await
    }

    /// Calls an operation that must succeed.
    pub(crate) async fn ok(&self, operation: &str, request: Value) -> Value {
        aws::testing::ok(&self.face, operation, request).await
    }

    /// Calls an operation that must be refused.
    pub(crate) async fn refused(&self, operation: &str, request: Value) -> String {
        aws::testing::refused(&self.face, operation, request).await
    }

    /// Creates a stream of so many shards and waits until it is ACTIVE.
    pub(crate) async fn make_stream(&self, name: &str, shards: u32) {
        self.ok("CreateStream", serde_json::json!({"StreamName": name, "ShardCount": shards})).await;
        self.settle().await;
    }

    /// Waits until transitions are over and call rates are free again.
    pub(crate) async fn settle(&self) {
        self.pass(self.settings.transition_ms() + 1_000).await;
    }
}

/// The ARN of a stream of [`caller`].
pub(crate) fn arn(stream: &str) -> String {
    caller().arn("kinesis", &format!("stream/{stream}"))
}
