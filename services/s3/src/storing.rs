//! The last step of a write: bytes that have come in become the current version of a key, and the way back.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::ETagCondition;
use store::Changes;

use crate::bucket::{self, Versioning};
use crate::call::Call;
use crate::checksum::{Algorithm, Checksum, Kind};
use crate::condition::{self, Writing};
use crate::content::{Held, Opened};
use crate::encryption::Encryption;
use crate::object::{Description, Object};
use crate::receiving::Received;
use crate::tags::Tag;
use crate::version::Version;
use crate::view::{Asked, View};
use crate::{S3, errors, lifecycle, limits};

/// Where received bytes go, and as what.
#[derive(Debug)]
pub(crate) struct Storing {
    pub(crate) bucket: String,
    pub(crate) owner: String,
    pub(crate) key: String,
    pub(crate) description: Description,
    /// How the received bytes are sealed, if they are.
    pub(crate) encryption: Option<Encryption>,
    pub(crate) tags: Vec<Tag>,
    /// What the received checksum was computed by.
    pub(crate) algorithm: Algorithm,
    pub(crate) condition: Writing,
}

impl S3 {
    /// The bucket as it is now, while something is being changed in it; it may have been deleted and created anew
    /// since the request came.
    pub(crate) fn bucket_again(&self, name: &str, owner: &str) -> S3Result<bucket::Found> {
        let found = self.find_bucket(name)?.ok_or_else(|| errors::no_such_bucket(name))?;
        if found.owner == owner { Ok(found) } else { Err(errors::access_denied()) }
    }

    /// Makes received bytes the current version of a key.
    pub(crate) async fn store_received(self: &Arc<Self>, storing: Storing, received: Received) -> S3Result<Version> {
        let (bucket, key) = (storing.bucket.clone(), storing.key.clone());
        self.change(&bucket, &key, move |s3| {
            let Storing { bucket, owner, key, description, encryption, tags, algorithm, condition } = &storing;
            let bucket = s3.bucket_again(bucket, owner)?;
            let before = s3.entry(&bucket.name, key)?;
            condition.check(key, before.as_ref())?;
            let (changes, content) = s3.keep(Changes::new(), &received.fresh);
            let checksum = Checksum { algorithm: *algorithm, kind: Kind::FullObject, value: received.checksum.clone() };
            let object = Object {
                size: received.size,
                etag: received.etag(),
                content,
                description: description.clone(),
                encryption: encryption.clone(),
                tags: tags.clone(),
                checksum: Some(checksum),
                part_count: None,
                upload_id: None,
            };
            let version = s3.new_version(&bucket, before.as_ref(), Some(object));
            Ok((s3.place(changes, &bucket, key, before.as_ref(), version.clone())?, version))
        })
        .await
    }

    /// Deletes the current version of a key, or puts a delete marker there; answers the marker.
    pub(crate) async fn delete_current(
        self: &Arc<Self>,
        bucket: &str,
        owner: &str,
        key: &str,
        if_match: Option<ETagCondition>,
    ) -> S3Result<Option<Version>> {
        let (name, owner, wanted) = (bucket.to_owned(), owner.to_owned(), key.to_owned());
        self.change(bucket, key, move |s3| {
            let bucket = s3.bucket_again(&name, &owner)?;
            let before = s3.entry(&name, &wanted)?;
            condition::check_deletion(if_match.as_ref(), before.as_ref())?;
            s3.delete(Changes::new(), &bucket, &wanted, before.as_ref())
        })
        .await
    }

    /// Takes a version away; answers it, if it was there.
    pub(crate) async fn delete_version(
        self: &Arc<Self>,
        bucket: &str,
        owner: &str,
        key: &str,
        id: &str,
    ) -> S3Result<Option<Version>> {
        let (name, owner, wanted, id) = (bucket.to_owned(), owner.to_owned(), key.to_owned(), id.to_owned());
        self.change(bucket, key, move |s3| {
            let bucket = s3.bucket_again(&name, &owner)?;
            let located = match s3.locate(&name, &wanted, Some(&id)) {
                Err(error) if *error.code() == s3s::S3ErrorCode::NoSuchVersion => return Ok((Changes::new(), None)),
                located => located?,
            };
            Ok((s3.remove(Changes::new(), &bucket, &wanted, &located)?, Some(located.version)))
        })
        .await
    }

    /// Replaces the tags of a version.
    pub(crate) async fn retag(
        self: &Arc<Self>,
        bucket: &bucket::Found,
        key: String,
        id: Option<String>,
        tags: Vec<Tag>,
    ) -> S3Result<Version> {
        let (name, owner, turn) = (bucket.name.clone(), bucket.owner.clone(), key.clone());
        self.change(&bucket.name, &turn, move |s3| {
            let bucket = s3.bucket_again(&name, &owner)?;
            let located = s3.locate(&name, &key, id.as_deref())?;
            let mut version = located.version.clone();
            let object = version.object.as_mut().filter(|_| located.object(&key, id.is_some()).is_ok());
            match object {
                Some(object) => object.tags.clone_from(&tags),
                None => return Err(errors::is_delete_marker()),
            }
            Ok((s3.rewrite(&bucket, &key, &located, version.clone()), version))
        })
        .await
    }

    /// Finds what a reader asks for and opens its first bytes, which stay readable from then on.
    pub(crate) async fn open_view(self: &Arc<Self>, call: &Call, asked: &Asked) -> S3Result<(View, Opened, Held)> {
        for _ in 0..limits::ATTEMPT_COUNT_MAX {
            let view = self.view(call, asked)?;
            let Some(held) = self.lease(&view.object.content)? else { continue };
            match self.open_first(&view.stretches).await? {
                // Somebody replaced the object meanwhile: the new one is as good.
                Opened::Gone => {}
                opened => return Ok((view, opened, held)),
            }
        }
        Err(errors::internal("an object is replaced faster than it can be opened"))
    }
}

/// When a new object goes, as an answer tells it.
pub(crate) fn expiration(bucket: &bucket::Bucket, key: &str, version: &Version) -> S3Result<Option<String>> {
    match &version.object {
        Some(object) => lifecycle::announced(bucket, key, object, version.modified_ms),
        None => Ok(None),
    }
}

/// The id of a version as an answer tells it: nothing where the bucket was never versioned.
pub(crate) fn told_id(bucket: &bucket::Bucket, version: &Version) -> Option<String> {
    let is_versioned = version.id.is_some() || bucket.versioning != Versioning::Unversioned;
    is_versioned.then(|| version.shown_id())
}
