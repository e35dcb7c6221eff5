//! Buckets that are kept by an outside S3-compatible store: here they are only a name, a spool and a way there.
//!
//! A write comes in as everywhere, is checked and kept here, and is then carried outside; only when the outside store
//! has it is it acknowledged, and the spooled bytes go. Uploads in parts are collected here for the same reason: the
//! client's part numbers, checksums and metadata hold whatever the outside store makes of them.

mod errors;
mod forward;
mod listing;
mod reading;
mod service;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use object_store::{ClientOptions, RetryConfig};
use s3s::S3Result;
use store::Changes;
use tokio::sync::Semaphore;

pub(crate) use self::forward::{carry_out, spool_key};
pub(crate) use self::service::Service;
use crate::bucket::{Bucket, Versioning};
use crate::listing::{Item, Query};
use crate::{S3, errors as refusals, rows};

/// Marks the row of a bucket that is kept outside.
const SETTING: &str = "mapped";
/// How long reaching the outside store may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a failing request is repeated.
const RETRY_TIMEOUT: Duration = Duration::from_secs(15);
const RETRIES_MAX: usize = 3;
/// How many writes are carried outside at once; each holds up to one part in memory.
const FORWARDS_MAX: usize = 8;
/// How many leftovers are looked up at once.
const SWEEP_BATCH: usize = 256;

/// How a bucket's name is mapped onto a bucket of an outside store.
#[derive(Clone)]
pub struct Mapping {
    /// The bucket's name here.
    pub name: String,
    /// The account that owns it here.
    pub account: String,
    /// Where the outside store listens, as in `https://s3.eu-west-1.amazonaws.com`.
    pub endpoint: String,
    /// The bucket's name there.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The access key id there.
    pub access_key: String,
    /// The secret access key there.
    pub secret_key: String,
    /// Put before each key there; empty or ending in a slash.
    pub prefix: String,
    /// Whether the endpoint may be plain `http://`.
    pub allow_http: bool,
}

impl std::fmt::Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mapping({} onto {} at {})", self.name, self.bucket, self.endpoint)
    }
}

/// An outside bucket.
pub(crate) struct Outside {
    account: String,
    prefix: String,
    client: AmazonS3,
    forwards: Semaphore,
}

/// All outside buckets, by their names here.
#[derive(Clone, Default)]
pub struct Mapped(HashMap<String, Arc<Outside>>);

impl std::fmt::Debug for Mapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Mapped {
    /// Clients for all mappings; what is wrong with the configuration is the error.
    pub fn open(mappings: &[Mapping]) -> Result<Self, String> {
        let mut all = HashMap::new();
        for mapping in mappings {
            let outside = Outside::open(mapping).map_err(|problem| format!("s3.mapped.{}: {problem}", mapping.name))?;
            all.insert(mapping.name.clone(), Arc::new(outside));
        }
        Ok(Self(all))
    }

    /// The bucket's outside, if it has one.
    pub(crate) fn find(&self, bucket: &str) -> Option<&Arc<Outside>> {
        self.0.get(bucket)
    }
}

/// Refuses what is not done within this process for a bucket that is kept outside.
pub(crate) fn refuse(s3: &S3, bucket: &str, what: &str) -> S3Result<()> {
    if s3.mapped.find(bucket).is_some() { Err(errors::not_possible(what)) } else { Ok(()) }
}

impl Outside {
    fn open(mapping: &Mapping) -> Result<Self, String> {
        if !crate::bucket::is_name(&mapping.name) {
            return Err("the name is not a bucket's".to_owned());
        }
        if !mapping.prefix.is_empty() && !mapping.prefix.ends_with('/') {
            return Err("prefix must end in a slash".to_owned());
        }
        if mapping.endpoint.starts_with("http://") && !mapping.allow_http {
            return Err("endpoint is plain http://, which allow-http must allow".to_owned());
        }
        // Bodies take as long as they take; the idle limits of both ends hold.
        let options = ClientOptions::new().with_timeout_disabled().with_connect_timeout(CONNECT_TIMEOUT);
        let retry = RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
        let client = AmazonS3Builder::new()
            .with_client_options(options)
            .with_endpoint(&mapping.endpoint)
            .with_bucket_name(&mapping.bucket)
            .with_region(&mapping.region)
            .with_access_key_id(&mapping.access_key)
            .with_secret_access_key(&mapping.secret_key)
            .with_allow_http(mapping.allow_http)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_retry(retry)
            .build()
            .map_err(|error| error.to_string())?;
        let Mapping { account, prefix, .. } = mapping.clone();
        Ok(Self { account, prefix, client, forwards: Semaphore::new(FORWARDS_MAX) })
    }

