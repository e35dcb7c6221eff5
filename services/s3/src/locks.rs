//! Turns: who may change a key, an upload or a bucket now.
//!
//! Transactions are safe without them, because each names what it expects to find; with them, writers of one key wait
//! in line instead of undoing each other's work. A name shares its lock with a few others, which costs only time.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// How many names can be worked on at once, at best.
const STRIPE_COUNT: usize = 256;

/// All locks of the service.
#[derive(Debug)]
pub(crate) struct Locks {
    names: Vec<Arc<Mutex<()>>>,
    uploads: Vec<Arc<Mutex<()>>>,
    buckets: Vec<Arc<RwLock<()>>>,
}

/// Somebody's turn; held until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _bucket: OwnedRwLockReadGuard<()>,
    _upload: Option<OwnedMutexGuard<()>>,
    _name: Option<OwnedMutexGuard<()>>,
}

impl Locks {
    pub(crate) fn new() -> Self {
        let names = (0..STRIPE_COUNT).map(|_| Arc::default()).collect();
        let uploads = (0..STRIPE_COUNT).map(|_| Arc::default()).collect();
        let buckets = (0..STRIPE_COUNT).map(|_| Arc::default()).collect();
        Self { names, uploads, buckets }
    }

    /// Waits until nobody else changes this key of the bucket, nor the bucket itself.
    pub(crate) async fn turn(&self, bucket: &str, name: &str) -> Turn {
        let bucket = Arc::clone(&self.buckets[stripe(bucket)]).read_owned().await;
        let name = Arc::clone(&self.names[stripe(name)]).lock_owned().await;
        Turn { _bucket: bucket, _upload: None, _name: Some(name) }
    }

    /// Waits until nobody else changes this upload, nor the bucket, nor the key if the upload is to become its object.
    pub(crate) async fn upload_turn(&self, bucket: &str, upload: &str, name: Option<&str>) -> Turn {
        let bucket = Arc::clone(&self.buckets[stripe(bucket)]).read_owned().await;
        // Always in this order, so that no two wait for each other.
        let upload = Arc::clone(&self.uploads[stripe(upload)]).lock_owned().await;
        let name = match name {
            Some(name) => Some(Arc::clone(&self.names[stripe(name)]).lock_owned().await),
            None => None,
        };
        Turn { _bucket: bucket, _upload: Some(upload), _name: name }
    }

    /// Waits until nobody else changes anything in the bucket.
    pub(crate) async fn whole_bucket(&self, bucket: &str) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.buckets[stripe(bucket)]).write_owned().await
    }
}

fn stripe(name: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    usize::try_from(hasher.finish() % STRIPE_COUNT as u64).expect("a stripe's number is small")
}
