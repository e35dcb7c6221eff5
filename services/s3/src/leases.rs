//! Readers of objects of several parts, whose bytes stay until the last reader is done.
//!
//! A file that is open stays readable when it is given up, but the files behind the one that is being read are not
//! open yet. So a manifest that goes is first put aside (`s3.doomed`), in the transaction that lets go of it, and its
//! bytes are given up when nobody reads them any more; after a crash nobody does.

use std::collections::HashMap;
use std::fmt;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use s3s::S3Result;
use store::Changes;
use tokio::sync::Notify;

use crate::content::Manifest;
use crate::{S3, errors, rows};

/// Manifests that are looked at at once.
const BATCH: usize = 64;

/// Who reads which manifest.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    readers: Mutex<HashMap<String, usize>>,
    /// Whether some manifest may be put aside.
    is_due: AtomicBool,
    ended: Arc<Notify>,
}

/// A reader of a manifest.
pub(crate) struct Lease {
    s3: Arc<S3>,
    id: String,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({})", self.id)
    }
}

impl Leases {
    /// A manifest is about to be put aside.
    pub(crate) fn doom(&self) {
        self.is_due.store(true, Ordering::Release);
    }

    fn is_read(&self, id: &str) -> bool {
        self.readers.lock().expect("holders of this lock do not panic").contains_key(id)
    }

    /// Gives up what is put aside, at once and whenever readers end, until the service is gone.
    pub(crate) fn start(s3: &Arc<S3>) {
        s3.leases.doom();
        let (ended, weak) = (Arc::clone(&s3.leases.ended), Arc::downgrade(s3));
        ended.notify_one();
        s3.host.spawn("s3-leases", async move {
            loop {
                ended.notified().await;
                if !reap_once(&weak).await {
                    return;
                }
            }
        });
    }
}

impl Drop for Leases {
    fn drop(&mut self) {
        self.ended.notify_one();
    }
}

async fn reap_once(s3: &Weak<S3>) -> bool {
    let Some(s3) = s3.upgrade() else { return false };
    if let Err(error) = s3.reap().await {
        tracing::warn!(%error, "bytes that nobody reads any more are still there");
    }
    true
}

impl Lease {
    /// Begins to read a manifest. Whether it is still there is to be asked afterwards.
    pub(crate) fn take(s3: &Arc<S3>, id: &str) -> Self {
        let mut readers = s3.leases.readers.lock().expect("holders of this lock do not panic");
        *readers.entry(id.to_owned()).or_default() += 1;
        Self { s3: Arc::clone(s3), id: id.to_owned() }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let leases = &self.s3.leases;
        let mut readers = leases.readers.lock().expect("holders of this lock do not panic");
        if let Some(count) = readers.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                readers.remove(&self.id);
                if leases.is_due.load(Ordering::Acquire) {
                    leases.ended.notify_one();
                }
            }
        }
    }
}

impl S3 {
    /// Gives up the bytes of manifests that are put aside and that nobody reads.
    pub(crate) async fn reap(&self) -> S3Result<()> {
        if !self.leases.is_due.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let mut from: Bound<Vec<u8>> = Bound::Unbounded;
        loop {
            let page = self.store.scan(rows::DOOMED, from.as_ref().map(Vec::as_slice), Bound::Unbounded, BATCH);
            let page = page.map_err(|error| errors::store(&error))?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = Bound::Excluded(last.clone());
            for (key, row) in page {
                if self.leases.is_read(&String::from_utf8_lossy(&key)) {
                    self.leases.doom();
                    continue;
                }
                let manifest: Manifest = rows::read(rows::DOOMED, &row)?;
                let changes = Changes::new().expect(rows::DOOMED, key.clone(), Some(row)).delete(rows::DOOMED, key);
                let parts = manifest.parts.iter();
                let changes = parts.fold(changes, |changes, part| self.give_up_stretches(changes, &part.stretches));
                match self.store.commit(changes).await {
                    // Somebody else has done it.
                    Ok(()) | Err(store::Error::Conflict) => {}
                    Err(error) => {
                        self.leases.doom();
                        return Err(errors::store(&error));
                    }
                }
            }
        }
    }
}
