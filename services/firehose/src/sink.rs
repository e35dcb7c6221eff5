//! Where objects go: buckets are another service's, which the server wires to this one.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

/// An object to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// The account on whose behalf it is written.
    pub account: String,
    /// The delivery stream's region.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
    /// The whole key.
    pub key: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Content-Encoding`, where the bytes have one.
    pub content_encoding: Option<&'static str>,
    /// The key of KMS that it is to be encrypted with, if it is.
    pub kms_key_arn: Option<String>,
}

/// Why an object could not be written, told as what the deliverer can do.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The bucket is not there; it may be made later.
    #[error("the bucket does not exist")]
    NoSuchBucket,
    /// The bucket is not for this account.
    #[error("the bucket does not accept objects from this account")]
    AccessDenied,
    /// There is no such key for the object.
    #[error("the object's key does not exist in KMS")]
    NoSuchKey,
    /// Anything else: try again later.
    #[error("the object could not be written: {0}")]
    Failed(String),
}

/// The bytes of an object, as they come.
pub type ObjectBody = BoxStream<'static, std::io::Result<Bytes>>;

/// A place for objects.
pub trait ObjectSink: Send + Sync + 'static {
    /// Writes an object. It is durable, and replaces one of the same key as a whole, once this resolves.
    fn put(&self, object: NewObject, body: ObjectBody) -> BoxFuture<'_, Result<(), SinkError>>;
}
