//! The disk engine keeps the rules, over restarts and failures too.

mod audit;
mod restart;
mod simulation;

use futures::future::BoxFuture;
use tempfile::TempDir;

use super::*;
use crate::conformance::{self, Factory};

/// Small files, so that tests come around.
fn small() -> Options {
    Options {
        wal_file_bytes: 256 * 1024,
        wal_total_bytes: 1024 * 1024,
        segment_bytes_max: 128 * 1024,
        tail_bytes_max: 64 * 1024,
        on_fatal: Arc::new(|cause| panic!("{cause}")),
        ..Options::default()
    }
}

struct OnDisk {
    dir: TempDir,
    count: AtomicU64,
    engines: std::sync::Mutex<Vec<Arc<DiskLog>>>,
}

impl OnDisk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), count: AtomicU64::new(0), engines: std::sync::Mutex::default() }
    }
}

impl Factory for OnDisk {
    fn build(&self, host: Host) -> BoxFuture<'_, Arc<dyn LogEngine>> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let dir = self.dir.path().join(number.to_string());
        Box::pin(async move {
            let store = Store::open(&host, &dir.join("store")).unwrap();
            let log = Arc::new(DiskLog::open(host, &dir.join("log"), store, small()).unwrap());
            *self.engines.lock().unwrap() = vec![Arc::clone(&log)];
            let engine: Arc<dyn LogEngine> = log;
            engine
        })
    }

    fn upkeep<'a>(&'a self, _engine: &'a Arc<dyn LogEngine>) -> BoxFuture<'a, ()> {
        let log = Arc::clone(&self.engines.lock().unwrap()[0]);
        Box::pin(async move { log.upkeep().await })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_on_disk_keeps_the_rules() {
    conformance::check_all(&OnDisk::new()).await;
}
