//! S3 for others within this process: methods without HTTP.

use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use s3s::{S3Error, S3Result, StdError};

use crate::S3;
use crate::call::Call;
use crate::checksum::Algorithm;
use crate::condition::Writing;
use crate::encryption::Wanted;
use crate::listing::{Item, Query};
use crate::object::{self, Description};
use crate::storing::Storing;
use crate::view::{Asked, View};
use crate::{errors, limits, mapped, version};

/// Who acts, and on which bucket.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The account that must own the bucket.
    pub account: String,
    /// The region that the caller speaks from.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
}

/// What is said about an object that is put.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// User metadata.
    pub metadata: Vec<(String, String)>,
    /// The key of KMS that it is to be encrypted with; the bucket's default decides without one.
    pub kms_key_arn: Option<String>,
}

/// An object as it is seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// Milliseconds since 1970.
    pub modified_ms: u64,
    /// `None` in buckets that are not versioned, and for null versions.
    pub version_id: Option<String>,
}

/// A page of keys.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Objects, in order.
    pub objects: Vec<Summary>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// What the next page comes after.
    pub next: Option<String>,
}

impl Scope {
    fn call(&self) -> Call {
        Call::plain(&self.account, &self.region)
    }
}

impl S3 {
    /// Writes an object whose bytes come piece by piece; durable when it resolves with success.
    pub async fn put_object(
        self: &Arc<Self>,
        scope: &Scope,
        key: &str,
        about: About,
        body: impl Stream<Item = Result<Bytes, StdError>> + Send + Unpin,
    ) -> Result<Summary, S3Error> {
        let Some(outside) = self.mapped.find(&scope.bucket).map(Arc::clone) else {
            return self.put_here(scope, key, about, body).await;
        };
        if about.kms_key_arn.is_some() {
            return Err(errors::not_implemented("Server-side encryption in a bucket that an outside store keeps"));
        }
        let spooled = mapped::spool_key(self);
        let stored = self.put_here(scope, &spooled, about, body).await?;
        let etag = mapped::carry_out(self, &outside, &scope.bucket, &spooled, key).await?;
        Ok(Summary { key: key.to_owned(), etag, ..stored })
    }

    async fn put_here(
        self: &Arc<Self>,
        scope: &Scope,
        key: &str,
        about: About,
        body: impl Stream<Item = Result<Bytes, StdError>> + Send + Unpin,
    ) -> Result<Summary, S3Error> {
        let bucket = self.bucket(&scope.call(), &scope.bucket, None)?;
        object::check_key(key)?;
        let description = Description {
            content_type: about.content_type,
            content_encoding: about.content_encoding,
            metadata: about.metadata.into_iter().collect(),
            ..Description::default()
        };
        let description = description.checked()?;
        let wanted = about.kms_key_arn.map_or_else(Wanted::default, Wanted::of_key);
        let encryption = self.encryption(&scope.call(), &bucket, wanted).await?;
        let sealing = self.sealing(&scope.call(), encryption.as_ref()).await?;
        let received = self.receive(body, Algorithm::Crc64Nvme, sealing, limits::PUT_BYTES_MAX).await?;
        let storing = Storing {
            bucket: bucket.name.clone(),
            owner: bucket.owner.clone(),
            key: key.to_owned(),
            description,
            encryption,
            tags: Vec::new(),
            algorithm: Algorithm::Crc64Nvme,
            condition: Writing::default(),
        };
        let stored = self.store_received(storing, received).await?;
        Ok(summary(key, &stored))
    }

    /// The bytes of an object from `range`, or all, and what is known about it.
    pub async fn get_object(
        self: &Arc<Self>,
        scope: &Scope,
        key: &str,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<(Summary, impl Stream<Item = Result<Bytes, StdError>> + Send + use<>), S3Error> {
        mapped::refuse(self, &scope.bucket, "Reading within this process")?;
        self.get_here(scope, key, range).await
    }

    /// The same, also of what is only here until it is outside.
    pub(crate) async fn get_here(
        self: &Arc<Self>,
        scope: &Scope,
        key: &str,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<(Summary, impl Stream<Item = Result<Bytes, StdError>> + Send + use<>), S3Error> {
        let range = range.map(|range| s3s::dto::Range::Int { first: range.start, last: Some(range.end.max(1) - 1) });
        let asked = Asked { range, ..asked(scope, key) };
        let (view, opened, held) = self.open_view(&scope.call(), &asked).await?;
        let View { version, stretches, .. } = view;
        let rest = stretches.into_iter().skip(1).collect();
        Ok((summary(key, &version), self.bytes(opened, rest, held)))
    }

    /// What is known about an object; `None` when it is not there.
    pub fn head(&self, scope: &Scope, key: &str) -> Result<Option<Summary>, S3Error> {
        mapped::refuse(self, &scope.bucket, "Reading within this process")?;
        match self.view(&scope.call(), &asked(scope, key)) {
            Ok(view) => Ok(Some(summary(key, &view.version))),
            Err(error) if *error.code() == s3s::S3ErrorCode::NoSuchKey => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A page of at most `limit` keys that begin with `prefix` and come after `after`.
    pub fn list(
        &self,
        scope: &Scope,
        prefix: &str,
        delimiter: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed, S3Error> {
        mapped::refuse(self, &scope.bucket, "Listing within this process")?;
        let bucket = self.bucket(&scope.call(), &scope.bucket, None)?;
        let query = Query {
            bucket: bucket.name.clone(),
            prefix: prefix.to_owned(),
            delimiter: delimiter.map(str::to_owned),
            after: after.map(str::to_owned),
            limit,
        };
        let page = self.page(&query)?;
        let mut listed = Listed { next: page.next, ..Listed::default() };
        for item in page.items {
            match item {
                Item::Key(key, version) => listed.objects.push(summary(&key, &version)),
                Item::Prefix(prefix) => listed.prefixes.push(prefix),
            }
        }
        Ok(listed)
    }

    /// Deletes an object, as `DeleteObject` without a version does.
    pub async fn delete_object(self: &Arc<Self>, scope: &Scope, key: &str) -> Result<(), S3Error> {
        mapped::refuse(self, &scope.bucket, "Deleting within this process")?;
        let bucket = self.bucket(&scope.call(), &scope.bucket, None)?;
        self.delete_current(&bucket.name, &bucket.owner, key, None).await.map(|_marker| ())
    }

    /// Whether there is such a bucket, and it is the scope's.
    pub fn check_bucket(&self, scope: &Scope) -> S3Result<()> {
        self.bucket(&scope.call(), &scope.bucket, None).map(|_found| ())
    }
}

fn asked(scope: &Scope, key: &str) -> Asked {
    Asked { bucket: scope.bucket.clone(), key: key.to_owned(), ..Asked::default() }
}

fn summary(key: &str, version: &version::Version) -> Summary {
    Summary {
        key: key.to_owned(),
        size: version.object.as_ref().map_or(0, |object| object.size),
        etag: version.object.as_ref().map(|object| object.etag.clone()).unwrap_or_default(),
        modified_ms: version.modified_ms,
        version_id: version.id.clone(),
    }
}
