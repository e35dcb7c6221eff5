//! Changing what stands at a key: a new version comes, an old one goes, another moves up.

use std::sync::Arc;

use s3s::S3Result;
use store::Changes;

use crate::bucket::{self, Versioning};
use crate::object::Object;
use crate::version::{Entry, Found, Located, Version};
use crate::{S3, errors, limits, rows, stamp, version};

/// What a transaction attempts: its changes, and what is answered when they are made.
pub(crate) type Attempt<T> = S3Result<(Changes, T)>;

impl S3 {
    /// Runs a change of a key to its end, whether or not the client still waits. `attempt` is made again as
    /// long as somebody else changes what it has read.
    pub(crate) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        bucket: &str,
        name: &str,
        attempt: impl Fn(&Self) -> Attempt<T> + Send + 'static,
    ) -> S3Result<T> {
        let s3 = Arc::clone(self);
        let (bucket, name) = (bucket.to_owned(), name.to_owned());
        self.run_to_end(async move {
            let _turn = s3.locks.turn(&bucket, &name).await;
            s3.commit(attempt).await
        })
        .await
    }

    /// Runs a change of an upload to its end; of the key too, if the upload is to become its object.
    pub(crate) async fn change_upload<T: Send + 'static>(
        self: &Arc<Self>,
        bucket: &str,
        upload: &str,
        key: Option<&str>,
        attempt: impl Fn(&Self) -> Attempt<T> + Send + 'static,
    ) -> S3Result<T> {
        let s3 = Arc::clone(self);
        let (bucket, upload, key) = (bucket.to_owned(), upload.to_owned(), key.map(str::to_owned));
        self.run_to_end(async move {
            let _turn = s3.locks.upload_turn(&bucket, &upload, key.as_deref()).await;
            s3.commit(attempt).await
        })
        .await
    }

    /// Attempts a transaction until nothing has changed under it.
    pub(crate) async fn commit<T>(&self, attempt: impl Fn(&Self) -> Attempt<T>) -> S3Result<T> {
        for _ in 0..limits::ATTEMPT_COUNT_MAX {
            let (changes, answer) = attempt(self)?;
            match self.store.commit(changes).await {
                Ok(()) => {
                    self.reap().await?;
                    return Ok(answer);
                }
                Err(store::Error::Conflict) => {}
                Err(error) => return Err(errors::store(&error)),
            }
        }
        Err(errors::store(&store::Error::Conflict))
    }

    /// Runs work that must not be given up half-way because a client has left.
    pub(crate) async fn run_to_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = S3Result<T>> + Send + 'static,
    ) -> S3Result<T> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.host.spawn("s3-change", async move {
            // Nobody may be waiting any more.
            let _ = answer.send(work.await);
        });
        answered.await.unwrap_or_else(|_| Err(errors::internal("the server is stopping")))
    }

    /// A version that is about to be the latest of its key.
    pub(crate) fn new_version(
        &self,
        bucket: &bucket::Found,
        before: Option<&Found>,
        object: Option<Object>,
    ) -> Version {
        let stamp = self.stamps.next(&self.host, before.map(|found| found.entry.current.stamp));
        let id = (bucket.versioning == Versioning::Enabled).then(|| stamp::id(&self.host, stamp));
        Version { stamp, id, modified_ms: self.host.now_ms(), object }
    }

    /// Puts a version at a key, in front of or in place of what stands there, as the bucket's versioning says.
    pub(crate) fn place(
        &self,
        changes: Changes,
        bucket: &bucket::Found,
        key: &str,
        before: Option<&Found>,
        version: Version,
    ) -> S3Result<Changes> {
        let mut changes = expecting(changes, bucket, key, before);
        let mut null_stamp = None;
        if let Some(Found { entry, .. }) = before {
            let replaced = version.id.is_none() && entry.current.id.is_none();
            null_stamp = entry.null_stamp;
            if replaced {
                changes = self.give_up_version(changes, &entry.current)?;
            } else {
                let moved = version::row_key(&bucket.name, key, entry.current.stamp);
                changes = changes.put(rows::VERSIONS, moved, rows::write(&entry.current));
                if entry.current.id.is_none() {
                    null_stamp = Some(entry.current.stamp);
                }
            }
            if version.id.is_none()
                && let Some(stamp) = null_stamp.take()
            {
                changes = self.drop_old(changes, &bucket.name, key, stamp)?;
            }
        }
        let entry = Entry { current: version, null_stamp };
        Ok(changes.put(rows::OBJECTS, rows::in_bucket(&bucket.name, key), rows::write(&entry)))
    }

    /// Takes one version away for good.
    pub(crate) fn remove(
        &self,
        changes: Changes,
        bucket: &bucket::Found,
        key: &str,
        located: &Located,
    ) -> S3Result<Changes> {
        let Located { version, is_current, found } = located;
        let changes = expecting(changes, bucket, key, Some(found));
        let changes = self.give_up_version(changes, version)?;
        let row_key = rows::in_bucket(&bucket.name, key);
        if *is_current {
            let Some(next) = self.old_versions(&bucket.name, key, None, 1)?.pop() else {
                return Ok(changes.delete(rows::OBJECTS, row_key));
            };
            let changes = changes.delete(rows::VERSIONS, version::row_key(&bucket.name, key, next.stamp));
            let null_stamp = found.entry.null_stamp.filter(|_| next.id.is_some());
            return Ok(changes.put(rows::OBJECTS, row_key, rows::write(&Entry { current: next, null_stamp })));
        }
        let changes = changes.delete(rows::VERSIONS, version::row_key(&bucket.name, key, version.stamp));
        if version.id.is_some() {
            return Ok(changes);
        }
        let entry = Entry { current: found.entry.current.clone(), null_stamp: None };
        Ok(changes.put(rows::OBJECTS, row_key, rows::write(&entry)))
    }

    /// Takes everything at a key away that its bucket's versioning does not keep.
    pub(crate) fn delete(
        &self,
        changes: Changes,
        bucket: &bucket::Found,
        key: &str,
        before: Option<&Found>,
    ) -> S3Result<(Changes, Option<Version>)> {
        if bucket.versioning != Versioning::Unversioned {
            let marker = self.new_version(bucket, before, None);
            return Ok((self.place(changes, bucket, key, before, marker.clone())?, Some(marker)));
        }
        let Some(found) = before else { return Ok((expecting(changes, bucket, key, None), None)) };
        let changes = expecting(changes, bucket, key, before);
        let changes = self.give_up_version(changes, &found.entry.current)?;
        Ok((changes.delete(rows::OBJECTS, rows::in_bucket(&bucket.name, key)), None))
    }

    /// Writes a version anew whose object was changed in place, such as its tags.
    pub(crate) fn rewrite(&self, bucket: &bucket::Found, key: &str, located: &Located, version: Version) -> Changes {
        let changes = expecting(Changes::new(), bucket, key, Some(&located.found));
        if located.is_current {
            let entry = Entry { current: version, null_stamp: located.found.entry.null_stamp };
            return changes.put(rows::OBJECTS, rows::in_bucket(&bucket.name, key), rows::write(&entry));
        }
        changes.put(rows::VERSIONS, version::row_key(&bucket.name, key, version.stamp), rows::write(&version))
    }

    fn drop_old(&self, changes: Changes, bucket: &str, key: &str, stamp: u64) -> S3Result<Changes> {
        let Some(old) = self.old_version(bucket, key, stamp)? else { return Ok(changes) };
        let changes = changes.delete(rows::VERSIONS, version::row_key(bucket, key, stamp));
        self.give_up_version(changes, &old)
    }

    fn give_up_version(&self, changes: Changes, version: &Version) -> S3Result<Changes> {
        match &version.object {
            Some(object) => self.give_up(changes, &object.content),
            None => Ok(changes),
        }
    }
}

/// Expects the bucket and the key as they were read.
fn expecting(changes: Changes, bucket: &bucket::Found, key: &str, before: Option<&Found>) -> Changes {
    let row = before.map(|found| found.row.clone());
    changes.expect(rows::BUCKETS, bucket.name.as_bytes(), Some(bucket.row.clone())).expect(
        rows::OBJECTS,
        rows::in_bucket(&bucket.name, key),
        row,
    )
}
