//! What the service needs of others: services never know each other, so the server wires these.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use log::sink::{KeyedRecord, Written};
use log::source::StreamSource;

/// A stream or a delivery stream by its owner's account, its region and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Named {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The name.
    pub name: String,
}

/// Why something of another service could not be used, told as what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It is not there.
    #[error("{0}")]
    NotFound(String),
    /// Anything else: try again later.
    #[error("{0}")]
    Failed(String),
}

/// Data streams: read as any reader in the process does, and written.
pub trait DataStreams: StreamSource {
    /// Appends records; the answers stand in their order.
    fn write<'a>(
        &'a self,
        stream: &'a Named,
        records: Vec<KeyedRecord>,
    ) -> BoxFuture<'a, Result<Vec<Written>, LinkError>>;
}

/// Delivery streams: read as streams with one shard, and written.
pub trait DeliveryStreams: StreamSource {
    /// Has the records of a delivery stream kept for a reader, however far it is behind; durable when it resolves.
    /// [`LinkError::NotFound`] where there is no such delivery stream, or one that takes no records from callers.
    fn keep_for<'a>(&'a self, reader: &'a str, stream: &'a Named) -> BoxFuture<'a, Result<(), LinkError>>;

    /// Forgets a reader.
    fn stop_reading<'a>(&'a self, reader: &'a str) -> BoxFuture<'a, Result<(), LinkError>>;

    /// Puts records; the answers stand in their order. [`LinkError::NotFound`] where there is no such delivery stream, or
    /// one that takes no records from callers.
    fn write<'a>(&'a self, stream: &'a Named, records: Vec<Bytes>) -> BoxFuture<'a, Result<Vec<Written>, LinkError>>;
}

/// The bytes of an object as they come.
pub type ObjectBytes = BoxStream<'static, Result<Bytes, String>>;

/// Objects of S3.
pub trait Objects: Send + Sync + 'static {
    /// Opens an object of a bucket that the account may read; says how many bytes it has.
    fn open<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(u64, ObjectBytes), LinkError>>;
}
