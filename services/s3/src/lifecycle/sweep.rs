//! Carrying rules out: after each midnight, and whenever a bucket gets new ones.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt;
use s3s::S3Result;
use store::Changes;
use tokio::sync::Notify;

use super::{Rule, until_midnight_ms};
use crate::bucket::Bucket;
use crate::history;
use crate::version::{Entry, Located, NULL, Version};
use crate::{S3, errors, listing, rows};

/// Rows that are read at once.
const BATCH: usize = 256;
/// A sweep runs at least this often, since clocks are set and disks run full; in milliseconds.
const INTERVAL_MS_MAX: u64 = 3_600_000;
/// What happened at midnight is over a little later.
const MARGIN_MS: u64 = 1_000;

/// Wakes the sweep.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweeps(Arc<Notify>);

impl Sweeps {
    /// There are new rules.
    pub(crate) fn wake(&self) {
        self.0.notify_one();
    }

    /// Sweeps until the service is gone.
    pub(crate) fn start(&self, s3: &Arc<S3>) {
        let (woken, s3, host) = (Arc::clone(&self.0), Arc::downgrade(s3), s3.host.clone());
        host.clone().spawn("s3-lifecycle", async move {
            loop {
                if !sweep_once(&s3).await {
                    return;
                }
                let wait_ms = (until_midnight_ms(host.now_ms()) + MARGIN_MS).min(INTERVAL_MS_MAX);
                let mut tick = host.sleep(Duration::from_millis(wait_ms)).fuse();
                futures::select_biased! {
                    () = woken.notified().fuse() => {}
                    () = tick => {}
                }
            }
        });
    }
}

async fn sweep_once(s3: &Weak<S3>) -> bool {
    let Some(s3) = s3.upgrade() else { return false };
    match s3.sweep().await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "lifecycle rules let go of versions and uploads"),
        Err(error) => tracing::warn!(%error, "a lifecycle sweep was not finished"),
    }
    true
}

/// One pass over a bucket.
struct Pass<'s> {
    s3: &'s Arc<S3>,
    bucket: Bucket,
    rules: Vec<Rule>,
    now_ms: u64,
    count: u64,
}

impl S3 {
    /// Carries out all rules of all buckets; answers of how many versions and uploads they let go.
    pub(crate) async fn sweep(self: &Arc<Self>) -> S3Result<u64> {
        let mut count = 0;
        let mut after: Vec<u8> = Vec::new();
        loop {
            let from = std::ops::Bound::Excluded(after.as_slice());
            let found = self.store.scan(rows::BUCKETS, from, std::ops::Bound::Unbounded, BATCH);
            let found = found.map_err(|error| errors::store(&error))?;
            let Some((last, _)) = found.last() else { return Ok(count) };
            after.clone_from(last);
            for (_, row) in &found {
                let bucket: Bucket = rows::read(rows::BUCKETS, row)?;
                let Some(rules) = super::of_bucket(&bucket)? else { continue };
                let mut pass = Pass { s3: self, bucket, rules, now_ms: self.host.now_ms(), count: 0 };
                pass.objects().await?;
                pass.uploads().await?;
                count += pass.count;
            }
        }
    }
}

impl Pass<'_> {
    async fn objects(&mut self) -> S3Result<()> {
        let (mut from, end) = history::whole(&self.bucket.name);
        let base = self.bucket.name.len() + 1;
        loop {
            let bounds = (from.as_ref().map(Vec::as_slice), end.as_ref().map(Vec::as_slice));
            let found = self.s3.store.scan(rows::OBJECTS, bounds.0, bounds.1, BATCH);
            let found = found.map_err(|error| errors::store(&error))?;
            let Some((last, _)) = found.last() else { return Ok(()) };
            from = std::ops::Bound::Excluded(last.clone());
            for (row_key, row) in found {
                let key = listing::text(row_key[base..].to_vec())?;
                let entry: Entry = rows::read(rows::OBJECTS, &row)?;
                self.old_versions(&key, &entry).await?;
                self.current(&key, &entry.current).await?;
            }
        }
    }

    /// Lets old versions go, the oldest last, so that what is left is always what the rules keep.
    async fn old_versions(&mut self, key: &str, entry: &Entry) -> S3Result<()> {
        if self.rules.iter().all(|rule| rule.noncurrent.is_none()) {
            return Ok(());
        }
        let (mut before, mut replaced_ms, mut rank) = (None, entry.current.modified_ms, 0);
        loop {
            let versions = self.s3.old_versions(&self.bucket.name, key, before, BATCH)?;
            let Some(last) = versions.last() else { return Ok(()) };
            before = Some(last.stamp);
            for version in versions {
                let object = version.object.as_ref();
                let is_over = |rule: &Rule| rule.expires_old(key, object, rank, replaced_ms, self.now_ms);
                if self.rules.iter().any(is_over) {
                    let id = version.id.as_deref().unwrap_or(NULL);
                    let Bucket { name, owner, .. } = &self.bucket;
                    self.s3.delete_version(name, owner, key, id).await?;
                    self.count += 1;
                }
                (replaced_ms, rank) = (version.modified_ms, rank + 1);
            }
        }
    }

    async fn current(&mut self, key: &str, current: &Version) -> S3Result<()> {
        let is_over = |rule: &Rule| match &current.object {
            Some(object) => rule.expires(key, object, current.modified_ms, self.now_ms),
            None => rule.expires_marker(key, current.modified_ms, self.now_ms),
        };
        if !self.rules.iter().any(is_over) {
            return Ok(());
        }
        let Bucket { name, owner, .. } = &self.bucket;
        let (name, owner, wanted, stamp) = (name.clone(), owner.clone(), key.to_owned(), current.stamp);
        let is_gone = self.s3.change(&self.bucket.name, key, move |s3| {
            let bucket = s3.bucket_again(&name, &owner)?;
            let before = s3.entry(&name, &wanted)?;
            // Somebody may have written meanwhile.
            let Some(found) = before.filter(|found| found.entry.current.stamp == stamp) else {
                return Ok((Changes::new(), false));
            };
            if found.entry.current.object.is_some() {
                let (changes, _) = s3.delete(Changes::new(), &bucket, &wanted, Some(&found))?;
                return Ok((changes, true));
            }
            if !s3.old_versions(&name, &wanted, None, 1)?.is_empty() {
                return Ok((Changes::new(), false));
            }
            let located = Located { version: found.entry.current.clone(), is_current: true, found };
            Ok((s3.remove(Changes::new(), &bucket, &wanted, &located)?, true))
        });
        self.count += u64::from(is_gone.await?);
        Ok(())
    }

    async fn uploads(&mut self) -> S3Result<()> {
        if self.rules.iter().all(|rule| rule.abort_days.is_none()) {
            return Ok(());
        }
        let mut after: Option<Vec<u8>> = None;
        loop {
            let found = self.s3.uploads_after(&self.bucket.name, after.as_deref(), BATCH)?;
            let Some(last) = found.last() else { return Ok(()) };
            after = Some(last.row_key.clone());
            for under in found {
                let is_over = |rule: &Rule| rule.aborts(&under.key, under.upload.initiated_ms, self.now_ms);
                if !self.rules.iter().any(is_over) {
                    continue;
                }
                match self.s3.abort_upload(&self.bucket.name, &under.key, &under.upload.id).await {
                    Ok(()) => self.count += 1,
                    // Its client was faster.
                    Err(error) if *error.code() == s3s::S3ErrorCode::NoSuchUpload => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}