    /// A key as the outside store has it.
    fn path(&self, key: &str) -> S3Result<Path> {
        let path = Path::parse(format!("{}{key}", self.prefix)).map_err(|_| errors::key_not_possible(key))?;
        // A path forgets slashes at its ends.
        let is_same = path.as_ref().len() == self.prefix.len() + key.len();
        if is_same { Ok(path) } else { Err(errors::key_not_possible(key)) }
    }

    /// A key as it is here.
    fn key(&self, path: &Path) -> String {
        path.as_ref().strip_prefix(&self.prefix).unwrap_or(path.as_ref()).to_owned()
    }
}

impl S3 {
    /// Takes away what a process that was killed did not get to carry outside; nobody was told that it was there.
    async fn sweep_spool(self: &Arc<Self>, bucket: &Bucket) -> S3Result<()> {
        let query = Query { bucket: bucket.name.clone(), limit: SWEEP_BATCH, ..Query::default() };
        loop {
            let page = self.page(&query)?;
            if page.items.is_empty() {
                return Ok(());
            }
            for item in page.items {
                if let Item::Key(key, _) = item {
                    self.delete_current(&bucket.name, &bucket.owner, &key, None).await?;
                }
            }
        }
    }

    /// Gives each mapped bucket a row, and takes it from those that are not mapped any more.
    pub async fn settle_mappings(self: &Arc<Self>) -> Result<(), s3s::S3Error> {
        let found = self.store.scan(rows::BUCKETS, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, usize::MAX);
        for (row_key, row) in found.map_err(|error| refusals::store(&error))? {
            let bucket: Bucket = rows::read(rows::BUCKETS, &row)?;
            let is_mapped = bucket.settings.contains_key(SETTING);
            let is_wanted = self.mapped.find(&bucket.name).is_some();
            if is_mapped {
                self.sweep_spool(&bucket).await?;
            }
            if is_mapped && !is_wanted {
                let changes = Changes::new().expect(rows::BUCKETS, row_key.clone(), Some(row));
                let changes = self.end_uploads_of(changes, &bucket.name)?;
                let gone = self.store.commit(changes.delete(rows::BUCKETS, row_key)).await;
                gone.map_err(|error| refusals::store(&error))?;
            } else if is_wanted && !is_mapped {
                return Err(refusals::invalid_request(format!(
                    "the bucket {} cannot be mapped: there is one of this name already",
                    bucket.name
                )));
            }
        }
        for (name, outside) in &self.mapped.0 {
            if self.find_bucket(name)?.is_some() {
                continue;
            }
            let bucket = Bucket {
                name: name.clone(),
                owner: outside.account.clone(),
                region: "us-east-1".to_owned(),
                created_ms: self.host.now_ms(),
                versioning: Versioning::Unversioned,
                tags: Vec::new(),
                settings: [(SETTING.to_owned(), String::new())].into(),
            };
            let changes = Changes::new().put(rows::BUCKETS, name.as_bytes(), rows::write(&bucket));
            self.store.commit(changes).await.map_err(|error| refusals::store(&error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping() -> Mapping {
        Mapping {
            name: "lake".to_owned(),
            account: "000000000000".to_owned(),
            endpoint: "http://127.0.0.1:1".to_owned(),
            bucket: "there".to_owned(),
            region: "us-east-1".to_owned(),
            access_key: "a".to_owned(),
            secret_key: "s".to_owned(),
            prefix: "in/".to_owned(),
            allow_http: true,
        }
    }

    #[test]
    fn keys_are_below_the_prefix() {
        let outside = Outside::open(&mapping()).expect("a mapping");
        let path = outside.path("a b/c%20d+é").expect("a key");
        assert_eq!(path.as_ref(), "in/a b/c%20d+é");
        assert_eq!(outside.key(&path), "a b/c%20d+é");
        for impossible in ["a//b", "a/", "/a", "a/../b", "./a"] {
            assert_eq!(outside.path(impossible).expect_err(impossible).code().as_str(), "NotImplemented");
        }
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_told() {
        let problem = |mapping: Mapping| Mapped::open(&[mapping]).expect_err("a problem");
        assert!(problem(Mapping { allow_http: false, ..mapping() }).contains("allow-http"));
        assert!(problem(Mapping { prefix: "in".to_owned(), ..mapping() }).contains("slash"));
        assert!(problem(Mapping { name: "No".to_owned(), ..mapping() }).starts_with("s3.mapped.No: "));
    }
}
